"""A collection that every replica follows: every database call of the mirror (``mirror.py``).

All of a collection is read in ranges of ids: the embedded database gathers what a query finds before it sends
the first of it, and 100,000 services take it 20 seconds. It has ranges of ids by a secondary index only.
"""

from collections.abc import AsyncIterator
from collections.abc import Collection as Some
from datetime import datetime
from itertools import pairwise
from string import ascii_lowercase
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]

IDS = IndexModel([("_id", 1), ("revision", 1)], name="ids")
# So many documents come at once, and are in memory whole.
BATCH = 100
# The letters of ids (``ids.py``), in order, but for the first: what lies before the second is one range.
_LETTERS = "34567" + ascii_lowercase


class Followed:
    """One collection; ``prefix`` is that of its ids, ``unread`` what of its documents nobody needs."""

    def __init__(self, collection: AsyncIOMotorCollection[Document], prefix: str, unread: Document) -> None:
        self._collection = collection
        # What the primary has, acknowledged by a majority or not: to wait for that could hide a change
        # until after its moment was asked about.
        self._newest = collection.with_options(read_concern=ReadConcern("local"))
        self._unread = unread
        bounds = [{"$lt": f"{prefix}{_LETTERS[0]}"}]
        bounds += [{"$gte": prefix + one, "$lt": prefix + other} for one, other in pairwise(_LETTERS)]
        self._ranges = [{"_id": bound} for bound in (*bounds, {"$gte": prefix + _LETTERS[-1]})]

    async def all(self) -> AsyncIterator[Document]:
        """Yield every document."""
        for ids in self._ranges:
            async for document in self._collection.find(ids, self._unread, batch_size=BATCH):
                yield document

    async def changed(self, since: datetime | None) -> dict[str, int]:
        """Return the revisions, by id, of what changed after a moment of the database's clock; or of all."""
        found: dict[str, int] = {}
        for condition in self._ranges if since is None else [{"changed_at": {"$gt": since}}]:
            async for document in self._newest.find(condition, {"revision": 1}):
                found[document["_id"]] = document["revision"]
        return found

    async def read(self, ids: Some[str]) -> dict[str, Document]:
        """Return the documents that exist, by id."""
        cursor = self._collection.find({"_id": {"$in": list(ids)}}, self._unread)
        return {document["_id"]: document async for document in cursor}
