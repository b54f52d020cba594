"""Every database call about places: one document for each service, each change one conditional write."""

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from chassis.moments import Moments
from services.directory.capacity.capacity import Document
from services.directory.followed import IDS, Followed
from services.directory.ids import PREFIXES

CAPACITY = "capacity"
INDEXES = {
    CAPACITY: [
        IDS,
        IndexModel([("changed_at", ASCENDING)], name="changed_at"),
        IndexModel([("wake_at", ASCENDING)], name="wake_at"),
        IndexModel([("organization", ASCENDING)], name="organization"),
        IndexModel([("pending_since", ASCENDING)], name="pending_since", sparse=True),
    ]
}
HISTORY_KEPT = 50
KEYS_KEPT = 100
# What changes read, and what views read: the holds of a large shelter are its most.
_CHANGED = {"history": 0, "pending": 0}
_SEEN = {**_CHANGED, "idempotency": 0, "holds": 0}
_SEED = {"organization": 1, "capacity": 1, "changed_at": 1}
_MAPS = ("provisional", "holds")


@dataclass(frozen=True)
class Write:
    """One write: the document before and after, what is noted of it, and the events that it causes."""

    before: Document
    after: Document
    at: datetime
    history: Sequence[Document]
    pending: Sequence[Document]
    idempotency: Sequence[Document]


class CapacityStore:
    """The collection of places, and what an import said of them in the services' own documents."""

    def __init__(self, db: mongo.Database) -> None:
        self.collection: AsyncIOMotorCollection[Document] = db[CAPACITY]
        self._services: AsyncIOMotorCollection[Document] = db["services"]
        self._applied: AsyncIOMotorCollection[Document] = db["applied_directory"]
        # At whose places something has to be done that nobody asks for.
        self.due = Moments(self.collection, "wake_at", {"wake_at": 1})

    async def load(self, service: str) -> Document | None:
        """Return what a change needs of a service's document, or None."""
        return await self.collection.find_one({"_id": service}, _CHANGED)

    async def seen(self, services: Some[str]) -> dict[str, Document]:
        """Return by service what views are made of, of those that have a document."""
        cursor = self.collection.find({"_id": {"$in": list(services)}}, _SEEN)
        return {one["_id"]: one async for one in cursor}

    async def seed(self, service: str) -> Document | None:
        """Return what a service's own document says of its places, or None where there is no such service."""
        return await self._services.find_one({"_id": service}, _SEED)

    async def seeds(self, services: Some[str]) -> list[Document]:
        """Return the same of several, of those that an import gave any places."""
        cursor = self._services.find({"_id": {"$in": list(services)}}, _SEED)
        return [one async for one in cursor if one.get("capacity")]

    async def save(self, write: Write) -> bool:
        """Write one change if the document is still as it was; False where it is not."""
        before, after = write.before, write.after
        if not before["revision"]:
            return await self._insert(write)
        fields = {"units": after["units"], "wake_at": after["wake_at"], "n": after["n"]}
        if after.get("removed", []) != before.get("removed", []):
            fields["removed"] = after["removed"]
        gone: Document = {}
        for name in _MAPS:
            for referral, hold in after[name].items():
                if before[name].get(referral) is not hold:
                    fields[f"{name}.{referral}"] = hold
            gone |= {f"{name}.{one}": "" for one in before[name] if one not in after[name]}
        push: Document = {"history": {"$each": list(write.history), "$slice": -HISTORY_KEPT}}
        if write.pending:
            fields["pending_since"] = write.at
            push["pending"] = {"$each": list(write.pending)}
        if write.idempotency:
            push["idempotency"] = {"$each": list(write.idempotency), "$slice": -KEYS_KEPT}
        change: Document = {
            "$set": {**fields, "revision": before["revision"] + 1},
            "$push": push,
            "$currentDate": {"changed_at": True},
            **({"$unset": gone} if gone else {}),
        }
        result = await self.collection.update_one(
            {"_id": before["_id"], "revision": before["revision"]}, change
        )
        return bool(result.matched_count)

    async def _insert(self, write: Write) -> bool:
        document = {
            **write.after,
            "revision": 1,
            "history": list(write.history),
            "idempotency": list(write.idempotency),
            "pending": list(write.pending),
            **({"pending_since": write.at} if write.pending else {}),
            "changed_at": write.at,
        }
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def overdue(self, older_than: timedelta) -> int:
        """Return how many documents have waited longer than that to have their events published."""
        moment = datetime.now(UTC) - older_than
        return await self.collection.count_documents({"pending_since": {"$lt": moment}})

    async def parked(self) -> list[str]:
        """Return the referrals whose events wait for somebody to look at them."""
        ever = {"parked_at": {"$gt": datetime.min.replace(tzinfo=UTC)}}
        return [one["_id"] async for one in self._applied.find(ever, {"_id": 1}, limit=1000)]

    async def of_organization(self, organization: str) -> list[str]:
        """Return the services of an organization that count places."""
        cursor = self.collection.find({"organization": organization}, {"_id": 1})
        return [one["_id"] async for one in cursor]

    async def holding(self, after: str | None, services: Some[str], most: int) -> list[Document]:
        """Return services that count places with what they hold, behind one of them; or those named."""
        wanted: Document = {"$in": list(services)} if services else {"$gt": after or ""}
        found = self.collection.find({"_id": wanted}, {"holds": 1}).sort("_id", ASCENDING)
        return await found.limit(most).to_list(None)

    def followed(self) -> Followed:
        """Return what a replica follows of places; a service's have its id."""
        return Followed(self.collection, PREFIXES["service"], _SEEN)
