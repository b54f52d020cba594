"""What organizations are now, as the directory says it: kinds change, and some are verified no more."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection

from chassis.problems import PartError, UnreachableError
from chassis.rpc import Caller
from contracts.codes import OrganizationKind
from contracts.directory import GET_ORGANIZATIONS, Organization
from contracts.rpc import Ids

BELIEVED_SECONDS = 30.0
# The directory looks up this many at once.
BATCH = 100
REMEMBERED = 10_000
KINDS = "organization_kinds"

Collection = AsyncIOMotorCollection[dict[str, Any]]


class Organizations:
    """What the directory says; its last word on kinds is kept, for it may be away when this part starts."""

    def __init__(
        self, caller: Caller, kinds: Collection, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._caller = caller
        self._kinds = kinds
        self._clock = clock
        # When a kind was asked for, and what it was.
        self._known: dict[str, tuple[float, OrganizationKind | None]] = {}

    async def now(self, ids: Iterable[str]) -> dict[str, Organization | None]:
        """Return organizations by id as the directory says it at this moment; None for what there is not.

        Raises:
            UnreachableError: it did not answer.
        """
        wanted, found = sorted(set(ids)), dict[str, Organization | None]()
        for start in range(0, len(wanted), BATCH):
            batch = tuple(wanted[start : start + BATCH])
            reply = await self._caller.call(GET_ORGANIZATIONS, Ids(ids=batch), self._caller.me)
            found |= dict(zip(batch, reply.items, strict=True))
        return found

    async def kind_of(self, organization: str) -> OrganizationKind | None:
        """Return its kind as it was half a minute ago at most; while the directory is away, as it last was.

        Raises:
            UnreachableError: the directory did not answer, and never has of this one.
            PyMongoError: neither the directory answered nor the database.
        """
        at, kind = self._known.get(organization, (0.0, None))
        if organization in self._known and self._clock() - at <= BELIEVED_SECONDS:
            return kind
        try:
            said = (await self.now([organization]))[organization]
        except PartError as error:
            # A refusal is no better than silence: neither may stop what the parties of a referral hear.
            kind = await self._last_said(organization, error)
        else:
            kind = None if said is None else said.kind
            await self._keep(organization, kind)
        if len(self._known) > REMEMBERED:
            self._known.clear()
        self._known[organization] = self._clock(), kind
        return kind

    async def _keep(self, organization: str, kind: OrganizationKind | None) -> None:
        if self._known.get(organization, (0.0, None))[1] != kind:
            await self._kinds.update_one({"_id": organization}, {"$set": {"kind": kind}}, upsert=True)

    async def _last_said(self, organization: str, error: PartError) -> OrganizationKind | None:
        if organization in self._known:
            return self._known[organization][1]
        row = await self._kinds.find_one({"_id": organization})
        if row is None:
            raise UnreachableError("The directory did not answer.") from error
        return row["kind"] and OrganizationKind(row["kind"])
