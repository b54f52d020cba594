"""The parts' lines to the bus and the database are cut again and again: nothing is lost, repeated or swapped.

What is cut off in the middle of an answer has been done or not, and nobody knows: every part has to bear
that, and its readers never notice. ``RELEVO_TEST_SEED`` repeats the cuts of an earlier run.
"""

import asyncio
import logging
import os
import random
import secrets
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cli.embedded import parts
from cli.embedded.ports import choose
from cli.embedded.settings import DATABASE, NATS, EmbeddedSettings
from cli.embedded.stack import Stack
from tests.flows.cast import gathered
from tests.flows.checker import check, follow
from tests.flows.courses import CHANGES, HOSPITAL, SHELTER
from tests.flows.evidence import evidence
from tests.flows.streams import Follower, feed_of, head_of, sse, websocket
from tests.flows.wire import Wire
from tests.flows.work import Work, just, record_of, refer_while, shares

log = logging.getLogger(__name__)

REFERRALS = 1000 // CHANGES
WORKERS = 8
# How often each part's line to a server is cut. The referrals' answers that are lost with their line to the
# bus are waited for until they are given up, five seconds each time: it is cut less often.
CUTS = {
    ("gateway", NATS): 10,
    ("referrals", NATS): 3,
    ("directory", NATS): 3,
    ("notifications", NATS): 20,
    ("referrals", DATABASE): 15,
    ("directory", DATABASE): 5,
    ("notifications", DATABASE): 15,
}
# The last cut comes with at least so many changes to go.
REST = 50
VARIABLES = {
    NATS: "RELEVO_NATS_URL=nats://{}",
    DATABASE: "RELEVO_MONGO_URL=mongodb://{}/?directConnection=true",
}


def through(wires: dict[tuple[str, str], Wire]) -> Callable[[str], tuple[str, ...]]:
    """How to run a part whose lines go through the wires."""
    env = shutil.which("env")
    assert env is not None

    def command(part: str) -> tuple[str, ...]:
        variables = (
            VARIABLES[server].format(wire.url.removeprefix("http://"))
            for (whose, server), wire in wires.items()
            if whose == part
        )
        return (env, *variables, *parts.serve(part))

    return command


class Cutter:
    """Cuts lines in moments in which a client is told that its change was made; which and when is chance."""

    def __init__(
        self, wires: dict[tuple[str, str], Wire], work: Sequence[Work], chance: random.Random
    ) -> None:
        self._wires = wires
        self._work = work
        whose = [line for line, count in CUTS.items() for _ in range(count)]
        chance.shuffle(whose)
        moments = sorted(chance.sample(range(1, REFERRALS * CHANGES - REST), len(whose)))
        self._plan = deque(zip(moments, whose, strict=True))
        for one in work:
            one.on_told = self._look

    def _look(self) -> None:
        done = sum(len(one.record) for one in self._work)
        while self._plan and self._plan[0][0] <= done:
            self._wires[self._plan.popleft()[1]].cut_all()


@pytest.mark.timeout(240)
async def test_cut_lines_to_the_bus_and_the_database_lose_and_repeat_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("RELEVO_TEST_SEED") or secrets.randbits(32))
    log.warning("seed of the cuts: %d", seed)
    chance = random.Random(seed)  # noqa: S311 - not a secret
    ports = choose({NATS: 0, DATABASE: 0})
    settings = EmbeddedSettings(data_dir=tmp_path).on_free_ports()
    settings = settings.model_copy(update={f"{name}_port": port for name, port in ports.items()})
    async with AsyncExitStack() as held:
        held.enter_context(evidence(tmp_path))
        wires = {(part, server): await held.enter_async_context(Wire(ports[server])) for part, server in CUTS}
        stack = Stack(settings, command=through(wires), say=log.warning)
        await asyncio.to_thread(stack.start)
        held.push_async_callback(asyncio.to_thread, stack.stop)
        cast = await held.enter_async_context(gathered(stack))
        work = await held.enter_async_context(shares(cast, WORKERS))
        feeds = {SHELTER: cast.shelter, HOSPITAL: cast.hospital}
        readers = {
            (name, open_stream.__name__): await held.enter_async_context(
                Follower(open_stream, client, await head_of(client))
            )
            for name, client in feeds.items()
            for open_stream in (sse, websocket)
        }
        Cutter(wires, work, chance)
        await refer_while(work, just(REFERRALS))
        record = record_of(work)
        for reader in readers.values():
            await reader.until_count(len(record), within=60.0)
        told = {name: await feed_of(client) for name, client in feeds.items()}
        log.warning("cuts: %s", {f"{part}-{server}": wire.cuts for (part, server), wire in wires.items()})
        lost, replayed = sum(one.lost for one in work), sum(one.replayed for one in work)
        log.warning("%d changes, %d answers lost, %d replayed", len(record), lost, replayed)
        assert check(record, told) == []
        for (name, how), reader in readers.items():
            assert follow(f"{name} over {how}", told[name], reader.entries) == []
            assert reader.connections == 1, "the gateway bears it, and its readers do not notice"
        assert all(wire.cuts for wire in wires.values())
