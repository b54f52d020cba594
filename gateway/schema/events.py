"""The feed: what an organization is told, as pages and as a live stream, with one kind of cursor for both."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import strawberry

from contracts import audit, notifications, progress, referrals
from contracts.audit import NETWORK
from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus, State
from contracts.sentences import Sentence
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.lookahead import below, deeper, names, of_rows
from gateway.schema.audit import AuditHead
from gateway.schema.enums import publish
from gateway.schema.fields import computed, published
from gateway.schema.pages import LONGEST, PageInfo
from gateway.schema.referral import Referral, prime
from gateway.schema.sent import SentReferral
from gateway.schema.tiers import tiers_for

# So many types may be asked for; there are not many more.
MOST_TYPES = 50


class FeedRelation(StrEnum):
    """Why an entry concerns the organization that reads it."""

    SENDER = "sender"
    RECEIVER = "receiver"
    OWNER = "owner"
    SUGGESTER = "suggester"
    PROPOSER = "proposer"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"


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


_SUBJECTS = {
    "service": "Service",
    "proposal": "OrganizationProposal",
    "correction": "Correction",
    "exception": "FirewallException",
    "audit": "Organization",
    "reading": "UnusualReading",
}


def _subject_id(parent: Told) -> strawberry.ID | None:
    """The id of what the entry is about, where that is no referral: a service, a correction, a proposal.

    Of an audit, the organization's whose it is.
    """
    about = parent.entry.subject
    if about is None or (about.kind == "audit" and about.id == NETWORK):
        return None
    return strawberry.ID(global_id(_SUBJECTS[about.kind], about.id))


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
        description="Where the page stands. Its `endCursor` moves on even if no entry was of the types."
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


Types = Annotated[
    list[str] | None,
    strawberry.argument(
        description="Only these CloudEvents types, as `FeedEntry.type` has them; one that does not exist is "
        "refused, and the refusal names those that do."
    ),
]


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
) -> FeedRows:
    """What your organization has been told, oldest first; kept for 90 days.

    A cursor older than that is refused with the code `CURSOR_EXPIRED`: read your referrals again, and go on
    from `viewer.feedHead`.
    """
    if not 1 <= first <= LONGEST:
        words = Sentence("A page has 1 to {most} rows, not {given}.", most=LONGEST, given=first)
        raise BadArgumentError(words, limit=LONGEST, value=first)
    context = info.context
    epoch, seq = _opened(context, after) or (None, 0)
    wanted = tuple(_checked(types))
    request = notifications.FeedPage(after=seq, epoch=epoch, first=first, types=wanted, subjects=True)
    page = await context.clients.ask(notifications.FEED_PAGE, request)
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
) -> AsyncIterator[Told]:
    """What your organization is told, as it happens: every entry once, in order.

    The stream may end with an error whose code says how to come back, always with your last cursor:
    `TOKEN_EXPIRED` (get a fresh token first), `SHUTTING_DOWN` (at once), `CURSOR_EXPIRED` (see the query);
    or with `REVOKED`, if your client was revoked: then it does not.
    """
    context = info.context
    entries = context.feed.entries(context.actor, _opened(context, after), _checked(types))
    # Closed with the stream: else its place in the hub would stay taken until it is collected.
    async with aclosing(entries):
        async for epoch, entry in entries:
            # Each entry shows its referral as it is when the entry comes.
            context.forget()
            yield _told(context, epoch, entry)


async def feed_head(context: Context) -> str:
    """The cursor of where the feed ends now."""
    head = await context.clients.feed_head()
    return _sealed(context, head.epoch, head.seq)


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


def _checked(types: list[str] | None) -> frozenset[str]:
    if types and len(types) > MOST_TYPES:
        raise BadArgumentError(
            Sentence(
                "{argument} has {given} entries; the limit is {most}.",
                argument="types",
                given=len(types),
                most=MOST_TYPES,
            )
        )
    if not set(types or ()) <= set(notifications.TOLD_TYPES):
        # Else it would be silent for ever. What was asked for is not repeated: it may be anything.
        there_are = ", ".join(notifications.TOLD_TYPES)
        raise BadArgumentError(
            Sentence("types has one that does not exist; there are {types}.", types=there_are)
        )
    return frozenset(types or ())
