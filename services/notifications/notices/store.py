"""Every database call on recipients."""

from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from chassis.moments import Moments

RECIPIENTS = "recipients"
INDEXES = {
    RECIPIENTS: [
        IndexModel([("changed_at", ASCENDING)], name="changed_at"),
        IndexModel([("due_at", ASCENDING)], name="due_at", sparse=True),
        IndexModel([("organization", ASCENDING)], name="organization"),
    ],
}

Document = dict[str, Any]


class RecipientStore:
    """How members are written to."""

    def __init__(self, db: mongo.Database) -> None:
        self.db = db
        self.recipients: AsyncIOMotorCollection[Document] = db[RECIPIENTS]
        self.due = Moments(self.recipients, "due_at", {"due_at": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def now(self) -> datetime:
        """Return the database's own clock."""
        return await mongo.time_of(self.db)

    async def get(self, recipient: str) -> Document | None:
        """Return a recipient, or None."""
        return await self.recipients.find_one({"_id": recipient})

    async def of_organization(self, organization: str) -> list[Document]:
        """Return how all of an organization's members are written to, without what is large in them."""
        large = {"held": 0, "notices": 0, "idempotency": 0}
        found = self.recipients.find({"organization": organization}, large)
        return await found.to_list(None)

    async def insert(self, doc: Document) -> bool:
        """Keep a new one; False where there is one of that id."""
        try:
            await self.recipients.insert_one(doc)
        except DuplicateKeyError:
            return False
        return True

    async def save(self, before: Document, after: Document) -> bool:
        """Write what changed, if nobody else has changed anything since; False where somebody has.

        Of one that was forgotten and made anew, the revisions begin anew too: it is another incarnation.
        """
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        changed["revision"] = before["revision"] + 1
        same = {name: before[name] for name in ("_id", "incarnation", "revision")}
        result = await self.recipients.update_one(same, {"$set": changed})
        return bool(result.matched_count)

    async def remove(self, recipient: str) -> None:
        """Forget all that is kept of one."""
        await self.recipients.delete_one({"_id": recipient})

    async def changed_since(self, moment: datetime | None) -> list[Document]:
        """Return the id and organization of those whose preferences changed since then; of all, without."""
        condition = {} if moment is None else {"changed_at": {"$gte": moment}}
        found = self.recipients.find(condition, {"organization": 1, "member": 1})
        return await found.to_list(None)
