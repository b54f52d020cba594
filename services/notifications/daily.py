"""How often something was done today: counted apart from what it was done to, which may be forgotten."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from chassis.moments import Moments, Page, Place
from chassis.turns import Turns

DAILY = "daily"
INDEXES = {DAILY: [IndexModel([("gone_at", ASCENDING)], name="gone_at")]}
FORGET_SECONDS = 300.0
AT_ONCE = 100

Document = dict[str, Any]


class Daily:
    """Counts by the day (UTC), for all replicas; forgotten when the day after is over."""

    def __init__(self, db: mongo.Database) -> None:
        self._db = db
        self.counts: AsyncIOMotorCollection[Document] = db[DAILY]
        self._gone = Moments(self.counts, "gone_at", {"gone_at": 1})
        self.rounds = Turns("daily counts", self._over, self._forget).rounds(FORGET_SECONDS)

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self._db, INDEXES)

    async def take(self, limits: Mapping[str, int]) -> bool:
        """Count one more of each, or of none of them where one has as many as it may have; say which."""
        today = (await mongo.time_of(self._db)).date()
        gone_at = datetime.combine(today + timedelta(days=2), time(), UTC)
        counted: list[str] = []
        for what, most in limits.items():
            ident = f"{today} {what}"
            if not await self._one_more(ident, most, gone_at):
                await self.counts.update_many({"_id": {"$in": counted}}, {"$inc": {"count": -1}})
                return False
            counted.append(ident)
        return True

    async def _one_more(self, ident: str, most: int, gone_at: datetime) -> bool:
        room = {"_id": ident, "count": {"$lt": most}}
        change: Document = {"$inc": {"count": 1}}
        if (await self.counts.update_one(room, change)).matched_count:
            return True
        try:
            await self.counts.insert_one({"_id": ident, "count": 1, "gone_at": gone_at})
        except DuplicateKeyError:
            # It is full; or somebody else was the first of the day, just now.
            return bool((await self.counts.update_one(room, change)).matched_count)
        return True

    async def _over(self, after: Place | None) -> Page:
        return await self._gone.page(await mongo.time_of(self._db), after, AT_ONCE)

    async def _forget(self, doc: Document) -> None:
        await self.counts.delete_one({"_id": doc["_id"]})
