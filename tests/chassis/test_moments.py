"""An index of moments, gone through page by page: all of it, in order, and never much of it at once."""

import random
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import ASCENDING

import chassis.moments
from chassis.moments import EVER, Document, Moments, Page, Place
from chassis.mongo import Database

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
MOST = 10
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LUMP = NOW - 5 * HOUR


def stretch(count: int, begin: timedelta, end: timedelta = timedelta(0)) -> list[datetime]:
    """So many moments between those before now, in whole milliseconds."""
    some = random.Random(count)  # noqa: S311 - the same each time
    span = (begin - end) / timedelta(milliseconds=1)
    return [NOW - begin + timedelta(milliseconds=some.randrange(int(span))) for _ in range(count)]


SCENES: dict[str, list[datetime]] = {
    "nothing": [],
    "a few, long ago and just now": [NOW - 3 * 365 * DAY, NOW - 90 * DAY, NOW - HOUR, NOW, NOW],
    "a stop of ten hours": stretch(300, 10 * HOUR),
    "a stop of two minutes": stretch(200, timedelta(minutes=2)),
    "a few that are stuck, and a stop": [*stretch(10, 200 * DAY, 100 * DAY), *stretch(150, 12 * HOUR)],
    "many that are stuck since days, and a few": [*stretch(100, 73 * HOUR, 72 * HOUR), *stretch(9, HOUR)],
    "one moment for many": [*[LUMP] * 30, *stretch(100, 10 * HOUR), *[NOW - 400 * DAY] * 30],
}


class Counting(Moments):
    """Notes how many documents lie in what is asked for: the embedded database reads all of them."""

    moments: list[datetime]
    read = 0

    def _note(self, low: datetime, high: datetime) -> None:
        self.read += bisect_left(self.moments, high) - bisect_left(self.moments, low)

    async def _between(self, low: Place, high: datetime, most: int) -> list[Document]:
        self._note(low.at, high)
        return await super()._between(low, high, most)

    async def _count(self, begin: datetime, width: timedelta, most: int) -> int:
        self._note(begin, begin + width)
        return await super()._count(begin, width, most)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chassis.moments, "FEW", 40)


async def filled(db: Database, moments: list[datetime]) -> Counting:
    """A collection of documents with those moments, and some that come later or have none."""
    collection = db.get_collection("waiting")
    await collection.drop()
    await collection.create_index([("at", ASCENDING)], sparse=True)
    coming = [NOW + timedelta(milliseconds=1), NOW + HOUR, None]
    rows: list[dict[str, Any]] = [{"at": at} if at else {} for at in [*moments, *coming * 10]]
    await collection.insert_many([{"_id": f"{n * 7919 % 10_007:05}", **row} for n, row in enumerate(rows)])
    found = Counting(collection, "at", {"at": 1})
    found.moments = sorted(moments)
    return found


async def whole_turn(moments: Counting, after: Place | None = None) -> list[Page]:
    """Every page of a turn."""
    pages = [await moments.page(NOW, after, MOST)]
    while pages[-1].next is not None:
        pages.append(await moments.page(NOW, pages[-1].next, MOST))
        assert len(pages) < 1_000
    return pages


@pytest.mark.parametrize("scene", SCENES)
async def test_each_is_found_once_in_order_and_none_before_its_time(db: Database, scene: str) -> None:
    moments = await filled(db, SCENES[scene])
    for _ in range(2):  # where nothing is known yet, and where something was learned
        pages = await whole_turn(moments)
        found = [(doc["at"], doc["_id"]) for page in pages for doc in page.found]
        assert found == sorted(found)
        assert [at for at, _ in found] == moments.moments
        assert len({ident for _, ident in found}) == len(found)
        assert all(len(page.found) <= MOST for page in pages)


@pytest.mark.parametrize("scene", ["a stop of ten hours", "a stop of two minutes"])
async def test_a_page_of_very_many_reads_little_more_than_itself(db: Database, scene: str) -> None:
    moments = await filled(db, SCENES[scene])
    first = await moments.page(NOW, None, MOST)
    assert first.found[0]["at"] == moments.moments[0], "the longest due come first"
    assert moments.read < 25 * MOST, "where it begins is found by slices"
    moments.read = 0
    pages = await whole_turn(moments, first.next)
    assert moments.read < 3 * len(moments.moments)
    assert len(pages) < 3 * len(moments.moments) / MOST


async def test_where_there_were_few_a_minute_ago_one_look_finds_all(db: Database) -> None:
    moments = await filled(db, SCENES["a few, long ago and just now"])
    await whole_turn(moments)
    moments.read = 0
    (page,) = await whole_turn(moments)
    assert (len(page.found), moments.read) == (5, 5)
    assert page.found[0]["at"] > EVER
