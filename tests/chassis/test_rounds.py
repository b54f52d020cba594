"""What is looked after again and again, and tasks that are to end."""

import asyncio
import contextlib

import pytest

from chassis.rounds import Rounds, each
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


async def test_what_fails_keeps_nothing_else_from_being_done_and_its_words_are_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done: list[int] = []

    async def work(one: int) -> bool | None:
        if one == 2:
            raise ValueError("canary-name")
        done.append(one)
        return False if one == 3 else None

    assert await each("tests", range(5), work) == 3
    assert done == [0, 1, 3, 4]
    out = capsys.readouterr().out
    assert ("rounds.left" in out, "ValueError" in out, "test_rounds.py" in out) == (True, True, True)
    assert "canary-name" not in out


async def test_so_many_are_worked_on_at_a_time_and_an_end_ends_them() -> None:
    at_work: list[int] = []

    async def work(one: int) -> None:
        at_work.append(one)
        await asyncio.sleep(3600)

    task = asyncio.create_task(each("tests", range(9), work, abreast=4))
    for _ in range(50):
        await asyncio.sleep(0)
    assert at_work == [0, 1, 2, 3]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


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
