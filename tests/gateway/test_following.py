"""How many live subscriptions a client has, over all its connections and both ways."""

from typing import Any

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.gateway.conftest import StartGateway, elsewhere
from tests.gateway.test_sse import ENTRY, LIVE, Events, head, issue, posted, stream
from tests.gateway.test_websocket import LIVE as OVER_SOCKET
from tests.gateway.test_websocket import Talk, talk
from tests.servers import eventually

REFUSED = {"code": "RATE_LIMITED", "limit": 3, "retryAfter": 10}


async def refused_by_socket(socket: Talk, key: str) -> Json:
    await socket.ask(key, OVER_SOCKET)
    message = await socket.hear()
    assert (message["type"], message["id"]) == ("error", key), message
    error: Json = message["payload"][0]
    return error


async def refused_by_stream(client: Client) -> Json:
    async with posted(client, LIVE % ENTRY) as answer:
        _, data = await Events(answer).next()
        assert data is not None
        error: Json = data["errors"][0]
        return error


async def test_a_client_follows_so_many_over_both_transports_and_what_runs_goes_on(
    cast: Cast, another_gateway: StartGateway
) -> None:
    async with elsewhere(cast, another_gateway(client_subscriptions=3)) as other:
        after = await head(cast.hospital)
        async with stream(other.hospital, after=after) as heard, talk(other.hospital) as socket:
            await socket.init(**{"accept-language": "en"})
            await socket.ask("1", OVER_SOCKET, after=after)
            await socket.ask("2", OVER_SOCKET, after=after)
            error = await refused_by_socket(socket, "3")
            assert error["extensions"] == REFUSED
            assert "This client has 3 live subscriptions over all its connections" in error["message"]
            assert (await refused_by_stream(other.hospital))["extensions"] == REFUSED
            await socket.ask("q", "{ __typename }")  # what is no subscription takes no place
            assert [(await socket.hear())["type"] for _ in range(2)] == ["next", "complete"]
            async with stream(other.shelter):
                pass  # another client has its own
            folio = (await issue(cast))["folio"]
            assert (await heard.entry())["folio"] == folio
            told = [await socket.hear() for _ in range(2)]
            assert sorted((one["id"], one["payload"]["data"]["events"]["folio"]) for one in told) == [
                ("1", folio), ("2", folio),
            ]  # fmt: skip
            # One that ends gives its place back at once.
            await socket.say(type="complete", id="2")
            await socket.ask("4", OVER_SOCKET, after=after)
            again = await socket.hear()
            assert (again["type"], again["id"]) == ("next", "4")


async def test_a_place_is_free_once_its_peer_has_vanished(cast: Cast, another_gateway: StartGateway) -> None:
    async with elsewhere(cast, another_gateway(client_subscriptions=1)) as other:

        async def is_admitted() -> bool:
            async with posted(other.hospital, LIVE % ENTRY, {"after": start}) as answer:
                _, data = await Events(answer).next()
                return data is not None and "errors" not in data

        start = await head(cast.hospital)
        await issue(cast)
        async with talk(other.hospital) as socket:
            await socket.init()
            await socket.ask("1", OVER_SOCKET, after=start)
            await socket.hear()
            assert not await is_admitted()
            line: Any = socket.socket.transport
            line.abort()  # without a word
        await eventually(is_admitted)
        async with stream(other.hospital) as heard:
            assert (await refused_by_stream(other.hospital))["extensions"] == {**REFUSED, "limit": 1}
            await heard.answer.aclose()
            await eventually(is_admitted)
