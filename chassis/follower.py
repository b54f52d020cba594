"""Every event of a stream on every replica: an ordered consumer that looks itself for what is missing.

For what each replica keeps in memory (an index, a cache). Nothing is acknowledged and nothing is kept on the
server: the follower knows the last sequence that it has seen, and begins anew behind it on every sign of
trouble. nats-py's own ordered consumers are not always reset after a gap.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from chassis.bus import Bus
from chassis.tasks import end

log = structlog.get_logger()

HEARTBEAT = 1.0
FORGOTTEN_AFTER = 10.0
RETRY_SECONDS = 0.25


class Follower:
    """Hands each message behind a sequence to ``receive``, in order, and at least once.

    ``lost`` is called when messages have gone from the stream that were never seen: whoever follows has to
    load everything again.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        stream: str,
        filter_subject: str,
        receive: Callable[[Msg], None],
        lost: Callable[[], None],
    ) -> None:
        self._bus = bus
        self._stream = stream
        self._filter = filter_subject
        self._receive = receive
        self._lost = lost
        self._loop: asyncio.Task[None] | None = None
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue()
        self.seq = 0

    async def last(self) -> int:
        """Return the stream's last sequence: note it before loading, and ``start`` from there."""
        return int((await self._bus.js.stream_info(self._stream)).state.last_seq)

    def start(self, after: int) -> None:
        """Begin behind a sequence."""
        self.seq = after
        self._bus.disturbed.append(self._disturbed)
        self._loop = asyncio.create_task(self._follow_forever())

    async def stop(self) -> None:
        """Stop; the server forgets the consumer by itself."""
        if self._loop is not None:
            self._bus.disturbed.remove(self._disturbed)
            await end(self._loop)
            self._loop = None

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._loop is not None and not self._loop.done()

    def _disturbed(self) -> None:
        self._queue.put_nowait(None)

    async def _follow_forever(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - whatever it is, what follows must not stop for it
                log.warning("follower.retry", stream=self._stream, kind=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        """Follow until there is a sign that something was missed."""
        self._queue = asyncio.Queue()
        inbox = self._bus.nc.new_inbox()
        subscription = await self._bus.subscribe(inbox, self._queue.put)
        try:
            await self._look_for_losses()
            await self._bus.js.add_consumer(self._stream, self._config(inbox))
            await self._take()
        finally:
            with contextlib.suppress(NatsError, OSError):
                await subscription.unsubscribe()

    def _config(self, inbox: str) -> ConsumerConfig:
        return ConsumerConfig(
            name=f"follower-{secrets.token_hex(8)}",
            deliver_subject=inbox,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.seq + 1,
            filter_subject=self._filter,
            ack_policy=AckPolicy.NONE,
            max_deliver=1,
            idle_heartbeat=HEARTBEAT,
            inactive_threshold=FORGOTTEN_AFTER,
            mem_storage=True,
            num_replicas=1,
        )

    async def _look_for_losses(self) -> None:
        """The stream may have been emptied, made anew, or have outlived what was not seen yet."""
        state = (await self._bus.js.stream_info(self._stream)).state
        if state.last_seq < self.seq or state.first_seq > self.seq + 1:
            self.seq = state.last_seq
            self._lost()

    async def _take(self) -> None:
        """Hand out what comes; return when something is missing, or nothing is heard any more."""
        delivered = 0
        while True:
            try:
                message = await asyncio.wait_for(self._queue.get(), HEARTBEAT * 2 + 0.5)
            except TimeoutError:
                return
            if message is None:
                return
            headers = message.headers or {}
            if headers.get("Status") is not None:
                if int(headers.get("Nats-Last-Consumer", delivered)) != delivered:
                    return
                continue
            sequence = message.metadata.sequence
            if sequence.consumer != delivered + 1:
                return
            delivered += 1
            if sequence.stream > self.seq:
                self._receive(message)
                self.seq = sequence.stream
