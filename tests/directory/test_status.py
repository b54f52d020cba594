"""What the directory says of itself to the doctor."""

from datetime import UTC, datetime, timedelta

import pytest
from nats.js.api import DiscardPolicy, StorageType

from chassis.part import Part
from contracts.directory import STATUS
from contracts.rpc import Nothing
from services.directory.confidential.store import PrivateStore
from services.directory.store import Store
from tests.directory.conftest import Ask


async def failing(operator: Ask) -> dict[str, str]:
    return {check.name: check.detail for check in (await operator(STATUS, Nothing())).checks if not check.ok}


async def test_all_is_well(operator: Ask) -> None:
    checks = (await operator(STATUS, Nothing())).checks
    assert {check.name for check in checks} == {
        "database",
        "indexes",
        "pending events",
        "parked",
        "stream EVT",
    }
    assert await failing(operator) == {}


async def test_a_lost_index_is_named(operator: Ask, store: Store) -> None:
    await store.collection("service").drop_index("changed_at")
    assert await failing(operator) == {"indexes": "Missing: services.changed_at; a restart makes them."}
    await store.prepare()
    assert await failing(operator) == {}


async def test_an_index_of_confidential_places_is_looked_at_too(operator: Ask, store: Store) -> None:
    await store.db["private_locations"].drop_index("location")
    assert await failing(operator) == {
        "indexes": "Missing: private_locations.location; a restart makes them."
    }
    await PrivateStore(store.db).prepare()
    assert await failing(operator) == {}


@pytest.mark.parametrize("outbox", ["proposals", "corrections"])
async def test_what_waits_of_proposals_and_corrections_is_said(
    operator: Ask, store: Store, outbox: str
) -> None:
    stuck = {"_id": "stuck", "n": 0, "pending_since": datetime.now(UTC) - timedelta(minutes=2)}
    await store.db[outbox].insert_one(stuck)
    assert list(await failing(operator)) == ["pending events"]
    await store.db[outbox].delete_one({"_id": "stuck"})


async def test_an_event_that_waits_for_long_is_said(operator: Ask, store: Store) -> None:
    # Nothing is pending in it, so the sweep leaves it as it is.
    stuck = {"_id": "stuck", "n": 0, "revision": 0, "pending_since": datetime.now(UTC) - timedelta(minutes=2)}
    await store.collection("organization").insert_one(stuck)
    assert list(await failing(operator)) == ["pending events"]
    await store.collection("organization").delete_one({"_id": "stuck"})


async def test_the_stream_is_kept_as_the_design_says(part: Part, operator: Ask) -> None:
    config = (await part.bus.js.stream_info("EVT")).config
    assert (config.subjects, config.max_age, config.duplicate_window) == (["evt.>"], 30 * 86_400, 600)
    assert (config.storage, config.discard, config.allow_direct) == (
        StorageType.FILE, DiscardPolicy.NEW, True,
    )  # fmt: skip
    config.max_age = 86_400.0
    await part.bus.js.update_stream(config)
    assert await failing(operator) == {"stream EVT": "It differs in max_age; a restart puts it right."}
    config.max_age = 30 * 86_400.0
    await part.bus.js.update_stream(config)
    assert await failing(operator) == {}
