"""A consulate, a clerk and a viewer learn no more than they may, through the public API."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, IMPORT_RECORDS, CreateClient, ImportRecord, ImportRecords
from gateway.ids import global_id
from tests.flows.cast import Cast, _ask, _clients, _operator, _organization, _service_record
from tests.flows.client import Client, Credentials, Json
from tests.flows.streams import feed_of
from tests.flows.test_day import clerk_of
from tests.flows.test_group import need
from tests.flows.test_one_referral import PERSON, changed, soon
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) { status version flags personAccess follows person { name }
  receiver { id } consent { until state } emergencyPhone { number } } }"""
WARNED = """mutation ($input: IssueReferralInput!) { issueReferral(input: $input) { referral { id folio }
  warnings { code path message } userErrors { code path } } }"""
CLERKS = """mutation ($input: IssueReferralGroupInput!) { issueReferralGroup(input: $input) {
  group { items { id folio status need emergencyPhone { number } person { name } } }
  warnings { code path } userErrors { code path } } }"""
REFUGE_PHONE = "555 0142"


async def consulate(cast: Cast) -> tuple[Client, str]:
    """A consulate's client, and its service."""
    records = (
        ImportRecord(
            kind="organization", record=_organization("consulado", "Consulado Inventado", "consulate")
        ),
        ImportRecord(
            kind="service",
            record=_service_record("pasaportes", "consulado", "Pasaportes", ["consular_assistance"]),
        ),
    )
    async with _operator(cast.stack) as caller:
        request = ImportRecords(source="consulado", records=records, verified=True)
        reply = await _ask(caller, IMPORT_RECORDS, request)
    (credentials,) = await _clients(cast.stack, [str(reply.outcomes[0].id)])
    service = global_id("Service", str(reply.outcomes[1].id))
    return Client(cast.stack.urls["gateway"], credentials), service


async def warned(client: Client, **inputs: object) -> Json:
    """Issue; return the payload with its warnings."""
    given = {"idempotencyKey": str(uuid.uuid4()), **inputs}
    payload: Json = (await client.ask(WARNED, input=given))["issueReferral"]
    return payload


async def seen(client: Client, referral: str) -> Json:
    """A referral as somebody sees it."""
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


@asynccontextmanager
async def viewer_of(cast: Cast, name: str) -> AsyncIterator[Client]:
    """A program that reads the outline only."""
    async with _operator(cast.stack) as caller:
        request = CreateClient(
            organization=cast.organizations[name], name="Tablero", scopes=(Scope.REFERRALS_READ,)
        )
        made = await _ask(caller, CREATE_CLIENT, request)
    credentials = Credentials(made.client.id, made.secret)
    async with Client(cast.stack.urls["gateway"], credentials) as client:
        yield client


async def test_who_turns_out_to_need_protection_is_seen_by_no_consulate_any_more(cast: Cast) -> None:
    client, service = await consulate(cast)
    async with client as theirs:
        asked = cast.issue(service=service, need="CONSULAR_ASSISTANCE", person=PERSON)
        bare = await warned(cast.shelter, **asked)
        assert bare["userErrors"] == [{"code": "REQUIRED", "path": ["consent", "until"]}]
        asked["consent"]["until"] = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        first = await warned(cast.shelter, **asked)
        assert (first["userErrors"], first["warnings"]) == ([], [])
        referral, folio = first["referral"]["id"], first["referral"]["folio"]
        await changed(theirs, "acceptReferral", referral, arriveBy=soon())
        assert (await seen(theirs, referral))["person"]["name"] == PERSON["name"]
        lawyer = cast.issue(
            service=cast.services["asesoria"], need="INTERNATIONAL_PROTECTION", follows=folio, person=PERSON
        )
        reply = await warned(cast.shelter, **lawyer)
        assert reply["userErrors"] == []
        needed = [one for one in reply["warnings"] if one["code"] == "CONSENT_NEEDED"]
        assert [one["path"] for one in needed] == [["need"]]
        assert needed[0]["message"].startswith(f"{folio} es para un consulado")
        hidden = await seen(theirs, referral)
        assert (hidden["personAccess"], hidden["person"], hidden["flags"]) == ("ENDED", None, [])
        assert (hidden["status"], hidden["version"]) == ("ACCEPTED", 2)
        assert hidden["consent"] == {"until": None, "state": "RUN_OUT"}
        mine = await seen(cast.shelter, referral)
        assert (mine["flags"], mine["consent"]["state"]) == (["CONSENT_NEEDED"], "IN_FORCE")

        async def told() -> list[str]:
            return [entry.event for entry in await feed_of(cast.shelter) if entry.referral == referral]

        assert await eventually(told, lambda events: len(events) > 2) == [
            "sent",
            "accepted",
            "consent_needed",
        ]
        assert "consent_needed" not in {entry.event for entry in await feed_of(theirs)}
        async with cast.another("tercera") as third:
            assert (await seen(third, reply["referral"]["id"]))["follows"] is None
        again = await warned(cast.shelter, **{**asked, "follows": reply["referral"]["folio"]})
        assert again["userErrors"] == [{"code": "WRITTEN_CONSENT_NEEDED", "path": ["consent", "method"]}]
        consent = {**asked["consent"], "method": "WRITTEN"}
        await changed(cast.shelter, "correctReferral", referral, consent=consent)
        assert (await seen(theirs, referral))["person"]["name"] == PERSON["name"]


async def test_whose_telephone_it_is_tells_nobody_who_may_not_know_the_receiver(cast: Cast) -> None:
    record = _service_record("refugio-secreto", "hospital", "Refugio", ["gender_based_violence"])
    record["relevo"]["emergency_phone"] = {"number": REFUGE_PHONE}
    async with _operator(cast.stack) as caller:
        request = ImportRecords(
            source="reparto", records=(ImportRecord(kind="service", record=record),), verified=True
        )
        reply = await _ask(caller, IMPORT_RECORDS, request)
    service = global_id("Service", str(reply.outcomes[0].id))
    async with viewer_of(cast, "refugio") as viewer:
        for need_code, shown in (("GENDER_BASED_VIOLENCE", "911"), ("FOOD", REFUGE_PHONE)):
            asked = cast.issue(service=service, need=need_code, priority="URGENT", person=PERSON)
            made = await warned(cast.shelter, **asked)
            outline = await seen(viewer, made["referral"]["id"])
            assert outline["emergencyPhone"] == {"number": shown}
            assert (outline["receiver"] is None) == (shown == "911")
            mine = await seen(cast.shelter, made["referral"]["id"])
            assert mine["emergencyPhone"] == {"number": REFUGE_PHONE}


async def test_a_clerk_learns_each_folio_of_what_it_issued_together(cast: Cast) -> None:
    async with clerk_of(cast) as clerk:
        inputs = {
            "idempotencyKey": str(uuid.uuid4()), "state": "CHP", "priority": "ROUTINE", "person": PERSON,
            "needs": [need(cast, "consulta", need="PRENATAL_CARE"), need(cast, "asesoria", need="FOOD")],
        }  # fmt: skip
        for _ in range(2):
            payload = (await clerk.ask(CLERKS, input=inputs))["issueReferralGroup"]
            assert payload["userErrors"] == []
            assert [(one["code"], one["path"]) for one in payload["warnings"]] == [
                ("NEED_NOT_LISTED", ["needs", "1", "need"])
            ]
            items = payload["group"]["items"]
            assert [one["status"] for one in items] == ["SENT", "SENT"]
            assert all(one["folio"].startswith("REL-") and one["person"] is None for one in items)
        folios = [(one["id"], one["folio"]) for one in items]
        whom = "query ($id: ID!) { referral(id: $id) { folio } }"
        for referral, folio in folios:
            assert (await clerk.ask(whom, id=referral))["referral"] is None
            assert (await cast.shelter.ask(whom, id=referral))["referral"] == {"folio": folio}


async def test_places_are_named_by_whoever_may_read_what_was_asked_for(cast: Cast) -> None:
    made = await warned(cast.shelter, **cast.issue(places=[{"unit": "bed", "count": 4}]))
    async with _operator(cast.stack) as caller:
        request = CreateClient(
            organization=cast.organizations["hospital"],
            name="Agenda",
            scopes=(Scope.REFERRALS_READ, Scope.REFERRALS_ANSWER),
        )
        told = await _ask(caller, CREATE_CLIENT, request)
    async with Client(cast.stack.urls["gateway"], Credentials(told.client.id, told.secret)) as desk:
        for count in (1, 4, 5):
            places = [{"unit": "bed", "count": count}]
            inputs = {"referral": made["referral"]["id"], "arriveBy": soon(), "places": places}
            payload = await desk.change("acceptReferral", **inputs)
            (error,) = payload["userErrors"]
            assert (error["code"], error["path"]) == ("FORBIDDEN", ["places"])
            assert "referrals:read_person" in error["message"]
