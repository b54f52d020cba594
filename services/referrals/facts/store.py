"""Every database call on the urns: each is one document, from its first slip to its facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from services.referrals.document import Document

# What is in it is read only where it is asked for.
_OUTSIDE = {"slips": 0, "ids": 0, "facts": 0}


class UrnStore:
    """The urns, by their number."""

    def __init__(self, db: mongo.Database) -> None:
        self.urns: AsyncIOMotorCollection[Document] = db["facts"]

    async def last(self) -> Document | None:
        """Return the newest urn, without what is in it; None where there is none yet."""
        found = await self.urns.find({}, _OUTSIDE).sort("_id", DESCENDING).limit(1).to_list(1)
        return found[0] if found else None

    async def load(self, number: int) -> Document | None:
        """Return one urn with all that is in it."""
        return await self.urns.find_one({"_id": number})

    async def begin(self, document: Document) -> bool:
        """Store a new urn; False where somebody else has begun that one."""
        try:
            await self.urns.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def cast(self, number: int, slip: str, blob: bytes) -> bool:
        """Put a slip in, if the urn is open and does not hold it; False where nothing was written."""
        done = await self.urns.update_one(
            {"_id": number, "open": True, "slips.id": {"$ne": slip}},
            {"$push": {"slips": {"id": slip, "blob": blob}}, "$inc": {"count": 1}},
        )
        return bool(done.matched_count)

    async def close(
        self, number: int, count: int, ids: Sequence[str], facts: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Replace the slips by what stands on them; False where it is closed, or holds another one by now."""
        done = await self.urns.update_one(
            {"_id": number, "open": True, "count": count},
            {"$set": {"open": False, "ids": list(ids), "facts": list(facts)}, "$unset": {"slips": ""}},
        )
        return bool(done.matched_count)

    async def with_keys(self) -> list[Document]:
        """Return the closed urns whose key is still to be deleted."""
        return await self.urns.find({"open": False, "key": {"$ne": None}}, _OUTSIDE).to_list(None)

    async def keyless(self, number: int) -> None:
        """Note that the urn's key is gone."""
        await self.urns.update_one({"_id": number}, {"$set": {"key": None}})

    async def all(self) -> list[Document]:
        """Return every urn with all that is in it."""
        return await self.urns.find({}).to_list(None)
