"""Pages of a list that is newest first: what is asked for, and where to look for it.

A row's place is one string that sorts (``issuing.place_of``). The database may have to sort whatever the
conditions leave (the embedded one always does), so a box is never asked for whole: the walk goes through
it in windows of time that grow until the page is full, and only what is in a window is sorted. Where to
look is learned from the page before: a busy box is looked at by seconds, a quiet one by months.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from chassis.problems import InvalidError
from contracts.rpc import FieldProblem, Page

MOST = 100
FIRST_WINDOW = 3_600_000
SHORTEST_WINDOW = 1_000
WINDOWS = 6
REMEMBERED = 10_000
_POSITION = 2
_DIGITS = 13


@dataclass(frozen=True)
class Wanted:
    """One page: ``count`` rows, going ``back`` in time from ``below`` or forth from ``above``.

    ``above`` and ``below`` are places, both excluded; None is no bound.
    """

    count: int
    back: bool
    above: str | None
    below: str | None


def wanted(page: Page) -> Wanted:
    """Return what a page asks for.

    Raises:
        InvalidError: not exactly one of first and last is given, or it is out of bounds; or a position
            is none of ours.
    """
    name, count = _count(page)
    # The list is newest first: what comes after a row is older, below its place.
    return Wanted(count, name == "first", _place(page.before, "before"), _place(page.after, "after"))


def slice_of(page: Page, length: int, hidden: int) -> slice:
    """Return which part of a list of that length, oldest first, a page asks for; positions count from 1.

    The first ``hidden`` entries are not there for whoever asks.

    Raises:
        InvalidError: as ``wanted``.
    """
    name, count = _count(page)
    start = max(hidden, _number(page.after, "after", 0))
    stop = _number(page.before, "before", length + 1) - 1
    start, stop = min(start, length), max(0, min(stop, length))
    if name == "first":
        return slice(start, max(start, min(stop, start + count)))
    return slice(min(stop, max(start, stop - count)), stop)


def position(place: str) -> tuple[str, ...]:
    """Return the position of a row, for ``Page.after`` and ``Page.before``."""
    return tuple(place.split("-", 1))


def _count(page: Page) -> tuple[str, int]:
    """Which of first and last is given, and how many it asks for."""
    counts = [(name, count) for name in ("first", "last") if (count := getattr(page, name)) is not None]
    if len(counts) != 1:
        raise _invalid("first", "Give first or last: one of them.")
    name, count = counts[0]
    if not 1 <= count <= MOST:
        raise _invalid(name, f"Must be 1 to {MOST}.")
    return name, count


def _number(given: tuple[str, ...] | None, name: str, otherwise: int) -> int:
    if given is None:
        return otherwise
    if len(given) != 1 or not given[0].isdecimal() or len(given[0]) > _DIGITS:
        raise _invalid(name, "Is no position in this list.")
    return int(given[0])


def _place(given: tuple[str, ...] | None, name: str) -> str | None:
    if given is None:
        return None
    if len(given) != _POSITION or len(given[0]) != _DIGITS or not given[0].isdecimal():
        raise _invalid(name, "Is no position in this list.")
    return "-".join(given)


def _invalid(name: str, message: str) -> InvalidError:
    return InvalidError(message, (FieldProblem(path=("page", name), message=message),))


class Windows:
    """Knows where to look in each box; forgets the boxes that nobody looks at. All of it is a hint only."""

    def __init__(self) -> None:
        # By box: down to when the first page reached the last time, and how far apart its rows were.
        self._boxes: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def walk(self, box: str, want: Wanted, now: int) -> Iterator[tuple[str | None, str | None]]:
        """Yield windows (above, below) one after the other, the last of them to the end of what is wanted.

        ``now`` is the time in milliseconds. A walk back without a bound begins there. A walk forth without
        a bound begins at the beginning, of which nothing is known: it is one window.
        """
        near, end = (want.below, want.above) if want.back else (want.above, want.below)
        if not want.back and near is None:
            yield None, end
            return
        reach, width = self._boxes.get(box, (now - FIRST_WINDOW, FIRST_WINDOW))
        direction = -1 if want.back else 1
        at = reach if near is None else int(near[:_DIGITS]) + direction * width
        # 1, 2, 8, 64, 1024 times the first width: a near miss costs little, and years are soon reached.
        for step in range(1, WINDOWS + 1):
            if not 0 < at < now:
                break  # nothing lies beyond but what a fast clock made: the last window has it
            far = f"{at:0{_DIGITS}d}"
            if end is not None and (far <= end if want.back else far >= end):
                break
            yield (far, near) if want.back else (near, far)
            near, width = far, width << step
            at += direction * width
        yield (end, near) if want.back else (near, end)

    def learn(self, box: str, want: Wanted, places: list[str], there_is_more: bool) -> None:
        """Note where the rows of a page were found, for the next look at that box."""
        if not places:
            return
        times = [int(place[:_DIGITS]) for place in places]
        spread = max(times) - min(times)
        width = max(SHORTEST_WINDOW, spread * (want.count + 1) * 5 // (len(places) * 4))
        reach, _ = self._boxes.get(box, (min(times) - width, width))
        if want.back and want.below is None:
            # A box that is one page is next asked for whole: there is little to sort in it.
            reach = min(times) - width // 4 if there_is_more else 0
        self._boxes[box] = (reach, width)
        self._boxes.move_to_end(box)
        if len(self._boxes) > REMEMBERED:
            self._boxes.popitem(last=False)
