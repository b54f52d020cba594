"""GraphQL over WebSocket: the protocol graphql-transport-ws, its close codes, and ours."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from websockets.typing import Subprotocol

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.gateway.conftest import StartGateway, elsewhere
from tests.gateway.test_sse import head, issue
from tests.servers import eventually

LIVE = "subscription ($after: String) { events(after: $after) { cursor folio status } }"
SLOW_CLOSE = 10


class Talk:
    """One socket: says and hears messages."""

    def __init__(self, socket: websockets.ClientConnection, client: Client) -> None:
        self.socket = socket
        self.client = client

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self) -> Json:
        async with asyncio.timeout(SLOW_CLOSE):
            message: Json = json.loads(await self.socket.recv())
        return message

    async def init(self, **payload: Any) -> None:
        """Say who we are, and wait to be believed."""
        authorization = (await self.client.headers())["authorization"]
        await self.say(type="connection_init", payload={"authorization": authorization, **payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def ask(self, key: str, query: str, **variables: Any) -> None:
        await self.say(type="subscribe", id=key, payload={"query": query, "variables": variables})

    async def closed(self) -> int:
        """The code with which the other side closes."""
        async with asyncio.timeout(SLOW_CLOSE):
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def talk(client: Client, *protocols: str, headers: Json | None = None) -> AsyncIterator[Talk]:
    url = client.url.replace("http", "ws", 1) + "/graphql"
    names = [Subprotocol(name) for name in protocols or ("graphql-transport-ws",)]
    async with websockets.connect(url, subprotocols=names, proxy=None, additional_headers=headers) as socket:
        yield Talk(socket, client)


async def test_an_entry_comes_as_it_happens(cast: Cast) -> None:
    async with talk(cast.hospital) as socket:
        await socket.init()
        await socket.ask("1", LIVE, after=await head(cast.hospital))
        referral = await issue(cast)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("next", "1")
        assert message["payload"]["data"]["events"]["folio"] == referral["folio"]


async def test_queries_and_mutations_run_beside_a_subscription(cast: Cast) -> None:
    async with talk(cast.shelter) as socket:
        await socket.init()
        await socket.ask("live", LIVE, after=await head(cast.shelter))
        await socket.ask("q", "{ __typename }")
        assert await socket.hear() == {
            "type": "next",
            "id": "q",
            "payload": {"data": {"__typename": "Query"}},
        }
        assert await socket.hear() == {"type": "complete", "id": "q"}
        document = "mutation ($i: IssueReferralInput!) { issueReferral(input: $i) { referral { folio } } }"
        await socket.ask("m", document, i={**cast.issue(), "idempotencyKey": await head(cast.shelter)})
        heard = [await socket.hear() for _ in range(3)]
        assert sorted((one["type"], one["id"]) for one in heard) == [
            ("complete", "m"), ("next", "live"), ("next", "m"),
        ]  # fmt: skip


EVENTS_AFTER = "query ($after: String!) { events(first: 1, after: $after) { nodes { folio } } }"


async def test_whenever_a_subscription_is_completed_it_ends(cast: Cast) -> None:
    # In whatever it is about: of 250 some dozen lived on, since a cancellation can be swallowed.
    async with talk(cast.hospital) as socket:
        await socket.init()
        at = await head(cast.hospital)
        for number in range(250):
            await socket.ask("1", LIVE, after=at)
            await asyncio.sleep(number % 50 / 8000)
            await socket.say(type="complete", id="1")
        await issue(cast)
        await feed_has_grown(cast, at)
        await socket.ask("2", "{ __typename }")
        assert (await socket.hear())["id"] == "2"


async def feed_has_grown(cast: Cast, at: str) -> None:
    """Return once the hospital's feed has something behind a cursor."""

    async def behind() -> Json:
        page: Json = await cast.hospital.ask(EVENTS_AFTER, after=at)
        return page

    await eventually(behind, lambda page: page["events"]["nodes"] != [])


async def test_a_subscription_that_is_completed_says_no_more(cast: Cast) -> None:
    async with talk(cast.hospital) as socket:
        await socket.init()
        await socket.ask("1", LIVE, after=await head(cast.hospital))
        await socket.say(type="complete", id="1")
        await issue(cast)
        await socket.ask("1", "{ __typename }")  # the id is free again
        assert (await socket.hear())["payload"] == {"data": {"__typename": "Query"}}


async def test_what_is_wrong_with_an_operation_is_an_error_of_it_alone(cast: Cast) -> None:
    async with talk(cast.shelter) as socket:
        await socket.init()
        for query, code in (
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ a(b: [" + "[" * 99, "TOO_DEEP"),
        ):
            await socket.ask("1", query)
            message = await socket.hear()
            assert (message["type"], message["id"]) == ("error", "1")
            assert message["payload"][0]["extensions"]["code"] == code
        await socket.ask("1", LIVE, after="nonsense")
        assert (await socket.hear())["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        await socket.ask("1", "{ __typename }")
        assert (await socket.hear())["type"] == "next"


async def test_pings_are_answered_before_and_after_the_beginning(cast: Cast) -> None:
    async with talk(cast.shelter) as socket:
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.init()
        await socket.say(type="pong")
        await socket.say(type="ping", payload={"anything": 1})
        assert await socket.hear() == {"type": "pong"}


async def test_the_token_may_come_in_the_handshake(cast: Cast) -> None:
    headers = {"authorization": (await cast.shelter.headers())["authorization"]}
    async with talk(cast.shelter, headers=headers) as socket:
        await socket.say(type="connection_init")
        assert await socket.hear() == {"type": "connection_ack"}
        await socket.ask("1", "{ viewer { organization { id } } }")
        assert (await socket.hear())["payload"]["data"]["viewer"]["organization"]


async def test_the_member_behind_a_client_is_said_at_the_beginning(cast: Cast) -> None:
    async with talk(cast.shelter) as socket:
        await socket.init(**{"Relevo-On-Behalf-Of": "turno-noche-7"})
        await socket.ask("1", "{ viewer { onBehalfOf } }")
        assert (await socket.hear())["payload"]["data"]["viewer"]["onBehalfOf"] == "turno-noche-7"


@pytest.mark.parametrize(
    "payload", [None, {}, {"authorization": "Bearer nonsense"}, {"authorization": 7}, "x"]
)
async def test_without_a_good_token_the_socket_is_closed(cast: Cast, payload: Any) -> None:
    async with talk(cast.shelter) as socket:
        await socket.say(type="connection_init", payload=payload)
        assert await socket.closed() == 4403


@pytest.mark.parametrize(("messages", "code"), [
    ([{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}], 4401),
    ([{"type": "nonsense"}], 4400),
    ([{"id": "1"}], 4400),
    ([[]], 4400),
])  # fmt: skip
async def test_a_message_out_of_place_closes_the_socket(cast: Cast, messages: list[Any], code: int) -> None:
    async with talk(cast.shelter) as socket:
        for message in messages:
            await socket.socket.send(json.dumps(message))
        assert await socket.closed() == code


@pytest.mark.parametrize("text", ["{", "", b"\x00", '{"type": "ping", "payload": ' + "[" * 30_000])
async def test_what_is_no_message_closes_the_socket(cast: Cast, text: str | bytes) -> None:
    async with talk(cast.shelter) as socket:
        await socket.socket.send(text)
        assert await socket.closed() == 4400


async def test_beginning_twice_closes_the_socket(cast: Cast) -> None:
    async with talk(cast.shelter) as socket:
        await socket.init()
        await socket.say(type="connection_init")
        assert await socket.closed() == 4429


@pytest.mark.parametrize("key", ["1", "€" * 100])
async def test_an_id_in_use_closes_the_socket(cast: Cast, key: str) -> None:
    async with talk(cast.shelter) as socket:
        await socket.init()
        await socket.ask(key, LIVE)
        await socket.ask(key, LIVE)
        assert await socket.closed() == 4409
        assert socket.socket.close_reason == "Subscriber for this id already exists"


async def test_a_client_has_so_many_sockets_and_gets_them_back(
    cast: Cast, another_gateway: StartGateway
) -> None:
    async with elsewhere(cast, another_gateway(client_streams=1)) as other:
        async with talk(other.hospital) as first:
            await first.init()
            async with talk(other.hospital) as second:
                authorization = (await other.hospital.headers())["authorization"]
                await second.say(type="connection_init", payload={"authorization": authorization})
                assert await second.closed() == 1013
            async with talk(other.shelter) as another:
                await another.init()

        async def admitted() -> bool:
            async with talk(other.hospital) as again:
                await again.say(type="connection_init", payload={"authorization": authorization})
                with contextlib.suppress(websockets.ConnectionClosed):
                    return await again.hear() == {"type": "connection_ack"}
            return False

        await eventually(admitted)


@pytest.mark.parametrize("protocols", [("graphql-ws",), ("something-else",)])
async def test_no_other_protocol_is_spoken(cast: Cast, protocols: tuple[str, ...]) -> None:
    async with talk(cast.shelter, *protocols) as socket:
        assert await socket.closed() == 4406


async def test_a_frame_that_is_too_long_closes_the_socket(cast: Cast) -> None:
    async with talk(cast.shelter) as socket:
        await socket.init()
        await socket.ask("1", "{ __typename }" + " " * 66_000)
        assert await socket.closed() == 1009


async def test_a_socket_has_so_many_operations(cast: Cast, another_gateway: StartGateway) -> None:
    async with (
        elsewhere(cast, another_gateway(socket_subscriptions=2)) as other,
        talk(other.hospital) as socket,
    ):
        await socket.init()
        for key in ("1", "2", "3"):
            await socket.ask(key, LIVE)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", "3"), message
        assert message["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "limit": 2, "retryAfter": 1}


async def test_a_socket_closes_when_its_token_is_too_old(cast: Cast, another_gateway: StartGateway) -> None:
    url = another_gateway(token_seconds=1, stream_grace_seconds=1)
    async with elsewhere(cast, url) as other, talk(other.hospital) as socket:
        await socket.init()
        await socket.ask("1", LIVE)
        assert await socket.closed() == 4498


async def test_a_fresh_token_lets_a_socket_go_on(cast: Cast, another_gateway: StartGateway) -> None:
    url = another_gateway(token_seconds=3, stream_grace_seconds=0)
    async with elsewhere(cast, url) as other, talk(other.hospital) as socket:
        await socket.init()
        past_the_first = time.monotonic() + 4
        while time.monotonic() < past_the_first:
            authorization = (await other.hospital.headers())["authorization"]
            await socket.say(type="ping", payload={"authorization": authorization})
            assert await socket.hear() == {"type": "pong", "payload": {"renewed": True}}
        assert await socket.closed() == 4498


async def test_a_fresh_token_of_somebody_else_closes_the_socket(cast: Cast) -> None:
    async with talk(cast.hospital) as socket:
        await socket.init()
        await socket.say(
            type="ping", payload={"authorization": (await cast.third.headers())["authorization"]}
        )
        assert await socket.closed() == 4403


async def test_sockets_are_told_to_come_back_when_the_gateway_stops(
    cast: Cast, another_gateway: StartGateway
) -> None:
    url = another_gateway()
    async with elsewhere(cast, url) as other, talk(other.hospital) as socket:
        await socket.init()
        await socket.ask("1", LIVE)
        another_gateway.stop(url)
        assert await socket.closed() == 1012


async def test_a_client_that_goes_leaves_nothing_behind(cast: Cast) -> None:
    async with talk(cast.hospital) as socket:
        await socket.init()
        await socket.ask("1", LIVE)
        socket.socket.transport.abort()
    await cast.hospital.ask("{ __typename }")
