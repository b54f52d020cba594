"""Requests and replies of the notifications service: an organization's feed, and the public one.

Every entry of the feed is also a message of the stream ``FEED``, subject
``feed.<organization>.<noun>.<noun id>``, republished live as ``live.<that subject>``. Its body is a
``FeedEntry`` without ``seq``; the sequence is the stream's. What everybody may know stands there once, under
``feed.public.<noun>.<noun id>``, as a ``PublicEntry``.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus, State
from contracts.directory import Capacity
from contracts.events import (
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    AUDIT_ATTESTED,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    DEADLINE_EVENTS,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    READING_FLAGGED,
    REFERRAL_EVENTS,
    SERVICE_REVIEW_DUE,
)
from contracts.progress import Progress, SentReferral
from contracts.rpc import Message, Nothing, Operation, PartStatus, Reply

PART = "notifications"
# What those behind the firewall are told, whatever happened: the type would tell it. No event is called so.
PROGRESSED = "referrals.referral.progressed.v1"
# Every CloudEvents type that an organization's feed can hold.
TOLD_TYPES = (
    *(event.type for event in REFERRAL_EVENTS.values()),
    *(event.type for event in ASIDE_EVENTS.values()),
    *(event.type for event in DEADLINE_EVENTS.values()),
    ARRIVAL_OVERDUE.type,
    SERVICE_REVIEW_DUE.type,
    CORRECTION_SUGGESTED.type,
    CORRECTION_DECIDED.type,
    PROPOSAL_DECIDED.type,
    PROPOSAL_MADE.type,
    PROGRESSED,
    EXCEPTION_MADE.type,
    EXCEPTION_ENDED.type,
    AUDIT_ATTESTED.type,
    READING_FLAGGED.type,
)
# The name of the public feed, where an organization's has the organization's id.
PUBLIC = "public"


class FeedReferral(Reply):
    """What the feed says of a referral (T1). Who sends and receives it is asked of the referral itself,

    since the name of a shelter can reveal a sensitive need.
    """

    id: str
    folio: str
    version: int
    status: ReferralStatus
    need_group: NeedGroup
    priority: Priority
    state: State
    from_status: ReferralStatus | None = None
    # What is due, or overdue; null for every entry that is about no deadline.
    deadline: Deadline | None = None
    # How far it has come by this; null where it has come no further.
    progress: Progress | None = None


class FeedEntry(Reply):
    """One thing that an organization was told. ``event`` is the event's id as readers know it: opaque.

    ``relation`` says why it concerns the organization. ``seq`` is its place in the feed; it grows, with
    holes, and is never shown to clients.
    """

    event: str
    type: str
    at: datetime
    relation: Literal["sender", "receiver"]
    referral: FeedReferral
    seq: int = 0


class FeedHeadOf(Reply):
    """Where an audit had come to: number and hash of its last entry, and when that was entered."""

    number: int
    hash: str
    at: datetime


class FeedSubject(Reply):
    """What of the directory, or else, an entry is about. ``service`` is whose it concerns.

    An ``audit`` is an organization's, by its id, or that of the ``network``, and says its ``head``.
    """

    kind: Literal["service", "proposal", "correction", "exception", "audit", "reading"]
    id: str
    service: str | None = None
    status: str | None = None
    head: FeedHeadOf | None = None


class FeedTold(Reply):
    """An entry as it is read: about a referral (as ``FeedEntry``), or about something of the directory.

    Behind the firewall an entry is a ``PROGRESSED``: to the sender ``sent`` and nothing else; to a receiver,
    by exception, the id of the referral that it is ``about``, which says the rest to whom it may.

    Readers from before there were the latter ask for pages without ``subjects``, and pass over them live.
    """

    event: str
    type: str
    at: datetime
    relation: Literal["sender", "receiver", "owner", "suggester", "proposer", "coordinator", "auditor"]
    referral: FeedReferral | None = None
    subject: FeedSubject | None = None
    sent: SentReferral | None = None
    about: str | None = None
    seq: int = 0


class FeedPage(Message):
    """Up to ``first`` entries of the caller's organization with a sequence above ``after``.

    ``epoch`` names the stream's life; a position from another life is refused (``CURSOR_EXPIRED``),
    as is one older than the oldest entry kept. ``types`` keeps only those CloudEvents types.
    ``subjects`` asks also for entries that are about no referral.
    """

    after: int = 0
    epoch: str | None = None
    first: Annotated[int, Meta(ge=1, le=500)] = 100
    types: tuple[str, ...] = ()
    subjects: bool = False


class Feed(Reply):
    """``scanned`` is the highest sequence looked at: go on from there. ``head`` is the stream's last."""

    entries: tuple[FeedTold, ...]
    epoch: str
    scanned: int
    head: int
    has_next: bool


class FeedHead(Reply):
    """Where the caller's feed ends now, read from the stream's leader."""

    epoch: str
    seq: int


class PublicEntry(Reply):
    """One change of a service's places, told once for everybody; ``units`` are as they were then.

    Whoever shows them has to look at each unit's ``valid_until``.
    """

    event: str
    type: str
    at: datetime
    service: str
    organization: str
    units: tuple[Capacity, ...]
    seq: int = 0


class PublicPage(Message):
    """Up to ``first`` entries of the public feed above ``after``; of these services, or of all."""

    after: int = 0
    epoch: str | None = None
    first: Annotated[int, Meta(ge=1, le=500)] = 100
    services: Annotated[tuple[str, ...], Meta(max_length=100)] = ()


class PublicFeed(Reply):
    """As ``Feed``."""

    entries: tuple[PublicEntry, ...]
    epoch: str
    scanned: int
    head: int
    has_next: bool


FEED_PAGE = Operation(PART, "feed_page", FeedPage, Feed)
FEED_HEAD = Operation(PART, "feed_head", Nothing, FeedHead)
PUBLIC_PAGE = Operation(PART, "public_page", PublicPage, PublicFeed)
PUBLIC_HEAD = Operation(PART, "public_head", Nothing, FeedHead)
STATUS = Operation(PART, "status", Nothing, PartStatus)
