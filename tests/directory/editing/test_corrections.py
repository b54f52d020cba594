"""Anybody suggests what would be right; the service's organization decides, or else a coordinator."""

import asyncio
from typing import Any

import pytest

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.directory import GET_SERVICES, IMPORT_RECORDS, ImportRecords, Service
from contracts.editing import (
    DECIDE_CORRECTION,
    LIST_CORRECTIONS,
    SUGGEST_CORRECTION,
    Correction,
    DecideCorrection,
    ListCorrections,
    SuggestCorrection,
)
from contracts.rpc import Ids, Page
from contracts.standing import CorrectionStatus
from services.directory.editing import correcting
from services.directory.editing.store import CORRECTIONS
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.editing.test_editing import made
from tests.directory.membership.acting import Acting, appear, key
from tests.directory.test_history import entries
from tests.servers import eventually


async def suggested(
    acting: Acting, service: str, field: str = "name", text: str = "Otro nombre"
) -> Correction:
    request = SuggestCorrection(service=service, field=field, text=text, idempotency_key=key())  # type: ignore[arg-type]
    correction: Correction = (await acting(SUGGEST_CORRECTION, request)).correction
    return correction


def decision(correction: Correction, accept: bool) -> DecideCorrection:
    return DecideCorrection(
        correction=correction.id, accept=accept, idempotency_key=key(), note="Gracias." if accept else None
    )


async def listed(acting: Acting, box: Any = "to_decide") -> list[Correction]:
    reply = await acting(LIST_CORRECTIONS, ListCorrections(page=Page(last=100), box=box))
    return list(reply.items)


@pytest.fixture
async def kitchen(shelter: Acting) -> Service:
    return await made(shelter)


@pytest.fixture
async def orphan(operator: Ask) -> str:
    """An imported service whose organization has nobody in the network."""
    records = (cast.organization(cast.CLINIC), cast.service(cast.CONSULTATION))
    reply = await operator(IMPORT_RECORDS, ImportRecords(source=f"sola-{key()[:8]}", records=records))
    return reply.outcomes[1].id or ""


async def test_an_accepted_name_is_edited_once_and_the_history_says_who(
    shelter: Acting, third: Acting, kitchen: Service, operator: Ask, store: Store
) -> None:
    one = await suggested(third, kitchen.id)
    assert (one.status, one.suggester) == (CorrectionStatus.OPEN, third.organization)
    (seen,) = await listed(shelter)
    assert (seen.id, seen.suggester) == (one.id, None)
    request = decision(one, accept=True)
    done = await shelter(DECIDE_CORRECTION, request)
    assert (done.correction.status, done.correction.applied) == (CorrectionStatus.ACCEPTED, True)
    assert (await shelter(DECIDE_CORRECTION, request)).replayed
    (found,) = (await operator(GET_SERVICES, Ids(ids=(kitchen.id,)))).items
    assert found is not None
    assert (found.name, found.version) == ("Otro nombre", kitchen.version + 1)
    history = await entries(store, kitchen.id, 2)
    assert (history[1]["action"], history[1]["by"]["organization"]) == ("corrected", shelter.organization)
    (outcome,) = await listed(third, "suggested")
    assert (outcome.status, outcome.note) == (CorrectionStatus.ACCEPTED, "Gracias.")


async def test_what_is_no_value_of_its_field_is_accepted_without_an_edit(
    shelter: Acting, third: Acting, kitchen: Service
) -> None:
    one = await suggested(third, kitchen.id, "schedules", "Cierra a las seis.")
    done = await shelter(DECIDE_CORRECTION, decision(one, accept=True))
    assert (done.correction.status, done.correction.applied) == (CorrectionStatus.ACCEPTED, False)


async def test_a_text_that_is_no_good_value_cannot_be_accepted_and_stays_open(
    shelter: Acting, third: Acting, kitchen: Service
) -> None:
    one = await suggested(third, kitchen.id, "url", "no es una página")
    assert (await shelter.refusal(DECIDE_CORRECTION, decision(one, accept=True)))[0] == "INVALID"
    await shelter(DECIDE_CORRECTION, decision(one, accept=False))
    assert (await shelter.refusal(DECIDE_CORRECTION, decision(one, accept=True)))[0] == "WRONG_STATUS"


async def test_an_edit_that_a_crash_prevented_is_made_later(
    shelter: Acting, kitchen: Service, store: Store, operator: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await suggested(shelter, kitchen.id, text="Cocina del puente")

    async def dies(_editing: object, _stored: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(correcting, "apply", dies)
        await shelter.refusal(DECIDE_CORRECTION, decision(one, accept=True))
    long_ago = (await store.now()).replace(year=2020)
    await store.db[CORRECTIONS].update_one({"_id": one.id}, {"$set": {"unapplied_since": long_ago}})

    async def name() -> str:
        (found,) = (await operator(GET_SERVICES, Ids(ids=(kitchen.id,)))).items
        return found.name if found else ""

    assert await eventually(name, lambda name: name == "Cocina del puente", within=20)


async def test_unverified_organizations_may_suggest_and_third_ones_decide_nothing(
    operator: Ask, speaker: Caller, third: Acting, kitchen: Service
) -> None:
    unverified = await appear(operator, speaker, verified=False)
    one = await suggested(unverified, kitchen.id)
    assert one.status is CorrectionStatus.OPEN
    absent = DecideCorrection(correction="cor_none", accept=True, idempotency_key=key())
    real = await third.refusal(DECIDE_CORRECTION, decision(one, accept=True))
    assert (
        real
        == await third.refusal(DECIDE_CORRECTION, absent)
        == ("NOT_FOUND", "There is no such correction.")
    )
    assert one.id not in [seen.id for seen in await listed(third)]


async def test_where_nobody_acts_for_the_organization_a_coordinator_decides(
    third: Acting, coordinator: Acting, orphan: str, kitchen: Service, operator: Ask
) -> None:
    one, other = await suggested(third, orphan), await suggested(third, kitchen.id)
    ids = {seen.id: seen.suggester for seen in await listed(coordinator)}
    assert ids.get(one.id) == third.organization
    assert other.id not in ids
    assert (await coordinator.refusal(DECIDE_CORRECTION, decision(other, accept=True)))[0] == "NOT_FOUND"
    await coordinator(DECIDE_CORRECTION, decision(one, accept=True))
    (found,) = (await operator(GET_SERVICES, Ids(ids=(orphan,)))).items
    assert found is not None
    assert found.name == "Otro nombre"


async def test_a_client_suggests_so_many_a_day_and_no_more(
    third: Acting, kitchen: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correcting, "MOST_A_DAY", 2)
    for _ in range(2):
        await suggested(third, kitchen.id)
    more = SuggestCorrection(service=kitchen.id, field="name", text="x", idempotency_key=key())
    assert (await third.refusal(SUGGEST_CORRECTION, more))[0] == "TOO_MANY"


async def test_never_more_than_so_many_are_suggested_however_many_come_at_once(
    third: Acting, kitchen: Service, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correcting, "MOST_A_DAY", 3)
    requests = [
        SuggestCorrection(service=kitchen.id, field="name", text=f"x{number}", idempotency_key=key())
        for number in range(12)
    ]
    asked = [third(SUGGEST_CORRECTION, request) for request in requests]
    done = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one.code for one in done if isinstance(one, RefusedError)]
    assert set(refused) == {"TOO_MANY"}
    there = await store.db[CORRECTIONS].count_documents({"client": third.actor.id})
    assert there == len(done) - len(refused) <= 3


async def test_a_correction_of_nothing_is_not_found(third: Acting) -> None:
    request = SuggestCorrection(service="svc_none", field="name", text="x", idempotency_key=key())
    assert (await third.refusal(SUGGEST_CORRECTION, request))[0] == "NOT_FOUND"
