"""The database calls of editing: history, reviews that are due, corrections."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis import mongo
from chassis.moments import Moments
from contracts.rpc import Page
from services.directory.history import HISTORY, entry_id
from services.directory.ids import Noun
from services.directory.membership.store import People
from services.directory.store import CLIENTS, MEMBERS, ORGANIZATIONS, SERVICES

CORRECTIONS = "corrections"
INDEXES = {
    SERVICES: [
        IndexModel([("remind_at", ASCENDING)], name="remind_at", sparse=True),
        IndexModel([("next_review", ASCENDING)], name="next_review", sparse=True),
    ],
    CORRECTIONS: [
        IndexModel([("organization", ASCENDING)], name="organization"),
        IndexModel([("suggester", ASCENDING)], name="suggester"),
        IndexModel([("client", ASCENDING), ("suggested_at", ASCENDING)], name="client"),
        IndexModel([("decider", ASCENDING), ("status", ASCENDING)], name="decider"),
        IndexModel([("pending_since", ASCENDING)], name="pending_since", sparse=True),
        IndexModel([("unapplied_since", ASCENDING)], name="unapplied_since", sparse=True),
    ],
}
_LAST_REVISION = 10**10 - 1

Document = dict[str, Any]


class Truth:
    """History, reviews and corrections."""

    def __init__(self, db: mongo.Database) -> None:
        self.db = db
        self.people = People(db)
        self.corrections: AsyncIOMotorCollection[Document] = db[CORRECTIONS]
        self._history: AsyncIOMotorCollection[Document] = db[HISTORY]
        self._services: AsyncIOMotorCollection[Document] = db[SERVICES]
        # Accepted corrections that have not had their effect, and services whose review is to be told of.
        self.unapplied = Moments(self.corrections, "unapplied_since", None)
        self.to_remind = Moments(self._services, "remind_at", {"remind_at": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def history(self, noun_id: str, page: Page) -> tuple[list[Document], bool, bool]:
        """Return a page of a noun's history, oldest first, and whether there is more after and before it."""
        after = int(page.after[0]) if page.after else 0
        before = int(page.before[0]) if page.before else _LAST_REVISION
        count, forth = (page.first, True) if page.first is not None else (page.last or 0, False)
        bounds = {"$gt": entry_id(noun_id, after), "$lt": entry_id(noun_id, before)}
        found = self._history.find({"_id": bounds}).sort("_id", ASCENDING if forth else DESCENDING)
        rows = await found.limit(count + 1).to_list(None)
        more, shown = len(rows) > count, rows[:count]
        if forth:
            return shown, more, page.after is not None
        return shown[::-1], page.before is not None, more

    async def stale(self, now: datetime, organization: str | None, page: Page) -> Any:
        """Return a page of the services whose day of review has come, of one organization or of all."""
        condition: Document = {"next_review": {"$lt": now}}
        if organization is not None:
            condition["organization"] = organization
        return await self.people.page(self._services, condition, "next_review", page)

    async def entries(self, organization: str) -> dict[Noun, list[Document]]:
        """Return an organization's own entry and its services, each without its record."""
        seen = {"record": 0, "pending": 0, "idempotency": 0}
        own = self.db[ORGANIZATIONS].find({"_id": organization}, seen)
        services = self._services.find({"organization": organization}, seen)
        return {"organization": [one async for one in own], "service": [one async for one in services]}

    async def has_accounts(self, organization: str) -> bool:
        """Whether somebody acts for an organization in the network: a client or a member."""
        own = {"organization": organization}
        if await self.db[CLIENTS].find_one({**own, "revoked": None}, {"_id": 1}):
            return True
        return await self.db[MEMBERS].find_one(own, {"_id": 1}) is not None

    async def applied(self, correction: str, fields: Mapping[str, Any]) -> None:
        """Note that an accepted correction has had its effect."""
        done = {"$set": dict(fields), "$unset": {"unapplied_since": ""}}
        await self.corrections.update_one({"_id": correction}, done)
