"""Pages: by name they are good for ever, ranked ones for their own query and 500 services."""

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import InvalidError
from contracts.codes import Need
from contracts.rpc import Page
from contracts.search import Days, Near, SearchServices, ServiceOrder, ServicePage
from services.directory.search.actions import Desk
from services.directory.search.index import key_numbers
from tests.directory.search.made import desk_of, place, service

HERE = Near(latitude=15.0, longitude=-92.0)
_random = random.Random(3)  # noqa: S311 - the same services each time
# Many names share their first twenty letters and more, as real ones do.
NAMES = [
    f"{_random.choice(('Centro de atención a personas en tránsito', 'Comedor', ''))} {_random.randrange(40)}"
    for _ in range(620)
]


@pytest.fixture(scope="module")
def desk() -> Desk:
    """Six hundred services."""
    return desk_of(*(service(f"svc_{number}", f"{name} x") for number, name in enumerate(NAMES)))


async def ask(desk: Desk, page: Page, **conditions: Any) -> ServicePage:
    return await desk.search(SearchServices(page=page, **conditions))


async def walk(desk: Desk, length: int, **conditions: Any) -> list[str]:
    """All ids, page by page."""
    seen: list[str] = []
    page = await ask(desk, Page(first=length), **conditions)
    while True:
        seen += [one.id for one in page.items]
        if not page.has_next:
            return seen
        page = await ask(desk, Page(first=length, after=page.positions[-1]), **conditions)
        assert page.has_previous


@pytest.mark.parametrize("length", [7, 100])
async def test_by_name_every_service_is_met_once_and_in_order(desk: Desk, length: int) -> None:
    seen = await walk(desk, length)
    assert len(seen) == len(set(seen)) == len(NAMES)
    everything = [one.name for one in (await ask(desk, Page(last=100))).items]
    assert everything == sorted(everything)
    assert [one.id for one in (await ask(desk, Page(last=100))).items] == seen[-100:]


async def test_by_name_a_list_goes_backwards_too(desk: Desk) -> None:
    seen = await walk(desk, 100)
    back: list[str] = []
    page = await ask(desk, Page(last=90))
    assert not page.has_next
    while True:
        back[:0] = [one.id for one in page.items]
        if not page.has_previous:
            break
        page = await ask(desk, Page(last=90, before=page.positions[0]))
        assert page.has_next
    assert back == seen


async def test_a_ranked_list_ends_after_five_hundred_and_says_how_many_there_are(desk: Desk) -> None:
    seen = await walk(desk, 90, order=ServiceOrder.RELEVANCE)
    assert len(seen) == len(set(seen)) == 500
    page = await ask(desk, Page(first=100), text="x")
    assert page.total == len(NAMES)


async def test_distance_pages_go_on_where_the_last_one_ended() -> None:
    spots = [
        service(
            f"svc_{number}", "Lugar",
            locations=[place(latitude=15 + number / 90, longitude=-92.0)],
        )
        for number in range(130)
    ]  # fmt: skip
    desk = desk_of(*spots, *(service(f"svc_x{number}", "Sin lugar") for number in range(20)))
    seen = await walk(desk, 9, near=HERE)
    assert seen[:130] == [f"svc_{number}" for number in range(130)]
    assert len(seen) == len(set(seen)) == 150


@pytest.mark.parametrize(
    ("conditions", "page"),
    [
        ({"text": "comedor"}, Page(last=5)),
        ({"text": "comedor"}, Page(first=5, before=("rank", "1", "x"))),
        ({"text": "comedor"}, Page(first=5, after=("rank", "20", "0123456789abcdef"))),
        ({"text": "comedor"}, Page(first=5, after=("name", "a"))),
        ({"text": "comedor"}, Page(first=5, after=("rank", "²", "x"))),
        ({}, Page(first=5, after=("rank", "20", "0123456789abcdef"))),
        ({}, Page(first=5, after=("a", "b", "c", "d"))),
        ({}, Page()),
        ({}, Page(first=0)),
        ({}, Page(first=101)),
        ({"order": ServiceOrder.DISTANCE}, Page(first=5)),
        ({"near": Near()}, Page(first=5)),
        ({"near": Near(latitude=1.0)}, Page(first=5)),
        ({"near": Near(latitude=1.0, longitude=1.0, municipality="07089")}, Page(first=5)),
        ({"near": Near(municipality="99999")}, Page(first=5)),
        ({"near": Near(municipality="20001")}, Page(first=5)),  # only its state's centre is known
    ],
)
async def test_what_is_not_right_is_refused_with_its_field(
    desk: Desk, conditions: dict[str, Any], page: Page
) -> None:
    with pytest.raises(InvalidError) as refusal:
        await ask(desk, page, **conditions)
    assert refusal.value.problem.fields


async def test_a_cursor_of_another_query_says_so(desk: Desk) -> None:
    page = await ask(desk, Page(first=5), text="comedor")
    after = Page(first=5, after=page.positions[-1])
    assert (await ask(desk, after, text="comedor", reasons=True)).has_previous
    with pytest.raises(InvalidError, match="another query"):
        await ask(desk, after, text="comedor", needs=(Need.FOOD,))


async def test_days_that_are_too_many_or_turned_around_are_refused(desk: Desk) -> None:
    for first, last in ((date(2026, 5, 2), date(2026, 5, 1)), (date(2026, 5, 1), date(2026, 9, 1))):
        with pytest.raises(InvalidError, match="days"):
            await ask(desk, Page(first=5), days=Days(first=first, last=last))


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_numbers_of_keys_are_ordered_as_the_keys(one: str, other: str) -> None:
    if one.encode() < other.encode():
        assert key_numbers(one) <= key_numbers(other)


@pytest.mark.parametrize(
    ("field", "conditions"),
    [("text", {"text": "(¡!)"}), ("accessibility.1", {"accessibility": ("rampa", "(")})],
)
async def test_a_condition_without_a_letter_or_a_digit_is_refused(
    desk: Desk, field: str, conditions: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError) as refused:
        await ask(desk, Page(first=1), **conditions)
    assert [".".join(one.path) for one in refused.value.fields] == [field]
