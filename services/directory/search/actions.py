"""Searching: the request is looked at, answered by the index in a thread, and the page is made of it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec

from contracts.rpc import Page
from contracts.search import (
    MOST_DAYS,
    Near,
    Reason,
    ReasonCode,
    SearchServices,
    ServicePage,
)
from contracts.sentences import Sentence
from services.directory.geography.table import Centre, Precision
from services.directory.search import entry, facets, position, reasons
from services.directory.search.entry import Provider
from services.directory.search.index import SearchIndex
from services.directory.search.near import Point
from services.directory.search.ranking import Found, Hit, Search
from services.directory.text import words

# tantivy works without the interpreter's lock: two at a time use two processors.
THREADS = 2
_NO_WORD = "It has no letter and no digit to search for."
FindCentre = Callable[[str], Centre | None]


class Desk:
    """What a search needs: the index, the organizations' names, the municipalities' centres, and threads."""

    def __init__(
        self, index: SearchIndex, provider: Callable[[str], Provider | None], centre: FindCentre
    ) -> None:
        self._index = index
        self._provider = provider
        self._centre = centre
        self._threads = ThreadPoolExecutor(THREADS, "search")

    async def search(self, request: SearchServices) -> ServicePage:
        """Return a page of the services that fit.

        Raises:
            InvalidError: the page, the cursor, ``near``, ``days`` or ``open_at`` is not right, or a text
                has no letter and no digit.
        """
        position.check(request)
        _check_words(request)
        _check_times(request)
        centre = self._point(request.near) if request.near else None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, request, centre)

    async def ids(self, text: str, most: int) -> list[str]:
        """Return the ids of the services that some words mean, inactive ones too, the best first."""
        request = SearchServices(page=Page(first=1), text=text, inactive=True)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._ids, request, most)

    def _ids(self, request: SearchServices, most: int) -> list[str]:
        return Search(self._index, request, datetime.now(UTC), None).ids(most)

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)

    def _answer(self, request: SearchServices, centre: Point | None) -> ServicePage:
        now = datetime.now(UTC)
        search = Search(self._index, request, now, centre)
        found = search.run()
        page = _page(found, now)
        return msgspec.structs.replace(
            page,
            reasons=self._reasons(search, page) if request.reasons else (),
            facets=facets.count(self._index, search.searcher, found.query, request.facets),
        )

    def _reasons(self, search: Search, page: ServicePage) -> tuple[tuple[Reason, ...], ...]:
        rows = []
        for service, km in zip(page.items, page.distances, strict=True):
            said: list[Reason] = []
            if search.meaning is not None:
                texts = entry.texts(service, self._provider(service.organization))
                said += reasons.of_words(search.meaning, texts)
            if km is not None:
                said.append(Reason(code=ReasonCode.DISTANCE, value=km))
            rows.append((*said, *reasons.of_capacity(service)))
        return tuple(rows)

    def _point(self, near: Near) -> Point:
        point = (near.latitude, near.longitude)
        if near.municipality is None:
            if None in point:
                raise position.refused("near", "Give latitude and longitude, or a municipality.")
            return Point(near.latitude or 0.0, near.longitude or 0.0)
        if point != (None, None):
            raise position.refused("near", "Give latitude and longitude, or a municipality: not both.")
        found = self._centre(near.municipality)
        if found is None or found.precision is Precision.STATE:
            raise position.refused(
                "near.municipality", "No centre of it is known: give latitude and longitude."
            )
        return Point(found.latitude, found.longitude)


def _page(found: Found, now: datetime) -> ServicePage:
    return ServicePage(
        items=tuple(hit.entry.view(now) for hit in found.hits),
        positions=tuple(found.positions),
        distances=tuple(_shown(hit) for hit in found.hits),
        has_next=found.has_next,
        has_previous=found.has_previous,
        total=found.total,
    )


def _shown(hit: Hit) -> float | None:
    """Of a confidential place whole kilometres, and those to its municipality's centre."""
    if hit.km is None or hit.place is None:
        return None
    return round(hit.km, 1) if hit.place.exact else float(round(hit.km))


def _check_words(request: SearchServices) -> None:
    """Where nothing is left to look for, everything would be found."""
    if request.text and not words(request.text):
        raise position.refused("text", _NO_WORD)
    for number, one in enumerate(request.accessibility):
        if not words(one):
            raise position.refused(f"accessibility.{number}", _NO_WORD)


def _check_times(request: SearchServices) -> None:
    days = request.days
    if days is not None and not 0 <= (days.last - days.first).days < MOST_DAYS:
        raise position.refused(
            "days", Sentence("Give 1 to {most} days, the first one first.", most=MOST_DAYS)
        )
    if request.open_at is not None and request.open_at.tzinfo is None:
        raise position.refused("open_at", "It needs Z or an offset from UTC.")
    if request.open_at is not None and request.open_now:
        raise position.refused("open_at", "Give a moment, or ask for what is open now: not both.")
