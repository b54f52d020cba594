"""So many in a day, and no more: whoever counts at the same time, and of all that is counted or of none."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from chassis import mongo
from services.notifications.daily import Daily
from services.notifications.notices.codes import mailbox_of
from tests.servers import Servers


@pytest.fixture
async def daily(servers: Servers) -> AsyncIterator[Daily]:
    """Counts of this test's own."""
    client = mongo.connect(servers.mongo_url)
    one = Daily(client["test_daily"])
    await one.prepare()
    yield one
    client.close()


async def test_replicas_that_count_at_once_count_to_the_limit(daily: Daily) -> None:
    taken = await asyncio.gather(*(daily.take({"many": 5}) for _ in range(12)))
    assert sorted(taken) == [False] * 7 + [True] * 5


async def test_what_one_limit_refuses_counts_for_none_of_the_others(daily: Daily) -> None:
    assert await daily.take({"full": 1})
    for _ in range(3):
        assert not await daily.take({"roomy": 2, "full": 1})
    assert await daily.take({"roomy": 2})
    assert await daily.take({"roomy": 2})
    assert not await daily.take({"roomy": 2})


async def test_a_day_is_forgotten_when_the_next_one_is_over(daily: Daily, servers: Servers) -> None:
    assert await daily.take({"forgotten": 1})
    await daily.rounds._look()
    condition = {"_id": {"$regex": "forgotten$"}}
    assert await daily.counts.count_documents(condition) == 1
    await daily.counts.update_many(condition, {"$set": {"gone_at": datetime(2026, 1, 1, tzinfo=UTC)}})
    another = mongo.connect(servers.mongo_url)
    await Daily(another["test_daily"]).rounds._look()
    another.close()
    assert await daily.counts.count_documents(condition) == 0


@pytest.mark.parametrize(
    "address", ["maria@example.org", "Maria@Example.org", "maria+relevo@example.org", "maria+x+y@EXAMPLE.org"]
)
def test_ways_to_write_to_one_mailbox_are_one(address: str) -> None:
    assert mailbox_of(address) == "maria@example.org"
