"""The connection to NATS, with the options that a lost referral would otherwise cost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import SlowConsumerError
from nats.js import JetStreamContext

from chassis.identity import Identity

log = structlog.get_logger()

Disturbed = Callable[[], None]
RECONNECT_SECONDS = 0.25


class LineLostError(NatsError, ConnectionError):
    """The connection broke while something was sent or awaited: nobody knows whether it was done."""


class _Client(Client):
    """nats-py's client, which says at once when a connection has broken, and in one way.

    It signs each new connection in with the key that its part has then.
    """

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    def _connect_command(self) -> bytes:
        self._identity.try_to_renew()
        self._nkeys_seed_str, self._public_nkey = self._identity.seed, self._identity.public
        return super()._connect_command()

    def abandon(self) -> None:
        """Fail the requests that wait: their answers went to the old connection, and would never come."""
        for waiting in list(self._resp_map.values()):
            if not waiting.done():
                waiting.set_exception(LineLostError())
                waiting.exception()  # seen: some have nobody who waits for them any more

    # A transport may be closed a moment before the client notices. uvloop then says RuntimeError, which
    # would look like a fault of ours, and not of the line.

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        try:
            return await super()._flush_pending(force_flush)
        except RuntimeError as error:
            raise LineLostError from error

    async def _send_ping(self, future: Any = None) -> None:
        try:
            await super()._send_ping(future)
        except RuntimeError as error:
            raise LineLostError from error

    async def _attempt_reconnect(self) -> None:
        # The same error in the middle of a handshake would end the attempts for good.
        while True:
            try:
                return await super()._attempt_reconnect()
            except RuntimeError as error:
                log.warning("bus.error", kind=type(error).__name__, reason="in a handshake")
                self._status = Client.RECONNECTING
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _process_pong(self) -> None:
        # A flush that was given up before its answer came would end the reading of all others' answers.
        if self._pongs and self._pongs[0].done():
            self._pongs[0] = asyncio.Future()
        await super()._process_pong()

    async def _read_loop(self) -> None:
        await super()._read_loop()
        # It also ends, and says so to nobody, at any error that it does not expect.
        if self.is_connected and asyncio.current_task() is self._reading_task:
            await self._process_op_err(LineLostError())


class Bus:
    """One part's connection. ``disturbed`` callbacks run whenever messages may have been missed."""

    def __init__(self, nc: Client, identity: Identity) -> None:
        self.nc = nc
        self.identity = identity
        self.js: JetStreamContext = nc.jetstream(timeout=5)
        self.disturbed: list[Disturbed] = []

    @property
    def connected(self) -> bool:
        """Whether the server is there now."""
        return bool(self.nc.is_connected)

    async def subscribe(
        self, subject: str, callback: Callable[[Any], Awaitable[None]], queue: str = ""
    ) -> Subscription:
        """Subscribe to core messages; see ``nats.aio.client.Client.subscribe``."""
        return await self.nc.subscribe(subject, queue=queue, cb=callback)

    async def settled(self) -> None:
        """Return when the server has seen all that was sent until now: subscriptions above all.

        It answers in order, but the client writes a ping before what it still buffers: hence the second one.
        """
        await self.nc.flush()
        await self.nc.flush()

    async def close(self) -> None:
        """Send what is buffered, then close."""
        if not self.nc.is_closed:
            await self.nc.close()

    def _disturb(self) -> None:
        for callback in self.disturbed:
            callback()


async def connect(url: str, identity: Identity, on_lost: Callable[[], None]) -> Bus:
    """Connect as that part, waiting for the server as long as it takes.

    ``url`` may name several servers, separated by commas. ``on_lost`` is called once when the connection
    is closed for good, which only a key does that was refused at once: the process should end, and be started
    again.
    """
    nc = _Client(identity)
    bus = Bus(nc, identity)

    async def disturbed() -> None:
        bus._disturb()  # noqa: SLF001 - same module

    async def disconnected() -> None:
        nc.abandon()
        await disturbed()

    async def error(reason: Exception) -> None:
        # Denied publishes and slow consumers reach nobody else (pitfalls: the caller sees a time-out).
        log.warning("bus.error", kind=type(reason).__name__, reason=_safe(reason))
        if isinstance(reason, SlowConsumerError):
            bus._disturb()  # noqa: SLF001

    async def closed() -> None:
        on_lost()

    await nc.connect(
        servers=url.split(","),
        name=identity.part,
        nkeys_seed_str=identity.seed,
        inbox_prefix=f"_INBOX_{identity.part}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type] # seconds; annotated as whole ones
        connect_timeout=2,
        ping_interval=10,
        max_outstanding_pings=2,
        pending_size=0,  # else messages that a caller was told had failed are published later
        error_cb=error,
        disconnected_cb=disconnected,
        reconnected_cb=disturbed,
        closed_cb=closed,
    )
    return bus


def _safe(reason: Exception) -> str:
    """What of an error may be logged: NATS' own words name subjects, never bodies."""
    return str(reason)[:200] if isinstance(reason, NatsError) else ""
