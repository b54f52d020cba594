"""What is republished of all feeds, heard once for the whole gateway, and handed to whoever listens.

Entries of the feed are republished by JetStream as they are stored, and reach the gateway as plain
messages: quick, but nothing says when one was missed. Of a single feed nothing could; of all of them the
sequences follow one another, so that whatever is missing shows with the next that comes. And every five
seconds the last is compared with the stream's: what was missed before a silence is found then. Both make
every stream replay.

One subscription, and one comparison, is cheaper than one for each organization that somebody listens for:
those that nobody listens for cost a look at a subject.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.bus import Bus
from chassis.problems import UnreachableError
from chassis.rounds import Rounds
from chassis.rpc import Caller
from contracts.notifications import PUBLIC_HEAD, FeedHead, FeedTold, PublicEntry
from contracts.rpc import Actor, Nothing

log = structlog.get_logger()

COMPARE_SECONDS = 5.0
# A reader that lags this far, in entries or in bytes, is served from the stream's pages instead.
BUFFER = 1000
BUFFER_BYTES = 256 * 1024
SUBJECTS = "live.feed.>"
# Where a subject names the feed.
_NAME = 2

EntryT = TypeVar("EntryT", FeedTold, PublicEntry)
_duration = telemetry.meter.create_histogram(
    "feed.delivery.duration", unit="s", description="From the change to a live reader"
)
_replays = telemetry.meter.create_counter("feed.replays", description="Replays begun by live streams")


class Reader(Generic[EntryT]):
    """One reader: its buffer of live entries, and where it stands. An idle one has no buffer."""

    __slots__ = ("_buffer", "_bytes", "_waiter", "actor", "checked", "cursor", "epoch", "replaying")

    def __init__(self, actor: Actor, epoch: str, cursor: int) -> None:
        self.actor = actor
        self.epoch = epoch
        self.cursor = cursor
        self.replaying = True
        self.checked = False
        self._buffer: deque[tuple[EntryT, int]] | None = None
        self._bytes = 0
        self._waiter: asyncio.Future[None] | None = None

    def push(self, entry: EntryT, size: int = 0) -> None:
        """Take a live entry of so many bytes; a full buffer means that the pages will serve it better."""
        if self._buffer is None:
            self._buffer = deque()
        if len(self._buffer) >= BUFFER or self._bytes + size > BUFFER_BYTES:
            self.replay()
            return
        self._buffer.append((entry, size))
        self._bytes += size
        self._wake()

    def replay(self) -> None:
        """Something may have been missed: read it from the stream again."""
        self.replaying = True
        self._empty()
        self._wake()

    def begin_replay(self) -> None:
        """From here on whatever comes live is kept in the buffer."""
        self.replaying = False
        _replays.add(1)

    def live(self) -> Iterator[EntryT]:
        """Take what waits in the buffer, one by one, and move the cursor with it.

        It ends when the stream is disturbed: what comes after that may lie behind a gap. What is not above
        the cursor was told before: twice around a change of leader, or in the replay.
        """
        while self._buffer and not self.replaying:
            entry, size = self._buffer.popleft()
            self._bytes -= size
            if entry.seq > self.cursor:
                self.cursor = entry.seq
                yield entry
        if not self.replaying:
            self._empty()

    def something(self) -> "asyncio.Future[None]":
        """Return what is done once there is something to do."""
        self._waiter = asyncio.get_running_loop().create_future()
        if self.replaying or self._buffer:
            self._wake()
        return self._waiter

    def _empty(self) -> None:
        self._buffer, self._bytes = None, 0

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hub(Generic[EntryT]):
    """All readers of one feed on this gateway. What ``is_asked`` they read by a page."""

    __slots__ = ("_decode", "_is_asked", "readers")

    def __init__(self, decoder: msgspec.json.Decoder[EntryT], is_asked: Callable[[EntryT], bool]) -> None:
        self._decode: Callable[[bytes], EntryT] = decoder.decode
        self._is_asked: Callable[[EntryT], bool] = is_asked
        self.readers: set[Reader[EntryT]] = set()

    def take(self, message: Msg, seq: int) -> None:
        """Hand what came to the readers."""
        with telemetry.span("feed deliver", SpanKind.CONSUMER, telemetry.extract(message.headers or {})):
            try:
                entry = msgspec.structs.replace(self._decode(message.data), seq=seq)
            except msgspec.DecodeError:
                log.warning("feed.no_entry")  # as in the pages: passed over, whoever wrote it
                return
            is_asked = self._is_asked(entry)
            for reader in self.readers:
                if is_asked:
                    reader.replay()
                else:
                    reader.push(entry, len(message.data))
        _duration.record((datetime.now(UTC) - entry.at).total_seconds())


class Wire:
    """The subscription, there while anybody listens, and the hubs, by the name of their feed."""

    def __init__(self, bus: Bus, caller: Caller) -> None:
        self._bus = bus
        self._caller = caller
        self.hubs: dict[str, Hub[Any]] = {}
        self._subscription: Subscription | None = None
        self._comparing: Rounds | None = None
        self._opening = asyncio.Lock()
        # The last sequence of all feeds that came; None where nothing says what came before.
        self._last: int | None = None
        bus.disturbed.append(self._disturbed)

    async def join(self, name: str, reader: Reader[EntryT], hub: Hub[EntryT]) -> None:
        """Hand a reader whatever comes into a feed from now on; ``hub`` is taken where there is none yet.

        Raises:
            UnreachableError: the bus is away.
        """
        async with self._opening:
            if self._subscription is None:
                await self._open(reader.actor)
            self.hubs.setdefault(name, hub).readers.add(reader)

    async def leave(self, name: str, reader: Reader[EntryT]) -> None:
        """Hand it no more."""
        hub = self.hubs.get(name)
        if hub is not None:
            hub.readers.discard(reader)
            if not hub.readers:
                del self.hubs[name]
        if self.hubs:
            return
        async with self._opening:
            if not self.hubs:
                await self._close()

    async def _open(self, actor: Actor) -> None:
        try:
            self._subscription = await self._bus.subscribe(SUBJECTS, self._hear)
            await self._bus.nc.flush(timeout=5)
            # What was there before is read by whoever begins; from here on nothing may be missing.
            self._last = max(self._last or 0, (await self._head(actor)).end)
        except (NatsError, OSError, TimeoutError, UnreachableError) as error:
            await self._close()
            raise UnreachableError("The bus is not there now; come back with the cursor.") from error
        self._comparing = Rounds("feed", COMPARE_SECONDS, self.compare)
        await self._comparing.start()

    async def _close(self) -> None:
        """The last reader has gone."""
        comparing, subscription = self._comparing, self._subscription
        self._comparing = self._subscription = self._last = None
        if comparing is not None:
            await comparing.stop()
        if subscription is not None:
            try:
                await subscription.unsubscribe()
            except NatsError:
                log.debug("feed.unsubscribe")  # the bus is away, and the subscription with it

    async def _head(self, actor: Actor) -> FeedHead:
        return await self._caller.call(PUBLIC_HEAD, Nothing(), actor)

    async def _hear(self, message: Msg) -> None:
        try:
            seq = int((message.headers or {})["Nats-Sequence"])
        except (KeyError, ValueError):
            log.warning("feed.no_entry")
            return
        if self._last is not None and seq > self._last + 1:
            self.replay_all()
        self._last = max(self._last or 0, seq)
        hub = self.hubs.get(message.subject.split(".", _NAME + 1)[_NAME])
        if hub is not None:
            hub.take(message, seq)

    async def compare(self) -> None:
        """Find out whether something was missed without a sign.

        Raises:
            RefusedError, UnreachableError: nobody said how far the stream has come.
        """
        reader = next((one for hub in self.hubs.values() for one in hub.readers), None)
        if reader is None:
            return
        before = self._last
        head = await self._head(reader.actor)
        # Whatever was on its way when the stream was asked is here with the answer, or comes yet.
        if before is None or (before == self._last and before < head.end):
            self._last = head.end
            self.replay_all()
            return
        # In a stream that was made anew sequences begin again: nothing would come above the cursors.
        for one in self._readers():
            if one.epoch != head.epoch:
                one.replay()

    def replay_all(self) -> None:
        """Something may have been missed."""
        for reader in self._readers():
            reader.replay()

    def _readers(self) -> Iterator[Reader[Any]]:
        return (reader for hub in self.hubs.values() for reader in hub.readers)

    def _disturbed(self) -> None:
        self._last = None
        self.replay_all()
