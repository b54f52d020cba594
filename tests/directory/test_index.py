"""The conditions that lists can be asked by, on rows in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.paging import Key
from contracts.codes import Need, OrganizationKind, State
from contracts.directory import ListOrganizations
from contracts.rpc import Page
from services.directory import ids, record
from services.directory.geography.table import Table
from services.directory.index import Index
from services.directory.record import Imported
from tests.directory import cast

PAGE = Page(first=100)
NOW = datetime.now(UTC)


def put(index: Index, *records: Any) -> None:
    for given in records:
        imported = record.read(cast.SOURCE, given, Table())
        assert isinstance(imported, Imported)
        document = {"_id": imported.id, "changed_at": NOW, **imported.fields}
        if imported.noun == "organization":
            index.take_organization(document)
        else:
            index.take_service(document)


@pytest.fixture
def index() -> Index:
    index = Index()
    put(index, *cast.network())
    return index


def names(keys: Sequence[Key]) -> list[str]:
    return [sort for sort, _ in keys]


SHELTER, CLINIC = "casa la ceiba", "clinica ambar"


def test_a_service_is_found_by_its_id_in_the_directory_that_it_came_from(index: Index) -> None:
    beds = ids.derived("service", cast.SOURCE, "s-camas")
    assert index.find_service("s-camas") == beds
    assert index.find_service("s-") is None
    index.forget_service(beds)
    assert index.find_service("s-camas") is None


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, [SHELTER, CLINIC]),
        ({"kinds": (OrganizationKind.SHELTER,)}, [SHELTER]),
        ({"states": (State.OAX,)}, [CLINIC]),
        ({"needs": (Need.FOOD,)}, [SHELTER]),
        ({"needs": (Need.FOOD,), "states": (State.OAX,)}, []),
        ({"states": (State.OAX, State.CHP)}, [SHELTER, CLINIC]),
        ({"kinds": (OrganizationKind.HEALTH, OrganizationKind.SHELTER)}, [SHELTER, CLINIC]),
        ({"needs": (Need.FOOD, Need.MEDICINES)}, [SHELTER]),
        ({"needs": (Need.MEDICINES,)}, []),
        ({"text": "ambar partos"}, [CLINIC]),
        ({"text": "CEIB cas"}, [SHELTER]),
        ({"text": "Clínica"}, [CLINIC]),
        ({"text": "linica"}, []),
        ({"text": "ceiba ambar"}, []),
        ({"text": " ¿! "}, [SHELTER, CLINIC]),
        ({"text": "canario"}, []),
        ({"source_id": "o-"}, []),
        ({"source_id": "o-ceiba"}, [SHELTER]),
    ],
)
def test_organizations_are_found_by_every_condition(index: Index, conditions: Any, found: list[str]) -> None:
    assert names(index.find_organizations(ListOrganizations(page=PAGE, **conditions))) == found


def test_an_organization_in_a_state_is_found_there_without_any_service(index: Index) -> None:
    place = {"id": "l", "addresses": [{"state_province": "Veracruz"}]}
    put(index, cast.organization(cast.CLINIC, id="o-oficina", name="Oficina", locations=[place]))
    found = index.find_organizations(ListOrganizations(page=PAGE, states=(State.VER,)))
    assert names(found) == ["oficina"]


def test_a_service_that_is_renamed_and_moved_is_found_where_it_is_now(index: Index) -> None:
    put(index, cast.service(cast.BEDS, name="Zaguán", organization_id="o-clinica"))
    assert index.find_service("s-camas") == ids.derived("service", cast.SOURCE, "s-camas")
    found = index.find_organizations(ListOrganizations(page=PAGE, needs=(Need.FOOD,)))
    assert names(found) == [CLINIC]


def test_rows_of_one_name_are_ordered_by_id() -> None:
    index = Index()
    put(index, *(cast.organization(cast.CLINIC, id=str(number), name="«Ámbar»") for number in range(20)))
    keys = index.find_organizations(ListOrganizations(page=PAGE))
    assert keys == sorted(keys)
    assert len(set(keys)) == 20
    assert {sort for sort, _ in keys} == {"ambar"}


def test_a_service_that_is_gone_does_not_count_for_its_organization(index: Index) -> None:
    index.forget_service(ids.derived("service", cast.SOURCE, "s-camas"))
    assert index.find_organizations(ListOrganizations(page=PAGE, needs=(Need.FOOD,))) == []
