"""Which services a request looks at: near ones, a bounded number, and none that may not be offered."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.codes import Need, OrganizationKind, State
from contracts.matching import MatchServices, Place
from services.directory.matching import field as fields
from services.directory.matching.asked import Asked
from services.directory.matching.candidate import Provider, candidate
from services.directory.matching.field import Field
from services.directory.search.near import Point
from tests.directory.matching.people import NOW, SENDER, asks

SHELTER = Provider(OrganizationKind.SHELTER, verified=True, phone=None)
TAPACHULA = (14.9, -92.26)


def put(field: Field, service: str, **more: Any) -> None:
    """A service somewhere, for food."""
    place = more.pop("place", None)
    locations = [{"visibility": "public", "latitude": place[0], "longitude": place[1]}] if place else []
    document = {
        "_id": service, "revision": 1, "organization": "org_1", "status": "active", "intake": "network",
        "needs": ["food"], "states": [], "locations": locations, **more,
    }  # fmt: skip
    field.put(candidate(document))


@pytest.fixture
def field() -> Field:
    field = Field()
    field.put_organization("org_1", SHELTER)
    return field


def found(field: Field, **known: Any) -> list[str]:
    """The services looked at, in their order."""
    request = asks(**{"needs": (Need.FOOD,), **known})
    return [one.id for one, _ in field.candidates(_asked(request))]


def _asked(request: MatchServices) -> Asked:
    centres = {"07089": Point(*TAPACHULA)}
    return Asked(request, SENDER, centres.get, NOW)


HERE = Place(latitude=TAPACHULA[0], longitude=TAPACHULA[1])


def test_service_of_an_organization_that_is_not_there_any_more_is_not_offered(field: Field) -> None:
    put(field, "kitchen")
    assert found(field) == ["kitchen"]
    field.put_organization("org_1", replace(SHELTER, there=False))
    assert found(field) == []
    field.put_organization("org_1", SHELTER)
    assert found(field) == ["kitchen"]


def test_services_within_reach_are_found_from_a_point_or_a_municipality(field: Field) -> None:
    put(field, "near", place=(14.95, -92.3))
    put(field, "over there", place=(15.6, -92.9))
    put(field, "far", place=(19.4, -99.1))
    put(field, "by telephone")
    put(field, "elsewhere", states=["OAX"])
    for place in (HERE, Place(municipality="07089")):
        assert set(found(field, place=place)) >= {"near", "over there", "by telephone"}
        assert "far" not in found(field, place=place)
        assert "over there" not in found(field, place=place, within_km=50)
    assert "far" in found(field, place=HERE, within_km=2000)
    # Of one without a place, the state is what is known.
    assert "elsewhere" not in found(field, place=Place(municipality="07089"))


def test_without_a_point_the_state_is_looked_at_and_without_any_place_the_country(field: Field) -> None:
    put(field, "here", states=["CHP"], municipalities=["07089"])
    put(field, "elsewhere", states=["OAX"])
    assert found(field, place=Place(state=State.CHP)) == ["here"]
    assert set(found(field)) == {"here", "elsewhere"}
    # A municipality of which no centre is known: the same one is no distance at all.
    ((_, far),) = field.candidates(_asked(asks(needs=(Need.FOOD,), place=Place(municipality="07019"))))
    assert far is None


@pytest.mark.parametrize("kind", ["police", "migration_authority"])
def test_nobody_behind_the_firewall_is_ever_offered(field: Field, kind: str) -> None:
    put(field, "theirs", organization="org_2")
    assert found(field, include_ineligible=True) == []  # nobody knows the organization yet
    field.put_organization("org_2", Provider(OrganizationKind(kind), verified=True, phone=None))
    assert found(field, include_ineligible=True) == []
    field.put_organization("org_2", SHELTER)
    assert found(field) == ["theirs"]
    field.put_organization("org_2", Provider(OrganizationKind(kind), verified=True, phone=None))
    assert found(field, include_ineligible=True) == []


def test_a_service_that_changed_stands_where_it_is_now_and_only_there(field: Field) -> None:
    put(field, "it", place=TAPACHULA)
    put(field, "it", place=(19.4, -99.1), needs=["legal_assistance"], organization="org_1")
    assert found(field, place=HERE) == []
    mexico = Place(latitude=19.4, longitude=-99.1)
    assert found(field, needs=(Need.LEGAL_ASSISTANCE,), place=mexico) == ["it"]
    assert found(field, place=mexico) == []


def test_however_common_a_need_is_a_bounded_number_is_judged_the_likely_ones_first(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "MOST_JUDGED", 20)
    monkeypatch.setattr(fields, "MOST_LOOKED_AT", 60)
    field.put_organization("org_2", Provider(OrganizationKind.OTHER, verified=False, phone=None))
    for number in range(100):
        put(field, f"closed {number}", place=TAPACHULA, status="inactive")
        put(field, f"unknown {number}", place=TAPACHULA, organization="org_2")
    for number in range(15):
        put(field, f"good {number}", place=(14.91, -92.27))
    for known in ({"place": HERE}, {}, {"needs": (Need.FOOD, Need.OTHER)}):
        ids = found(field, **known)
        assert len(ids) == 20
        assert len([one for one in ids if one.startswith("good")]) == 15
        assert not [one for one in ids if one.startswith("closed")]
