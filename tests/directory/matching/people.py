"""People to match and services to match them with: for tests of the rules, without a database."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.acceptance import DocumentKind, MigrationStatus, RuleDimension, Verdict
from contracts.codes import AgeBand, Gender, Need, OrganizationKind, Priority, State, Vulnerability
from contracts.matching import AcceptanceRule, Companion, Decision, MatchServices, Place
from contracts.rpc import Actor
from services.directory.matching import acceptance
from services.directory.matching.asked import Asked
from services.directory.matching.builtin import Case
from services.directory.matching.candidate import Provider, candidate
from services.directory.matching.checking import checked
from services.directory.matching.rule import rule_id
from services.directory.matching.verdict import explain, judge
from tests.directory.matching.rules import PATTERNS, rules

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)  # a Monday, noon in Mexico City
SENDER = Actor(
    kind="client", id="cl_1", organization="org_sender", organization_kind="shelter", verified=True,
    scopes=("directory:read",),
)  # fmt: skip
CHILDREN = {"unaccompanied_child", "separated_child", "accompanied_child"}
# What may be left out of a request because nobody knows it.
KNOWABLE = (
    "age", "age_band", "gender", "household", "vulnerabilities", "languages", "documents", "nationality",
    "migration_status", "nights", "place",
)  # fmt: skip


def service(*given: AcceptanceRule, kind: str = "shelter", verified: bool = True, **more: Any) -> Any:
    """A service with rules, and its organization."""
    found, problems = checked(given)
    assert [one for one in problems if one.code not in {"CONTRADICTION", "DUPLICATE"}] == []
    stored = acceptance.stored(found)
    reviews = {rule_id(one): {"status": "approved"} for one in found}
    document = {
        "_id": "svc_1", "revision": 1, "organization": "org_1", "status": "active", "intake": "network",
        "needs": list(Need), "states": ["CHP"], "locations": [],
        "acceptance": {"edited": True, "rules": stored, "reviews": reviews},
        **more,
    }  # fmt: skip
    return candidate(document), Provider(OrganizationKind(kind), verified, None)


def case_of(offered: Any, request: MatchServices, free: int | None = None) -> Case:
    """One service for one request."""
    asked = Asked(request, SENDER, lambda _code: None, NOW)
    one, provider = offered
    return Case(asked, one, provider, asked.terms(one.needs), free)


def verdict(offered: Any, request: MatchServices, free: int | None = None) -> Verdict:
    """What is said of the service."""
    return judge(case_of(offered, request, free)).verdict


def decisions(offered: Any, request: MatchServices, free: int | None = None) -> tuple[Decision, ...]:
    """Why."""
    return explain(case_of(offered, request, free))


def asks(**known: Any) -> MatchServices:
    """A request with only this known."""
    return MatchServices(needs=known.pop("needs", (Need.LEGAL_ASSISTANCE,)), **known)


@st.composite
def people(draw: st.DrawFn) -> MatchServices:
    """A request in which everything is known."""
    band = draw(st.sampled_from(AgeBand))
    companions = st.builds(
        Companion,
        age_band=st.sampled_from(AgeBand),
        gender=st.sampled_from([Gender.FEMALE, Gender.MALE, Gender.NON_BINARY]),
    )
    grown = band in {AgeBand.ADULT, AgeBand.OLDER_ADULT}
    likely = [one for one in Vulnerability if not (grown and one.value in CHILDREN)]
    codes = draw(st.sampled_from(PATTERNS_OF_PLACES))
    return MatchServices(
        needs=tuple(draw(st.lists(st.sampled_from(Need), min_size=1, max_size=3, unique=True))),
        priority=draw(st.sampled_from(Priority)),
        age_band=band,
        gender=draw(st.sampled_from([Gender.FEMALE, Gender.MALE, Gender.NON_BINARY, Gender.OTHER])),
        household=tuple(draw(st.lists(companions, max_size=3))),
        vulnerabilities=tuple(draw(st.lists(st.sampled_from(likely), max_size=3, unique=True))),
        languages=tuple(draw(st.lists(st.sampled_from(["es", "en", "ht"]), min_size=1, unique=True))),
        documents=tuple(draw(st.lists(st.sampled_from(DocumentKind), max_size=3, unique=True))),
        nationality=draw(st.sampled_from(("HN", "GT", "MX"))),
        migration_status=draw(st.sampled_from(MigrationStatus)),
        nights=draw(st.integers(0, 30)),
        place=codes,
    )


PATTERNS_OF_PLACES = (
    *(Place(municipality=code) for code in PATTERNS[RuleDimension.MUNICIPALITY]),
    Place(state=State.CHP, municipality="07089"),
)


@st.composite
def forgotten(draw: st.DrawFn, request: MatchServices) -> MatchServices:
    """The same request with less of it known."""
    less = dict.fromkeys(draw(st.sets(st.sampled_from(KNOWABLE))))
    found = replace(request, **less)
    if found.household is not None and draw(st.booleans()):
        found = replace(found, household=tuple(_less(draw, one) for one in found.household))
    return found


def _less(draw: st.DrawFn, one: Companion) -> Companion:
    return msgspec.structs.replace(
        one,
        age_band=one.age_band if draw(st.booleans()) else None,
        gender=one.gender if draw(st.booleans()) else None,
    )


@st.composite
def services(draw: st.DrawFn) -> Any:
    """A service with any rules and limits."""
    given = draw(st.lists(rules(), max_size=4))
    ages = draw(st.sampled_from([(None, None), (18, None), (None, 17), (12, 60)]))
    return service(
        *given,
        minimum_age=ages[0],
        maximum_age=ages[1],
        service_areas=draw(st.sampled_from([[], [{"name": "Chiapas"}], [{"name": "07089"}]])),
        required_documents=draw(st.sampled_from([[], ["Identificación"]])),
        languages=draw(st.sampled_from([[], [{"code": "es"}], [{"code": "ht", "interpreter": True}]])),
    )
