"""Holds on places: on one hot service and on a thousand, each beside the conditional write alone.

Asked through the directory's request API, as the referrals service asks it, more than there are places: what
was granted has to be exactly what there was.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection

from bench.network import Network
from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.capacity import HOLD_PLACES, HoldPlaces
from contracts.directory import GET_SERVICES, IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.rpc import Ids

AT_ONCE = 64
SERVICES = 1000
PLACES = 2
BATCH = 50
SOURCE = "bench-capacity"

Collection = AsyncIOMotorCollection[dict[str, Any]]


async def run_capacity(network: Network, rounds: int) -> dict[str, Any]:
    """Holds per second, how many were granted too many, and the floor, for both ways."""
    async with _callers(network) as (operator, referrals):
        hot, *many = await _services(operator, rounds)
        on_one = await _holds(referrals, [hot] * (rounds * 2))
        on_many = await _holds(referrals, [one for one in many for _ in range(PLACES + 1)])
        oversold = on_one[1] - rounds + on_many[1] - SERVICES * PLACES
        free = [await _available(referrals, many[at : at + 100]) for at in range(0, SERVICES, 100)]
    floor = await _floor(network, rounds)
    return {
        "one": {"per_second": on_one[0], "floor_per_second": floor["one"], "granted": on_one[1]},
        "many": {"per_second": on_many[0], "floor_per_second": floor["many"], "granted": on_many[1]},
        "oversold": oversold,
        "left_over": sum(free),
    }


async def _holds(referrals: Caller, services: list[str]) -> tuple[float, int]:
    """Ask for one place at each, many at once; return how many were answered in a second, and granted."""
    waiting = iter(services)
    granted = 0

    async def ask() -> None:
        nonlocal granted
        for service in waiting:
            try:
                await referrals.call(
                    HOLD_PLACES, HoldPlaces(referral=secrets.token_hex(16), service=service), referrals.me
                )
            except RefusedError as refusal:
                if refusal.code != "NO_CAPACITY":
                    raise
            else:
                granted += 1

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return len(services) / (time.perf_counter() - began), granted


async def _available(caller: Caller, services: list[str]) -> int:
    reply = await caller.call(GET_SERVICES, Ids(ids=tuple(services)), caller.me)
    return sum(one.capacity[0].available or 0 for one in reply.items if one)


async def _services(operator: Caller, places: int) -> list[str]:
    """A service with so many places, then a thousand with a few each; return their ids."""
    records = [
        ImportRecord(kind="organization", record={"id": "o", "name": "Casa (ficticia)"}),
        *(_record(number, PLACES if number else places) for number in range(SERVICES + 1)),
    ]
    found: list[str] = []
    for begin in range(0, len(records), BATCH):
        request = ImportRecords(source=SOURCE, records=tuple(records[begin : begin + BATCH]))
        reply = await operator.call(IMPORT_RECORDS, request, operator.me)
        found += [outcome.id or "" for outcome in reply.outcomes]
    return found[1:]


def _record(number: int, places: int) -> ImportRecord:
    unit = {"id": "u", "unit": {"id": "u", "name": "bed"}, "available": places, "maximum": places}
    now = datetime.now(UTC).isoformat()
    record = {
        "id": f"s{number}",
        "organization_id": "o",
        "name": f"Camas {number} (ficticias)",
        "status": "active",
        "capacities": [{**unit, "updated": now}],
    }
    return ImportRecord(kind="service", record=record)


async def _floor(network: Network, rounds: int) -> dict[str, float]:
    """The same conditional write alone: one after the other on one document, many at once on a thousand."""
    client = mongo.connect(network.stack.urls["mongo"])
    stored = await client["relevo_directory"]["capacity"].find_one({})
    collection: Collection = client["relevo_bench"]["capacity"]
    many = [{**(stored or {}), "_id": str(number), "revision": 0} for number in range(SERVICES)]
    await collection.insert_many(many)
    revisions = {document["_id"]: 0 for document in many}

    async def write(document_id: str) -> None:
        revision = revisions[document_id]
        hold = {"places": [{"unit": "bed", "count": 1}], "until": datetime.now(UTC) + timedelta(seconds=60)}
        result = await collection.update_one(
            {"_id": document_id, "revision": revision},
            {
                "$set": {f"provisional.{secrets.token_hex(16)}": hold, "revision": revision + 1},
                "$currentDate": {"changed_at": True},
            },
        )
        if not result.matched_count:
            raise RuntimeError("nobody else writes here")
        revisions[document_id] = revision + 1

    try:
        return {
            "one": await _rate(write, ["0"] * rounds, 1),
            "many": await _rate(write, [str(number) for number in range(SERVICES)], AT_ONCE),
        }
    finally:
        await client.drop_database("relevo_bench")
        client.close()


async def _rate(write: Callable[[str], Awaitable[None]], ids: list[str], at_once: int) -> float:
    waiting = iter(ids)

    async def go_on() -> None:
        for document_id in waiting:
            await write(document_id)

    began = time.perf_counter()
    await asyncio.gather(*(go_on() for _ in range(at_once)))
    return len(ids) / (time.perf_counter() - began)


@asynccontextmanager
async def _callers(network: Network) -> AsyncIterator[tuple[Caller, Caller]]:
    """The operator, and the referrals service."""
    stack = network.stack
    buses = [
        await connect(stack.urls["nats"], Identity.load(stack.data / "keys", name), lambda: None)
        for name in ("operator", "referrals")
    ]
    try:
        yield Caller(buses[0], timeout=30), Caller(buses[1], timeout=30)
    finally:
        for bus in buses:
            await bus.close()
