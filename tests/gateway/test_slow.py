"""Clients that do not read what they are sent: each is closed with a word of its own, and hurts nobody."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import SO_RCVBUF, SOL_SOCKET, socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets

from bench.ears import posted
from contracts.directory import REVOKE_CLIENT, RevokeClient
from tests.flows.cast import Cast, _ask, _clients, _operator
from tests.flows.client import Client
from tests.flows.streams import PROTOCOL
from tests.gateway.conftest import StartGateway, elsewhere
from tests.gateway.test_sse import head, issue, stream
from tests.gateway.test_standing import SOON
from tests.servers import eventually

# Of one entry so much is asked for that a dozen fill all that may wait to be read.
MUCH = " ".join(f"c{number}: cursor" for number in range(300))
LIVE = f"subscription ($after: String) {{ events(after: $after) {{ folio cursor {MUCH} }} }}"
ENTRIES = 24


async def open_streams(gateways: StartGateway, url: str) -> int:
    """How many streams a gateway has."""
    found = re.search(r"^graphql_streams\S* (\S+)$", await gateways.metrics(url), re.MULTILINE)
    return int(float(found[1])) if found else 0


@asynccontextmanager
async def deaf_sse(client: Client, after: str) -> AsyncIterator[socket]:
    """An event stream that nobody reads."""
    parts = urlsplit(client.url)
    body = json.dumps({"query": LIVE, "variables": {"after": after}}).encode()
    with socket() as one:
        one.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        one.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(one, (parts.hostname, parts.port))
        await loop.sock_sendall(one, posted(parts.netloc, await client.token(), body))
        yield one


async def rest(one: socket) -> str:
    """All that there is to read."""
    loop, found = asyncio.get_running_loop(), bytearray()
    async with asyncio.timeout(10):
        while part := await loop.sock_recv(one, 256 * 1024):
            found += part
    return found.decode()


@asynccontextmanager
async def deaf_socket(client: Client, after: str) -> AsyncIterator[websockets.ClientConnection]:
    """A WebSocket that nobody reads."""
    address = client.url.replace("http", "ws", 1) + "/graphql"
    async with websockets.connect(
        address, subprotocols=[PROTOCOL], proxy=None, compression=None, max_queue=1, ping_interval=None
    ) as line:
        authorization = (await client.headers())["authorization"]
        await line.send(json.dumps({"type": "connection_init", "payload": {"authorization": authorization}}))
        await line.recv()
        payload = {"query": LIVE, "variables": {"after": after}}
        await line.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        yield line


async def everything(line: websockets.ClientConnection) -> list[Any]:
    """All that comes until it is closed, by whichever code."""
    heard = []
    async with asyncio.timeout(10):
        try:
            while True:
                heard.append(await line.recv())
        except websockets.ConnectionClosed:
            return heard


async def filled(cast: Cast) -> str:
    """The place in the hospital's feed before more than may wait to be read."""
    start = await head(cast.hospital)
    for _ in range(ENTRIES):
        await issue(cast)
    return start


async def test_an_event_stream_that_nobody_reads_is_closed_and_goes_on_from_its_cursor(
    cast: Cast, another_gateway: StartGateway
) -> None:
    url = another_gateway(stream_unread_seconds=0.5)
    start = await filled(cast)
    async with elsewhere(cast, url) as other, stream(other.hospital, after=await head(cast.hospital)) as well:
        async with deaf_sse(other.hospital, start) as line:
            await eventually(lambda: open_streams(another_gateway, url), lambda count: count == 2)
            await eventually(lambda: open_streams(another_gateway, url), lambda count: count == 1)
            text = await rest(line)
        assert '"code":"TOO_SLOW"' in text
        assert "event: complete" in text
        # It has lost nothing: the rest comes after the last cursor that it read.
        cursors = re.findall(r'"folio":"[^"]+","cursor":"([^"]+)"', text)
        assert 0 < len(cursors) < ENTRIES
        async with stream(other.hospital, "folio", after=cursors[-1]) as again:
            for _ in range(ENTRIES - len(cursors)):
                assert (await again.entry())["folio"]
        # Whoever reads is told all the while.
        referral = await issue(cast)
        assert (await well.entry())["folio"] == referral["folio"]


async def test_a_websocket_that_nobody_reads_is_closed_with_a_code_that_says_come_back(
    cast: Cast, another_gateway: StartGateway
) -> None:
    url = another_gateway(stream_unread_seconds=0.5)
    start = await filled(cast)
    async with elsewhere(cast, url) as other, deaf_socket(other.hospital, start) as line:
        await eventually(lambda: open_streams(another_gateway, url), lambda count: count == 1)
        await eventually(lambda: open_streams(another_gateway, url), lambda count: count == 0)
        heard = await everything(line)
        assert line.close_code == 4497
        assert 0 < len(heard) < ENTRIES


@pytest.mark.parametrize("way", [deaf_sse, deaf_socket])
async def test_a_revoked_client_that_does_not_read_is_rid_of_within_five_seconds(
    cast: Cast, another_gateway: StartGateway, way: Any
) -> None:
    url = another_gateway()
    start = await filled(cast)
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    async with Client(url, credentials) as client, way(client, start):
        await eventually(lambda: open_streams(another_gateway, url), lambda count: count == 1)
        async with _operator(cast.stack) as operator:
            await _ask(operator, REVOKE_CLIENT, RevokeClient(client=credentials.id))
        began = time.monotonic()
        await eventually(lambda: open_streams(another_gateway, url), lambda count: count == 0)
        assert time.monotonic() - began < SOON
