"""The four measurements: issue, hear, list and idle, each beside its floor."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench import floor
from bench.http import Connection
from bench.measure import Action, Times, at_once, one_by_one, processor_seconds, resident_megabytes
from bench.network import LIST, Network
from chassis import mongo
from cli.embedded.ports import choose

AT_ONCE = 16
OURS = ("gateway", "referrals", "directory", "notifications")


def run_idle(network: Network) -> dict[str, Any]:
    """Memory of each process before anything was asked, and the time to start."""
    megabytes = {name: resident_megabytes(pid) for name, pid in network.stack.pids.items()}
    return {"megabytes": megabytes, "seconds_to_start": network.seconds_to_start}


async def run_issue(network: Network, rounds: int) -> dict[str, Any]:
    """Issue and hear, one by one and many at once."""
    async with AsyncExitStack() as held:
        connections = [await held.enter_async_context(Connection(network.url)) for _ in range(AT_ONCE)]
        first = connections[0]

        async def issue(connection: Connection) -> None:
            answer = await connection.send(network.issue(connection))
            if b'"userErrors":[]' not in answer.replace(b" ", b""):
                raise RuntimeError(answer[:500])

        await issue(first)
        document = await a_stored_referral(network)
        stack = network.stack
        standing = await held.enter_async_context(
            floor.standing(stack.urls["nats"], stack.urls["mongo"], stack.data / "keys", document)
        )
        typename = first.request("/graphql", floor.TYPENAME, network.sender.token)
        # In turn, so that a machine whose speed drifts is fair to both.
        ours: list[Times] = []
        bare: list[Times] = []
        heard, heard_bare = [], []
        for _ in range(3):
            bare.append(await one_by_one(partial(standing.issue, first, typename), rounds // 3))
            ours.append(await one_by_one(partial(issue, first), rounds // 3))
            heard_bare.append(await one_by_one(partial(standing.hear, first, typename), rounds // 3))
            heard.append(await _hear(network, first, rounds // 3))
        operations = await counted_operations(network, partial(issue, first))
        each = max(10, rounds // AT_ONCE)
        bare_rate = await at_once([partial(standing.issue, one, typename) for one in connections], each)
        our_rate = await at_once([partial(issue, one) for one in connections], each)
    return {
        "issue": {
            **beside(ours, bare),
            "throughput": rates(our_rate, bare_rate),
            "database_operations": operations,
        },
        "hear": beside(heard, heard_bare),
    }


async def run_list(network: Network, rounds: int, folder: Path) -> dict[str, Any]:
    """Twenty referrals with sender, receiver and service, beside a route that returns the same bytes."""
    async with AsyncExitStack() as held:
        connections = [await held.enter_async_context(Connection(network.url)) for _ in range(AT_ONCE)]
        request = network.ask(connections[0], LIST)
        body = await connections[0].send(request)
        if len(json.loads(body)["data"]["referrals"]["nodes"]) != 20:
            raise RuntimeError("the list is not twenty long")
        pids = {name: network.stack.pids[name] for name in (*OURS, "nats", "database")}
        before = {name: processor_seconds(pid) for name, pid in pids.items()}
        rate = await at_once([partial(one.send, request) for one in connections], rounds // 2)
        spent = {name: processor_seconds(pid) - before[name] for name, pid in pids.items()}
        done = AT_ONCE * (rounds // 2)
        alone = await one_by_one(partial(connections[0].send, request), rounds)
        still = await _still(folder, body, rounds * 4)
    return {
        "median": alone.median,
        "p99": alone.p99,
        "bytes": len(body),
        "throughput": rates(rate, still["per_second"]),
        "floor": still,
        "cpu_seconds_per_1000": {
            **{name: seconds / done * 1000 for name, seconds in spent.items()},
            "gateway and services": sum(spent[name] for name in OURS) / done * 1000,
            "floor": still["cpu_seconds_per_1000"],
        },
    }


async def _hear(network: Network, connection: Connection, rounds: int) -> Times:
    """From sending the mutation to the entry's arrival at the other party."""
    head = (await network.receiver.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"]
    async with Connection(network.url) as ear:
        reader = await ear.stream(network.listen(ear, head))

        async def once() -> None:
            sending = asyncio.create_task(connection.send(network.issue(connection)))
            while b"folio" not in await reader.readline():
                pass
            await sending

        return await one_by_one(once, rounds)


async def a_stored_referral(network: Network) -> dict[str, Any]:
    """A referral's document as it is stored: the floor inserts the same bytes."""
    client = mongo.connect(network.stack.urls["mongo"])
    document = await client["relevo_referrals"]["referrals"].find_one({})
    client.close()
    if document is None:
        raise RuntimeError("no referral is stored")
    return dict(document)


async def counted_operations(network: Network, do: Action, rounds: int = 50) -> dict[str, int]:
    """How many commands it costs until the feed has it, as the database counts them."""
    client = mongo.connect(network.stack.urls["mongo"])

    async def counted() -> dict[str, int]:
        status = await client.admin.command("serverStatus")
        return {name: int(status["opcounters"][name]) for name in ("insert", "query", "update", "delete")}

    await asyncio.sleep(3)  # what is under way from before comes to rest
    before = await counted()
    for _ in range(rounds):
        await do()
    await asyncio.sleep(3)
    after = await counted()
    client.close()
    return {name: round((after[name] - before[name]) / rounds) for name in before}


async def _still(folder: Path, body: bytes, count: int) -> dict[str, float]:
    """The floor of the list: a process that answers with the same bytes."""
    file = folder / "still.json"
    file.write_bytes(body)
    port = choose({"still": 0})["still"]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.still", str(port), str(file))
    try:
        url = f"http://127.0.0.1:{port}"
        async with AsyncExitStack() as held:
            connections = [await held.enter_async_context(await _reach(url)) for _ in range(AT_ONCE)]
            request = connections[0].request("/graphql", b"{}")
            before = processor_seconds(process.pid)
            rate = await at_once([partial(one.send, request) for one in connections], count // AT_ONCE)
            spent = processor_seconds(process.pid) - before
            alone = await one_by_one(partial(connections[0].send, request), count // 4)
        return {
            "per_second": rate,
            "median": alone.median,
            "p99": alone.p99,
            "cpu_seconds_per_1000": spent / (count // AT_ONCE * AT_ONCE) * 1000,
        }
    finally:
        process.terminate()
        await process.wait()


async def _reach(url: str) -> Connection:
    until = time.monotonic() + 10
    while True:
        try:
            async with Connection(url):
                return Connection(url)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)


def beside(ours: Sequence[Times], bare: Sequence[Times]) -> dict[str, Any]:
    """Medians of the rounds' medians, the worst p99, and how far the ratios of the rounds lie apart."""
    ratios = sorted(mine.median / theirs.median for mine, theirs in zip(ours, bare, strict=True))
    middle = len(ratios) // 2
    return {
        "median": sorted(times.median for times in ours)[middle],
        "p99": max(times.p99 for times in ours),
        "floor": {
            "median": sorted(times.median for times in bare)[middle],
            "p99": max(times.p99 for times in bare),
        },
        "ratio": ratios[middle],
        "ratios": ratios,
    }


def rates(ours: float, bare: float) -> dict[str, float]:
    return {"per_second": ours, "floor_per_second": bare, "ratio": ours / bare}
