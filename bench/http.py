"""A bare HTTP/1.1 client on one kept connection, so that the clock measures the server and not the client."""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Connection:
    """One kept connection. Answers must have a Content-Length."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def request(self, path: str, body: bytes, token: str = "", accept: str = "application/json") -> bytes:
        """The bytes of one POST, to be made once and sent often."""
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Content-Type: application/json",
            f"Accept: {accept}",
            f"Content-Length: {len(body)}",
        ]
        if token:
            head.append(f"Authorization: Bearer {token}")
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    async def send(self, request: bytes) -> bytes:
        """Send a request and return the answer's body.

        Raises:
            RuntimeError: the status is not 200; says it, with the body.
        """
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        body = await self._reader.readexactly(length)
        if " 200 " not in lines[0] + " ":
            raise RuntimeError(f"{lines[0]}: {body[:500]!r}")
        return body

    async def stream(self, request: bytes) -> asyncio.StreamReader:
        """Send a request whose answer does not end, and return the reader behind its head."""
        self._writer.write(request)
        await self._reader.readuntil(b"\r\n\r\n")
        return self._reader
