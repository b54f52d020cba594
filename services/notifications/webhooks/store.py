"""Every database call on endpoints, deliveries, and the replicas that carry them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chassis import mongo
from chassis.calls import KEYS_KEPT
from chassis.moments import Moments
from contracts.webhooks import DeliveryStatus
from services.notifications.webhooks.endpoint import DELETED

ENDPOINTS, DELIVERIES, CARRIERS = "webhook_endpoints", "webhook_deliveries", "webhook_carriers"
INDEXES = {
    ENDPOINTS: [
        IndexModel([("organization", ASCENDING)], name="organization"),
        IndexModel([("changed_at", ASCENDING)], name="changed_at"),
    ],
    DELIVERIES: [
        IndexModel([("endpoint", ASCENDING), ("place", ASCENDING)], name="endpoint"),
        IndexModel([("endpoint", ASCENDING), ("status", ASCENDING), ("place", ASCENDING)], name="status"),
        IndexModel([("due_at", ASCENDING)], name="due_at", sparse=True),
        IndexModel([("gone_at", ASCENDING)], name="gone_at"),
        IndexModel([("rests_of", ASCENDING)], name="rests_of", sparse=True),
    ],
}
# For whoever carries, and keeps all of them in memory.
_WITHOUT_KEYS = {"idempotency": 0}
_AWAKE = {"$unset": {"rests_of": ""}}

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]


class WebhookStore:
    """Endpoints, deliveries and carriers."""

    def __init__(self, db: mongo.Database) -> None:
        self.db = db
        self.endpoints: Collection = db[ENDPOINTS]
        self.deliveries: Collection = db[DELIVERIES]
        self._carriers: Collection = db[CARRIERS]
        self.due = Moments(self.deliveries, "due_at", None)
        self.gone = Moments(self.deliveries, "gone_at", {"gone_at": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def now(self) -> datetime:
        """Return the database's own clock."""
        return await mongo.time_of(self.db)

    # --- endpoints ------------------------------------------------------------------------------

    async def endpoint(self, endpoint: str) -> Document | None:
        """Return an endpoint, or None."""
        return await self.endpoints.find_one({"_id": endpoint})

    async def of_organization(self, organization: str) -> list[Document]:
        """Return an organization's endpoints."""
        found = await self.endpoints.find({"organization": organization}).to_list(None)
        return [doc for doc in found if doc["status"] != DELETED]

    async def descriptions(self, endpoints: Sequence[str]) -> dict[str, str]:
        """Return by id what owners call these; without those that are gone, or have no description."""
        found = self.endpoints.find({"_id": {"$in": list(endpoints)}}, {"description": 1})
        return {one["_id"]: one["description"] async for one in found if one["description"]}

    async def insert_endpoint(self, document: Document) -> bool:
        """Keep a new one; False where there is one of that id."""
        try:
            await self.endpoints.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def take_back(self, endpoint: str) -> None:
        """Forget one that was made just now."""
        await self.endpoints.delete_one({"_id": endpoint})

    async def save(self, doc: Document, fields: Mapping[str, Any], use: Document) -> bool:
        """Write its owner's change if nobody else has changed it since; False where somebody has."""
        result = await self.endpoints.update_one(
            {"_id": doc["_id"], "revision": doc["revision"]},
            {
                "$set": {**fields, "revision": doc["revision"] + 1},
                "$push": {"idempotency": {"$each": [use], "$slice": -KEYS_KEPT}},
            },
        )
        return bool(result.matched_count)

    async def forget_all(self, endpoint: str) -> None:
        """Forget all deliveries to an endpoint."""
        await self.deliveries.delete_many({"endpoint": endpoint})

    async def sweep(self, before: datetime) -> None:
        """Forget the endpoints that were deleted before then."""
        await self.endpoints.delete_many({"deleted_at": {"$lt": before}})

    async def changed_since(self, moment: datetime) -> list[Document]:
        """Return the endpoints that their owners changed since then."""
        return await self.endpoints.find({"changed_at": {"$gte": moment}}, _WITHOUT_KEYS).to_list(None)

    async def every(self) -> list[Document]:
        """Return all endpoints."""
        return await self.endpoints.find({}, _WITHOUT_KEYS).to_list(None)

    async def note(self, endpoint: str, after: int | None, fields: Mapping[str, Any]) -> bool:
        """Write what its carrier knows of it, if it was read up to there; False where not, or deleted.

        So whoever carries it no longer changes nothing by what it still finishes.
        """
        condition: Document = {"_id": endpoint, "status": {"$ne": DELETED}}
        if after is not None:
            condition["after"] = after
        result = await self.endpoints.update_one(condition, {"$set": dict(fields)})
        return bool(result.matched_count)

    async def disable(self, doc: Document, fields: Mapping[str, Any]) -> bool:
        """Disable an endpoint; False where it is not active, or its owner has changed it since."""
        result = await self.endpoints.update_one(
            {"_id": doc["_id"], "status": "active", "revision": doc["revision"]}, {"$set": dict(fields)}
        )
        return bool(result.matched_count)

    async def told(self, endpoint: str, disabled: int) -> None:
        """Note that its organization was told that it was disabled for the so-manieth time."""
        await self.endpoints.update_one({"_id": endpoint, "disabled": disabled}, {"$unset": {"untold": ""}})

    # --- deliveries -----------------------------------------------------------------------------

    async def keep(self, deliveries: Sequence[Document]) -> None:
        """Keep deliveries; those that are there already, and were sent again, become as these are."""
        if not deliveries:
            return
        try:
            await self.deliveries.insert_many(list(deliveries), ordered=False)
        except BulkWriteError as error:
            for place in mongo.collided(error):
                again = deliveries[place]
                await self.deliveries.update_one({"_id": again["_id"]}, _to(again))

    async def renew(self, before: Document, after: Document) -> None:
        """Write one more attempt of a delivery, unless somebody else wrote it meanwhile.

        What was taken was taken, whoever asked for it again: it is not sent once more for that.
        """
        condition = {"_id": before["_id"]}
        if after["status"] != DeliveryStatus.DELIVERED:
            condition |= {"due_at": before["due_at"], "status": before["status"]}
        await self.deliveries.update_one(condition, _to(after))

    async def page(
        self, endpoint: str, status: str | None, bounds: tuple[str, str], count: int, *, newest_first: bool
    ) -> list[Document]:
        """Return deliveries of an endpoint between two places, both excluded."""
        condition: Document = {"endpoint": endpoint, "place": {"$gt": bounds[0], "$lt": bounds[1]}}
        if status is not None:
            condition["status"] = status
        found = self.deliveries.find(condition, {"body": 0}).sort("place", -1 if newest_first else 1)
        return await found.limit(count).to_list(None)

    async def ask_again(self, endpoint: str, condition: Mapping[str, Any], now: datetime) -> int:
        """Have those deliveries of an endpoint made again from now on; return how many."""
        change = {"$set": {"status": "waiting", "due_at": now, "tried": 0}, **_AWAKE}
        return (await self.deliveries.update_many({**condition, "endpoint": endpoint}, change)).modified_count

    async def rest(self, delivery: Document) -> None:
        """Put a delivery to rest that is due, and is not sent now."""
        condition = {"_id": delivery["_id"], "due_at": delivery["due_at"]}
        await self.deliveries.update_one(
            condition, {"$set": {"due_at": None, "rests_of": delivery["endpoint"]}}
        )

    async def wake(self, endpoint: str, now: datetime) -> None:
        """Make due again what rests of an endpoint."""
        resting = {"rests_of": endpoint}
        # Mostly there is none; and to look is cheaper than to write.
        if await self.deliveries.find_one(resting, {"_id": 1}) is not None:
            await self.deliveries.update_many(resting, {"$set": {"due_at": now}, **_AWAKE})

    async def forget(self, delivery: str) -> None:
        """Forget a delivery whose time is over."""
        await self.deliveries.delete_one({"_id": delivery})

    # --- carriers -------------------------------------------------------------------------------

    async def beat(self, carrier: str, now: datetime) -> None:
        """Note that a replica is there."""
        await self._carriers.update_one({"_id": carrier}, {"$set": {"seen_at": now}}, upsert=True)

    async def carriers(self) -> dict[str, datetime]:
        """Return when each replica was last there."""
        return {row["_id"]: row["seen_at"] async for row in self._carriers.find({})}

    async def leave(self, carriers: Iterable[str]) -> None:
        """Forget replicas that are there no longer."""
        await self._carriers.delete_many({"_id": {"$in": list(carriers)}})


def _to(delivery: Document) -> Document:
    """The change to what it is after an attempt; it rests no longer."""
    state = {name: delivery[name] for name in ("attempts", "tried", "status", "due_at")}
    return {"$set": state, **_AWAKE}
