"""The catalogue of events: every CloudEvents type that a part emits, with the struct of its data.

Data holds ids, codes, statuses, versions and times; never personal data, free text, or the exact code
of a sensitive need. A new optional field keeps a type's version; anything else is a ``.v2`` beside it.
"""

from datetime import datetime

import msgspec

from contracts.codes import Deadline, NeedGroup, OrganizationKind, Priority, ReferralStatus, Side, State
from contracts.directory import Capacity
from contracts.progress import Progress
from contracts.rpc import Message
from contracts.standing import AgreementStatus, CorrectionStatus, ProposalStatus


class EventType(Message):
    """One type of event. Its subject is ``evt.<part>.<noun>.<id>.<name>.v<version>``."""

    part: str
    noun: str
    name: str
    data: type[Message]
    version: int = 1

    @property
    def type(self) -> str:
        """The CloudEvents type: ``referrals.referral.accepted.v1``."""
        return f"{self.part}.{self.noun}.{self.name}.v{self.version}"


# Readers of events must live with fields that they do not know yet, unlike those of requests.
class EventData(Message, forbid_unknown_fields=False):
    """What every event's data says: which noun, and the how-manieth event of it this is (1, 2, 3…)."""

    id: str
    n: int
    at: datetime


class ReferralEvent(EventData):
    """A referral changed. ``need_group`` is all that is said of the need."""

    version: int
    folio: str
    to_status: ReferralStatus = msgspec.field(name="to")
    need_group: NeedGroup
    priority: Priority
    state: State
    sender: str
    receiver: str
    service: str
    from_status: ReferralStatus | None = msgspec.field(name="from", default=None)
    # For the directory: whether places are held for it (null: nobody knew of holds yet), and by when the
    # person is expected. Which places, and so perhaps what kind of help, is not said here.
    held: bool | None = None
    # Which of the holds that were asked for is the acceptance's: a count from 1, and nothing of the places.
    hold: int | None = None
    arrive_by: datetime | None = None
    # How far it has come by this, for senders who are told no more; null where it has come no further.
    progress: Progress | None = None
    # Sides behind the firewall: a sender is told ``progress`` alone, a receiver (by exception) that there is
    # something to read; and those that are told nothing, the exception being over.
    outlined: tuple[Side, ...] = ()
    untold: tuple[Side, ...] = ()


class AsideEvent(ReferralEvent, kw_only=True):
    """Something beside a referral's course, which changes nothing of it: told to one side only.

    ``coordinators`` are the organizations that keep the network, where they hear of it as well.
    """

    told: Side
    coordinators: tuple[str, ...] = ()


class DeadlineEvent(ReferralEvent, kw_only=True):
    """Something of a referral is due or overdue, which changes nothing of it.

    ``told`` are the sides that hear of it, ``coordinators`` the organizations that keep the network (50 at
    most) where they do.
    """

    deadline: Deadline
    told: tuple[Side, ...]
    coordinators: tuple[str, ...] = ()


class OrganizationEvent(EventData):
    """An organization was registered or changed.

    Where that was by a request, ``action`` says what it was, and the rest who did it, by ids.
    """

    kind: OrganizationKind
    verified: bool
    action: str | None = None
    by_kind: str | None = None
    by: str | None = None
    by_organization: str | None = None
    on_behalf_of: str | None = None


class PermissionEvent(EventData):
    """A client or a member of an organization was made, changed or ended: by whom, by ids."""

    organization: str
    action: str
    by_kind: str
    by: str
    by_organization: str | None = None
    on_behalf_of: str | None = None


class ServiceEvent(EventData):
    """A service was registered or changed, or has to be looked at again."""

    organization: str


class ProposalEvent(EventData):
    """An organization was proposed, or a coordinator has decided; ``status`` is where the proposal stands.

    ``proposer`` is the organization that proposed it, if one did; ``organization`` the id that it gets.
    ``coordinators`` are the organizations that keep the network when it is proposed, 50 at most.
    """

    status: ProposalStatus
    organization: str
    proposer: str | None = None
    coordinators: tuple[str, ...] = ()


class CorrectionEvent(EventData):
    """A correction was suggested, or decided. ``organization`` is the one that offers the service."""

    status: CorrectionStatus
    service: str
    organization: str
    suggester: str


class CapacityEvent(EventData):
    """The places of a service changed; ``units`` are all of them as they then were, as public."""

    service: str
    organization: str
    units: tuple[Capacity, ...]


class ExceptionEvent(EventData):
    """An exception to the firewall was made, or ended: for which service of which organization.

    ``coordinators`` are the organizations that keep the network at that moment.
    """

    organization: str
    service: str
    coordinators: tuple[str, ...] = ()


class AgreementEvent(EventData):
    """An agreement was proposed, accepted, refused or ended; ``status`` is where it stands by that.

    ``by`` and the rest say who did it, by ids: null where its day came, or one of the two may have none.
    """

    status: AgreementStatus
    subscriber: str
    grantor: str
    by_kind: str | None = None
    by: str | None = None
    by_organization: str | None = None
    on_behalf_of: str | None = None


class AuditHeadEvent(EventData):
    """How far an organization's audit has come: ``number`` and ``hash`` of its last entry.

    ``chain`` is an organization, or ``network``; ``id`` is of its audit alone. ``organization`` is whose it
    is, where that may read it; ``auditors`` are the organizations that audit the network.
    """

    chain: str
    number: int
    hash: str
    entered_at: datetime
    organization: str | None = None
    auditors: tuple[str, ...] = ()


class ReadingEvent(EventData):
    """Somebody of an organization has read of unusually many persons; who, and how many, is not said here."""

    organization: str
    coordinators: tuple[str, ...] = ()


class ArrivalEvent(EventData):
    """Nobody reported the arrival of a person for whom places of a service are held.

    The receiver is asked, for the ``asked``-th time of this referral; nothing ends by itself. The rest is
    the referral's outline, as the event that confirmed or moved the hold gave it.
    """

    service: str
    referral: str
    asked: int
    receiver: str
    version: int
    folio: str
    to_status: ReferralStatus = msgspec.field(name="to")
    need_group: NeedGroup
    priority: Priority
    state: State


# Past participles of the actions that cause them, one for each row of the state table.
REFERRAL_EVENTS: dict[str, EventType] = {
    name: EventType(part="referrals", noun="referral", name=name, data=ReferralEvent)
    for name in (
        "sent",
        "received",
        "info_requested",
        "replied",
        "waitlisted",
        "accepted",
        "declined",
        "redirect_proposed",
        "redirect_refused",
        "redirected",
        "rescheduled",
        "started",
        "paused",
        "resumed",
        "completed",
        "ended",
        "cancelled",
        "expired",
        "voided",
        "reopened",
        "acknowledged",
        "corrected",
        # Beside ``cancelled`` where that ends it; else it stands as it did.
        "consent_withdrawn",
        "objected",
        "erasure_confirmed",
        "basis_reviewed",
        # By a coordinator or the sender, of one that has ended; ``erased`` is what the clock does.
        "person_erased",
        # No change of the referral: a party's organization was deactivated, or is active again.
        "flagged",
        "unflagged",
    )
}

# Beside its course, and no change of it: the other side is told of a message, the own of an assignment, and
# of its mandatory steps: that one was overridden, that this was reviewed, that one is overdue.
ASIDE_EVENTS: dict[str, EventType] = {
    name: EventType(part="referrals", noun="referral", name=name, data=AsideEvent)
    # ``person_flagged``: another referral of the case says what became of the person; or no longer does.
    for name in (
        "message_sent",
        "assigned",
        "person_flagged",
        "person_unflagged",
        # Its receiver sees nothing of the person until there is written consent that names it.
        "consent_needed",
        "overridden",
        "override_reviewed",
        "step_overdue",
        # Documents were demanded that nobody may demand: coordinators hear of it.
        "documents_demanded",
    )
}

# What the clock says of it. ``unchanged``: for months; ``erased``: the person, after half a year of that.
DEADLINE_EVENTS: dict[str, EventType] = {
    name: EventType(part="referrals", noun="referral", name=name, data=DeadlineEvent)
    for name in ("reminded", "arrival_asked", "overdue", "escalated", "unchanged", "erased")
}

EXCEPTION_MADE = EventType(part="referrals", noun="exception", name="made", data=ExceptionEvent)
EXCEPTION_ENDED = EventType(part="referrals", noun="exception", name="ended", data=ExceptionEvent)

# Of the audit: where a chain ends by now, for whoever keeps that; and whose reading is flagged.
AUDIT_ATTESTED = EventType(part="referrals", noun="audit", name="attested", data=AuditHeadEvent)
READING_FLAGGED = EventType(part="referrals", noun="reading", name="flagged", data=ReadingEvent)

# Of an agreement by which another organization hears of its updates; both are told, and it is audited.
AGREEMENT_EVENTS: dict[str, EventType] = {
    name: EventType(part="notifications", noun="agreement", name=name, data=AgreementEvent)
    for name in ("proposed", "accepted", "refused", "ended")
}

ORGANIZATION_CHANGED = EventType(
    part="directory", noun="organization", name="changed", data=OrganizationEvent
)
SERVICE_CHANGED = EventType(part="directory", noun="service", name="changed", data=ServiceEvent)
CAPACITY_CHANGED = EventType(part="directory", noun="capacity", name="changed", data=CapacityEvent)
ARRIVAL_OVERDUE = EventType(part="directory", noun="capacity", name="arrival_overdue", data=ArrivalEvent)

# A deactivated organization acts no more: its holds are released, its open referrals are flagged.
ORGANIZATION_DEACTIVATED = EventType(
    part="directory", noun="organization", name="deactivated", data=OrganizationEvent
)
ORGANIZATION_REACTIVATED = EventType(
    part="directory", noun="organization", name="reactivated", data=OrganizationEvent
)
# The day has come on which its organization should say that all of it is still true.
SERVICE_REVIEW_DUE = EventType(part="directory", noun="service", name="review_due", data=ServiceEvent)
PROPOSAL_MADE = EventType(part="directory", noun="proposal", name="made", data=ProposalEvent)
PROPOSAL_DECIDED = EventType(part="directory", noun="proposal", name="decided", data=ProposalEvent)
# Who may do what was changed: for the audit, and told to nobody else.
CLIENT_CHANGED = EventType(part="directory", noun="client", name="changed", data=PermissionEvent)
MEMBER_CHANGED = EventType(part="directory", noun="member", name="changed", data=PermissionEvent)
CORRECTION_SUGGESTED = EventType(part="directory", noun="correction", name="suggested", data=CorrectionEvent)
CORRECTION_DECIDED = EventType(part="directory", noun="correction", name="decided", data=CorrectionEvent)

DIRECTORY_EVENTS: tuple[EventType, ...] = (
    ORGANIZATION_CHANGED,
    ORGANIZATION_DEACTIVATED,
    ORGANIZATION_REACTIVATED,
    CLIENT_CHANGED,
    MEMBER_CHANGED,
    SERVICE_CHANGED,
    SERVICE_REVIEW_DUE,
    PROPOSAL_MADE,
    PROPOSAL_DECIDED,
    CORRECTION_SUGGESTED,
    CORRECTION_DECIDED,
    CAPACITY_CHANGED,
    ARRIVAL_OVERDUE,
)

EVENTS: dict[str, EventType] = {
    event.type: event
    for event in (
        *REFERRAL_EVENTS.values(),
        *ASIDE_EVENTS.values(),
        *DEADLINE_EVENTS.values(),
        EXCEPTION_MADE,
        EXCEPTION_ENDED,
        AUDIT_ATTESTED,
        READING_FLAGGED,
        *AGREEMENT_EVENTS.values(),
        *DIRECTORY_EVENTS,
    )
}
