"""A pull subscription that notices when it is dead: after a restart, a lost leader, a deleted consumer.

The client's own ``fetch`` waits for its time-out once the server has forgotten the request. Here the
server sends heartbeats, and a silence longer than two of them, or a disturbed bus, asks anew.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from chassis.bus import Bus
from chassis.tasks import end

log = structlog.get_logger()

SECOND = 1_000_000_000
EXPIRES = 30
HEARTBEAT = 1
BATCH = 256
RETRY_SECONDS = 0.25
MOST_UNACKNOWLEDGED = 2000
# After a crash, what it had in hand is delivered again this many seconds later: entries of the feed wait for
# it. Who is slower than this gets a message twice, which the count of each noun's events makes harmless.
ACK_WAIT = 5.0


class Puller:
    """Feeds one durable consumer's messages to ``receive``, ``concurrency`` at a time."""

    def __init__(
        self,
        bus: Bus,
        *,
        stream: str,
        durable: str,
        filter_subjects: Sequence[str],
        receive: Callable[[Msg], Awaitable[None]],
        concurrency: int,
    ) -> None:
        self._bus = bus
        self._stream = stream
        self._durable = durable
        self._filters = list(filter_subjects)
        self._receive = receive
        self._slots = asyncio.Semaphore(concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._queue: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Create or reconcile the consumer, and begin to pull."""
        await self._reconcile()
        self._bus.disturbed.append(self._disturbed)
        self._loop = asyncio.create_task(self._pull_forever())

    async def stop(self) -> None:
        """Stop pulling and finish what is in hand; the rest is delivered again later."""
        if self._loop is not None:
            self._bus.disturbed.remove(self._disturbed)
            await end(self._loop)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)

    async def _reconcile(self) -> None:
        """An existing durable silently ignores a changed configuration: look, and update."""
        wanted = ConsumerConfig(
            durable_name=self._durable,
            name=self._durable,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT,
            max_deliver=-1,
            max_ack_pending=MOST_UNACKNOWLEDGED,
            filter_subjects=self._filters,
        )
        try:
            found = (await self._bus.js.consumer_info(self._stream, self._durable)).config
        except NotFoundError:
            await self._bus.js.add_consumer(self._stream, wanted)
            return
        same = (
            sorted(found.filter_subjects or [found.filter_subject or ""]) == sorted(self._filters)
            and found.ack_wait == ACK_WAIT
            and found.max_deliver == -1
            and found.max_ack_pending == MOST_UNACKNOWLEDGED
        )
        if not same:
            await self._bus.js.add_consumer(self._stream, wanted)

    def _disturbed(self) -> None:
        self._queue.put_nowait(None)

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._loop is not None and not self._loop.done()

    async def _pull_forever(self) -> None:
        while True:
            try:
                await self._pull_by(self._bus.nc.new_inbox())
            except Exception as error:  # noqa: BLE001 - whatever it is, a feed must not stop for it
                log.warning("pull.retry", durable=self._durable, kind=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _pull_by(self, inbox: str) -> None:
        subscription = await self._bus.subscribe(inbox, self._queue.put)
        try:
            await self._pull(inbox)
        finally:
            # Without interest in the inbox the server forgets the request, and keeps what it had for others.
            with contextlib.suppress(NatsError, OSError):
                await subscription.unsubscribe()

    async def _pull(self, inbox: str) -> None:
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}"
        ask = json.dumps(
            {"batch": BATCH, "expires": EXPIRES * SECOND, "idle_heartbeat": HEARTBEAT * SECOND}
        ).encode()
        while True:
            try:
                await self._bus.nc.publish(subject, ask, reply=inbox)
                if not await self._take(BATCH):
                    await self._reconcile()
            except (NatsError, OSError, TimeoutError) as error:
                log.warning("pull.retry", durable=self._durable, kind=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _take(self, left: int) -> bool:
        """Hand out up to ``left`` messages; False when the server went silent or lost the consumer."""
        while left:
            try:
                message = await asyncio.wait_for(self._queue.get(), HEARTBEAT * 2 + 0.5)
            except TimeoutError:
                return False
            if message is None:
                return False
            status = (message.headers or {}).get("Status")
            if status is None:
                left -= 1
                await self._spawn(message)
            elif status in {"404", "408"}:
                return True  # nothing more for this request: ask again
            elif status != "100":
                return False
        return True

    async def _spawn(self, message: Msg) -> None:
        await self._slots.acquire()
        task = asyncio.create_task(self._run(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, message: Msg) -> None:
        try:
            await self._receive(message)
        except Exception as error:  # noqa: BLE001 - it is delivered again after ack_wait
            log.warning("pull.failed", durable=self._durable, kind=type(error).__name__)
        finally:
            self._slots.release()
