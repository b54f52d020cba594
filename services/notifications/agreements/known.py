"""The agreements in force, as this replica knows them: what is told is looked up for every event.

What it knows is two seconds old at most, and an agreement is in force three seconds after it was accepted
(``agreement.STARTS_AFTER``): so whatever happens under an agreement meets a replica that knows of it. Of one
that has ended an entry more may be written, and none is read (``reading.py``).
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from chassis.rounds import Rounds
from contracts.agreements import Terms
from contracts.standing import AgreementStatus
from services.notifications.agreements.store import AgreementStore

LOOK_SECONDS, BELIEVED_SECONDS = 1.0, 2.0
# What was being written at the moment of a look is seen by a later one.
OVERLAP = timedelta(minutes=1)

Document = dict[str, Any]
log = structlog.get_logger()


class Known:
    """Agreements by the organization whose referrals they are about."""

    def __init__(self, store: AgreementStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._by_grantor: dict[str, dict[str, tuple[Document, Terms]]] = {}
        self._revisions: dict[str, int] = {}
        self._seen: datetime | None = None
        self._looked_at = -BELIEVED_SECONDS
        self.rounds = Rounds("agreements", LOOK_SECONDS, self.look)

    async def look(self) -> None:
        """Learn what has changed."""
        began, now = self._clock(), await self._store.now()
        if self._seen is None:
            found = await self._store.every_in_force()
        else:
            found = await self._store.changed_since(self._seen - OVERLAP)
        for doc in found:
            self.learn(doc)
        self._seen, self._looked_at = now, began

    def learn(self, doc: Document) -> None:
        """Know an agreement as it is now; what is older than what is known changes nothing."""
        if self._revisions.get(doc["_id"], 0) >= doc["revision"]:
            return
        self._revisions[doc["_id"]] = doc["revision"]
        of_its = self._by_grantor.setdefault(doc["grantor"], {})
        of_its.pop(doc["_id"], None)
        if doc["status"] == AgreementStatus.IN_FORCE:
            try:
                of_its[doc["_id"]] = doc, msgspec.convert(doc["terms"], Terms, strict=False)
            except msgspec.ValidationError:
                # Of what nobody can read nobody hears; and the parties of a referral hear as ever.
                log.error("agreements.unreadable", agreement=doc["_id"])  # noqa: TRY400 - it says no more

    async def of(self, grantor: str) -> Iterable[tuple[Document, Terms]]:
        """Return those about an organization's referrals, and which of them.

        Raises:
            PyMongoError: what is known is too old, and the database did not answer.
        """
        if self._clock() - self._looked_at > BELIEVED_SECONDS:
            await self.look()
        return tuple(self._by_grantor.get(grantor, {}).values())

    def every(self) -> list[Document]:
        """Return all that are known to be in force."""
        return [doc for some in self._by_grantor.values() for doc, _ in some.values()]
