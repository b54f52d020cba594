"""Marking how far the feed was read, and saying how far, and how much there is after it."""

from datetime import datetime

import msgspec

from chassis.calls import Calls
from chassis.moments import Page, Place
from chassis.problems import ContendedError
from chassis.rounds import Rounds
from chassis.turns import Turns
from contracts.readmarks import MOST_UNREAD, FeedReading, GetFeedReading, MarkFeedRead
from contracts.rpc import Actor, FieldProblem
from services.notifications.actions import reader_of
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.errors import ANEW, CursorExpiredError
from services.notifications.feed import Feeds
from services.notifications.readmarks import mark
from services.notifications.readmarks.mark import Document, Readers
from services.notifications.readmarks.store import ReadMarkStore
from services.notifications.walking import Walk

TRIES = 20
AT_ONCE = 100
FORGET_SECONDS = 300.0


class ReadMarks:
    """Read marks of everybody."""

    def __init__(
        self, store: ReadMarkStore, feeds: Feeds, subscribers: Subscribers, calls: Calls, readers: Readers
    ) -> None:
        self._store = store
        self._feeds = feeds
        self._subscribers = subscribers
        self._calls = calls
        self._readers = readers

    def rounds(self) -> Rounds:
        """What forgets those whose time is over."""
        return Turns("read marks", self._gone, self._store.forget_old).rounds(FORGET_SECONDS)

    async def mark(self, request: MarkFeedRead, actor: Actor) -> FeedReading:
        """Mark all up to a place as read; where more was marked before, that stands, or ``back``.

        Raises:
            ForbiddenError, NotVerifiedError: the actor may not read a feed.
            CursorExpiredError: the place is one of another life of the stream.
            IdempotencyKeyReusedError: the key was used for another input.
        """
        reader_of(actor)
        epoch = (await self._feeds.life()).epoch
        if request.epoch != epoch:
            raise CursorExpiredError(
                ANEW, (FieldProblem(path=("up_to",), message=ANEW, code=CursorExpiredError.code),)
            )
        reader = self._readers.of(actor)
        call = self._calls.call("mark_feed_read", request, actor)
        for _ in range(TRIES):
            doc = await self._store.mark(reader)
            if doc is None:
                made = mark.new(reader, actor, request, call)
                if await self._store.insert(made):
                    return await self._shown(made, epoch, actor)
                continue
            if call.was_done(doc):
                return msgspec.structs.replace(await self._shown(doc, epoch, actor), replayed=True)
            fields = mark.moved(doc, request, call.at)
            if await self._store.save(doc, fields, call.entry):
                return await self._shown({**doc, **fields}, epoch, actor)
        raise ContendedError("The mark changed again and again; nothing was done. Try again.")

    async def get(self, request: GetFeedReading, actor: Actor) -> FeedReading:
        """Return up to where the actor has read.

        Raises:
            ForbiddenError, NotVerifiedError: the actor may not read a feed.
        """
        reader_of(actor)
        epoch = (await self._feeds.life()).epoch
        doc = await self._store.mark(self._readers.of(actor))
        if not request.count:
            return mark.view(doc, epoch)
        return await self._shown(doc, epoch, actor)

    async def _shown(self, doc: Document | None, epoch: str, actor: Actor) -> FeedReading:
        reading = mark.view(doc, epoch)
        unread = await Walk(self._feeds, self._subscribers, actor, reading.seq).count(MOST_UNREAD)
        return msgspec.structs.replace(reading, unread=unread)

    async def forget_member(self, organization: str, member: str, reference: str | None) -> None:
        """Forget what a member has read who is one no longer."""
        readers = [self._readers.member(organization, member)]
        if reference is not None:
            readers.append(self._readers.named(organization, reference))
        await self._store.forget(readers)

    async def _gone(self, after: Place | None) -> Page:
        now: datetime = await self._store.now()
        return await self._store.gone.page(now, after, AT_ONCE)
