"""Pages of lists: what is asked for, and where in time to look for it.

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
from contracts.sentences import Sentence

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


def slice_of(page: Page, length: int, hidden: int) -> slice:
    """Return which part of a list of that length, oldest first, a page asks for; positions count from 1.

    The first ``hidden`` entries are not there for whoever asks.

    Raises:
        InvalidError: as ``wanted``.
    """
    name, count = _count(page)
    after, before = bounds(page, length)
    start, stop = max(hidden, after), before - 1
    start = min(start, length)
    if name == "first":
        return slice(start, max(start, min(stop, start + count)))
    return slice(min(stop, max(start, stop - count)), stop)


def bounds(page: Page, length: int) -> tuple[int, int]:
    """Return between which positions, both excluded, of a list of that length a page lies.

    Raises:
        InvalidError: they are none.
    """
    after = _number(page.after, "after", 0)
    before = _number(page.before, "before", length + 1)
    return min(after, length), max(1, min(before, length + 1))


def position(place: str) -> tuple[str, ...]:
    """Return the position of a row, for ``Page.after`` and ``Page.before``."""
    return tuple(place.split("-", 1))


def place_in(given: tuple[str, ...] | None, name: str) -> str | None:
    """Return the place of a position.

    Raises:
        InvalidError: it is none of ours; ``name`` says which field of the page it is.
    """
    if given is None:
        return None
    if len(given) != _POSITION or len(given[0]) != _DIGITS or not given[0].isdecimal():
        raise no_position(name)
    return "-".join(given)


def no_position(name: str) -> InvalidError:
    """Return the refusal of a position that is none in that list."""
    return _invalid(name, "Is no position in this list.")


def count_of(page: Page) -> tuple[bool, int]:
    """Return whether a page is read from the list's begin (or else from its end), and how many rows.

    Raises:
        InvalidError: not exactly one of first and last is given, or it is out of bounds.
    """
    name, count = _count(page)
    return name == "first", count


def _count(page: Page) -> tuple[str, int]:
    """Which of first and last is given, and how many it asks for."""
    counts = [(name, count) for name in ("first", "last") if (count := getattr(page, name)) is not None]
    if len(counts) != 1:
        raise _invalid("first", "Give first or last: one of them.")
    name, count = counts[0]
    if not 1 <= count <= MOST:
        raise _invalid(name, Sentence("Must be 1 to {most}.", most=MOST))
    return name, count


def _number(given: tuple[str, ...] | None, name: str, otherwise: int) -> int:
    if given is None:
        return otherwise
    if len(given) != 1 or not given[0].isdecimal() or len(given[0]) > _DIGITS:
        raise no_position(name)
    return int(given[0])


def _invalid(name: str, message: str) -> InvalidError:
    return InvalidError(message, (FieldProblem(path=("page", name), message=message),))


class Windows:
    """Knows where to look in each box; forgets the boxes that nobody looks at. All of it is a hint only."""

    def __init__(self) -> None:
        # By box and direction: up to where its first page reached the last time, and how far apart its
        # rows were.
        self._boxes: OrderedDict[tuple[str, bool], tuple[int | None, int]] = OrderedDict()

    def walk(
        self, box: str, want: Wanted, top: int, start: int | None = None
    ) -> Iterator[tuple[str | None, str | None]]:
        """Yield windows (above, below) one after the other, the last of them to the end of what is wanted.

        Times are in milliseconds: ``top`` is where nothing lies beyond, ``start`` where the first window
        ends in a box of which nothing is known. Without it, that is one window.
        """
        near, end = (want.below, want.above) if want.back else (want.above, want.below)
        reach, width = self._boxes.get((box, want.back), (None, FIRST_WINDOW))
        reach = start if reach is None else reach
        if near is None and reach is None:
            yield (end, None) if want.back else (None, end)
            return
        direction = -1 if want.back else 1
        at = int(near[:_DIGITS]) + direction * width if near is not None else reach or 0
        # 1, 2, 8, 64, 1024 times the first width: a near miss costs little, and years are soon reached.
        for step in range(1, WINDOWS + 1):
            if not 0 < at < top:
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
        reach, _ = self._boxes.get((box, want.back), (None, width))
        if (want.below if want.back else want.above) is None:
            # A box that is one page is next asked for whole: there is little to sort in it.
            beyond = min(times) - width // 4 if want.back else max(times) + width // 4
            reach = beyond if there_is_more else 0
        self._boxes[box, want.back] = (reach, width)
        self._boxes.move_to_end((box, want.back))
        if len(self._boxes) > REMEMBERED:
            self._boxes.popitem(last=False)
