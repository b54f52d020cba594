"""A connection that breaks says so at once to whoever waits, and comes back by itself."""

import asyncio
import time

import pytest
from nats.errors import NoRespondersError

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


async def test_a_flush_that_was_given_up_disturbs_nobody(servers: Servers) -> None:
    bus = await connect(servers.nats_url, Identity.load(servers.keys_dir, "gateway"), on_lost=lambda: None)
    given_up: asyncio.Future[bool] = asyncio.Future()
    given_up.cancel()
    await bus.nc._send_ping(given_up)
    with pytest.raises(NoRespondersError):  # which is an answer, and at once
        await bus.nc.request(FEED_HEAD.subject, b"{}", timeout=2)
    assert bus.nc.stats["reconnects"] == 0
    await bus.close()


async def test_a_connection_whose_reader_ended_is_made_anew(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = await connect(servers.nats_url, Identity.load(servers.keys_dir, "gateway"), on_lost=lambda: None)

    async def fail(_data: bytes) -> None:
        monkeypatch.undo()
        raise ValueError

    monkeypatch.setattr(bus.nc._ps, "parse", fail)
    await bus.nc._send_ping()

    async def anew() -> bool:
        return bus.connected and bus.nc.stats["reconnects"] == 1

    await eventually(anew, within=5)
    await bus.nc.flush(timeout=2)
    await bus.close()
