"""A running gateway gives each silent stream a sign of life."""

import json
import os
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from bench.ears import PING, subscribe
from gateway.live import HEARTBEAT_SECONDS
from tests.flows.cast import Cast
from tests.gateway.conftest import StartGateway, elsewhere
from tests.servers import eventually

LIVE = json.dumps({"query": "subscription { events { folio } }"}).encode()
# Of an event stream a comment, beside that with which it begins; of a WebSocket a ping.
FULL = bool(os.environ.get("RELEVO_TEST_FULL"))


BY_SOCKET = pytest.param("websocket", marks=pytest.mark.skipif(not FULL, reason="it takes 20 s"))


@pytest.mark.parametrize("way", ["sse", BY_SOCKET])
async def test_a_silent_stream_is_given_signs_of_life(
    cast: Cast, another_gateway: StartGateway, way: str
) -> None:
    # Each second another fifteenth of the event streams has its turn: of so many one soon does.
    url = another_gateway(client_streams=HEARTBEAT_SECONDS, client_subscriptions=HEARTBEAT_SECONDS)
    parts, heard = urlsplit(url), bytearray()
    address = (str(parts.hostname), int(parts.port or 0))

    async def signs() -> int:
        return len(PING.findall(heard)) if way == "websocket" else heard.count(b":\n\n")

    async with elsewhere(cast, url) as other:
        token = await other.hospital.token()
        with ExitStack() as held:
            for number in range(HEARTBEAT_SECONDS):
                ear = await subscribe(
                    address, way, token, LIVE, (number, lambda _number, data: heard.extend(data))
                )
                held.callback(ear.transport.abort)
            first = HEARTBEAT_SECONDS if way == "sse" else 0
            await eventually(signs, lambda count: count > first, within=40 if FULL else 10)
