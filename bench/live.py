"""Thousands who listen: how soon they hear, how quickly one comes back, and what each of them weighs.

*Hear under load* is from the moment that a change is recorded with (``FeedEntry.at``, before it is written,
in whole milliseconds) to its arrival at each subscriber of the receiver, which are half of all; the others
listen to other organizations. Its floor, in the same run: from before a bare acknowledged JetStream publish,
over one hop of the core, to as many sockets. *Catch-up* is the time of one client that comes back with the
oldest cursor. *Memory* is what a gateway's resident memory grows by, with idle subscribers, after a warm-up.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench import floor
from bench.http import Connection
from bench.measure import Times, processor_seconds, resident_megabytes
from bench.network import Network, running
from chassis.bus import Bus, connect
from chassis.identity import Identity
from chassis.seal import Sealer
from chassis.settings import read_key
from cli.demo.partner import SCOPES, Partner
from cli.embedded.parts import serve
from cli.embedded.ports import choose
from cli.operator import OperatorSettings, connected
from contracts.codes import NeedGroup, OrganizationKind, Priority, ReferralStatus, Scope, State
from contracts.directory import CREATE_CLIENT, CREATE_ORGANIZATION, CreateClient, CreateOrganization
from contracts.ids import split_id
from contracts.notifications import FeedReferral, FeedTold
from gateway.ids import Cursors
from services.notifications.feed import STREAM, subject_of

WAYS = ("sse", "websocket")
OTHERS = 20
# Changes in one measurement, and seconds between two of them.
CHANGES, PAUSE = 40, 0.25
WARM_UP = 100
ENTRIES = 100_000
LARGEST = 2_000
LIVE = "subscription($after: String) { events(after: $after) { cursor at folio status version } }"
PAGE = """query($after: String) { events(after: $after, first: 100) {
  nodes { cursor at folio status version } pageInfo { hasNextPage endCursor } } }"""
# One client of an organization stands for thousands.
MANY = {"RELEVO_CLIENT_STREAMS": "100000", "RELEVO_CLIENT_SUBSCRIPTIONS": "100000"}
AT = r'"at":"([^"]+)"'


@asynccontextmanager
async def others(network: Network) -> AsyncIterator[list[Partner]]:
    """Clients of organizations that no referral concerns."""
    stack, found = network.stack, []
    settings = OperatorSettings(
        data_dir=stack.data, nats_url=stack.urls["nats"], keys_dir=stack.data / "keys"
    )
    scopes = tuple(Scope(scope) for scope in SCOPES.split())
    async with connected(settings) as operator, AsyncExitStack() as held:
        for number in range(OTHERS):
            name = f"Institución {number} (ficticia)"
            made = await operator.ask(
                CREATE_ORGANIZATION, CreateOrganization(name=name, kind=OrganizationKind.HEALTH)
            )
            client = await operator.ask(
                CREATE_CLIENT, CreateClient(organization=made.id, name="bench", scopes=scopes)
            )
            partner = Partner(network.url, name, client.client.id, client.secret or "")
            found.append(await held.enter_async_context(partner))
        yield found


class Ears:
    """The process of the subscribers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> list[str]:
        """What it says next."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 120)
        if not line:
            raise RuntimeError("the subscribers' process has ended")
        return line.decode().split(" ", 2)

    async def heard(self, count: int) -> list[tuple[int, str]]:
        """So many events: the moment of each in nanoseconds, and what was found in it."""
        return [(int(moment), what.strip()) for moment, _, what in [await self.line() for _ in range(count)]]


@asynccontextmanager
async def ears(port: int, body: str, mark: str, subscribers: Sequence[dict[str, Any]]) -> AsyncIterator[Ears]:
    """Subscribers that are open, in a process of their own."""
    plan = {"host": "127.0.0.1", "port": port, "body": body, "mark": mark, "subscribers": subscribers}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(json.dumps(plan))
        file.flush()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.ears", file.name, stdout=subprocess.PIPE, limit=2**24
        )
        try:
            found = Ears(process)
            assert (await found.line())[0] == "ready"
            yield found
        finally:
            process.terminate()
            await process.wait()


def subscribers(network: Network, partners: Sequence[Partner], count: int, way: str) -> list[dict[str, Any]]:
    """So many, half of them of the receiver; its are first."""
    half = [{"way": way, "token": network.receiver.token}] * (count // 2)
    rest = [{"way": way, "token": partners[n % len(partners)].token} for n in range(count - count // 2)]
    return half + rest


async def run_hear(network: Network, partners: Sequence[Partner], counts: Sequence[int]) -> dict[str, Any]:
    """From the committed change to each subscriber, by how many there are and which way."""
    result: dict[str, Any] = {}
    port = network.stack.ports["gateway"]
    body = json.dumps({"query": LIVE})
    for count in counts:
        measured: dict[str, Any] = {"floor": vars(await _bare(network, count))}
        for way in WAYS:
            for partner in (network.receiver, network.sender, *partners):
                await partner.renew()
            listening = subscribers(network, partners, count, way)
            # A connection of its own: one that was idle for a minute is closed.
            async with ears(port, body, AT, listening) as heard, Connection(network.url) as connection:
                await asyncio.sleep(2)
                measured[way] = vars(await _changes(network, connection, heard, count // 2))
        result[str(count)] = measured
    return result


async def _changes(network: Network, connection: Connection, heard: Ears, count: int) -> Times:
    seconds: list[float] = []
    for number in range(CHANGES + 4):
        sending = asyncio.create_task(connection.send(network.issue(connection)))
        arrived = await heard.heard(count)
        await sending
        if number >= 4:  # the first few warm up
            seconds += [at / 1e9 - datetime.fromisoformat(said).timestamp() for at, said in arrived]
        await asyncio.sleep(PAUSE)
    return Times.of(seconds)


async def _bare(network: Network, count: int) -> Times:
    """The floor: a publish that is acknowledged, one hop, and as many sockets."""
    stack, port = network.stack, choose({"bare": 0})["bare"]
    url, keys_dir = stack.urls["nats"], stack.data / "keys"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare", str(port), url, str(keys_dir)
    )
    bus = await connect(url, Identity.load(keys_dir, "directory"), lambda: None)
    asking = await connect(url, Identity.load(keys_dir, "operator"), lambda: None)
    try:
        await _reachable(port)
        half = [{"way": "bare", "token": "e"}] * (count // 2)
        rest = [{"way": "bare", "token": "i"}] * (count - count // 2)
        padding = "x" * 400
        seconds: list[float] = []
        async with ears(port, "", AT, half + rest) as heard:
            for number in range(CHANGES + 4):
                said = datetime.now(UTC).isoformat()
                subject = f"evt.directory.bench.{time.time_ns()}.bench.v1"
                await bus.js.publish(subject, padding.encode())
                message = f'data: {{"at":"{said}","padding":"{padding}"}}\n\n'.encode()
                await asking.nc.publish(floor.FAN_OUT, message)
                arrived = await heard.heard(count // 2)
                if number >= 4:
                    seconds += [at / 1e9 - datetime.fromisoformat(one).timestamp() for at, one in arrived]
                await asyncio.sleep(PAUSE)
        return Times.of(seconds)
    finally:
        process.terminate()
        await process.wait()
        await bus.close()
        await asking.close()


async def _reachable(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


async def run_memory(network: Network, partners: Sequence[Partner], count: int) -> dict[str, Any]:
    """What an idle subscriber weighs in a gateway of its own, in thousands of bytes, and what it costs."""
    result: dict[str, Any] = {}
    for way in WAYS:
        async with gateway(network) as (port, pid):
            found = []
            for partner in (network.receiver, *partners):
                own = Partner(f"http://127.0.0.1:{port}", partner.name, partner.client, partner._secret)  # noqa: SLF001
                async with own:
                    found.append(own.token)
            body = json.dumps({"query": LIVE})
            listening = [{"way": way, "token": found[0]}] * (count // 2)
            listening += [{"way": way, "token": found[1 + n % OTHERS]} for n in range(count - count // 2)]
            async with ears(port, body, AT, listening[:WARM_UP] + listening[-WARM_UP:]):
                await asyncio.sleep(1)
            await asyncio.sleep(2)
            before = resident_megabytes(pid)
            async with ears(port, body, AT, listening):
                await asyncio.sleep(15)
                after, spent = resident_megabytes(pid), processor_seconds(pid)
                await asyncio.sleep(15)
                spent = (processor_seconds(pid) - spent) / 15
            result[way] = {
                "kilobytes": (after - before) * 1000 / count,
                "before_megabytes": before,
                "after_megabytes": after,
                "idle_cpu": spent,
            }
    return result


@asynccontextmanager
async def gateway(network: Network) -> AsyncIterator[tuple[int, int]]:
    """One more gateway of the network: its port, and its process."""
    port = choose({"more": 0})["more"]
    environment = {
        **os.environ,
        **network.stack.environment("gateway"),
        "RELEVO_HTTP_PORT": str(port),
        "RELEVO_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **MANY,
    }
    process = await asyncio.create_subprocess_exec(*serve("gateway"), env=environment)
    try:
        await _reachable(port)
        await asyncio.sleep(3)
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()


async def run_catch_up(network: Network, entries: int) -> dict[str, Any]:
    """Entries per second when a client comes back after so many, by page and over both live ways."""
    stack = network.stack
    keys_dir = stack.data / "keys"
    found = await network.receiver.ask("{ viewer { organization { id } } }")
    organization = (split_id(found["viewer"]["organization"]["id"]) or ("", ""))[1]
    bus = await connect(stack.urls["nats"], Identity.load(keys_dir, "notifications"), lambda: None)
    try:
        info = await bus.js.stream_info(STREAM)
        last = await _fill(bus, organization, entries)
    finally:
        await bus.close()
    epoch = info.created if isinstance(info.created, str) else str(info.created and info.created.isoformat())
    cursors = Cursors(Sealer(read_key(keys_dir / "gateway" / "seal.key", 32)))
    start = cursors.seal_feed(epoch, info.state.last_seq, organization)
    result: dict[str, Any] = {"entries": entries}
    for way in WAYS:
        await network.receiver.renew()
        body = json.dumps({"query": LIVE, "variables": {"after": start}})
        began = time.perf_counter()
        one = [{"way": way, "token": network.receiver.token}]
        async with ears(stack.ports["gateway"], body, f'"folio":"({last})"', one) as heard:
            await heard.heard(1)
            result[way] = entries / (time.perf_counter() - began)
    await network.receiver.renew()
    began, after, count = time.perf_counter(), start, 0
    while True:
        page = (await network.receiver.ask(PAGE, after=after))["events"]
        count += len(page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    result["pages"] = count / (time.perf_counter() - began)
    return result


async def _fill(bus: Bus, organization: str, entries: int) -> str:
    """Put so many entries into a feed, as the service would; return the folio of the last."""
    waiting: list[asyncio.Future[Any]] = []
    for number in range(entries):
        referral = f"ref_bench{number}"
        told = FeedReferral(
            id=referral,
            folio=f"REL-{number:06d}-00",
            version=1,
            status=ReferralStatus.SENT,
            need_group=NeedGroup.HEALTH,
            priority=Priority.ROUTINE,
            state=State.CHP,
        )
        entry = FeedTold(
            event=f"bench{number}",
            type="referrals.referral.sent.v1",
            at=datetime.now(UTC),
            relation="receiver",
            referral=told,
        )
        data = msgspec.json.encode(entry)
        waiting.append(await bus.js.publish_async(subject_of(organization, "referral", referral), data))
        if len(waiting) >= 500:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    return f"REL-{entries - 1:06d}-00"


async def run_live(folder: Path, most: int) -> dict[str, Any]:
    """Measure all three on a network of their own."""
    counts = [count for count in (10, 500, LARGEST) if count <= most]
    async with (
        running(folder / "data", **MANY) as network,
        others(network) as partners,
    ):
        return {
            "load": os.getloadavg()[0],
            "memory": await run_memory(network, partners, most),
            "hear": await run_hear(network, partners, counts),
            "catch_up": await run_catch_up(network, ENTRIES if most >= LARGEST else ENTRIES // 10),
        }


def show_live(result: dict[str, Any]) -> None:
    """Print it as tables."""
    console = Console(highlight=False)
    table = Table(
        "subscribers", "way", "median ms", "p99 ms", "floor ms", "floor p99", title="hear under load"
    )
    for count, row in result["hear"].items():
        for way in WAYS:
            table.add_row(
                count,
                way,
                f"{row[way]['median']:.1f}",
                f"{row[way]['p99']:.1f}",
                f"{row['floor']['median']:.1f}",
                f"{row['floor']['p99']:.1f}",
            )
    console.print(table)
    for way in WAYS:
        row = result["memory"][way]
        console.print(
            f"idle over {way}: {row['kilobytes']:.1f} kB each (aim < 33), "
            f"{row['idle_cpu']:.1%} of a processor for all"
        )
    caught = result["catch_up"]
    for way in (*WAYS, "pages"):
        console.print(f"catch-up after {caught['entries']:,} over {way}: {caught[way]:,.0f} entries a second")
    console.print(f"load of the machine at the beginning: {result['load']:.1f}")
