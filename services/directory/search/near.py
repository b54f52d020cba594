"""Distances, and the grid of cells by which the index finds what is near without looking at everything.

The grid has a level for each size of cells, each four times the one before, in degrees. A place lies in one
cell of each level. A block of three by three cells around a point holds everything that is nearer than one
cell's width; a circle is the cells that lie wholly in it, and those on its edge, whose places are measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, ceil, cos, floor, radians, sin, sqrt
from typing import NamedTuple

EARTH_KM = 6371.0088  # the mean radius of WGS 84
DEGREE_KM = 111.195  # of latitude, on that sphere
# Degrees; the smallest is about a kilometre, and the largest's block is the whole Earth.
LEVELS = tuple(0.01 * 4**number for number in range(8))
# A circle is so many cells wide at most: more make the query long, fewer its edge.
_MOST_CELLS_TO_EDGE = 8
_LAST_LATITUDE = 89.0


class Point(NamedTuple):
    """A place in degrees (WGS 84)."""

    latitude: float
    longitude: float


class Place(NamedTuple):
    """Where a service is given, as far as distances may know it: exactly, or by its municipality only."""

    point: Point
    exact: bool


def distance(one: Point, other: Point) -> float:
    """Return the kilometres between two places, along the surface (haversine)."""
    half_lat = sin(radians(other.latitude - one.latitude) / 2)
    half_lon = sin(radians(other.longitude - one.longitude) / 2)
    chord = half_lat**2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * half_lon**2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))


def cells(point: Point) -> list[str]:
    """Return the cell of each level in which a place lies."""
    return [_cell(level, *_indices(level, point)) for level in range(len(LEVELS))]


def block(level: int, point: Point) -> tuple[list[str], float]:
    """Return the three by three cells around a point, and how far, in km, nothing is missing from them."""
    row, column = _indices(level, point)
    names = {_cell(level, row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1)}
    return sorted(names), _width_km(level, point)


@dataclass(frozen=True, slots=True)
class Circle:
    """The places within ``km`` of a centre: certainly those of ``inside``, perhaps those of ``edge``."""

    centre: Point
    km: float
    inside: list[str]
    edge: list[str]

    def has(self, places: Iterable[Place]) -> bool:
        """Whether one of the places lies within."""
        return any(distance(self.centre, place.point) <= self.km for place in places)


def circle(centre: Point, km: float) -> Circle:
    """Return a circle as cells of the smallest size that is not too many."""
    fitting = (level for level in range(len(LEVELS)) if km / _width_km(level, centre) <= _MOST_CELLS_TO_EDGE)
    level = next(fitting, len(LEVELS) - 1)
    size = LEVELS[level]
    reach_lat = km / DEGREE_KM
    reach_lon = reach_lat / cos(radians(min(abs(centre.latitude) + reach_lat, _LAST_LATITUDE)))
    row, column = _indices(level, centre)
    up, right = ceil(reach_lat / size), ceil(reach_lon / size)
    rows, columns = range(row - up, row + up + 1), range(column - right, column + right + 1)
    # Each corner belongs to four cells; a cell of a circle that is not huge lies in it if its corners do.
    corners = {
        (one, other)
        for one in range(rows.start, rows.stop + 1)
        for other in range(columns.start, columns.stop + 1)
        if distance(centre, Point(one * size, other * size)) <= km
    }
    inside: list[str] = []
    edge: list[str] = []
    for one in rows:
        for other in columns:
            own = {(one, other), (one + 1, other), (one, other + 1), (one + 1, other + 1)}
            (inside if own <= corners else edge).append(_cell(level, one, other))
    return Circle(centre, km, inside, edge)


def _width_km(level: int, point: Point) -> float:
    """The smaller side of the cells around a point: their northern or southern edge."""
    size = LEVELS[level]
    latitude = min(abs(point.latitude) + 2 * size, _LAST_LATITUDE)
    return float(size * DEGREE_KM * cos(radians(latitude)))


def _indices(level: int, point: Point) -> tuple[int, int]:
    size = LEVELS[level]
    return floor(point.latitude / size), floor(point.longitude / size)


def _cell(level: int, row: int, column: int) -> str:
    """A cell's name. No cell goes around the date line: no place of the network is near it."""
    return f"{level}:{row}:{column}"
