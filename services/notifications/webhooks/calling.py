"""Calling an address that somebody else has named: with nothing but a POST, and never where it may not be.

The name is resolved once, each address that it stands for is looked at, and one of those is connected to: no
second answer of a name server, no redirect and no proxy leads elsewhere. Of what is answered little is read,
and all of it together takes a bounded time.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore

from services.notifications.webhooks.addresses import is_public

SECONDS = 15.0
MOST_BYTES = 20_000
# A name server that does not answer holds a thread for as long as the system waits for it, which is longer
# than an attempt lasts: so there are some times as many as one organization's attempts at once.
RESOLVING_AT_ONCE = 256
# Connections that stay open for the next call, at most. With those in use they are fewer than the 1,024 files
# that a process may have open where nobody says otherwise.
KEPT = 256

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_resolvers = ThreadPoolExecutor(RESOLVING_AT_ONCE, thread_name_prefix="resolve")


class NotCalledError(Exception):
    """There was no answer; ``kind`` says why in one word, and nothing of what lies at the address."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Answered:
    """What came back: the status, the first bytes, and what was asked for of patience (seconds or a date)."""

    status: int
    body: bytes
    retry_after: str | None


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, as the system resolves it."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _resolvers, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return [str(address[0]) for *_, address in found]


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to addresses that it has looked at."""

    def __init__(self, resolve: Resolve, may_call: Callable[[str], bool]) -> None:
        self._resolve = resolve
        self._may_call = may_call
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NotCalledError("unknown_name") from error
        # One that is not allowed among others is no oversight.
        if not addresses or not all(map(self._may_call, addresses)):
            raise NotCalledError("address_not_allowed")
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Pools:
    """The connections, in a pool for each origin; beyond so many, those least lately called are closed.

    One pool for all would be looked through at each request, and the system asked of every connection in it
    whether it is still open: with a hundred of them that was six tenths of what this part did.
    """

    def __init__(self, network: httpcore.AsyncNetworkBackend, context: ssl.SSLContext, kept: int) -> None:
        self._network = network
        self._context = context
        self._kept = kept
        # By origin, the last called at the end.
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}
        self._calls: Counter[str] = Counter()

    @asynccontextmanager
    async def to(self, url: httpcore.URL) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """The pool of a URL's origin, for one call."""
        origin = str(url.origin)
        pool = self._pools.pop(origin, None) or self._made()
        self._pools[origin] = pool
        self._calls[origin] += 1
        try:
            yield pool
        finally:
            self._calls[origin] -= 1
            for beyond in self._taken_out(self._kept):
                await beyond.aclose()

    async def close(self) -> None:
        """Close what is open."""
        self._calls.clear()
        for pool in self._taken_out(0):
            await pool.aclose()

    def _made(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._context,
            max_connections=None,
            max_keepalive_connections=self._kept,
            keepalive_expiry=30,
            network_backend=self._network,
        )

    def _taken_out(self, kept: int) -> list[httpcore.AsyncConnectionPool]:
        """Those beyond so many connections that nobody uses, and those that have none."""
        there = {origin: len(pool.connections) for origin, pool in self._pools.items()}
        left = sum(there.values())
        beyond = []
        for origin, count in there.items():
            if not self._calls[origin] and (left > kept or not count):
                left -= count
                del self._calls[origin]
                beyond.append(self._pools.pop(origin))
        return beyond


class Caller:
    """Posts to endpoints; its connections are kept for a while, each to the address that was looked at."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        may_call: Callable[[str], bool] = is_public,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        kept: int = KEPT,
    ) -> None:
        self._seconds = seconds
        # To connect ends by itself before all of it is cut off, which would leave a connection open.
        self._steps = {
            "timeout": {"connect": seconds / 4, "read": seconds, "write": seconds, "pool": seconds}
        }
        self._network = _Checked(resolve, may_call)
        self._pools = _Pools(self._network, context or ssl.create_default_context(), kept)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float = SECONDS
    ) -> Answered:
        """Send it and return the answer, whatever its status; it has so many seconds, or this caller's own.

        Raises:
            NotCalledError: there was none.
        """
        try:
            async with asyncio.timeout(min(seconds, self._seconds)):
                return await self._post(url, headers, body)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise NotCalledError("timeout") from error
        except httpcore.ConnectError as error:
            is_tls = isinstance(error.__cause__, ssl.SSLError) or "SSL" in str(error)
            raise NotCalledError("certificate" if is_tls else "no_connection") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise NotCalledError("broken_connection") from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        where = httpcore.URL(url)
        async with (
            self._pools.to(where) as pool,
            pool.stream("POST", where, headers=given, content=body, extensions=self._steps) as response,
        ):
            read = b""
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) >= MOST_BYTES:
                    break
            told = {name.lower(): value for name, value in response.headers}
            retry_after = told.get(b"retry-after")
            return Answered(
                response.status, read[:MOST_BYTES], retry_after.decode("latin-1") if retry_after else None
            )

    async def close(self) -> None:
        """Close what is open."""
        await self._pools.close()
