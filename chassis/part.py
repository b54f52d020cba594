"""A part as a process: starts in order, answers for its health, and drains when it is asked to stop."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import structlog
import uvloop
from fastapi import FastAPI
from nats.errors import Error as NatsError
from pymongo.errors import ConnectionFailure
from starlette.types import ASGIApp

from chassis import logs, telemetry
from chassis.bus import Bus, connect
from chassis.health import Gate, Health, health_app
from chassis.identity import Identity, Peers
from chassis.settings import PartSettings
from chassis.tasks import end
from chassis.web import Listener, Web

log = structlog.get_logger()

# Within the five seconds in which the whole network stops, and the four after which a part is killed: what it
# does by itself, and, in what is left of all, what it is answering.
DRAIN_SECONDS = 3.0
STOP_SECONDS = 3.5
RETRY_SECONDS = 0.25
Step = Callable[[], Awaitable[None]]


class Part:
    """What a part's ``build`` is given: the bus, everybody's keys, the HTTP application, its health.

    ``direct`` are paths that are served beside the application.
    """

    def __init__(
        self,
        bus: Bus,
        peers: Peers,
        app: FastAPI,
        health: Health,
        direct: dict[str, ASGIApp] | None = None,
    ) -> None:
        self.bus = bus
        self.peers = peers
        self.app = app
        self.health = health
        self.direct = {} if direct is None else direct
        self._stack = AsyncExitStack()

    async def run(self, start: Step, stop: Step | None = None) -> None:
        """Start something, and stop it, in reverse order, when the part stops, if it has to be.

        Parts start in any order, and so do servers: ``start`` is repeated while what it needs is not
        there yet, and must bear it.
        """
        while True:
            try:
                await start()
                break
            except (NatsError, ConnectionFailure, OSError, TimeoutError) as error:
                log.info("part.waits", kind=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
        if stop is not None:
            self.on_stop(stop)

    def on_stop(self, stop: Step) -> None:
        """Do this when the part stops; the last registered is done first."""
        self._stack.push_async_callback(stop)

    async def serve(self, app: ASGIApp, listener: Listener) -> Web:
        """Serve one more application, beside the part's, for as long as the part runs.

        A port that is taken ends the process, as the part's own does.
        """
        web = Web(app, listener)

        async def start() -> None:
            await web.start(asyncio.Event())

        await self.run(start, web.stop)
        return web

    async def drain(self) -> None:
        """Stop everything in reverse order, within the time that there is; the bus stays."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._stack.aclose()

    async def close(self) -> None:
        """Stop everything, and leave the bus."""
        await self.drain()
        await self.bus.close()


Build = Callable[[Part], Awaitable[None]]


def run(name: str, settings: PartSettings, build: Build) -> None:
    """Run a part until SIGTERM or SIGINT, then drain it. Returns when it has stopped."""
    logs.setup(name, settings)
    telemetry.setup(name, settings)
    uvloop.run(_live(name, settings, build))
    telemetry.shutdown()


async def _live(name: str, settings: PartSettings, build: Build) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    app = health_app(name, health)
    direct: dict[str, ASGIApp] = {}
    web = Web(Gate(app, health, direct), _listener(settings))
    await web.start(stop)
    starting = asyncio.create_task(_start(name, settings, build, (app, health, direct), stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        part = starting.result()
        health.running = True
        log.info("part.ready", port=settings.http_port)
        await stopping
        health.running = False
        log.info("part.stopping")
        until = time.monotonic() + STOP_SECONDS
        await part.drain()
        await web.stop(until - time.monotonic())  # before the bus goes: what is being answered needs it
        await part.bus.close()
    else:
        await end(starting)
        await web.stop()


async def _start(
    name: str,
    settings: PartSettings,
    build: Build,
    face: tuple[FastAPI, Health, dict[str, ASGIApp]],
    stop: asyncio.Event,
) -> Part:
    app, health, direct = face
    identity = Identity.load(settings.keys_dir, name)
    bus = await connect(settings.nats_url, identity, on_lost=stop.set)
    part = Part(bus, Peers.load(settings.keys_dir), app, health, direct)

    async def bus_is_there() -> bool:
        return bus.connected

    health.looks["bus"] = bus_is_there
    await build(part)
    return part


def _listener(settings: PartSettings) -> Listener:
    return Listener(settings.http_host, settings.http_port, settings.tls_cert, settings.tls_key)
