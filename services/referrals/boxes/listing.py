"""In which order a box is read: one stretch after the other, each in order of a time. Pure functions.

By time there is one stretch, newest first. By deadline there are two: what has a deadline, the first to come
first; then what has none, newest first, so that nothing is missing from a list for the order it is in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.rpc import Page
from services.referrals import paging
from services.referrals.document import Document
from services.referrals.issuing import EPOCH, place_of
from services.referrals.paging import Wanted

# A place in a list: in which stretch, and where in it.
Cursor = tuple[int, str]
MILLISECOND = timedelta(milliseconds=1)
# The first moment that places cannot tell any more, in milliseconds: in the year 2286.
END = 10**13
_OF_MANY = 3


@dataclass(frozen=True)
class Stretch:
    """Part of a list: the rows that fit ``rest``, in order of the time in ``field``.

    ``until`` is the place before which all of them lie; None is no bound.
    """

    name: str
    field: str
    newest_first: bool
    rest: Mapping[str, Any]
    until: str | None = None

    def place(self, row: Document) -> str:
        """Return where a row stands in it."""
        if self.field == "place":
            return str(row["place"])
        return place_of(row[self.field], row["_id"])


@dataclass(frozen=True)
class Listing:
    """A list: whose box it is (``side`` and ``organization``), its stretches in order, and a name for it.

    Lists that differ in a moment only have the same name: where to look for their rows is learned by it.
    """

    name: str
    side: str
    organization: str
    stretches: tuple[Stretch, ...]

    def position(self, cursor: Cursor) -> tuple[str, ...]:
        """Return the position of a row, for ``Page.after`` and ``Page.before``."""
        index, place = cursor
        at = paging.position(place)
        return at if len(self.stretches) == 1 else (self.stretches[index].name, *at)

    def cursor(self, given: tuple[str, ...] | None, name: str) -> Cursor | None:
        """Return where a position stands.

        Raises:
            InvalidError: it is none of this list's; ``name`` says which field of the page it is.
        """
        if given is None:
            return None
        if len(self.stretches) == 1:
            return 0, paging.place_in(given, name) or ""
        names = [stretch.name for stretch in self.stretches]
        if len(given) != _OF_MANY or given[0] not in names:
            raise paging.no_position(name)
        return names.index(given[0]), paging.place_in(given[1:], name) or ""


@dataclass(frozen=True)
class Asked:
    """One page: ``count`` rows, ``onwards`` in the list or backwards, between two cursors, both excluded."""

    count: int
    onwards: bool
    after: Cursor | None
    before: Cursor | None

    @property
    def near(self) -> Cursor | None:
        """Where the walk begins; None: at the end of the list from which it goes."""
        return self.after if self.onwards else self.before

    @property
    def far(self) -> Cursor | None:
        """Where it ends."""
        return self.before if self.onwards else self.after

    def walk(self, listing: Listing) -> Iterator[tuple[int, Stretch, Wanted]]:
        """Yield what to look through, in the order of the walk."""
        stretches = list(enumerate(listing.stretches))
        for index, stretch in stretches if self.onwards else stretches[::-1]:
            if _lies_between(index, self.after, self.before):
                yield index, stretch, self._within(index, stretch)

    def _within(self, index: int, stretch: Stretch) -> Wanted:
        near, far = (cursor[1] if cursor and cursor[0] == index else None for cursor in (self.near, self.far))
        back = stretch.newest_first == self.onwards
        above, below = (far, near) if back else (near, far)
        if stretch.until is not None:
            below = stretch.until if below is None else min(below, stretch.until)
        return Wanted(self.count, back, above, below)


def _lies_between(index: int, after: Cursor | None, before: Cursor | None) -> bool:
    return (after is None or index >= after[0]) and (before is None or index <= before[0])


def asked(page: Page, listing: Listing) -> Asked:
    """Return what a page of that list asks for.

    Raises:
        InvalidError: not exactly one of first and last is given, or it is out of bounds; or a position
            is none of this list's.
    """
    onwards, count = paging.count_of(page)
    after, before = listing.cursor(page.after, "after"), listing.cursor(page.before, "before")
    return Asked(count, onwards, after, before)


def moment(at: datetime) -> str | None:
    """Return the place before which all lies that is earlier; None where that is all there can be."""
    milliseconds = max(0, -((EPOCH - at) // MILLISECOND))  # what is stored is whole milliseconds: up
    return f"{milliseconds:013d}" if milliseconds < END else None


def between(field: str, above: str | None, below: str | None) -> tuple[Document, Document]:
    """Return the range of a field that lies between two places, and what else its rows must fit.

    A place without an id lies before all of its millisecond.
    """
    if field == "place":
        return {"$gt": above or "", **({"$lt": below} if below is not None else {})}, {}
    ties: list[Document] = []
    # Without a lower bound the embedded database would read also whatever has no deadline.
    span: Document = {"$gte": EPOCH}
    if above is not None:
        at, ident = _parts(above)
        span = {"$gte": at}
        if ident:
            ties.append({"$or": [{field: {"$gt": at}}, {"_id": {"$gt": ident}}]})
    if below is not None:
        at, ident = _parts(below)
        # Never $lte: where the index goes on after the field, the embedded database then loses the end.
        span |= {"$lt": at + MILLISECOND if ident else at}
        if ident:
            ties.append({"$or": [{field: {"$lt": at}}, {"_id": {"$lt": ident}}]})
    return span, {"$and": ties} if ties else {}


def _parts(place: str) -> tuple[datetime, str]:
    milliseconds, _, ident = place.partition("-")
    return EPOCH + int(milliseconds) * MILLISECOND, ident
