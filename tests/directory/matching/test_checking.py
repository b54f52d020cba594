"""Rules are looked at when they are written: every mistake at once, and what nobody could satisfy."""

import pytest
from hypothesis import given

from contracts.acceptance import RuleDimension, RuleEffect, RuleOperator
from contracts.matching import AcceptanceRule
from services.directory.matching.checking import checked, unjustified, warnings
from services.directory.matching.dimension import operators_of
from services.directory.matching.rule import rule_id
from tests.directory.matching.rules import rule, rules

D, Op, E = RuleDimension, RuleOperator, RuleEffect


def problems(*given: AcceptanceRule) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.code, one.path) for one in checked(given)[1]]


def test_all_mistakes_are_named_at_once_each_by_its_path() -> None:
    assert problems(
        rule(D.AGE, Op.IN, E.REQUIRE, "18"),
        rule(D.GENDER, Op.IN, E.REQUIRE, "female"),
        rule(D.AGE, Op.BETWEEN, E.REQUIRE, "30", "18"),
        rule(D.VULNERABILITY, Op.IN, E.EXCLUDE, "pregnant", "tall"),
        rule(D.NATIONALITY, Op.IN, E.EXCLUDE, "HND"),
        rule(D.ARRIVAL_TIME, Op.BETWEEN, E.REQUIRE, "25:00", "08:00"),
        rule(D.NIGHTS, Op.AT_MOST, E.REQUIRE),
        rule(D.DOCUMENT, Op.PRESENT, E.REQUIRE, "passport"),
        rule(D.LANGUAGE, Op.IN, E.REQUIRE, "es", "es-MX"),
        rule(D.MUNICIPALITY, Op.IN, E.REQUIRE, "99001"),
    ) == [
        ("INVALID", ("rules", "0", "operator")),
        ("INVALID", ("rules", "2", "values")),
        ("INVALID", ("rules", "3", "values", "1")),
        ("INVALID", ("rules", "4", "values", "0")),
        ("INVALID", ("rules", "5", "values", "0")),
        ("INVALID", ("rules", "6", "values")),
        ("INVALID", ("rules", "7", "values")),
        ("INVALID", ("rules", "8", "values", "1")),
        ("INVALID", ("rules", "9", "values", "0")),
    ]


@pytest.mark.parametrize(
    "given",
    [
        [rule(D.GENDER, Op.IN, E.REQUIRE, "female"), rule(D.GENDER, Op.IN, E.EXCLUDE, "female", "male")],
        [rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "18"), rule(D.AGE, Op.AT_MOST, E.REQUIRE, "17")],
        [rule(D.AGE, Op.AT_LEAST, E.EXCLUDE, "18"), rule(D.AGE, Op.AT_MOST, E.EXCLUDE, "17")],
        [rule(D.DOCUMENT, Op.PRESENT, E.REQUIRE), rule(D.DOCUMENT, Op.ABSENT, E.REQUIRE)],
        [
            rule(D.VULNERABILITY, Op.IN, E.REQUIRE, "pregnant"),
            rule(D.VULNERABILITY, Op.IN, E.EXCLUDE, "pregnant", "lactating"),
        ],
        [
            rule(D.ARRIVAL_TIME, Op.BETWEEN, E.REQUIRE, "08:00", "20:00"),
            rule(D.ARRIVAL_TIME, Op.BETWEEN, E.REQUIRE, "21:00", "07:00"),
        ],
        [rule(D.NATIONALITY, Op.IN, E.REQUIRE, "HN"), rule(D.NATIONALITY, Op.NOT_IN, E.REQUIRE, "HN")],
    ],
)
def test_rules_that_leave_nobody_are_refused_at_the_one_that_does_it(given: list[AcceptanceRule]) -> None:
    assert problems(*given) == [("CONTRADICTION", ("rules", "1"))]


def test_a_rule_that_leaves_nobody_alone_is_refused() -> None:
    everybody = ("female", "male", "non_binary", "other")
    assert problems(rule(D.GENDER, Op.IN, E.EXCLUDE, *everybody)) == [("CONTRADICTION", ("rules", "0"))]
    assert problems(rule(D.HOUSEHOLD_SIZE, Op.AT_MOST, E.REQUIRE, "0")) == [("CONTRADICTION", ("rules", "0"))]


@pytest.mark.parametrize(
    "given",
    [
        [
            rule(D.VULNERABILITY, Op.IN, E.REQUIRE, "pregnant"),
            rule(D.VULNERABILITY, Op.IN, E.REQUIRE, "lactating"),
        ],
        [rule(D.NEED, Op.IN, E.REQUIRE, "food"), rule(D.NEED, Op.NOT_IN, E.REQUIRE, "other")],
        [rule(D.LANGUAGE, Op.IN, E.REQUIRE, "es"), rule(D.LANGUAGE, Op.NOT_IN, E.REQUIRE, "en")],
        [rule(D.AGE, Op.BETWEEN, E.REQUIRE, "18", "18"), rule(D.AGE, Op.EQUALS, E.REQUIRE, "18")],
        [rule(D.ARRIVAL_TIME, Op.BETWEEN, E.REQUIRE, "20:00", "06:00")],
    ],
)
def test_rules_that_somebody_satisfies_are_taken(given: list[AcceptanceRule]) -> None:
    assert problems(*given) == []


def test_the_same_rule_twice_is_refused() -> None:
    twice = (
        rule(D.GENDER, Op.IN, E.REQUIRE, "FEMALE", "male"),
        rule(D.GENDER, Op.IN, E.REQUIRE, "male", "female"),
    )
    assert problems(*twice) == [("DUPLICATE", ("rules", "1"))]


def test_a_rule_that_says_nothing_is_warned_of() -> None:
    given = [
        rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "0"),
        rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "18"),
        rule(D.NEED, Op.PRESENT, E.REQUIRE),
    ]
    assert checked(given)[1] == []
    assert [one.path for one in warnings(given)] == [("rules", "0"), ("rules", "2")]


def test_rules_on_where_somebody_comes_from_need_their_reason() -> None:
    given = [
        rule(D.NATIONALITY, Op.IN, E.REQUIRE, "HN"),
        rule(D.MIGRATION_STATUS, Op.IN, E.EXCLUDE, "visitor", justification="Lo pide la ley."),
        rule(D.MIGRATION_STATUS, Op.IN, E.EXCLUDE, "refugee"),
    ]
    assert [one.path for one in unjustified(given)] == [
        ("rules", "0", "justification"),
        ("rules", "2", "justification"),
    ]


def test_values_are_stored_in_one_form() -> None:
    given = [
        rule(D.GENDER, Op.IN, E.REQUIRE, "MALE", "Female"),
        rule(D.STATE, Op.IN, E.REQUIRE, "chp"),
        rule(D.LANGUAGE, Op.IN, E.REQUIRE, "es-MX"),
        rule(D.ARRIVAL_TIME, Op.AT_MOST, E.REQUIRE, "8:30"),
        rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "018"),
    ]
    assert [one.values for one in checked(given)[0]] == [
        ("female", "male"), ("CHP",), ("es",), ("08:30",), ("18",),
    ]  # fmt: skip


@given(rules())
def test_any_rule_of_good_form_has_no_mistake_but_that_it_may_leave_nobody(one: AcceptanceRule) -> None:
    found, wrong = checked([one])
    assert {problem.code for problem in wrong} <= {"CONTRADICTION"}
    # What is stored is checked again without a change, so that its id stays.
    assert [rule_id(again) for again in checked(found)[0]] == [rule_id(once) for once in found]


@pytest.mark.parametrize("dimension", RuleDimension)
def test_every_other_operator_is_refused(dimension: RuleDimension) -> None:
    for operator in set(RuleOperator) - set(operators_of(dimension)):
        assert ("INVALID", ("rules", "0", "operator")) in problems(rule(dimension, operator, E.REQUIRE, "1"))
