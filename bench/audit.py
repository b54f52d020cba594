"""The audit: what it adds to a read, how many reads at once it takes, and how long it takes to verify."""

import json
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench.http import Connection
from bench.measure import Times, at_once, one_by_one
from bench.network import Network
from bench.runs import AT_ONCE
from chassis import mongo
from chassis.chained import GENESIS, HASH, Head, sealed
from cli.auditing import verify_chain
from cli.operator import OperatorSettings, connected
from contracts.audit import AuditKind
from contracts.rpc import Actor
from services.referrals.audit.entry import entry, moment, noted
from services.referrals.audit.store import AuditStore
from services.referrals.store import DATABASE

AT_A_TIME = 1_000
CHAIN = "bench"
# Each decrypts one blob; only the second is entered.
QUERY = "query ($id: ID!) {{ referral(id: $id) {{ folio person {{ {field} }} }} }}"
WITHOUT, WITH = QUERY.format(field="ageBand"), QUERY.format(field="name")


async def run_audit(network: Network, rounds: int, entries: int) -> dict[str, Any]:
    """Measure all three, the last on so many entries; milliseconds, but for that: seconds."""
    client = mongo.connect(network.stack.urls["mongo"])
    try:
        reads = await _reads(network, rounds, client)
        return {**reads, "verify": await _verify(network, client, entries)}
    finally:
        client.close()


async def _reads(network: Network, rounds: int, client: mongo.Client) -> dict[str, Any]:
    async with AsyncExitStack() as held:
        connections = [await held.enter_async_context(Connection(network.url)) for _ in range(AT_ONCE)]
        answer = json.loads(await connections[0].send(network.issue(connections[0])))
        referral = answer["data"]["issueReferral"]["referral"]["id"]

        async def read(connection: Connection, document: str) -> None:
            body = await connection.send(network.ask(connection, document, id=referral))
            if b'"person":{' not in body.replace(b" ", b"") or b"errors" in body:
                raise RuntimeError(body[:300])

        alone: dict[str, list[Times]] = {WITHOUT: [], WITH: []}
        for _ in range(3):
            for document, times in alone.items():
                times.append(await one_by_one(partial(read, connections[0], document), rounds // 3))
        medians = {document: min(one.median for one in times) for document, times in alone.items()}
        entries = client[DATABASE]["audit"]
        each = max(20, rounds // 4)
        rates = {}
        for document in alone:
            before = await entries.count_documents({})
            rates[document] = await at_once([partial(read, one, document) for one in connections], each)
        written = await entries.count_documents({}) - before
    if written != AT_ONCE * each:
        raise RuntimeError(f"{AT_ONCE * each} reads made {written} entries")
    return {
        "read": {"median": medians[WITH], "without": medians[WITHOUT]},
        "added": medians[WITH] - medians[WITHOUT],
        "per_second": rates[WITH],
        "per_second_without": rates[WITHOUT],
    }


async def _verify(network: Network, client: mongo.Client, entries: int) -> dict[str, float]:
    """Verify as ``relevo audit verify`` does, over the bus, a chain that was stored beforehand."""
    await _fill(client, entries)
    stack = network.stack
    settings = OperatorSettings(
        data_dir=stack.data, nats_url=stack.urls["nats"], keys_dir=stack.data / "keys"
    )
    last = await AuditStore(client[DATABASE]).range(CHAIN, entries - 1, 1)
    async with connected(settings, patience=60) as operator:
        began = time.perf_counter()
        found = await verify_chain(operator, CHAIN, [Head(entries, last[0][1][HASH])])
        seconds = time.perf_counter() - began
    if found.entries != entries or found.fault is not None:
        raise RuntimeError(f"{found}")
    return {"entries": entries, "seconds": seconds}


async def _fill(client: mongo.Client, entries: int) -> None:
    store, previous = AuditStore(client[DATABASE]), GENESIS
    actor = Actor(kind="member", id="m" * 32, organization=CHAIN)
    rows: list[dict[str, Any]] = []
    for number in range(1, entries + 1):
        note = noted(
            AuditKind.READ, "read", actor, (f"REL-{number:06d}-00",), tiers=("T3", "T4"), trace="f" * 32
        )
        rows.append(sealed(entry(note, CHAIN, number, previous, moment(datetime.now(UTC)))))
        previous = rows[-1][HASH]
        if len(rows) == AT_A_TIME:
            await store.append(rows)
            rows = []


def lines(result: dict[str, Any]) -> list[str]:
    """The result in words."""
    read, verify = result["read"], result["verify"]
    return [
        f"audit: a read of T3 takes {read['median']:.1f} ms, one of T2 {read['without']:.1f}: "
        f"{result['added']:.1f} ms more",
        f"audit: {result['per_second']:.0f} entries per second of one organization, {AT_ONCE} at once "
        f"({result['per_second_without']:.0f} reads without)",
        f"audit: {verify['entries']:,} entries verified in {verify['seconds']:.1f} s (aim for 100,000: ≤ 5)",
    ]
