"""A receiver of webhooks as a partner would write one: it verifies with libraries that are not ours."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import standardwebhooks
import svix.webhooks


@dataclass
class Hook:
    """What came, verified or not; ``answer``: the status, by how many came before; ``words``: the body."""

    secret: str = ""
    answer: Callable[[int], int] = lambda _count: 200
    words: bytes = b""
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    count: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.partition(":") for line in head.split("\r\n")[1:] if line]
                headers = {name.lower(): value.strip() for name, _, value in lines}
                body = await reader.readexactly(int(headers["content-length"]))
                status = self.answer(self.count)
                self.count += 1
                if status == 200:
                    self._take(headers, body)
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(self.words)}\r\n\r\n"
                writer.write(head.encode() + self.words)
                await writer.drain()
        writer.close()

    def _take(self, headers: dict[str, str], body: bytes) -> None:
        try:
            told = standardwebhooks.Webhook(self.secret).verify(body, headers)
            svix.webhooks.Webhook(self.secret).verify(body, headers)
        except Exception as error:  # noqa: BLE001 - whatever the libraries find
            self.refused.append(repr(error))
            return
        self.messages.append((headers["webhook-id"], told))


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Hook]:
    """A receiver on this machine."""
    hook = Hook()
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0)
    hook.port = server.sockets[0].getsockname()[1]
    yield hook
    server.close()
