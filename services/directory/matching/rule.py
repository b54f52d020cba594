"""What an acceptance rule comes to for a person of whom not everything is known: pure functions.

A rule's condition is true, false, or unknown (None), by Kleene's logic: unknown is whatever would be true
of one person and false of another of whom the same is known. So what is not known never decides:

========= ========= ========== =======
effect    true      false      unknown
========= ========= ========== =======
require   met       **not met** ask
exclude   **not met** met      ask
assess    assess    met        ask
========= ========= ========== =======

A *fact* is what is known in one dimension, None where nothing is:
  number   the least and the most that it can be, ``(18, 59)``
  one      the codes that it can be, of which it is one
  many     the codes that there are, all of them
  time     minutes since midnight
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from contracts.acceptance import RuleDimension, RuleEffect, RuleOperator, RuleOutcome
from contracts.matching import AcceptanceRule
from services.directory.matching.dimension import SPECS, Kind, minutes

Truth = bool | None
Holds = Callable[[Any], Truth]
Range = tuple[int, int]

OUTCOMES: dict[RuleEffect, dict[Truth, RuleOutcome]] = {
    RuleEffect.REQUIRE: {True: RuleOutcome.MET, False: RuleOutcome.NOT_MET, None: RuleOutcome.ASK},
    RuleEffect.EXCLUDE: {True: RuleOutcome.NOT_MET, False: RuleOutcome.MET, None: RuleOutcome.ASK},
    RuleEffect.ASSESS: {True: RuleOutcome.ASSESS, False: RuleOutcome.MET, None: RuleOutcome.ASK},
}
# Where the person herself is no reason against it, those who are with her may be one: that is asked about.
TOGETHER = frozenset({RuleDimension.AGE, RuleDimension.GENDER})
_FAR = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule ready to be applied. Equal rules are one object: each is worked out once for a request."""

    id: str
    dimension: RuleDimension
    operator: RuleOperator
    effect: RuleEffect
    values: tuple[str, ...]
    note: str | None
    holds: Holds


def rule_id(rule: AcceptanceRule) -> str:
    """Return the id of a rule, which follows from all that it says: an approval is of these very words."""
    said = msgspec.json.encode(
        (rule.dimension, rule.operator, rule.effect, rule.values, rule.note, rule.justification)
    )
    return "rul_" + hashlib.sha256(said).hexdigest()[:26]


@lru_cache(maxsize=20_000)
def compiled(rule: AcceptanceRule) -> Rule:
    """Return a checked rule, ready to be applied."""
    holds = condition(rule.dimension, rule.operator, rule.values)
    return Rule(rule_id(rule), rule.dimension, rule.operator, rule.effect, rule.values, rule.note, holds)


def condition(dimension: RuleDimension, operator: RuleOperator, values: tuple[str, ...]) -> Holds:
    """Return what tells of a fact whether the condition holds; values as ``dimension.normal`` gives them."""
    kind = SPECS[dimension].kind
    if kind is Kind.NUMBER:
        return _within(_bounds(operator, [int(value) for value in values]))
    if kind is Kind.TIME:
        return _between(_bounds(operator, [minutes(value) for value in values]))
    codes = frozenset(values)
    return (_one if kind is Kind.ONE else _many)(operator, codes)


def outcome(rule: Rule, fact: Any, companions: tuple[Any, ...] = ()) -> RuleOutcome:
    """Return what a rule comes to, for the person and those who are with her."""
    found = OUTCOMES[rule.effect][rule.holds(fact)]
    if found is not RuleOutcome.MET or rule.dimension not in TOGETHER:
        return found
    others = {OUTCOMES[rule.effect][rule.holds(companion)] for companion in companions}
    if others & {RuleOutcome.NOT_MET, RuleOutcome.ASSESS}:
        return RuleOutcome.ASSESS
    return RuleOutcome.ASK if RuleOutcome.ASK in others else RuleOutcome.MET


def _bounds(operator: RuleOperator, numbers: list[int]) -> Range:
    if operator is RuleOperator.AT_LEAST:
        return numbers[0], _FAR
    if operator is RuleOperator.AT_MOST:
        return 0, numbers[0]
    return numbers[0], numbers[-1]


def _within(bounds: Range) -> Holds:
    least, most = bounds

    def holds(fact: Range | None) -> Truth:
        if fact is None:
            return None
        if least <= fact[0] and fact[1] <= most:
            return True
        return False if fact[1] < least or most < fact[0] else None

    return holds


def _between(bounds: Range) -> Holds:
    begin, end = bounds

    def holds(fact: int | None) -> Truth:
        if fact is None:
            return None
        # From 20:00 to 06:00 goes over midnight.
        return begin <= fact <= end if begin <= end else fact >= begin or fact <= end

    return holds


def _one(operator: RuleOperator, codes: frozenset[str]) -> Holds:
    wanted = operator is not RuleOperator.NOT_IN

    def holds(fact: frozenset[str] | None) -> Truth:
        if fact is None:
            return None
        if fact <= codes:
            return wanted
        return not wanted if fact.isdisjoint(codes) else None

    return holds


def _many(operator: RuleOperator, codes: frozenset[str]) -> Holds:
    wanted = operator in {RuleOperator.IN, RuleOperator.EQUALS, RuleOperator.PRESENT}
    any_code = operator in {RuleOperator.PRESENT, RuleOperator.ABSENT}

    def holds(fact: frozenset[str] | None) -> Truth:
        if fact is None:
            return None
        return bool(fact if any_code else fact & codes) is wanted

    return holds
