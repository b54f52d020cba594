"""Whatever is stopped in good order finishes what it has in hand: nothing is done whose answer is lost."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

import pytest

from tests.flows.cast import Cast
from tests.flows.checker import Told, check, follow
from tests.flows.client import Client
from tests.flows.streams import Follower, feed_of, head_of, sse, websocket
from tests.flows.work import Work, record_of, refer_while, shares
from tests.servers import eventually

WORKERS = 8
TIMES = 3 if os.environ.get("RELEVO_TEST_FULL") else 2
BETWEEN = 30


@pytest.mark.parametrize("part", ["gateway", "referrals", "directory"])
async def test_a_part_that_is_told_to_stop_answers_what_it_has_in_hand_and_who_listens_goes_on(
    watched: Cast, part: str
) -> None:
    stopping = True
    feeds = {"refugio": watched.shelter, "hospital": watched.hospital}
    before = {name: len(await feed_of(client)) for name, client in feeds.items()}
    async with AsyncExitStack() as held:
        readers = {
            (name, way.__name__): await held.enter_async_context(Follower(way, client, await head_of(client)))
            for name, client in feeds.items()
            for way in (sse, websocket)
        }
        work = await held.enter_async_context(shares(watched, WORKERS))
        async with asyncio.TaskGroup() as group:
            working = group.create_task(refer_while(work, lambda: stopping))
            for _ in range(TIMES):
                await progress(work)
                await asyncio.to_thread(watched.stack.restart, part)
                await asyncio.to_thread(watched.stack.wait_ready)
            stopping = False
            await working
        # Who repeats a request, and is told that it was done already, was not told the first time.
        assert sum(one.replayed for one in work) == 0
        record = record_of(work)
        told: dict[str, list[Told]] = {}
        for name, client in feeds.items():
            told[name] = await eventually(
                partial(feed_since, client, before[name]),
                lambda found: len(found) >= len(record),
                within=30.0,
            )
        assert check(record, told) == []
        for (name, way), reader in readers.items():
            await reader.until_count(len(record), 30.0)
            assert follow(f"{name} over {way}", told[name], reader.entries) == []
            assert (reader.connections > TIMES) is (part == "gateway"), (
                "by none but the gateway it is cut off"
            )


async def feed_since(client: Client, count: int) -> list[Told]:
    """What a feed has behind so many entries."""
    return (await feed_of(client))[count:]


async def progress(work: Sequence[Work]) -> None:
    async def done() -> int:
        return sum(len(one.record) for one in work)

    due = await done() + BETWEEN
    await eventually(done, lambda count: count >= due, within=30.0)
