"""Transitions: what the two parties do with a referral, beside one read and one conditional update.

A referral's life here is issue, receive, accept (which holds a place), start, complete, acknowledge; of these
the five after the issue are measured.
"""

import asyncio
import json
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.http import Connection
from bench.measure import Times, at_once, one_by_one
from bench.network import Network
from bench.runs import AT_ONCE, beside, counted_operations, rates
from chassis import mongo
from cli.operator import OperatorSettings, connected
from contracts.capacity import SET_CAPACITY, SetCapacity, UnitCapacity
from gateway.ids import split_id

# By whom, and with what beside the referral and the key.
LIFE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("receiver", "receiveReferral", {}),
    ("receiver", "acceptReferral", {}),
    ("receiver", "startReferral", {}),
    ("receiver", "completeReferral", {"outcome": "FULLY_MET"}),
    ("sender", "acknowledgeReferral", {}),
)


@dataclass
class Life:
    """One connection that takes referrals from their issue to their acknowledged end."""

    network: Network
    connection: Connection
    times: list[float] = field(default_factory=list)

    async def issue(self) -> str:
        """Issue one more; return its id."""
        answer = json.loads(await self.connection.send(self.network.issue(self.connection)))
        payload = answer["data"]["issueReferral"]
        if payload["userErrors"]:
            raise RuntimeError(payload)
        return str(payload["referral"]["id"])

    async def change(self, referral: str, step: int) -> None:
        """Make one of the five changes."""
        side, mutation, more = LIFE[step]
        inputs = {"referral": referral, "idempotencyKey": secrets.token_hex(16), **more}
        if mutation == "acceptReferral":
            inputs["arriveBy"] = (datetime.now(UTC) + timedelta(days=2)).isoformat()
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation ($input: {kind}!) {{ {mutation}(input: $input) "
            "{ referral { id status version } userErrors { code path message } } }"
        )
        body = json.dumps({"query": document, "variables": {"input": inputs}}).encode()
        token = getattr(self.network, side).token
        answer = await self.connection.send(self.connection.request("/graphql", body, token))
        if b'"userErrors":[]' not in answer.replace(b" ", b""):
            raise RuntimeError(answer[:500])

    async def live(self) -> None:
        """A whole life."""
        referral = await self.issue()
        for step in range(len(LIFE)):
            await self.change(referral, step)


async def run_transitions(network: Network, rounds: int) -> dict[str, Any]:
    """One by one and sixteen at once, beside the floor; and what one costs in the database."""
    count = max(20, rounds // 3)
    async with AsyncExitStack() as held:
        lives = [
            Life(network, await held.enter_async_context(Connection(network.url))) for _ in range(AT_ONCE)
        ]
        await make_room(network)
        await lives[0].live()
        bare = Bare(network, await _a_referral(network))
        held.push_async_callback(bare.close)
        ours, theirs = [], []
        for _ in range(3):
            theirs.append(await one_by_one(bare.change, count))
            ours.append(await _one_by_one(lives[0], count // len(LIFE) + 1))
        each = max(4, rounds // AT_ONCE // len(LIFE))
        rate = await _at_once(lives, each)
        bare_rate = await at_once([partial(bare.change, n) for n in range(AT_ONCE)], each * len(LIFE))
        waiting = iter([await lives[0].issue() for _ in range(rounds // 3)])
        operations = await counted_operations(
            network, lambda: lives[0].change(next(waiting), 0), rounds=rounds // 3
        )
    return {
        **beside(ours, theirs),
        "throughput": rates(rate, bare_rate),
        "database_operations": operations,
    }


async def make_room(network: Network) -> None:
    """Places for everybody."""
    kind, service = split_id(network.service) or ("", "")
    assert kind == "Service"
    stack = network.stack
    settings = OperatorSettings(
        data_dir=stack.data, nats_url=stack.urls["nats"], keys_dir=stack.data / "keys"
    )
    unit = UnitCapacity(unit="appointment", maximum=100_000, available=100_000)
    said = SetCapacity(service=service, units=(unit,), idempotency_key=secrets.token_hex(16))
    async with connected(settings) as operator:
        await operator.ask(SET_CAPACITY, said)


class Bare:
    """The floor: one read and one journaled conditional update of a referral's own document."""

    def __init__(self, network: Network, document: dict[str, Any]) -> None:
        self._client = mongo.connect(network.stack.urls["mongo"])
        self._referrals = self._client["relevo_bench"]["referrals"]
        self._document = document
        self._made: dict[int, str] = {}

    async def change(self, number: int = 0) -> None:
        """Read and update; one document for each who does so, so that nobody waits for another."""
        if number not in self._made:
            self._made[number] = secrets.token_hex(16)
            await self._referrals.insert_one({**self._document, "_id": self._made[number]})
        key = self._made[number]
        found = await self._referrals.find_one({"_id": key})
        assert found is not None
        fields = {"status": "received", "revision": found["revision"] + 1, "updated_at": datetime.now(UTC)}
        entry = {**found["history"][-1], "n": found["revision"] + 1}
        change = {"$set": fields, "$push": {"history": {"$each": [entry], "$slice": -6}}}
        done = await self._referrals.update_one({"_id": key, "revision": found["revision"]}, change)
        assert done.matched_count

    async def close(self) -> None:
        """Leave nothing behind."""
        await self._client.drop_database("relevo_bench")
        self._client.close()


async def _one_by_one(life: Life, lives: int) -> Times:
    """Each of the five changes of some referrals, alone."""
    seconds: list[float] = []
    for _ in range(lives):
        referral = await life.issue()
        for step in range(len(LIFE)):
            began = asyncio.get_running_loop().time()
            await life.change(referral, step)
            seconds.append(asyncio.get_running_loop().time() - began)
    return Times.of(seconds)


async def _at_once(lives: Sequence[Life], each: int) -> float:
    """Changes a second, where all make them side by side; the issues before are not in the time."""
    referrals = [[await life.issue() for _ in range(each)] for life in lives]

    async def work(life: Life, mine: Sequence[str]) -> None:
        for referral in mine:
            for step in range(len(LIFE)):
                await life.change(referral, step)

    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(work(life, mine) for life, mine in zip(lives, referrals, strict=True)))
    return len(lives) * each * len(LIFE) / (asyncio.get_running_loop().time() - began)


async def _a_referral(network: Network) -> dict[str, Any]:
    """A referral's document as it is stored after its whole life."""
    client = mongo.connect(network.stack.urls["mongo"])
    document = await client["relevo_referrals"]["referrals"].find_one({"status": "completed"})
    client.close()
    if document is None:
        raise RuntimeError("no referral has ended")
    return dict(document)
