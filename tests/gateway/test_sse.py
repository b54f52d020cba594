"""Responses as server-sent events: GraphQL over SSE, distinct connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.gateway.conftest import StartGateway, elsewhere
from tests.servers import eventually

LIVE = "subscription ($after: String, $types: [String!]) { events(after: $after, types: $types) { %s } }"
PAGE = "query ($types: [String!]) { events(first: 3, types: $types) { nodes { type } } }"
ENTRY = "cursor type folio status"


class Events:
    """The events of one stream, as they come."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, Json | None]:
        """The next event: its name, and its data."""
        name, data = "", ""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data = line[5:].strip()
                elif not line and name:
                    return name, json.loads(data) if data else None
        return "closed", None

    async def entry(self) -> Json:
        """The entry that the next event brings."""
        name, data = await self.next()
        assert name == "next", (name, data)
        assert data is not None
        assert "errors" not in data, data
        entry: Json = data["data"]["events"]
        return entry


@asynccontextmanager
async def stream(client: Client, fields: str = ENTRY, **variables: Any) -> AsyncIterator[Events]:
    """A live subscription; open once its first bytes have come."""
    async with posted(client, LIVE % fields, variables) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Events(answer)


@asynccontextmanager
async def posted(client: Client, query: str, variables: Json | None = None) -> AsyncIterator[httpx.Response]:
    headers = await client.headers("text/event-stream")
    async with (
        httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(10, read=None)) as http,
        http.stream(
            "POST", f"{client.url}/graphql", json={"query": query, "variables": variables}, headers=headers
        ) as answer,
    ):
        yield answer


async def head(client: Client) -> str:
    cursor: str = (await client.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"]
    return cursor


async def issue(cast: Cast) -> Json:
    referral: Json = (await cast.shelter.change("issueReferral", **cast.issue()))["referral"]
    return referral


async def test_both_parties_hear_of_a_referral_as_it_happens(cast: Cast) -> None:
    async with (
        stream(cast.hospital, after=await head(cast.hospital)) as heard,
        stream(cast.shelter, after=await head(cast.shelter)) as echoed,
    ):
        referral = await issue(cast)
        assert (await heard.entry())["folio"] == referral["folio"]
        assert (await echoed.entry())["type"] == "referrals.referral.sent.v1"
        await cast.hospital.change("receiveReferral", referral=referral["id"])
        assert (await echoed.entry())["status"] == "RECEIVED"


async def test_a_stream_goes_on_from_a_cursor_without_gap_or_repeat(cast: Cast) -> None:
    start = await head(cast.hospital)
    first, second = await issue(cast), await issue(cast)
    async with stream(cast.hospital, after=start) as heard:
        entry = await heard.entry()
        assert entry["folio"] == first["folio"]
    third = await issue(cast)
    async with stream(cast.hospital, after=entry["cursor"]) as heard:
        assert [(await heard.entry())["folio"] for _ in range(2)] == [second["folio"], third["folio"]]


async def test_pages_and_streams_have_the_same_cursors(cast: Cast) -> None:
    start = await head(cast.hospital)
    first, second = await issue(cast), await issue(cast)
    query = """query ($after: String) { events(first: 1, after: $after) {
      nodes { folio } pageInfo { endCursor } } }"""

    async def told() -> Json:
        page: Json = (await cast.hospital.ask(query, after=start))["events"]
        return page

    page = await eventually(told, lambda found: bool(found["nodes"]))
    assert page["nodes"] == [{"folio": first["folio"]}]
    async with stream(cast.hospital, after=page["pageInfo"]["endCursor"]) as heard:
        assert (await heard.entry())["folio"] == second["folio"]


async def test_a_stream_brings_only_the_types_that_were_asked_for(cast: Cast) -> None:
    types = ["referrals.referral.received.v1"]
    async with stream(cast.shelter, after=await head(cast.shelter), types=types) as heard:
        referral = await issue(cast)
        await cast.hospital.change("receiveReferral", referral=referral["id"])
        assert (await heard.entry())["type"] == types[0]


async def test_types_that_do_not_exist_are_refused_and_those_that_do_are_named(cast: Cast) -> None:
    types = ["referral.sent"]
    with pytest.raises(AnswerError) as refused:
        await cast.shelter.ask(PAGE, types=types)
    (entry,) = refused.value.errors
    async with posted(cast.shelter, LIVE % ENTRY, {"types": types}) as answer:
        _, data = await Events(answer).next()
    assert data is not None
    for error in (entry, data["errors"][0]):
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "hay referrals.referral.sent.v1, " in error["message"]
        assert "directory.client" not in error["message"], "the feed tells nobody of that"


async def test_an_entry_shows_its_referral_as_it_is_when_it_comes(cast: Cast) -> None:
    fields = "referral { status version receiver { name } person { ageBand name } }"
    async with stream(cast.hospital, fields, after=await head(cast.hospital)) as heard:
        referral = await issue(cast)
        assert (await heard.entry())["referral"] == {
            "status": "SENT", "version": 1, "receiver": {"name": "Hospital El Mangle (ficticio)"},
            "person": {"ageBand": "ADULT", "name": None},
        }  # fmt: skip
        await cast.hospital.change("receiveReferral", referral=referral["id"])
        assert (await heard.entry())["referral"]["version"] == 2


async def test_a_query_is_answered_by_one_event_and_the_end(cast: Cast) -> None:
    async with posted(cast.shelter, "{ __typename }") as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        events = Events(answer)
        assert await events.next() == ("next", {"data": {"__typename": "Query"}})
        assert await events.next() == ("complete", None)
        assert await events.next() == ("closed", None)


async def test_what_is_wrong_with_the_operation_is_told_in_the_stream(cast: Cast) -> None:
    for query, code in (
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "a " * 2000 + "}", "TOO_MANY_TOKENS"),
    ):
        async with posted(cast.shelter, query) as answer:
            assert answer.status_code == 200
            events = Events(answer)
            name, data = await events.next()
            assert name == "next"
            assert data is not None
            assert data["errors"][0]["extensions"]["code"] == code
            assert (await events.next())[0] == "complete"


async def test_a_bad_cursor_ends_a_stream_with_its_code(cast: Cast) -> None:
    async with stream(cast.shelter, after="nonsense") as heard:
        _, data = await heard.next()
        assert data is not None
        assert data["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert (await heard.next())[0] == "complete"


async def test_another_organizations_cursor_is_refused(cast: Cast) -> None:
    async with stream(cast.third, after=await head(cast.hospital)) as heard:
        _, data = await heard.next()
        assert data is not None
        assert data["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_without_a_token_there_is_no_stream(cast: Cast) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{cast.shelter.url}/graphql",
            json={"query": LIVE % ENTRY},
            headers={"accept": "text/event-stream"},
        )
    assert answer.status_code == 401


async def test_a_stream_ends_when_its_token_is_too_old(cast: Cast, another_gateway: StartGateway) -> None:
    url = another_gateway(token_seconds=1, stream_grace_seconds=1)
    async with elsewhere(cast, url) as other, stream(other.hospital) as heard:
        _, data = await heard.next()
        assert data is not None
        assert data["errors"][0]["extensions"]["code"] == "TOKEN_EXPIRED"
        assert (await heard.next())[0] == "complete"


async def test_a_client_has_so_many_streams_and_gets_them_back(
    cast: Cast, another_gateway: StartGateway
) -> None:
    async with elsewhere(cast, another_gateway(client_streams=2)) as other:
        async with stream(other.hospital), stream(other.hospital):
            async with posted(other.hospital, LIVE % ENTRY) as third:
                assert third.status_code == 429
            async with stream(other.shelter):
                pass  # another client has its own

        async def admitted() -> bool:
            async with posted(other.hospital, LIVE % ENTRY) as again:
                return again.status_code == 200

        await eventually(admitted)


async def test_streams_are_told_to_come_back_when_the_gateway_stops(
    cast: Cast, another_gateway: StartGateway
) -> None:
    url = another_gateway()
    async with elsewhere(cast, url) as other, stream(other.hospital) as heard:
        another_gateway.stop(url)
        _, data = await heard.next()
        assert data is not None
        assert data["errors"][0]["extensions"]["code"] == "SHUTTING_DOWN"
        assert (await heard.next())[0] == "complete"
