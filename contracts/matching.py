"""Acceptance rules and matching: who a service is for, and which services are there for a person.

What ``MatchServices`` says of a person is used for the answer and for nothing else: it is stored nowhere, and
is in no event, log, span or metric.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from contracts import patterns
from contracts.acceptance import (
    DocumentKind,
    MigrationStatus,
    ReviewDecision,
    RuleDimension,
    RuleEffect,
    RuleOperator,
    RuleOutcome,
    RuleSource,
    RuleStatus,
    Verdict,
)
from contracts.codes import AgeBand, Gender, Need, Priority, State, Vulnerability
from contracts.directory import PART, Phone
from contracts.rpc import FieldProblem, Message, Reply
from contracts.rpc import Operation as Request

MOST_RULES = 40
MOST_VALUES = 60
MOST_MATCHES = 50

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Value = Annotated[str, Meta(min_length=1, max_length=60)]
Note = Annotated[str, Meta(min_length=1, max_length=500)]
Justification = Annotated[str, Meta(min_length=1, max_length=2000)]
Language = Annotated[str, Meta(min_length=2, max_length=35, pattern=patterns.LANGUAGE)]
Country = Annotated[str, Meta(pattern=patterns.COUNTRY)]
Municipality = Annotated[str, Meta(pattern=patterns.MUNICIPALITY)]


class Words(Message):
    """One sentence in both languages."""

    es: str
    en: str


# --- Acceptance rules ---------------------------------------------------------------------------


class AcceptanceRule(Message):
    """Whom a service is for, or not for. ``note`` is the organization's own words beside those of the table.

    ``justification`` is needed where the rule looks at nationality or migration status.
    """

    dimension: RuleDimension
    operator: RuleOperator
    effect: RuleEffect
    values: Annotated[tuple[Value, ...], Meta(max_length=MOST_VALUES)] = ()
    note: Note | None = None
    justification: Justification | None = None


class StandingRule(Reply):
    """A rule as it stands with its service. ``id`` follows from what it says: equal rules have equal ids."""

    id: str
    dimension: RuleDimension
    operator: RuleOperator
    effect: RuleEffect
    status: RuleStatus
    words: Words
    values: tuple[str, ...] = ()
    note: str | None = None
    justification: str | None = None
    reviewed_at: datetime | None = None
    review_note: str | None = None


class RuleChange(Reply):
    """One entry of the history: who did what, and when. ``version`` is the one that it made."""

    version: int
    at: datetime
    action: str
    by: str
    organization: str | None = None
    added: tuple[StandingRule, ...] = ()
    removed: tuple[StandingRule, ...] = ()
    note: str | None = None


class Acceptance(Reply):
    """The rules of a service.

    ``edited`` says whether its organization set them; otherwise they came with an imported record. Rules that
    are not applied, justifications and the history are there for the organization and coordinators only.
    """

    service: str
    version: int
    edited: bool
    rules: tuple[StandingRule, ...] = ()
    history: tuple[RuleChange, ...] = ()


class GetAcceptanceRules(Message):
    """Look a service's rules up."""

    service: Id


class SetAcceptanceRules(Message):
    """The organization says anew whom its service is for: these rules and no others."""

    idempotency_key: Key
    service: Id
    rules: Annotated[tuple[AcceptanceRule, ...], Meta(max_length=MOST_RULES)]
    expected_version: int | None = None


class ReviewAcceptanceRules(Message):
    """A coordinator's word on rules that wait for it; a refusal says why."""

    idempotency_key: Key
    service: Id
    rules: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MOST_RULES)]
    decision: ReviewDecision
    note: Note | None = None
    expected_version: int | None = None


class AcceptanceReply(Reply):
    """The rules as they now stand. ``warnings`` name rules that say nothing, by path."""

    acceptance: Acceptance
    replayed: bool = False
    warnings: tuple[FieldProblem, ...] = ()


# --- Matching -----------------------------------------------------------------------------------


class Companion(Message):
    """One of those who are with the person; what nobody asked is left out."""

    age_band: AgeBand | None = None
    gender: Gender | None = None


class Place(Message):
    """Where the person is: a municipality (INEGI, five digits), a point, or at least a state."""

    state: State | None = None
    municipality: Municipality | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class MatchServices(Message):
    """Whom help is looked for. What is left out is not known: it never makes a service ineligible.

    An empty tuple is known: ``household=()`` is somebody who is alone, ``documents=()`` somebody without any.
    ``arrives_at`` is now where it is not given. ``within_km`` counts from a point or a municipality.
    """

    needs: Annotated[tuple[Need, ...], Meta(min_length=1, max_length=10)]
    priority: Priority = Priority.ROUTINE
    age: Annotated[int, Meta(ge=0, le=120)] | None = None
    age_band: AgeBand | None = None
    gender: Gender | None = None
    household: Annotated[tuple[Companion, ...], Meta(max_length=30)] | None = None
    vulnerabilities: Annotated[tuple[Vulnerability, ...], Meta(max_length=18)] | None = None
    languages: Annotated[tuple[Language, ...], Meta(max_length=10)] | None = None
    documents: Annotated[tuple[DocumentKind, ...], Meta(max_length=20)] | None = None
    nationality: Country | None = None
    migration_status: MigrationStatus | None = None
    nights: Annotated[int, Meta(ge=0, le=3650)] | None = None
    place: Place | None = None
    arrives_at: Annotated[datetime, Meta(tz=True)] | None = None
    within_km: Annotated[int, Meta(ge=1, le=5000)] = 250
    most: Annotated[int, Meta(ge=1, le=MOST_MATCHES)] = 20
    include_ineligible: bool = False


class Decision(Reply):
    """What one rule came to. ``ask`` is what to ask, where something is not known."""

    source: RuleSource
    outcome: RuleOutcome
    words: Words
    rule: str | None = None
    dimension: RuleDimension | None = None
    ask: Words | None = None
    note: str | None = None


class Match(Reply):
    """A service and the verdict on it. ``distance_km`` is whole kilometres, from a municipality's centre to a
    municipality's centre where a place is confidential; ``free`` is null where nobody knows."""

    service: str
    organization: str
    verdict: Verdict
    fit: float
    emergency_phone: Phone
    decisions: tuple[Decision, ...] = ()
    free: int | None = None
    distance_km: int | None = None


class Matches(Reply):
    """The services, best first."""

    items: tuple[Match, ...]


GET_ACCEPTANCE_RULES = Request(PART, "get_acceptance_rules", GetAcceptanceRules, Acceptance)
SET_ACCEPTANCE_RULES = Request(PART, "set_acceptance_rules", SetAcceptanceRules, AcceptanceReply)
REVIEW_ACCEPTANCE_RULES = Request(PART, "review_acceptance_rules", ReviewAcceptanceRules, AcceptanceReply)
MATCH_SERVICES = Request(PART, "match_services", MatchServices, Matches)
