"""The keys of all parts are exchanged while everybody works: no change is lost, invented or out of order."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cli import keys
from cli.embedded import rekeying
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from cli.exchanging import PartsRotation
from tests.flows.agreement import agree
from tests.flows.cast import gathered
from tests.flows.checker import Violation, check
from tests.flows.courses import HOSPITAL, SHELTER, THIRD
from tests.flows.streams import feed_of
from tests.flows.test_stop import progress
from tests.flows.work import record_of, refer_while, shares
from tests.servers import eventually

pytestmark = pytest.mark.skipif(
    "RELEVO_TEST_FULL" not in os.environ,
    reason="every part starts anew: make test-full; tests/cli/embedded/test_rekeying.py tries the steps",
)
WORKERS = 8


# nats-py leaves the transport of a handshake that was refused to the collector, which warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(300)
async def test_keys_are_exchanged_while_everybody_works(tmp_path: Path) -> None:
    said: list[str] = []
    async with AsyncExitStack() as held:
        stack = Stack(EmbeddedSettings(data_dir=tmp_path).on_free_ports(), say=lambda _: None)
        await asyncio.to_thread(stack.start)
        held.push_async_callback(asyncio.to_thread, stack.stop)
        cast = await held.enter_async_context(gathered(stack))
        work = await held.enter_async_context(shares(cast, WORKERS))
        before, going = keys.public_keys(stack.data / "keys"), True
        async with asyncio.TaskGroup() as group:
            group.create_task(refer_while(work, lambda: going))
            await progress(work)
            rotation = PartsRotation(stack.data / "keys")
            await asyncio.to_thread(rekeying.rotate, stack.data, rotation, said.append)
            await progress(work)
            going = False
        after = keys.public_keys(stack.data / "keys")
        assert {user for user, key in after.items() if before[user] == key} == set()
        assert len(said) == 4
        feeds = {SHELTER: cast.shelter, HOSPITAL: cast.hospital, THIRD: cast.third}
        record = record_of(work)

        async def wrong() -> list[Violation]:
            return check(record, {name: await feed_of(client) for name, client in feeds.items()})

        assert await eventually(wrong, lambda found: not found, within=30.0) == []
        await agree([stack], feeds, [case for one in work for case in one.cases])
