"""Parts and servers are killed in the middle of work: nothing acknowledged is lost, repeated or swapped."""

import asyncio
import gc
import logging
import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.flows.agreement import agree
from tests.flows.cast import gathered
from tests.flows.checker import awaited, check, follow
from tests.flows.courses import HOSPITAL, SHELTER, THIRD
from tests.flows.evidence import evidence
from tests.flows.receivers import all_came, receiving
from tests.flows.stories import ALL, staged
from tests.flows.streams import Follower, drowsy, feed_of, head_of, sse, websocket
from tests.flows.work import Work, record_of, refer_while, shares

log = logging.getLogger(__name__)

pytestmark = pytest.mark.skipif(
    "RELEVO_TEST_FULL" not in os.environ,
    reason="it takes minutes: make test-full; test_replicas.py kills in the same stories",
)
VICTIMS = ("referrals", "notifications", "gateway", "nats", "database", "directory")
KILLS = VICTIMS * 10
# So many changes at least from one recovery to the next kill, and so many in all.
BETWEEN = 50
ENOUGH = 5000
WORKERS = 8
# At a kill at least so many of the workers' requests have to wait for an answer.
BUSY = WORKERS // 2
RECOVERED_WITHIN = 30.0
TOLD_WITHIN = 30.0


class Killer:
    """Kills one after the other, each when all is ready again and the work has gone on since.

    Each is killed in the very moment in which a client is told that its change was made, with others
    still waiting: whoever has acknowledged what it has not kept is caught.
    """

    def __init__(self, stack: Stack, work: Sequence[Work]) -> None:
        self.over = False
        self._stack = stack
        self._work = work
        self._victim = ""
        self._due = 0
        self._killed = asyncio.Event()
        for one in work:
            one.on_told = self._look

    @property
    def done(self) -> int:
        """How many changes were made so far."""
        return sum(len(one.record) for one in self._work)

    @property
    def waiting(self) -> int:
        """How many requests wait for their answer now."""
        return sum(one.in_flight for one in self._work)

    async def run(self) -> None:
        """Kill everybody of the list, and wait until the last one is back."""
        for name in KILLS:
            self._killed.clear()
            self._victim, self._due = name, self.done + BETWEEN
            async with asyncio.timeout(RECOVERED_WITHIN):
                await self._killed.wait()
            await asyncio.to_thread(self._stack.wait_ready, within=RECOVERED_WITHIN)
        self.over = True

    def _look(self) -> None:
        if not self._victim or self.done < self._due or self.waiting < BUSY:
            return
        self._stack.kill(self._victim)
        log.warning("%d changes, %d waiting: killed %s", self.done, self.waiting, self._victim)
        self._victim = ""
        self._killed.set()


# nats-py leaves the transport of a handshake that its server did not survive to the collector, which warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(1800)
async def test_kill_9_of_anything_loses_repeats_and_swaps_nothing(tmp_path: Path) -> None:
    async with AsyncExitStack() as held:
        held.enter_context(evidence(tmp_path))
        # Whoever falls asleep over what it is sent is closed, and comes back.
        settings = EmbeddedSettings(data_dir=tmp_path).on_free_ports()
        variables = {"RELEVO_STREAM_UNREAD_SECONDS": "1", "RELEVO_WEBHOOKS_ANYWHERE": "true"}
        stack = Stack(settings, variables=variables, say=log.warning)
        await asyncio.to_thread(stack.start)
        held.push_async_callback(asyncio.to_thread, stack.stop)
        cast = await held.enter_async_context(gathered(stack))
        service = await held.enter_async_context(staged(cast))
        work = await held.enter_async_context(shares(cast, WORKERS, service, stories=ALL))
        feeds = {SHELTER: cast.shelter, HOSPITAL: cast.hospital, THIRD: cast.third}
        readers = {
            (name, open_stream.__name__): await held.enter_async_context(
                Follower(open_stream, client, await head_of(client))
            )
            for name, client in feeds.items()
            # With so little room a sleeper takes two or three a second: more than that come to the others.
            for open_stream in (sse, websocket, *([drowsy] if name == THIRD else ()))
        }
        heads = {client: await head_of(client) for client in feeds.values()}
        hooks = await held.enter_async_context(receiving(list(feeds.values())))
        killer = Killer(stack, work)
        async with asyncio.TaskGroup() as group:
            group.create_task(killer.run())
            await refer_while(work, lambda: not killer.over or killer.done < ENOUGH)
        record = record_of(work)
        lost, replayed = sum(one.lost for one in work), sum(one.replayed for one in work)
        log.warning("%d changes, %d answers lost, %d replayed", len(record), lost, replayed)
        assert len(record) >= ENOUGH
        assert lost >= len(KILLS), "the kills were hardly noticed: it was not busy"

        began = time.monotonic()
        for (name, _), reader in readers.items():
            await reader.until_count(awaited(record, name), TOLD_WITHIN)
        log.warning("everything was told %.1f s after the last change", time.monotonic() - began)
        told = {name: await feed_of(client) for name, client in feeds.items()}
        assert check(record, told) == []
        for (name, how), reader in readers.items():
            assert follow(f"{name} over {how}", told[name], reader.entries) == []
        for hook in hooks:
            assert await all_came(hook, heads[hook.client], TOLD_WITHIN) == [], hook.name
        await agree([stack], feeds, [case for one in work for case in one.cases])
    gc.collect()  # what is to be warned of is warned of here, and not in whichever test comes next
