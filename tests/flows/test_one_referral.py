"""One referral from a shelter to a hospital and back, and what must hold however it is asked for."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.flows.cast import Cast
from tests.flows.checker import Told
from tests.flows.client import Client, Json
from tests.flows.streams import Follower, feed_of, head_of, sse, websocket
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) {
  id folio status version externalId need needGroup personAccess loopClosedAt
  person { ageBand name alias safeContact { value } notes { category text } }
  sender { id name } receiver { id name } service { id name }
  allowedActions { action needs }
  history(first: 20) { nodes { n action toStatus version } }
} }"""
PERSON = {
    "ageBand": "ADULT",
    "gender": "FEMALE",
    "languages": ["es", "mam"],
    "name": "Nombre Inventado",
    "alias": "Lucero",
    "safeContact": {"channel": "TELEPHONE", "value": "555 0100"},
}
PATH = ("sent", "received", "accepted", "started", "completed", "acknowledged")


def soon() -> str:
    return (datetime.now(UTC) + timedelta(days=2)).isoformat()


async def issued(cast: Cast, **changes: Any) -> Json:
    payload = await cast.shelter.change("issueReferral", **cast.issue(**changes))
    assert payload["userErrors"] == [], payload
    referral: Json = payload["referral"]
    return referral


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def changed(client: Client, mutation: str, referral: str, **inputs: Any) -> Json:
    payload = await client.change(mutation, referral=referral, **inputs)
    assert payload["userErrors"] == [], payload
    told: Json = payload["referral"]
    return told


async def whole_path(cast: Cast) -> Json:
    """Take one referral all the way; return it as it was issued."""
    referral = await issued(cast, person=PERSON)
    await changed(cast.hospital, "receiveReferral", referral["id"])
    await changed(cast.hospital, "acceptReferral", referral["id"], arriveBy=soon())
    await changed(cast.hospital, "startReferral", referral["id"], arrivedAt=datetime.now(UTC).isoformat())
    await changed(cast.hospital, "completeReferral", referral["id"], outcome="FULLY_MET")
    await changed(cast.shelter, "acknowledgeReferral", referral["id"])
    return referral


async def test_both_parties_see_the_whole_path_live_and_when_they_look_back(cast: Cast) -> None:
    async with AsyncExitStack() as readers:
        following = [
            await readers.enter_async_context(Follower(open_stream, client, await head_of(client)))
            for client in (cast.shelter, cast.hospital)
            for open_stream in (sse, websocket)
        ]
        referral = await whole_path(cast)
        path = [
            Told(referral["id"], event, version, referral["folio"]) for version, event in enumerate(PATH, 1)
        ]
        for reader in following:
            assert await reader.until_count(len(PATH)) == path
            assert reader.connections == 1
    for client in (cast.shelter, cast.hospital):
        feed = await feed_of(client)
        assert [told for told in feed if told.referral == referral["id"]] == path


async def test_the_receiver_sees_the_person_when_it_has_accepted_and_not_before(cast: Cast) -> None:
    referral = (await issued(cast, person=PERSON))["id"]
    sent = await seen(cast.hospital, referral)
    assert sent["personAccess"] == "NOT_YET_ACCEPTED"
    assert sent["person"]["ageBand"] == "ADULT"
    assert sent["person"]["name"] is sent["person"]["alias"] is sent["person"]["safeContact"] is None
    assert (await seen(cast.shelter, referral))["person"]["alias"] == "Lucero"
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    accepted = await seen(cast.hospital, referral)
    assert accepted["personAccess"] == "FULL"
    assert accepted["person"]["name"] == "Nombre Inventado"
    assert accepted["person"]["safeContact"] == {"value": "555 0100"}


async def test_the_end_closes_the_loop_and_the_history_tells_all_of_it(cast: Cast) -> None:
    referral = await whole_path(cast)
    for client in (cast.shelter, cast.hospital):
        end = await seen(client, referral["id"])
        assert (end["status"], end["version"]) == ("COMPLETED", len(PATH))
        assert end["loopClosedAt"] is not None
        actions = [change["action"] for change in end["history"]["nodes"]]
        assert actions == ["ISSUE", "RECEIVE", "ACCEPT", "START", "COMPLETE", "ACKNOWLEDGE"]
        assert end["sender"]["name"].startswith("Refugio")
        assert end["service"]["name"].startswith("Consulta")


async def test_a_replayed_issue_makes_no_second_referral(cast: Cast) -> None:
    key = str(uuid.uuid4())
    first = await cast.shelter.change("issueReferral", key=key, **cast.issue())
    again = await cast.shelter.change("issueReferral", key=key, **cast.issue())
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["referral"] == first["referral"]
    other = await cast.shelter.change("issueReferral", key=key, **cast.issue(priority="URGENT"))
    assert other["referral"] is None
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    feed = await feed_of(cast.hospital)
    assert [told.event for told in feed if told.referral == first["referral"]["id"]] == ["sent"]


async def test_a_replayed_change_answers_with_the_referral_as_it_now_is(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    key = str(uuid.uuid4())
    first = await cast.hospital.change("receiveReferral", key=key, referral=referral)
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    again = await cast.hospital.change("receiveReferral", key=key, referral=referral)
    assert (first["replayed"], first["referral"]["status"]) == (False, "RECEIVED")
    assert (again["replayed"], again["referral"]["status"], again["userErrors"]) == (True, "ACCEPTED", [])
    other = await cast.hospital.change("receiveReferral", key=key, referral=referral, externalId="x-1")
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_fifty_issues_with_one_key_at_once_make_one_referral(cast: Cast) -> None:
    key = str(uuid.uuid4())
    payloads = await asyncio.gather(
        *(cast.shelter.change("issueReferral", key=key, **cast.issue()) for _ in range(50))
    )
    assert [payload["userErrors"] for payload in payloads] == [[]] * 50
    assert len({payload["referral"]["folio"] for payload in payloads}) == 1
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 49
    referral = payloads[0]["referral"]["id"]
    await changed(cast.hospital, "receiveReferral", referral)

    async def told() -> list[str]:
        return [entry.event for entry in await feed_of(cast.hospital) if entry.referral == referral]

    # In the order of the referral: had there been a second "sent", it would stand before this.
    assert await eventually(told, lambda events: "received" in events) == ["sent", "received"]
    sent = await cast.shelter.ask("{ referrals(box: OUTBOX, first: 2) { nodes { id } } }")
    assert [node["id"] == referral for node in sent["referrals"]["nodes"]] in ([True], [True, False])


@pytest.mark.parametrize("round_", range(5))
async def test_of_two_changes_at_once_on_one_version_one_wins_and_the_other_is_told(
    cast: Cast, round_: int
) -> None:
    referral = await issued(cast)
    version = {"referral": referral["id"], "expectedVersion": referral["version"]}
    payloads = await asyncio.gather(
        cast.hospital.change("acceptReferral", **version, arriveBy=soon()),
        cast.hospital.change("declineReferral", **version, reason="NO_CAPACITY"),
    )
    winner, loser = sorted(payloads, key=lambda payload: len(payload["userErrors"]))
    assert winner["userErrors"] == []
    assert [error["code"] for error in loser["userErrors"]] == ["STALE_VERSION"]
    assert loser["referral"] == winner["referral"], "the loser is shown the referral as it now is"
    assert winner["referral"]["version"] == 2
    assert len((await seen(cast.hospital, referral["id"]))["history"]["nodes"]) == 2


async def test_each_side_has_its_own_external_id_and_sees_no_other(cast: Cast) -> None:
    ours, theirs = f"caso-{uuid.uuid4()}", f"exp-{uuid.uuid4()}"
    referral = (await issued(cast, externalId=ours))["id"]
    assert (await seen(cast.hospital, referral))["externalId"] is None
    received = await changed(cast.hospital, "receiveReferral", referral, externalId=theirs)
    assert received["externalId"] == theirs
    assert (await seen(cast.shelter, referral))["externalId"] == ours
    find = "query ($id: String) { referral(externalId: $id) { id } }"
    for client, own, other in ((cast.shelter, ours, theirs), (cast.hospital, theirs, ours)):
        assert (await client.ask(find, id=own))["referral"] == {"id": referral}
        assert (await client.ask(find, id=other))["referral"] is None
    taken = await cast.shelter.change("issueReferral", **cast.issue(externalId=ours))
    assert [error["code"] for error in taken["userErrors"]] == ["EXTERNAL_ID_TAKEN"]


async def test_a_referral_may_follow_an_earlier_one_of_its_sender(cast: Cast) -> None:
    earlier = await issued(cast)
    later = await issued(cast, follows=earlier["folio"])
    found = await cast.hospital.ask("query ($id: ID!) { referral(id: $id) { follows } }", id=later["id"])
    assert found["referral"] == {"follows": earlier["folio"]}


async def test_the_boxes_list_it_for_each_side(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    box = (
        "query ($box: Box!) { referrals(box: $box, first: 1) { nodes { id sender { id } service { id } } } }"
    )
    sent = await cast.shelter.ask(box, box="OUTBOX")
    came = await cast.hospital.ask(box, box="INBOX")
    assert sent["referrals"]["nodes"] == came["referrals"]["nodes"]
    assert came["referrals"]["nodes"][0]["id"] == referral
    theirs = (await cast.hospital.ask(box, box="OUTBOX"))["referrals"]["nodes"]
    assert referral not in {node["id"] for node in theirs}
