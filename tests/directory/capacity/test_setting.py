"""Who may say how many places there are, and what everybody then sees."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.capacity import SET_CAPACITY, SetCapacity, UnitCapacity
from contracts.codes import CapacityStatus
from contracts.directory import (
    GET_SERVICES,
    IMPORT_RECORDS,
    ImportRecords,
)
from contracts.rpc import Actor, Ids, Page
from contracts.search import SEARCH_SERVICES, SearchServices
from services.directory.store import Store
from tests.directory import cast
from tests.directory.capacity.conftest import Say, actor, key, service_of
from tests.directory.conftest import Ask
from tests.servers import eventually


def request(service: str, **changes: Any) -> SetCapacity:
    units = (UnitCapacity(unit="bed", maximum=10, available=4),)
    return SetCapacity(**{"service": service, "units": units, "idempotency_key": key(), **changes})


async def seen(ask: Ask, service: str) -> list[tuple[Any, ...]]:
    """Status, available, held and occupied of each unit, as a look-up shows them."""
    found = (await ask(GET_SERVICES, Ids(ids=(service,)))).items[0]
    assert found is not None
    return [(one.status.value, one.available, one.held, one.occupied) for one in found.capacity]


@pytest.mark.parametrize(
    "who",
    [actor(), actor("client", scopes=("directory:write",)), actor(roles=("viewer", "manager"))],
)
async def test_its_own_organization_says_how_many_places_a_service_has(
    public: Caller, gateway: Ask, service: str, who: Actor
) -> None:
    reply = await public.call(SET_CAPACITY, request(service), who)
    assert [(one.unit, one.available, one.occupied) for one in reply.capacity] == [("bed", 4, 6)]
    assert await seen(gateway, service) == [("known", 4, 0, 6)]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (actor(organization="org_another"), "FORBIDDEN"),
        (actor(roles=("caseworker",)), "FORBIDDEN"),
        (actor("client", scopes=("directory:read",)), "FORBIDDEN"),
        (actor(verified=False), "NOT_VERIFIED"),
    ],
)
async def test_nobody_else_does(public: Caller, gateway: Ask, service: str, who: Actor, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await public.call(SET_CAPACITY, request(service), who)
    assert refused.value.code == code
    if who.organization == "org_another":
        assert [field.path for field in refused.value.fields] == [("service",)]
    assert await seen(gateway, service) == []


async def test_a_service_that_does_not_exist_has_no_places(public: Caller) -> None:
    with pytest.raises(RefusedError) as refused:
        await public.call(SET_CAPACITY, request("svc_nowhere"), actor())
    assert refused.value.code == "NOT_FOUND"


async def test_the_same_key_again_says_nothing_new_and_another_input_is_refused(
    public: Caller, gateway: Ask, service: str, say: Say
) -> None:
    asked = request(service)
    assert not (await public.call(SET_CAPACITY, asked, actor())).replayed
    await say(service, occupied=9)
    again = await public.call(SET_CAPACITY, asked, actor())
    assert again.replayed
    assert await seen(gateway, service) == [("known", 1, 0, 9)]
    units = (UnitCapacity(unit="bed", maximum=10, available=5),)
    other = request(service, units=units, idempotency_key=asked.idempotency_key)
    with pytest.raises(RefusedError) as refused:
        await public.call(SET_CAPACITY, other, actor())
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert (await public.call(SET_CAPACITY, other, actor(id="another"))).replayed is False


async def test_the_same_call_twice_at_once_is_carried_out_once(
    public: Caller, service: str, store: Store
) -> None:
    asked = request(service, units=(UnitCapacity(unit="bed", maximum=10, available=5),))
    replies = await asyncio.gather(*(public.call(SET_CAPACITY, asked, actor()) for _ in range(8)))
    assert sorted(reply.replayed for reply in replies) == [False] + [True] * 7
    document = await store.capacity.collection.find_one({"_id": service})
    assert document is not None
    assert len(document["idempotency"]) == 1
    assert [entry["what"] for entry in document["history"]] == ["set"]


async def test_what_is_not_right_is_refused_whole(public: Caller, gateway: Ask, service: str) -> None:
    units = (
        UnitCapacity(unit="bed", maximum=10, available=4),
        UnitCapacity(unit="room", maximum=3, available=4),
    )
    with pytest.raises(RefusedError) as refused:
        await public.call(SET_CAPACITY, request(service, units=units), actor())
    assert refused.value.code == "INVALID"
    assert [field.path for field in refused.value.fields] == [("units", "1", "available")]
    assert await seen(gateway, service) == []


async def test_a_unit_goes_and_stays_away(
    public: Caller, gateway: Ask, service: str, say: Say, store: Store
) -> None:
    await say(service, maximum=10, available=10)
    units = (UnitCapacity(unit="bed", remove=True), UnitCapacity(unit="cot", maximum=4, available=4))
    reply = await public.call(SET_CAPACITY, request(service, units=units), actor())
    assert [one.unit for one in reply.capacity] == ["cot"]
    assert await seen(gateway, service) == [("known", 4, 0, 0)]
    stored = await store.capacity.load(service)
    assert stored is not None
    assert stored["removed"] == ["bed"]


async def listed(gateway: Ask, service: str) -> set[bool]:
    """By which values of ``has_capacity`` a service is found."""
    found = set()
    for wanted in (True, False):
        reply = await gateway(SEARCH_SERVICES, SearchServices(page=Page(first=100), has_capacity=wanted))
        if service in {item.id for item in reply.items}:
            found.add(wanted)
            (item,) = [item for item in reply.items if item.id == service]
            assert [one.available for one in item.capacity] in ([], [0], [2], [None])
    return found


async def test_a_list_finds_who_has_a_place_and_who_has_none_and_neither_whose_word_is_old(
    gateway: Ask, service: str, say: Say, store: Store
) -> None:
    async def becomes(found: set[bool]) -> None:
        await eventually(lambda: listed(gateway, service), lambda now: now == found)

    await becomes({False})
    await say(service, maximum=2, available=2)
    await becomes({True})
    await say(service, occupied=2)
    await becomes({False})
    past = datetime.now(UTC) - timedelta(seconds=1)
    await store.capacity.collection.update_one(
        {"_id": service},
        {
            "$set": {"units.0.valid_until": past},
            "$inc": {"revision": 1},
            "$currentDate": {"changed_at": True},
        },
    )
    await becomes(set())
    assert await seen(gateway, service) == [("unknown", None, None, None)]


async def test_an_imported_capacity_is_shown_until_it_is_old_and_renewed_by_the_next_import(
    operator: Ask, gateway: Ask
) -> None:
    def capacity(available: int, at: datetime) -> dict[str, Any]:
        unit = {"id": "c", "unit": {"id": "u", "name": "bed"}, "available": available, "maximum": 12}
        return {**unit, "updated": at.isoformat()}

    now = datetime.now(UTC)
    service = await service_of(operator, id="s-renewed", capacities=[capacity(3, now - timedelta(days=2))])
    assert await seen(gateway, service) == [("unknown", None, None, None)]
    await service_of(operator, id="s-renewed", capacities=[capacity(5, now - timedelta(minutes=2))])
    assert await seen(gateway, service) == [("known", 5, 0, 7)]
    records = (cast.service(cast.BEDS, id="s-renewed", capacities=[capacity(4, now)]),)
    await operator(IMPORT_RECORDS, ImportRecords(source="places", records=records))
    assert await seen(gateway, service) == [("known", 4, 0, 8)]
    found = (await gateway(GET_SERVICES, Ids(ids=(service,)))).items[0]
    assert found is not None
    assert found.capacity[0].status is CapacityStatus.KNOWN
