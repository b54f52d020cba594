"""Many live subscribers on one gateway while one of them never reads: the others are told as if it did.

2,000 with ``RELEVO_TEST_FULL``, else 100.
"""

import asyncio
import json
import logging
import os
from collections import Counter
from contextlib import AsyncExitStack
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any
from urllib.parse import urlsplit

from bench.ears import Ear, subscribe
from bench.measure import resident_megabytes
from tests.flows.cast import Cast
from tests.gateway.conftest import StartGateway, elsewhere
from tests.gateway.test_slow import ENTRIES, LIVE, open_streams
from tests.gateway.test_sse import head, issue
from tests.servers import eventually

log = logging.getLogger(__name__)

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
COUNT = 2000 if FULL else 100
SMALL = "subscription ($after: String) { events(after: $after) { folio } }"
# What one more may weigh, in bytes, with all that waits for whoever does not read: the bound, not the usual.
MOST_EACH = 64 * 1024
# Of the first ones, whatever how many come.
ONCE = 16 * 1024 * 1024


async def test_many_listen_and_one_never_reads(cast: Cast, another_gateway: StartGateway) -> None:
    url = another_gateway(
        client_streams=COUNT + 10,
        client_subscriptions=COUNT + 10,
        stream_unread_seconds=1 if not FULL else 10,
    )
    pid, parts = another_gateway.pid(url), urlsplit(url)
    address = (str(parts.hostname), int(parts.port or 0))
    heard: Counter[int] = Counter()

    def hear(number: int, data: bytes) -> None:
        heard[number] += data.count(b'"folio"')

    async with elsewhere(cast, url) as other, AsyncExitStack() as held:
        token, after = await other.hospital.token(), await head(cast.hospital)

        def body(document: str) -> bytes:
            return json.dumps({"query": document, "variables": {"after": after}}).encode()

        async def listen(number: int, way: str, document: str = SMALL) -> Ear:
            ear = await subscribe(address, way, token, body(document), (number, hear))
            held.callback(ear.transport.abort)
            return ear

        before = resident_megabytes(pid)
        for start in range(0, COUNT, 50):
            await asyncio.gather(
                *(listen(n, ("sse", "websocket")[n % 2]) for n in range(start, min(start + 50, COUNT)))
            )
        for way in ("sse", "websocket"):
            deaf = await listen(-1, way, LIVE)
            deaf.transport.pause_reading()
            deaf.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        await eventually(lambda: open_streams(another_gateway, url), lambda count: count == COUNT + 2)
        for _ in range(ENTRIES):
            await issue(cast)

        async def told() -> Any:
            return Counter(heard[number] for number in range(COUNT))

        await eventually(told, lambda found: found == {ENTRIES: COUNT}, within=120 if FULL else 20)
        grown = (resident_megabytes(pid) - before) * 1e6
        log.warning("%d subscribers: %.1f kB each", COUNT, grown / COUNT / 1000)
        assert grown < ONCE + COUNT * MOST_EACH
        # Those that do not read are closed, and nobody else is.
        await eventually(lambda: open_streams(another_gateway, url), lambda count: count == COUNT, within=30)
