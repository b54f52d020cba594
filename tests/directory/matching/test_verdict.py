"""The rules as an algebra: every dimension and operator, what is not known, what is added, and children."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.problems import InvalidError
from contracts.acceptance import (
    DocumentKind,
    MigrationStatus,
    RuleDimension,
    RuleEffect,
    RuleOperator,
    RuleOutcome,
    RuleSource,
    Verdict,
)
from contracts.codes import AgeBand, Gender, Need, Priority, State, Vulnerability
from contracts.matching import AcceptanceRule, Companion, MatchServices, Place
from tests.directory.matching.people import (
    asks,
    decisions,
    forgotten,
    people,
    service,
    services,
    verdict,
)
from tests.directory.matching.rules import PAIRS, rule, rules

D, Op, E = RuleDimension, RuleOperator, RuleEffect
INELIGIBLE, ASSESS, ELIGIBLE = Verdict.INELIGIBLE, Verdict.ASSESS, Verdict.ELIGIBLE


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{clock}-06:00")


# By dimension: values of a rule, somebody for whom they hold, and somebody for whom they do not.
CODES: dict[RuleDimension, tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = {
    D.GENDER: (("female",), {"gender": Gender.FEMALE}, {"gender": Gender.MALE}),
    D.HOUSEHOLD_COMPOSITION: (
        ("single_woman",),
        {"gender": Gender.FEMALE, "age": 30, "household": ()},
        {"gender": Gender.FEMALE, "age": 30, "household": (Companion(age_band=AgeBand.CHILD),)},
    ),
    D.VULNERABILITY: (
        ("pregnant",),
        {"vulnerabilities": (Vulnerability.PREGNANT,)},
        {"vulnerabilities": ()},
    ),
    D.LANGUAGE: (("ht",), {"languages": ("ht",)}, {"languages": ("es-MX",)}),
    D.DOCUMENT: (
        ("identity_document",),
        {"documents": (DocumentKind.PASSPORT,)},
        {"documents": ()},
    ),
    D.NATIONALITY: (("HN",), {"nationality": "HN"}, {"nationality": "GT"}),
    D.MIGRATION_STATUS: (
        ("refugee",),
        {"migration_status": MigrationStatus.REFUGEE},
        {"migration_status": MigrationStatus.VISITOR},
    ),
    D.NEED: (("legal_assistance",), {}, {"needs": (Need.FOOD,)}),
    D.SENDER_KIND: (("shelter",), {}, {}),
    D.STATE: (("CHP",), {"place": Place(state=State.CHP)}, {"place": Place(state=State.OAX)}),
    D.MUNICIPALITY: (
        ("07089",),
        {"place": Place(municipality="07089")},
        {"place": Place(municipality="07019")},
    ),
}
NUMBERS: dict[RuleDimension, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # Somebody of 2, of 3, and of 5, of whatever is counted.
    D.AGE: ({"age": 2}, {"age": 3}, {"age": 5}),
    D.NIGHTS: ({"nights": 2}, {"nights": 3}, {"nights": 5}),
    D.HOUSEHOLD_SIZE: (
        {"household": (Companion(),)},
        {"household": (Companion(),) * 2},
        {"household": (Companion(),) * 4},
    ),
}
# Of 2, 3 and 5: whom a rule with 3, or with 3 and 4, holds for.
HOLDS = {
    Op.BETWEEN: (("3", "4"), (False, True, False)),
    Op.AT_LEAST: (("3",), (False, True, True)),
    Op.AT_MOST: (("3",), (True, True, False)),
    Op.EQUALS: (("3",), (False, True, False)),
}
OUTCOMES = {
    (E.REQUIRE, True): RuleOutcome.MET,
    (E.REQUIRE, False): RuleOutcome.NOT_MET,
    (E.EXCLUDE, True): RuleOutcome.NOT_MET,
    (E.EXCLUDE, False): RuleOutcome.MET,
    (E.ASSESS, True): RuleOutcome.ASSESS,
    (E.ASSESS, False): RuleOutcome.MET,
}


def outcome(given: AcceptanceRule, **known: Any) -> RuleOutcome:
    """What the rule comes to."""
    (found,) = [
        one for one in decisions(service(given), asks(**known)) if one.source is RuleSource.ACCEPTANCE
    ]
    assert (found.ask is not None) == (found.outcome is RuleOutcome.ASK)
    return found.outcome


@pytest.mark.parametrize("effect", RuleEffect)
@pytest.mark.parametrize(("dimension", "operator"), [pair for pair in PAIRS if pair[0] in CODES])
def test_every_dimension_of_codes_by_every_operator(
    dimension: RuleDimension, operator: RuleOperator, effect: RuleEffect
) -> None:
    values, hit, miss = CODES[dimension]
    wanted = operator not in {Op.NOT_IN, Op.ABSENT}
    some = () if operator in {Op.PRESENT, Op.ABSENT} else values
    given = rule(dimension, operator, effect, *some, justification="Lo pide la ley.")
    if outcome(given, **hit) is not OUTCOMES[effect, wanted]:
        raise AssertionError((dimension, operator, effect, outcome(given, **hit)))
    # Everybody has a need, a sender of one kind, and a language: there is no miss of presence.
    always = dimension is D.SENDER_KIND or (not some and dimension in {D.NEED, D.LANGUAGE})
    assert outcome(given, **miss) is OUTCOMES[effect, wanted if always else not wanted]
    if dimension not in {D.NEED, D.SENDER_KIND}:
        assert outcome(given) is RuleOutcome.ASK


@pytest.mark.parametrize("effect", RuleEffect)
@pytest.mark.parametrize(("dimension", "operator"), [pair for pair in PAIRS if pair[0] in NUMBERS])
def test_every_dimension_of_numbers_by_every_operator(
    dimension: RuleDimension, operator: RuleOperator, effect: RuleEffect
) -> None:
    values, holds = HOLDS[operator]
    given = rule(dimension, operator, effect, *values)
    found = [outcome(given, **known) for known in NUMBERS[dimension]]
    assert found == [OUTCOMES[effect, one] for one in holds]
    assert outcome(given) is RuleOutcome.ASK


@pytest.mark.parametrize("effect", RuleEffect)
@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [
        (Op.AT_LEAST, ("20:00",), (False, True, False)),
        (Op.AT_MOST, ("20:00",), (True, False, True)),
        (Op.BETWEEN, ("08:00", "20:00"), (True, False, False)),
        # Over midnight.
        (Op.BETWEEN, ("20:00", "06:00"), (False, True, True)),
    ],
)
def test_times_of_arrival_are_those_of_the_services_zone(
    effect: RuleEffect, operator: RuleOperator, values: tuple[str, ...], holds: tuple[bool, ...]
) -> None:
    given = rule(D.ARRIVAL_TIME, operator, effect, *values)
    found = [outcome(given, arrives_at=at(clock)) for clock in ("12:00", "22:30", "05:00")]
    assert found == [OUTCOMES[effect, one] for one in holds]


@given(services(), rules((RuleEffect.EXCLUDE, RuleEffect.REQUIRE)), people())
@settings(max_examples=150)
def test_another_rule_never_makes_a_service_better(
    offered: Any, added: AcceptanceRule, request: MatchServices
) -> None:
    one, provider = offered
    (more,) = service(added)[0].rules
    stricter = (_with(one, (*one.rules, more)), provider)
    order = [ELIGIBLE, ASSESS, INELIGIBLE]
    assert order.index(verdict(stricter, request)) >= order.index(verdict(offered, request))


def _with(one: Any, given: tuple[Any, ...]) -> Any:
    fields = {name: getattr(one, name) for name in type(one).__slots__}
    return type(one)(**{**fields, "rules": given})


@given(st.data(), services(), people())
@settings(max_examples=300)
def test_what_is_not_known_never_makes_ineligible(
    data: st.DataObject, offered: Any, request: MatchServices
) -> None:
    less = data.draw(forgotten(request))
    if verdict(offered, less) is INELIGIBLE:
        # What is known is enough for it: whatever the rest may be, as it is here.
        assert verdict(offered, request) is INELIGIBLE


@given(services(), people())
@settings(max_examples=100)
def test_the_words_say_what_the_verdict_is(offered: Any, request: MatchServices) -> None:
    outcomes = {one.outcome for one in decisions(offered, request)}
    found = verdict(offered, request)
    assert (found is INELIGIBLE) == (RuleOutcome.NOT_MET in outcomes)
    if found is ELIGIBLE:
        assert outcomes.isdisjoint({RuleOutcome.ASK, RuleOutcome.ASSESS})
    for one in decisions(offered, request):
        assert one.words.es
        assert one.words.en
        assert one.ask is None or (one.ask.es and one.ask.en)


DOCUMENT = rule(D.DOCUMENT, Op.PRESENT, E.REQUIRE)


@pytest.mark.parametrize("need", [Need.EMERGENCY_SHELTER, Need.FOOD, Need.MEDICAL_CARE])
def test_no_child_is_kept_from_shelter_food_or_care_for_a_missing_document(need: Need) -> None:
    offered = service(DOCUMENT, required_documents=["CURP"])
    child = asks(needs=(need,), age=9, documents=())
    with_child = asks(needs=(need,), age=30, documents=(), household=(Companion(age_band=AgeBand.INFANT),))
    for request in (child, with_child):
        assert verdict(offered, request) is not INELIGIBLE
        waived = [one.source for one in decisions(offered, request) if one.outcome is RuleOutcome.WAIVED]
        assert waived == [RuleSource.REQUIRED_DOCUMENTS, RuleSource.ACCEPTANCE]
    alone = asks(needs=(need,), age=30, documents=(), household=())
    assert verdict(offered, alone) is INELIGIBLE
    # Who may be a child, or come with one, is asked.
    assert verdict(offered, asks(needs=(need,), documents=())) is ASSESS


@pytest.mark.parametrize(
    "known", [{"needs": (Need.EMERGENCY_MEDICAL_CARE,)}, {"priority": Priority.EMERGENCY}]
)
def test_nobody_is_kept_from_help_in_an_emergency_for_a_missing_document(known: dict[str, Any]) -> None:
    request = asks(age=30, household=(), documents=(), **known)
    assert verdict(service(DOCUMENT), request) is ELIGIBLE


def test_a_child_may_still_be_too_young() -> None:
    offered = service(rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "18"))
    assert verdict(offered, asks(needs=(Need.FOOD,), age=9, documents=())) is INELIGIBLE


def test_those_who_are_with_her_are_asked_about_and_exclude_nobody() -> None:
    women = service(rule(D.GENDER, Op.IN, E.REQUIRE, "female"))
    son = Companion(age_band=AgeBand.ADOLESCENT, gender=Gender.MALE)
    assert verdict(women, asks(gender=Gender.FEMALE, household=())) is ELIGIBLE
    assert verdict(women, asks(gender=Gender.FEMALE, household=(son,))) is ASSESS
    assert verdict(women, asks(gender=Gender.FEMALE, household=(Companion(),))) is ASSESS


@pytest.mark.parametrize(
    ("kind", "needs", "expected"),
    [
        ("prosecutor", (Need.LEGAL_ASSISTANCE,), ASSESS),
        ("consulate", (Need.INTERNATIONAL_PROTECTION,), ASSESS),
        ("consulate", (Need.CONSULAR_ASSISTANCE, Need.INTERNATIONAL_PROTECTION), ASSESS),
        ("consulate", (Need.CONSULAR_ASSISTANCE,), ELIGIBLE),
        ("shelter", (Need.INTERNATIONAL_PROTECTION,), ELIGIBLE),
    ],
)
def test_prosecutors_and_consulates_need_written_consent(
    kind: str, needs: tuple[Need, ...], expected: Verdict
) -> None:
    offered = service(kind=kind)
    assert verdict(offered, asks(needs=needs)) is expected
    reasons = [one.words.es for one in decisions(offered, asks(needs=needs))]
    assert any("consentimiento escrito" in words or "consentimiento" in words for words in reasons) == (
        expected is ASSESS
    )


@pytest.mark.parametrize(
    ("more", "known", "expected"),
    [
        ({"status": "temporarily closed"}, {}, INELIGIBLE),
        ({"intake": "none"}, {}, INELIGIBLE),
        ({"verified": False}, {}, ASSESS),
        ({"minimum_age": 18}, {"age": 17}, INELIGIBLE),
        ({"minimum_age": 18}, {"age": 18}, ELIGIBLE),
        ({"minimum_age": 18}, {}, ASSESS),
        ({"maximum_age": 17.0}, {"age_band": AgeBand.ADULT}, INELIGIBLE),
        ({"languages": [{"code": "es"}]}, {"languages": ("ht",)}, ASSESS),
        ({"languages": [{"code": "ht", "interpreter": True}]}, {"languages": ("ht",)}, ELIGIBLE),
        ({"languages": [{"code": "es"}]}, {}, ASSESS),
        ({"service_areas": [{"name": "Chiapas"}]}, {"place": Place(state=State.OAX)}, INELIGIBLE),
        ({"service_areas": [{"name": "Chiapas"}]}, {"place": Place(municipality="07089")}, ELIGIBLE),
        ({"service_areas": [{"name": "México"}]}, {"place": Place(state=State.OAX)}, ELIGIBLE),
        ({"service_areas": [{"name": "La colonia"}]}, {"place": Place(state=State.OAX)}, ELIGIBLE),
        ({"required_documents": ["CURP"]}, {}, ASSESS),
    ],
)
def test_what_is_known_of_a_service_decides_too(
    more: dict[str, Any], known: dict[str, Any], expected: Verdict
) -> None:
    assert verdict(service(**more), asks(**known)) is expected


WEEKDAYS = [{"freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "15:00"}]


def test_a_service_that_is_closed_at_the_time_of_arrival_is_assessed() -> None:
    offered = service(schedules=WEEKDAYS, timezone="America/Mexico_City")
    assert verdict(offered, asks(arrives_at=at("10:00"))) is ELIGIBLE
    assert verdict(offered, asks(arrives_at=at("18:00"))) is ASSESS
    # Without a time it is now: in these tests noon of a Monday.
    assert verdict(offered, asks()) is ELIGIBLE


@pytest.mark.parametrize(
    ("free", "expected", "outcome"),
    [
        (3, ELIGIBLE, RuleOutcome.MET),
        (2, ASSESS, RuleOutcome.ASSESS),
        (0, ASSESS, RuleOutcome.ASSESS),
        (None, ELIGIBLE, RuleOutcome.NOTE),
    ],
)
def test_places_are_counted_for_the_whole_household(
    free: int | None, expected: Verdict, outcome: RuleOutcome
) -> None:
    request = asks(needs=(Need.EMERGENCY_SHELTER,), household=(Companion(), Companion()))
    assert verdict(service(), request, free) is expected
    (found,) = [one for one in decisions(service(), request, free) if one.source is RuleSource.CAPACITY]
    assert found.outcome is outcome


def test_a_rule_that_waits_for_a_coordinator_is_not_applied() -> None:
    given = rule(D.NATIONALITY, Op.IN, E.REQUIRE, "HN", justification="Convenio.")
    waiting = service(given, acceptance={"edited": True, "rules": []}, rules=[])
    assert verdict(service(given), asks(nationality="GT")) is INELIGIBLE
    assert verdict(waiting, asks(nationality="GT")) is ELIGIBLE


@pytest.mark.parametrize(
    ("known", "path"),
    [
        ({"age": 30, "age_band": AgeBand.CHILD}, ("age_band",)),
        ({"age": 30, "vulnerabilities": (Vulnerability.SEPARATED_CHILD,)}, ("vulnerabilities",)),
        ({"place": Place(latitude=15.0)}, ("place", "latitude")),
        ({"place": Place(state=State.OAX, municipality="07089")}, ("place", "municipality")),
        ({"place": Place(municipality="99001")}, ("place", "municipality")),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(known: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidError) as refusal:
        verdict(service(), asks(**known))
    assert refusal.value.fields[0].path == path
