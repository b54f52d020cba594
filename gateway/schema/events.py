"""The feed: what an organization is told, as pages and as a live stream, with one kind of cursor for both."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import strawberry

from chassis.problems import PartError, RefusedError
from contracts import audit, directory, notifications, progress, referrals
from contracts.audit import NETWORK
from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus, State
from contracts.sentences import Sentence
from contracts.subjects import subject_id
from contracts.telling import unanswered_emergency
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.lookahead import below, deeper, names, of_rows
from gateway.schema.audit import AuditHead
from gateway.schema.enums import publish
from gateway.schema.expired import with_oldest
from gateway.schema.fields import computed, published
from gateway.schema.narrowing import About, Groups, Types, filter_of
from gateway.schema.pages import LONGEST, PageInfo
from gateway.schema.phone import Phone
from gateway.schema.referral import Referral, prime
from gateway.schema.sent import SentReferral
from gateway.schema.tiers import tiers_for


class FeedRelation(StrEnum):
    """Why an entry concerns the organization that reads it."""

    SENDER = "sender"
    RECEIVER = "receiver"
    OWNER = "owner"
    SUGGESTER = "suggester"
    PROPOSER = "proposer"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADDRESSED = "addressed"
    SUBSCRIBER = "subscriber"
    GRANTOR = "grantor"


publish(
    FeedRelation,
    "Why an entry concerns you.",
    {
        FeedRelation.SENDER: "You sent the referral.",
        FeedRelation.RECEIVER: "The referral is to you.",
        FeedRelation.OWNER: "The service is yours.",
        FeedRelation.SUGGESTER: "You suggested the correction.",
        FeedRelation.PROPOSER: "You proposed the organization.",
        FeedRelation.COORDINATOR: "You keep the network: it waits for a coordinator.",
        FeedRelation.AUDITOR: "You audit the network.",
        FeedRelation.ADDRESSED: "A coordinator alerts you.",
        FeedRelation.SUBSCRIBER: "An agreement lets you hear of the referral; or it is about your agreement.",
        FeedRelation.GRANTOR: "The agreement is about your referrals.",
    },
)


@dataclass(frozen=True, slots=True)
class Told:
    """What entries are read from: the feed's entry, and its place."""

    entry: notifications.FeedTold
    cursor: str


def _referral(parent: strawberry.Parent[Told], info: Info) -> Later[referrals.Referral]:
    """The referral as it is *now*, which may be further on. Null if you may no longer know of it."""
    tiers = tiers_for(info.raw, below(info.raw))
    return info.context.referrals(tiers).get(_about(parent.entry))


async def _emergency_phone(parent: strawberry.Parent[Told], info: Info) -> directory.Phone | None:
    """Whom to telephone now: an emergency is overdue, and its receiver has still not answered.

    As `Referral.emergencyPhone`: the receiver's, or the network's to those who may not know who that is. Null
    for every other entry, to the receiver itself, and as soon as somebody has answered.
    """
    about = unanswered_emergency(parent.entry)
    if about is None or parent.entry.relation == "receiver":
        return None
    referral = await info.context.referrals(()).load(about.id)
    if referral is None or about.deadline not in referral.deadlines.overdue:
        return None
    return referral.emergency_phone or info.context.emergency_phone


def _referral_id(parent: Told) -> strawberry.ID | None:
    """The id of the referral; null where the entry is about none, and where you see only how far it came."""
    about = _about(parent.entry)
    return strawberry.ID(global_id("Referral", about)) if about else None


def _about(entry: notifications.FeedTold) -> str | None:
    return entry.referral.id if entry.referral else entry.about


def _sent_referral(parent: Told) -> progress.SentReferral | None:
    """How far a referral has come, to those who see no more of what they sent; the entry says nothing else.

    Its `type` is `referrals.referral.progressed.v1`, whatever happened.
    """
    return parent.entry.sent


def _subject_id(parent: Told) -> strawberry.ID | None:
    """The id of what the entry is about, where that is no referral: a service, a correction, an alert.

    Of an audit, the organization's whose it is.
    """
    found = parent.entry.subject and subject_id(parent.entry.subject)
    return strawberry.ID(found) if found else None


def _audit_head(parent: Told) -> audit.AuditHead | None:
    """How far an audit had come, for you to keep; null for every other entry."""
    about = parent.entry.subject
    if about is None or about.head is None:
        return None
    return audit.AuditHead(
        organization=None if about.id == NETWORK else about.id,
        number=about.head.number,
        hash=about.head.hash,
        at=about.head.at,
    )


def _service_id(parent: Told) -> strawberry.ID | None:
    """The id of the service that it concerns; null where the entry is about a referral, or none."""
    about = parent.entry.subject
    service = about.id if about and about.kind == "service" else (about and about.service)
    return strawberry.ID(global_id("Service", service)) if service else None


def _of(name: str, description: str, kind: object) -> object:
    """A field that the entry's event says."""

    def read(parent: Told) -> object:
        return getattr(parent.entry.referral, name, None)

    read.__doc__ = description
    return computed(read, kind)


def _event(parent: Told) -> str:
    """The event's own id: the same for everybody who is told of it, on every channel."""
    return parent.entry.event


def _type(parent: Told) -> str:
    """What happened, as a CloudEvents type: `referrals.referral.accepted.v1`."""
    return parent.entry.type


def _at(parent: Told) -> datetime:
    """When it was recorded."""
    return parent.entry.at


def _relation(parent: Told) -> str:
    """Why it concerns you."""
    return parent.entry.relation


@strawberry.type(
    description="One thing that your organization is told: of a referral, which it names, never the person; "
    "or of the directory, and then what is said of a referral is null."
)
class FeedEntry:
    """Read from ``Told``."""

    cursor: str = strawberry.field(
        description="Its place in your feed. Keep the last one that you have dealt with: `events(after:)` "
        "goes on from there, on every channel."
    )
    event = computed(_event, str)
    type = computed(_type, str)
    at = computed(_at, datetime)
    relation = computed(_relation, FeedRelation)
    referral_id = computed(_referral_id, strawberry.ID | None)
    subject_id = computed(_subject_id, strawberry.ID | None)
    service_id = computed(_service_id, strawberry.ID | None)
    folio = _of("folio", "The referral's folio.", str | None)
    from_status = _of("from_status", "Where it stood before; null for the first.", ReferralStatus | None)
    status = _of("status", "Where it stood after this.", ReferralStatus | None)
    version = _of("version", "Its version after this.", int | None)
    need_group = _of("need_group", "The group of the need.", NeedGroup | None)
    priority = _of("priority", "How soon somebody must act.", Priority | None)
    state = _of("state", "The state (entidad) where the person is.", State | None)
    deadline = _of(
        "deadline",
        "What is due, or overdue. Null where the entry is about no deadline.",
        Deadline | None,
    )
    emergency_phone = published(_emergency_phone, Phone | None)
    audit_head = computed(_audit_head, AuditHead | None)
    sent_referral = computed(_sent_referral, SentReferral | None)
    referral = published(_referral, Referral | None)


@strawberry.type(description="An entry in a page.")
class EventEdge:
    """Read from ``Told`` and its page."""

    cursor: str = strawberry.field(description="Its place in your feed.")
    node: FeedEntry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of your feed, oldest first.")
class EventConnection:
    """Read from ``Feed``."""

    edges: list[EventEdge] = strawberry.field(description="The entries with their cursors.")
    nodes: list[FeedEntry] = strawberry.field(description="The entries.")
    page_info: PageInfo = strawberry.field(
        description="Where the page stands. Its `endCursor` moves on even if no entry is one that was asked "
        "for, and `hasNextPage` says that there are more entries, asked for or not; or that there may be, "
        "after thousands that you may not know. A page may be empty and have a next: go on from `endCursor`."
    )


@dataclass(frozen=True, slots=True)
class Edge:
    """What edges are read from."""

    node: Told

    @property
    def cursor(self) -> str:
        """The entry's place."""
        return self.node.cursor


@dataclass(frozen=True, slots=True)
class FeedRows:
    """What a page of the feed is read from."""

    nodes: Sequence[Told]
    end_cursor: str
    has_next_page: bool
    has_previous_page: bool

    @property
    def edges(self) -> list[Edge]:
        """The entries with their cursors."""
        return [Edge(told) for told in self.nodes]

    @property
    def page_info(self) -> "FeedRows":
        """The page itself says where it stands."""
        return self

    @property
    def start_cursor(self) -> str | None:
        """The first entry's place."""
        return self.nodes[0].cursor if self.nodes else None


async def events(
    info: Info,
    first: Annotated[int, strawberry.argument(description="How many at most, 1 to 100.")],
    *,
    after: Annotated[
        str | None,
        strawberry.argument(
            description="Only what comes after this cursor; without it, from the oldest kept."
        ),
    ] = None,
    types: Types = None,
    need_groups: Groups = None,
    referral: About = None,
) -> FeedRows:
    """What your organization has been told, oldest first; kept for 90 days.

    A cursor older than that, or of before a backup was put back, is refused with the code `CURSOR_EXPIRED`.
    Its `extensions.oldestCursor` is the oldest good one: read your referrals again, since you have missed
    something, and go on from there, or from `viewer.feedHead`.
    """
    if not 1 <= first <= LONGEST:
        words = Sentence("A page has 1 to {most} rows, not {given}.", most=LONGEST, given=first)
        raise BadArgumentError(words, limit=LONGEST, value=first)
    context = info.context
    epoch, seq = _opened(context, after) or (None, 0)
    wanted = filter_of(types, need_groups, referral)
    request = notifications.FeedPage(
        after=seq, epoch=epoch, first=first, subjects=True, **msgspec.structs.asdict(wanted)
    )
    try:
        page = await context.clients.ask(notifications.FEED_PAGE, request)
    except RefusedError as refusal:
        raise await _with_oldest(context, refusal) from None
    told = [_told(context, page.epoch, entry) for entry in page.entries]
    await _look_ahead(info, told)
    return FeedRows(told, _sealed(context, page.epoch, page.scanned), page.has_next, after is not None)


async def stream(
    info: Info,
    *,
    after: Annotated[
        str | None,
        strawberry.argument(
            description="First all that came after this cursor, then live, without gap or repeat. Without "
            "it, from now on: take `viewer.feedHead` first for a start that misses nothing."
        ),
    ] = None,
    types: Types = None,
    need_groups: Groups = None,
    referral: About = None,
) -> AsyncIterator[Told]:
    """What your organization is told, as it happens: every entry once, in order. Of one referral: `referral`.

    The stream may end with an error whose code says how to come back, always with your last cursor:
    `TOKEN_EXPIRED` (get a fresh token first), `SHUTTING_DOWN` (at once), `TOO_SLOW` (you read nothing of what
    you were sent), `CURSOR_EXPIRED` (see the query: then with its `oldestCursor`); or with `REVOKED`, if your
    client was revoked: then it does not; or `MEMBER_REMOVED`, if the member was whom you named.
    """
    context = info.context
    wanted = filter_of(types, need_groups, referral)
    entries = context.feed.entries(context.actor, _opened(context, after), wanted)
    try:
        # Closed with the stream: else its place in the hub would stay taken until it is collected.
        async with aclosing(entries):
            async for epoch, entry in entries:
                # Each entry shows its referral as it is when the entry comes.
                context.forget()
                yield _told(context, epoch, entry)
    except RefusedError as refusal:
        raise await _with_oldest(context, refusal) from None


async def feed_head(context: Context) -> str:
    """The cursor of where the feed ends now."""
    head = await context.clients.feed_head()
    return _sealed(context, head.epoch, head.place)


async def _with_oldest(context: Context, refusal: RefusedError) -> PartError:
    feed = context.actor.organization or ""
    return await with_oldest(refusal, context.clients.feed_head, context.cursors, feed)


async def _look_ahead(info: Info, told: list[Told]) -> None:
    """Fetch the referrals of a page in one batch, with the tiers that were selected, if they were."""
    selections = of_rows(info.raw)
    if "referral" not in names(info.raw, selections):
        return
    inner = deeper(info.raw, selections, "referral")
    loader = info.context.referrals(tiers_for(info.raw, inner))
    found = await loader.prime(_about(one.entry) for one in told)
    await prime(info.context, info.raw, inner, found)


def _told(context: Context, epoch: str, entry: notifications.FeedTold) -> Told:
    return Told(entry, _sealed(context, epoch, entry.seq))


def _sealed(context: Context, epoch: str, seq: int) -> str:
    return context.cursors.seal_feed(epoch, seq, context.actor.organization or "")


def _opened(context: Context, after: str | None) -> tuple[str, int] | None:
    # An empty one is none of ours either: "from the oldest" and "from now" are too easily confused.
    if after is None:
        return None
    return context.cursors.open_feed("after", after, context.actor.organization or "")
