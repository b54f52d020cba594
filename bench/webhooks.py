"""Webhooks: deliveries a second to 200 local receivers, and how long healthy ones wait beside five dead ones.

What happens to referrals is published as the referrals service would; a receiver notes when a message comes.
The floor is the same number of bare POSTs to the same receivers, as many at once.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpcore
import msgspec

from bench.measure import Times
from bench.network import Network, running
from chassis.bus import connect
from chassis.identity import Identity
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from cli.demo.partner import Partner
from cli.operator import Operator, OperatorSettings, connected
from contracts.codes import NeedGroup, Priority, ReferralStatus, Scope, State
from contracts.directory import CREATE_CLIENT, IMPORT_RECORDS, CreateClient, ImportRecord, ImportRecords
from contracts.events import ReferralEvent
from contracts.ids import global_id

ORGANIZATIONS, EACH, DEAD = 10, 20, 5
# Events at once, for throughput; and so many one after the other, for the time that each takes.
BURST, PACED = 250, 300
PATIENCE = 120.0
CREATE = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
  endpoint { id } userErrors { code path message } } }"""
UPDATE = """mutation($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) {
  endpoint { id } userErrors { code path message } } }"""


@dataclass
class Receivers:
    """Servers on this machine, one for each endpoint; ``came`` is when which message came, by receiver."""

    ports: list[int] = field(default_factory=list)
    came: dict[tuple[int, str], float] = field(default_factory=dict)
    count: int = 0

    @asynccontextmanager
    async def listening(self, many: int) -> AsyncIterator[None]:
        """Listen."""
        async with contextlib.AsyncExitStack() as held:
            for number in range(many):
                server = await asyncio.start_server(self._serve(number), "127.0.0.1", 0)
                self.ports.append(server.sockets[0].getsockname()[1])
                held.callback(server.close)
            yield

    def _serve(self, number: int) -> Any:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                    body = await reader.readexactly(length)
                    self.count += 1
                    referral = json.loads(body).get("data", {}).get("referralId", "")
                    self.came.setdefault((number, referral), time.perf_counter())
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            writer.close()

        return serve

    async def until(self, wanted: Sequence[tuple[int, str]]) -> None:
        """Return when all of these have come."""
        end = time.perf_counter() + PATIENCE
        while any(one not in self.came for one in wanted):
            if time.perf_counter() > end:
                missing = sum(one not in self.came for one in wanted)
                raise RuntimeError(f"{missing} deliveries did not come")
            await asyncio.sleep(0.01)


class Hand:
    """Publishes that referrals were sent, each between two organizations in turn."""

    def __init__(self, publisher: OrderedPublisher, organizations: Sequence[str]) -> None:
        self._publisher = publisher
        self._organizations = organizations
        self._number = 0

    async def send(self) -> tuple[str, tuple[int, int]]:
        """Publish one; return the referral, and by number the organizations that are told."""
        self._number += 1
        referral = f"ref_bench_{time.monotonic_ns()}_{self._number}"
        pair = self._number % len(self._organizations), (self._number + 1) % len(self._organizations)
        sender, receiver = (self._organizations[one] for one in pair)
        event = ReferralEvent(
            id=referral, n=1, at=datetime.now(UTC), version=1, folio="REL-000000-00",
            to_status=ReferralStatus.SENT, need_group=NeedGroup.HEALTH, priority=Priority.ROUTINE,
            state=State.CHP, sender=sender, receiver=receiver, service="service",
        )  # fmt: skip
        headers = {"ce-type": "referrals.referral.sent.v1", "ce-subject": referral, "ce-id": f"{referral}:1"}
        subject, guard = subject_of("referrals", "referral", referral, "sent.v1")
        await self._publisher.publish(subject, guard, 1, msgspec.json.encode(event), headers)
        return global_id("Referral", referral), pair


async def run_webhooks(folder: Path) -> dict[str, Any]:
    """Measure on a network of its own; times in milliseconds."""
    receivers, dead = Receivers(), Receivers()
    async with (
        running(folder, RELEVO_WEBHOOKS_ANYWHERE="true") as network,
        receivers.listening(ORGANIZATIONS * EACH),
        _deaf(dead),
        _partners(network) as partners,
    ):
        organizations = list(partners)
        endpoints = [
            await _create(partners[one], receivers, number * EACH) for number, one in enumerate(partners)
        ]
        seed = Identity.load(network.stack.data / "keys", "referrals")
        bus = await connect(network.stack.urls["nats"], seed, on_lost=lambda: None)
        try:
            hand = Hand(OrderedPublisher(bus, "EVT"), organizations)
            await _burst(hand, receivers, 20)  # warm
            rate = await _burst(hand, receivers, BURST)
            floor = await _floor(receivers, BURST * 2 * EACH)
            pause = 3 * 2 * EACH / rate  # a third of what it can do
            alone = await _paced(hand, receivers, pause, frozenset())
            for organization, own in zip(organizations[:DEAD], endpoints, strict=False):
                url = f"http://127.0.0.1:{dead.ports[0]}/dead"
                await _change(partners[organization], own[0], url)
            await _paced(hand, receivers, pause, _dead(), PACED // 10)  # until they are known to be dead
            beside = await _paced(hand, receivers, pause, _dead())
        finally:
            await bus.close()
        return {
            "per_second": rate,
            "floor_per_second": floor,
            "alone": {"median": alone.median, "p99": alone.p99},
            "beside dead": {"median": beside.median, "p99": beside.p99},
            "ratio": beside.p99 / alone.p99,
        }


def _dead() -> frozenset[int]:
    return frozenset(range(0, DEAD * EACH, EACH))


@asynccontextmanager
async def _deaf(dead: Receivers) -> AsyncIterator[None]:
    """A server that takes connections and never answers."""

    over = asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    dead.ports.append(server.sockets[0].getsockname()[1])
    try:
        yield
    finally:
        server.close()
        # asyncio reports a connection's task that is cancelled at the end; these end by themselves.
        over.set()
        await asyncio.sleep(0)


@asynccontextmanager
async def _partners(network: Network) -> AsyncIterator[dict[str, Partner]]:
    settings = OperatorSettings(
        data_dir=network.stack.data, nats_url=network.stack.urls["nats"], keys_dir=network.stack.data / "keys"
    )
    async with contextlib.AsyncExitStack() as held:
        async with connected(settings) as operator:
            made = [await _partner(network, operator, number) for number in range(ORGANIZATIONS)]
        for _, partner in made:
            await held.enter_async_context(partner)
        yield dict(made)


async def _partner(network: Network, operator: Operator, number: int) -> tuple[str, Partner]:
    record = {
        "id": f"bench-{number}",
        "name": f"Bench {number}",
        "description": "Fictional.",
        "relevo": {"kind": "un_agency", "fictional": True},
    }
    records = (ImportRecord(kind="organization", record=record),)
    outcome = (
        await operator.ask(IMPORT_RECORDS, ImportRecords(source="bench", records=records, verified=True))
    ).outcomes[0]
    assert outcome.id is not None, outcome
    scopes = (Scope.FEED_READ, Scope.WEBHOOKS_MANAGE, Scope.REFERRALS_READ)
    new = await operator.ask(
        CREATE_CLIENT, CreateClient(organization=outcome.id, name="bench", scopes=scopes)
    )
    return outcome.id, Partner(network.url, f"Bench {number}", new.client.id, new.secret)


async def _create(partner: Partner, receivers: Receivers, first: int) -> list[str]:
    found = []
    for number in range(first, first + EACH):
        url = f"http://127.0.0.1:{receivers.ports[number]}/hook"
        asked = {"url": url, "idempotencyKey": f"bench-{number}"}
        made = await partner.ask(CREATE, input=asked)
        found.append(made["createWebhookEndpoint"]["endpoint"]["id"])
    return found


async def _change(partner: Partner, endpoint: str, url: str) -> None:
    await partner.ask(UPDATE, input={"endpoint": endpoint, "url": url, "idempotencyKey": f"{endpoint} dead"})


def _told(referral: str, pair: tuple[int, int], without: frozenset[int]) -> list[tuple[int, str]]:
    numbers = (one * EACH + more for one in pair for more in range(EACH))
    return [(number, referral) for number in numbers if number not in without]


async def _burst(hand: Hand, receivers: Receivers, count: int) -> float:
    """Publish so many at once; return how many deliveries were made in a second until the last."""
    began = time.perf_counter()
    sent = [await hand.send() for _ in range(count)]
    wanted = [one for referral, pair in sent for one in _told(referral, pair, frozenset())]
    await receivers.until(wanted)
    return len(wanted) / (time.perf_counter() - began)


async def _paced(
    hand: Hand, receivers: Receivers, pause: float, without: frozenset[int], count: int = PACED
) -> Times:
    """Publish one after the other; return how long each delivery to a healthy receiver took."""
    wanted: list[tuple[int, str]] = []
    published: dict[str, float] = {}
    for _ in range(count):
        began = time.perf_counter()
        referral, pair = await hand.send()
        published[referral] = began
        wanted += _told(referral, pair, without)
        await asyncio.sleep(max(0.0, pause - (time.perf_counter() - began)))
    await receivers.until(wanted)
    return Times.of([receivers.came[one] - published[one[1]] for one in wanted])


async def _floor(receivers: Receivers, count: int) -> float:
    """The same number of bare POSTs, so many at once."""
    body = json.dumps({"data": {"referralId": "x" * 30, "cursor": "x" * 120}}).encode()
    slots = asyncio.Semaphore(256)
    async with httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=100) as pool:

        async def post(number: int) -> None:
            url = f"http://127.0.0.1:{receivers.ports[number % len(receivers.ports)]}/hook"
            async with slots:
                await pool.request("POST", url, content=body)

        began = time.perf_counter()
        await asyncio.gather(*map(post, range(count)))
        return count / (time.perf_counter() - began)


def lines(result: dict[str, Any]) -> list[str]:
    """Return the result in words."""
    alone, beside = result["alone"], result["beside dead"]
    return [
        f"webhooks: {result['per_second']:.0f} deliveries/s to {ORGANIZATIONS * EACH} endpoints "
        f"(bare POSTs: {result['floor_per_second']:.0f}/s)",
        f"webhooks: alone p50 {alone['median']:.0f} ms, p99 {alone['p99']:.0f} ms; beside {DEAD} dead ones "
        f"p50 {beside['median']:.0f} ms, p99 {beside['p99']:.0f} ms: {result['ratio']:.2f} (aim ≤ 1.5)",
    ]
