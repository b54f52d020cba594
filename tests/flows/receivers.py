"""Receivers of webhooks written with libraries that are not ours, and a checker of what they were sent.

At least once is promised: so what comes twice has the same ``webhook-id``, which is the ``event`` of the
entry in the feed; and of a referral ``version`` says what was first. Whatever is killed and however receivers
behave, each entry comes, and nothing else does.
"""

import asyncio
import contextlib
import json
import shutil
import socket
import struct
import uuid
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import standardwebhooks
import svix.webhooks

from tests.flows.client import Client, Json
from tests.npm import node
from tests.servers import eventually

CREATE = """mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
  endpoint { id } secret userErrors { code message } } }"""
WAITING = """query ($id: ID!) { webhookDeliveries(endpoint: $id, status: WAITING, first: 100) {
  nodes { id nextAttemptAt } } }"""
REPLAY = """mutation ($input: ReplayWebhookDeliveriesInput!) { replayWebhookDeliveries(input: $input) {
  count userErrors { code message } } }"""
FEED = """query ($after: String) { events(after: $after, first: 100) {
  nodes { event type referralId folio status version } pageInfo { hasNextPage endCursor } } }"""
# Seconds. What failed is asked for again, as its owner may; else the second attempt comes after five minutes.
NUDGE = 0.5
TRICKLE = 0.02
Verify = Callable[[str, bytes, dict[str, str]], Any]
Behave = Callable[[int], str]


@dataclass
class Receiver:
    """What came, in order, as (``webhook-id``, body); ``refused`` is what did not verify."""

    name: str
    client: Client
    verify: Verify
    behave: Behave
    secret: str = ""
    endpoint: str = ""
    messages: list[tuple[str, Json]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    count: int = 0
    lines: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, each message as ``behave`` says by its number."""
        self.lines.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.partition(":") for line in head.split("\r\n")[1:] if line]
                headers = {name.lower(): value.strip() for name, _, value in lines}
                body = await reader.readexactly(int(headers["content-length"]))
                self.count += 1
                if not await self._answer(self.behave(self.count), headers, body, writer):
                    break
        self.lines.discard(writer)
        writer.close()

    async def _answer(
        self, how: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        """Take a message, unless it says that it does not; False where the connection is over."""
        if how == "fail":
            writer.write(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
            return True
        self.take(headers, body)
        if how == "reset":
            # With no time to linger the line is not closed but reset: what was answered is not known.
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
        for place in range(len(answer) if how == "trickle" else 0):
            writer.write(answer[place : place + 1])
            await asyncio.sleep(TRICKLE)
        if how != "trickle":
            writer.write(answer)
        await writer.drain()
        return True

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Verify a message by the library, and keep it."""
        try:
            told = self.verify(self.secret, body, headers)
        except Exception as error:  # noqa: BLE001 - whatever the library finds
            self.refused.append(repr(error))
            return
        self.messages.append((headers["webhook-id"], told))

    async def take_lines(self, process: Process) -> None:
        """Keep what a receiver in another process says that it took."""
        assert process.stdout is not None
        async for line in process.stdout:
            said = json.loads(line)
            if "refused" in said:
                self.refused.append(said["refused"])
            else:
                self.messages.append((said["id"], said["told"]))

    async def nudge(self) -> None:
        """Ask for what failed at once, again and again."""
        while True:
            await asyncio.sleep(NUDGE)
            found = (await self.client.ask(WAITING, id=self.endpoint))["webhookDeliveries"]["nodes"]
            if found:
                asked = {"endpoint": self.endpoint, "deliveries": [one["id"] for one in found]}
                await self.client.ask(REPLAY, input={**asked, "idempotencyKey": str(uuid.uuid4())})


def _standard(secret: str, body: bytes, headers: dict[str, str]) -> Any:
    return standardwebhooks.Webhook(secret).verify(body, headers)


def _svix(secret: str, body: bytes, headers: dict[str, str]) -> Any:
    svix.webhooks.Webhook(secret).verify(body, headers)
    return json.loads(body)


def fails_every_third_time(count: int) -> str:
    """Answers 500 every third time."""
    return "fail" if count % 3 == 0 else "well"


def resets_and_trickles(count: int) -> str:
    """Takes a message and breaks the line, or answers byte by byte."""
    return {0: "reset", 2: "trickle"}.get(count % 5, "well")


@asynccontextmanager
async def receiving(clients: Sequence[Client]) -> AsyncIterator[list[Receiver]]:
    """Receivers of each of three kinds, of these clients' organizations in turn; they are nudged."""
    makers: list[Callable[[Client], Any]] = [
        lambda client: _listening(Receiver("standardwebhooks", client, _standard, fails_every_third_time)),
        lambda client: _listening(Receiver("svix", client, _svix, resets_and_trickles)),
    ]
    if shutil.which("node") and shutil.which("npm"):
        makers.append(_by_npm)
    async with AsyncExitStack() as held:
        found = [
            await held.enter_async_context(make(clients[number % len(clients)]))
            for number, make in enumerate(makers)
        ]
        nudges = [asyncio.create_task(one.nudge()) for one in found]
        try:
            yield found
        finally:
            for task in nudges:
                task.cancel()
            await asyncio.gather(*nudges, return_exceptions=True)


@asynccontextmanager
async def _listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    await _made(receiver, server.sockets[0].getsockname()[1])
    yield receiver
    server.close()
    for line in tuple(receiver.lines):
        line.close()


@asynccontextmanager
async def _by_npm(client: Client) -> AsyncIterator[Receiver]:
    words = await asyncio.to_thread(node, "receiver.mjs")
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    receiver = Receiver("npm", client, _standard, lambda _count: "well")
    port = json.loads(await process.stdout.readline())["port"]
    reading = asyncio.create_task(receiver.take_lines(process))
    try:
        await _made(receiver, port)
        process.stdin.write(f"{receiver.secret}\n".encode())
        await process.stdin.drain()
        yield receiver
    finally:
        process.stdin.close()
        await process.wait()
        await reading


async def _made(receiver: Receiver, port: int) -> None:
    """Have the feed of its organization sent to a receiver, from now on."""
    given = {"url": f"http://127.0.0.1:{port}/hook", "idempotencyKey": str(uuid.uuid4())}
    made = (await receiver.client.ask(CREATE, input=given))["createWebhookEndpoint"]
    assert made["userErrors"] == [], made
    receiver.endpoint, receiver.secret = made["endpoint"]["id"], made["secret"]


async def told_since(client: Client, after: str) -> dict[str, Json]:
    """The entries of a feed behind a cursor, by their ids, in order."""
    found: dict[str, Json] = {}
    while True:
        page = (await client.ask(FEED, after=after))["events"]
        found |= {one["event"]: one for one in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def all_came(receiver: Receiver, after: str, within: float) -> list[str]:
    """Wait until all that was told since a cursor has come; return all that is wrong with what came."""
    told = await told_since(receiver.client, after)

    async def missing() -> tuple[str, int]:
        return receiver.name, len(set(told) - {one for one, _ in receiver.messages})

    await eventually(missing, lambda found: found[1] == 0, within=within)
    return check_hooks(receiver, await told_since(receiver.client, after))


def check_hooks(receiver: Receiver, told: dict[str, Json]) -> list[str]:
    """Return what is wrong: what did not verify, is lost, invented or changed, or cannot be put in order."""
    wrong = [f"not verified: {one}" for one in receiver.refused]
    came: dict[str, Json] = {}
    for ident, body in receiver.messages:
        first = came.setdefault(ident, body)
        if _said(first) != _said(body):
            wrong.append(f"{ident} came twice, and said another thing")
    wrong += [f"lost: {one}" for one in told if one not in came]
    wrong += [f"invented: {one}" for one in came if one not in told]
    wrong += [
        f"{one} says {_said(came[one])}, the feed {_entry(entry)}"
        for one, entry in told.items()
        if one in came and _said(came[one]) != _entry(entry)
    ]
    return wrong + _disordered(told)


def _said(body: Json) -> tuple[Any, ...]:
    """What a message says, but for its cursor, which is sealed anew each time that it is made."""
    data = body["data"]
    return body["type"], *(data.get(name) for name in ("referralId", "folio", "status", "version"))


def _entry(entry: Json) -> tuple[Any, ...]:
    return tuple(entry[name] for name in ("type", "referralId", "folio", "status", "version"))


def _disordered(told: dict[str, Json]) -> list[str]:
    """Referrals of which the versions do not say the order of the feed."""
    versions: dict[str, list[int]] = defaultdict(list)
    for entry in told.values():
        if entry["version"] is not None:
            versions[entry["referralId"]].append(entry["version"])
    return [f"out of order: {one}" for one, found in versions.items() if found != sorted(found)]
