"""Every database call on read marks."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from chassis.calls import KEYS_KEPT
from chassis.moments import Moments

READ_MARKS = "read_marks"
INDEXES = {READ_MARKS: [IndexModel([("gone_at", ASCENDING)], name="gone_at")]}

Document = dict[str, Any]


class ReadMarkStore:
    """Read marks."""

    def __init__(self, db: mongo.Database) -> None:
        self._db = db
        self.marks: AsyncIOMotorCollection[Document] = db[READ_MARKS]
        self.gone = Moments(self.marks, "gone_at", {"gone_at": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self._db, INDEXES)

    async def now(self) -> datetime:
        """Return the database's own clock."""
        return await mongo.time_of(self._db)

    async def mark(self, reader: str) -> Document | None:
        """Return a reader's mark, or None."""
        return await self.marks.find_one({"_id": reader})

    async def insert(self, document: Document) -> bool:
        """Keep a first one; False where there is one already."""
        try:
            await self.marks.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def save(self, doc: Document, fields: Mapping[str, Any], use: Document) -> bool:
        """Write a change if nobody else has changed it since; False where somebody has."""
        result = await self.marks.update_one(
            {"_id": doc["_id"], "revision": doc["revision"]},
            {
                "$set": {**fields, "revision": doc["revision"] + 1},
                "$push": {"idempotency": {"$each": [use], "$slice": -KEYS_KEPT}},
            },
        )
        return bool(result.matched_count)

    async def forget(self, readers: Iterable[str]) -> None:
        """Forget what these have read."""
        await self.marks.delete_many({"_id": {"$in": list(readers)}})

    async def forget_old(self, doc: Document) -> None:
        """Forget one whose time is over, if it has not moved since it was found."""
        await self.marks.delete_one({"_id": doc["_id"], "gone_at": doc["gone_at"]})
