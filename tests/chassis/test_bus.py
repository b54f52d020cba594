"""A connection that breaks says so at once to whoever waits, and comes back by itself."""

import asyncio
import time

import pytest

from chassis.bus import LineLostError, connect
from chassis.identity import Identity
from contracts.notifications import FEED_HEAD
from tests.chassis.conftest import Connect
from tests.flows.wire import Wire
from tests.servers import Servers, eventually


async def test_a_request_whose_line_breaks_fails_at_once_and_the_next_is_answered(
    servers: Servers, bus_of: Connect
) -> None:
    answers = asyncio.Event()
    notifications = await bus_of("notifications")
    asked = asyncio.Event()

    async def answer(message: object) -> None:
        asked.set()
        if answers.is_set():
            await message.respond(b"{}")  # type: ignore[attr-defined] # nats-py's Msg

    subscription = await notifications.subscribe(FEED_HEAD.subject, answer)
    async with Wire(int(servers.nats_url.rsplit(":", 1)[1])) as wire:
        identity = Identity.load(servers.keys_dir, "gateway")
        bus = await connect(wire.url.replace("http", "nats"), identity, on_lost=lambda: None)
        began = time.monotonic()
        waiting = asyncio.create_task(bus.nc.request(FEED_HEAD.subject, b"{}", timeout=30))
        await asyncio.wait_for(asked.wait(), 10)
        wire.cut_all()
        with pytest.raises(LineLostError):
            await waiting
        assert time.monotonic() - began < 5

        async def connected() -> bool:
            return bus.connected

        await eventually(connected)
        answers.set()
        assert (await bus.nc.request(FEED_HEAD.subject, b"{}", timeout=5)).data == b"{}"
        await bus.close()
    await subscription.unsubscribe()
