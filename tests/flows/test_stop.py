"""Whatever is stopped in good order finishes what it has in hand: nothing is done whose answer is lost."""

import asyncio
import os
from collections.abc import Sequence

import pytest

from tests.flows.cast import Cast
from tests.flows.work import Work, refer_while, shares
from tests.servers import eventually

WORKERS = 8
TIMES = 3 if os.environ.get("RELEVO_TEST_FULL") else 2
BETWEEN = 30


@pytest.mark.parametrize("part", ["gateway", "referrals", "directory"])
async def test_a_part_that_is_told_to_stop_answers_what_it_has_in_hand(watched: Cast, part: str) -> None:
    stopping = True
    async with shares(watched, WORKERS) as work, asyncio.TaskGroup() as group:
        working = group.create_task(refer_while(work, lambda: stopping))
        for _ in range(TIMES):
            await progress(work)
            await asyncio.to_thread(watched.stack.restart, part)
            await asyncio.to_thread(watched.stack.wait_ready)
        stopping = False
        await working
        # Who repeats a request, and is told that it was done already, was not told the first time.
        assert sum(one.replayed for one in work) == 0


async def progress(work: Sequence[Work]) -> None:
    async def done() -> int:
        return sum(len(one.record) for one in work)

    due = await done() + BETWEEN
    await eventually(done, lambda count: count >= due, within=30.0)
