"""What fails by its own fault is left alone for longer and longer, and known; what was away comes back."""

import asyncio
from collections import Counter

import pytest

from services.notifications import waking
from services.notifications.waking import Waking, pause_after
from tests.servers import eventually


def test_pauses_grow_up_to_a_minute() -> None:
    assert [pause_after(failures) for failures in (1, 2, 3, 4, 5, 500)] == [5, 10, 20, 40, 60, 60]


async def test_a_poisoned_one_is_not_tried_by_whoever_wakes_it_and_is_said_to_be_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waking, "FIRST_PAUSE", 0.01)
    tried: Counter[str] = Counter()
    is_mended = asyncio.Event()

    async def work(one: str) -> bool:
        tried[one] += 1
        if one == "poisoned" and not is_mended.is_set():
            raise ValueError(one)
        return False

    many = Waking("test", work, lambda _one: True)
    many.wake("poisoned")

    async def stuck() -> list[str]:
        many.wake("poisoned")
        many.wake("well")
        return many.stuck

    assert await eventually(stuck, bool) == ["poisoned"]
    assert tried["poisoned"] == waking.STUCK_AFTER
    assert tried["well"] >= 1
    is_mended.set()
    await eventually(stuck, lambda found: not found)
    await many.stop()


async def test_what_is_woken_while_something_is_away_is_tried_later_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waking, "AGAIN_SECONDS", 0.2)
    tried = 0

    async def work(_one: str) -> bool:
        nonlocal tried
        tried += 1
        raise OSError

    one = Waking("test", work, lambda _one: True)
    for _ in range(20):
        one.wake("waits")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    woken = tried
    assert woken > 5
    await asyncio.sleep(0.5)
    assert woken < tried <= woken + 3, "each attempt that failed has one more made"
    await one.stop()


async def test_what_was_away_is_no_fault_of_its_own() -> None:
    tried = asyncio.Event()

    async def work(_one: str) -> bool:
        if tried.is_set():
            return False
        tried.set()
        raise OSError

    one = Waking("test", work, lambda _one: True)
    one.wake("waits")
    await tried.wait()
    await asyncio.sleep(0)
    tried.clear()
    one.wake("waits")
    await asyncio.wait_for(tried.wait(), 5)
    assert one.stuck == []
    await one.stop()
