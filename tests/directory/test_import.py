"""Importing over the bus: each record by itself, the second time unchanged, never stopped by a bad one."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.directory import (
    GET_ORGANIZATIONS,
    GET_SERVICES,
    IMPORT_RECORDS,
    LIST_ORGANIZATIONS,
    ImportRecord,
    ImportRecords,
    ListOrganizations,
)
from contracts.rpc import Ids, Page
from services.directory import ids, record
from services.directory.geography.table import Table
from services.directory.store import Change, Known, Store
from tests.directory import cast
from tests.directory.conftest import Ask


async def take(operator: Ask, source: str, *records: ImportRecord) -> list[tuple[str, str | None]]:
    reply = await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records))
    return [(one.outcome, one.id) for one in reply.outcomes]


def words(outcomes: list[tuple[str, str | None]]) -> list[str]:
    return [word for word, _ in outcomes]


async def test_records_are_created_then_unchanged_then_updated(operator: Ask) -> None:
    first = await take(operator, "thrice", *cast.network())
    assert words(first) == ["created"] * 4
    again = await take(operator, "thrice", *cast.network())
    assert again == [("unchanged", noun_id) for _, noun_id in first]
    third = await take(
        operator, "thrice", cast.service(cast.BEDS, name="Camas"), cast.service(cast.CONSULTATION)
    )
    assert third == [("updated", first[2][1]), ("unchanged", first[3][1])]
    found = await operator(GET_SERVICES, Ids(ids=(first[2][1] or "",)))
    assert found.items[0] is not None
    assert found.items[0].name == "Camas"


async def is_verified(operator: Ask, organization: str | None) -> bool:
    (found,) = (await operator(GET_ORGANIZATIONS, Ids(ids=(organization or "",)))).items
    assert found is not None
    return found.verified


async def test_no_record_makes_its_organization_verified(operator: Ask) -> None:
    record = {**cast.SHELTER, "relevo": {**cast.SHELTER["relevo"], "verified": True}}
    ((word, shelter),) = await take(operator, "selfmade", cast.organization(record))
    assert word == "created"
    assert not await is_verified(operator, shelter)


async def test_a_coordinator_may_vouch_for_every_organization_of_a_batch(operator: Ask) -> None:
    async def vouched_for() -> list[tuple[str, str | None]]:
        request = ImportRecords(source="vouched", records=cast.network(), verified=True)
        return [(one.outcome, one.id) for one in (await operator(IMPORT_RECORDS, request)).outcomes]

    ids_of = [noun_id for _, noun_id in await take(operator, "vouched", *cast.network())]
    assert not await is_verified(operator, ids_of[0])
    # Nothing in the records has changed, and two organizations have.
    assert words(await vouched_for()) == ["updated", "updated", "unchanged", "unchanged"]
    assert words(await vouched_for()) == ["unchanged"] * 4
    # Nor does an import without the word take it back.
    changed = cast.organization(cast.SHELTER, name="Casa La Ceiba del Río")
    assert words(await take(operator, "vouched", changed)) == ["updated"]
    assert [await is_verified(operator, one) for one in ids_of[:2]] == [True, True]
    new = ImportRecords(source="vouched-new", records=cast.network(), verified=True)
    made = (await operator(IMPORT_RECORDS, new)).outcomes[0]
    assert await is_verified(operator, made.id)


async def test_a_record_that_lost_a_field_loses_it_here_too(operator: Ask) -> None:
    first = await take(operator, "loses", *cast.network())
    bare: dict[str, Any] = {
        "id": "s-camas",
        "organization_id": "o-ceiba",
        "name": "Camas",
        "status": "inactive",
    }
    assert words(await take(operator, "loses", ImportRecord(kind="service", record=bare))) == ["updated"]
    found = (await operator(GET_SERVICES, Ids(ids=(first[2][1] or "",)))).items[0]
    assert found is not None
    assert (found.status, found.needs, found.locations, found.capacity) == ("inactive", (), (), ())


async def test_bad_records_are_refused_by_field_and_do_not_stop_the_others(operator: Ask) -> None:
    shelter, _, beds, _ = cast.network()
    records = (
        cast.organization(cast.CLINIC, name=""),
        shelter,
        cast.service(cast.CONSULTATION),
        cast.service(cast.BEDS, id="s-otra", status="?"),
        beds,
        cast.service(cast.BEDS, name="Otra vez"),
    )
    reply = await operator(IMPORT_RECORDS, ImportRecords(source="bad", records=records))
    assert [one.outcome for one in reply.outcomes] == [
        "refused", "created", "refused", "refused", "created", "refused",
    ]  # fmt: skip
    assert [[(p.path, p.code) for p in one.problems] for one in reply.outcomes if one.problems] == [
        [(("name",), "INVALID")],
        [(("organization_id",), "UNKNOWN_ORGANIZATION")],
        [(("status",), "INVALID")],
        [(("id",), "DUPLICATE")],
    ]


async def test_a_service_finds_the_organization_of_an_earlier_batch_of_its_source_only(operator: Ask) -> None:
    await take(operator, "earlier", cast.organization(cast.SHELTER))
    assert words(await take(operator, "earlier", cast.service(cast.BEDS))) == ["created"]
    assert words(await take(operator, "later", cast.service(cast.BEDS))) == ["refused"]


async def test_one_source_imported_ten_times_at_once_is_taken_once(operator: Ask, store: Store) -> None:
    every = await asyncio.gather(*(take(operator, "crowd", *cast.network()) for _ in range(10)))
    for number in range(4):
        outcomes = [words(one)[number] for one in every]
        assert outcomes.count("created") == 1
        assert outcomes.count("unchanged") == 9
    shelter = await store.get("organization", ids.derived("organization", "crowd", "o-ceiba"))
    assert shelter is not None
    assert (shelter["revision"], shelter["n"]) == (1, 1)


async def test_two_versions_imported_at_once_leave_one_of_them_whole(operator: Ask, store: Store) -> None:
    await take(operator, "race", *cast.network())
    versions = [cast.service(cast.BEDS, name=name, email=f"{name}@ceiba.example") for name in ("uno", "dos")]
    outcomes = await asyncio.gather(*(take(operator, "race", version) for version in versions))
    assert [words(one) for one in outcomes] == [["updated"], ["updated"]]
    left = await store.get("service", ids.derived("service", "race", "s-camas"))
    assert left is not None
    assert (left["revision"], left["n"]) == (3, 3)


async def test_what_was_written_long_after_its_stamp_is_stamped_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = await store.now()
    moments = iter([now - timedelta(seconds=10), now])

    async def slow() -> datetime:
        return next(moments)

    monkeypatch.setattr(store, "now", slow)
    made = record.read("stamped", cast.organization(cast.CLINIC), Table())
    assert isinstance(made, record.Imported)
    event = record.changed_event("organization", made.id, made.fields, 1, now, before={})
    assert await store.save("organization", [Change(made.id, Known(), made.fields, event)]) == set()
    document = await store.get("organization", made.id)
    assert document is not None
    # Whoever follows by the clock looks back five seconds.
    assert document["changed_at"].replace(tzinfo=UTC) > now - timedelta(seconds=1)


async def test_the_record_is_kept_as_it_was_received(operator: Ask, store: Store) -> None:
    given = cast.service(cast.CONSULTATION, x_unheard=[1.5, None, {"$odd.key": "ñ"}])
    await take(operator, "kept", cast.organization(cast.CLINIC), given)
    noun_id = ids.derived("service", "kept", "s-consulta")
    document = await store.collection("service").find_one({"_id": noun_id})
    assert document is not None
    assert json.loads(document["record"]) == given.record


async def test_what_was_imported_is_in_the_next_list(operator: Ask) -> None:
    async def listed() -> list[str]:
        request = ListOrganizations(page=Page(first=100), text="inmediata")
        return [one.name for one in (await operator(LIST_ORGANIZATIONS, request)).items]

    assert await listed() == []
    await take(operator, "next", cast.organization(cast.CLINIC, id="o-1", name="Ayuda inmediata"))
    assert await listed() == ["Ayuda inmediata"]
    await take(operator, "next", cast.organization(cast.CLINIC, id="o-1", name="Ayuda tardía"))
    assert await listed() == []
