"""Every database call on what is sealed of confidential places: the collection ``private_locations``.

A document is one place of one organization or service, written once under an id that follows from its
content. So what the import of a record seals before it writes the record disturbs nobody, and what is no
longer said is deleted after it.
"""

from collections.abc import Collection as Some
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel, UpdateOne

from chassis import mongo
from services.directory.confidential.seal import Sealed

PRIVATE_LOCATIONS = "private_locations"
INDEXES = {
    PRIVATE_LOCATIONS: [
        IndexModel([("noun", 1)], name="noun"),
        IndexModel([("location", 1)], name="location"),
        IndexModel([("organization", 1)], name="organization"),
    ]
}

Document = dict[str, Any]


class PrivateStore:
    """The sealed places."""

    def __init__(self, db: mongo.Database) -> None:
        self._db = db
        self._places: AsyncIOMotorCollection[Document] = db[PRIVATE_LOCATIONS]

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self._db, INDEXES)

    async def of_nouns(self, nouns: Some[str]) -> dict[str, dict[str, str]]:
        """Return, for each organization or service that has any, its sealed places: location by id."""
        found: dict[str, dict[str, str]] = {}
        seen = {"noun": 1, "location": 1}
        async for one in self._places.find({"noun": {"$in": list(nouns)}}, seen):
            found.setdefault(one["noun"], {})[one["_id"]] = one["location"]
        return found

    async def confidential(self, locations: Some[str]) -> dict[str, set[str]]:
        """Return which of these locations some record says are confidential, and which nouns say so.

        A record that hides a place because another one does says nothing: two would hide it for ever.
        """
        found: dict[str, set[str]] = {}
        if locations:
            seen = {"noun": 1, "location": 1}
            # What was sealed before it was asked whose word it is has no mark, and counts.
            query = {"location": {"$in": list(locations)}, "own": {"$ne": False}}
            async for one in self._places.find(query, seen):
                found.setdefault(one["location"], set()).add(one["noun"])
        return found

    async def borrowed(self, locations: Some[str]) -> list[Document]:
        """Return what is sealed of these locations because of another record's word."""
        if not locations:
            return []
        return [one async for one in self._places.find({"location": {"$in": list(locations)}, "own": False})]

    async def keep(self, sealed: Iterable[Sealed], at: datetime) -> None:
        """Write sealed places; those that are there already are noted as meant anew."""
        writes = [UpdateOne({"_id": one.id}, {"$set": one.document(at)}, upsert=True) for one in sealed]
        if writes:
            await self._places.bulk_write(writes, ordered=False)

    async def forget(self, ids: Some[str], before: datetime) -> None:
        """Delete sealed places that no record says any more, unless another import has written them since."""
        if ids:
            await self._places.delete_many({"_id": {"$in": list(ids)}, "saved_at": {"$lt": before}})

    async def of_owner(self, organization: str) -> list[Document]:
        """Return everything that is sealed of an organization and its services."""
        return [one async for one in self._places.find({"organization": organization})]

    async def of_organization(self, locations: Some[str], organization: str) -> list[Document]:
        """Return the sealed places of that organization among these locations, the oldest first."""
        query = {"location": {"$in": list(locations)}, "organization": organization}
        found = [one async for one in self._places.find(query)]
        return sorted(found, key=lambda one: one["saved_at"])
