"""What an organization has edited itself stays, whatever its source says; a person decides."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.directory import GET_SERVICES, ImportRecord, Service
from contracts.exchange import DECIDE_CONFLICT, LIST_CONFLICTS, DecideConflict, ListConflicts
from contracts.rpc import Ids
from services.directory import ids
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.exchange.conftest import Run


def records(**changes: Any) -> tuple[ImportRecord, ...]:
    return cast.organization(cast.SHELTER), cast.service(cast.BEDS, **changes)


async def edit(store: Store, source: str, **fields: Any) -> str:
    """What updateService does to the document."""
    noun_id = ids.derived("service", source, cast.BEDS["id"])
    marks = {name: {"at": datetime.now(UTC), "by": "mb_somebody"} for name in fields}
    change = {"$set": {**fields, "edited": marks}, "$inc": {"revision": 1}}
    changed = await store.collection("service").update_one({"_id": noun_id}, change)
    assert changed.matched_count == 1
    return noun_id


async def found(operator: Ask, noun_id: str) -> Service:
    one: Service | None = (await operator(GET_SERVICES, Ids(ids=(noun_id,)))).items[0]
    assert one is not None
    return one


async def test_an_edited_field_stays_and_the_conflict_is_listed_once(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("disputed", *records())
    noun_id = await edit(store, "disputed", name="Nuestras camas")
    reply, _ = await run("disputed", *records(name="Camas de la fuente", description="Nueva"))
    assert reply.conflicts == 1
    service = await found(operator, noun_id)
    assert (service.name, service.description) == ("Nuestras camas", "Nueva")
    again, _ = await run("disputed", *records(name="Camas de la fuente", description="Otra"))
    assert again.conflicts == 0
    listed = await operator(LIST_CONFLICTS, ListConflicts(source="disputed"))
    assert listed.total == 1
    (conflict,) = listed.items
    assert (conflict.noun_id, conflict.field) == (noun_id, "name")
    assert (conflict.theirs, conflict.ours) == ("Camas de la fuente", "Nuestras camas")


async def test_a_conflict_is_listed_with_the_name_and_the_value_that_hold_now(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("renamed", *records())
    await edit(store, "renamed", description="Cerrado en agosto")
    await run("renamed", *records(description="Abierto"))
    await edit(store, "renamed", name="Otro nombre", description="Cerrado en julio")
    (conflict,) = (await operator(LIST_CONFLICTS, ListConflicts(source="renamed"))).items
    assert (conflict.name, conflict.field) == ("Otro nombre", "description")
    assert (conflict.theirs, conflict.ours) == ("Abierto", "Cerrado en julio")


async def test_a_person_keeps_the_organization_s_and_is_asked_again_only_about_something_new(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("kept-one", *records())
    noun_id = await edit(store, "kept-one", name="Nuestras camas")
    await run("kept-one", *records(name="A"))
    (conflict,) = (await operator(LIST_CONFLICTS, ListConflicts(source="kept-one"))).items
    await operator(DECIDE_CONFLICT, DecideConflict(id=conflict.id, decision="keep"))
    await run("kept-one", *records(name="A", description="x"))
    assert (await operator(LIST_CONFLICTS, ListConflicts(source="kept-one"))).total == 0
    await run("kept-one", *records(name="B"))
    assert (await operator(LIST_CONFLICTS, ListConflicts(source="kept-one"))).total == 1
    assert (await found(operator, noun_id)).name == "Nuestras camas"


async def test_a_person_takes_the_source_s_and_from_then_on_the_source_says(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("taken-one", *records())
    noun_id = await edit(store, "taken-one", name="Nuestras camas")
    await run("taken-one", *records(name="A"))
    (conflict,) = (await operator(LIST_CONFLICTS, ListConflicts(source="taken-one"))).items
    await operator(DECIDE_CONFLICT, DecideConflict(id=conflict.id, decision="take"))
    assert (await found(operator, noun_id)).name == "A"
    with pytest.raises(RefusedError, match="waits for a decision"):
        await operator(DECIDE_CONFLICT, DecideConflict(id=conflict.id, decision="take"))
    await run("taken-one", *records(name="B"))
    assert (await found(operator, noun_id)).name == "B"
    assert (await operator(LIST_CONFLICTS, ListConflicts(source="taken-one"))).total == 0


async def test_a_conflict_about_addresses_shows_none(operator: Ask, store: Store, run: Run) -> None:
    await run("placed", *records())
    await edit(store, "placed", locations=[])
    await run("placed", *records(description="x"))
    (conflict,) = (await operator(LIST_CONFLICTS, ListConflicts(source="placed"))).items
    assert (conflict.field, conflict.theirs, conflict.ours, conflict.shown) == (
        "locations",
        None,
        None,
        False,
    )
    kept = await store.db["conflicts"].find_one({"_id": conflict.id})
    assert not any(canary in str(kept) for canary in cast.CANARIES)
    await operator(DECIDE_CONFLICT, DecideConflict(id=conflict.id, decision="take"))
    await run("placed", *records(description="x"))
    assert len((await found(operator, conflict.noun_id)).locations) == 1


async def test_a_service_that_its_organization_opened_itself_is_not_closed_by_its_source(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("opened", *records())
    noun_id = await edit(store, "opened", status="active")
    await run("opened", cast.organization(cast.SHELTER))
    assert (await found(operator, noun_id)).status == "active"
    (conflict,) = (await operator(LIST_CONFLICTS, ListConflicts(source="opened"))).items
    assert (conflict.field, conflict.theirs) == ("status", "inactive")
