"""What rules can look at: each dimension's kind of value, its operators, and how a value is written."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from contracts.acceptance import (
    DocumentKind,
    HouseholdComposition,
    MigrationStatus,
    RuleDimension,
    RuleOperator,
)
from contracts.ages import OLDEST_YEARS
from contracts.codes import Gender, Need, OrganizationKind, State, Vulnerability


class Kind(StrEnum):
    """How a dimension's values compare."""

    NUMBER = "number"
    TIME = "time"
    # The person has exactly one of these, and any number of those.
    ONE = "one"
    MANY = "many"


class Spec(NamedTuple):
    """A dimension: codes where they are a list; else what a value looks like, and for numbers the most."""

    kind: Kind
    codes: tuple[str, ...] = ()
    pattern: str = r"\d{1,4}"
    most: int = 0
    example: str = ""
    upper: bool = False


def _codes(kind: Kind, codes: Iterable[StrEnum]) -> Spec:
    return Spec(kind, tuple(code.value for code in codes))


MINUTES_OF_DAY = 24 * 60
# Nobody is refused for being of unknown gender: it is asked.
GENDERS = tuple(gender for gender in Gender if gender is not Gender.UNKNOWN)

SPECS: dict[RuleDimension, Spec] = {
    RuleDimension.AGE: Spec(Kind.NUMBER, most=OLDEST_YEARS, example="18"),
    RuleDimension.GENDER: _codes(Kind.ONE, GENDERS),
    RuleDimension.HOUSEHOLD_SIZE: Spec(Kind.NUMBER, most=100, example="4"),
    RuleDimension.HOUSEHOLD_COMPOSITION: _codes(Kind.ONE, HouseholdComposition),
    RuleDimension.VULNERABILITY: _codes(Kind.MANY, Vulnerability),
    RuleDimension.LANGUAGE: Spec(Kind.MANY, pattern=r"[a-z]{2,3}", example="es"),
    RuleDimension.DOCUMENT: _codes(Kind.MANY, DocumentKind),
    RuleDimension.NIGHTS: Spec(Kind.NUMBER, most=3650, example="3"),
    RuleDimension.NATIONALITY: Spec(Kind.ONE, pattern=r"[A-Z]{2}", example="HN", upper=True),
    RuleDimension.MIGRATION_STATUS: _codes(Kind.ONE, MigrationStatus),
    RuleDimension.NEED: _codes(Kind.MANY, Need),
    RuleDimension.SENDER_KIND: _codes(Kind.ONE, OrganizationKind),
    RuleDimension.ARRIVAL_TIME: Spec(Kind.TIME, pattern=r"([01]?\d|2[0-3]):[0-5]\d", example="08:30"),
    RuleDimension.STATE: Spec(Kind.ONE, tuple(state.value for state in State), upper=True),
    RuleDimension.MUNICIPALITY: Spec(Kind.ONE, pattern=r"(0[1-9]|[12]\d|3[0-2])\d{3}", example="07089"),
}

_RANGES = (RuleOperator.BETWEEN, RuleOperator.AT_LEAST, RuleOperator.AT_MOST)
OPERATORS: dict[Kind, tuple[RuleOperator, ...]] = {
    Kind.NUMBER: (*_RANGES, RuleOperator.EQUALS),
    Kind.TIME: _RANGES,
    Kind.ONE: (RuleOperator.IN, RuleOperator.NOT_IN, RuleOperator.EQUALS),
    Kind.MANY: (
        RuleOperator.IN,
        RuleOperator.NOT_IN,
        RuleOperator.EQUALS,
        RuleOperator.PRESENT,
        RuleOperator.ABSENT,
    ),
}

# How many values each operator takes: the fewest, and the most (None: as many as a rule may have).
COUNTS: dict[RuleOperator, tuple[int, int | None]] = {
    RuleOperator.IN: (1, None),
    RuleOperator.NOT_IN: (1, None),
    RuleOperator.BETWEEN: (2, 2),
    RuleOperator.AT_LEAST: (1, 1),
    RuleOperator.AT_MOST: (1, 1),
    RuleOperator.EQUALS: (1, 1),
    RuleOperator.PRESENT: (0, 0),
    RuleOperator.ABSENT: (0, 0),
}


def operators_of(dimension: RuleDimension) -> tuple[RuleOperator, ...]:
    """Return the operators that a dimension allows."""
    return OPERATORS[SPECS[dimension].kind]


def normal(dimension: RuleDimension, value: str) -> str | None:
    """Return a value as it is stored, or None where it is none of the dimension.

    Codes may come as GraphQL writes enums, languages with their region, times without the leading zero.
    """
    spec = SPECS[dimension]
    text = value.strip().upper() if spec.upper else value.strip().lower()
    if dimension is RuleDimension.LANGUAGE:
        text = text.partition("-")[0]
    if spec.codes:
        return text if text in spec.codes else None
    if not re.fullmatch(spec.pattern, text, re.ASCII):
        return None
    if spec.kind is Kind.NUMBER:
        return str(int(text)) if int(text) <= spec.most else None
    return text.zfill(5) if spec.kind is Kind.TIME else text


def minutes(time: str) -> int:
    """Return the minutes since midnight of ``08:30``."""
    hours, _, rest = time.partition(":")
    return int(hours) * 60 + int(rest)
