"""Five situations of a coordinator's day, each from the first question to the acknowledged end."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, CreateClient
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import AnswerError, Client, Credentials, Json
from tests.flows.posts import at_the_hospital, post_of, progress_of, sending, told
from tests.flows.streams import feed_of
from tests.flows.test_capacity import codes, new_service, numbers, said
from tests.flows.test_group import issue as issue_group
from tests.flows.test_group import need
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.flows.test_redirect import confirmed
from tests.flows.test_screening import SCREEN
from tests.flows.test_steps import Named, authority
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) { folio status version need needGroup priority personAccess
  reason emergencyPhone { number } person { alias name notes { text } } places { unit count }
  deadlines { awaited overdue dueAt } steps { step status dueAt } appointment { start timezone }
  messages(first: 5) { nodes { text } } loopClosedAt
  history(first: 20) { nodes { action occurredAt recordedAt } } } }"""
HEALTH = {"category": "HEALTH", "text": "Sangrado, 30 semanas"}


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def screened(client: Client, **answers: str) -> Json:
    """What the questionnaire proposes for some answers."""
    given = [{"question": question, "answers": answer.split()} for question, answer in answers.items()]
    proposal: Json = (await client.ask(SCREEN, input={"answers": given}))["screen"]
    return proposal


def ago(**time: int) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


async def heard(client: Client, referral: str, last: str) -> list[str]:
    """What a client's organization was told of a referral, once the last of it has come."""

    async def told() -> list[str]:
        return [entry.event for entry in await feed_of(client) if entry.referral == referral]

    return await eventually(told, lambda events: last in events)


async def test_a_bleeding_pregnant_woman_is_in_hospital_before_anybody_clicks(cast: Cast) -> None:
    """Everybody has telephoned. What is written down afterwards says when it happened, and alarms nobody."""
    proposal = await screened(
        cast.shelter, health_now="danger", age="adult", gender="female", pregnancy="pregnant",
        pregnancy_signs="any",
    )  # fmt: skip
    assert proposal["priority"] == "EMERGENCY"
    assert "EMERGENCY_MEDICAL_CARE" in {one["need"] for one in proposal["needs"]}
    began, arrived = ago(minutes=50), ago(minutes=25)
    referral = (
        await issued(
            cast, need="EMERGENCY_MEDICAL_CARE", priority="EMERGENCY", occurredAt=began, notes=[HEALTH],
            consent={"basis": "VITAL_INTEREST", "reason": "Inconsciente a ratos"},
        )
    )["id"]  # fmt: skip
    outline = await seen(cast.shelter, referral)
    assert outline["emergencyPhone"]["number"]
    await changed(cast.hospital, "startReferral", referral, arrivedAt=arrived, occurredAt=arrived)
    inside = await seen(cast.hospital, referral)
    assert (inside["status"], inside["personAccess"]) == ("IN_PROGRESS", "FULL")
    assert inside["person"]["notes"] == [{"text": HEALTH["text"]}]
    assert not inside["deadlines"]["overdue"]
    for entry, at in zip(inside["history"]["nodes"], (began, arrived), strict=True):
        happened = datetime.fromisoformat(entry["occurredAt"])
        assert abs(happened - datetime.fromisoformat(at)) < timedelta(milliseconds=2)
        assert datetime.fromisoformat(entry["recordedAt"]) > happened + timedelta(minutes=20)
    await changed(cast.hospital, "completeReferral", referral, outcome="FULLY_MET")
    await changed(cast.shelter, "acknowledgeReferral", referral)
    for client in (cast.shelter, cast.hospital):
        path = await heard(client, referral, "acknowledged")
        assert path == ["sent", "started", "completed", "acknowledged"]


async def test_a_boy_without_family_who_does_not_want_the_authority(cast: Cast) -> None:
    """His bed does not wait; the law's step is named, becomes a task, and is taken with his word told."""
    proposal = await screened(
        cast.shelter, age="adolescent", gender="male", with_whom="nobody", tonight="bed"
    )
    (step,) = [one["step"] for one in proposal["guide"]["mandatorySteps"]]
    boy = {"ageBand": "ADOLESCENT", "gender": "MALE", "vulnerabilities": proposal["vulnerabilities"]}
    beds = await new_service(cast)
    await said(cast.hospital, beds, {"unit": "bed", "maximum": 2, "available": 1})
    school = await cast.shelter.change("issueReferral", **cast.issue(need="EDUCATION", person=boy))
    assert codes(school) == [("STEP_MISSING", ("overrides",))]
    bed = await cast.shelter.change(
        "issueReferral", **cast.issue(service=beds, need="EMERGENCY_SHELTER", person=boy, priority="URGENT")
    )
    assert bed["userErrors"] == []
    night = bed["referral"]["id"]
    (due,) = (await seen(cast.shelter, night))["steps"]
    assert (due["step"], due["status"]) == (step, "DUE")
    within = datetime.fromisoformat(due["dueAt"]) - datetime.now(UTC)
    assert timedelta(hours=23) < within <= timedelta(hours=24)
    await changed(cast.hospital, "acceptReferral", night, arriveBy=soon())
    await changed(cast.hospital, "startReferral", night)
    await eventually(lambda: numbers(cast, beds), lambda found: found == [("KNOWN", 0, 0, 2)])
    consent = {
        "basis": "BEST_INTERESTS_OF_THE_CHILD",
        "reason": "Está solo, y la ley manda avisar a la Procuraduría.",
        "child": {
            "view": "DISAGREES",
            "explained": True,
            "explanation": "Con palabras sencillas, en su idioma, a solas",
            "why": "Teme que lo devuelvan",
        },
    }
    told = await cast.shelter.change(
        "issueReferral",
        **cast.issue(
            service=await authority(cast), need="CHILD_PROTECTION", person=boy, consent=consent,
            priority="URGENT", follows=bed["referral"]["folio"],
        ),
    )  # fmt: skip
    assert told["userErrors"] == []
    (met,) = (await seen(cast.shelter, night))["steps"]
    assert (met["status"], met["dueAt"]) == ("MET", None)
    # The one who gives him a bed learns nothing of the other referral.
    assert (await seen(cast.hospital, night))["steps"] is None
    await changed(
        cast.shelter, "sendReferralMessage", told["referral"]["id"], text="Pide hablar con una mujer, en mam"
    )


async def test_a_survivor_who_moves_on_before_her_appointment(cast: Cast) -> None:
    """What she lived through is nobody's to read but who helps her; and then nobody's any more.

    The officer at the border post writes down what she says, and learns that it came there and is over: not
    where she is, not when she is expected, not that she went.
    """
    beds = await new_service(cast)
    await said(cast.hospital, beds, {"unit": "bed", "maximum": 1, "available": 1})
    note = {"category": "TRAFFICKING", "text": "Sabe quién la busca"}
    consent = {**cast.issue()["consent"], "categories": ["TRAFFICKING"], "vulnerabilities": []}
    async with post_of(cast) as officer, coordinator_of(cast) as coordinator:
        payload = await sending(
            officer, "issueReferral",
            **cast.issue(
                service=beds, need="HUMAN_TRAFFICKING", notes=[note], consent=consent, priority="URGENT",
            ),
        )  # fmt: skip
        assert payload["userErrors"] == [], payload
        folio = payload["sentReferral"]["folio"]
        referral = await at_the_hospital(cast, folio)
        appointment = {"start": soon(), "timezone": "America/Mexico_City"}
        await changed(cast.hospital, "acceptReferral", referral, appointment=appointment)
        inside = await seen(cast.hospital, referral)
        assert (inside["need"], inside["person"]["notes"]) == ("HUMAN_TRAFFICKING", [{"text": note["text"]}])
        outline = await seen(coordinator, referral)
        assert (outline["need"], outline["needGroup"], outline["person"]) == (None, "PROTECTION", None)
        assert await numbers(cast, beds) == [("KNOWN", 0, 1, 0)]
        assert await progress_of(officer, folio) == "RECEIVED"
        # That she has gone is the receiver's to say: the officer could not be told what is at stake.
        assert codes(await officer.change("cancelReferral", referral=referral, reason="MOVED_ON")) == [
            ("NOT_FOUND", ())
        ]
        await changed(cast.hospital, "cancelReferral", referral, reason="MOVED_ON")
        after = await seen(cast.hospital, referral)
        assert (after["status"], after["reason"]) == ("CANCELLED", "MOVED_ON")
        assert (after["person"] or {}).get("notes") is None
        assert (after["need"], after["deadlines"]["awaited"]) == (None, None)
        assert [one["sentReferral"]["progress"] for one in await told(officer)] == [
            "SENT", "RECEIVED", "ENDED",
        ]  # fmt: skip
        await eventually(lambda: numbers(cast, beds), lambda found: found == [("KNOWN", 1, 0, 0)])
        path = await heard(cast.hospital, referral, "cancelled")
        assert path == ["sent", "accepted", "cancelled"]


async def test_a_family_of_five_with_three_places_free_transport_and_a_lawyer(cast: Cast) -> None:
    """All or none: who has three beds for five asks, and finds who has five; the case is closed as one."""
    few, many = await new_service(cast), await new_service(cast)
    await said(cast.hospital, few, {"unit": "bed", "maximum": 3, "available": 3})
    await said(cast.hospital, many, {"unit": "bed", "maximum": 8, "available": 5})
    payload = await issue_group(
        cast.shelter,
        [
            need(cast, few, need="EMERGENCY_SHELTER", places=[{"unit": "bed", "count": 5}]),
            need(cast, "consulta", need="SAFE_TRANSPORT"),
            need(cast, "asesoria", need="LEGAL_ASSISTANCE"),
        ],
    )
    assert payload["userErrors"] == []
    bed, bus, law = (one["id"] for one in payload["group"]["items"])
    refused = await cast.hospital.change("acceptReferral", referral=bed, arriveBy=soon())
    assert codes(refused) == [("NO_CAPACITY", ("places", "0", "count"))]
    three = [{"unit": "bed", "count": 3}]
    refused = await cast.hospital.change("acceptReferral", referral=bed, arriveBy=soon(), places=three)
    assert codes(refused) == [("FEWER_PLACES", ("places",))]
    assert await numbers(cast, few) == [("KNOWN", 3, 0, 0)]
    await changed(cast.hospital, "askAboutReferral", bed, question="¿Pueden dormir dos en otra casa?")
    await changed(cast.shelter, "replyAboutReferral", bed, answer="No: no se separan")
    await changed(cast.hospital, "proposeRedirect", bed, service=many)
    taken = await confirmed(cast.shelter, bed, many, str(uuid.uuid4()))
    assert taken["userErrors"] == []
    other = taken["newReferral"]["id"]
    await changed(cast.hospital, "acceptReferral", other, arriveBy=soon())
    assert (await seen(cast.shelter, other))["places"] == [{"unit": "bed", "count": 5}]
    assert await numbers(cast, many) == [("KNOWN", 0, 5, 3)]
    appointment = {"start": soon(), "timezone": "America/Mexico_City"}
    await changed(cast.third, "acceptReferral", law, appointment=appointment)
    shown = (await seen(cast.shelter, law))["appointment"]
    assert (shown["timezone"], datetime.fromisoformat(shown["start"]).tzinfo) == (
        "America/Mexico_City",
        UTC,
    )
    for client, one in ((cast.hospital, other), (cast.hospital, bus), (cast.third, law)):
        await changed(client, "startReferral", one)
        await changed(client, "completeReferral", one, outcome="FULLY_MET")
    group = "query ($id: ID!) { node(id: $id) { ... on ReferralGroup { state } } }"
    found = await cast.shelter.ask(group, id=payload["group"]["id"])
    assert found["node"] == {"state": "ENDED"}
    for one in (bed, bus, law, other):
        await changed(cast.shelter, "acknowledgeReferral", one)
    found = await cast.shelter.ask(group, id=payload["group"]["id"])
    assert found["node"] == {"state": "CLOSED"}
    assert await eventually(lambda: numbers(cast, many), lambda numbers: numbers == [("KNOWN", 5, 0, 3)])


@asynccontextmanager
async def clerk_of(cast: Cast) -> AsyncIterator[Named]:
    """A clerk's program: it may send, and read nothing."""
    async with _operator(cast.stack) as caller:
        request = CreateClient(
            organization=cast.organizations["refugio"], name="Chat", scopes=(Scope.REFERRALS_SEND,)
        )
        made = await _ask(caller, CREATE_CLIENT, request)
    async with Named(cast.stack.urls["gateway"], Credentials(made.client.id, made.secret)) as clerk:
        clerk.member = "mostrador-3"
        yield clerk


async def test_a_clerk_who_may_send_and_not_read_for_somebody_who_wrote_on_a_chat(cast: Cast) -> None:
    """The clerk hears the folio, to say it on the chat; whoever works at the shelter reads the rest."""
    consent = {**cast.issue()["consent"], "method": "MESSAGE", "givenAt": ago(minutes=5)}
    contact = {"channel": "WHATSAPP", "value": "chat-0001", "mayLeaveMessage": False}
    person = {"ageBand": "ADULT", "gender": "UNKNOWN", "alias": "Del chat", "safeContact": contact}
    async with clerk_of(cast) as clerk:
        sent: dict[str, Any] = cast.issue(need="LEGAL_ASSISTANCE", consent=consent, person=person)
        key = str(uuid.uuid4())
        payload = await clerk.change("issueReferral", key=key, **sent)
        assert payload["userErrors"] == [], payload
        referral, folio = payload["referral"]["id"], payload["referral"]["folio"]
        assert folio.startswith("REL-")
        # The line broke, and the clerk's program asks again.
        again = await clerk.change("issueReferral", key=key, **sent)
        assert (again["replayed"], again["referral"]["folio"]) == (True, folio)
        whom = "query ($id: ID!) { referral(id: $id) { folio person { alias } } }"
        assert (await clerk.ask(whom, id=referral))["referral"] is None
        with pytest.raises(AnswerError) as refused:
            await clerk.ask("{ referrals(box: OUTBOX, first: 5) { nodes { folio } } }")
        assert refused.value.codes == ["FORBIDDEN"]
    inside = await seen(cast.shelter, referral)
    assert (inside["folio"], inside["person"]["alias"]) == (folio, "Del chat")
