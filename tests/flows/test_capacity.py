"""Places, from setting them to the person who leaves, through GraphQL."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from tests.flows.cast import SOURCE, Cast, _ask, _operator
from tests.flows.client import Client, Json
from tests.flows.test_one_referral import changed, issued, soon
from tests.servers import eventually

SET = """mutation ($input: SetCapacityInput!) { setCapacity(input: $input) {
  service { id capacity { unit status available maximum held occupied } } replayed
  userErrors { code path message } } }"""
PLACES = "query ($id: ID!) { referral(id: $id) { places { unit count } } }"
SEEN = """query ($id: ID!) { service(id: $id) {
  capacity { unit status available maximum held occupied waiting validUntil } } }"""


STATUS = "query ($id: ID!) { referral(id: $id) { status } }"
HOUSEHOLDS = 100 if "RELEVO_TEST_FULL" in os.environ else 40
AT_ONCE = 25

T = TypeVar("T")
R = TypeVar("R")


async def in_turn(do: Callable[[T], Awaitable[R]], to: Sequence[T]) -> list[R]:
    """Do something to all of them, so many at once that each competes with many."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with slots:
            return await do(item)

    return list(await asyncio.gather(*(one(item) for item in to)))


async def new_service(cast: Cast, **fields: Any) -> str:
    """A service of the hospital's of its own; return its id."""
    source_id = f"lugares-{uuid.uuid4()}"
    record = {
        "id": source_id,
        "organization_id": "hospital",
        "name": "Camas (ficticias)",
        "status": "active",
        "relevo": {"needs": ["emergency_shelter"], "intake": "network", "fictional": True},
        **fields,
    }
    async with _operator(cast.stack) as caller:
        records = (ImportRecord(kind="service", record=record),)
        reply = await _ask(caller, IMPORT_RECORDS, ImportRecords(source=SOURCE, records=records))
    assert reply.outcomes[0].id, reply
    found = await cast.hospital.ask("query ($s: String) { service(sourceId: $s) { id } }", s=source_id)
    return str(found["service"]["id"])


async def said(client: Client, service: str, *units: Json, key: str | None = None) -> Json:
    """Set a service's units; return the payload."""
    given = {"service": service, "units": list(units), "idempotencyKey": key or str(uuid.uuid4())}
    payload: Json = (await client.ask(SET, input=given))["setCapacity"]
    return payload


async def numbers(cast: Cast, service: str) -> list[tuple[Any, ...]]:
    """Status, available, held and occupied of each unit, as a third party sees them."""
    found = (await cast.third.ask(SEEN, id=service))["service"]["capacity"]
    return [(one["status"], one["available"], one["held"], one["occupied"]) for one in found]


async def accepted(cast: Cast, given: Json) -> Json:
    """Accept as the hospital; return the payload."""
    return await cast.hospital.change("acceptReferral", **given)


def codes(payload: Json) -> list[tuple[str, tuple[str, ...]]]:
    return [(error["code"], tuple(error["path"])) for error in payload["userErrors"]]


async def test_places_are_set_held_occupied_and_freed(cast: Cast) -> None:
    service = await new_service(cast)
    payload = await said(cast.hospital, service, {"unit": "bed", "maximum": 3, "occupied": 1})
    assert payload["userErrors"] == []
    assert payload["service"]["capacity"][0]["available"] == 2
    referral = (await issued(cast, service=service))["id"]
    places = [{"unit": "bed", "count": 2}]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon(), places=places)
    assert await numbers(cast, service) == [("KNOWN", 0, 2, 1)]
    for client in (cast.hospital, cast.shelter):
        assert (await client.ask(PLACES, id=referral))["referral"]["places"] == places
    other = (await issued(cast, service=service))["id"]
    refused = await cast.hospital.change("acceptReferral", referral=other, arriveBy=soon())
    assert codes(refused) == [("NO_CAPACITY", ("places", "0", "count"))]
    assert "bed: se piden 1, hay 0 libres" in refused["userErrors"][0]["message"]
    await changed(cast.hospital, "startReferral", referral)
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, 3)])
    await changed(cast.hospital, "completeReferral", referral, outcome="FULLY_MET")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 2, 0, 1)])
    await changed(cast.hospital, "acceptReferral", other, arriveBy=soon())
    assert await numbers(cast, service) == [("KNOWN", 1, 1, 1)]
    await changed(cast.shelter, "cancelReferral", other, reason="NEED_MET")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 2, 0, 1)])


async def test_a_household_keeps_as_many_places_as_its_sender_asked_for(cast: Cast) -> None:
    service = await new_service(cast)
    room, bed = {"unit": "room", "maximum": 2, "available": 2}, {"unit": "bed", "maximum": 9, "available": 9}
    await said(cast.hospital, service, room, bed)
    wished = [{"unit": "bed", "count": 3}, {"unit": "room", "count": 1}]
    referral = (await issued(cast, service=service, places=wished))["id"]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    assert await numbers(cast, service) == [("KNOWN", 1, 1, 0), ("KNOWN", 6, 3, 0)]
    unnamed = (await issued(cast, service=service))["id"]
    refused = await cast.hospital.change("acceptReferral", referral=unnamed, arriveBy=soon())
    assert codes(refused) == [("REQUIRED", ("places",))]
    accept = {"referral": unnamed, "arriveBy": soon()}
    refused = await accepted(cast, {**accept, "places": [{"unit": "cuna", "count": 1}]})
    assert codes(refused) == [("INVALID", ("places", "0", "unit"))]
    reason = {"withoutHold": True, "withoutHoldReason": "Sillas para esta noche"}
    refused = await cast.hospital.change(
        "acceptReferral", referral=unnamed, arriveBy=soon(), withoutHold=True
    )
    assert codes(refused) == [("REQUIRED", ("withoutHoldReason",))]
    await changed(cast.hospital, "acceptReferral", unnamed, arriveBy=soon(), **reason)
    assert await numbers(cast, service) == [("KNOWN", 1, 1, 0), ("KNOWN", 6, 3, 0)]


async def test_a_family_that_comes_without_a_hold_takes_as_many_places_as_it_needs(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 6, "available": 5})
    members = [{"ageBand": band, "gender": "FEMALE"} for band in ("ADULT", "CHILD", "CHILD")]
    family = {"members": members, "keepTogether": True}
    # Straight in from the street, and accepted without a hold; asked for by the sender, or not.
    asked = (await issued(cast, service=service, places=[{"unit": "bed", "count": 4}], household=family))[
        "id"
    ]
    await changed(cast.hospital, "startReferral", asked)
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 1, 0, 5)])
    shown = (await cast.hospital.ask(PLACES, id=asked))["referral"]["places"]
    assert shown == [{"unit": "bed", "count": 4}]
    unsaid = (await issued(cast, service=service, household=family))["id"]
    reason = {"withoutHold": True, "withoutHoldReason": "Sillas para esta noche"}
    await changed(cast.hospital, "acceptReferral", unsaid, arriveBy=soon(), **reason)
    await changed(cast.hospital, "startReferral", unsaid)
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, 9)])
    for referral in (asked, unsaid):
        await changed(cast.hospital, "completeReferral", referral, outcome="FULLY_MET")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 5, 0, 1)])


async def test_a_hundred_families_at_once_for_the_last_seven_places(cast: Cast) -> None:
    """None is kept in part, none takes what another's failure freed, and nobody waits for a place in vain."""
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 9, "occupied": 2})
    sizes = [1 + number % 5 for number in range(HOUSEHOLDS)]

    async def asked(size: int) -> str:
        return str((await issued(cast, service=service, places=[{"unit": "bed", "count": size}]))["id"])

    referrals = await in_turn(asked, sizes)

    async def accept(referral: str) -> Json:
        while True:
            payload = await cast.hospital.change("acceptReferral", referral=referral, arriveBy=soon())
            # So many wait for one another that a slow machine may say so: nothing was done then.
            if [code for code, _ in codes(payload)] != ["CAPACITY_UNREACHABLE"]:
                return payload

    payloads = await asyncio.gather(*map(accept, referrals))
    kept = [size for size, payload in zip(sizes, payloads, strict=True) if not payload["userErrors"]]
    refused = [payload for payload in payloads if payload["userErrors"]]
    assert {tuple(codes(one)) for one in refused} == {(("NO_CAPACITY", ("places", "0", "count")),)}
    free = 7 - sum(kept)
    assert await numbers(cast, service) == [("KNOWN", free, sum(kept), 2)]
    # Whoever was told that there is no place was told so rightly, at the end as well.
    assert all(size > free for size, payload in zip(sizes, payloads, strict=True) if payload["userErrors"])
    for number, payload in enumerate(payloads):
        status = (await cast.shelter.ask(STATUS, id=referrals[number]))["referral"]["status"]
        assert status == ("SENT" if payload["userErrors"] else "ACCEPTED")


async def test_two_acceptances_of_one_referral_at_once_are_one_with_its_places(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 5, "available": 5})
    referral = (await issued(cast, service=service))["id"]
    counts = (1, 2, 3)
    places = [[{"unit": "bed", "count": count}] for count in counts]
    payloads = await asyncio.gather(
        *(
            cast.hospital.change("acceptReferral", referral=referral, arriveBy=soon(), places=wanted)
            for wanted in places
        )
    )
    accepted = [number for number, payload in enumerate(payloads) if not payload["userErrors"]]
    assert len(accepted) == 1
    assert {code for one in payloads for code, _ in codes(one)} == {"WRONG_STATUS"}
    shown = (await cast.hospital.ask(PLACES, id=referral))["referral"]["places"]
    assert shown == places[accepted[0]]
    held = counts[accepted[0]]
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 5 - held, held, 0)])


async def test_twenty_acceptances_at_once_on_five_places_are_five(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 5, "available": 5})
    referrals = await asyncio.gather(*(issued(cast, service=service) for _ in range(20)))
    payloads = await asyncio.gather(
        *(cast.hospital.change("acceptReferral", referral=one["id"], arriveBy=soon()) for one in referrals)
    )
    assert sorted(len(payload["userErrors"]) for payload in payloads) == [0] * 5 + [1] * 15
    assert await numbers(cast, service) == [("KNOWN", 0, 5, 0)]


async def test_old_numbers_are_unknown_and_no_reason_to_refuse_anybody(cast: Cast) -> None:
    updated = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    unit = {"id": "u", "unit": {"id": "u", "name": "bed"}, "maximum": 4, "updated": updated}
    service = await new_service(cast, capacities=[{**unit, "available": 0}])
    assert await numbers(cast, service) == [("UNKNOWN", None, None, None)]
    referral = (await issued(cast, service=service))["id"]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    assert await numbers(cast, service) == [("UNKNOWN", None, None, None)]


async def test_only_its_own_organization_sets_a_services_places(cast: Cast) -> None:
    service = await new_service(cast)
    payload = await said(cast.shelter, service, {"unit": "bed", "maximum": 3, "occupied": 1})
    assert (payload["service"], codes(payload)) == (None, [("FORBIDDEN", ("service",))])
    nowhere = await said(cast.hospital, "c2VydmljZTp4", {"unit": "bed", "maximum": 3, "occupied": 1})
    assert codes(nowhere) == [("NOT_FOUND", ("service",))]
    wrong = await said(cast.hospital, service, {"unit": "bed", "maximum": 3, "available": 4})
    assert codes(wrong) == [("INVALID", ("units", "0", "available"))]
    key = str(uuid.uuid4())
    unit = {"unit": "bed", "maximum": 3, "occupied": 5}
    first = await said(cast.hospital, service, unit, key=key)
    again = await said(cast.hospital, service, unit, key=key)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["service"] == first["service"]
