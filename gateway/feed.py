"""The live feed: a stream is *replaying* or *live*, and passes from one to the other without gap or repeat.

What comes live (``wire.py``) may be missed. So a stream goes live only through a replay:

1. buffer what comes live;
2. flush, so that the server certainly has the subscription;
3. ask for the feed's last sequence, read from the stream's leader;
4. replay pages up to it;
5. drain the buffer, dropping every sequence not above the cursor; then it is live.

Any disturbance of the bus (disconnect, reconnect, slow consumer), a gap in what comes, and a buffer that
overflows because its reader is slow, makes the stream replaying again.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Generic, Protocol

import msgspec
from nats.errors import Error as NatsError

from chassis.bus import Bus
from chassis.problems import RefusedError, UnreachableError
from chassis.rpc import Caller
from contracts.narrowing import asked_for
from contracts.notifications import (
    FEED_HEAD,
    FEED_PAGE,
    PUBLIC,
    PUBLIC_HEAD,
    PUBLIC_PAGE,
    Feed,
    FeedFilter,
    FeedHead,
    FeedPage,
    FeedTold,
    PublicEntry,
    PublicFeed,
    PublicPage,
)
from contracts.rpc import Actor, Nothing, Operation, Problem
from contracts.telling import is_by_agreement, told_to
from gateway.wire import EntryT, Hub, Reader, Wire

RETRY_SECONDS = 0.25
PAGE = 200
# So many streams at once ask where their feed ends, or for a page: after a disturbance all of them do.
ASKING = 64

_ANEW = Problem(
    code="CURSOR_EXPIRED",
    status=410,
    title="The cursor is too old",
    detail="The feed was started anew since; read it again from the beginning.",
)


class _Source(Protocol[EntryT]):
    """What a reader follows: the feed ``feed.<name>.>``, how it is asked for, and what of it is wanted.

    Of what only its service can say whether it is told, ``is_asked`` says so: that is read by a page.
    """

    actor: Actor
    head: Operation[Nothing, FeedHead]
    decoder: "msgspec.json.Decoder[EntryT]"

    @property
    def name(self) -> str: ...

    async def page(self, caller: Caller, seq: int, epoch: str) -> Any:
        """What comes after a sequence of an epoch."""

    def is_asked(self, entry: EntryT) -> bool:
        """Whether only a page says what is told of an entry."""

    def told(self, entry: EntryT) -> EntryT | None:
        """What of an entry its reader is told; None where that is nothing, or not asked for."""


class _Own:
    """The feed of the actor's organization."""

    __slots__ = ("_wanted", "actor")
    head = FEED_HEAD
    decoder = msgspec.json.Decoder(FeedTold)

    def __init__(self, actor: Actor, wanted: FeedFilter) -> None:
        self.actor = actor
        self._wanted = wanted

    @property
    def name(self) -> str:
        return self.actor.organization or ""

    async def page(self, caller: Caller, seq: int, epoch: str) -> Feed:
        asked = msgspec.structs.asdict(self._wanted)
        request = FeedPage(after=seq, epoch=epoch, first=PAGE, subjects=True, **asked)
        return await caller.call(FEED_PAGE, request, self.actor)

    def is_asked(self, entry: FeedTold) -> bool:
        # An agreement ends at any time: whoever hears by one is told what a page says at that moment.
        return is_by_agreement(entry)

    def told(self, entry: FeedTold) -> FeedTold | None:
        # What comes live has passed no service: whom it is told to is looked at here.
        known = told_to(entry, self.actor)
        return known if known is not None and asked_for(known, self._wanted) else None


class _Everybodys:
    """The feed of what everybody may know, of some services or of all."""

    __slots__ = ("_services", "actor")
    head = PUBLIC_HEAD
    decoder = msgspec.json.Decoder(PublicEntry)

    def __init__(self, actor: Actor, services: frozenset[str]) -> None:
        self.actor = actor
        self._services = services

    @property
    def name(self) -> str:
        return PUBLIC

    async def page(self, caller: Caller, seq: int, epoch: str) -> PublicFeed:
        request = PublicPage(after=seq, epoch=epoch, first=PAGE, services=tuple(self._services))
        return await caller.call(PUBLIC_PAGE, request, self.actor)

    def is_asked(self, entry: PublicEntry) -> bool:
        return False

    def told(self, entry: PublicEntry) -> PublicEntry | None:
        return entry if not self._services or entry.service in self._services else None


class FeedGate:
    """Live feeds for the readers of one gateway process."""

    def __init__(self, bus: Bus, caller: Caller) -> None:
        self._bus = bus
        self._caller = caller
        self._asking = asyncio.Semaphore(ASKING)
        self.wire = Wire(bus, caller)

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
        self, actor: Actor, after: tuple[str, int] | None, wanted: FeedFilter
    ) -> AsyncGenerator[tuple[str, FeedTold], None]:
        """Yield ``(epoch, entry)`` from a position ``(epoch, seq)`` on, without end; None means from now.

        Every entry comes once and in order. While the bus or the service is away the stream waits.

        Raises:
            RefusedError: the actor may not read a feed (``FORBIDDEN``, ``NOT_VERIFIED``), or what comes after
                the position is no longer kept (``CURSOR_EXPIRED``).
        """
        return _Following(self, _Own(actor, wanted)).entries(after)

    def public(
        self, actor: Actor, after: tuple[str, int] | None, services: frozenset[str]
    ) -> AsyncGenerator[tuple[str, PublicEntry], None]:
        """Yield in the same way what everybody may know; of all services where none are named.

        Raises:
            RefusedError: what comes after the position is no longer kept (``CURSOR_EXPIRED``).
        """
        return _Following(self, _Everybodys(actor, services)).entries(after)

    async def begin(self, source: _Source[EntryT]) -> FeedHead:
        """Where a feed ends, for a reader that comes: where nobody says so, it is told at once."""
        return await self._caller.call(source.head, Nothing(), source.actor)

    async def ask_head(self, source: _Source[EntryT]) -> FeedHead:
        """Where a feed ends, once the server certainly has the subscription."""
        async with self._asking:
            await self._bus.nc.flush(timeout=5)
            return await self._caller.call(source.head, Nothing(), source.actor)

    async def ask_page(self, source: _Source[EntryT], reader: Reader[EntryT]) -> Any:
        """What comes after where a reader stands."""
        async with self._asking:
            return await source.page(self._caller, reader.cursor, reader.epoch)


class _Following(Generic[EntryT]):
    """One reader that follows one feed."""

    __slots__ = ("_gate", "_source")

    def __init__(self, gate: FeedGate, source: _Source[EntryT]) -> None:
        self._gate = gate
        self._source: _Source[EntryT] = source

    async def entries(self, after: tuple[str, int] | None) -> AsyncGenerator[tuple[str, EntryT], None]:
        """See ``FeedGate.entries``."""
        gate, source = self._gate, self._source
        begun = await gate.begin(source)
        reader: Reader[EntryT] = Reader(source.actor, *(after or (begun.epoch, begun.seq)))
        reader.checked = after is None
        await gate.wire.join(source.name, reader, Hub(source.decoder, source.is_asked))
        try:
            while True:
                if reader.replaying:
                    async with aclosing(self._replay(reader)) as replayed:
                        async for entry in replayed:
                            yield reader.epoch, entry
                    if reader.replaying:
                        continue  # disturbed again: what is in the buffer may lie behind a gap
                for entry in reader.live():
                    told = source.told(entry)
                    if told is not None:
                        yield reader.epoch, told
                await reader.something()
        finally:
            await gate.wire.leave(source.name, reader)

    async def _replay(self, reader: Reader[EntryT]) -> AsyncGenerator[EntryT, None]:
        """Yield what the feed has after the reader's cursor, up to its end as it is now."""
        while True:
            try:
                reader.begin_replay()
                head = await self._gate.ask_head(self._source)
                break
            except (UnreachableError, NatsError, OSError, TimeoutError):
                reader.replay()
                await asyncio.sleep(RETRY_SECONDS)
        if head.epoch != reader.epoch:
            # Else a cursor above the new stream's end would wait for it, and be told nothing meanwhile.
            raise RefusedError(_ANEW)
        # A cursor that a client came with is checked by a page, even where nothing lies behind it: what lay
        # there may be kept no longer.
        while (reader.cursor < head.seq or not reader.checked) and not reader.replaying:
            try:
                page = await self._gate.ask_page(self._source, reader)
            except UnreachableError:
                reader.replay()
                await asyncio.sleep(RETRY_SECONDS)
                return
            reader.checked = True
            if page.scanned == reader.cursor < head.seq:  # a replica that is behind the leader
                await asyncio.sleep(RETRY_SECONDS)
            for entry in page.entries:
                reader.cursor = entry.seq
                yield entry
            reader.cursor = max(reader.cursor, page.scanned)
