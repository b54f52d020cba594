"""Who may know what, written down once more from the domain alone: an opinion that the network has to share.

Nothing here is taken from the services. Every field of the public schema that a referral reaches has a word
of the domain's; one that has none fails ``walk``. The words beyond the tiers are the domain's sentences on
"the other fields", and the decisions that made them exact (0015, 0016, 0018, 0023 to 0026).
"""

from dataclasses import dataclass, field
from typing import Any

T1, T2, T3, T4 = "T1", "T2", "T3", "T4"
# The exact need: T1, but T2 where it is sensitive. Who is asked: T1, but the parties' where it is sensitive.
NEED, NAMES = "need", "names"
# Reasons and outcome; what the receiver gave; by when (T2 where that is by when she arrives); the sender's.
PARTIES, REPORT, DUE, PROCEDURE = "parties", "report", "due", "procedure"
# Of the own side only; free text, of the tier it was said in; and what only holds fields with own words.
OWN, TEXT, INSIDE = "own", "text", "inside"

_OF_REFERRAL = {
    T1: "id folio status flags version needGroup priority state personAccess reviewAt resumeAt createdAt "
    "updatedAt loopClosedAt follows redirectDecideBy redirectedTo redirectedFrom allowedActions",
    NEED: "need",
    NAMES: "sender receiver service emergencyPhone proposedRedirect",
    T2: "household places questions appointment arriveBy arrivedAt",
    T3: "acceptanceInstructions",
    PARTIES: "reason outcome",
    REPORT: "servicesGiven",
    PROCEDURE: "pathways steps",
    OWN: "externalId assignee assignedAt referredFrom unreadMessages",
    INSIDE: "person consent deadlines group messages history",
}
_OF_PERSON = {
    T2: "ageBand gender languages needsInterpreter vulnerabilities",
    T3: "name alias birthDate safeContact instructions",
    T4: "notes",
}
_OF_CONSENT = {
    T1: "basis givenAt until withdrawnAt objectedAt erasureDueAt erasureConfirmedAt reviewStatus reviewDueAt "
    "reviewedAt state",
    T2: "method language purpose takenBy reason vulnerabilities names",
    T3: "caregiverSuspected",
    T4: "categories",
    PARTIES: "receiverHolds",
    # What is withheld from the receiver it does not learn, either.
    PROCEDURE: "reviewedBy withheld",
    INSIDE: "child",
}
_OF_CHANGE = {
    T1: "n action fromStatus toStatus version recordedAt occurredAt actedFor deadline",
    NAMES: "organization",
    OWN: "onBehalfOf",
    PARTIES: "reason corrected channel",
    TEXT: "note",
    T2: "reportedBy",
}
_OF_MESSAGE = {T1: "n at side readAt", NAMES: "organization", OWN: "onBehalfOf", TEXT: "text"}
_OF_PAGE = {INSIDE: "edges nodes pageInfo"}
WORDS: dict[str, dict[str, str]] = {
    "Referral": _OF_REFERRAL,
    "Person": _OF_PERSON,
    "Consent": _OF_CONSENT,
    "ChildsView": {T2: "view explained", T3: "explanation why"},
    "Deadlines": {T1: "awaited waitingFor receiveBy expiresAt overdue duties", DUE: "dueAt"},
    "ReferralGroup": {T1: "id createdAt state", PROCEDURE: "category", INSIDE: "items"},
    "ReferralChangeConnection": _OF_PAGE,
    "ReferralChangeEdge": {T1: "cursor", INSIDE: "node"},
    "ReferralChange": _OF_CHANGE,
    "ReferralMessageConnection": _OF_PAGE,
    "ReferralMessageEdge": {T1: "cursor", INSIDE: "node"},
    "ReferralMessage": _OF_MESSAGE,
    "PageInfo": {T1: "hasNextPage hasPreviousPage startCursor endCursor"},
}
# What is of one word as a whole: that of the field in which it stands.
WHOLE = frozenset(
    {
        "SafeContact", "Note", "Household", "HouseholdMember", "Places", "ReferralQuestion", "AppliedPathway",
        "ReferralStep", "Appointment", "ServiceGiven", "AllowedAction", "Member", "Phone", "ReferralDuty",
    }
)  # fmt: skip
# The public directory, which everybody may read: only *which* of it a referral names is anybody's secret.
DIRECTORY = frozenset({"Organization", "Service"})

WORD_OF = {
    f"{kind}.{name}": word
    for kind, words in WORDS.items()
    for word, names in words.items()
    for name in names.split()
}

# How far each role and scope reaches.
REACH: dict[str, set[str]] = {
    "intake": set(),
    "viewer": {T1},
    "caseworker": {T1, T2, T3, T4, PARTIES},
    "manager": {T1, T2, T3, PARTIES},
    "referrals:read": {T1},
    "referrals:read_person": {T2, T3, PARTIES},
    "referrals:read_sensitive": {T4},
}
FIREWALLED = frozenset({"police", "migration_authority"})
# To whom a referral itself goes only with written consent that names them: they hear of no others'.
NAMED_ONLY = frozenset({"prosecutor", "consulate"})
# Subscribers by agreement: with the sender, which names the need; and with the receiver, which names none.
NAMES_THE_NEED, NAMES_NO_NEED = "subscriber", "follower"
SUBSCRIBERS = frozenset({NAMES_THE_NEED, NAMES_NO_NEED})

UNANSWERED = frozenset({"SENT", "RECEIVED", "INFO_REQUESTED", "WAITLISTED"})
AT_WORK = frozenset({"ACCEPTED", "IN_PROGRESS", "ON_HOLD"})
REPORTED = frozenset({"COMPLETED", "NOT_COMPLETED"})
# So many days the receiver keeps its view of what it has reported.
REPORTED_DAYS = 7


@dataclass(frozen=True)
class Reader:
    """Somebody who asks: ``side`` is whose people it is of, ``rights`` its roles, or a client's scopes."""

    side: str
    rights: tuple[str, ...] = ()
    kind: str = "member"
    organization_kind: str = "shelter"
    network: tuple[str, ...] = ()
    verified: bool = True

    @property
    def name(self) -> str:
        """What tests call it."""
        more = [*self.rights, *self.network] + ([] if self.verified else ["unverified"])
        behind = ["firewalled"] if self.organization_kind in FIREWALLED else []
        return f"{self.side} {self.kind} {'+'.join([*more, *behind]) or 'of nothing'}"

    @property
    def reach(self) -> set[str]:
        """How far its rights reach, all stages open."""
        return set().union(*(REACH.get(one, set()) for one in self.rights)) if self.rights else set()

    @property
    def is_firewalled(self) -> bool:
        """Whether its organization sees the public directory only."""
        return self.organization_kind in FIREWALLED

    @property
    def may_not_subscribe(self) -> bool:
        """Whether nobody may let it hear of others' referrals."""
        return self.has_intake_only or self.organization_kind in FIREWALLED | NAMED_ONLY

    @property
    def sees_progress_only(self) -> bool:
        """Whether of what its organization sent it sees no more than how far it has come."""
        return self.is_firewalled or self.has_intake_only

    @property
    def has_intake_only(self) -> bool:
        """Whether its one role is to draft and to send."""
        return self.kind == "member" and self.rights == ("intake",)


@dataclass(frozen=True)
class Case:
    """A referral as it may stand: all that decides who knows what of it."""

    status: str
    sensitive: bool = False
    priority: str = "URGENT"
    basis: str = "CONSENT"
    run_out: bool = False
    withdrawn: bool = False
    unconfirmed: bool = False
    ended_days: int = 1
    erased: frozenset[str] = frozenset()
    let_in: bool = False
    label: str = field(default="plain", compare=False)

    @property
    def name(self) -> str:
        """What tests call it."""
        return f"{self.status}, {self.label}"

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver is at work, or has reported the end lately."""
        return self.status in AT_WORK or (self.status in REPORTED and self.ended_days < REPORTED_DAYS)

    @property
    def is_vital(self) -> bool:
        """Whether a life is at stake and nobody could be asked."""
        return self.priority == "EMERGENCY" and self.basis == "VITAL_INTEREST"

    @property
    def receivers(self) -> set[str]:
        """Which of T2 to T4 the receiver's side may know at this stage."""
        if self.withdrawn or self.run_out:
            return set()
        if self.unconfirmed and self.priority != "EMERGENCY":
            return {T2} if self.is_accepted or self.status in UNANSWERED else set()
        if self.is_accepted or (self.is_vital and self.status in UNANSWERED - {"SENT"}):
            return {T2, T3, T4}
        return {T2} if self.status in UNANSWERED else set()


def side_of(reader: Reader, case: Case) -> str | None:
    """On which side of it the reader is; None for whom it does not exist."""
    if not reader.verified:
        return None
    if reader.side == "sender":
        return None if reader.sees_progress_only else "sender"
    if case.status == "DRAFT":
        return None
    if reader.side == "receiver":
        is_out = reader.has_intake_only or (reader.is_firewalled and not case.let_in)
        return None if is_out else "receiver"
    if reader.side in SUBSCRIBERS:
        # Of what an exception lets an authority receive nobody else hears (0035).
        return None if reader.may_not_subscribe or case.let_in else "subscriber"
    keeps = "coordinator" in reader.network and not reader.is_firewalled
    return "coordinator" if keeps and (reader.kind == "client" or "manager" in reader.rights) else None


def may_look_up(reader: Reader, case: Case) -> bool:
    """Whether the reader finds it at all by any query."""
    side = side_of(reader, case)
    return side == "coordinator" or (side is not None and T1 in reader.reach)


def open_words(reader: Reader, case: Case) -> frozenset[str]:
    """Which words are open to a reader for whom it exists; ``TEXT`` is decided text by text."""
    side, reach = side_of(reader, case), reader.reach
    if side == "coordinator":
        found = {T1, NAMES} | (set() if case.sensitive else {NEED})
        return frozenset(found)
    if side == "subscriber":
        # "The exact need only where the agreement names it"; who is asked, "only the receiver's kind" where
        # the need is sensitive, as viewers.
        named = {NEED} if reader.side == NAMES_THE_NEED else set()
        return frozenset({T1} | (set() if case.sensitive else {NAMES} | named))
    tiers = ({T2, T3, T4} if side == "sender" else case.receivers) & reach
    found = {T1, OWN} | tiers | (reach & {PARTIES})
    if T2 in tiers or not case.sensitive:
        found |= {NEED}
    if PARTIES in reach or not case.sensitive:
        found |= {NAMES}
    # The receiver's own report stays its own.
    if T2 in tiers or (side == "receiver" and T2 in reach):
        found |= {REPORT}
    if side == "sender" and T2 in tiers:
        found |= {PROCEDURE}
    gone = {T2, REPORT, PROCEDURE, *({NEED} if case.sensitive else ())} if T2 in case.erased else set()
    return frozenset(found - gone - ({T3, T4} if T3 in case.erased else set()))


def may_read_text(reader: Reader, case: Case, tier: str, written_by: str) -> bool:
    """Whether a note or message is open: by its tier, or as the own side's words, whatever became of it."""
    side = side_of(reader, case)
    if side == "coordinator" or tier in case.erased:
        return False
    return tier in open_words(reader, case) or (written_by == side and tier in reader.reach)


def categories_shown(reader: Reader, case: Case, named: set[str]) -> set[str] | None:
    """Of which categories notes are shown; None for all."""
    if side_of(reader, case) == "sender":
        return None
    early = not case.is_accepted
    return {"HEALTH"} if early else named | ({"HEALTH"} if case.is_vital else set())


def person_access(reader: Reader, case: Case, *, hides: bool) -> str:
    """Why the reader sees, or does not see, the person."""
    words, reach = open_words(reader, case), reader.reach
    if T3 in case.erased:
        return "ERASED"
    if T3 not in reach or side_of(reader, case) in {"coordinator", "subscriber"}:
        return "ROLE"
    if T3 not in words:
        if case.unconfirmed and case.is_accepted and T2 in words:
            return "NOT_CONSENTED"
        is_over = case.status not in UNANSWERED or case.run_out
        return "ENDED" if is_over else "NOT_YET_ACCEPTED"
    if T4 not in reach:
        return "ROLE"
    return "NOT_CONSENTED" if hides else "FULL"


Json = dict[str, Any]
