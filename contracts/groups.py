"""Referrals issued together for one person or household: the request, and the group as it may be seen."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from contracts.codes import Need, Priority, State
from contracts.labels import Label
from contracts.progress import SentReferral
from contracts.referrals import (
    PART,
    Consent,
    Household,
    Id,
    Key,
    Moment,
    Note,
    Person,
    Places,
    Referral,
)
from contracts.rpc import FieldProblem, Message, Operation, Reply
from contracts.steps import Overrides
from contracts.warnings import Warned

# So many are issued together; more are read, to be refused with all else that is wrong.
MOST_NEEDS = 10
_MOST_READ = 50


class GroupState(StrEnum):
    """Where the case stands, from its referrals."""

    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


class CaseCategory(StrEnum):
    """What a case is counted as: the six of IOM Mexico's report of 2022."""

    SERVICES = "services"
    VICTIM_OF_CRIME = "victim_of_crime"
    GENDER_BASED_VIOLENCE = "gender_based_violence"
    CHILD_PROTECTION = "child_protection"
    PRENATAL_CARE = "prenatal_care"
    TRAFFICKING = "trafficking"


GROUP_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    GroupState: {
        GroupState.OPEN: Label("Abierto", "Open"),
        GroupState.ENDED: Label("Terminado, sin confirmar", "Ended, not acknowledged"),
        GroupState.CLOSED: Label("Cerrado", "Closed"),
    },
    CaseCategory: {
        CaseCategory.SERVICES: Label(
            "Servicios migratorios, sociales y otros", "Migratory, social and other services"
        ),
        CaseCategory.VICTIM_OF_CRIME: Label("Atención a víctimas de delito", "Support to victims of crime"),
        CaseCategory.GENDER_BASED_VIOLENCE: Label("Violencia de género", "Gender-based violence"),
        CaseCategory.CHILD_PROTECTION: Label("Protección de la niñez", "Child protection"),
        CaseCategory.PRENATAL_CARE: Label("Atención prenatal", "Prenatal care"),
        CaseCategory.TRAFFICKING: Label("Trata de personas", "Trafficking in persons"),
    },
}


class GroupNeed(Message):
    """One need of the person: a referral of its own, to a receiver of its own, on a consent of its own."""

    service: Id
    need: Need
    consent: Consent
    priority: Priority | None = None
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] = ()
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    overrides: Overrides = ()


class IssueGroup(Message):
    """Issue several referrals of one person at once; ``priority`` and ``notes`` are for all of them.

    All are issued, or none; with ``partial`` those that are right.
    """

    idempotency_key: Key
    needs: Annotated[tuple[GroupNeed, ...], Meta(max_length=_MOST_READ)]
    state: State
    person: Person
    priority: Priority | None = None
    household: Household | None = None
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] = ()
    partial: bool = False
    occurred_at: Moment | None = None


class Group(Reply):
    """A case. ``referrals`` are the ids of those that its viewer may see; all else is derived from them."""

    id: str
    created_at: datetime
    state: GroupState
    referrals: tuple[str, ...]
    category: CaseCategory | None = None


class GroupReply(Reply):
    """The group after a command, with its referrals; ``refused`` says which needs were left out, and why.

    ``warnings`` are of those that were issued. A sender that sees no more of them than how far they have come
    is shown ``sent`` alone, in the order of the needs that were issued.
    """

    shown: Group | None = field(name="group", default=None)
    referrals: tuple[Referral, ...] = ()
    refused: tuple[FieldProblem, ...] = ()
    replayed: bool = False
    warnings: tuple[Warned, ...] = ()
    sent: tuple[SentReferral, ...] = ()

    @property
    def group(self) -> Group:
        """The group, for callers to whom it is certainly shown."""
        assert self.shown is not None
        return self.shown


class GetGroups(Message):
    """Look up to 100 groups up; ``with_category`` opens what their category is derived from."""

    ids: Annotated[tuple[str, ...], Meta(max_length=100)]
    with_category: bool = False


class Groups(Reply):
    """In the order of the ids; null for one that does not exist or may not be seen: the same answer."""

    items: tuple[Group | None, ...]


ISSUE_GROUP = Operation(PART, "issue_group", IssueGroup, GroupReply)
GET_GROUPS = Operation(PART, "get_groups", GetGroups, Groups)
