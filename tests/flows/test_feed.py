"""The feed through the public API: what of it is asked for, how far it was read, where it goes on."""

import json
import uuid
from functools import partial
from operator import eq
from typing import Any

import pytest

from chassis.seal import Sealer
from gateway.ids import Cursors
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.streams import Follower, Open, feed_of, head_of, sse, websocket
from tests.flows.test_guard import viewer_of
from tests.flows.test_membership import deed
from tests.flows.test_one_referral import changed, issued
from tests.gateway.test_sse import Events, posted
from tests.gateway.test_websocket import talk
from tests.servers import eventually

ARGUMENTS = "$after: String, $types: [String!], $needGroups: [NeedGroup!], $referral: ID"
GIVEN = "after: $after, types: $types, needGroups: $needGroups, referral: $referral"
PAGE = f"""query ({ARGUMENTS}) {{ events(first: 50, {GIVEN}) {{
  nodes {{ type referralId needGroup }} pageInfo {{ hasNextPage endCursor }} }} }}"""
LIVE = f"subscription ({ARGUMENTS}) {{ events({GIVEN}) {{ type referralId needGroup }} }}"
READING = "feedReading { upTo markedAt unread }"


async def told(client: Client, after: str, **wanted: Any) -> list[tuple[str, str | None]]:
    """What a page has of a filtered feed."""
    page = (await client.ask(PAGE, after=after, **wanted))["events"]
    return [(node["type"].split(".")[2], node["referralId"]) for node in page["nodes"]]


def said(entry: Json) -> tuple[str, str | None]:
    node = entry["data"]["events"]
    return node["type"].split(".")[2], node["referralId"]


async def test_pages_and_both_live_ways_bring_what_was_asked_for_and_nothing_else(cast: Cast) -> None:
    start = await head_of(cast.shelter)
    care = (await issued(cast))["id"]
    law = await cast.shelter.change(
        "issueReferral",
        **cast.issue(service=cast.services["asesoria"], need="LEGAL_ASSISTANCE"),
    )
    law = law["referral"]["id"]
    await changed(cast.hospital, "receiveReferral", care)
    await changed(cast.third, "receiveReferral", law)
    wanted: dict[str, list[tuple[str, str]]] = {
        json.dumps({"referral": care}): [("sent", care), ("received", care)],
        json.dumps({"needGroups": ["LEGAL"]}): [("sent", law), ("received", law)],
        json.dumps({"types": ["referrals.referral.received.v1"], "referral": law}): [("received", law)],
        json.dumps({"needGroups": ["LEGAL"], "referral": care}): [],
    }
    for asked, expected in wanted.items():
        variables = json.loads(asked)
        await eventually(partial(told, cast.shelter, start, **variables), partial(eq, expected))
        if not expected:
            continue
        variables["after"] = start
        async with posted(cast.shelter, LIVE, variables) as answer:
            events = Events(answer)
            heard = [(await events.next())[1] for _ in expected]
        assert [said(entry) for entry in heard if entry] == expected
        async with talk(cast.shelter) as socket:
            await socket.init()
            await socket.ask("1", LIVE, **variables)
            assert [said((await socket.hear())["payload"]) for _ in expected] == expected


async def test_a_referral_that_is_somebody_elses_is_as_one_that_is_not_there(cast: Cast) -> None:
    start = await head_of(cast.third)
    real = (await issued(cast))["id"]
    for asked in (real, "UmVmZXJyYWw6Kg", "UmVmZXJyYWw6Pg", "nonsense", ""):
        assert await told(cast.third, start, referral=asked) == []


@pytest.mark.parametrize("open_stream", [sse, websocket])
async def test_a_cursor_that_is_too_old_is_refused_with_the_oldest_good_one(
    cast: Cast, open_stream: Open
) -> None:
    """As if the stream had been lost, and made anew, with fewer entries than the reader has had."""
    key = (cast.stack.data / "keys" / "gateway" / "seal.key").read_bytes()
    stale = Cursors(Sealer(key)).seal_feed("2020-01-01T00:00:00Z", 10**9, cast.organizations["tercera"])
    await issued(cast, service=cast.services["asesoria"], need="LEGAL_ASSISTANCE")
    with pytest.raises(AnswerError) as refused:
        await cast.third.ask(PAGE, after=stale)
    async with Follower(open_stream, cast.third, stale) as reader:
        given_up = await reader.given_up()
    whole = await eventually(lambda: feed_of(cast.third))
    for answer in (refused.value, given_up):
        assert answer.codes == ["CURSOR_EXPIRED"]
        oldest = answer.errors[0]["extensions"]["oldestCursor"]
        async with Follower(open_stream, cast.third, oldest) as reader:
            assert (await reader.until_count(len(whole)))[: len(whole)] == whole


async def test_the_places_of_services_are_followed_from_the_oldest_good_cursor(cast: Cast) -> None:
    key = (cast.stack.data / "keys" / "gateway" / "seal.key").read_bytes()
    stale = Cursors(Sealer(key)).seal_feed("2020-01-01T00:00:00Z", 10**9, "public")
    document = "subscription ($after: String) { capacityChanged(after: $after) { cursor } }"
    async with posted(cast.third, document, {"after": stale}) as answer:
        _, data = await Events(answer).next()
    assert data is not None
    (error,) = data["errors"]
    assert error["extensions"]["code"] == "CURSOR_EXPIRED"
    assert error["extensions"]["oldestCursor"]


async def mark(client: Client, up_to: str, **more: Any) -> Json:
    """Mark the feed as read."""
    document = f"""mutation ($input: MarkFeedReadInput!) {{ markFeedRead(input: $input) {{
      {READING} replayed userErrors {{ code path message }} }} }}"""
    given = {"idempotencyKey": str(uuid.uuid4()), "upTo": up_to, **more}
    payload: Json = (await client.ask(document, input=given))["markFeedRead"]
    return payload


async def reading(client: Client) -> Json:
    found: Json = (await client.ask(f"{{ viewer {{ {READING} }} }}"))["viewer"]["feedReading"]
    return found


async def cursors(client: Client, after: str, count: int) -> list[str]:
    """Those of what came after a cursor, once there are so many."""
    document = "query ($after: String) { events(first: 100, after: $after) { nodes { cursor } } }"

    async def look() -> list[str]:
        return [one["cursor"] for one in (await client.ask(document, after=after))["events"]["nodes"]]

    return await eventually(look, lambda found: len(found) == count)


async def test_who_may_not_read_the_feed_marks_nothing_in_it_and_is_told_what_that_takes(cast: Cast) -> None:
    up_to = await head_of(cast.hospital)
    async with viewer_of(cast, "hospital") as client:
        refused = await mark(client, up_to)
        assert refused["feedReading"] is None
        (error,) = refused["userErrors"]
        assert (error["code"], "feed:read" in error["message"]) == ("FORBIDDEN", True)
        with pytest.raises(AnswerError) as unread:
            await reading(client)
        assert unread.value.codes == ["FORBIDDEN"]


async def test_a_member_reads_on_where_she_stopped_on_any_device_and_is_forgotten_with_her_membership(
    cast: Cast,
) -> None:
    reference, other = f"persona-{uuid.uuid4()}", f"persona-{uuid.uuid4()}"
    invited = await deed(cast.hospital, "inviteMember", reference=reference, roles=["CASEWORKER"])
    start = await head_of(cast.hospital)
    async with (
        cast.another("hospital", member=reference) as desk,
        cast.another("hospital", member=reference) as telephone,
        cast.another("hospital", member=other) as colleague,
    ):
        assert (await mark(desk, start))["feedReading"]["unread"] == 0
        referral = (await issued(cast))["id"]
        await changed(cast.hospital, "receiveReferral", referral)
        first, second = await cursors(desk, start, 2)
        assert (await reading(telephone))["unread"] == 2
        assert (await mark(telephone, second))["feedReading"]["unread"] == 0
        found = await reading(desk)
        assert found["unread"] == 0
        assert await cursors(desk, found["upTo"], 0) == []
        # What comes late from another device moves nothing back, unless that is what is wanted.
        assert (await mark(desk, first))["feedReading"]["unread"] == 0
        key = str(uuid.uuid4())
        assert (await mark(desk, first, back=True, idempotencyKey=key))["feedReading"]["unread"] == 1
        assert (await mark(telephone, second))["feedReading"]["unread"] == 0
        again = await mark(desk, first, back=True, idempotencyKey=key)
        assert (again["replayed"], again["feedReading"]["unread"]) == (True, 0)
        # Nobody else is told, and each has her own.
        for somebody in (colleague, cast.hospital):
            assert (await reading(somebody))["upTo"] != found["upTo"]
        assert (await reading(colleague))["upTo"] is None
        await deed(cast.hospital, "removeMember", member=invited["member"]["id"])
        # Whoever comes back under the same reference begins anew.
        await deed(cast.hospital, "inviteMember", reference=reference, roles=["CASEWORKER"])

        async def begun_anew() -> bool:
            try:
                return (await reading(desk))["upTo"] is None
            except AnswerError:
                return False  # who was removed is not named for some seconds

        await eventually(begun_anew)


async def test_what_is_no_cursor_of_this_feed_marks_nothing(cast: Cast) -> None:
    key = (cast.stack.data / "keys" / "gateway" / "seal.key").read_bytes()
    stale = Cursors(Sealer(key)).seal_feed("2020-01-01T00:00:00Z", 1, cast.organizations["tercera"])
    async with cast.another("tercera", member=f"persona-{uuid.uuid4()}") as reader:
        for up_to, code in (
            ("nonsense", "INVALID"),
            (await head_of(cast.hospital), "INVALID"),
            (stale, "CURSOR_EXPIRED"),
        ):
            payload = await mark(reader, up_to)
            assert payload["feedReading"] is None
            assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [(code, ["upTo"])]
        assert (await reading(reader))["upTo"] is None
