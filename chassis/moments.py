"""Finding documents by an index of moments, a page at a time, in order: however many there are.

The embedded database reads all that a range holds before it sorts, or applies a limit
(docs/decisions/0006). So a range is never asked for whole where it may hold much: what is due is gone
through in windows of time. How wide they are is learned from the page before. Where they begin is found by
looking back from now at narrow slices, each twice as far away as the one before, until nothing is there any
more: after a stop of hours, what is due lies in one stretch that ends now. What lies elsewhere is found all
the same; to have guessed wrongly costs time only.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING

Document = dict[str, Any]

EVER = datetime(1970, 1, 1, tzinfo=UTC)
# The database keeps whole milliseconds.
MOMENT = timedelta(milliseconds=1)
NARROWEST = timedelta(seconds=1)
# No slice is looked at further back: what is older lies in the first window.
FURTHEST = timedelta(days=2 * 365)
# So many in a slice are a stretch of them; fewer are here and there.
DENSE = 8
# So many may be read at once where the last look found no more; and for so long that is believed.
FEW = 500
BELIEVED_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class Place:
    """Where a page ended: all before that moment, and ``given`` at it up to that id, have been given."""

    at: datetime
    id: str = ""
    given: int = 0


@dataclass(frozen=True)
class Page:
    """Documents in the order of their moments, perhaps none; ``next`` is None where nothing comes after."""

    found: list[Document]
    next: Place | None


@dataclass
class Moments:
    """The documents of a collection that have a moment in ``name``, of which there is an index.

    ``projection`` leaves the moment in them; None leaves everything.
    """

    collection: AsyncIOMotorCollection[Document]
    name: str
    projection: Document | None
    # What is known of where they lie: about a page's worth of time, and up to when there were few.
    _width: timedelta = field(default=NARROWEST, init=False)
    _few_at: datetime | None = field(default=None, init=False)

    async def page(self, until: datetime, after: Place | None, most: int) -> Page:
        """Return the next of them behind a place, up to ``until`` included, so many at most.

        One page may hold fewer, also none, where more comes.
        """
        end = until + MOMENT
        if after is None and self._were_few(until):
            return await self._whole(end, most)
        low, found = (after or Place(EVER)), list[Document]()
        if after is not None:
            high = min(end, after.at + self._width)
            found = await self._between(low, high, most)
            if len(found) >= most / 2 or high >= end:
                return self._page(found, low, high, end, most)
            low = Place(high)
        # Hardly anything lies here: what comes next is looked for from the end.
        high = await self._begin(low.at, end, most)
        if after is None and high >= end:
            return await self._whole(end, most)
        found += await self._between(low, high, most)
        return self._page(found, low, high, end, most)

    def _were_few(self, until: datetime) -> bool:
        return self._few_at is not None and until - self._few_at <= BELIEVED_FOR

    async def _whole(self, end: datetime, most: int) -> Page:
        found = await self._between(Place(EVER), end, max(FEW, most))
        self._few_at = end if len(found) < FEW else None
        return self._page(found, Place(EVER), end, end, most)

    def _page(self, found: list[Document], low: Place, high: datetime, end: datetime, most: int) -> Page:
        """The first of what was found up to ``high``, and where the next page begins."""
        if len(found) < most:
            return Page(found, None if high >= end else Place(high))
        found = found[:most]
        first, last = found[0][self.name], found[-1][self.name]
        self._width = max(NARROWEST, (last - first) * 9 / 8)
        given = sum(doc[self.name] == last for doc in found) + (low.given if low.at == last else 0)
        return Page(found, Place(last, found[-1]["_id"], given))

    async def _begin(self, low: datetime, end: datetime, most: int) -> datetime:
        """Return a moment up to which, from ``low``, there is about a page of them, as far as slices tell."""
        back, width, last = NARROWEST, NARROWEST, None
        while back < FURTHEST and end - back > low:
            # Until some are found the slices touch one another; then they stay as narrow as that.
            width = width if last else max(NARROWEST, back / 2)
            count = await self._count(end - back, width, most)
            if count >= (DENSE if last is None else 1):
                last = end - back
                self._width = max(NARROWEST, width * most / count)
                width = max(NARROWEST, width * DENSE / count)
            back *= 2
        if last is None:
            return end
        before = max(low, end - 2 * (end - last))
        while last - before > 2 * width:
            middle = before + (last - before) / 2
            before, last = (before, middle) if await self._count(middle, width, most) else (middle, last)
        return min(end, last + self._width)

    async def _count(self, begin: datetime, width: timedelta, most: int) -> int:
        """How many lie in a slice of time, as far as that is of any interest."""
        slice_of = {self.name: {"$gte": begin, "$lt": begin + width}}
        return len(await self.collection.find(slice_of, {"_id": 1}).limit(most).to_list(None))

    async def _between(self, low: Place, high: datetime, most: int) -> list[Document]:
        """The first of them from a place up to a moment, which is excluded."""
        # A range of one field and nothing else: with a condition more the embedded database reads everything.
        inside = {self.name: {"$gte": low.at, "$lt": high}}
        found = self.collection.find(inside, self.projection)
        found = found.sort([(self.name, ASCENDING), ("_id", ASCENDING)]).limit(most + low.given)
        return [doc async for doc in found if (doc[self.name], doc["_id"]) > (low.at, low.id)]
