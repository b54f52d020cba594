"""Looking up and listing over the bus; and what no answer ever holds."""

from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.codes import Need, OrganizationKind, State
from contracts.directory import (
    FIND_SERVICE,
    GET_ORGANIZATIONS,
    GET_SERVICES,
    IMPORT_RECORDS,
    LIST_ORGANIZATIONS,
    FindService,
    ImportRecords,
    ListOrganizations,
)
from contracts.rpc import Ids, Page
from contracts.search import SEARCH_SERVICES, SearchServices
from services.directory.text import sort_name
from tests.directory import cast
from tests.directory.conftest import Ask

SHELTER, CLINIC, BEDS, CONSULTATION = range(4)
NOBODY = "org_" + "a" * 26


@pytest.fixture(scope="module")
async def ids(operator: Ask) -> tuple[str, ...]:
    """The cast, imported; their ids in its order."""
    reply = await operator(IMPORT_RECORDS, ImportRecords(source="looking", records=cast.network()))
    return tuple(one.id or "" for one in reply.outcomes)


async def test_a_batch_keeps_its_order_and_answers_null_for_what_is_not_there(
    referrals: Ask, ids: tuple[str, ...]
) -> None:
    asked = (ids[CLINIC], NOBODY, ids[SHELTER], ids[CLINIC], ids[BEDS])
    items = (await referrals(GET_ORGANIZATIONS, Ids(ids=asked))).items
    assert [item and item.name for item in items] == [
        "Clínica Ámbar", None, "Casa La Ceiba", "Clínica Ámbar", None,
    ]  # fmt: skip
    assert (await referrals(GET_SERVICES, Ids(ids=()))).items == ()


async def test_a_service_is_answered_whole(referrals: Ask, ids: tuple[str, ...]) -> None:
    found = (await referrals(GET_SERVICES, Ids(ids=(ids[CONSULTATION],)))).items[0]
    assert found is not None
    assert found.organization == ids[CLINIC]
    assert (found.needs, found.states) == ((Need.MEDICAL_CARE,), (State.OAX,))
    assert found.locations[0].street == "Avenida Inventada 1, Local 2"
    assert found.phones[0].number == "555 0002"
    assert found.fictional


async def test_a_service_is_found_by_its_id_in_the_directory_that_it_came_from(
    gateway: Ask, ids: tuple[str, ...]
) -> None:
    found = (await gateway(FIND_SERVICE, FindService(source_id="s-consulta"))).item
    assert found is not None
    assert found.name == "Consulta médica"
    assert (await gateway(FIND_SERVICE, FindService(source_id="s-nada"))).item is None


async def test_more_than_a_hundred_ids_are_refused(referrals: Ask) -> None:
    with pytest.raises(RefusedError) as refusal:
        await referrals(GET_SERVICES, Ids(ids=(NOBODY,) * 101))
    assert (refusal.value.code, refusal.value.status) == ("INVALID", 422)


async def test_lists_page_by_name_both_ways(gateway: Ask, ids: tuple[str, ...]) -> None:
    del ids

    def asked(**page: Any) -> ListOrganizations:
        return ListOrganizations(page=Page(**page), kinds=(OrganizationKind.HEALTH, OrganizationKind.SHELTER))

    first = await gateway(LIST_ORGANIZATIONS, asked(first=1))
    assert (len(first.items), first.has_next, first.has_previous) == (1, True, False)
    rest = page = await gateway(LIST_ORGANIZATIONS, asked(first=100, after=first.positions[0]))
    organizations = [*first.items, *rest.items]
    while page.has_next:  # other tests add to the directory
        page = await gateway(LIST_ORGANIZATIONS, asked(first=100, after=page.positions[-1]))
        organizations += page.items
    names = [organization.name for organization in organizations]
    assert names == sorted(names, key=sort_name)
    assert first.total == rest.total == len(names)
    back = await gateway(LIST_ORGANIZATIONS, asked(last=1, before=rest.positions[0]))
    assert back.items == first.items
    assert (back.has_next, back.has_previous) == (True, False)


async def test_organizations_are_listed_by_what_they_do_and_where(gateway: Ask, ids: tuple[str, ...]) -> None:
    request = ListOrganizations(
        page=Page(first=100), kinds=(OrganizationKind.SHELTER,), needs=(Need.FOOD,), states=(State.CHP,)
    )
    found = await gateway(LIST_ORGANIZATIONS, request)
    assert ids[SHELTER] in [organization.id for organization in found.items]
    assert {organization.kind for organization in found.items} == {OrganizationKind.SHELTER}


async def test_a_page_that_cannot_be_is_refused(gateway: Ask) -> None:
    with pytest.raises(RefusedError) as refusal:
        await gateway(LIST_ORGANIZATIONS, ListOrganizations(page=Page(first=1, last=1)))
    assert refusal.value.code == "INVALID"
    assert refusal.value.fields[0].path == ("page", "first")


async def test_no_answer_holds_anything_of_a_confidential_location(
    gateway: Ask, ids: tuple[str, ...]
) -> None:
    everything = Page(first=100)
    answers = [
        await gateway(GET_SERVICES, Ids(ids=ids)),
        await gateway(GET_ORGANIZATIONS, Ids(ids=ids)),
        await gateway(FIND_SERVICE, FindService(source_id="s-camas")),
        await gateway(SEARCH_SERVICES, SearchServices(page=everything)),
        await gateway(LIST_ORGANIZATIONS, ListOrganizations(page=everything)),
    ]
    sent = msgspec.json.encode(answers).decode()
    assert "Camas para mujeres" in sent
    assert not [canary for canary in cast.CANARIES if canary in sent]


@pytest.mark.parametrize("text", ["canario", "canarito", "30799", "5550009"])
async def test_no_search_finds_a_confidential_location(gateway: Ask, ids: tuple[str, ...], text: str) -> None:
    del ids
    assert (await gateway(LIST_ORGANIZATIONS, ListOrganizations(page=Page(first=1), text=text))).total == 0
    assert (await gateway(SEARCH_SERVICES, SearchServices(page=Page(first=1), text=text))).total == 0
