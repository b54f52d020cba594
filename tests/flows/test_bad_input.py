"""What is not right is named field by field, all of it at once, and nothing is written."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from gateway.ids import global_id
from tests.flows.cast import SOURCE, Cast, _ask, _operator, _service_record
from tests.flows.client import AnswerError, Client, Json
from tests.flows.test_one_referral import changed, issued, soon

COUNTS = "{ referralCounts(box: OUTBOX) { total } }"
UNREADABLE = "a\u0000\u202eb"


def wrongs(payload: Json) -> set[tuple[str, str]]:
    """Code and path of each reason."""
    return {(error["code"], ".".join(error["path"])) for error in payload["userErrors"]}


def away(**by: float) -> str:
    """A moment so far from now."""
    return (datetime.now(UTC) + timedelta(**by)).isoformat()


async def services(cast: Cast) -> dict[str, str]:
    """Some to which nobody can be referred: closed; without intake; the shelter's own."""
    told: dict[str, tuple[str, Json]] = {
        "cerrado": ("hospital", {"status": "inactive"}),
        "sin-admision": ("hospital", {"relevo": {"intake": "none"}}),
        "propio": ("refugio", {}),
    }
    records = tuple(
        ImportRecord(
            kind="service",
            record={**_service_record(name, owner, f"{name} (ficticio)", ["medical_care"]), **more},
        )
        for name, (owner, more) in told.items()
    )
    async with _operator(cast.stack) as caller:
        reply = await _ask(caller, IMPORT_RECORDS, ImportRecords(source=SOURCE, records=records))
    return {name: global_id("Service", str(one.id)) for name, one in zip(told, reply.outcomes, strict=True)}


async def refused(cast: Cast, mutation: str, **inputs: Any) -> set[tuple[str, str]]:
    """What is said of an input of the shelter's; and that nothing is there that was not."""
    before = await cast.shelter.ask(COUNTS)
    key = str(uuid.uuid4())
    found = wrongs(await cast.shelter.change(mutation, key=key, **inputs))
    assert await cast.shelter.ask(COUNTS) == before
    return found


async def test_an_issue_is_refused_with_all_that_is_wrong(cast: Cast) -> None:
    there = await services(cast)
    wrong = cast.issue(
        service=there["cerrado"], follows="REL-000000-00", occurredAt=away(days=1),
        places=[{"unit": "bed", "count": 1}] * 2,
    )  # fmt: skip
    wrong["person"] |= {"ageBand": "ADOLESCENT", "birthDate": "1980-01-01"}
    wrong["consent"] |= {"givenAt": away(days=1), "until": away(days=-1), "method": None}
    assert await refused(cast, "issueReferral", **wrong) >= {
        ("NOT_ACTIVE", "service"), ("NOT_FOUND", "follows"), ("INVALID", "occurredAt"),
        ("INVALID", "places.1.unit"), ("INVALID", "person.birthDate"), ("INVALID", "consent.givenAt"),
        ("INVALID", "consent.until"), ("REQUIRED", "consent.method"),
    }  # fmt: skip
    for name, code in (("sin-admision", "NO_INTAKE"), ("propio", "OWN_SERVICE")):
        assert await refused(cast, "issueReferral", **cast.issue(service=there[name])) == {(code, "service")}
    nowhere = cast.issue(service=global_id("Service", "nobodys"))
    assert await refused(cast, "issueReferral", **nowhere) == {("NOT_FOUND", "service")}


async def test_texts_that_nobody_can_read_or_keep_are_named_everywhere(cast: Cast) -> None:
    wrong = cast.issue(
        notes=[
            {"category": "HEALTH", "text": UNREADABLE}, {"category": "HEALTH", "text": "Tiene fiebre"},
            {"category": "VIOLENCE", "text": "x" * 4001},
        ],
    )  # fmt: skip
    wrong["person"] |= {"name": UNREADABLE, "instructions": "x" * 4001}
    wrong["consent"] |= {"purpose": UNREADABLE}
    assert await refused(cast, "issueReferral", **wrong) == {
        ("INVALID", "notes.0.text"), ("INVALID", "notes.2.text"), ("INVALID", "person.name"),
        ("INVALID", "person.instructions"), ("INVALID", "consent.purpose"),
    }  # fmt: skip
    document = "mutation ($input: IssueReferralInput!) { issueReferral(input: $input) { replayed } }"
    note = {"category": "HEALTH", "text": "x" * 1024**2}
    answer = await cast.shelter.raw(document, {"input": {**cast.issue(notes=[note]), "idempotencyKey": "k"}})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["limit"] == 65_536


@pytest.mark.parametrize("name", ["need", "priority", "state"])
async def test_a_code_that_there_is_not_is_named_with_its_field(cast: Cast, name: str) -> None:
    with pytest.raises(AnswerError) as told:
        await cast.shelter.change("issueReferral", **cast.issue(**{name: "NO_SUCH_CODE"}))
    assert f"input.{name}" in str(told.value)


async def test_what_a_receiver_says_of_a_day_that_is_past_is_named(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    past = {"arriveBy": away(days=-1), "occurredAt": away(hours=1)}
    payload = await cast.hospital.change("acceptReferral", referral=referral, **past)
    assert wrongs(payload) == {("INVALID", "arriveBy"), ("INVALID", "occurredAt")}
    appointment = {"start": away(days=-1), "timezone": "America/Nowhere"}
    payload = await cast.hospital.change("acceptReferral", referral=referral, appointment=appointment)
    assert wrongs(payload) == {("INVALID", "appointment.start"), ("INVALID", "appointment.timezone")}
    both: Json = {"arriveBy": soon(), "appointment": {"start": soon(), "timezone": "America/Mexico_City"}}
    payload = await cast.hospital.change("acceptReferral", referral=referral, **both)
    assert {path for _, path in wrongs(payload)} == {"arriveBy", "appointment"}
    assert await status(cast.hospital, referral) == {"status": "SENT", "version": 1}
    own = {"service": cast.services["consulta"], "occurredAt": away(hours=1)}
    payload = await cast.hospital.change("proposeRedirect", referral=referral, **own)
    assert wrongs(payload) == {("CIRCLE", "service"), ("INVALID", "occurredAt")}
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())


async def status(client: Client, referral: str) -> Json:
    found: Json = (
        await client.ask("query ($id: ID!) { referral(id: $id) { status version } }", id=referral)
    )["referral"]
    return found
