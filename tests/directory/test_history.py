"""Every change of an organization or service has one entry in the history, whatever is repeated."""

from typing import Any

from contracts.codes import OrganizationKind
from contracts.directory import (
    CREATE_ORGANIZATION,
    IMPORT_RECORDS,
    VERIFY_ORGANIZATION,
    CreateOrganization,
    ImportRecords,
    VerifyOrganization,
)
from services.directory import history, ids
from services.directory.history import HISTORY, entry_id
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.servers import eventually


async def entries(store: Store, noun_id: str, count: int) -> list[dict[str, Any]]:
    """The entries of a noun's history, once there are so many."""

    async def look() -> list[dict[str, Any]]:
        bounds = {"$gt": entry_id(noun_id, 0), "$lt": entry_id(noun_id, 10**9)}
        found = [one async for one in store.db[HISTORY].find({"_id": bounds})]
        return sorted(found, key=lambda one: one["_id"])

    return await eventually(look, lambda found: len(found) == count)


async def test_an_import_says_which_source_changed_which_fields(operator: Ask, store: Store) -> None:
    first = [cast.organization(cast.SHELTER), cast.service(cast.BEDS)]
    await operator(IMPORT_RECORDS, ImportRecords(source="historia", records=tuple(first)))
    renamed = cast.service(cast.BEDS, name="Camas nuevas")
    await operator(IMPORT_RECORDS, ImportRecords(source="historia", records=(renamed,)))
    service = ids.derived("service", "historia", "s-camas")
    created, changed = await entries(store, service, 2)
    assert {"name", "needs", "intake", "organization"} <= set(created["fields"])
    assert (changed["action"], changed["fields"], changed["revision"]) == ("imported", ["name"], 2)
    assert changed["by"] == {"kind": "source", "source": "historia"}


async def test_a_record_of_which_only_untyped_fields_changed_has_its_entry_too(
    operator: Ask, store: Store
) -> None:
    for fees in ("gratis", "sin costo"):
        record = cast.organization({**cast.CLINIC, "x_fees": fees})
        await operator(IMPORT_RECORDS, ImportRecords(source="tarifas", records=(record,)))
    _, changed = await entries(store, ids.derived("organization", "tarifas", "o-clinica"), 2)
    assert changed["fields"] == ["record"]


async def test_what_an_operator_says_is_kept_and_repeating_it_adds_nothing(
    operator: Ask, store: Store
) -> None:
    request = CreateOrganization(name="Casa Historia", kind=OrganizationKind.SHELTER, verified=False)
    made = await operator(CREATE_ORGANIZATION, request)
    for _ in range(2):
        await operator(VERIFY_ORGANIZATION, VerifyOrganization(organization=made.id))
    created, verified = await entries(store, made.id, 2)
    assert (created["action"], created["by"]) == ("created", {"kind": "operator"})
    assert (verified["action"], verified["fields"]) == ("changed", ["verified"])


def test_free_places_and_reminders_are_no_history() -> None:
    assert history.changed_fields({"capacity": []}, {"capacity": [1], "remind_at": 3}) == []
