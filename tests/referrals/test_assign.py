"""A referral is taken, given and given back within one side, and the other side never learns of it."""

import itertools
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.assignment import ASSIGN, AssignReferral
from contracts.changes import Decline, Receive
from contracts.codes import Box, NetworkRole, Role, Scope, Side
from contracts.directory import CREATE_MEMBER, CreateMember
from contracts.events import AsideEvent
from contracts.lists import LIST, ListReferrals
from contracts.membership import (
    CHANGE_MEMBER,
    GET_MEMBERS,
    REMOVE_MEMBER,
    ChangeMember,
    GetMembers,
    RemoveMember,
)
from contracts.reasons import DeclineReason
from contracts.referrals import Referral, ReferralReply
from contracts.rpc import Actor, Page
from tests.referrals import cast
from tests.referrals.cases import Case, new_case
from tests.referrals.conftest import Network
from tests.servers import eventually

_keys = (f"assign-{number}" for number in itertools.count())


@pytest.fixture
async def case(network: Network) -> Case:
    """A new referral."""
    return await new_case(network)


async def person(network: Network, organization: str, *roles: Role) -> Actor:
    """A new member of an organization, known to the directory."""
    request = CreateMember(organization=network.ids[organization], reference=next(_keys), roles=roles)
    made = await network.operator.call(CREATE_MEMBER, request, network.operator.me)
    return network.member(organization, *roles, id=made.id)


async def give(case: Case, actor: Actor, key: str = "", **to: Any) -> ReferralReply:
    """Assign as somebody."""
    request = AssignReferral(referral=case.id, idempotency_key=key or next(_keys), **to)
    return await case.network.ask(ASSIGN, request, actor)


async def refused(call: Any) -> str:
    """The code of a refusal, that of its field where it has one."""
    with pytest.raises(RefusedError) as refusal:
        await call
    return (refusal.value.problem.fields or (refusal.value.problem,))[0].code


async def box(network: Network, actor: Actor, **which: Any) -> list[str]:
    """The ids in somebody's inbox, or another box."""
    request = ListReferrals(**{"page": Page(first=100), "box": Box.INBOX, **which})
    return [item.id for item in (await network.ask(LIST, request, actor)).items]


def whose(referral: Referral) -> str | None:
    return referral.assignee


async def test_a_caseworker_takes_it_and_gives_it_back_and_nothing_of_it_has_changed(case: Case) -> None:
    ana = await person(case.network, "clinica", Role.CASEWORKER)
    taken = (await give(case, ana, member=ana.id)).referral
    assert (whose(taken), taken.version, taken.status) == (ana.id, 1, "sent")
    assert taken.assigned_at is not None
    assert whose(await case.seen(case.sender)) is None
    assert (await case.seen(case.sender)).assigned_at is None
    await case.take(Receive, expected_version=1)
    back = (await give(case, ana, nobody=True)).referral
    assert (whose(back), back.assigned_at) == (None, None)


async def test_a_manager_gives_it_to_others_and_a_caseworker_does_not(case: Case) -> None:
    network = case.network
    ana, eva = [await person(network, "clinica", Role.CASEWORKER) for _ in range(2)]
    manager = await person(network, "clinica", Role.MANAGER)
    assert await refused(give(case, ana, member=eva.id)) == "FORBIDDEN"
    assert whose((await give(case, manager, member=eva.id)).referral) == eva.id
    assert await refused(give(case, ana, member=ana.id)) == "FORBIDDEN"
    assert await refused(give(case, ana, nobody=True)) == "FORBIDDEN"
    assert whose((await give(case, manager, member=manager.id)).referral) == manager.id
    viewer = await person(network, "clinica", Role.VIEWER)
    assert await refused(give(case, viewer, member=viewer.id)) == "FORBIDDEN"
    assert whose(await case.seen(viewer)) == manager.id


async def test_each_side_has_somebody_of_its_own(case: Case) -> None:
    network = case.network
    ana = await person(network, "clinica", Role.CASEWORKER)
    luz = await person(network, "casa", Role.CASEWORKER)
    await give(case, ana, member=ana.id)
    await give(case, luz, member=luz.id)
    assert (whose(await case.seen(ana)), whose(await case.seen(luz))) == (ana.id, luz.id)


async def test_the_own_side_only_is_told(case: Case) -> None:
    ana = await person(case.network, "clinica", Role.CASEWORKER)
    await give(case, ana, member=ana.id)
    event = await eventually(
        lambda: case.network.last_event(case.id), lambda event: b'"n":2' in ((event and event.data) or b"")
    )
    assert event is not None
    told = msgspec.json.decode(event.data or b"", type=AsideEvent)
    assert (told.told, told.version, told.to_status) == (Side.RECEIVER, 1, "sent")
    assert ana.id.encode() not in (event.data or b"")


async def test_a_system_gives_it_by_the_name_that_it_has_for_the_person(case: Case) -> None:
    network = case.network
    request = CreateMember(organization=network.ids["clinica"], reference="turno-7", roles=(Role.CASEWORKER,))
    ana = await network.operator.call(CREATE_MEMBER, request, network.operator.me)
    answers = network.client("clinica", Scope.REFERRALS_ANSWER)
    assert whose((await give(case, answers, reference="turno-7")).referral) == ana.id
    reads = network.client("clinica", Scope.REFERRALS_READ, Scope.REFERRALS_SEND)
    assert await refused(give(case, reads, reference="turno-7")) == "FORBIDDEN"
    assert await refused(give(case, answers, reference="turno-8")) == "NOT_FOUND"


async def test_only_who_could_work_on_it_is_given_it(case: Case) -> None:
    network = case.network
    manager = await person(network, "clinica", Role.MANAGER)
    viewer = await person(network, "clinica", Role.VIEWER, Role.INTAKE)
    stranger = await person(network, "casa", Role.CASEWORKER)
    for one in (viewer.id, stranger.id, "mb_nobody"):
        assert await refused(give(case, manager, member=one)) == "NOT_FOUND"
    for ways in ({}, {"member": manager.id, "nobody": True}, {"member": manager.id, "reference": "x"}):
        assert await refused(give(case, manager, **ways)) == "INVALID"
    assert whose(await case.seen(manager)) is None


async def test_one_key_gives_it_once_and_twice_the_same_writes_nothing(case: Case) -> None:
    network = case.network
    ana, eva = [await person(network, "clinica", Role.CASEWORKER) for _ in range(2)]
    manager = await person(network, "clinica", Role.MANAGER)
    first = (await give(case, manager, key="k1", member=ana.id)).referral
    await give(case, manager, member=eva.id)
    again = await give(case, manager, key="k1", member=ana.id)
    assert (again.replayed, whose(again.referral)) == (True, eva.id)
    assert await refused(give(case, manager, key="k1", member=eva.id)) == "IDEMPOTENCY_KEY_REUSED"
    same = await give(case, manager, member=eva.id)
    assert (whose(same.referral), same.replayed) == (eva.id, False)
    assert first.assigned_at is not None


async def test_a_third_party_finds_nothing_and_a_coordinator_has_no_side(case: Case) -> None:
    third = await person(case.network, "tercera", Role.MANAGER)
    assert await refused(give(case, third, member=third.id)) == "NOT_FOUND"
    assert await refused(give(case, cast.coordinator(), nobody=True)) == "FORBIDDEN"
    both = cast.member(case.network.ids["clinica"], "caseworker", network_roles=(NetworkRole.COORDINATOR,))
    assert whose((await give(case, both, nobody=True)).referral) is None


async def test_what_has_ended_can_still_be_somebodys_until_it_is_voided(case: Case) -> None:
    manager = await person(case.network, "casa", Role.MANAGER)
    await case.take(Decline, reason=DeclineReason.NO_CAPACITY)
    assert whose((await give(case, manager, member=manager.id)).referral) == manager.id


async def test_lists_know_whose_it_is_and_what_is_nobodys(network: Network) -> None:
    mine, nobodys = await new_case(network), await new_case(network)
    ana = await person(network, "clinica", Role.CASEWORKER)
    await give(mine, ana, member=ana.id)
    assert await box(network, ana, assignee=ana.id) == [mine.id]
    free = await box(network, ana, unassigned=True)
    assert nobodys.id in free
    assert mine.id not in free
    assert await box(network, ana, assignee=ana.id, unassigned=True) == []
    sender = network.caseworker("casa")
    assert await box(network, sender, box=Box.OUTBOX, assignee=ana.id) == [], (
        "the other side's is no condition"
    )
    assert mine.id in await box(network, sender, box=Box.OUTBOX, unassigned=True)


async def test_what_a_member_left_behind_is_nobodys_again(network: Network) -> None:
    left, kept = await new_case(network), await new_case(network)
    ana, eva = [await person(network, "clinica", Role.CASEWORKER) for _ in range(2)]
    await give(left, ana, member=ana.id)
    await give(kept, eva, member=eva.id)
    operator = network.operator
    demoted = ChangeMember(member=ana.id, idempotency_key=next(_keys), roles=(Role.VIEWER,))
    back = ChangeMember(member=ana.id, idempotency_key=next(_keys), roles=(Role.MANAGER,))
    removed = RemoveMember(member=ana.id, idempotency_key=next(_keys))

    async def lies() -> bool:
        free = await box(network, eva, unassigned=True)
        assert kept.id not in free
        return left.id in free

    await operator.call(CHANGE_MEMBER, demoted, operator.me)
    assert await lies()
    await operator.call(CHANGE_MEMBER, back, operator.me)
    assert not await lies()
    await operator.call(REMOVE_MEMBER, removed, operator.me)
    assert await lies()
    assert whose(await left.seen(eva)) == ana.id
    manager = await person(network, "clinica", Role.MANAGER)
    await give(left, manager, member=eva.id)
    assert left.id not in await box(network, eva, unassigned=True)


async def test_members_are_told_to_their_own_organization_only(network: Network) -> None:
    ana = await person(network, "clinica", Role.CASEWORKER)
    request = GetMembers(
        organization=network.ids["clinica"], ids=(ana.id, "mb_nobody"), references=("no-one",)
    )
    own = (await network.ask(GET_MEMBERS, request, network.caseworker("clinica"))).items
    assert [one and one.id for one in own] == [ana.id, None, None]
    others = (await network.ask(GET_MEMBERS, request, network.caseworker("casa"))).items
    assert others == (None, None, None)
