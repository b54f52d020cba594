"""A coordinator alerts organizations: each hears in its feed, reads it, and says that it knows."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.codes import OrganizationKind
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.posts import organization_id, post_of
from tests.flows.test_capacity import codes
from tests.flows.test_matching import coordinator_of
from tests.servers import eventually

ALERT = """id kind text inForce endedAt acknowledgedAt kinds states needs addressed acknowledged allTold
  sender { id } service { id }"""
ONE = f"query ($id: ID!) {{ broadcast(id: $id) {{ {ALERT} }} }}"
LIST = f"""query ($network: Boolean!, $open: Boolean!, $after: String, $first: Int!) {{
  broadcasts(ofNetwork: $network, inForce: true, unacknowledged: $open, first: $first, after: $after) {{
    nodes {{ {ALERT} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
RECEIPTS = """query ($id: ID!, $said: Boolean) {
  broadcastReceipts(broadcast: $id, acknowledged: $said, first: 100) {
    nodes { organization { id } acknowledgedAt } } }"""
FEED = """query ($after: String) { events(after: $after, first: 100,
  types: ["notifications.broadcast.sent.v1", "notifications.broadcast.ended.v1"]) {
    nodes { event type relation subjectId serviceId referralId folio } } }"""
TEXT = "El hotel de la terminal está lleno; no envíe a nadie antes del lunes"


async def doing(client: Client, mutation: str, key: str | None = None, **inputs: Any) -> Json:
    """Send, end or acknowledge; return the payload."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = (
        f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ broadcast {{ {ALERT} }} replayed "
        "userErrors { code path message } } }"
    )
    inputs = {**inputs, "idempotencyKey": key or str(uuid.uuid4())}
    payload: Json = (await client.ask(document, input=inputs))[mutation]
    return payload


def alert(**changes: Any) -> Json:
    """What it takes to alert those who give legal aid."""
    until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    return {"kind": "NO_PLACES", "text": TEXT, "until": until, "kinds": ["LEGAL_AID"], **changes}


async def head_of(client: Client) -> str:
    """Where its feed ends now."""
    return str((await client.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"])


async def heard(client: Client, after: str) -> list[Json]:
    """What its feed says of alerts since then."""
    found: list[Json] = (await client.ask(FEED, after=after))["events"]["nodes"]
    return found


@pytest.fixture(scope="module")
async def coordinator(cast: Cast) -> AsyncIterator[Client]:
    async with coordinator_of(cast) as client:
        yield client


async def test_those_it_is_for_hear_of_it_read_it_and_say_that_they_know(
    cast: Cast, coordinator: Client
) -> None:
    heads = {one: await head_of(one) for one in (cast.third, cast.shelter)}
    sent = alert(service=cast.services["asesoria"])
    payload = await doing(coordinator, "sendBroadcast", key := str(uuid.uuid4()), **sent)
    assert payload["userErrors"] == []
    made = payload["broadcast"]
    assert (made["text"], made["inForce"], made["acknowledged"]) == (TEXT, True, 0)
    again = await doing(coordinator, "sendBroadcast", key, **sent)
    assert (again["broadcast"]["id"], again["replayed"]) == (made["id"], True)
    (entry,) = await eventually(lambda: heard(cast.third, heads[cast.third]))
    assert {**entry, "event": None} == {
        "event": None, "type": "notifications.broadcast.sent.v1", "relation": "ADDRESSED",
        "subjectId": made["id"], "serviceId": cast.services["asesoria"], "referralId": None, "folio": None,
    }  # fmt: skip
    seen = (await cast.third.ask(ONE, id=made["id"]))["broadcast"]
    assert (seen["text"], seen["acknowledgedAt"], seen["addressed"]) == (TEXT, None, None)
    assert seen["allTold"] is None
    await eventually(lambda: all_told(coordinator, made["id"]))
    # Whoever it is not for neither hears of it nor finds it, nor can say that it knows.
    assert await heard(cast.shelter, heads[cast.shelter]) == []
    assert (await cast.shelter.ask(ONE, id=made["id"]))["broadcast"] is None
    assert codes(await doing(cast.shelter, "acknowledgeBroadcast", broadcast=made["id"])) == [
        ("NOT_FOUND", ())
    ]
    said = await doing(cast.third, "acknowledgeBroadcast", broadcast=made["id"])
    first = said["broadcast"]["acknowledgedAt"]
    assert (first is not None, said["replayed"]) == (True, False)
    repeated = await doing(cast.third, "acknowledgeBroadcast", broadcast=made["id"])
    assert (repeated["broadcast"]["acknowledgedAt"], repeated["replayed"]) == (first, True)
    third = organization_id(cast, "tercera")
    for said_so, is_there in ((True, True), (False, False), (None, True)):
        rows = (await coordinator.ask(RECEIPTS, id=made["id"], said=said_so))["broadcastReceipts"]["nodes"]
        assert (third in [one["organization"]["id"] for one in rows]) is is_there
    assert (await coordinator.ask(ONE, id=made["id"]))["broadcast"]["acknowledged"] == 1


async def all_told(coordinator: Client, alert: str) -> bool:
    """Whether a coordinator is told that all have heard."""
    return (await coordinator.ask(ONE, id=alert))["broadcast"]["allTold"] is True


async def test_what_is_taken_back_is_told_and_cannot_be_taken_back_twice(
    cast: Cast, coordinator: Client
) -> None:
    head = await head_of(cast.third)
    made = (await doing(coordinator, "sendBroadcast", **alert()))["broadcast"]["id"]
    ended = await doing(coordinator, "endBroadcast", broadcast=made)
    assert (ended["broadcast"]["inForce"], ended["userErrors"]) == (False, [])
    entries = await eventually(lambda: heard(cast.third, head), lambda got: len(got) == 2)
    assert [(one["type"].split(".")[2], one["subjectId"]) for one in entries] == [
        ("sent", made), ("ended", made),
    ]  # fmt: skip
    assert codes(await doing(coordinator, "endBroadcast", broadcast=made)) == [("WRONG_STATUS", ())]
    shown = await pages(cast.third, network=False, opened=False)
    assert made not in [one["id"] for one in shown]


async def pages(client: Client, *, network: bool, opened: bool) -> list[Json]:
    """All alerts in force, read two at a time."""
    found: list[Json] = []
    after = None
    while True:
        variables = {"network": network, "open": opened, "after": after, "first": 2}
        page = (await client.ask(LIST, **variables))["broadcasts"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_lists_are_newest_first_and_know_what_is_not_acknowledged(
    cast: Cast, coordinator: Client
) -> None:
    ids = [(await doing(coordinator, "sendBroadcast", **alert()))["broadcast"]["id"] for _ in range(3)]
    # It may have learned of it elsewhere, before it was told.
    said = await doing(cast.third, "acknowledgeBroadcast", broadcast=ids[1])
    assert said["broadcast"]["acknowledgedAt"] is not None
    for one in ids:
        await eventually(lambda one=one: all_told(coordinator, one))  # type: ignore[misc]
    mine = [one["id"] for one in await pages(cast.third, network=False, opened=False)]
    assert [one for one in mine if one in ids] == ids[::-1]
    opened = [one["id"] for one in await pages(cast.third, network=False, opened=True)]
    assert [one for one in opened if one in ids] == [ids[2], ids[0]]
    assert set(ids) <= {one["id"] for one in await pages(coordinator, network=True, opened=False)}
    with pytest.raises(AnswerError):
        await pages(cast.third, network=True, opened=False)


async def test_nobody_else_alerts_and_all_that_is_wrong_is_said_at_once(
    cast: Cast, coordinator: Client
) -> None:
    assert codes(await doing(cast.third, "sendBroadcast", **alert())) == [("FORBIDDEN", ())]
    assert codes(await doing(cast.third, "endBroadcast", broadcast="nada")) == [("FORBIDDEN", ())]
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    wrong = alert(until=past, kinds=["LEGAL_AID", "POLICE", "MIGRATION_AUTHORITY"])
    assert codes(await doing(coordinator, "sendBroadcast", **wrong)) == [
        ("INVALID", ("until",)), ("FIREWALLED", ("kinds", "1")), ("FIREWALLED", ("kinds", "2")),
    ]  # fmt: skip
    far = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    assert codes(await doing(coordinator, "sendBroadcast", **alert(until=far))) == [("INVALID", ("until",))]
    nobody = alert(states=["COL"], needs=["FUNERAL_OR_REPATRIATION"])
    assert codes(await doing(coordinator, "sendBroadcast", **nobody)) == [("NOT_FOUND", ("kinds",))]
    unknown = alert(service=cast.organizations["refugio"])
    assert codes(await doing(coordinator, "sendBroadcast", **unknown)) == [("NOT_FOUND", ("service",))]
    assert (await coordinator.ask(ONE, id="nada"))["broadcast"] is None


async def test_behind_the_firewall_nothing_is_heard_of_an_alert_to_all(
    cast: Cast, coordinator: Client
) -> None:
    async with post_of(cast, OrganizationKind.POLICE) as post:
        head = await head_of(post)
        made = (await doing(coordinator, "sendBroadcast", **alert(kinds=None)))["broadcast"]
        police = organization_id(cast, "garita")
        rows = (await coordinator.ask(RECEIPTS, id=made["id"]))["broadcastReceipts"]["nodes"]
        reached = {one["organization"]["id"] for one in rows}
        assert organization_id(cast, "hospital") in reached
        assert police not in reached
        assert await heard(post, head) == []
        assert (await post.ask(ONE, id=made["id"]))["broadcast"] is None
