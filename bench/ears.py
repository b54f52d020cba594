"""Many live subscribers as a process of its own: lean ones, so that the clock measures the server.

``python -m bench.ears PLAN`` reads a plan (JSON): where to connect, and for each subscriber its token, the
way (``sse``, ``websocket`` or ``bare``), and whether it never reads. It says ``ready`` once all are open,
then one line for each event that came: the moment in nanoseconds, which subscriber, and what ``mark`` found.
"""

import asyncio
import base64
import json
import os
import re
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SUBSCRIBE = "subscribe"
# So many connect at once.
ABREAST = 64
# As uvicorn pings. What else comes is ASCII, or its length.
PING = re.compile(rb"\x89\x04(.{4})", re.DOTALL)
TAIL = 60


class Ear(asyncio.Protocol):
    """One subscriber over server-sent events, or a bare line that is only written to."""

    def __init__(self, number: int, heard: Callable[[int, bytes], None]) -> None:
        self.number = number
        self.heard = heard
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """The first bytes say that it is open; what comes then are events."""
        if not self.open.done():
            self.open.set_result(None)
        self.heard(self.number, data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It was closed."""
        if not self.open.done():
            self.open.set_exception(exc or ConnectionError("closed"))


class SocketEar(Ear):
    """One subscriber over a WebSocket (graphql-transport-ws). Events are found in the bytes as they come."""

    def __init__(self, number: int, heard: Callable[[int, bytes], None], said: tuple[bytes, bytes]) -> None:
        super().__init__(number, heard)
        self._said = list(said)
        self._upgraded = False

    def data_received(self, data: bytes) -> None:
        """The handshake, the acknowledgement, then events."""
        if not self._upgraded:
            if b" 101 " not in data:
                self.open.set_exception(ConnectionError(data[:200].decode(errors="replace")))
                return
            self._upgraded = True
            self.transport.write(_frame(self._said.pop(0)))
        elif b"connection_ack" in data:
            self.transport.write(_frame(self._said.pop(0)))
            self.open.set_result(None)
        else:
            for ping in PING.findall(data):  # its pong, or it would be closed
                self.transport.write(_frame(ping, opcode=0x8A))
            self.heard(self.number, data)


def _frame(payload: bytes, opcode: int = 0x81) -> bytes:
    """A client's frame. The mask need not be random: nobody in between has to be protected."""
    size = len(payload)
    head = bytes([opcode, 0x80 | size]) if size < 126 else struct.pack("!BBH", opcode, 0x80 | 126, size)
    return head + bytes(4) + payload


def posted(host: str, token: str, body: bytes) -> bytes:
    """A subscription over server-sent events."""
    return (
        f"POST /graphql HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Accept: text/event-stream\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def upgrade(host: str) -> bytes:
    """The handshake of a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


async def subscribe(
    address: tuple[str, int], way: str, token: str, body: bytes, ear: tuple[int, Callable[[int, bytes], None]]
) -> Ear:
    """Open one subscriber; return once the server has answered."""
    loop, host = asyncio.get_running_loop(), f"{address[0]}:{address[1]}"
    if way == "websocket":
        init = json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        asked = b'{"type":"subscribe","id":"1","payload":' + body + b"}"
        made: Ear = SocketEar(*ear, (init.encode(), asked))
        await loop.create_connection(lambda: made, *address)
        made.transport.write(upgrade(host))
    else:
        made = Ear(*ear)
        await loop.create_connection(lambda: made, *address)
        # A bare one says by the token whether it is to be written to.
        made.transport.write(posted(host, token, body) if way == "sse" else token.encode())
    await made.open
    return made


async def main(plan: dict[str, Any]) -> None:
    """Open all, and report what they hear until the process is ended."""
    mark = re.compile(plan["mark"].encode())
    out = sys.stdout.buffer

    def heard(number: int, data: bytes) -> None:
        now, end = time.time_ns(), 0
        data = tails.pop(number, b"") + data
        for found in mark.finditer(data):
            out.write(b"%d %d %b\n" % (now, number, found[1]))
            end = found.end()
        tails[number] = data[end:][-TAIL:]
        waiting.set()

    async def flush() -> None:
        while True:
            await waiting.wait()
            waiting.clear()
            out.flush()

    # What may be the beginning of a mark.
    tails: dict[int, bytes] = {}
    waiting = asyncio.Event()
    slots = asyncio.Semaphore(ABREAST)
    address = (plan["host"], plan["port"])

    async def one(number: int, who: dict[str, Any]) -> Ear:
        async with slots:
            ear = await subscribe(address, who["way"], who["token"], plan["body"].encode(), (number, heard))
            if who.get("deaf"):
                ear.transport.pause_reading()
            return ear

    ears = await asyncio.gather(*(one(number, who) for number, who in enumerate(plan["subscribers"])))
    out.write(b"ready %d\n" % len(ears))
    out.flush()
    await flush()


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
