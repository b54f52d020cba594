"""Every database call on agreements."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from chassis.calls import KEYS_KEPT
from chassis.moments import Moments
from contracts.standing import AgreementStatus
from services.notifications.agreements.agreement import OPEN

AGREEMENTS = "agreements"
INDEXES = {
    AGREEMENTS: [
        IndexModel([("subscriber", ASCENDING), ("status", ASCENDING)], name="subscriber_status"),
        IndexModel([("subscriber", ASCENDING), ("place", ASCENDING)], name="subscriber_place"),
        IndexModel([("grantor", ASCENDING), ("place", ASCENDING)], name="grantor_place"),
        IndexModel([("status", ASCENDING)], name="status"),
        IndexModel([("changed_at", ASCENDING)], name="changed_at"),
        IndexModel([("runs_out_at", ASCENDING)], name="runs_out_at"),
        IndexModel([("gone_at", ASCENDING)], name="gone_at"),
        IndexModel([("pending_since", ASCENDING)], name="pending_since", sparse=True),
    ]
}

Document = dict[str, Any]
# The outbox is its relay's; keys are looked at where one agreement is changed.
_AS_SHOWN = {"pending": 0, "idempotency": 0}


class AgreementStore:
    """All agreements that there have been."""

    def __init__(self, db: mongo.Database) -> None:
        self.db = db
        self.collection: AsyncIOMotorCollection[Document] = db[AGREEMENTS]
        self.running_out = Moments(self.collection, "runs_out_at", None)
        self.gone = Moments(self.collection, "gone_at", {"gone_at": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def missing_indexes(self) -> list[str]:
        """Return the names of those that should be there and are not."""
        return await mongo.missing_indexes(self.db, INDEXES)

    async def now(self) -> datetime:
        """Return the database's own clock."""
        return await mongo.time_of(self.db)

    async def load(self, agreement: str) -> Document | None:
        """Return it, or None."""
        return await self.collection.find_one({"_id": agreement})

    async def insert(self, document: Document) -> bool:
        """Keep a new one; False where there is one of that id."""
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def save(
        self, doc: Document, fields: Mapping[str, Any], event: Document, use: Document | None
    ) -> bool:
        """Write a change with its event if nobody else has written since; False where somebody has."""
        pushed: Document = {"pending": event}
        if use is not None:
            pushed["idempotency"] = {"$each": [use], "$slice": -KEYS_KEPT}
        result = await self.collection.update_one(
            {"_id": doc["_id"], "revision": doc["revision"]}, {"$set": dict(fields), "$push": pushed}
        )
        return bool(result.matched_count)

    async def page(
        self,
        organization: str,
        sides: Iterable[str],
        statuses: Collection[AgreementStatus],
        bounds: tuple[str, str],
        count: int,
        *,
        newest_first: bool,
    ) -> list[Document]:
        """Return an organization's on those sides (``subscriber grantor``) between two places, excluded.

        Without ``statuses`` those of any.
        """
        found: list[Document] = []
        for side in sides:
            condition: Document = {side: organization, "place": {"$gt": bounds[0], "$lt": bounds[1]}}
            if statuses:
                condition["status"] = {"$in": [one.value for one in statuses]}
            some = self.collection.find(condition, _AS_SHOWN).sort("place", -1 if newest_first else 1)
            found += await some.limit(count).to_list(None)
        return sorted(found, key=itemgetter("place"), reverse=newest_first)[:count]

    async def in_force_of(self, subscriber: str) -> list[Document]:
        """Return those of a subscriber that were accepted and have not ended."""
        condition = {"subscriber": subscriber, "status": AgreementStatus.IN_FORCE.value}
        return await self.collection.find(condition, _AS_SHOWN).to_list(None)

    async def open_of(self, subscriber: str) -> int:
        """Return how many of a subscriber wait or are in force."""
        of_its = {"subscriber": subscriber, "status": {"$in": [one.value for one in OPEN]}}
        return await self.collection.count_documents(of_its)

    async def forget(self, doc: Document) -> None:
        """Forget one whose time is over, and of which all was told."""
        await self.collection.delete_one({"_id": doc["_id"], "gone_at": doc["gone_at"], "pending": []})

    async def every_in_force(self) -> list[Document]:
        """Return all that were accepted and have not ended."""
        condition = {"status": AgreementStatus.IN_FORCE.value}
        return await self.collection.find(condition, _AS_SHOWN).to_list(None)

    async def changed_since(self, moment: datetime) -> list[Document]:
        """Return all that were changed since then."""
        return await self.collection.find({"changed_at": {"$gte": moment}}, _AS_SHOWN).to_list(None)
