"""The database calls of lists and counts.

Every question has two matches. The first has exactly one value and one range, which is what the embedded
database serves from an index (with a condition more it reads the whole box: docs/decisions/0006); the second
has all other conditions. MongoDB makes one of the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel

from services.referrals.boxes.listing import END, MILLISECOND, Asked, Cursor, Listing, Stretch, between
from services.referrals.document import Document
from services.referrals.issuing import EPOCH
from services.referrals.paging import FIRST_WINDOW, Wanted, Windows

INDEXES = [
    IndexModel([("sender", ASCENDING), ("place", ASCENDING)], name="outbox"),
    IndexModel([("receiver", ASCENDING), ("place", ASCENDING)], name="inbox"),
    IndexModel(
        [("sender", ASCENDING), ("deadline_at", ASCENDING), ("_id", ASCENDING)], name="outbox_deadline"
    ),
    IndexModel(
        [("receiver", ASCENDING), ("deadline_at", ASCENDING), ("_id", ASCENDING)], name="inbox_deadline"
    ),
]


A_DAY = 86_400_000


@dataclass(frozen=True)
class Rows:
    """Part of a list, in its order, with the cursor of each row."""

    documents: list[Document]
    cursors: list[Cursor]
    has_next: bool
    has_previous: bool


class Boxes:
    """The referrals as lists."""

    def __init__(self, referrals: AsyncIOMotorCollection[Document]) -> None:
        self._referrals = referrals
        self._windows = Windows()

    async def page(
        self, listing: Listing, asked: Asked, projection: Mapping[str, Any], now: datetime
    ) -> Rows:
        """Return a page of a list, and whether there is more on either side of it."""
        found = await self._walk(listing, asked, projection, now)
        shown = found[: asked.count]
        cursors = [(index, listing.stretches[index].place(row)) for index, row in shown]
        ahead, behind = len(found) > asked.count, asked.near is not None
        if not ahead and asked.far is not None:
            # Beyond the far cursor, or at it, lies what it was taken from.
            ahead = await self._has(listing, cursors[-1], asked.onwards, now) if shown else True
        if behind and shown:
            behind = await self._has(listing, cursors[0], not asked.onwards, now)
        documents = [row for _, row in shown]
        if asked.onwards:
            return Rows(documents, cursors, has_next=ahead, has_previous=behind)
        return Rows(documents[::-1], cursors[::-1], has_next=behind, has_previous=ahead)

    async def counts(self, listing: Listing) -> dict[str, int]:
        """Return how many rows of a list stand at which status."""
        found: dict[str, int] = {}
        for stretch in listing.stretches:
            span: Document = {}
            if stretch.until is not None or stretch.field != "place":
                span = {stretch.field: between(stretch.field, None, stretch.until)[0]}
            pipeline: list[Document] = [
                {"$match": {listing.side: listing.organization, **span}},
                {"$match": stretch.rest},
                {"$group": {"_id": "$status", "count": {"$sum": 1}}},
            ]
            for row in await self._referrals.aggregate(pipeline).to_list(None):
                found[row["_id"]] = found.get(row["_id"], 0) + row["count"]
        return found

    async def _has(self, listing: Listing, cursor: Cursor, onwards: bool, now: datetime) -> bool:
        """Whether any row lies beyond a cursor."""
        asked = Asked(0, onwards, cursor if onwards else None, None if onwards else cursor)
        return bool(await self._walk(listing, asked, {"place": 1, "deadline_at": 1}, now))

    async def _walk(
        self, listing: Listing, asked: Asked, projection: Mapping[str, Any], now: datetime
    ) -> list[tuple[int, Document]]:
        """Return the rows asked for and one more, in the order of the walk, each with its stretch."""
        rows: list[tuple[int, Document]] = []
        for index, stretch, want in asked.walk(listing):
            left = replace(want, count=asked.count - len(rows))
            found = await self._through(listing, stretch, left, projection, now)
            rows += [(index, row) for row in found]
            if len(rows) > asked.count:
                break
        return rows

    async def _through(
        self, listing: Listing, stretch: Stretch, want: Wanted, projection: Mapping[str, Any], now: datetime
    ) -> list[Document]:
        """The same within one stretch, by windows of time."""
        key = f"{listing.name} {stretch.name}"
        rows: list[Document] = []
        top = at = (now - EPOCH) // MILLISECOND
        start = at - FIRST_WINDOW if want.back else None
        if stretch.field != "place":
            # What is late, and what is due within a day, is where a desk begins.
            top, start = END, None if want.back else at + A_DAY
        for above, below in self._windows.walk(key, want, top, start):
            span, ties = between(stretch.field, above, below)
            pipeline: list[Document] = [
                {"$match": {listing.side: listing.organization, stretch.field: span}},
                {"$match": {"$and": [stretch.rest, ties]} if ties else stretch.rest},
                {"$sort": _order(stretch.field, DESCENDING if want.back else ASCENDING)},
                {"$limit": want.count + 1 - len(rows)},
                {"$project": projection},
            ]
            rows += await self._referrals.aggregate(pipeline).to_list(None)
            if len(rows) > want.count:
                break
        if want.count:
            self._learn(key, stretch, want, rows)
        return rows

    def _learn(self, key: str, stretch: Stretch, want: Wanted, rows: Sequence[Document]) -> None:
        places = [stretch.place(row) for row in rows[: want.count]]
        self._windows.learn(key, want, places, len(rows) > want.count)


def _order(field: str, direction: int) -> Document:
    return {field: direction} if field == "place" else {field: direction, "_id": direction}
