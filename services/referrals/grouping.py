"""A group: what each of its needs becomes, what is wrong with which, and what is derived from its referrals.

The group is the case of one person or household. It has no state of its own: whatever is said of it follows
from its referrals, at the moment in which somebody asks.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from contracts.codes import Need, ReferralStatus, Vulnerability
from contracts.directory import Organization, Service
from contracts.groups import MOST_NEEDS, CaseCategory, GroupNeed, GroupState, IssueGroup
from contracts.referrals import IssueReferral
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.referrals.childhood import still_suspected
from services.referrals.document import Document
from services.referrals.firewall.exception import Passage
from services.referrals.inputs import required
from services.referrals.issuing import (
    known_problems,
    request_problems,
    service_problems,
    unit_problems,
    withheld_places,
)
from services.referrals.roles import RECEIVER, SENDER, SUBSCRIBER, Party
from services.referrals.sealed import Circumstances
from services.referrals.statuses import OPEN

S = ReferralStatus
Found = Mapping[str, tuple[Service | None, Organization | None]]
Passages = Mapping[int, Passage]
NONE_PASSES: Passages = MappingProxyType({})
# What is said once, for all needs.
_COMMON = frozenset({"person", "household", "occurred_at"})
# Not within one second, by which tables are joined; not so far that a receiver's time is cut short by it.
NEAREST = timedelta(seconds=1)
SPREAD_MS = 3_000
# Its key is the group's.
_NO_KEY = "-"

# Which category a need or a vulnerability makes of a case, the gravest first: a case is counted once. The
# six are those of IOM Mexico's figures for 2022; whatever is none of the others is the first of them.
_CATEGORIES: tuple[tuple[CaseCategory, frozenset[Need], frozenset[Vulnerability]], ...] = (
    (
        CaseCategory.TRAFFICKING,
        frozenset({Need.HUMAN_TRAFFICKING}),
        frozenset({Vulnerability.SURVIVOR_OF_TRAFFICKING}),
    ),
    (
        CaseCategory.GENDER_BASED_VIOLENCE,
        frozenset({Need.GENDER_BASED_VIOLENCE}),
        frozenset({Vulnerability.SURVIVOR_OF_GENDER_BASED_VIOLENCE}),
    ),
    (
        CaseCategory.CHILD_PROTECTION,
        frozenset({Need.CHILD_PROTECTION}),
        frozenset({Vulnerability.UNACCOMPANIED_CHILD, Vulnerability.SEPARATED_CHILD}),
    ),
    (
        CaseCategory.VICTIM_OF_CRIME,
        frozenset({Need.VICTIM_OF_CRIME, Need.ACCESS_TO_JUSTICE}),
        frozenset({Vulnerability.VICTIM_OF_CRIME, Vulnerability.SURVIVOR_OF_TORTURE}),
    ),
    # Whoever is pregnant and asks for a bed is a case of services.
    (CaseCategory.PRENATAL_CARE, frozenset({Need.PRENATAL_CARE}), frozenset()),
)


@dataclass(frozen=True)
class Judged:
    """What is wrong with a group as a whole; and, by the place of each need, its referral and its faults."""

    common: tuple[FieldProblem, ...]
    requests: tuple[IssueReferral | None, ...]
    faults: tuple[tuple[FieldProblem, ...], ...]
    # What lets each through the firewall.
    passages: Passages = field(default_factory=dict)

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """All that is wrong."""
        return (*self.common, *(fault for of_need in self.faults for fault in of_need))

    @property
    def right(self) -> tuple[int, ...]:
        """The places of the needs with which nothing is wrong."""
        return tuple(place for place, faults in enumerate(self.faults) if not faults)

    def and_also(self, more: Mapping[int, Iterable[FieldProblem]]) -> "Judged":
        """The same, with more that is wrong with some of the needs."""
        faults = (
            (*of_need, *(at(place, one) for one in more.get(place, ())))
            for place, of_need in enumerate(self.faults)
        )
        return replace(self, faults=tuple(faults))


def at(place: int, problem: FieldProblem) -> FieldProblem:
    """Return the problem of one need as one of the group."""
    return msgspec.structs.replace(problem, path=("needs", str(place), *problem.path))


def judge(
    request: IssueGroup, sender: str, found: Found, now: datetime, passages: Passages = NONE_PASSES
) -> Judged:
    """Return what each need becomes and all that is wrong, the group's own and each need's.

    ``passages`` are what lets some of the needs, by their place, through the firewall.
    """
    common = dict.fromkeys(_size(request))
    requests: list[IssueReferral | None] = []
    faults: list[tuple[FieldProblem, ...]] = []
    together = frozenset(need.need for need in request.needs)
    for place, need in enumerate(request.needs):
        said = said_of(request, need)
        problems = list(_twice(request.needs[:place], need))
        if said is None:
            problems.append(required("priority"))
        else:
            own = [
                *request_problems(said, now),
                *known_problems(said),
                *service_problems(said, sender, *found[need.service], together, passage=passages.get(place)),
                *unit_problems(said, found[need.service][0]),
                *withheld_places(said, found[need.service][0]),
            ]
            common |= dict.fromkeys(one for one in own if one.path[0] in _COMMON)
            problems += [one for one in own if one.path[0] not in _COMMON]
        requests.append(said)
        faults.append(tuple(at(place, problem) for problem in problems))
    return Judged(tuple(common), tuple(requests), tuple(faults), passages)


def _size(request: IssueGroup) -> Iterable[FieldProblem]:
    if not request.needs:
        yield required("needs", "Name at least one need.")
    if len(request.needs) > MOST_NEEDS:
        message = Sentence(
            "There are {given}; the limit is {most}.", given=len(request.needs), most=MOST_NEEDS
        )
        yield FieldProblem(path=("needs",), message=message, code="TOO_MANY")


def _twice(before: Sequence[GroupNeed], need: GroupNeed) -> Iterable[FieldProblem]:
    if any((one.service, one.need) == (need.service, need.need) for one in before):
        yield FieldProblem(path=("need",), message="Asks the same service for the same.", code="DUPLICATE")
    if need.external_id is not None and any(one.external_id == need.external_id for one in before):
        message = "Is another need's of this group."
        yield FieldProblem(path=("external_id",), message=message, code="EXTERNAL_ID_TAKEN")


def moments(now: datetime, count: int) -> list[datetime]:
    """Return when each of so many referrals is recorded: in order, some seconds apart, the last one now.

    One moment for all would tie them: two receivers need but compare it (docs/decisions/0023).
    """
    found = [now]
    while len(found) < count:
        found.append(found[-1] - NEAREST - timedelta(milliseconds=secrets.randbelow(SPREAD_MS)))
    return found[::-1]


def said_of(request: IssueGroup, need: GroupNeed) -> IssueReferral | None:
    """Return the referral that a need becomes; None where nobody says how soon."""
    priority = need.priority or request.priority
    if priority is None:
        return None
    return IssueReferral(
        idempotency_key=_NO_KEY,
        service=need.service,
        need=need.need,
        priority=priority,
        state=request.state,
        consent=still_suspected(need.consent, *(one.consent for one in request.needs)),
        person=request.person,
        household=request.household,
        places=need.places,
        notes=(*request.notes, *need.notes),
        external_id=need.external_id,
        occurred_at=request.occurred_at,
        overrides=need.overrides,
    )


def group_of(doc: Document, party: Party) -> str | None:
    """Return the group's id as that party knows it; None where the referral is in none.

    Each receiver knows it by an id of its own: two of them cannot find out that they help the same person.
    Nor can a subscriber of two of them.
    """
    if party.relation == SUBSCRIBER:
        return None
    shown: str | None = doc.get("case" if party.relation == RECEIVER else "group")
    return shown


def state_of(docs: Sequence[Document], party: Party) -> GroupState:
    """Return where a case stands, from those of its referrals that the party sees.

    It is closed when the sender has acknowledged every end; there is nothing to acknowledge of what was
    entered in error, nor of what another one took the place of.
    """
    if any(doc["status"] in OPEN for doc in docs) or (party.relation == SENDER and goes_on(docs)):
        return GroupState.OPEN
    ended = (doc for doc in docs if doc["status"] not in {S.ENTERED_IN_ERROR, S.REDIRECTED})
    return GroupState.CLOSED if all(doc["loop_closed_at"] for doc in ended) else GroupState.ENDED


def goes_on(docs: Sequence[Document]) -> bool:
    """Whether a redirect was committed, and the referral that it makes is on its way."""
    there = {doc["folio"] for doc in docs}
    return any(doc["status"] == S.REDIRECTED and doc.get("redirected_to") not in there for doc in docs)


def category_of(circumstances: Iterable[Circumstances]) -> CaseCategory:
    """Return what a case is counted as, from the needs and vulnerabilities of its referrals."""
    known = list(circumstances)
    needs = {one.need for one in known}
    vulnerabilities = {code for one in known for code in one.vulnerabilities}
    for category, of_needs, of_vulnerabilities in _CATEGORIES:
        if of_needs & needs or of_vulnerabilities & vulnerabilities:
            return category
    return CaseCategory.SERVICES
