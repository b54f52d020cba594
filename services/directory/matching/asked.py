"""Whom help is looked for: a request as facts for rules to look at. Nothing of it outlives the request."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chassis.opening import ZONE, Hours
from chassis.problems import InvalidError
from contracts.acceptance import DocumentKind, RuleDimension, RuleOutcome
from contracts.ages import YEARS
from contracts.codes import AgeBand, Gender, Need, Priority, State, Vulnerability
from contracts.inegi import INEGI_STATE
from contracts.matching import MatchServices, Place
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import together
from services.directory.geography.current import Geography
from services.directory.geography.table import Precision
from services.directory.matching.composition import Someone, possible
from services.directory.matching.rule import Rule, Truth, outcome
from services.directory.search.near import Point

# Never refused to a child, or to those who are with one, for a paper that is missing.
OWED_TO_CHILDREN = frozenset(
    {
        Need.EMERGENCY_SHELTER,
        Need.TEMPORARY_ACCOMMODATION,
        Need.FOOD,
        Need.MEDICAL_CARE,
        Need.PRENATAL_CARE,
        Need.POSTNATAL_CARE,
        Need.MEDICINES,
    }
)
_OF_CHILDREN = frozenset(
    {Vulnerability.UNACCOMPANIED_CHILD, Vulnerability.SEPARATED_CHILD, Vulnerability.ACCOMPANIED_CHILD}
)
# Whoever has one of these has a document that says who she is.
_IDENTITY = frozenset({DocumentKind.PASSPORT, DocumentKind.CONSULAR_ID})
_CHILD = (0, 17)
# A municipality's centre, where it is known.
Centre = Callable[[str], Point | None]


# Where a household's members each need a place.
OF_PLACES = frozenset({Need.EMERGENCY_SHELTER, Need.TEMPORARY_ACCOMMODATION})


class Terms(NamedTuple):
    """What a service's needs make of a request: those that it meets, what share of them, how many places."""

    needs: frozenset[Need]
    share: float
    waiver: Truth
    wanted: int


class Asked:
    """One request, and what rules came to for it: a rule that many services have is worked out once."""

    def __init__(self, request: MatchServices, actor: Actor, centre: Centre, now: datetime) -> None:
        _check(request)
        self.request = request
        self.organization = actor.organization
        self.now = now
        self.arrives = (request.arrives_at or now).astimezone(UTC)
        self.needs = frozenset(request.needs)
        self.person = Someone(_age(request), _gender(request.gender))
        self.household = None if request.household is None else [_companion(one) for one in request.household]
        self.size = 1 + len(self.household or ())
        self.state, self.municipality, self.point = _place(request.place or Place(), centre)
        self.languages = _languages(request)
        self.facts = self._facts(actor)
        self._companions = {
            RuleDimension.AGE: tuple(one.age for one in self.household or ()),
            RuleDimension.GENDER: tuple(_one(one.gender) for one in self.household or ()),
        }
        self._outcomes: dict[Any, RuleOutcome] = {}
        self._open: dict[int, bool] = {}
        self._terms: dict[frozenset[Need], Terms] = {}
        self.raised: dict[tuple[str, bool], int] = {}

    def terms(self, needs: frozenset[Need]) -> Terms:
        """Return what a service for these needs makes of the request."""
        found = self._terms.get(needs)
        if found is None:
            met = self.needs & needs
            wanted = self.size if met & OF_PLACES else 1
            found = Terms(met, len(met) / len(self.needs), self._waiver(met), wanted)
            self._terms[needs] = found
        return found

    def _waiver(self, needs: frozenset[Need]) -> Truth:
        """Whether a missing paper must not keep the person from help with these needs; None if nobody knows.

        Care in an emergency is owed to everybody (Ley de Migración, art. 8).
        """
        if Need.EMERGENCY_MEDICAL_CARE in needs or self.request.priority is Priority.EMERGENCY:
            return True
        return self._has_child() if needs & OWED_TO_CHILDREN else False

    def outcome(self, rule: Rule, zone: str | None, waiver: Truth) -> RuleOutcome:
        """Return what a rule comes to, with times in a service's zone."""
        key: Any = rule
        if rule.dimension is RuleDimension.ARRIVAL_TIME:
            key = (rule, zone)
        elif rule.dimension is RuleDimension.DOCUMENT:
            key = (rule, waiver)
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._worked_out(rule, zone, waiver)
        return found

    def is_open(self, hours: Hours) -> bool:
        """Whether a service with these hours, which many share, is open when the person arrives."""
        key = id(hours)  # of an object that a candidate holds, so that nothing else has it meanwhile
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = hours.is_open(self.arrives)
        return found

    def companions_of(self, dimension: RuleDimension) -> tuple[Any, ...]:
        """Return what is known of those who are with the person."""
        return self._companions.get(dimension, ())

    def _worked_out(self, rule: Rule, zone: str | None, waiver: Truth) -> RuleOutcome:
        if rule.dimension is RuleDimension.ARRIVAL_TIME:
            return outcome(rule, minute_of_day(self.arrives, zone))
        found = outcome(rule, self.facts[rule.dimension], self.companions_of(rule.dimension))
        if rule.dimension is RuleDimension.DOCUMENT and found is not RuleOutcome.MET:
            if waiver:
                return RuleOutcome.WAIVED
            if waiver is None and found is RuleOutcome.NOT_MET:
                return RuleOutcome.ASK
        return found

    def _has_child(self) -> Truth:
        known = [one.is_child for one in (self.person, *(self.household or ()))]
        if True in known:
            return True
        return None if None in known or self.household is None else False

    def _facts(self, actor: Actor) -> dict[RuleDimension, Any]:
        asked = self.request
        size = None if self.household is None else (self.size, self.size)
        return {
            RuleDimension.AGE: self.person.age,
            RuleDimension.GENDER: _one(self.person.gender),
            RuleDimension.HOUSEHOLD_SIZE: size,
            RuleDimension.HOUSEHOLD_COMPOSITION: possible(self.person, self.household, asked.vulnerabilities),
            RuleDimension.VULNERABILITY: _many(asked.vulnerabilities),
            RuleDimension.LANGUAGE: self.languages,
            RuleDimension.DOCUMENT: _documents(asked.documents),
            RuleDimension.NIGHTS: None if asked.nights is None else (asked.nights, asked.nights),
            RuleDimension.NATIONALITY: _one(asked.nationality),
            RuleDimension.MIGRATION_STATUS: _one(asked.migration_status),
            RuleDimension.NEED: self.needs,
            RuleDimension.SENDER_KIND: _one(actor.organization_kind),
            RuleDimension.STATE: _one(self.state),
            RuleDimension.MUNICIPALITY: _one(self.municipality),
        }


def centre_of(geography: Geography) -> Centre:
    """Return what knows the centres of municipalities; that of the whole state is none."""

    def centre(code: str) -> Point | None:
        found = geography.table.centre(code)
        if found is None or found.precision is Precision.STATE:
            return None
        return Point(found.latitude, found.longitude)

    return centre


def minute_of_day(moment: datetime, zone: str | None) -> int:
    """Return the minutes since midnight in a time zone."""
    local = moment.astimezone(ZoneInfo(zone or ZONE))
    return local.hour * 60 + local.minute


def _check(request: MatchServices) -> None:
    problems = [*_person_problems(request), *_place_problems(request.place or Place())]
    if problems:
        raise InvalidError(together([one.words for one in problems]), tuple(problems))


def _person_problems(request: MatchServices) -> Iterator[FieldProblem]:
    band = request.age_band
    if request.age is not None and band is not None:
        least, most = YEARS[band]
        if not least <= request.age <= most:
            yield _wrong("age and age_band do not agree: give one of them.", "age_band")
    years = _stated_age(request)
    if years and years[0] > _CHILD[1] and not _OF_CHILDREN.isdisjoint(request.vulnerabilities or ()):
        yield _wrong("vulnerabilities names what only a child can be, of an adult.", "vulnerabilities")


def _place_problems(place: Place) -> Iterator[FieldProblem]:
    if (place.latitude is None) is not (place.longitude is None):
        yield _wrong("A point has latitude and longitude.", "place", "latitude")
    state = INEGI_STATE.get(place.municipality[:2]) if place.municipality else None
    if place.municipality and state is None:
        yield _wrong("No state begins with these two digits.", "place", "municipality")
    if place.state and state and state is not place.state:
        yield _wrong("The municipality lies in another state.", "place", "municipality")


def _wrong(message: str, *path: str) -> FieldProblem:
    return FieldProblem(path=path, message=message)


def _place(place: Place, centre: Centre) -> tuple[State | None, str | None, Point | None]:
    state = place.state
    point = None
    if place.municipality:
        state = INEGI_STATE[place.municipality[:2]]
        point = centre(place.municipality)
    if place.latitude is not None and place.longitude is not None:
        point = Point(place.latitude, place.longitude)
    return state, place.municipality, point


def _age(request: MatchServices) -> tuple[int, int] | None:
    stated = _stated_age(request)
    if stated is None and not _OF_CHILDREN.isdisjoint(request.vulnerabilities or ()):
        return _CHILD
    return stated


def _stated_age(request: MatchServices) -> tuple[int, int] | None:
    if request.age is not None:
        return request.age, request.age
    return _years(request.age_band)


def _years(band: AgeBand | None) -> tuple[int, int] | None:
    return None if band is None else YEARS[band]


def _gender(gender: Gender | None) -> Gender | None:
    return None if gender is Gender.UNKNOWN else gender


def _companion(given: Any) -> Someone:
    return Someone(_years(given.age_band), _gender(given.gender))


def _languages(request: MatchServices) -> frozenset[str] | None:
    """The languages without their regions; an empty list is nobody's: then they are not known."""
    if not request.languages:
        return None
    return frozenset(tag.lower().partition("-")[0] for tag in request.languages)


def _documents(given: tuple[DocumentKind, ...] | None) -> frozenset[str] | None:
    found = _many(given)
    if found is None or found.isdisjoint(_IDENTITY):
        return found
    return found | {DocumentKind.IDENTITY_DOCUMENT}


def _one(code: str | None) -> frozenset[str] | None:
    return None if code is None else frozenset({code})


def _many(codes: tuple[Any, ...] | None) -> frozenset[str] | None:
    return None if codes is None else frozenset(codes)
