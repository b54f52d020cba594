"""What fails by its own fault is left alone for longer and longer, and known; what was away comes back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from services.notifications import waking
from services.notifications.waking import Waking, pause_after
from tests.servers import eventually


class ByHand(Waking):
    """One whose clocks stand still: ``clocks`` says after how many seconds what would be called."""

    def __init__(self, work: Callable[[str], Awaitable[bool]]) -> None:
        super().__init__("test", work, lambda _one: True)
        self.clocks: list[tuple[float, Callable[[], None]]] = []

    def _call_later(self, seconds: float, what: Callable[[str], None], one: str) -> None:
        self.clocks.append((seconds, partial(what, one)))


def away(tried: Counter[str]) -> Callable[[str], Awaitable[bool]]:
    """Work that counts, and finds what it needs away."""

    async def work(one: str) -> bool:
        tried[one] += 1
        raise OSError

    return work


async def done() -> None:
    """All has been done that can be, without a clock."""
    for _ in range(5):
        await asyncio.sleep(0)


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


async def test_what_is_woken_while_something_is_away_is_tried_later_once() -> None:
    tried = Counter[str]()
    one = ByHand(away(tried))
    for _ in range(20):
        one.wake("waits")
        await done()
    assert tried["waits"] == 20
    for again in range(1, 4):
        ((seconds, ring),) = one.clocks
        assert seconds == waking.AGAIN_SECONDS
        one.clocks.clear()
        ring()
        await done()
        assert tried["waits"] == 20 + again
    await one.stop()


async def test_what_is_woken_after_the_stop_is_not_begun() -> None:
    tried = Counter[str]()

    async def failing(one: str) -> bool:
        tried[one] += 1
        raise ValueError(one)

    for one in ByHand(away(tried)), ByHand(failing):
        tried.clear()
        one.wake("waits")
        await done()
        await one.stop()
        ((_seconds, ring),) = one.clocks
        ring()
        one.wake("comes")
        await done()
        assert tried == {"waits": 1}


async def test_what_is_never_ours_is_not_remembered() -> None:
    is_begun, may_end = asyncio.Event(), asyncio.Event()

    async def work(_one: str) -> bool:
        is_begun.set()
        await may_end.wait()
        return False

    ours = {"ours"}
    many = Waking("test", work, ours.__contains__)
    many.wake("another's")
    assert many._woken == set()
    many.wake("ours")
    await is_begun.wait()
    many.wake("ours")
    ours.clear()  # it went over to another meanwhile
    may_end.set()
    await done()
    assert (many._woken, many._tasks) == (set(), {})
    await many.stop()


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
