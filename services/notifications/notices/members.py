"""Members as the directory knows them now: who is none any more hears nothing."""

import asyncio
import re
from collections.abc import Sequence

import msgspec

from chassis.rpc import Caller
from contracts import patterns
from contracts.codes import Role, State
from contracts.directory import GET_ORGANIZATIONS, Organization
from contracts.membership import GET_MEMBERS, GetMembers, OwnMember
from contracts.rpc import Actor, Ids
from contracts.standing import MemberStatus
from contracts.telling import T2_ROLES
from contracts.zones import zone_of

# The directory looks up this many at once.
BATCH = 100


class Person(msgspec.Struct, frozen=True):
    """A member as she may act now, and the time zone of her organization."""

    actor: Actor
    zone: str

    @property
    def works(self) -> bool:
        """Whether she works on referrals."""
        return not T2_ROLES.isdisjoint(self.actor.roles)

    @property
    def manages(self) -> bool:
        """Whether she is a manager."""
        return Role.MANAGER in self.actor.roles


class Members:
    """What the directory says of members. Nothing is remembered: who was removed is written no more."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def of(self, organization: str, member: str) -> Person | None:
        """Return a member as she stands now; None where she is none any more.

        Raises:
            UnreachableError: the directory did not answer.
        """
        return (await self.all_of(organization, (member,))).get(member)

    async def all_of(self, organization: str, members: Sequence[str]) -> dict[str, Person]:
        """Return by id those of an organization's members who are any now, as they stand.

        Raises:
            UnreachableError: the directory did not answer.
        """
        owners, found = await asyncio.gather(
            self._caller.call(GET_ORGANIZATIONS, Ids(ids=(organization,)), self._caller.me),
            self._all(organization, members),
        )
        owner = owners.items[0]
        there = [one for one in map(_active, found) if one is not None]
        return {} if owner is None else {one.id: _person(one, owner) for one in there}

    async def named(self, organization: str, reference: str) -> OwnMember | None:
        """Return the active member that a client calls so; what can be nobody's name is nobody's.

        Raises:
            UnreachableError: the directory did not answer.
        """
        if not re.match(patterns.REFERENCE, reference):
            return None
        return await self._find(GetMembers(organization=organization, references=(reference,)))

    async def known(self, organization: str, member: str) -> OwnMember | None:
        """Return the active member of that id.

        Raises:
            UnreachableError: the directory did not answer.
        """
        return await self._find(GetMembers(organization=organization, ids=(member,)))

    async def gone(self, organization: str, members: tuple[str, ...]) -> list[str]:
        """Return those of an organization's members who are none any more, of a hundred at most.

        Raises:
            UnreachableError: the directory did not answer.
        """
        found = await self._all(organization, members)
        return [one for one, there in zip(members, found, strict=True) if _active(there) is None]

    async def _all(self, organization: str, members: Sequence[str]) -> list[OwnMember | None]:
        found: list[OwnMember | None] = []
        for at in range(0, len(members), BATCH):
            asked = GetMembers(organization=organization, ids=tuple(members[at : at + BATCH]))
            found += (await self._caller.call(GET_MEMBERS, asked, self._caller.me)).items
        return found

    async def _find(self, request: GetMembers) -> OwnMember | None:
        return _active((await self._caller.call(GET_MEMBERS, request, self._caller.me)).items[0])


def _active(found: OwnMember | None) -> OwnMember | None:
    return found if found is not None and found.status is MemberStatus.ACTIVE else None


def _person(found: OwnMember, owner: Organization) -> Person:
    actor = Actor(
        kind="member",
        id=found.id,
        organization=found.organization,
        organization_kind=owner.kind,
        verified=owner.verified,
        roles=tuple(found.roles),
        network_roles=tuple(owner.network_roles),
    )
    return Person(actor, zone_of(owner.states[0] if owner.states else State.CMX))


def within(actor: Actor, *, knows_person: bool) -> Actor:
    """Return a member as she is told of; of T1 only, where whoever said where to may not know more."""
    if knows_person or T2_ROLES.isdisjoint(actor.roles):
        return actor
    roles = tuple({Role.VIEWER, *actor.roles} - T2_ROLES)
    return msgspec.structs.replace(actor, roles=roles)
