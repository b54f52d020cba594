"""An organization's members: invited, given other roles, removed, by itself or by the operator."""

from chassis.problems import ContendedError
from contracts.membership import (
    ChangeMember,
    GetMembers,
    GetWorkers,
    InviteMember,
    ListMembers,
    MemberList,
    MemberReply,
    Members,
    RemoveMember,
    Workers,
)
from contracts.rpc import Actor
from contracts.sentences import Sentence
from contracts.standing import MemberStatus
from services.directory import allowed, ids, member, permissions
from services.directory.errors import MemberExistsError, NotFoundError, TooManyError
from services.directory.marks import Call
from services.directory.membership.means import Membership
from services.directory.store import Document

MOST_MEMBERS = 2000
TRIES = 20


async def invite(membership: Membership, request: InviteMember, actor: Actor) -> MemberReply:
    """Add a person to the caller's organization, or bring back one who was removed.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        MemberExistsError: the person is there already, with other roles.
        TooManyError: the organization has as many members as it may have.
        IdempotencyKeyReusedError: the key was used for another input.
    """
    means, people = membership.means, membership.people
    owner = await allowed.managed(means.store, actor, request.organization)
    call = means.marks.call("invite_member", request, actor)
    member_id = ids.derived("member", owner["_id"], request.reference)
    made = member.made(member_id, owner["_id"], request, call.entry)
    made |= permissions.told("member_invited", {}, made, actor, call.at)
    for _ in range(TRIES):
        stored = await people.members.find_one({"_id": member_id})
        if stored is not None and call.was_done(stored):
            return MemberReply(member=member.own_view(stored), replayed=True)
        if stored is None:
            await _check_room(membership, owner)
            stored = await people.insert(people.members, made)
            if stored is made:
                means.relays["member"].kick(member_id)
                return MemberReply(member=member.own_view(made))
        if member.is_active(stored):
            return _there(stored, made["roles"])
        fields = {"roles": made["roles"], "status": MemberStatus.ACTIVE}
        if await _save(membership, stored, fields, call, "member_invited"):
            return MemberReply(member=member.own_view({**stored, **fields}))
    raise ContendedError("The member changed again and again; nothing was done. Try again.")


def _there(stored: Document, roles: list[str]) -> MemberReply:
    """The answer where the member is there already."""
    if stored["roles"] != roles:
        raise MemberExistsError("The member is there already with other roles: change those.")
    return MemberReply(member=member.own_view(stored))


async def _check_room(membership: Membership, owner: Document) -> None:
    if await membership.people.members.count_documents({"organization": owner["_id"]}) >= MOST_MEMBERS:
        raise TooManyError(
            Sentence("The organization has {most} members; that is the limit.", most=MOST_MEMBERS)
        )


async def change(membership: Membership, request: ChangeMember, actor: Actor) -> MemberReply:
    """Give a member other roles.

    Raises:
        NotFoundError: there is none, it was removed, or it is another organization's.
        ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    call = membership.means.marks.call("change_member", request, actor)
    fields = {"roles": sorted(set(request.roles))}
    return await _set(membership, request.member, call, fields, "member_changed")


async def remove(membership: Membership, request: RemoveMember, actor: Actor) -> MemberReply:
    """Remove a member.

    Raises:
        as ``change``.
    """
    call = membership.means.marks.call("remove_member", request, actor)
    fields = {"status": MemberStatus.REMOVED}
    return await _set(membership, request.member, call, fields, "member_removed")


async def get(membership: Membership, request: GetMembers, actor: Actor) -> Members:
    """Return members of an organization, those removed too; none to whoever acts for another one."""
    derived = [ids.derived("member", request.organization, one) for one in request.references]
    wanted = [*request.ids, *derived]
    if actor.kind in {"member", "client"} and actor.organization != request.organization:
        return Members(items=(None,) * len(wanted))
    found = await membership.people.members_of(request.organization, wanted)
    return Members(items=tuple(member.own_view(found[one]) if one in found else None for one in wanted))


async def workers(membership: Membership, request: GetWorkers) -> Workers:
    """Return the ids of those members who could work on a referral now."""
    found = await membership.people.working(request.organization)
    return Workers(ids=tuple(row["_id"] for row in found if member.is_active(row)))


async def list_(membership: Membership, request: ListMembers, actor: Actor) -> MemberList:
    """Return the organization's members, those removed too.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller does not manage the organization.
    """
    owner = await allowed.managed(membership.means.store, actor, request.organization)
    people = membership.people
    condition = {"organization": owner["_id"]}
    found, page = await people.page(people.members, condition, "created", request.page)
    return MemberList(
        items=tuple(map(member.own_view, found)),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def _set(
    membership: Membership, member_id: str, call: Call, fields: Document, action: str
) -> MemberReply:
    for _ in range(TRIES):
        stored = await _own(membership, member_id, call.actor)
        if call.was_done(stored):
            return MemberReply(member=member.own_view(stored), replayed=True)
        if not member.is_active(stored):
            raise NotFoundError("member")
        if await _save(membership, stored, fields, call, action):
            return MemberReply(member=member.own_view({**stored, **fields}))
    raise ContendedError("The member changed again and again; nothing was done. Try again.")


async def _save(membership: Membership, stored: Document, fields: Document, call: Call, action: str) -> bool:
    people, told = membership.people, permissions.told(action, stored, stored, call.actor, call.at)
    event = told.pop("pending")[-1:]
    seen = {"_id": stored["_id"], "roles": stored["roles"], **permissions.unchanged(stored)}
    if "status" in stored:
        seen["status"] = stored["status"]
    if not await people.save(people.members, seen, fields | told, call.entry, event):
        return False
    membership.means.relays["member"].kick(stored["_id"])
    return True


async def _own(membership: Membership, member_id: str, actor: Actor) -> Document:
    """The member, if the actor manages its organization; else as if there were none."""
    stored = await membership.people.members.find_one({"_id": member_id})
    return await allowed.own(membership.means.store, actor, "member", stored)
