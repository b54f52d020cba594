"""Members are invited, given roles and removed by their own organization, and by nobody else."""

import pytest

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import Role
from contracts.membership import (
    CHANGE_MEMBER,
    INVITE_MEMBER,
    LIST_MEMBERS,
    REMOVE_MEMBER,
    ChangeMember,
    InviteMember,
    ListMembers,
    MemberReply,
    RemoveMember,
)
from contracts.rpc import Actor, Page
from contracts.standing import MemberStatus
from tests.directory.membership.acting import Acting, key

NOBODY = "mb_" + "a" * 26


def invitation(reference: str = "turno-noche", *roles: Role) -> InviteMember:
    return InviteMember(idempotency_key=key(), reference=reference, roles=roles or (Role.INTAKE,))


async def test_a_member_is_invited_once_changed_removed_and_comes_back(shelter: Acting) -> None:
    request = invitation("a-1", Role.CASEWORKER, Role.INTAKE)
    invited: MemberReply = await shelter(INVITE_MEMBER, request)
    assert (await shelter(INVITE_MEMBER, request)).replayed
    member = invited.member.id
    changed = await shelter(
        CHANGE_MEMBER, ChangeMember(member=member, idempotency_key=key(), roles=(Role.MANAGER,))
    )
    assert changed.member.roles == (Role.MANAGER,)
    with pytest.raises(RefusedError) as refused:
        await shelter(INVITE_MEMBER, invitation("a-1"))
    assert [(field.path, field.code) for field in refused.value.fields] == [(("reference",), "MEMBER_EXISTS")]
    removed = await shelter(REMOVE_MEMBER, RemoveMember(member=member, idempotency_key=key()))
    assert removed.member.status is MemberStatus.REMOVED
    gone = RemoveMember(member=member, idempotency_key=key())
    assert (await shelter.refusal(REMOVE_MEMBER, gone))[0] == "NOT_FOUND"
    back = await shelter(INVITE_MEMBER, invitation("a-1", Role.VIEWER))
    assert (back.member.id, back.member.roles, back.member.status) == (
        member,
        (Role.VIEWER,),
        MemberStatus.ACTIVE,
    )


async def test_a_reference_is_opaque(shelter: Acting) -> None:
    for reference in ("ana@example.org", "Ana María", ""):
        code, words = await shelter.refusal(INVITE_MEMBER, invitation(reference))
        assert code == "INVALID"
        assert "reference" in words
        assert "ana" not in words.lower()


async def test_another_organizations_member_answers_as_one_that_does_not_exist(
    shelter: Acting, third: Acting
) -> None:
    member = (await shelter(INVITE_MEMBER, invitation())).member.id
    for one in (member, NOBODY):
        change = ChangeMember(member=one, idempotency_key=key(), roles=(Role.MANAGER,))
        remove = RemoveMember(member=one, idempotency_key=key())
        assert await third.refusal(CHANGE_MEMBER, change) == ("NOT_FOUND", "There is no such member.")
        assert await third.refusal(REMOVE_MEMBER, remove) == ("NOT_FOUND", "There is no such member.")
    assert (await third(LIST_MEMBERS, ListMembers(page=Page(first=9)))).items == ()
    assert [one.id for one in (await shelter(LIST_MEMBERS, ListMembers(page=Page(first=9)))).items] == [
        member
    ]


async def test_of_members_only_a_manager_manages(shelter: Acting, speaker: Caller) -> None:
    for roles, allowed in (((Role.CASEWORKER, Role.INTAKE, Role.VIEWER), False), ((Role.MANAGER,), True)):
        actor = Actor(kind="member", id="mb_x", organization=shelter.organization, verified=True, roles=roles)
        acting = Acting(speaker, actor)
        if allowed:
            assert (await acting(INVITE_MEMBER, invitation("b-2"))).member
        else:
            assert (await acting.refusal(INVITE_MEMBER, invitation("b-2")))[0] == "FORBIDDEN"
