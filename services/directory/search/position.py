"""Where a page begins: behind a name, which stays good, or behind so many of one very query."""

import hashlib

import msgspec

from chassis import paging
from chassis.problems import InvalidError
from contracts.rpc import FieldProblem, Page
from contracts.search import MOST_RANKED, SearchServices, ServiceOrder
from contracts.sentences import of_input

Position = tuple[str, ...]
_NAME, _RANK = "name", "rank"
_encode = msgspec.json.Encoder(order="deterministic").encode


def order_of(request: SearchServices) -> ServiceOrder:
    """Return the order asked for; else by distance from a point, by relevance of words, or by name."""
    if request.order is not None:
        return request.order
    if request.near is not None:
        return ServiceOrder.DISTANCE
    return ServiceOrder.RELEVANCE if request.text else ServiceOrder.NAME


def check(request: SearchServices) -> None:
    """Look whether the order can have such a page.

    Raises:
        InvalidError: it cannot; says what would be right.
    """
    paging.check(request.page)
    order = order_of(request)
    if order is ServiceOrder.DISTANCE and request.near is None:
        raise refused("near", "To order by distance, say from where.")
    if order is ServiceOrder.NAME:
        return
    for field in ("last", "before"):
        if getattr(request.page, field) is not None:
            raise refused(f"page.{field}", "A ranked list goes forward only: give first and after.")


def named(sort: str) -> Position:
    """Return the position of a row in a list by name."""
    return _NAME, sort


def key(field: str, given: Position) -> str:
    """Return the ordering key of a position in a list by name.

    Raises:
        InvalidError: it is a position of a ranked list, or of none of ours.
    """
    match given:
        case (kind, sort) if kind == _NAME:
            return sort
    raise refused(f"page.{field}", "It is not a cursor of a list by name: repeat the order it came from.")


def ranked(request: SearchServices, offset: int, count: int) -> list[Position]:
    """Return the positions of a ranked page's rows."""
    fingerprint = _fingerprint(request)
    return [(_RANK, str(offset + number + 1), fingerprint) for number in range(count)]


def offset(request: SearchServices) -> int:
    """Return behind how many rows a ranked page begins.

    Raises:
        InvalidError: the cursor is of another query, or of none of ours.
    """
    after = request.page.after
    if after is None:
        return 0
    match after:
        case (kind, number, fingerprint) if kind == _RANK and number.isdecimal():
            if fingerprint == _fingerprint(request):
                return min(int(number), MOST_RANKED)
    raise refused("page.after", "It is a cursor of another query: repeat that query with it, or begin anew.")


def refused(field: str, words: str) -> InvalidError:
    """Return the refusal of one field; ``field`` is its path with dots."""
    return InvalidError(of_input(field, words), (FieldProblem(path=tuple(field.split(".")), message=words),))


def _fingerprint(request: SearchServices) -> str:
    """What the rows and their order depend on, and not how many of them, or what is said of them."""
    asked = msgspec.structs.replace(request, page=Page(), facets=(), reasons=False)
    return hashlib.sha256(_encode(asked)).hexdigest()[:16]
