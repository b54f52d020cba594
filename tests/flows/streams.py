"""Two ways to follow a feed live, and a reader that comes back with its last cursor when it is cut off."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

import httpx
import websockets
from websockets.typing import Subprotocol

from tests.flows.checker import Told
from tests.flows.client import AGAIN, PAUSE, TIMEOUT, AnswerError, Client, Json, LostError
from tests.servers import eventually

ENTRY = "cursor type referralId folio version status"
LIVE = f"subscription ($after: String) {{ events(after: $after) {{ {ENTRY} }} }}"
PAGE = f"""query ($after: String) {{
  events(after: $after, first: 100) {{ nodes {{ {ENTRY} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""
PROTOCOL = Subprotocol("graphql-transport-ws")
# A stream that ends with one of these goes on at its next connection.
COME_BACK = AGAIN | {"SHUTTING_DOWN", "TOKEN_EXPIRED", "TOO_SLOW"}
# A drowsy reader asks for much, reads so many entries, and then nothing for so many seconds.
MUCH = " ".join(f"c{number}: cursor" for number in range(100))
AWAKE, ASLEEP = 40, 2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed as a client got it."""

    cursor: str
    told: Told


Open = Callable[[Client, str | None], AsyncIterator[Entry]]


async def feed_of(client: Client) -> list[Told]:
    """The whole feed of a client's organization, page by page from the oldest to the end."""
    entries: list[Told] = []
    after = None
    while True:
        page = (await client.ask(PAGE, after=after))["events"]
        entries += [_entry(node).told for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return entries
        after = page["pageInfo"]["endCursor"]


async def head_of(client: Client) -> str:
    """The cursor of the feed's end as it is now."""
    cursor: str = (await client.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"]
    return cursor


async def sse(client: Client, after: str | None) -> AsyncIterator[Entry]:
    """Follow over server-sent events (GraphQL over SSE, distinct connections)."""
    async with aclosing(_sse(client, after, LIVE)) as entries:
        async for entry in entries:
            yield entry


async def drowsy(client: Client, after: str | None) -> AsyncIterator[Entry]:
    """The same by a client that falls asleep over what it is sent, with little room for it."""
    room = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
    async with aclosing(_sse(client, after, LIVE.replace("cursor", f"cursor {MUCH}", 1), room)) as entries:
        count = 0
        async for entry in entries:
            yield entry
            count += 1
            if count % AWAKE == 0:
                await asyncio.sleep(ASLEEP)


async def _sse(
    client: Client, after: str | None, document: str, options: list[tuple[int, int, int]] | None = None
) -> AsyncGenerator[Entry, None]:
    body = {"query": document, "variables": {"after": after}}
    headers = await client.headers("text/event-stream")
    timeout = httpx.Timeout(TIMEOUT, read=None)
    transport = httpx.AsyncHTTPTransport(socket_options=options)
    async with (
        httpx.AsyncClient(timeout=timeout, trust_env=False, transport=transport) as http,
        http.stream("POST", f"{client.url}/graphql", json=body, headers=headers) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise LostError(answer.status_code)
        async for kind, data in _events(answer):
            if kind == "complete":
                return
            yield _entry(_payload(json.loads(data)))


async def websocket(client: Client, after: str | None) -> AsyncIterator[Entry]:
    """Follow over a WebSocket (graphql-transport-ws)."""
    address = client.url.replace("http", "ws", 1) + "/graphql"
    authorization = (await client.headers())["authorization"]
    async with websockets.connect(
        address, subprotocols=[PROTOCOL], open_timeout=TIMEOUT, proxy=None, compression=None
    ) as socket:
        await _send(socket, type="connection_init", payload={"authorization": authorization})
        payload = {"query": LIVE, "variables": {"after": after}}
        async for text in socket:
            message = json.loads(text)
            match message["type"]:
                case "connection_ack":
                    await _send(socket, type="subscribe", id="1", payload=payload)
                case "ping":
                    await _send(socket, type="pong")
                case "next":
                    yield _entry(_payload(message["payload"]))
                case "error":
                    _payload({"errors": message["payload"]})
                case "complete":
                    return


def _are_more(than: int, entries: list[Told]) -> bool:
    return len(entries) > than


class Follower:
    """Follows a feed from a cursor on and, whenever it is cut off, from the last cursor it has.

    ``entries`` is all it ever got, ``connections`` how often it had to connect.
    """

    def __init__(self, open_stream: Open, client: Client, after: str) -> None:
        self.entries: list[Told] = []
        self.connections = 0
        self._open = open_stream
        self._client = client
        self._cursor = after
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, holds: Callable[[list[Told]], bool], within: float = 15.0) -> list[Told]:
        """Return what it got as soon as that ``holds``; fail after ``within`` seconds, or if it gave up."""

        async def look() -> bool:
            if self._task is not None and self._task.done():
                self._task.result()
            return holds(self.entries)

        await eventually(look, within=within)
        return self.entries

    async def until_count(self, count: int, within: float = 15.0) -> list[Told]:
        """Return what it got as soon as that is so many; fail where for ``within`` seconds nothing comes."""
        while (had := len(self.entries)) < count:
            try:
                await self.until(partial(_are_more, had), within)
            except AssertionError as error:
                raise AssertionError(
                    f"{self._open.__name__}: {len(self.entries)} of {count} entries came "
                    f"over {self.connections} connections"
                ) from error
        return self.entries

    async def given_up(self) -> AnswerError:
        """Return the answer for which it gave up, once it has."""
        assert self._task is not None
        done, _ = await asyncio.wait({self._task}, timeout=TIMEOUT)
        assert done, "it goes on"
        error = self._task.exception()
        assert isinstance(error, AnswerError), error
        return error

    async def _follow(self) -> None:
        while True:
            self.connections += 1
            try:
                async with aclosing(self._open(self._client, self._cursor)) as entries:  # type: ignore[type-var]
                    async for entry in entries:
                        self.entries.append(entry.told)
                        self._cursor = entry.cursor
            except (LostError, httpx.TransportError, websockets.WebSocketException, OSError):
                pass  # cut off: what matters is where it goes on
            await asyncio.sleep(PAUSE)


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """Server-sent events as (event, data); an event that was cut off is none."""
    kind, data = "message", ""
    async for line in answer.aiter_lines():
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
        elif not line and (data or kind == "complete"):
            yield kind, data
            kind, data = "message", ""


async def _send(socket: websockets.ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


def _payload(payload: Json) -> Json:
    errors = payload.get("errors") or []
    if any(error["extensions"]["code"] in COME_BACK for error in errors):
        raise LostError(errors)
    if errors:
        raise AnswerError(errors)
    entry: Json = payload["data"]["events"]
    return entry


def _entry(node: Json) -> Entry:
    """``type`` is the CloudEvents type, ``referrals.referral.accepted.v1``."""
    event = node["type"].split(".")[2]
    return Entry(node["cursor"], Told(node["referralId"], event, node["version"], node["folio"]))
