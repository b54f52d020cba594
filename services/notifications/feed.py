"""Organizations' feeds, and the public one, as a stream: appended once and in order, read in batches."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from chassis import telemetry
from chassis.bus import Bus
from chassis.consumer import Delivery
from chassis.ordered import OrderedPublisher
from chassis.problems import UnreachableError
from chassis.streams import DAY, StreamSpec
from contracts.notifications import KEPT_DAYS, PUBLIC, FeedEntry, FeedHead, FeedTold, PublicEntry
from services.notifications.errors import ANEW, CursorExpiredError
from services.notifications.marks import EventIds

log = structlog.get_logger()

STREAM = "FEED"
# What the bus itself says when it delivers a message of EVT no more.
GIVEN_UP = tuple(f"$JS.EVENT.ADVISORY.CONSUMER.{what}.EVT.*" for what in ("MAX_DELIVERIES", "MSG_TERMINATED"))
READ_SECONDS = 5.0
# The end of a batch, and nothing at all. Others (503: nobody answers) say nothing of what there is.
ENDS = frozenset({"204", "404"})
EntryT = TypeVar("EntryT", FeedTold, PublicEntry)
AnyEntry = FeedEntry | FeedTold | PublicEntry
_decode = msgspec.json.Decoder(FeedTold).decode
_decode_public = msgspec.json.Decoder(PublicEntry).decode
_encode = msgspec.json.Encoder().encode
_appended = telemetry.meter.create_counter("feed.appended", description="Entries appended to feeds")


def streams(max_bytes: int, replicas: int) -> tuple[StreamSpec, ...]:
    """The streams that this service owns."""
    return (
        StreamSpec(
            STREAM, ("feed.>",), KEPT_DAYS * DAY, max_bytes, replicas, republish=("feed.>", "live.feed.>")
        ),
        StreamSpec("DLQ", ("dlq.>", *GIVEN_UP), 180 * DAY, max_bytes, replicas),
    )


def subject_of(feed: str, noun: str, noun_id: str) -> str:
    """The subject of a feed's entries about one thing; also what guards their order."""
    return f"feed.{feed}.{noun}.{noun_id}"


class Life(NamedTuple):
    """The stream as its leader has it: which life of it, its oldest sequence and its last."""

    epoch: str
    oldest: int
    last: int


@dataclass(frozen=True)
class Slice(Generic[EntryT]):
    """Some entries, the highest sequence that was looked at, and whether there is more."""

    entries: list[EntryT]
    scanned: int
    has_next: bool


class Feeds:
    """All organizations' feeds, and the public one."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._publisher = OrderedPublisher(bus, STREAM)
        self._ids = EventIds(bus.identity)

    def event_id(self, delivery: Delivery) -> str:
        """The id by which readers know what was delivered."""
        return self.id_of(delivery.noun_id, delivery.n)

    def id_of(self, noun_id: str, n: int) -> str:
        """The id by which readers know a thing's ``n``-th event."""
        return self._ids.of(noun_id, n)

    async def append(self, organization: str, referral: str, entry: FeedTold, n: int) -> None:
        """Append an entry about a referral, once, whatever is repeated; ``n`` is its count of events."""
        await self._append(organization, subject_of(organization, "referral", referral), entry, n)

    async def append_question(self, organization: str, entry: FeedEntry, n: int) -> None:
        """Append what the organization is asked about a referral; ``n`` counts the questions.

        They are no changes of the referral, so their order is guarded apart.
        """
        await self._append(organization, subject_of(organization, "arrival", entry.referral.id), entry, n)

    async def append_fact(self, organization: str, entry: FeedTold, noun_id: str, n: int) -> None:
        """Append what concerns an organization and is no referral, once; ``n`` counts the thing's events."""
        kind = entry.subject.kind if entry.subject else "directory"
        await self._append(organization, subject_of(organization, kind, noun_id), entry, n)

    async def append_public(self, entry: PublicEntry, noun_id: str, n: int) -> None:
        """Append what everybody may know, once; ``n`` is that thing's count of events."""
        await self._append(PUBLIC, subject_of(PUBLIC, "capacity", noun_id), entry, n)

    async def _append(
        self, feed: str, subject: str, entry: FeedEntry | FeedTold | PublicEntry, n: int
    ) -> None:
        headers = {
            "ce-specversion": "1.0",
            "ce-id": entry.event,
            "ce-type": entry.type,
            "ce-subject": subject.rsplit(".", 1)[1],
            "ce-time": entry.at.isoformat(),
            "Nats-Msg-Id": f"{feed}:{entry.event}",
        }
        telemetry.inject(headers)
        await self._publisher.publish(subject, subject, n, _encode(entry), headers)
        _appended.add(1)

    async def head(self, organization: str) -> FeedHead:
        """Where an organization's feed ends now, asked of the stream's leader."""
        life = await self.life()
        return FeedHead(epoch=life.epoch, seq=await self.last(organization), end=life.last)

    async def last(self, organization: str, referral: str | None = None) -> int:
        """The sequence of an organization's last entry, or of its last about a referral; 0 for none.

        It is asked of the stream's leader.
        """
        try:
            return (await self._bus.js.get_last_msg(STREAM, _subjects(organization, referral))).seq or 0
        except NotFoundError:
            return 0

    async def life(self) -> Life:
        """The stream as it is now."""
        info = await self._bus.js.stream_info(STREAM)
        return Life(_epoch_of(info), info.state.first_seq, info.state.last_seq)

    async def check(self, after: int, epoch: str | None) -> Life:
        """Refuse a position whose following entries are no longer kept; return the stream as it is.

        Raises:
            CursorExpiredError: say so, and from where the feed can be read.
        """
        life = await self.life()
        if epoch is not None and epoch != life.epoch:
            raise CursorExpiredError(ANEW)
        if after and after + 1 < life.oldest:
            raise CursorExpiredError("What came after this cursor is no longer kept; read from the oldest.")
        return life

    async def before(self, organization: str, moment: datetime) -> int:
        """Return the sequence behind which an organization's entries since a moment lie.

        Raises:
            UnreachableError: as ``read``.
        """
        head = await self.head(organization)
        subjects = _subjects(organization)
        found = await self._ask(subjects, {"start_time": moment.isoformat()}, 1, 0, _decode)
        return found.scanned - 1 if found.entries else head.seq

    async def read(
        self, organization: str, after: int, first: int, referral: str | None = None
    ) -> Slice[FeedTold]:
        """Up to ``first`` entries with a sequence above ``after``, in one request to the stream.

        ``referral``: of those about it, whichever way.

        Raises:
            UnreachableError: the stream is not there now, or the line to it broke.
        """
        return await self._ask(_subjects(organization, referral), {"seq": after + 1}, first, after, _decode)

    async def read_public(self, after: int, first: int) -> Slice[PublicEntry]:
        """The same of the public feed.

        Raises:
            UnreachableError: as ``read``.
        """
        return await self._ask(_subjects(PUBLIC), {"seq": after + 1}, first, after, _decode_public)

    async def _ask(
        self,
        subjects: str,
        begin: Mapping[str, Any],
        first: int,
        after: int,
        decode: Callable[[bytes], EntryT],
    ) -> Slice[EntryT]:
        inbox = self._bus.nc.new_inbox()
        queue: asyncio.Queue[Msg | None] = asyncio.Queue()
        subscription = await self._bus.subscribe(inbox, queue.put)
        ask = {**begin, "next_by_subj": subjects, "batch": first}

        def disturbed() -> None:
            queue.put_nowait(None)

        self._bus.disturbed.append(disturbed)
        try:
            await self._bus.nc.publish(f"$JS.API.DIRECT.GET.{STREAM}", json.dumps(ask).encode(), inbox)
            async with asyncio.timeout(READ_SECONDS):
                return await _collect(queue, after, decode)
        finally:
            self._bus.disturbed.remove(disturbed)
            await subscription.unsubscribe()


def _subjects(feed: str, referral: str | None = None) -> str:
    """Those of a feed; of all nouns that are called by a referral's id, where one is named."""
    return subject_of(feed, "*", referral) if referral else f"feed.{feed}.>"


def _epoch_of(info: Any) -> str:
    created = info.created
    return created if isinstance(created, str) else created.isoformat()


async def _collect(
    queue: "asyncio.Queue[Msg | None]", after: int, decode: Callable[[bytes], EntryT]
) -> Slice[EntryT]:
    """Gather a batched direct get: messages, then an empty one with the status that ends it."""
    entries: list[EntryT] = []
    left, scanned = 0, after
    while True:
        message = await queue.get()
        if message is None:
            # What is still to come may come without what was sent to the old connection.
            raise UnreachableError("The line to the feed broke; try again.")
        headers = message.headers or {}
        if "Status" in headers:
            if headers["Status"] not in ENDS:
                raise UnreachableError("The feed is not there now; try again.")
            break
        scanned = int(headers["Nats-Sequence"])
        left = int(headers.get("Nats-Num-Pending", "0"))
        try:
            entries.append(msgspec.structs.replace(decode(message.data), seq=scanned))
        except msgspec.DecodeError:
            # None of ours, whoever wrote it: it must not make the rest unreadable.
            log.warning("feed.no_entry", seq=scanned)
    return Slice(entries, scanned, has_next=left > 0)
