"""Distances: against the slow way, which looks at everything; and what a confidential place betrays."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rpc import Page
from contracts.search import Near, SearchServices, ServiceOrder
from services.directory.search.actions import Desk
from services.directory.search.near import Point, distance
from tests.directory.search.made import desk_of, find, found, place, service

_random = random.Random(5)  # noqa: S311 - the same places each time
# Half of them in one town, the others anywhere; some with a second place.
POINTS = [
    (
        Point(_random.gauss(14.9, 0.05), _random.gauss(-92.26, 0.05))
        if number % 2
        else Point(_random.uniform(14, 33), _random.uniform(-117, -87))
    )
    for number in range(400)
]
PLACES = {f"svc_{n}": [POINTS[n]] + ([POINTS[-n]] if n % 10 == 0 else []) for n in range(400)}
latitudes, longitudes, radii = st.floats(13, 34), st.floats(-118, -86), st.floats(0.1, 1000)


@pytest.fixture(scope="module")
def desk() -> Desk:
    """Four hundred services."""
    return desk_of(
        *(
            service(noun_id, "x", locations=[place(latitude=one[0], longitude=one[1]) for one in points])
            for noun_id, points in PLACES.items()
        )
    )


def measured(centre: Point) -> list[tuple[float, str]]:
    """All of them, the slow way."""
    return sorted((min(distance(centre, one) for one in points), noun) for noun, points in PLACES.items())


@settings(max_examples=60, deadline=None)
@given(
    latitude=latitudes, longitude=longitudes, km=st.none() | st.floats(0.1, 1000), count=st.integers(1, 100)
)
def test_the_nearest_are_the_nearest(
    desk: Desk, latitude: float, longitude: float, km: float | None, count: int
) -> None:
    request = SearchServices(page=Page(first=count), near=Near(latitude=latitude, longitude=longitude, km=km))
    page = desk._answer(request, Point(latitude, longitude))
    right = [(far, noun) for far, noun in measured(Point(latitude, longitude)) if km is None or far <= km]
    assert page.total == len(right)
    assert [one.id for one in page.items] == [noun for _, noun in right[:count]]
    assert list(page.distances) == [round(far, 1) for far, _ in right[:count]]


@settings(max_examples=20, deadline=None)
@given(latitude=latitudes, longitude=longitudes, km=radii)
def test_a_circle_holds_the_same_in_every_order(
    desk: Desk, latitude: float, longitude: float, km: float
) -> None:
    request = SearchServices(
        page=Page(first=100), near=Near(latitude=latitude, longitude=longitude, km=km),
        order=ServiceOrder.NAME,
    )  # fmt: skip
    page = desk._answer(request, Point(latitude, longitude))
    right = {noun for far, noun in measured(Point(latitude, longitude)) if far <= km}
    assert page.total == len(right)
    assert {one.id for one in page.items} <= right
    assert len(page.items) == min(len(right), 100)


def test_distances_are_those_of_the_earth() -> None:
    assert distance(Point(19.4326, -99.1332), Point(14.9056, -92.2634)) == pytest.approx(887, abs=3)


@pytest.mark.parametrize("visibility", ["private", "network"])
async def test_of_a_confidential_place_every_distance_is_that_of_its_municipality(visibility: str) -> None:
    middle = {"latitude": 14.7, "longitude": -92.3, "precision": "municipality"}
    hidden = [
        # Were its own coordinates in the document, they would still be no ground for a distance.
        place(visibility=visibility, latitude=14.7 + off, longitude=-92.3 - off, centre=middle)
        for off in (0.01, 0.2)
    ]
    desk = desk_of(
        *(service(f"svc_{number}", "Refugio", locations=[one]) for number, one in enumerate(hidden))
    )
    for step in range(-20, 21):
        here = Near(latitude=14.7 + step / 100, longitude=-92.3)
        page = await find(desk, near=here, reasons=True)
        # The same for both, in whole kilometres, and so always in the same order.
        assert page.distances[0] == page.distances[1] == round(page.distances[0] or 0)
        assert [one.id for one in page.items] == ["svc_0", "svc_1"]
        assert {one.value for row in page.reasons for one in row} == {page.distances[0]}
        bounded = Near(latitude=here.latitude, longitude=here.longitude, km=5)
        assert len(await found(desk, near=bounded)) in {0, 2}


async def test_a_confidential_place_without_a_known_municipality_is_nowhere() -> None:
    desk = desk_of(service("svc_0", "Refugio", locations=[place(visibility="private")]))
    page = await find(desk, near=Near(latitude=14.9, longitude=-92.26), reasons=True)
    assert (page.distances, page.reasons) == ((None,), ((),))
