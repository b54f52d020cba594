"""Replicas as processes, their own clocks a minute off, killed at random: each is told once, none early."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from chassis import mongo
from contracts.codes import Priority
from services.referrals.store import DATABASE, Store
from tests.referrals.cases import new_case
from tests.referrals.conftest import Network
from tests.referrals.deadlines.lone import AHEAD
from tests.referrals.deadlines.test_firing import TOLD_OF_WHOM_NOBODY_ANSWERS, none_early, told_of
from tests.servers import Servers, eventually

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
SKEWS = (-60, 0, 60)
HOURS = (0.3, 0.6, 1.1, 2.1, 5, 13, 25, 49, 73, 86)
CASES = 30


class Lone:
    """One replica, which comes back when it is killed."""

    def __init__(self, servers: Servers, skew: int) -> None:
        self._words = [
            sys.executable, "-m", "tests.referrals.deadlines.lone",
            servers.mongo_url, servers.nats_url, str(servers.keys_dir), str(skew),
        ]  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._words, stdout=asyncio.subprocess.PIPE)
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == b"ready\n"

    async def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.communicate()
            self._process = None


@pytest.mark.timeout(900)
@pytest.mark.skipif(not FULL, reason="it takes a minute and more: make test-full")
async def test_replicas_that_are_killed_tell_each_once_and_none_early_whatever_their_own_clocks_say(
    servers: Servers, mongo_client: mongo.Client, network: Network
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same deaths in every run
    store, database = Store(mongo_client), mongo_client[DATABASE]
    cases = [await new_case(network, priority=list(Priority)[number % 3]) for number in range(CASES)]
    ours = [case.id for case in cases]
    lones = [Lone(servers, skew) for skew in SKEWS]

    async def passed(hours: float) -> None:
        state: dict[str, Any] = {"by": hours * 3600, "ours": ours}
        await database[AHEAD].update_one({"_id": "ahead"}, {"$set": state}, upsert=True)

    async with AsyncExitStack() as held:
        for lone in lones:
            held.push_async_callback(lone.kill)
        await passed(0)
        await asyncio.gather(*(lone.start() for lone in lones))
        for hours in HOURS:
            await passed(hours)
            victim = chance.choice(lones)
            await asyncio.sleep(chance.random() * 3)
            await victim.kill()
            now = await store.now() + timedelta(hours=hours)

            async def left(now: Any = now) -> int:
                due = {"_id": {"$in": ours}, "due_at": {"$lte": now}}
                return await store.referrals.count_documents(due)

            await eventually(left, lambda count: count == 0, within=90)
            await victim.start()
        waiting = {"_id": {"$in": ours}, "pending.0": {"$ne": None}}
        await eventually(lambda: store.referrals.count_documents(waiting), lambda n: n == 0, within=90)
    for case in cases:
        stored = await store.load(case.id)
        assert stored is not None
        told = await told_of(network, case.id)
        assert [event.n for _, event in told] == list(range(1, stored["n"] + 1)), "none lost, none twice"
        said = Counter((name, getattr(event, "deadline", None)) for name, event in told)
        assert all(times == 1 for (name, _), times in said.items() if name != "escalated"), said
        assert none_early(told)
        assert TOLD_OF_WHOM_NOBODY_ANSWERS[told[0][1].priority] <= set(said)
