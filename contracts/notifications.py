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
    AGREEMENT_EVENTS,
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
# That a coordinator alerts the organization, or takes that back. The feed alone says so: no part hears of it.
BROADCAST_SENT = "notifications.broadcast.sent.v1"
BROADCAST_ENDED = "notifications.broadcast.ended.v1"
# A member's address takes no mail any more. It is of this part's own making: no event is called so.
NOTICES_STOPPED = "notifications.notices.stopped.v1"
# Of a webhook endpoint: it said that it is gone, failed for days, or lost the client that made it.
WEBHOOK_DISABLED = "notifications.webhook_endpoint.disabled.v1"
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
    BROADCAST_SENT,
    BROADCAST_ENDED,
    *(event.type for event in AGREEMENT_EVENTS.values()),
    NOTICES_STOPPED,
    WEBHOOK_DISABLED,
)
# The name of the public feed, where an organization's has the organization's id.
PUBLIC = "public"
# An entry is kept for so long, and so is a cursor good.
KEPT_DAYS = 90


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

    An ``audit`` is an organization's, by its id, or that of the ``network``, and says its ``head``. The
    ``status`` of a ``broadcast`` is its kind. A ``member`` is one to whom nothing is delivered any more; its
    ``status`` says why: a reason to stop, or ``unsubscribed``.
    """

    kind: Literal[
        "service",
        "proposal",
        "correction",
        "exception",
        "audit",
        "reading",
        "broadcast",
        "agreement",
        "member",
        "webhook_endpoint",
    ]
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
    relation: Literal[
        "sender",
        "receiver",
        "owner",
        "suggester",
        "proposer",
        "coordinator",
        "auditor",
        "addressed",
        "subscriber",
        "grantor",
    ]
    referral: FeedReferral | None = None
    subject: FeedSubject | None = None
    sent: SentReferral | None = None
    about: str | None = None
    # By which agreements a subscriber is told of the referral: it is, for as long as one of them is in force.
    agreements: tuple[str, ...] = ()
    seq: int = 0


# One token of a subject: an id that is none could ask for other organizations' subjects.
ReferralId = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+\Z")]


class FeedFilter(Message):
    """What of a feed is asked for: these types, these groups of need, this referral; empty is all.

    ``contracts.narrowing`` says which entries are.
    """

    types: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    need_groups: Annotated[tuple[NeedGroup, ...], Meta(max_length=len(NeedGroup))] = ()
    referral: ReferralId | None = None


class FeedPage(FeedFilter):
    """Up to ``first`` entries of the caller's organization with a sequence above ``after``.

    ``epoch`` names the stream's life; a position from another life is refused (``CURSOR_EXPIRED``),
    as is one older than the oldest entry kept; 0 is before whatever is kept, and stays good for that life.
    ``subjects`` asks also for entries that are about no referral.
    """

    after: int = 0
    epoch: str | None = None
    first: Annotated[int, Meta(ge=1, le=500)] = 100
    subjects: bool = False


class Feed(Reply):
    """``scanned``: go on from there. ``head`` is the last of the organization, or of the referral asked for.

    ``has_next`` says that there is more which the caller may know, or may be, after much that it may not;
    whether it is asked for is not looked at.
    """

    entries: tuple[FeedTold, ...]
    epoch: str
    scanned: int
    head: int
    has_next: bool


class FeedHead(Reply):
    """Where the caller's feed ends now, read from the stream's leader.

    ``end`` is where the stream of all feeds ended just before: up to it nothing more is the caller's,
    and it stays good for longer.
    """

    epoch: str
    seq: int
    end: int = 0

    @property
    def place(self) -> int:
        """From where on to read what comes next."""
        return max(self.seq, self.end)


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
