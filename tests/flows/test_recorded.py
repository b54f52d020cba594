"""Answers that others record, through GraphQL: of receivers without accounts, and of silent parties."""

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.test_capacity import new_service
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.flows.test_talk import events_of
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) { status allowedActions { action needs }
  history(first: 20) { nodes { action actedFor reportedBy channel organization { name } } } } }"""
SAID = {"reportedBy": "La señora de la puerta", "channel": "TELEPHONE"}
BY_TELEPHONE = {"needs": ["food"], "intake": "telephone", "fictional": True}


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def test_the_sender_records_the_whole_way_of_a_receiver_without_an_account(cast: Cast) -> None:
    service = await new_service(cast, relevo=BY_TELEPHONE)
    referral = (await issued(cast, service=service))["id"]
    allowed = {one["action"]: one["needs"] for one in (await seen(cast.shelter, referral))["allowedActions"]}
    assert allowed["DECLINE"] == ["reason", "reportedBy", "channel"]
    refused = await cast.shelter.change("acceptReferral", referral=referral, arriveBy=soon())
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [
        ("REQUIRED", ["reportedBy"]), ("REQUIRED", ["channel"]),
    ]  # fmt: skip
    await changed(cast.shelter, "receiveReferral", referral, **SAID)
    await changed(cast.shelter, "acceptReferral", referral, arriveBy=soon(), **SAID)
    await changed(cast.shelter, "startReferral", referral, **{**SAID, "channel": "IN_PERSON"})
    await changed(cast.shelter, "completeReferral", referral, outcome="FULLY_MET", **SAID)
    await changed(cast.shelter, "acknowledgeReferral", referral)
    told = await seen(cast.shelter, referral)
    assert told["status"] == "COMPLETED"
    entries = told["history"]["nodes"]
    assert [(one["action"], one["actedFor"], one["channel"]) for one in entries] == [
        ("ISSUE", None, None), ("RECEIVE", "RECEIVER", "TELEPHONE"), ("ACCEPT", "RECEIVER", "TELEPHONE"),
        ("START", "RECEIVER", "IN_PERSON"), ("COMPLETE", "RECEIVER", "TELEPHONE"),
        ("ACKNOWLEDGE", None, None),
    ]  # fmt: skip
    assert entries[1]["reportedBy"] == SAID["reportedBy"]

    async def heard() -> list[str]:
        return await events_of(cast.shelter, referral)

    path = ["sent", "received", "accepted", "started", "completed", "acknowledged"]
    assert await eventually(heard, lambda events: "acknowledged" in events) == path


async def test_nobody_answers_for_a_receiver_that_has_an_account_but_a_coordinator(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    refused = await cast.shelter.change("receiveReferral", referral=referral, **SAID)
    assert [error["code"] for error in refused["userErrors"]] == ["WRONG_STATUS"]
    refused = await cast.hospital.change("receiveReferral", referral=referral, **SAID)
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [
        ("INVALID", ["reportedBy"]), ("INVALID", ["channel"]),
    ]  # fmt: skip
    async with coordinator_of(cast) as coordinator:
        await changed(coordinator, "receiveReferral", referral)
        await changed(coordinator, "acceptReferral", referral, arriveBy=soon(), **SAID)
        outline = await seen(coordinator, referral)
        assert outline["status"] == "ACCEPTED"
        assert [one["reportedBy"] for one in outline["history"]["nodes"]] == [None] * 3
    for client in (cast.shelter, cast.hospital):
        entries = (await seen(client, referral))["history"]["nodes"]
        assert [(one["actedFor"], one["organization"]["name"][:7]) for one in entries] == [
            (None, "Refugio"), ("RECEIVER", "Coordin"), ("RECEIVER", "Coordin"),
        ]  # fmt: skip
        assert [(one["reportedBy"], one["channel"]) for one in entries[1:]] == [
            (None, None), (SAID["reportedBy"], "TELEPHONE"),
        ]  # fmt: skip
