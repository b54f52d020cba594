"""One page of one search: by relevance, by distance or by name. Runs in a thread, and asks nobody."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import tantivy
from tantivy import Query

from contracts.search import MOST_RANKED, SearchServices, ServiceOrder
from services.directory.search import byname, meaning, position
from services.directory.search.conditions import (
    MUST,
    SHOULD,
    conditions,
    either,
    every,
    fact,
    has_place,
    one_of,
    unscored,
    without,
)
from services.directory.search.entry import Entry
from services.directory.search.index import SearchIndex
from services.directory.search.near import LEVELS, Place, Point, block, circle, distance

# So few are measured one by one: that is quicker than to ask the index cell by cell.
_FEW = 500
_FOR_FILTERS = 2
# What a place that is free counts beside words, which weigh 2 to 10 each.
_FREE = 1.0


class Hit(NamedTuple):
    """A service of the page, and its place of those that the distance was measured to."""

    entry: Entry
    km: float | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page; ``query`` finds all services that the page is a part of, for the facets."""

    hits: list[Hit]
    positions: list[position.Position]
    total: int
    has_next: bool
    has_previous: bool
    query: Query


class Search:
    """One request on the index as it is now. ``centre`` is where ``near`` is, if it was given."""

    def __init__(
        self, index: SearchIndex, request: SearchServices, now: datetime, centre: Point | None
    ) -> None:
        self._index = index
        self._request = request
        self._now = now
        self._centre = centre
        self.searcher = index.searcher()
        self.meaning = meaning.read(request.text)
        self._base = every(*(unscored(one) for one in conditions(request, index, now)))
        km = request.near.km if request.near else None
        self._circle = circle(centre, km) if centre and km else None
        self._cells = Query.empty_query()
        self._close: list[str] = []
        self._few: list[Hit] | None = None

    def run(self) -> Found:
        """Return the page.

        Raises:
            InvalidError: a cursor of another query, or of none of ours.
        """
        order = position.order_of(self._request)
        if self.meaning is None:
            return self._page(order, self._base)
        for way in self.meaning.ways(self.searcher):
            found = self._page(order, every(self._base, way))
            if found.total:
                break
        return found

    def ids(self, most: int) -> list[str]:
        """Return the ids of the services that fit, the best first, and no more than that many."""
        query = self._base
        # Half of the words would do for a person who reads why, and not for a filter.
        for way in islice(self.meaning.ways(self.searcher), _FOR_FILTERS) if self.meaning else ():
            query = every(self._base, way)
            if self._count(query):
                break
        hits, _ = self._by_relevance(query, 0, min(self._count(query), most))
        return [hit.entry.id for hit in hits]

    def _page(self, order: ServiceOrder, query: Query) -> Found:
        if order is ServiceOrder.NAME:
            return self._by_name(query)
        offset = position.offset(self._request)
        first = min(self._request.page.first or 0, MOST_RANKED - offset)
        if order is ServiceOrder.DISTANCE:
            hits, total = self._by_distance(query, offset, first)
        else:
            hits, total = self._by_relevance(query, offset, first)
        return Found(
            hits=hits,
            positions=position.ranked(self._request, offset, len(hits)),
            total=total,
            has_next=offset + first < min(total, MOST_RANKED),
            has_previous=offset > 0,
            query=self._bounded(query),
        )

    def _total(self, query: Query) -> int:
        """How many fit. What has to be measured for that (all, if it is little) is remembered."""
        count = self._count(query)
        if self._centre is None:
            return count
        self._few = None
        if count <= _FEW:
            located = every(unscored(query), fact("located"))
            self._few = sorted(map(self._measured, self._some(located, count)), key=_by_km)
        if self._circle is None:
            return count
        if self._few is not None:
            self._few = [hit for hit in self._few if self._circle.has(hit.entry.places)]
            self._cells, self._close = Query.empty_query(), [hit.entry.id for hit in self._few]
            return len(self._few)
        self._cells = one_of("cells", self._circle.inside)
        edge = unscored(without(every(query, one_of("cells", self._circle.edge)), self._cells))
        measured = self._some(edge, self._count(edge))
        self._close = [one.id for one in measured if self._circle.has(one.places)]
        return len(self._close) + self._count(every(query, self._cells))

    def _bounded(self, query: Query) -> Query:
        """What the query finds within the circle, if there is one."""
        if self._circle is None:
            return query
        close = either(self._cells, one_of("id", self._close))
        return every(query, unscored(close))

    def _count(self, query: Query) -> int:
        return int(self.searcher.search(query, 1).count)  # type: ignore[attr-defined] # not in its stubs

    def _by_relevance(self, query: Query, offset: int, first: int) -> tuple[list[Hit], int]:
        if self._circle is not None and not self._total(query):
            return [], 0
        free = Query.const_score_query(has_place(self._now), _FREE)
        ranked = Query.boolean_query([(MUST, self._bounded(query)), (SHOULD, free)])
        # It counts while it ranks: to count by itself would cost as much again.
        result = self.searcher.search(ranked, max(first, 1), offset=offset)
        kept = self._index.found(self.searcher, [address for _, address in result.hits[:first]])
        hits = [self._measured(one) for one in kept if one is not None]
        return hits, int(result.count)  # type: ignore[attr-defined] # not in its stubs

    def _by_name(self, query: Query) -> Found:
        total = self._total(query)
        query = self._bounded(query)
        page = byname.cut(self.searcher, query, self._request.page)
        kept = self._index.found(self.searcher, [address for _, address in page.rows])
        rows = [(one, sort) for one, (sort, _) in zip(kept, page.rows, strict=True) if one is not None]
        return Found(
            hits=[self._measured(one) for one, _ in rows],
            positions=[position.named(sort) for _, sort in rows],
            total=total,
            has_next=page.has_next,
            has_previous=page.has_previous,
            query=query,
        )

    def _by_distance(self, query: Query, offset: int, first: int) -> tuple[list[Hit], int]:
        """The nearest first; behind them, unless ``km`` bounds it, those whose place nobody knows."""
        total = self._total(query)
        end = min(offset + first, total)
        hits = self._nearest(unscored(query), end)[offset:end] if end > offset else []
        missing = end - offset - len(hits)
        if missing > 0 and self._circle is None:
            located = self._count(every(query, fact("located")))
            unknown = without(query, fact("located"))
            hits += [Hit(one) for one in self._some(unknown, missing, max(0, offset - located))]
        return hits, total

    def _nearest(self, query: Query, needed: int) -> list[Hit]:
        """At least so many of the nearest, in order, if there are as many."""
        centre = self._centre
        assert centre is not None
        if self._few is not None:
            return self._few
        for level in range(len(LEVELS)):
            names, reach = block(level, centre)
            nearby = every(query, one_of("cells", names))
            last = level == len(LEVELS) - 1
            count = self._count(nearby)
            if count < needed and not last:
                continue
            hits = sorted(map(self._measured, self._some(nearby, count)), key=_by_km)
            if last:
                return hits
            sure = [hit for hit in hits if hit.km is not None and hit.km <= reach]
            if len(sure) >= needed:
                return sure
        return []

    def _some(self, query: Query, count: int, offset: int = 0) -> list[Entry]:
        kept = self._index.found(self.searcher, self._addresses(query, count, offset))
        return [one for one in kept if one is not None]

    def _addresses(self, query: Query, count: int, offset: int = 0) -> list[tantivy.DocAddress]:
        if not count:
            return []
        return [address for _, address in self.searcher.search(query, count, count=False, offset=offset).hits]

    def _measured(self, one: Entry) -> Hit:
        if self._centre is None or not one.places:
            return Hit(one)
        km, place = min((distance(self._centre, place.point), place) for place in one.places)
        return Hit(one, km, place)


def _by_km(hit: Hit) -> tuple[float, str]:
    return hit.km if hit.km is not None else float("inf"), hit.entry.id
