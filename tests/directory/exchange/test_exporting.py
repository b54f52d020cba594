"""The export: everybody's part of every record, a page at a time; what comes back changes nothing."""

from datetime import UTC, datetime
from typing import Any

from contracts.capacity import SET_CAPACITY, SetCapacity, UnitCapacity
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.exchange import EXPORT_RECORDS, ExportRecords
from services.directory import ids
from services.directory.exchange import exporting, likeness
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.exchange.conftest import Run
from tests.directory.membership.acting import key


async def export(operator: Ask, source: str) -> list[ImportRecord]:
    """All records of a source, as they are given out."""
    records: list[ImportRecord] = []
    for kind in ("organization", "service"):
        after = None
        while True:
            page = await operator(EXPORT_RECORDS, ExportRecords(kind=kind, after=after))
            records += [ImportRecord(kind=kind, record=one) for one in page.records]
            after = page.after
            if after is None:
                break
    return [one for one in records if one.record["relevo"].get("source") == source]


async def test_everything_is_given_out_once_in_pages(operator: Ask, run: Run, monkeypatch: Any) -> None:
    monkeypatch.setattr(exporting, "ENOUGH", 3)
    monkeypatch.setattr(exporting, "MOST_BYTES", 4_000)
    beds = [cast.service(cast.BEDS, id=f"s-{number}") for number in range(20)]
    await run("paged", cast.organization(cast.SHELTER), *beds)
    given = await export(operator, "paged")
    ids_given = [one.record["relevo"]["source_id"] for one in given]
    assert sorted(ids_given) == sorted(["o-ceiba", *(f"s-{number}" for number in range(20))])


async def test_a_confidential_address_is_not_given_out(operator: Ask, run: Run) -> None:
    await run("covered", *cast.network())
    text = str(await export(operator, "covered"))
    assert "Avenida Inventada 1" in text
    for canary in cast.CANARIES:
        assert canary not in text


async def test_what_was_given_out_comes_back_unchanged_and_wipes_nothing(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("circle", *cast.network())
    given = await export(operator, "circle")
    before = await whole(store, "circle")
    for source in ("circle", "elsewhere"):
        reply, finished = await run(source, *given)
        assert [one.outcome for one in reply.outcomes] == ["unchanged"] * 4
        assert finished.inactive == 0
    assert await whole(store, "circle") == before


async def test_places_are_given_out_as_counted_and_change_nothing_when_they_come_back(
    operator: Ask, store: Store, run: Run
) -> None:
    now = datetime.now(UTC).isoformat()
    said = [{"unit": {"name": "bed"}, "available": 3, "maximum": 12, "updated": now}]
    other = cast.service(cast.BEDS, id="s-otra", capacities=said)
    old = cast.service(cast.BEDS, id="s-vieja")
    await run(
        "counted", cast.organization(cast.SHELTER), cast.service(cast.BEDS, capacities=said), other, old
    )
    beds = ids.derived("service", "counted", "s-camas")
    units = (UnitCapacity(unit="bed", maximum=12, available=1),)
    await operator(SET_CAPACITY, SetCapacity(service=beds, units=units, idempotency_key=key()))
    given = await export(operator, "counted")
    free = {
        one.record["relevo"]["source_id"]: [unit["available"] for unit in one.record.get("capacities", ())]
        for one in given
    }
    assert free == {"o-ceiba": [], "s-camas": [1], "s-otra": [3], "s-vieja": []}
    before = await whole(store, "counted")
    units = (UnitCapacity(unit="bed", available=2),)
    await operator(SET_CAPACITY, SetCapacity(service=beds, units=units, idempotency_key=key()))
    reply, _ = await run("counted", *given)
    assert [one.outcome for one in reply.outcomes] == ["unchanged"] * 4
    assert await whole(store, "counted") == before


async def test_what_was_changed_on_the_way_is_refused_and_wipes_nothing(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("bent", *cast.network())
    given = await export(operator, "bent")
    before = await whole(store, "bent")
    bent = tuple(ImportRecord(kind=one.kind, record={**one.record, "name": "Otro"}) for one in given)
    reply = await operator(IMPORT_RECORDS, ImportRecords(source="bent", records=bent))
    assert {(one.outcome, one.problems[0].code) for one in reply.outcomes} == {
        ("refused", "GIVEN_OUT_OTHERWISE")
    }
    assert await whole(store, "bent") == before


async def test_an_export_of_another_directory_is_taken_as_any_source(operator: Ask, run: Run) -> None:
    await run("origin", *cast.network())
    given = []
    for number, one in enumerate(await export(operator, "origin")):
        own = one.record["relevo"]["id"][:4] + f"{number}{number}".replace("0", "a").replace("1", "b") * 13
        given.append(
            ImportRecord(kind=one.kind, record={**one.record, "relevo": {**one.record["relevo"], "id": own}})
        )
    reply, _ = await run("moved", *given)
    assert [one.outcome for one in reply.outcomes] == ["created"] * 4
    again, _ = await run("moved", *given)
    assert [one.outcome for one in again.outcomes] == ["unchanged"] * 4


async def whole(store: Store, source: str) -> list[dict[str, Any]]:
    documents = []
    for noun in ("organization", "service"):
        cursor = store.collection(noun).find({"source": source}, {"pending": 0, "pending_since": 0})
        documents += [one async for one in cursor]
    return sorted(documents, key=lambda one: str(one["_id"]))


def test_likeness_looks_at_what_is_said_and_not_at_how_it_was_carried() -> None:
    made = {"id": "1", "minimum_age": 18, "phones": [{"id": "2", "number": "1"}, {"id": "3"}], "x": None}
    carried = {
        "id": "1",
        "minimum_age": "18",
        "phones": [{"id": "3", "service_id": "1"}, {"id": "2", "number": "1"}],
    }
    assert likeness.same(carried, made)
    assert not likeness.same({**carried, "minimum_age": 17}, made)
    assert not likeness.same({**carried, "phones": []}, made)


def test_only_ids_of_ours_are_taken_for_ours() -> None:
    assert likeness.own_id({"relevo": {"id": "svc_" + "a2" * 13}}) == "svc_" + "a2" * 13
    for other in ({}, {"relevo": "svc_"}, {"relevo": {"id": "svc_x"}}, {"relevo": {"id": {"$gt": ""}}}):
        assert likeness.own_id(other) is None
