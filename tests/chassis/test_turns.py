"""Turn after turn over what waits: what fails hides nothing behind it, and is tried again."""

import itertools
from collections import Counter
from typing import Any

import pytest

from chassis.moments import EVER, Document, Page, Place
from chassis.turns import LONGEST_READ, LONGEST_REST, Turns

PAGE = 10


class Waiting:
    """Documents that wait, by number; those that are ``bad`` fail whenever they are tried."""

    def __init__(self, count: int, bad: int = 0) -> None:
        self.left = {f"{n:04}": n for n in range(count)}
        self.bad = {ident for ident, n in self.left.items() if n < bad}
        self.tried: Counter[str] = Counter()
        self.order: list[str] = []
        self.now = 1000.0
        self.reads = 0
        self.seconds_to_read = 0.0

    async def read(self, after: Place | None) -> Page:
        self.reads += 1
        self.now += self.seconds_to_read
        behind = [ident for ident in sorted(self.left) if after is None or ident > after.id]
        found: list[Document] = [{"_id": ident, "n": self.left[ident]} for ident in behind[:PAGE]]
        return Page(found, Place(EVER, found[-1]["_id"]) if len(behind) > PAGE else None)

    async def work(self, doc: Document) -> None:
        self.tried[doc["_id"]] += 1
        self.order.append(doc["_id"])
        if doc["_id"] in self.bad:
            raise ValueError("canary-name")
        del self.left[doc["_id"]]

    def turns(self, **more: Any) -> Turns:
        return Turns("tests", self.read, self.work, clock=lambda: self.now, **more)


async def test_what_always_fails_hides_nothing_behind_it_however_many_pages_it_fills() -> None:
    waiting = Waiting(60, bad=45)
    turns = waiting.turns()
    assert await turns.turn() == 15
    assert set(waiting.left) == waiting.bad
    assert turns.stuck == 45
    # What comes later is done at once, also where it stands before them.
    waiting.left |= {"-": 0, "9999": 0}
    assert await turns.turn() == 2


async def test_what_fails_is_tried_again_each_time_after_twice_as_long_and_then_each_minute() -> None:
    waiting = Waiting(1, bad=1)
    turns = waiting.turns()
    times = []
    for _ in range(200):
        before = waiting.tried["0000"]
        await turns.turn()
        if waiting.tried["0000"] > before:
            times.append(waiting.now)
        waiting.now += 1
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps == [2, 4, 8, 16, 32, LONGEST_REST, LONGEST_REST]
    waiting.bad.clear()
    waiting.now += LONGEST_REST
    assert await turns.turn() == 1
    assert turns.stuck == 0


async def test_how_many_are_stuck_is_said_once_and_their_words_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    turns = Waiting(25, bad=23).turns()
    await turns.turn()
    await turns.turn()
    out = capsys.readouterr().out
    assert "canary-name" not in out
    lines = [line for line in out.splitlines() if "rounds.stuck" in line]
    assert len(lines) == 1
    assert "23" in lines[0]
    assert out.count("rounds.left") == 3, "one line for each page, not one for each document"


async def test_the_urgent_of_a_page_are_done_before_the_others_are_begun() -> None:
    waiting = Waiting(PAGE)
    turns = waiting.turns(abreast=4, urgency=lambda doc: int(doc["n"] % 3 == 0))
    await turns.turn()
    assert waiting.order[:4] == ["0000", "0003", "0006", "0009"]


async def test_somebody_elses_being_faster_is_no_failure() -> None:
    waiting = Waiting(3)

    async def late(_doc: Document) -> bool:
        return False

    turns = Turns("tests", waiting.read, late)
    assert (await turns.turn(), turns.stuck) == (0, 0)


async def test_reading_what_nothing_can_be_done_of_takes_a_fifth_of_the_time_at_most() -> None:
    waiting = Waiting(30, bad=30)
    waiting.seconds_to_read = LONGEST_READ
    turns = waiting.turns()
    await turns.turn()
    assert waiting.reads == 3
    waiting.now += 5.5
    await turns.turn()
    assert waiting.reads == 3
    waiting.now += 1
    await turns.turn()
    assert waiting.reads == 6


async def test_a_database_that_stood_still_delays_nothing_after_it() -> None:
    waiting = Waiting(0)
    waiting.seconds_to_read = 20.0
    turns = waiting.turns()
    await turns.turn()
    waiting.left["0000"] = 0
    waiting.seconds_to_read = 0.01
    waiting.now += 3
    assert await turns.turn() == 1
