"""The conditions that lists can be asked by, on rows in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.codes import Need, OrganizationKind, State
from contracts.directory import ListOrganizations, ListServices
from contracts.rpc import Page
from services.directory import record
from services.directory.capacity.board import Board
from services.directory.geography.table import Table
from services.directory.index import Index, Key
from services.directory.record import Imported
from tests.directory import cast

PAGE = Page(first=100)
NOW = datetime.now(UTC)
# The cast counted its places long ago; these were counted just now.
COUNTED = [{**one, "updated": NOW.isoformat()} for one in cast.BEDS["capacities"]]


def put(index: Index, *records: Any) -> None:
    for given in records:
        imported = record.read(cast.SOURCE, given, Table())
        assert isinstance(imported, Imported)
        document = {"_id": imported.id, "changed_at": NOW, **imported.fields}
        if imported.noun == "organization":
            index.take_organization(document)
        else:
            index._board.take_service(document)
            index.take_service(document)


@pytest.fixture
def index() -> Index:
    index = Index(Board())
    put(index, *cast.network()[:2], cast.service(cast.BEDS, capacities=COUNTED), *cast.network()[3:])
    return index


def names(keys: Sequence[Key]) -> list[str]:
    return [sort for sort, _ in keys]


BEDS, CONSULTATION = "camas para mujeres", "consulta medica"
SHELTER, CLINIC = "casa la ceiba", "clinica ambar"


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, [BEDS, CONSULTATION]),
        ({"needs": (Need.FOOD, Need.MEDICINES)}, [BEDS]),
        ({"needs": (Need.MEDICINES,)}, []),
        ({"states": (State.OAX,)}, [CONSULTATION]),
        ({"states": (State.OAX, State.CHP)}, [BEDS, CONSULTATION]),
        ({"needs": (Need.FOOD,), "states": (State.OAX,)}, []),
        ({"kinds": (OrganizationKind.HEALTH,)}, [CONSULTATION]),
        ({"kinds": (OrganizationKind.HEALTH, OrganizationKind.SHELTER)}, [BEDS, CONSULTATION]),
        ({"has_capacity": True}, [BEDS]),
        ({"has_capacity": False}, [CONSULTATION]),
        ({"source_id": "s-camas"}, [BEDS]),
        ({"source_id": "s-"}, []),
        ({"organization": "org_unknown"}, []),
        ({"text": "MUJER cam"}, [BEDS]),
        ({"text": "médica"}, [CONSULTATION]),
        ({"text": "medica lunes"}, [CONSULTATION]),
        ({"text": "dormitorio"}, [BEDS]),
        ({"text": "edica"}, []),
        ({"text": "mujeres medica"}, []),
        ({"text": " ¿! "}, [BEDS, CONSULTATION]),
        ({"text": "canario"}, []),
    ],
)
def test_services_are_found_by_every_condition(index: Index, conditions: Any, found: list[str]) -> None:
    assert names(index.find_services(ListServices(page=PAGE, **conditions))) == found


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, [SHELTER, CLINIC]),
        ({"kinds": (OrganizationKind.SHELTER,)}, [SHELTER]),
        ({"states": (State.OAX,)}, [CLINIC]),
        ({"needs": (Need.FOOD,)}, [SHELTER]),
        ({"needs": (Need.FOOD,), "states": (State.OAX,)}, []),
        ({"text": "ambar partos"}, [CLINIC]),
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
    assert names(index.find_services(ListServices(page=PAGE))) == [CONSULTATION, "zaguan"]
    found = index.find_organizations(ListOrganizations(page=PAGE, needs=(Need.FOOD,)))
    assert names(found) == [CLINIC]


def test_rows_of_one_name_are_ordered_by_id() -> None:
    index = Index(Board())
    put(index, *(cast.organization(cast.CLINIC, id=str(number), name="«Ámbar»") for number in range(20)))
    keys = index.find_organizations(ListOrganizations(page=PAGE))
    assert keys == sorted(keys)
    assert len(set(keys)) == 20
    assert {sort for sort, _ in keys} == {"ambar"}


def test_a_service_whose_count_is_old_neither_has_capacity_nor_has_none() -> None:
    index = Index(Board())
    put(index, *cast.network())
    assert names(index.find_services(ListServices(page=PAGE, has_capacity=True))) == []
    assert names(index.find_services(ListServices(page=PAGE, has_capacity=False))) == [CONSULTATION]


def test_a_service_that_is_gone_is_neither_listed_nor_counted_for_its_organization(index: Index) -> None:
    (_, beds), _ = index.find_services(ListServices(page=PAGE))
    index.forget_service(beds)
    assert names(index.find_services(ListServices(page=PAGE))) == [CONSULTATION]
    assert index.find_organizations(ListOrganizations(page=PAGE, needs=(Need.FOOD,))) == []
