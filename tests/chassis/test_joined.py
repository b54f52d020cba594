"""Joined writes: each is as if it had gone alone, in far fewer requests."""

import asyncio
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import InsertOne, UpdateOne
from pymongo.errors import DuplicateKeyError, WriteError

from chassis.joined import JoinedWrites

Database = AsyncIOMotorDatabase[dict[str, Any]]


async def test_a_crowd_costs_few_requests(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = JoinedWrites(db.rows)
    sent: list[int] = []
    send = writes._send

    async def counted(joined: list[Any]) -> list[Exception | None]:
        sent.append(len(joined))
        return await send(joined)

    monkeypatch.setattr(writes, "_send", counted)
    await asyncio.gather(*(writes.write(InsertOne({"_id": number})) for number in range(100)))
    assert await db.rows.count_documents({}) == sum(sent) == 100
    assert len(sent) <= 2


async def test_what_fails_among_others_fails_by_itself(db: Database) -> None:
    await db.rows.insert_one({"_id": "there", "n": "a word"})
    writes = JoinedWrites(db.rows)
    told = await asyncio.gather(
        writes.write(InsertOne({"_id": "one"})),
        writes.write(InsertOne({"_id": "there"})),
        writes.write(UpdateOne({"_id": "there"}, {"$inc": {"n": 1}})),
        writes.write(InsertOne({"_id": "two"})),
        return_exceptions=True,
    )
    assert [type(one) for one in told] == [type(None), DuplicateKeyError, WriteError, type(None)]
    assert "a word" not in repr(told)
    assert sorted([row["_id"] async for row in db.rows.find({})]) == ["one", "there", "two"]


async def test_one_who_does_not_wait_any_more_keeps_nobody_else(db: Database) -> None:
    writes = JoinedWrites(db.rows)
    tasks = [asyncio.create_task(writes.write(InsertOne({"_id": number}))) for number in range(5)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in told].count(asyncio.CancelledError) == 1
    await writes.write(InsertOne({"_id": 9}))
    assert await db.rows.count_documents({"_id": {"$ne": 2}}) == 5
