"""Deadlines through the public API: what is awaited, and who hears of what has not come in time.

The network's own service looks and tells; the referral's clock is wound forward in the database.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from gateway.ids import split_id
from tests.cli.running import relevo
from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import changed, issued
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) { status version folio
  deadlines { awaited waitingFor dueAt receiveBy expiresAt overdue }
  history(first: 10) { nodes { action deadline } } } }"""
FEED = """query ($types: [String!], $after: String) { events(first: 100, types: $types, after: $after) {
  nodes { type relation deadline referralId version status } pageInfo { hasNextPage endCursor } } }"""
OVERDUE = "referrals.referral.overdue.v1"


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def told(client: Client, referral: str, *types: str) -> list[tuple[str, str, str]]:
    """What a client's organization was told of a referral's deadlines."""
    nodes: list[Json] = []
    page: Json = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        found = (await client.ask(FEED, types=list(types) or None, after=page["endCursor"]))["events"]
        nodes, page = [*nodes, *found["nodes"]], found["pageInfo"]
    return [
        (node["type"].split(".")[2], node["relation"], node["deadline"])
        for node in nodes
        if node["referralId"] == referral and node["deadline"]
    ]


async def wind_on(cast: Cast, referral: str, by: timedelta) -> None:
    """Let so much time pass for one referral: all moments of its clock come so much earlier."""
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(cast.stack.urls["mongo"], tz_aware=True)
    referrals = client["relevo_referrals"]["referrals"]
    key = {"_id": (split_id(referral) or ("", ""))[1]}
    doc = await referrals.find_one(key)
    assert doc is not None

    def earlier(value: Any) -> Any:
        return value - by if isinstance(value, datetime) else value

    moments = ("due_at", "deadline_at", "overdue_at")
    fields = {name: earlier(doc[name]) for name in moments if name in doc}
    clock = {name: earlier(value) for name, value in doc["clock"].items()}
    await referrals.update_one(key, {"$set": {**fields, "clock": clock}})
    client.close()


async def test_an_emergency_that_nobody_looks_at_is_told_to_both_sides_and_to_who_keeps_the_network(
    cast: Cast,
) -> None:
    async with coordinator_of(cast) as coordinator:
        referral = (await issued(cast, priority="EMERGENCY"))["id"]
        before = await seen(cast.hospital, referral)
        now = before["deadlines"]
        assert (now["awaited"], now["waitingFor"], now["overdue"]) == ("RECEIVE", "RECEIVER", [])
        assert (now["receiveBy"] == now["dueAt"], now["expiresAt"]) == (True, None)
        await wind_on(cast, referral, timedelta(minutes=35))
        parties = ((cast.shelter, "SENDER"), (cast.hospital, "RECEIVER"), (coordinator, "COORDINATOR"))
        for client, relation in parties:
            heard = await eventually(lambda client=client: told(client, referral, OVERDUE))  # type: ignore[misc]
            assert heard == [("overdue", relation, "RECEIVE")]
        assert await told(cast.third, referral) == []
        late = await seen(coordinator, referral)
        assert (late["deadlines"]["overdue"], late["version"]) == (["RECEIVE"], before["version"])
        shown = relevo("due", "--json", "--first", "1000", env={"RELEVO_DATA_DIR": str(cast.stack.data)})
        overdue = {one["folio"]: one["deadline"] for one in json.loads(shown.stdout)["overdue"]}
        assert overdue[late["folio"]] == "receive"
        await changed(cast.hospital, "receiveReferral", referral)
        assert (await seen(cast.shelter, referral))["deadlines"]["overdue"] == []


async def test_what_nobody_answers_expires_once_it_is_known_to_be_overdue(cast: Cast) -> None:
    referral = (await issued(cast, priority="URGENT"))["id"]
    await wind_on(cast, referral, timedelta(hours=80))
    await eventually(lambda: told(cast.shelter, referral), lambda heard: len(heard) == 1)
    assert (await seen(cast.shelter, referral))["status"] == "SENT"
    await wind_on(cast, referral, timedelta(hours=13))
    expired = await eventually(lambda: seen(cast.shelter, referral), lambda one: one["status"] == "EXPIRED")
    assert expired["history"]["nodes"][-1] == {"action": "EXPIRE", "deadline": "DECIDE"}
    assert expired["deadlines"]["awaited"] is None
    assert expired["deadlines"]["dueAt"] is None
    assert await told(cast.hospital, referral) == [("overdue", "RECEIVER", "DECIDE")]
    await changed(cast.hospital, "startReferral", referral)
    assert (await seen(cast.shelter, referral))["status"] == "IN_PROGRESS"
