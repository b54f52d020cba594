"""What is found by words and conditions, in which order, and why."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.codes import Need, OrganizationKind, State
from contracts.search import FacetKind, Near, ReasonCode, SearchField, ServiceOrder
from services.directory.search.actions import Desk
from tests.directory.search import made
from tests.directory.search.made import beds, desk_of, find, found, service

TAPACHULA = Near(latitude=14.9, longitude=-92.26)


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[Desk]:
    """The valley's services, to be searched."""
    valley = desk_of(*made.VALLEY)
    yield valley
    await valley.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("albergue mujeres", ["women"]),
        ("ALBERGUES MUJER", ["women"]),
        ("albergue de la mujer", ["women"]),
        ("psicologo", ["mind"]),
        ("psicología", ["mind"]),
        ("psicolgo", ["mind"]),
        ("tapachula", ["women", "food"]),
        ("tapachla", ["women", "food"]),
        ("tapa", ["women", "food"]),
        ("mental health", ["mind"]),
        ("salud mental", ["mind"]),
        ("abogado", ["law"]),
        ("donde dormir", ["women"]),
        ("casa migrante", ["women", "food"]),
        ("albergue oaxaca", ["women", "mind", "food"]),
        ("asesoría jurídica", ["law"]),
        ("clinics", ["law", "mind"]),
        ("ceiba comedor", ["food"]),
        ("ambar", ["mind", "law"]),
        ("oaxaca", ["mind"]),
        ("alb", ["women", "food"]),
        ("albergue embarazadas inexistente", ["women"]),
        ("xyzzyx", []),
        ("rio", ["food"]),
    ],
)
async def test_words_find_what_people_mean(desk: Desk, text: str, expected: list[str]) -> None:
    assert sorted(await found(desk, text=text)) == sorted(expected)


async def test_a_word_of_the_name_weighs_more_than_one_of_the_description(desk: Desk) -> None:
    assert await found(desk, text="albergue") == ["women", "food"]


async def test_a_text_that_is_empty_or_of_stop_words_finds_everything(desk: Desk) -> None:
    assert len(await found(desk, text="")) == 4
    assert len(await found(desk, text="de la")) == 4


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"needs": (Need.FOOD, Need.MENTAL_HEALTH)}, ["food", "mind"]),
        ({"kinds": (OrganizationKind.HEALTH,)}, ["law", "mind"]),
        ({"states": (State.OAX,)}, ["mind"]),
        ({"municipalities": ("07089",)}, ["women"]),
        ({"languages": ("mam", "tzo")}, ["food", "women"]),
        ({"languages": ("es-MX",)}, ["food", "law", "mind", "women"]),
        ({"languages": ("Mam de la Sierra",)}, ["food"]),
        ({"languages": ("mam",), "interpreter": True}, ["food"]),
        ({"languages": ("mam",), "interpreter": False}, ["women"]),
        ({"accessibility": ("sillas de rueda",)}, []),
        ({"accessibility": ("sillas", "RAMPA")}, ["mind"]),
        ({"certified": True}, ["mind"]),
        ({"certified": False, "needs": (Need.FOOD,)}, ["food"]),
        ({"age": 17}, ["food", "law", "women"]),
        ({"age": 18}, ["law", "mind", "women"]),
        ({"has_capacity": True}, ["women"]),
        ({"has_capacity": False}, ["law", "mind"]),
        ({"organization": "org_clinic"}, ["law", "mind"]),
        ({"organization": "org_clinic", "needs": (Need.FOOD,)}, []),
        ({"inactive": True, "text": "cerrado"}, ["gone"]),
        ({"text": "cerrado"}, []),
    ],
)
async def test_every_condition_has_to_hold(
    desk: Desk, conditions: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(await found(desk, **conditions)) == expected


async def test_what_was_said_of_places_a_day_ago_is_neither_free_nor_full() -> None:
    desk = desk_of(
        service("svc_fresh", "Uno", capacity=[beds(1, 23)]),
        service("svc_old", "Dos", capacity=[beds(1, 25)]),
        service("svc_full", "Tres", capacity=[beds(0, 23), beds(2, 25)]),
        service("svc_uncounted", "Cuatro"),
    )
    assert await found(desk, has_capacity=True) == ["fresh"]
    # As in lists, who counts no places has none to give.
    assert await found(desk, has_capacity=False) == ["uncounted", "full"]


async def test_a_place_that_is_free_goes_before_one_that_is_not() -> None:
    desk = desk_of(
        service("svc_full", "Albergue uno", capacity=[beds(0)]),
        service("svc_free", "Albergue dos", capacity=[beds(2)]),
    )
    assert await found(desk, text="albergue") == ["free", "full"]


async def test_each_hit_says_why_it_is_there(desk: Desk) -> None:
    page = await find(desk, text="albergue tapachla comid", near=TAPACHULA, reasons=True)
    assert [one.id for one in page.items] == ["svc_women", "svc_food"]
    why = {(one.code, one.field): one for one in page.reasons[0]}
    assert why[ReasonCode.WORD, SearchField.NAME].word == "albergue"
    assert why[ReasonCode.TYPO, SearchField.PLACE].found == "tapachula"
    assert why[ReasonCode.WORD, SearchField.DESCRIPTION].found == "comida"
    assert why[ReasonCode.DISTANCE, None].value == 0.0
    assert why[ReasonCode.CAPACITY, None].value == 3
    # What was said of its places is too old to be a reason.
    assert ReasonCode.CAPACITY not in {one.code for one in page.reasons[1]}


async def test_a_word_that_is_being_typed_says_what_it_may_become(desk: Desk) -> None:
    page = await find(desk, text="tapac", reasons=True)
    assert [(one.code, one.found) for one in page.reasons[1]] == [(ReasonCode.BEGINNING, "tapachula")]


async def test_facets_count_all_that_the_query_finds(desk: Desk) -> None:
    page = await find(desk, first=1, text="tapachula", facets=tuple(FacetKind))
    counts = {facet.kind: {one.code: one.count for one in facet.counts} for facet in page.facets}
    assert page.total == 2
    assert counts[FacetKind.NEED] == {"emergency_shelter": 1, "food": 1}
    assert counts[FacetKind.KIND] == {"shelter": 2}
    assert counts[FacetKind.STATE] == {"CHP": 2}
    assert counts[FacetKind.MUNICIPALITY] == {"07089": 1}
    assert counts[FacetKind.LANGUAGE] == {"es": 2, "mam": 2}
    towns = next(facet for facet in page.facets if facet.kind is FacetKind.MUNICIPALITY)
    assert towns.counts[0].name == "Tapachula"


async def test_facets_stay_within_the_circle(desk: Desk) -> None:
    near = Near(latitude=14.9, longitude=-92.26, km=5)
    page = await find(desk, near=near, facets=(FacetKind.NEED,))
    assert [one.code for one in page.facets[0].counts] == ["emergency_shelter"]


async def test_nearest_first_and_behind_them_those_whose_place_nobody_knows(desk: Desk) -> None:
    page = await find(desk, near=TAPACHULA)
    assert [one.id for one in page.items] == ["svc_women", "svc_food", "svc_mind", "svc_law"]
    assert page.distances[0] == 0.0
    assert page.distances[1] == pytest.approx(55.8, abs=0.1)
    assert page.distances[3] is None
    assert page.total == 4


async def test_kilometres_bound_every_order(desk: Desk) -> None:
    near = Near(municipality="07089", km=60)
    assert await found(desk, near=near) == ["women", "food"]
    assert await found(desk, near=near, order=ServiceOrder.NAME) == ["women", "food"]
    assert await found(desk, near=near, text="comida", order=ServiceOrder.RELEVANCE) == ["food", "women"]


async def test_what_has_gone_is_found_no_more() -> None:
    desk = desk_of(service("svc_a", "Uno"), service("svc_b", "Dos"))
    index = desk._index
    index.remove("svc_a")
    assert await found(desk) == ["b"]  # a hit of before the commit has nothing behind it any more
    index.put(service("svc_b", "Tercero", revision=2), made.SHELTER)
    index.commit()
    assert await found(desk, text="dos") == []
    assert await found(desk, text="tercero") == ["b"]
