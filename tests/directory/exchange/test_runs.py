"""A source's import as a whole: what disappeared is inactive, one at a time, cut off it is begun again."""

from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.directory import (
    GET_SERVICES,
    IMPORT_RECORDS,
    LIST_ORGANIZATIONS,
    ImportRecord,
    ImportRecords,
    ListOrganizations,
    Service,
)
from contracts.exchange import (
    BEGIN_IMPORT,
    FINISH_IMPORT,
    BeginImport,
    FinishImport,
    RecordName,
)
from contracts.rpc import Ids, Page
from services.directory import ids
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.exchange.conftest import Run


def many(count: int) -> tuple[ImportRecord, ...]:
    beds = [cast.service(cast.BEDS, id=f"s-{number}", name=f"Camas {number}") for number in range(count)]
    return cast.organization(cast.SHELTER), *beds


async def status(operator: Ask, source: str, source_id: str) -> str:
    reply = await operator(GET_SERVICES, Ids(ids=(ids.derived("service", source, source_id),)))
    found: Service | None = reply.items[0]
    assert found is not None
    return found.status


async def test_what_a_source_does_not_have_any_more_is_inactive_and_active_when_it_is_back(
    operator: Ask, run: Run
) -> None:
    await run("leaving", *many(10))
    _, finished = await run("leaving", *many(9), accept_removals=False)
    assert (finished.missing, finished.known, finished.inactive, finished.held_back) == (1, 11, 1, False)
    assert await status(operator, "leaving", "s-9") == "inactive"
    assert await status(operator, "leaving", "s-8") == "active"
    # Gone already: not told again.
    _, again = await run("leaving", *many(9), accept_removals=False)
    assert (again.missing, again.inactive) == (0, 0)
    back, _ = await run("leaving", *many(10))
    assert [one.outcome for one in back.outcomes] == ["unchanged"] * 10 + ["updated"]
    assert await status(operator, "leaving", "s-9") == "active"


async def test_an_organization_that_its_source_has_no_more_is_not_listed_until_it_is_back(
    operator: Ask, run: Run
) -> None:
    async def listed(**more: Any) -> list[str | None]:
        request = ListOrganizations(page=Page(first=10), text="Nube", **more)
        return [one.source_id for one in (await operator(LIST_ORGANIZATIONS, request)).items]

    both = [cast.organization(cast.CLINIC, id=f"o-{number}", name=f"Nube {number}") for number in range(2)]
    await run("clouds", *both)
    assert await listed() == ["o-0", "o-1"]
    await run("clouds", both[0])
    assert await listed() == ["o-0"]
    assert await listed(include_inactive=True) == ["o-0", "o-1"]
    assert await listed(source_id="o-1") == ["o-1"]
    await run("clouds", *both)
    assert await listed() == ["o-0", "o-1"]


async def test_a_dangerous_share_is_held_back_until_it_is_accepted(operator: Ask, run: Run) -> None:
    await run("shrinking", *many(9))
    _, finished = await run("shrinking", *many(7), accept_removals=False)
    assert (finished.missing, finished.known, finished.inactive, finished.held_back) == (2, 10, 2, False)
    _, held = await run("shrinking", *many(2), accept_removals=False)
    assert (held.missing, held.known, held.inactive, held.held_back) == (5, 8, 0, True)
    assert await status(operator, "shrinking", "s-5") == "active"
    _, accepted = await run("shrinking", *many(2), accept_removals=True)
    assert accepted.inactive == 5
    assert await status(operator, "shrinking", "s-5") == "inactive"


async def test_nothing_is_marked_when_the_source_may_hide_it(operator: Ask, run: Run) -> None:
    await run("hiding", *many(3))
    _, finished = await run("hiding", *many(1), complete=False)
    assert finished.inactive == 0
    name = token_hex(8)
    await operator(BEGIN_IMPORT, BeginImport(source="hiding", run=name))
    await operator(IMPORT_RECORDS, ImportRecords(source="hiding", records=many(1), run=name))
    present = tuple(RecordName(kind="service", source_id=f"s-{number}") for number in (1, 2))
    finish = FinishImport(source="hiding", run=name, complete=True, present=present, accept_removals=True)
    assert (await operator(FINISH_IMPORT, finish)).missing == 0
    assert await status(operator, "hiding", "s-2") == "active"


async def test_a_record_that_is_refused_has_not_disappeared(operator: Ask, run: Run) -> None:
    await run("refusing", *many(3))
    broken = cast.service(cast.BEDS, id="s-2", status="?")
    reply, finished = await run("refusing", *many(2), broken)
    assert reply.outcomes[-1].outcome == "refused"
    assert finished.missing == 0
    assert await status(operator, "refusing", "s-2") == "active"


async def test_of_two_imports_of_one_source_one_goes_on_and_the_other_is_told(operator: Ask) -> None:
    first, second = token_hex(8), token_hex(8)
    began = await operator(BEGIN_IMPORT, BeginImport(source="twice", run=first))
    assert not began.unfinished
    with pytest.raises(RefusedError) as refusal:
        await operator(BEGIN_IMPORT, BeginImport(source="twice", run=second))
    assert refusal.value.code == "IMPORT_RUNNING"
    assert "has been running since" in refusal.value.detail
    with pytest.raises(RefusedError) as lost:
        await operator(IMPORT_RECORDS, ImportRecords(source="twice", records=many(1), run=second))
    assert lost.value.code == "IMPORT_LOST"
    # The first is not disturbed; asked again, as after a lost answer, it has the source still.
    await operator(BEGIN_IMPORT, BeginImport(source="twice", run=first))
    await operator(IMPORT_RECORDS, ImportRecords(source="twice", records=many(1), run=first))
    await operator(FINISH_IMPORT, FinishImport(source="twice", run=first, complete=True))
    assert not (await operator(BEGIN_IMPORT, BeginImport(source="twice", run=second))).unfinished


async def test_an_import_that_was_cut_off_is_finished_by_the_next(
    operator: Ask, store: Store, run: Run
) -> None:
    await run("cut", *many(6))
    cut = token_hex(8)
    await operator(BEGIN_IMPORT, BeginImport(source="cut", run=cut))
    changed = [cast.service(cast.BEDS, id=f"s-{number}", name="Otras") for number in range(3)]
    await operator(IMPORT_RECORDS, ImportRecords(source="cut", records=tuple(changed), run=cut))
    # It died, and its lease ran out.
    past = await store.now() - timedelta(seconds=1)
    await store.db["imports"].update_one({"_id": "cut"}, {"$set": {"until": past}})
    name = token_hex(8)
    assert (await operator(BEGIN_IMPORT, BeginImport(source="cut", run=name))).unfinished
    records = (*many(6)[:1], *changed, *many(6)[4:6])
    reply = await operator(IMPORT_RECORDS, ImportRecords(source="cut", records=records, run=name))
    assert [one.outcome for one in reply.outcomes] == ["unchanged"] * 6
    finish = FinishImport(source="cut", run=name, complete=True)
    assert (await operator(FINISH_IMPORT, finish)).inactive == 1
    assert await status(operator, "cut", "s-5") == "inactive"
    # The one that was cut off, should it live again, is not heard.
    with pytest.raises(RefusedError, match="silent"):
        await operator(IMPORT_RECORDS, ImportRecords(source="cut", records=records, run=cut))
