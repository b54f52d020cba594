"""What is looked after again and again, and tasks that are to end."""

import asyncio
import contextlib

import pytest

from chassis.rounds import Rounds
from chassis.tasks import end


async def test_a_look_that_fails_is_followed_by_the_next() -> None:
    looks = 0
    seen = asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise ValueError("canary-name")
        seen.set()

    rounds = Rounds("tests", 0.01, look)
    await rounds.start()
    async with asyncio.timeout(10):
        await seen.wait()
    await rounds.stop()
    assert not rounds.running


async def test_while_more_waits_nobody_pauses() -> None:
    left = 3
    empty = asyncio.Event()

    async def look() -> bool:
        nonlocal left
        left -= 1
        if not left:
            empty.set()
        return left > 0

    rounds = Rounds("tests", 3600, look)
    await rounds.start()
    async with asyncio.timeout(10):
        await empty.wait()
    await rounds.stop()


async def test_a_task_that_swallows_its_cancellation_ends_all_the_same() -> None:
    waits = asyncio.Event()

    async def stubborn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            waits.set()
            await asyncio.sleep(3600)
        await asyncio.sleep(3600)

    task = asyncio.create_task(stubborn())
    await waits.wait()
    async with asyncio.timeout(10):
        await end(task)
    assert task.cancelled()


@pytest.mark.parametrize("task_is_done", [True, False])
async def test_what_a_task_raised_is_of_no_concern_any_more(task_is_done: bool) -> None:
    async def fails() -> None:
        raise ValueError("canary-name")

    task = asyncio.create_task(fails())
    if task_is_done:
        await asyncio.wait({task})
    await end(task)
    await end(None)
    assert task.done()
