"""All candidates in memory, by need and place, so that a request looks at a bounded number of near ones."""

from bisect import insort
from collections.abc import Iterator
from itertools import islice
from math import ceil, cos, floor, radians

from contracts.codes import FIREWALLED, Intake, Need, State
from services.directory.keeper import Document, Keeper
from services.directory.matching.asked import Asked
from services.directory.matching.candidate import ACTIVE, Candidate, Provider, candidate, provider
from services.directory.search.near import DEGREE_KM, Point, distance

# The sides of the grid's cells in degrees: about 28 km.
CELL_DEGREES = 0.25
# So many candidates are judged for a request, whatever it asks for; and so many looked at to find them.
MOST_JUDGED = 600
MOST_LOOKED_AT = 2000
# Of services that nobody knows the place of, a few beside those that are near.
MOST_ADRIFT = 100
_LAST_LATITUDE = 80.0

Cell = tuple[int, int]
Found = tuple[Candidate, float | None]
# Its tier, its id, and the candidate.
Entry = tuple[int, str, Candidate]


class Bucket:
    """Candidates in the order in which they are worth looking at."""

    __slots__ = ("_members",)

    def __init__(self) -> None:
        self._members: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Add a candidate; those of lower tiers come first."""
        insort(self._members, entry, key=_place)

    def remove(self, one: Candidate) -> None:
        """Take a candidate out."""
        self._members = [entry for entry in self._members if entry[2] is not one]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._members)


def _place(entry: Entry) -> tuple[int, str]:
    return entry[:2]


class _Shelf:
    """The candidates for one need: all, by cell, by state, and those that are nowhere."""

    __slots__ = ("adrift", "cells", "everywhere", "states")

    def __init__(self) -> None:
        self.everywhere = Bucket()
        self.adrift = Bucket()
        self.cells: dict[Cell, Bucket] = {}
        self.states: dict[State, Bucket] = {}

    def buckets_of(self, one: Candidate) -> Iterator[Bucket]:
        """Every bucket that a candidate stands in."""
        yield self.everywhere
        for cell in {_cell(place.point) for place in one.places}:
            yield self.cells.setdefault(cell, Bucket())
        for state in one.states:
            yield self.states.setdefault(state, Bucket())
        if not one.places:
            yield self.adrift

    def near(self, point: Point, kilometres: int) -> Iterator[Entry]:
        """Those of whole rings of cells around a point, from within, until there are enough."""
        row, column = _cell(point)
        width = CELL_DEGREES * DEGREE_KM * cos(radians(min(abs(point.latitude), _LAST_LATITUDE)))
        found = 0
        for ring in range(ceil(kilometres / width) + 1):
            for cell in _ring(row, column, ring):
                for entry in self.cells.get(cell, ()):
                    yield entry
                    found += 1
            # What lies in the next ring is farther than all of this one's inner circle.
            if found >= MOST_JUDGED:
                return


class Field(Keeper):
    """Every service and organization that matching knows."""

    def __init__(self) -> None:
        self.providers: dict[str, Provider] = {}
        self._candidates: dict[str, Candidate] = {}
        self._shelves: dict[Need, _Shelf] = {}
        self._services_of: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._candidates)

    def take_organization(self, document: Document) -> None:
        """Add or renew an organization."""
        self.put_organization(document["_id"], provider(document))

    def take_service(self, document: Document) -> None:
        """Add or renew a service."""
        self.put(candidate(document))

    def forget_service(self, service: str) -> None:
        """Take a service out."""
        before = self._candidates.pop(service, None)
        if before is not None:
            self._services_of[before.organization].discard(service)
            for bucket in self._buckets(before):
                bucket.remove(before)

    def put_organization(self, organization: str, one: Provider) -> None:
        """Add or renew an organization; its services stand elsewhere if it is verified now, or no more."""
        before = self.providers.get(organization)
        self.providers[organization] = one
        if before != one:
            for service in tuple(self._services_of.get(organization, ())):
                self.put(self._candidates[service])

    def put(self, one: Candidate) -> None:
        """Add or renew a service."""
        self.forget_service(one.id)
        self._candidates[one.id] = one
        self._services_of.setdefault(one.organization, set()).add(one.id)
        tier = self._tier(one)
        if tier is not None:
            entry = tier, one.id, one
            for bucket in self._buckets(one):
                bucket.add(entry)

    def candidates(self, asked: Asked) -> list[Found]:
        """Return, with their distances, the candidates worth judging: 600 at most, the nearest ones."""
        most = ceil(MOST_LOOKED_AT / len(asked.needs))
        found: dict[str, Entry] = {}
        for need in asked.needs:
            shelf = self._shelves.get(need)
            if shelf is not None:
                found.update((entry[1], entry) for entry in islice(_worth_it(shelf, asked), most))
        measured = [(tier, kilometres(asked, one), one) for tier, _, one in found.values()]
        most_km = asked.request.within_km
        near = [entry for entry in measured if entry[1] is None or entry[1] <= most_km]
        if len(near) > MOST_JUDGED:
            near.sort(key=lambda entry: (entry[0], _far(entry[1]), entry[2].id))
        return [(one, far) for _, far, one in near[:MOST_JUDGED]]

    def _tier(self, one: Candidate) -> int | None:
        """In which order candidates are worth judging; None for one that is never offered.

        That is one whose organization is behind the firewall, not known, or not there any more.
        """
        provider = self.providers.get(one.organization)
        if provider is None or provider.kind in FIREWALLED or not provider.there:
            return None
        if one.status != ACTIVE or one.intake is Intake.NONE:
            return 2
        return 0 if provider.verified else 1

    def _buckets(self, one: Candidate) -> Iterator[Bucket]:
        for need in one.needs:
            yield from self._shelves.setdefault(need, _Shelf()).buckets_of(one)


def kilometres(asked: Asked, one: Candidate) -> float | None:
    """Return how far the nearest place of a service is; None where nobody knows.

    In the same municipality it is none, where that is all that is known.
    """
    if asked.point is None and asked.municipality in one.municipalities:
        return 0.0
    if asked.point is None or not one.places:
        return None
    return min(distance(asked.point, place.point) for place in one.places)


def _worth_it(shelf: _Shelf, asked: Asked) -> Iterator[Entry]:
    if asked.point is not None:
        yield from islice(_at_large(shelf.adrift, asked), MOST_ADRIFT)
        yield from shelf.near(asked.point, asked.request.within_km)
    elif asked.state is not None:
        yield from shelf.states.get(asked.state, ())
        yield from islice(_at_large(shelf.adrift, asked), MOST_ADRIFT)
    else:
        yield from shelf.everywhere


def _at_large(adrift: Bucket, asked: Asked) -> Iterator[Entry]:
    """Those without a place that are in the person's state, or in none: help by telephone, for instance."""
    state = asked.state
    return (entry for entry in adrift if state is None or not entry[2].states or state in entry[2].states)


def _far(distance: float | None) -> float:
    return float("inf") if distance is None else distance


def _cell(point: Point) -> Cell:
    return floor(point.latitude / CELL_DEGREES), floor(point.longitude / CELL_DEGREES)


def _ring(row: int, column: int, ring: int) -> Iterator[Cell]:
    """The cells so many steps away, on the edge of a square."""
    if ring == 0:
        yield row, column
        return
    for step in range(-ring, ring + 1):
        yield row - ring, column + step
        yield row + ring, column + step
    for step in range(-ring + 1, ring):
        yield row + step, column - ring
        yield row + step, column + ring
