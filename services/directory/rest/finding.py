"""Which rows a request means, in order: by id, or where it searches, as the search ranks them."""

import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from chassis.problems import InvalidError
from contracts.rpc import FieldProblem
from contracts.sentences import of_input
from services.directory import ids
from services.directory.rest.catalogue import Catalogue, Row, Site
from services.directory.rest.parameters import OrganizationQuery, ServiceQuery, SiteQuery
from services.directory.text import words

Position = tuple[float, float]
_EARTH_METRES = 6_371_000.0
_METRES_OF_A_DEGREE = 111_000.0
# Of what some words mean, the best: nobody reads more, and the work has to have an end.
MOST_FOUND = 10_000
Search = Callable[[str, int], Awaitable[list[str]]]


class Finder:
    """Finds rows of the catalogue. ``search`` is the one seam to the directory's full-text search."""

    def __init__(self, catalogue: Catalogue, search: Search) -> None:
        self._catalogue = catalogue
        self._search = search

    async def services(self, query: ServiceQuery | SiteQuery) -> list[Row]:
        """Return the services that a list means."""
        rows: Iterable[Row] = self._catalogue.services.ordered
        if query.search is not None:
            found = await self._search(query.search, MOST_FOUND)
            rows = [row for one in found if (row := self._catalogue.services.get(one))]
        return [row for row in rows if _fits(row, query)] if _narrows(query) else list(rows)

    async def sites(self, query: SiteQuery) -> list[tuple[Row, Site]]:
        """Return the services at their places that a list means.

        Raises:
            InvalidError: a distance from nowhere, or from a postal code whose place nobody here knows.
        """
        rows = await self.services(query)
        postcode = query.postcode.strip().casefold() if query.postcode else None
        if query.proximity is None:
            return [
                (row, site)
                for row in rows
                for site in row.sites
                if postcode is None or postcode in site.postcodes or postcode in row.covers
            ]
        centre = self._centre(postcode)
        return list(_near(rows, centre, query.proximity))

    async def organizations(self, query: OrganizationQuery) -> list[Row]:
        """Return the organizations that a list means."""
        rows = self._catalogue.organizations.ordered
        beginnings = [f" {word}" for word in words(query.search)]
        return [row for row in rows if all(beginning in row.words for beginning in beginnings)]

    def _centre(self, postcode: str | None) -> Position:
        """The middle of the public places with that postal code: there is no table of them all."""
        if postcode is None:
            raise _refusal("proximity", "It is a distance from a postal code: give postcode too.")
        there = [
            site.position
            for row in self._catalogue.services.ordered
            for site in row.sites
            if site.position and postcode in site.postcodes
        ]
        if not there:
            raise _refusal("postcode", "No public place with this postal code is known, to measure from.")
        return sum(one[0] for one in there) / len(there), sum(one[1] for one in there) / len(there)


def metres(here: Position, there: Position) -> float:
    """Return the distance of two places on a sphere (haversine)."""
    lat_1, lon_1, lat_2, lon_2 = map(math.radians, (*here, *there))
    half = math.sin((lat_2 - lat_1) / 2) ** 2
    half += math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, half)))


def _near(rows: Sequence[Row], centre: Position, within: float) -> Iterator[tuple[Row, Site]]:
    # Most are outside a band of latitudes, which costs nothing to see.
    band = within / _METRES_OF_A_DEGREE
    for row in rows:
        for site in row.sites:
            there = site.position
            if there and abs(there[0] - centre[0]) <= band and metres(centre, there) <= within:
                yield row, site


def _narrows(query: ServiceQuery | SiteQuery) -> bool:
    asked = (query.taxonomy_term_id, query.taxonomy_id, query.organization_id, query.modified_after)
    return any(one is not None for one in asked)


def _fits(row: Row, query: ServiceQuery | SiteQuery) -> bool:
    return (
        (query.taxonomy_term_id is None or str(query.taxonomy_term_id) in row.terms)
        and (query.taxonomy_id is None or str(query.taxonomy_id) in row.taxonomies)
        and (
            query.organization_id is None
            or ids.from_uuid("organization", str(query.organization_id)) == row.organization
        )
        and (query.modified_after is None or row.modified >= query.modified_after)
    )


def _refusal(parameter: str, message: str) -> InvalidError:
    return InvalidError(of_input(parameter, message), (FieldProblem(path=(parameter,), message=message),))
