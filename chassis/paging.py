"""Pages by key: a page stays good when rows come and go, since a position is a row's key and no offset."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from chassis.problems import InvalidError
from contracts.rpc import FieldProblem, Page
from contracts.sentences import Sentence

MOST = 100

# What a list is in order of, and the id of the row.
Key = tuple[str, str]


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


def _key(field: str, position: tuple[str, ...]) -> Key:
    match position:
        case (sort, noun_id):
            return sort, noun_id
        case _:
            words = "It is not a position of this list."
            raise InvalidError(words, (_problem(field, words),))


def _problem(field: str, words: str) -> FieldProblem:
    return FieldProblem(path=("page", field), message=words)
