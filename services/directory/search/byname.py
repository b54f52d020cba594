"""Lists by name out of the index: pages by key, which stay good when rows come and go.

Text has no ranges in the index, so what comes behind a key is found by the key's first bytes as numbers,
and the few rows that share all of these bytes are passed over one by one.
"""

from dataclasses import dataclass

import tantivy
from tantivy import FieldType, Order, Query

from contracts.rpc import Page
from services.directory.search import position
from services.directory.search.conditions import either, every, unscored
from services.directory.search.index import KEY_FIELDS, SCHEMA, key_numbers

_HIGHEST = 2**56
_MORE = 64
Rows = list[tuple[str, tantivy.DocAddress]]


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of keys with their addresses, in the order of the list."""

    rows: Rows
    has_next: bool
    has_previous: bool


def cut(searcher: tantivy.Searcher, query: Query, page: Page) -> Slice:
    """Return the page of what the query finds.

    Raises:
        InvalidError: a position is none of a list by name.
    """
    after = position.key("after", page.after) if page.after is not None else None
    before = position.key("before", page.before) if page.before is not None else None
    walk = _Walk(searcher, query, after, before)
    begins = after is not None and walk.begins(after)
    ends = before is not None and walk.ends(before)
    if page.first is not None:
        rows = walk.rows(page.first + 1, Order.Asc)
        return Slice(rows[: page.first], ends or len(rows) > page.first, begins)
    count = page.last or 0
    rows = walk.rows(count + 1, Order.Desc)
    return Slice(rows[:count][::-1], ends, begins or len(rows) > count)


class _Walk:
    """What a query finds between two keys, neither included."""

    def __init__(
        self, searcher: tantivy.Searcher, query: Query, after: str | None, before: str | None
    ) -> None:
        self._searcher = searcher
        self._whole = unscored(query)
        bounds = [_beyond(after, up=True)] if after is not None else []
        bounds += [_beyond(before, up=False)] if before is not None else []
        self._query = every(self._whole, *bounds)
        self._after, self._before = after, before

    def rows(self, count: int, order: Order) -> Rows:
        """Up to so many from the beginning (or, descending, from the end)."""
        found: Rows = []
        offset, step = 0, count
        while len(found) < count:
            hits = self._some(self._query, order, step, offset)
            found += [(sort, address) for sort, address in hits if self._lies_between(sort)]
            if len(hits) < step:
                break
            offset, step = offset + step, step * 2 + _MORE
        return found[:count]

    def begins(self, after: str) -> bool:
        """Whether anything stands at that key or before it."""
        hits = self._some(self._whole, Order.Asc, 1)
        return bool(hits) and hits[0][0] <= after

    def ends(self, before: str) -> bool:
        """Whether anything stands at that key or behind it."""
        hits = self._some(self._whole, Order.Desc, 1)
        return bool(hits) and hits[0][0] >= before

    def _some(self, query: Query, order: Order, count: int, offset: int = 0) -> Rows:
        hits = self._searcher.search(
            query, count, count=False, order_by_field="sort", offset=offset, order=order
        ).hits
        return list(hits)

    def _lies_between(self, sort: str) -> bool:
        return (self._after is None or sort > self._after) and (self._before is None or sort < self._before)


def _beyond(key: str, *, up: bool) -> Query:
    """Whatever has first bytes that come behind those of a key, or before them, or all the same."""
    ways: list[Query] = []
    same: list[Query] = []
    for name, value in zip(KEY_FIELDS, key_numbers(key), strict=True):
        low, high = (value + 1, _HIGHEST) if up else (0, value - 1)
        if low <= high:
            ways.append(every(*same, _between(name, low, high)))
        same.append(_between(name, value, value))
    return either(*ways, every(*same))


def _between(name: str, low: int, high: int) -> Query:
    return Query.range_query(SCHEMA, name, FieldType.Unsigned, low, high)
