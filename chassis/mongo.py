"""The database connection: what it acknowledges is on disk at a majority, and times are UTC."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import IndexModel
from pymongo.errors import BulkWriteError

DUPLICATE_KEY = 11_000

Client = AsyncIOMotorClient[dict[str, Any]]
Database = AsyncIOMotorDatabase[dict[str, Any]]


def connect(url: str) -> Client:
    """Return a client whose writes are majority and journaled.

    The driver does not repeat writes by itself: each of ours is safe to repeat by its own condition, and
    so does not depend on what a server remembers of its sessions after a crash.
    """
    return AsyncIOMotorClient(
        url,
        w="majority",
        journal=True,
        readConcernLevel="majority",
        tz_aware=True,
        uuidRepresentation="standard",
        retryWrites=False,
        serverSelectionTimeoutMS=5000,
        connectTimeoutMS=2000,
        socketTimeoutMS=20_000,
        appname="relevo",
    )


def collided(error: BulkWriteError) -> list[int]:
    """Return the places of the writes that met another document; the others of the bulk are written.

    Raises:
        BulkWriteError: something else went wrong, with any of them.
    """
    failed = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(one["code"] != DUPLICATE_KEY for one in failed):
        raise error
    return [one["index"] for one in failed]


async def ensure_indexes(db: Database, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
    """Create what is missing; an index that is there already is left as it is."""
    for collection, models in indexes.items():
        if models:
            await db[collection].create_indexes(list(models))


async def missing_indexes(db: Database, indexes: Mapping[str, Sequence[IndexModel]]) -> list[str]:
    """The names (``collection.index``) of those that should be there and are not."""
    missing = []
    for collection, models in indexes.items():
        names = {index["name"] async for index in db[collection].list_indexes()}
        missing += [
            f"{collection}.{model.document['name']}"
            for model in models
            if model.document["name"] not in names
        ]
    return missing


async def time_of(db: Database) -> datetime:
    """Return the database's own clock, which judges what is due: in whole milliseconds."""
    hello: dict[str, Any] = await db.command("hello", codec_options=CodecOptions(tz_aware=True, tzinfo=UTC))
    moment: datetime = hello["localTime"]
    return moment
