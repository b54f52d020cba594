"""Every database call on geography: the installed municipalities, and the number of their table.

Each change of the table raises its number, in a write after it: whoever sees the number sees the change.
"""

from collections.abc import Collection as Some
from collections.abc import Mapping
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from chassis import mongo

MUNICIPALITIES = "municipalities"
TABLES = "tables"
_TABLE = "municipalities"

Document = dict[str, Any]


class GeographyStore:
    """The municipalities, by INEGI key."""

    def __init__(self, db: mongo.Database) -> None:
        self._municipalities: AsyncIOMotorCollection[Document] = db[MUNICIPALITIES]
        self._tables: AsyncIOMotorCollection[Document] = db[TABLES]

    async def number(self) -> int:
        """Return the number of the table: 0 where none was installed, and higher after each change."""
        found = await self._tables.find_one({"_id": _TABLE})
        return int(found["number"]) if found else 0

    async def all(self) -> list[Document]:
        """Return every municipality."""
        return [one async for one in self._municipalities.find({})]

    async def get_many(self, codes: Some[str]) -> dict[str, Document]:
        """Return those that are there, by code."""
        cursor = self._municipalities.find({"_id": {"$in": list(codes)}})
        return {one["_id"]: one async for one in cursor}

    async def save(self, changes: Mapping[str, Document]) -> None:
        """Set these fields of municipalities, those that are not there yet included, and raise the number."""
        if not changes:
            return
        writes = [UpdateOne({"_id": code}, {"$set": fields}, upsert=True) for code, fields in changes.items()]
        await self._municipalities.bulk_write(writes, ordered=False)
        raised = {"$inc": {"number": 1}}
        try:
            await self._tables.update_one({"_id": _TABLE}, raised, upsert=True)
        except DuplicateKeyError:  # another replica made it at the same moment
            await self._tables.update_one({"_id": _TABLE}, raised)
