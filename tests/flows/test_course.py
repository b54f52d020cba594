"""A referral that waits, moves to another day, rests and comes back, and its places, through GraphQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from gateway.ids import split_id
from tests.flows.cast import Cast, _clients
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_capacity import new_service, numbers, said
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) {
  status version arriveBy reviewAt resumeAt loopClosedAt outcome
  allowedActions { action needs }
  history(last: 1) { nodes { action reason note } } } }"""


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


def later() -> str:
    """A day further on than ``soon``, as the API says it."""
    return (datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)).isoformat()


async def hold_of(cast: Cast, service: str, referral: str) -> Json:
    """What the directory keeps of a referral's hold."""
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(cast.stack.urls["mongo"], tz_aware=True)
    kind, part_id = split_id(service) or ("", "")
    assert kind == "Service"
    document = await client["relevo_directory"]["capacity"].find_one({"_id": part_id})
    client.close()
    hold: Json = (document or {}).get("holds", {}).get((split_id(referral) or ("", ""))[1], {})
    return hold


async def test_it_waits_moves_rests_and_comes_back_and_both_sides_are_told(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    review = later()
    await changed(cast.hospital, "waitlistReferral", referral, reviewAt=review)
    waits = await seen(cast.shelter, referral)
    assert waits["status"] == "WAITLISTED"
    assert datetime.fromisoformat(waits["reviewAt"]) == datetime.fromisoformat(review)
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    allowed = (await seen(cast.hospital, referral))["allowedActions"]
    assert {"action": "RESCHEDULE", "needs": ["arriveBy|appointment", "reason"]} in allowed
    await changed(cast.hospital, "rescheduleReferral", referral, arriveBy=later(), reason="Otro turno")
    moved = await seen(cast.shelter, referral)
    assert moved["history"]["nodes"] == [{"action": "RESCHEDULE", "reason": None, "note": "Otro turno"}]
    await changed(cast.hospital, "startReferral", referral)
    await changed(cast.hospital, "pauseReferral", referral, reason="WAITING_FOR_DOCUMENTS", resumeAt=later())
    rests = await seen(cast.shelter, referral)
    assert (rests["status"], rests["history"]["nodes"][0]["reason"]) == ("ON_HOLD", "WAITING_FOR_DOCUMENTS")
    assert rests["resumeAt"] is not None
    await changed(cast.hospital, "resumeReferral", referral)
    await changed(cast.hospital, "completeReferral", referral, outcome="FULLY_MET")
    await changed(cast.shelter, "acknowledgeReferral", referral)
    await changed(cast.hospital, "reopenReferral", referral, reason="Volvió con fiebre")
    back = await seen(cast.shelter, referral)
    assert (back["status"], back["outcome"], back["loopClosedAt"]) == ("IN_PROGRESS", None, None)
    path = [
        "sent", "waitlisted", "accepted", "rescheduled", "started", "paused", "resumed", "completed",
        "acknowledged", "reopened",
    ]  # fmt: skip
    for client in (cast.shelter, cast.hospital):

        async def told(client: Client = client) -> list[str]:
            return [entry.event for entry in await feed_of(client) if entry.referral == referral]

        assert await eventually(told, lambda events: len(events) == len(path)) == path


async def test_the_hold_moves_with_the_day_and_the_places_come_back_with_the_person(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 1, "occupied": 0})
    referral = (await issued(cast, service=service))["id"]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    moved = later()
    await changed(cast.hospital, "rescheduleReferral", referral, arriveBy=moved, reason="Otro turno")
    by = datetime.fromisoformat(moved)
    hold = await eventually(
        lambda: hold_of(cast, service, referral), lambda hold: hold.get("arrive_by") == by
    )
    assert hold["state"] == "confirmed"
    assert await numbers(cast, service) == [("KNOWN", 0, 1, 0)]
    await changed(cast.hospital, "startReferral", referral)
    await changed(cast.hospital, "pauseReferral", referral, reason="WAITING_FOR_PERSON", resumeAt=later())
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, 1)])
    await changed(cast.hospital, "endReferral", referral, reason="LEFT_BEFORE_SERVICE")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 1, 0, 0)])
    await changed(cast.hospital, "reopenReferral", referral, reason="Volvió")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, 1)])


async def test_what_is_missing_or_past_is_named(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    refused = await cast.hospital.change("waitlistReferral", referral=referral, reviewAt=past)
    assert [error["path"] for error in refused["userErrors"]] == [["reviewAt"]]
    await changed(cast.hospital, "startReferral", referral)
    refused = await cast.hospital.change("pauseReferral", referral=referral, reason="OTHER", resumeAt=past)
    assert sorted(error["path"] for error in refused["userErrors"]) == [["note"], ["resumeAt"]]
    far = "9999-12-31T23:59:59Z"
    refused = await cast.hospital.change(
        "pauseReferral", referral=referral, reason="WAITING_FOR_PERSON", resumeAt=far
    )
    assert [error["path"] for error in refused["userErrors"]] == [["resumeAt"]]
    unreadable = {"reason": "OTHER", "note": "a\u0000\u202eb", "resumeAt": soon()}
    refused = await cast.hospital.change("pauseReferral", referral=referral, **unreadable)
    assert [error["path"] for error in refused["userErrors"]] == [["note"]]
    refused = await cast.hospital.change("reopenReferral", referral=referral, reason="r")
    assert [error["code"] for error in refused["userErrors"]] == ["WRONG_STATUS"]


class Named(Client):
    """A client that names the member who acts."""

    async def headers(self, accept: str = "application/graphql-response+json") -> dict[str, str]:
        return {**await super().headers(accept), "relevo-on-behalf-of": "turno-noche-7"}


async def test_a_coordinator_voids_what_was_entered_in_error_and_the_person_is_gone(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 1, "occupied": 0})
    referral = (await issued(cast, service=service))["id"]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    whom = "query ($id: ID!) { referral(id: $id) { status personAccess person { alias } } }"
    assert (await cast.hospital.ask(whom, id=referral))["referral"]["person"] == {"alias": "Prueba"}
    void = {"referral": referral, "note": "Se capturó dos veces"}
    async with coordinator_of(cast) as nameless:
        (credentials,) = await _clients(cast.stack, [cast.organizations["coordinacion"]])
        for client in (nameless, cast.shelter):
            refused = await client.change("voidReferral", **void)
            assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
        async with Named(cast.stack.urls["gateway"], credentials) as named:
            await changed(named, "voidReferral", referral, note=void["note"])
    for client in (cast.shelter, cast.hospital):
        seen = (await client.ask(whom, id=referral))["referral"]
        assert (seen["status"], seen["personAccess"]) == ("ENTERED_IN_ERROR", "ERASED")
        assert (seen["person"] or {"alias": None}) == {"alias": None}

        async def told(client: Client = client) -> list[str]:
            return [entry.event for entry in await feed_of(client) if entry.referral == referral]

        assert await eventually(told, lambda events: len(events) == 3) == ["sent", "accepted", "voided"]
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 1, 0, 0)])
