"""Pages by key: a page stays good when rows come and go, since a position is a row's key and no offset."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.problems import InvalidError
from contracts.rpc import FieldProblem, Page
from contracts.sentences import Sentence

MOST = 100

# What a list is in order of, and the id of the row.
Key = tuple[str, str]
# Milliseconds since 1970 have 13 digits until the year 2286: counted down from here, the newest come first.
_END = 10**13
# Before and behind all places.
_LOWEST, _HIGHEST = "", "~"
_NO_POSITION = "It is not a position of this list."
Row = dict[str, Any]


def newest_first(milliseconds: int) -> str:
    """Return what a list is in order of whose newest rows come first, by their milliseconds since 1970."""
    return f"{_END - milliseconds:013d}"


@dataclass(frozen=True)
class Slice:
    """One page of keys, always in the order of the list."""

    keys: list[Key]
    has_next: bool
    has_previous: bool


def cut(keys: list[Key], page: Page) -> Slice:
    """Return the page of these ordered keys.

    Raises:
        InvalidError: ``first`` and ``last`` are both given or both missing, or not 1 to 100; a
            position is none of ours.
    """
    check(page)
    begin = bisect_right(keys, _key("after", page.after)) if page.after is not None else 0
    end = bisect_left(keys, _key("before", page.before)) if page.before is not None else len(keys)
    if page.first is not None:
        end = min(end, begin + page.first)
    elif page.last is not None:
        begin = max(begin, end - page.last)
    return Slice(keys[begin:end], has_next=end < len(keys), has_previous=begin > 0)


def check(page: Page) -> None:
    """Refuse a page without a length, or with one that is not 1 to 100.

    Raises:
        InvalidError: it is so.
    """
    if (page.first is None) == (page.last is None):
        raise InvalidError("Give either first or last.", (_problem("first", "Give either first or last."),))
    for field, count in (("first", page.first), ("last", page.last)):
        if count is not None and not 1 <= count <= MOST:
            words = Sentence("It must be 1 to {most}, not {given}.", most=MOST, given=count)
            raise InvalidError(words, (_problem(field, words),))


@dataclass(frozen=True)
class Newest:
    """A page of rows that the database keeps in order of their ``place``, the newest first."""

    rows: list[Row]
    has_next: bool
    has_previous: bool

    @property
    def positions(self) -> tuple[tuple[str, ...], ...]:
        """Those of its rows."""
        return tuple((one["place"],) for one in self.rows)


class ReadPlaces(Protocol):
    """Reads so many rows between two places, both excluded."""

    async def __call__(self, bounds: tuple[str, str], count: int, *, newest_first: bool) -> list[Row]: ...


async def newest(page: Page, read: ReadPlaces) -> Newest:
    """Return a page of rows, read no further than it goes.

    Raises:
        InvalidError: as ``cut``.
    """
    check(page)
    count, onwards = page.first or page.last or 1, page.first is not None
    bounds = (_place("before", page.before, _LOWEST), _place("after", page.after, _HIGHEST))
    found = await read(bounds, count + 1, newest_first=onwards)
    more, rows = len(found) > count, found[:count]
    return Newest(
        rows=rows if onwards else rows[::-1],
        has_next=more if onwards else page.before is not None,
        has_previous=page.after is not None if onwards else more,
    )


def _place(field: str, position: tuple[str, ...] | None, otherwise: str) -> str:
    match position:
        case None:
            return otherwise
        case (place,):
            return place
        case _:
            raise InvalidError(_NO_POSITION, (_problem(field, _NO_POSITION),))


def _key(field: str, position: tuple[str, ...]) -> Key:
    match position:
        case (sort, noun_id):
            return sort, noun_id
        case _:
            raise InvalidError(_NO_POSITION, (_problem(field, _NO_POSITION),))


def _problem(field: str, words: str) -> FieldProblem:
    return FieldProblem(path=("page", field), message=words)
