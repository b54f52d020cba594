"""A line to a server that can be cut in the middle of whatever it carries."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK = 16 * 1024
# Closing then sends a reset at once, and drops what was not sent yet.
HARD = struct.pack("ii", 1, 0)


def unlimited() -> None:
    """Allows any number of bytes."""


class Wire:
    """Relays connections to a port of this machine; each is cut after some bytes of the answer, or by hand.

    ``allowance`` says, for each new connection, after how many. ``cuts`` counts the connections that
    were cut.
    """

    def __init__(self, port: int, allowance: Callable[[], int | None] = unlimited) -> None:
        self._port = port
        self._allowance = allowance
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()
        self.cuts = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where to connect to instead of the server."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut_all(self) -> None:
        """Cut every connection that there is now."""
        for task in self._busy:
            self.cuts += task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        task.add_done_callback(lambda _: _cut(writer))  # also when it is cancelled before it begins

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return
        asking = asyncio.create_task(_relay(reader, far_writer, None))
        answering = asyncio.create_task(_relay(far_reader, writer, self._allowance()))
        try:
            await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
            self.cuts += answering.done() and not answering.cancelled() and answering.result()
        finally:  # nothing of it may wait for the end of the relays: whoever cuts may cut again
            _cut(far_writer)
            for task in (asking, answering):
                task.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None) -> bool:
    """Carry bytes until there are no more, or ``left`` were carried: then return True."""
    with suppress(OSError):
        while left is None or left > 0:
            data = await reader.read(CHUNK if left is None else min(CHUNK, left))
            if not data:
                return False
            writer.write(data)
            await writer.drain()
            left = None if left is None else left - len(data)
        return True
    return False


def _cut(writer: asyncio.StreamWriter) -> None:
    line = writer.get_extra_info("socket")
    with suppress(OSError):  # it may have been cut from the other side already
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
    writer.transport.abort()
