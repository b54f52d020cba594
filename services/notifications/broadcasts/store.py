"""Every database call on broadcasts and their receipts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chassis import mongo
from chassis.moments import Moments

BROADCASTS, RECEIPTS = "broadcasts", "broadcast_receipts"
INDEXES = {
    BROADCASTS: [
        IndexModel([("tell_since", ASCENDING)], name="tell_since", sparse=True),
        IndexModel([("gone_at", ASCENDING)], name="gone_at"),
    ],
    RECEIPTS: [
        IndexModel([("organization", ASCENDING)], name="organization"),
        IndexModel([("broadcast", ASCENDING)], name="broadcast"),
    ],
}

Document = dict[str, Any]


class BroadcastStore:
    """Broadcasts and receipts."""

    def __init__(self, db: mongo.Database) -> None:
        self.db = db
        self._broadcasts: AsyncIOMotorCollection[Document] = db[BROADCASTS]
        self._receipts: AsyncIOMotorCollection[Document] = db[RECEIPTS]
        self.to_tell = Moments(self._broadcasts, "tell_since", None)
        self.gone = Moments(self._broadcasts, "gone_at", {"gone_at": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def now(self) -> datetime:
        """Return the database's own clock."""
        return await mongo.time_of(self.db)

    async def load(self, broadcast: str) -> Document | None:
        """Return one, or None."""
        return await self._broadcasts.find_one({"_id": broadcast})

    async def load_many(self, broadcasts: Iterable[str]) -> dict[str, Document]:
        """Return by id those that are there."""
        found = self._broadcasts.find({"_id": {"$in": list(broadcasts)}})
        return {doc["_id"]: doc async for doc in found}

    async def outlines(self, broadcasts: Iterable[str] | None) -> list[Document]:
        """Return of these, or of all, what lists are in the order of, and filtered by."""
        wanted: Document = {} if broadcasts is None else {"_id": {"$in": list(broadcasts)}}
        return await self._broadcasts.find(wanted, {"sent_at": 1, "until": 1, "ended_at": 1}).to_list(None)

    async def insert(self, document: Document) -> bool:
        """Keep a new one; False where there is one of that id."""
        try:
            await self._broadcasts.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def save(self, doc: Document, fields: Mapping[str, Any], use: Document) -> bool:
        """Write a change if nobody else has changed it since; False where somebody has."""
        result = await self._broadcasts.update_one(
            {"_id": doc["_id"], "revision": doc["revision"]},
            {"$set": {**fields, "revision": doc["revision"] + 1}, "$push": {"idempotency": use}},
        )
        return bool(result.matched_count)

    async def told(self, broadcast: str, n: int) -> None:
        """Note that all of whom it is for were told so far; not where more is to be told by now."""
        await self._broadcasts.update_one({"_id": broadcast, "n": n}, {"$unset": {"tell_since": ""}})

    async def forget(self, broadcast: str) -> None:
        """Forget one with its receipts."""
        await self._receipts.delete_many({"broadcast": broadcast})
        await self._broadcasts.delete_one({"_id": broadcast})

    # --- receipts -------------------------------------------------------------------------------

    async def keep(self, receipts: list[Document]) -> None:
        """Keep new receipts; those that are there stay as they are."""
        if not receipts:
            return
        try:
            await self._receipts.insert_many(receipts, ordered=False)
        except BulkWriteError as error:
            mongo.collided(error)

    async def receipt(self, receipt: str) -> Document | None:
        """Return one, or None."""
        return await self._receipts.find_one({"_id": receipt})

    async def acknowledge(self, receipt: str, fields: Mapping[str, Any]) -> bool:
        """Note that its organization knows, if that was not said yet; False where it was."""
        unsaid = {"_id": receipt, "acknowledged_at": None}
        return bool((await self._receipts.update_one(unsaid, {"$set": dict(fields)})).matched_count)

    async def of_organization(self, organization: str) -> list[Document]:
        """Return an organization's receipts."""
        return await self._receipts.find({"organization": organization}).to_list(None)

    async def of_broadcast(self, broadcast: str) -> list[Document]:
        """Return the receipts of a broadcast."""
        return await self._receipts.find({"broadcast": broadcast}).to_list(None)
