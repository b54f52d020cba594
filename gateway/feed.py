"""The live feed: a stream is *replaying* or *live*, and passes from one to the other without gap or repeat.

Entries of the feed are republished by JetStream as they are stored, and reach the gateway as plain messages:
quick, but nothing says when one was missed. So a stream goes live only through a replay:

1. buffer what comes live;
2. flush, so that the server certainly has the subscription;
3. ask for the feed's last sequence, read from the stream's leader;
4. replay pages up to it;
5. drain the buffer, dropping every sequence not above the cursor; then it is live.

Any disturbance of the bus (disconnect, reconnect, slow consumer), and a buffer that overflows because its
reader is slow, makes the stream replaying again. And every five seconds the last sequence delivered is
compared with the feed's last: whatever was missed without a sign is found then.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
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
from chassis.problems import RefusedError, UnreachableError
from chassis.rpc import Caller
from chassis.tasks import end
from contracts.notifications import (
    FEED_HEAD,
    FEED_PAGE,
    PUBLIC,
    PUBLIC_HEAD,
    PUBLIC_PAGE,
    Feed,
    FeedHead,
    FeedPage,
    FeedTold,
    PublicEntry,
    PublicFeed,
    PublicPage,
)
from contracts.rpc import Actor, Nothing, Operation, Problem
from contracts.telling import told_to

log = structlog.get_logger()

COMPARE_SECONDS = 5.0
RETRY_SECONDS = 0.25
# Entries are small; a reader that lags this far is served from the stream's pages instead.
BUFFER = 1000
PAGE = 200

_ANEW = Problem(
    code="CURSOR_EXPIRED",
    status=410,
    title="The cursor is too old",
    detail="The feed was started anew since; read it again from the beginning.",
)
EntryT = TypeVar("EntryT", FeedTold, PublicEntry)
_duration = telemetry.meter.create_histogram(
    "feed.delivery.duration", unit="s", description="From the change to a live reader"
)
_replays = telemetry.meter.create_counter("feed.replays", description="Replays begun by live streams")


@dataclass(frozen=True)
class _Line(Generic[EntryT]):
    """What a reader follows: the feed ``feed.<name>.>``, how it is asked for, and what of it is wanted.

    ``page`` asks for what comes after a sequence of an epoch. ``told`` makes of an entry what its reader may
    know of it, None where that is nothing.
    """

    name: str
    kind: type[EntryT]
    head: Operation[Nothing, FeedHead]
    page: Callable[[int, str], Awaitable[Feed | PublicFeed]]
    told: Callable[[EntryT], EntryT | None]


class _Stream(Generic[EntryT]):
    """One reader: its buffer of live entries, and where it stands."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.cursor = 0
        self.replaying = True
        self.checked = False
        self._buffer: deque[EntryT] = deque()
        self._wake = asyncio.Event()

    def push(self, entry: EntryT) -> None:
        """Take a live entry; a full buffer means that the pages will serve this reader better."""
        if len(self._buffer) >= BUFFER:
            self.replay()
            return
        self._buffer.append(entry)
        self._wake.set()

    def replay(self) -> None:
        """Something may have been missed: read it from the stream again."""
        self.replaying = True
        self._buffer.clear()
        self._wake.set()

    def begin_replay(self) -> None:
        """From here on whatever comes live is kept in the buffer."""
        self.replaying = False
        _replays.add(1)

    def live(self) -> Iterator[EntryT]:
        """Take what waits in the buffer, one by one, and move the cursor with it.

        It ends when the stream is disturbed: what comes after that may lie behind a gap. What is not above
        the cursor was told before: twice around a change of leader, or in the replay.
        """
        self._wake.clear()
        while self._buffer and not self.replaying:
            entry = self._buffer.popleft()
            if entry.seq > self.cursor:
                self.cursor = entry.seq
                yield entry

    async def wait(self) -> None:
        """Wait until there is something to do."""
        await self._wake.wait()


class _Hub(Generic[EntryT]):
    """All streams of one feed on this gateway: one subscription, and one comparison, for them all."""

    def __init__(self, bus: Bus, caller: Caller, line: _Line[EntryT]) -> None:
        self._bus = bus
        self._caller = caller
        self._line: _Line[EntryT] = line
        self._decode: Callable[[bytes], EntryT] = msgspec.json.Decoder(line.kind).decode
        self._subscription: Subscription | None = None
        self._comparer: asyncio.Task[None] | None = None
        self.streams: set[_Stream[EntryT]] = set()

    @property
    def name(self) -> str:
        """Which feed it is."""
        return self._line.name

    async def open(self) -> None:
        """Subscribe to what is republished of this feed."""
        self._subscription = await self._bus.subscribe(f"live.feed.{self.name}.>", self._receive)
        self._comparer = asyncio.create_task(self._compare_forever())

    async def close(self) -> None:
        """The last reader has gone."""
        await end(self._comparer)
        if self._subscription is not None:
            try:
                await self._subscription.unsubscribe()
            except NatsError:
                log.debug("feed.unsubscribe")  # the bus is away, and the subscription with it

    async def _receive(self, message: Msg) -> None:
        headers = message.headers or {}
        with telemetry.span("feed deliver", SpanKind.CONSUMER, telemetry.extract(headers)):
            try:
                entry = msgspec.structs.replace(self._decode(message.data), seq=int(headers["Nats-Sequence"]))
            except (msgspec.DecodeError, KeyError):
                log.warning("feed.no_entry")  # as in the pages: passed over, whoever wrote it
                return
            for stream in self.streams:
                stream.push(entry)
        _duration.record((datetime.now(UTC) - entry.at).total_seconds())

    async def _compare_forever(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_SECONDS)
            try:
                await self._compare()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next comparison must come
                log.warning("feed.compare", kind=type(error).__name__)

    async def _compare(self) -> None:
        stream = next(iter(self.streams), None)
        if stream is None:
            return
        # Who had less than this before the question was asked has missed something.
        before = {stream: stream.cursor for stream in self.streams}
        head = await self._caller.call(self._line.head, Nothing(), stream.actor)
        for stream, cursor in before.items():
            if stream in self.streams and cursor == stream.cursor < head.seq:
                stream.replay()


class FeedGate:
    """Live feeds for the readers of one gateway process."""

    def __init__(self, bus: Bus, caller: Caller) -> None:
        self._bus = bus
        self._caller = caller
        self._hubs: dict[str, _Hub[Any]] = {}
        self._opening = asyncio.Lock()
        bus.disturbed.append(self._disturbed)

    async def head(self, actor: Actor) -> FeedHead:
        """Where the actor's feed ends now.

        Raises:
            RefusedError: the actor may not read a feed.
            UnreachableError: the notifications service did not answer.
        """
        return await self._caller.call(FEED_HEAD, Nothing(), actor)

    async def public_head(self, actor: Actor) -> FeedHead:
        """Where the feed of what everybody may know ends now.

        Raises:
            UnreachableError: the notifications service did not answer.
        """
        return await self._caller.call(PUBLIC_HEAD, Nothing(), actor)

    def entries(
        self, actor: Actor, after: tuple[str, int] | None, types: frozenset[str]
    ) -> AsyncGenerator[tuple[str, FeedTold], None]:
        """Yield ``(epoch, entry)`` from a position ``(epoch, seq)`` on, without end; None means from now.

        Every entry comes once and in order. While the bus or the service is away the stream waits.

        Raises:
            RefusedError: the actor may not read a feed (``NOT_ALLOWED``), or what comes after the position
                is no longer kept (``CURSOR_EXPIRED``).
        """

        def told(entry: FeedTold) -> FeedTold | None:
            # What comes live has passed no service: whom it is told to is looked at here. Types are those of
            # what is told, or they would tell more.
            known = told_to(entry, actor)
            return known if known is None or not types or known.type in types else None

        line: _Line[FeedTold] = _Line(
            name=actor.organization or "",
            kind=FeedTold,
            head=FEED_HEAD,
            page=lambda seq, epoch: self._caller.call(
                FEED_PAGE,
                FeedPage(after=seq, epoch=epoch, first=PAGE, types=tuple(types), subjects=True),
                actor,
            ),
            told=told,
        )
        return self._follow(actor, line, after)

    def public(
        self, actor: Actor, after: tuple[str, int] | None, services: frozenset[str]
    ) -> AsyncGenerator[tuple[str, PublicEntry], None]:
        """Yield in the same way what everybody may know; of all services where none are named.

        Raises:
            RefusedError: what comes after the position is no longer kept (``CURSOR_EXPIRED``).
        """
        line: _Line[PublicEntry] = _Line(
            name=PUBLIC,
            kind=PublicEntry,
            head=PUBLIC_HEAD,
            page=lambda seq, epoch: self._caller.call(
                PUBLIC_PAGE, PublicPage(after=seq, epoch=epoch, first=PAGE, services=tuple(services)), actor
            ),
            told=lambda entry: entry if not services or entry.service in services else None,
        )
        return self._follow(actor, line, after)

    async def _follow(
        self, actor: Actor, line: _Line[EntryT], after: tuple[str, int] | None
    ) -> AsyncGenerator[tuple[str, EntryT], None]:
        head = await self._caller.call(line.head, Nothing(), actor)
        epoch, cursor = after or (head.epoch, head.seq)
        stream: _Stream[EntryT] = _Stream(actor)
        stream.cursor = cursor
        stream.checked = after is None
        hub = await self._join(line, stream)
        try:
            while True:
                if stream.replaying:
                    async with aclosing(self._replay(line, stream, epoch)) as replayed:
                        async for entry in replayed:
                            yield epoch, entry
                    if stream.replaying:
                        continue  # disturbed again: what is in the buffer may lie behind a gap
                for entry in stream.live():
                    told = line.told(entry)
                    if told is not None:
                        yield epoch, told
                if not stream.replaying:
                    await stream.wait()
        finally:
            await self._leave(hub, stream)

    async def _replay(
        self, line: _Line[EntryT], stream: _Stream[EntryT], epoch: str
    ) -> AsyncGenerator[EntryT, None]:
        """Yield what the feed has after the stream's cursor, up to its end as it is now."""
        while True:
            try:
                stream.begin_replay()
                await self._bus.nc.flush(timeout=5)
                head = await self._caller.call(line.head, Nothing(), stream.actor)
                break
            except (UnreachableError, NatsError, OSError, TimeoutError):
                stream.replay()
                await asyncio.sleep(RETRY_SECONDS)
        if head.epoch != epoch:
            # Else a cursor above the new stream's end would wait for it, and be told nothing meanwhile.
            raise RefusedError(_ANEW)
        # A cursor that a client came with is checked by a page, even where nothing lies behind it: what lay
        # there may be kept no longer.
        while (stream.cursor < head.seq or not stream.checked) and not stream.replaying:
            try:
                page: Any = await line.page(stream.cursor, epoch)
            except UnreachableError:
                stream.replay()
                await asyncio.sleep(RETRY_SECONDS)
                return
            stream.checked = True
            if page.scanned == stream.cursor < head.seq:  # a replica that is behind the leader
                await asyncio.sleep(RETRY_SECONDS)
            for entry in page.entries:
                stream.cursor = entry.seq
                yield entry
            stream.cursor = max(stream.cursor, page.scanned)

    async def _join(self, line: _Line[EntryT], stream: _Stream[EntryT]) -> _Hub[EntryT]:
        async with self._opening:
            hub = self._hubs.get(line.name)
            if hub is None:
                hub = _Hub(self._bus, self._caller, line)
                try:
                    await hub.open()
                except NatsError as error:
                    raise UnreachableError("The bus is not there now; come back with the cursor.") from error
                self._hubs[line.name] = hub
            hub.streams.add(stream)
            return hub

    async def _leave(self, hub: _Hub[EntryT], stream: _Stream[EntryT]) -> None:
        hub.streams.discard(stream)
        async with self._opening:
            if not hub.streams and self._hubs.get(hub.name) is hub:
                del self._hubs[hub.name]
                await hub.close()

    def _disturbed(self) -> None:
        for hub in self._hubs.values():
            for stream in hub.streams:
                stream.replay()
