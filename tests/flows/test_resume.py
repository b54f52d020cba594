"""A reader that is cut off again and again, and comes back with its last cursor, misses and repeats nothing.

``RELEVO_TEST_SEED`` repeats the cuts of an earlier run.
"""

import asyncio
import logging
import os
import random
import secrets
from contextlib import AsyncExitStack

from tests.flows.cast import Cast
from tests.flows.checker import check, follow
from tests.flows.courses import CHANGES
from tests.flows.streams import Follower, Open, feed_of, head_of, sse, websocket
from tests.flows.wire import Wire
from tests.flows.work import just, record_of, refer_while, shares

log = logging.getLogger(__name__)

ENTRIES = 1000
WORKERS = 8
# Bytes of answer after which a line is cut: from within the greeting to some dozens of entries.
SHORTEST, LONGEST = 100, 20_000
READERS: dict[str, tuple[str, Open]] = {
    "shelter over SSE": ("refugio", sse),
    "shelter over WebSocket": ("refugio", websocket),
    "hospital over SSE": ("hospital", sse),
    "hospital over WebSocket": ("hospital", websocket),
}


async def test_a_reader_that_is_cut_off_at_random_ends_with_all_once_and_in_order(cast: Cast) -> None:
    seed = int(os.environ.get("RELEVO_TEST_SEED") or secrets.randbits(32))
    log.warning("seed of the cuts: %d", seed)
    chance = random.Random(seed)  # noqa: S311 - not a secret
    feeds = {"refugio": cast.shelter, "hospital": cast.hospital}
    starts = {name: len(await feed_of(client)) for name, client in feeds.items()}
    async with AsyncExitStack() as held:
        readers: dict[str, tuple[Follower, Wire]] = {}
        for name, (organization, open_stream) in READERS.items():
            head = await head_of(feeds[organization])
            wire = Wire(cast.stack.ports["gateway"], lambda: chance.randint(SHORTEST, LONGEST))
            await held.enter_async_context(wire)
            client = await held.enter_async_context(cast.another(organization, wire.url))
            follower = await held.enter_async_context(Follower(open_stream, client, head))
            readers[name] = follower, wire
        work = await held.enter_async_context(shares(cast, WORKERS))
        await refer_while(work, just(ENTRIES // CHANGES))
        record = record_of(work)
        await asyncio.gather(*(reader.until_count(len(record), 60) for reader, _ in readers.values()))
        told = {name: (await feed_of(client))[starts[name] :] for name, client in feeds.items()}
        assert check(record, told) == []
        for name, (reader, wire) in readers.items():
            log.warning("%s: %d cuts, %d connections", name, wire.cuts, reader.connections)
            assert follow(name, told[READERS[name][0]], reader.entries) == []
            assert len(reader.entries) == len(record)
            assert wire.cuts > 10, "it was hardly ever cut off"
