"""Every database call on exceptions to the firewall."""

from collections.abc import Sequence
from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from services.referrals.document import Document

EXCEPTIONS = "exceptions"
INDEXES = [
    IndexModel([("service", ASCENDING)], name="service"),
    IndexModel([("place", ASCENDING)], name="place"),
    IndexModel([("ended_at", ASCENDING)], name="ended_at"),
    IndexModel([("pending_since", ASCENDING)], name="pending_since", sparse=True),
]


class ExceptionStore:
    """The exceptions that there have been."""

    def __init__(self, database: mongo.Database) -> None:
        self.collection: AsyncIOMotorCollection[Document] = database[EXCEPTIONS]

    async def load(self, exception: str) -> Document | None:
        """Return it, or None."""
        return await self.collection.find_one({"_id": exception})

    async def insert(self, document: Document) -> bool:
        """Keep a new one; False where there is one of that id."""
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def save(
        self, exception: str, revision: int, fields: Document, pending: Sequence[Document]
    ) -> bool:
        """Write a change with its event if it is still at that revision; False where it is not."""
        result = await self.collection.update_one(
            {"_id": exception, "revision": revision},
            {"$set": {**fields, "revision": revision + 1}, "$push": {"pending": {"$each": list(pending)}}},
        )
        return bool(result.matched_count)

    async def standing(self, organization: str, service: str, now: datetime) -> list[Document]:
        """Return those in force for a service of an organization."""
        rows = self.collection.find({"service": service, "organization": organization})
        return [row async for row in rows if row["stands_until"] > now]

    async def ended_since(self, moment: datetime) -> list[Document]:
        """Return those that were ended early since then."""
        return await self.collection.find({"ended_at": {"$gte": moment}}, {"ended_at": 1}).to_list(None)
