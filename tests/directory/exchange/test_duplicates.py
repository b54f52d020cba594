"""Possible duplicates are shown to a person, who is not asked twice; nothing is merged."""

from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.directory import ImportRecord
from contracts.exchange import (
    DECIDE_DUPLICATE,
    LIST_DUPLICATES,
    DecideDuplicate,
    Duplicate,
    ListDuplicates,
)
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.exchange.conftest import Run


def clinic(name: str, number: int, **location: Any) -> tuple[ImportRecord, ...]:
    """An organization of its own with one service, somewhere."""
    place = {"id": f"l-{number}", "location_type": "physical", **location}
    return (
        cast.organization(cast.CLINIC, id=f"o-{number}", name=f"Organización {name} {number}"),
        cast.service(
            cast.CONSULTATION,
            id=f"s-{number}",
            organization_id=f"o-{number}",
            name=name,
            service_at_locations=[{"id": f"a-{number}", "location": place}],
        ),
    )


def town(name: str) -> dict[str, Any]:
    return {"addresses": [{"city": name, "state_province": "CHP", "country": "MX"}]}


async def listed(operator: Ask, source: str) -> tuple[Duplicate, ...]:
    items: tuple[Duplicate, ...] = (await operator(LIST_DUPLICATES, ListDuplicates(source=source))).items
    return items


async def test_the_same_name_and_place_is_shown_across_sources_and_within_one(
    operator: Ask, run: Run
) -> None:
    await run(
        "twin-a", *clinic("Comedor Ñandú", 1, **town("Tuxtla")), *clinic("Comedor Ñandú", 2, **town("Otra"))
    )
    await run("twin-b", *clinic("COMEDOR NANDU", 3, **town("tuxtla")))
    (group,) = await listed(operator, "twin-b")
    assert group.why == "name"
    assert {(one.source, one.source_id) for one in group.members} == {("twin-a", "s-1"), ("twin-b", "s-3")}
    await run("twin-c", *clinic("Ropero", 1, **town("Ixtepec")), *clinic("Ropero", 2, **town("Ixtepec")))
    (within,) = await listed(operator, "twin-c")
    assert len(within.members) == 2


async def test_the_same_coordinates_are_shown_across_sources(operator: Ask, run: Run) -> None:
    spot = {"latitude": 16.51234, "longitude": -92.51234}
    await run("spot-a", *clinic("Clínica del Sol", 1, **spot, **town("Uno")))
    await run("spot-b", *clinic("Consultorio Luna", 2, **spot, **town("Dos")))
    (group,) = await listed(operator, "spot-b")
    assert group.why == "coordinates"


async def test_a_confidential_place_s_coordinates_are_not_looked_at(operator: Ask, run: Run) -> None:
    spot = {"latitude": 16.61234, "longitude": -92.61234, "relevo": {"visibility": "private"}}
    await run("dark-a", *clinic("Casa Alba", 1, **spot, **town("Tres")))
    await run("dark-b", *clinic("Refugio Norte", 2, **spot, **town("Cuatro")))
    assert await listed(operator, "dark-b") == ()


@pytest.mark.parametrize("decision", ["same", "different"])
async def test_a_decision_is_remembered_until_another_joins(operator: Ask, run: Run, decision: Any) -> None:
    name = f"Ludoteca {decision}"
    await run(f"asked-{decision}", *clinic(name, 1, **town("Arriaga")), *clinic(name, 2, **town("Arriaga")))
    (group,) = await listed(operator, f"asked-{decision}")
    await operator(DECIDE_DUPLICATE, DecideDuplicate(id=group.id, decision=decision))
    assert await listed(operator, f"asked-{decision}") == ()
    with pytest.raises(RefusedError):
        await operator(DECIDE_DUPLICATE, DecideDuplicate(id=group.id, decision=decision))
    await run(f"joins-{decision}", *clinic(name, 3, **town("Arriaga")))
    (again,) = await listed(operator, f"asked-{decision}")
    assert len(again.members) == 3
