"""The other parts as one request of a client sees them: every call is made for its actor."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts import directory, membership, notifications, referrals
from contracts.directory import Address, Organization, Service
from contracts.groups import GET_GROUPS, GetGroups, Group
from contracts.membership import OwnMember
from contracts.referrals import Referral, Tier
from contracts.rpc import Actor, Ids, Nothing, Operation, Rep, Req

Thing = TypeVar("Thing")
# The parts look up to this many ids up at once.
BATCH = 100


class Clients:
    """Asks the parts for one actor."""

    def __init__(self, caller: Caller, actor: Actor) -> None:
        self._caller = caller
        self.actor = actor

    async def ask(self, operation: Operation[Req, Rep], request: Req) -> Rep:
        """Return the reply to any operation.

        Raises:
            RefusedError, UnreachableError: as the part said, or nobody did.
        """
        return await self._caller.call(operation, request, self.actor)

    async def find(self, operation: Operation[Req, Rep], request: Req) -> Rep | None:
        """Return the reply, or nothing where the part says that there is no such thing.

        Raises:
            RefusedError, UnreachableError: any other refusal.
        """
        try:
            return await self.ask(operation, request)
        except RefusedError as refusal:
            if refusal.code == "NOT_FOUND":
                return None
            raise

    async def organizations(self, ids: Sequence[str]) -> list[Organization | None]:
        """The organizations with those ids, in their order."""
        replies = await asyncio.gather(
            *(self.ask(directory.GET_ORGANIZATIONS, Ids(ids=batch)) for batch in _batches(ids))
        )
        return [item for reply in replies for item in reply.items]

    async def services(self, ids: Sequence[str]) -> list[Service | None]:
        """The services with those ids, in their order."""
        replies = await asyncio.gather(
            *(self.ask(directory.GET_SERVICES, Ids(ids=batch)) for batch in _batches(ids))
        )
        return [item for reply in replies for item in reply.items]

    async def addresses(self, ids: Sequence[str]) -> list[Address | None]:
        """The addresses of those confidential places, in their order; null where it is not the actor's."""
        replies = await asyncio.gather(
            *(self.ask(directory.GET_ADDRESSES, Ids(ids=batch)) for batch in _batches(ids))
        )
        return [item for reply in replies for item in reply.items]

    async def referrals(self, ids: Sequence[str], tiers: tuple[Tier, ...] = ()) -> list[Referral | None]:
        """The referrals with those ids, in their order; null where the actor may not see one."""
        requests = (referrals.GetReferrals(ids=batch, tiers=tiers) for batch in _batches(ids))
        replies = await asyncio.gather(*(self.ask(referrals.GET, request) for request in requests))
        return [item for reply in replies for item in reply.items]

    async def members(self, ids: Sequence[str]) -> list[OwnMember | None]:
        """The members of the actor's own organization with those ids, in their order."""
        own = self.actor.organization or ""
        requests = (membership.GetMembers(organization=own, ids=batch) for batch in _batches(ids))
        replies = await asyncio.gather(*(self.ask(membership.GET_MEMBERS, request) for request in requests))
        return [item for reply in replies for item in reply.items]

    async def groups(self, ids: Sequence[str], with_category: bool = False) -> list[Group | None]:
        """The groups with those ids, in their order; null where the actor may not see one."""
        requests = (GetGroups(ids=batch, with_category=with_category) for batch in _batches(ids))
        replies = await asyncio.gather(*(self.ask(GET_GROUPS, request) for request in requests))
        return [item for reply in replies for item in reply.items]

    async def feed_head(self) -> notifications.FeedHead:
        """Where the actor's feed ends now."""
        return await self.ask(notifications.FEED_HEAD, Nothing())

    async def public_head(self) -> notifications.FeedHead:
        """Where the feed of what everybody may know ends now."""
        return await self.ask(notifications.PUBLIC_HEAD, Nothing())


def _batches(ids: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]
