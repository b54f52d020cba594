"""Writes to one collection that are asked for at the same time, joined into one request.

The first goes out at once. What is asked for while a request is under way goes out together in the next: so
nobody waits for a clock, and a crowd costs few requests.
"""

import asyncio
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError, WriteError

from chassis.mongo import DUPLICATE_KEY

Collection = AsyncIOMotorCollection[dict[str, Any]]
Write = InsertOne[dict[str, Any]] | UpdateOne


class JoinedWrites:
    """Writes to one collection, each by itself or together; those that are together are in no order."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: list[tuple[Write, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> None:
        """Return once it is written, majority and journal.

        Raises:
            pymongo.errors.DuplicateKeyError: a document with its ``_id`` is there.
            pymongo.errors.PyMongoError: the database failed, or refused it; it may have been written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            joined, self._waiting = self._waiting, []
            errors = await self._send([write for write, _ in joined])
            for (_, done), error in zip(joined, errors, strict=True):
                if done.cancelled():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    async def _send(self, writes: list[Write]) -> list[Exception | None]:
        """Return what went wrong with each."""
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            if error.details["writeConcernErrors"]:
                return [error] * len(writes)
            failed = {one["index"]: _error(one) for one in error.details["writeErrors"]}
            return [failed.get(place) for place in range(len(writes))]
        except PyMongoError as error:
            return [error] * len(writes)
        return [None] * len(writes)


def _error(told: dict[str, Any]) -> WriteError:
    kind = DuplicateKeyError if told["code"] == DUPLICATE_KEY else WriteError
    # Without the database's own words: they repeat the document.
    return kind("a write among others was refused", told["code"])
