"""Requests and replies of the referrals service: the workflow, and a referral as its viewer may see it."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from contracts import patterns
from contracts.childhood import ChildsView, ChildsViewSeen
from contracts.codes import (
    AgeBand,
    Basis,
    Channel,
    ConsentMethod,
    ContactChannel,
    Deadline,
    Gender,
    Need,
    NeedGroup,
    NoteCategory,
    PersonAccess,
    Priority,
    ReferralFlag,
    ReferralStatus,
    ReviewStatus,
    Side,
    State,
    Vulnerability,
)
from contracts.consent_codes import ConsentState, ReceiverHolds, WithheldField
from contracts.deadlines import Deadlines
from contracts.directory import Phone
from contracts.progress import SentReferral
from contracts.reasons import Outcome
from contracts.rpc import Message, Nothing, Operation, Page, PartStatus, Reply
from contracts.steps import AppliedPathway, Overrides, ReferralStep
from contracts.warnings import Warned

PART = "referrals"

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Line = Annotated[str, Meta(min_length=1, max_length=300, pattern=patterns.SAID)]
Text = Annotated[str, Meta(min_length=1, max_length=4000, pattern=patterns.SAID)]
# What the parties write to one another.
Words = Annotated[str, Meta(min_length=1, max_length=4000, pattern=patterns.SAID)]
Language = Annotated[str, Meta(min_length=2, max_length=35, pattern=patterns.LANGUAGE)]
Tier = Literal["T2", "T3", "T4"]


# --- What a sender says -------------------------------------------------------------------------


class HouseholdMember(Message):
    """One of those who are with the person (T2)."""

    age_band: AgeBand
    gender: Gender
    vulnerabilities: Annotated[tuple[Vulnerability, ...], Meta(max_length=18)] = ()


class Household(Message):
    """Who is with the person (T2); ``keep_together`` says that they must not be separated."""

    members: Annotated[tuple[HouseholdMember, ...], Meta(max_length=30)] = ()
    keep_together: bool = True


class SafeContact(Message):
    """How the person can be reached without putting her in danger (T3); there may be no way."""

    channel: ContactChannel
    value: Line | None = None
    hours: Line | None = None
    may_leave_message: bool = False
    say: Line | None = None
    avoid: Line | None = None


class Person(Message):
    """The person as the sender gives her. Age band to vulnerabilities are T2, the rest is T3."""

    age_band: AgeBand
    gender: Gender
    languages: Annotated[tuple[Language, ...], Meta(max_length=10)] = ()
    needs_interpreter: bool = False
    vulnerabilities: Annotated[tuple[Vulnerability, ...], Meta(max_length=18)] = ()
    name: Line | None = None
    alias: Line | None = None
    birth_date: date | None = None
    safe_contact: SafeContact | None = None
    instructions: Text | None = None


class Note(Message):
    """A note of one category (T4), seen by the receiver only if the consent names the category."""

    category: NoteCategory
    text: Text


class GivenBasis(Message):
    """How it was given, and by which right: of a consent, or of another lawful basis with its reason.

    ``names`` are the organizations that she named herself: some receive nothing that a consent does not name.
    """

    basis: Basis
    purpose: Line | None = None
    method: ConsentMethod | None = None
    language: Language | None = None
    taken_by: Line | None = None
    given_at: Moment | None = None
    until: Moment | None = None
    reason: Line | None = None
    names: Annotated[tuple[Id, ...], Meta(max_length=5)] = ()


class Consent(GivenBasis):
    """On what basis the person's data is shared, and what of it.

    ``categories`` are the T4 note categories that the receiver may see; ``vulnerabilities`` those
    that it may know, one by one. ``withheld`` is what else she does not want this receiver to be told. Of a
    child ``child`` is its own view; ``caregiver_suspected``, that whoever cares for it may do it harm (T3).
    """

    categories: tuple[NoteCategory, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    withheld: tuple[WithheldField, ...] = ()
    child: ChildsView | None = None
    caregiver_suspected: bool = False


class Places(Message):
    """How many places of a unit (``bed``, ``family_room``) are asked for (T2)."""

    unit: Annotated[str, Meta(min_length=1, max_length=60)]
    count: Annotated[int, Meta(ge=1, le=100)]


class Appointment(Message):
    """When and where the person is expected (T2). ``start`` is UTC, ``timezone`` an IANA name."""

    start: Moment
    timezone: Annotated[str, Meta(min_length=1, max_length=60)]
    location: Id | None = None


class ServiceGiven(Message):
    """Something that the receiver gave: one need code and how many times."""

    code: Need
    quantity: Annotated[int, Meta(ge=1, le=10_000)] = 1


class Command(Message, kw_only=True):
    """What is answered with the referral; ``tiers`` names the protected tiers of it to open (look-ahead)."""

    tiers: tuple[Tier, ...] = ()


# Of a command, what says how it is asked and not what is to be done: a retry may differ in it.
HOW_ASKED = frozenset({"idempotency_key", "tiers"})


class IssueReferral(Command):
    """Issue a referral: draft and send in one."""

    idempotency_key: Key
    service: Id
    need: Need
    priority: Priority
    state: State
    consent: Consent
    person: Person
    household: Household | None = None
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] = ()
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    follows: Id | None = None
    occurred_at: Moment | None = None
    overrides: Overrides = ()


# --- What a viewer sees -------------------------------------------------------------------------


class AllowedAction(Reply):
    """Something that the viewer may do now, and the inputs that it needs."""

    action: str
    needs: tuple[str, ...] = ()


class HistoryEntry(Reply):
    """One change. What, when and whose side are T1; reason, note and details follow their tiers."""

    n: int
    action: str
    to_status: ReferralStatus
    version: int
    recorded_at: datetime
    occurred_at: datetime
    organization: str | None = None
    from_status: ReferralStatus | None = None
    on_behalf_of: str | None = None
    acted_for: Side | None = None
    reason: str | None = None
    # The fields that a correction replaced, by their names in its request.
    corrected: tuple[str, ...] | None = None
    note: str | None = None
    reported_by: str | None = None
    channel: Channel | None = None
    deadline: Deadline | None = None


class PersonView(Reply):
    """The person as the viewer may see her: what is hidden is null, never empty in disguise."""

    age_band: AgeBand | None = None
    gender: Gender | None = None
    languages: tuple[str, ...] | None = None
    needs_interpreter: bool | None = None
    vulnerabilities: tuple[Vulnerability, ...] | None = None
    name: str | None = None
    alias: str | None = None
    birth_date: date | None = None
    safe_contact: SafeContact | None = None
    instructions: str | None = None
    notes: tuple[Note, ...] | None = None


class ConsentView(Reply):
    """Consent in outline (basis, when, until) to the parties; its content by the tier it is about."""

    basis: Basis
    given_at: datetime | None = None
    until: datetime | None = None
    withdrawn_at: datetime | None = None
    objected_at: datetime | None = None
    # Whether the receiver has said, after a withdrawal, that it erased its own copies; until when it is to.
    erasure_due_at: datetime | None = None
    erasure_confirmed_at: datetime | None = None
    # Of a basis that is not consent.
    review_status: ReviewStatus | None = None
    review_due_at: datetime | None = None
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    method: ConsentMethod | None = None
    language: str | None = None
    purpose: str | None = None
    taken_by: str | None = None
    reason: str | None = None
    categories: tuple[NoteCategory, ...] | None = None
    vulnerabilities: tuple[Vulnerability, ...] | None = None
    names: tuple[str, ...] | None = None
    withheld: tuple[WithheldField, ...] | None = None
    child: ChildsViewSeen | None = None
    caregiver_suspected: bool | None = None
    # How it stands, and what the receiver has of her.
    state: ConsentState | None = None
    receiver_holds: ReceiverHolds | None = None


class Question(Reply):
    """What the receiver asked before it decided, and the sender's answer, once there is one (T2)."""

    question: str
    asked_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None


class Referral(Reply):
    """A referral as its viewer may see it. Made by the tier filter only; what is hidden is null."""

    id: str
    folio: str
    status: ReferralStatus
    version: int
    need_group: NeedGroup
    # Null only in a draft that does not say it yet.
    priority: Priority | None
    state: State | None
    created_at: datetime
    updated_at: datetime
    person_access: PersonAccess
    need: Need | None = None
    external_id: str | None = None
    sender: str | None = None
    receiver: str | None = None
    service: str | None = None
    emergency_phone: Phone | None = None
    person: PersonView | None = None
    household: Household | None = None
    places: tuple[Places, ...] | None = None
    questions: tuple[Question, ...] | None = None
    pathways: tuple[AppliedPathway, ...] | None = None
    steps: tuple[ReferralStep, ...] | None = None
    consent: ConsentView | None = None
    appointment: Appointment | None = None
    arrive_by: datetime | None = None
    arrived_at: datetime | None = None
    review_at: datetime | None = None
    resume_at: datetime | None = None
    acceptance_instructions: str | None = None
    reason: str | None = None
    outcome: Outcome | None = None
    services_given: tuple[ServiceGiven, ...] | None = None
    loop_closed_at: datetime | None = None
    follows: str | None = None
    proposed_redirect: str | None = None
    redirect_decide_by: datetime | None = None
    redirected_to: str | None = None
    redirected_from: str | None = None
    referred_from: str | None = None
    group: str | None = None
    allowed_actions: tuple[AllowedAction, ...] = ()
    flags: tuple[ReferralFlag, ...] = ()
    deadlines: Deadlines = Deadlines()
    unread_messages: int | None = None
    assignee: str | None = None
    assigned_at: datetime | None = None


class ReferralReply(Reply):
    """The referral after a command; ``replayed`` says that the key had done this already.

    ``made`` is the referral that the command made beside it, where it makes one; ``warnings`` are of what
    the sender has said. A sender that sees no more of it than how far it has come is shown ``sent`` alone.
    """

    shown: Referral | None = field(name="referral", default=None)
    replayed: bool = False
    made: Referral | None = None
    warnings: tuple[Warned, ...] = ()
    sent: SentReferral | None = None

    @property
    def referral(self) -> Referral:
        """The referral, for callers to whom it is certainly shown."""
        assert self.shown is not None
        return self.shown


class GetReferrals(Message):
    """Look up to 100 referrals up by id; ``tiers`` names the protected tiers to open (look-ahead)."""

    ids: Annotated[tuple[str, ...], Meta(max_length=100)]
    tiers: tuple[Tier, ...] = ()


class Referrals(Reply):
    """In the order of the ids; null for one that does not exist or may not be seen: the same answer."""

    items: tuple[Referral | None, ...]


class FindReferral(Message):
    """Find one referral by its folio, or by the caller's own external id; exactly one is given."""

    folio: str | None = None
    external_id: str | None = None
    tiers: tuple[Tier, ...] = ()


class FoundReferral(Reply):
    """The referral, or null."""

    item: Referral | None


class GetHistory(Message):
    """A page of a referral's history, oldest first; positions are the entries' ``n``.

    Without ``texts`` notes stay closed: most who look at a history do not read them.
    """

    referral: str
    page: Page
    texts: bool = True


class History(Reply):
    """One page of history; null entries never occur."""

    items: tuple[HistoryEntry, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


ISSUE = Operation(PART, "issue", IssueReferral, ReferralReply)
GET = Operation(PART, "get", GetReferrals, Referrals)
FIND = Operation(PART, "find", FindReferral, FoundReferral)
HISTORY = Operation(PART, "history", GetHistory, History)
STATUS = Operation(PART, "status", Nothing, PartStatus)
