"""Whether rules can be right: every mistake by its path, all at once; and what says nothing, as a warning.

A dimension's rules contradict each other where nobody could ever satisfy them. That is tried out: on every
code of a short list; on the borders of ranges and what lies beside them; of things that one can have several
of, on nothing and on all that is not forbidden, since more of them never breaks what asks for some.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from contracts.acceptance import REVIEWED, RuleDimension, RuleEffect, RuleOperator, RuleOutcome
from contracts.matching import AcceptanceRule
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.directory.matching.dimension import (
    COUNTS,
    MINUTES_OF_DAY,
    SPECS,
    Kind,
    minutes,
    normal,
    operators_of,
)
from services.directory.matching.rule import OUTCOMES, Rule, compiled

Problems = Iterator[FieldProblem]
Numbered = tuple[int, AcceptanceRule]

MOST_SHOWN = 10
# A code that no rule names.
_ANOTHER = "-"


def checked(rules: Sequence[AcceptanceRule]) -> tuple[list[AcceptanceRule], list[FieldProblem]]:
    """Return the rules with their values as they are stored, and all that is wrong with them.

    Where anything is wrong the rules are not to be used.
    """
    normals: list[Numbered] = []
    problems: list[FieldProblem] = []
    for number, rule in enumerate(rules):
        wrong = list(_shape(number, rule))
        problems += wrong
        if not wrong:
            normals.append((number, _normal(rule)))
    problems += [*_repeated(normals), *_contradictions(normals)]
    return [rule for _, rule in normals], problems


def unjustified(rules: Sequence[AcceptanceRule]) -> list[FieldProblem]:
    """Return a problem for each rule that has to say why it is needed, and does not."""
    return [
        _wrong(
            Sentence(
                "A rule on {dimension} needs its reason, for a coordinator to approve.",
                dimension=rule.dimension,
            ),
            "REQUIRED",
            number,
            "justification",
        )
        for number, rule in enumerate(rules)
        if rule.dimension in REVIEWED and rule.justification is None
    ]


def warnings(rules: Sequence[AcceptanceRule]) -> list[FieldProblem]:
    """Return, by path, the checked rules that say nothing: they hold for everybody, or for nobody."""
    return list(_warnings(rules))


def _warnings(rules: Sequence[AcceptanceRule]) -> Problems:
    for number, rule in enumerate(rules):
        outcomes = {outcome for outcome, _ in _tried(rule.dimension, [compiled(rule)])}
        if RuleOutcome.MET in outcomes and len(outcomes) == 1:
            yield _wrong("This rule says nothing: it keeps nobody out.", "SAYS_NOTHING", number)


def _wrong(message: str, code: str, number: int, *path: str) -> FieldProblem:
    return FieldProblem(path=("rules", str(number), *path), message=message, code=code)


def _shape(number: int, rule: AcceptanceRule) -> Problems:
    """What is wrong with a rule by itself, as far as its form goes."""
    allowed = operators_of(rule.dimension)
    if rule.operator not in allowed:
        words = Sentence(
            "{dimension} is compared by one of: {operators}.",
            dimension=rule.dimension,
            operators=", ".join(operator.value for operator in allowed),
        )
        yield _wrong(words, "INVALID", number, "operator")
        return
    yield from _count(number, rule)
    yield from _values(number, rule)


def _count(number: int, rule: AcceptanceRule) -> Problems:
    fewest, most = COUNTS[rule.operator]
    given = len(rule.values)
    if given < fewest or (most is not None and given > most):
        message = Sentence(
            "{operator} takes {wanted} values, not {given}."
            if fewest == most
            else "{operator} takes at least {wanted} values, not {given}.",
            operator=rule.operator,
            wanted=fewest,
            given=given,
        )
        yield _wrong(message, "INVALID", number, "values")


def _values(number: int, rule: AcceptanceRule) -> Problems:
    seen: list[str | None] = []
    for place, value in enumerate(rule.values):
        found = normal(rule.dimension, value)
        if found is None:
            message = Sentence(
                "Is no value of {dimension}: give {wanted}.",
                dimension=rule.dimension,
                wanted=_wanted(rule.dimension),
            )
            yield _wrong(message, "INVALID", number, "values", str(place))
        elif found in seen and rule.operator is not RuleOperator.BETWEEN:
            yield _wrong("Stands there twice.", "INVALID", number, "values", str(place))
        seen.append(found)
    if rule.operator is RuleOperator.BETWEEN and len(seen) == COUNTS[RuleOperator.BETWEEN][0]:
        yield from _order(number, rule.dimension, seen)


def _order(number: int, dimension: RuleDimension, seen: Sequence[str | None]) -> Problems:
    first, last = seen
    if first is None or last is None:
        return
    if SPECS[dimension].kind is Kind.NUMBER and int(first) > int(last):
        yield _wrong("Ends before it begins: give the lower number first.", "INVALID", number, "values")
    if SPECS[dimension].kind is Kind.TIME and first == last:
        yield _wrong("Begins and ends at the same minute.", "INVALID", number, "values")


def _wanted(dimension: RuleDimension) -> Sentence:
    spec = SPECS[dimension]
    if spec.codes:
        # As GraphQL writes enums: so they are sent, and shown.
        more = ["…"] if len(spec.codes) > MOST_SHOWN else []
        shown = [*(code.upper() for code in spec.codes[:MOST_SHOWN]), *more]
        return Sentence("one of {codes}", codes=", ".join(shown))
    if spec.most:
        return Sentence("one like {example} up to {most}", example=spec.example, most=spec.most)
    return Sentence("one like {example}", example=spec.example)


def _normal(rule: AcceptanceRule) -> AcceptanceRule:
    values = [normal(rule.dimension, value) or "" for value in rule.values]
    return replace(
        rule,
        values=tuple(values if SPECS[rule.dimension].kind in {Kind.NUMBER, Kind.TIME} else sorted(values)),
    )


def _repeated(rules: Sequence[Numbered]) -> Problems:
    seen: set[tuple[Any, ...]] = set()
    for number, rule in rules:
        said = (rule.dimension, rule.operator, rule.effect, rule.values)
        if said in seen:
            yield _wrong("An earlier rule says the same.", "DUPLICATE", number)
        seen.add(said)


def _contradictions(rules: Sequence[Numbered]) -> Problems:
    """The first rule of each dimension with which nobody is left that the service is for."""
    for dimension in RuleDimension:
        so_far: list[Rule] = []
        for number, rule in rules:
            if rule.dimension is not dimension or rule.effect is RuleEffect.ASSESS:
                continue
            so_far.append(compiled(rule))
            if all(outcome is RuleOutcome.NOT_MET for outcome, _ in _tried(dimension, so_far)):
                yield _wrong(_nobody(len(so_far)), "CONTRADICTION", number)
                break


def _nobody(count: int) -> str:
    if count == 1:
        return "Nobody could ever satisfy this rule."
    return "Nobody could satisfy this rule together with the earlier ones that look at the same."


def _tried(dimension: RuleDimension, rules: Sequence[Rule]) -> Iterator[tuple[RuleOutcome, Any]]:
    """Each fact that makes a difference, with the worst that the rules come to for it."""
    for fact in _facts(dimension, rules):
        outcomes = [OUTCOMES[rule.effect][rule.holds(fact)] for rule in rules]
        different = (outcome for outcome in outcomes if outcome is not RuleOutcome.MET)
        worst = RuleOutcome.NOT_MET if RuleOutcome.NOT_MET in outcomes else next(different, RuleOutcome.MET)
        yield worst, fact


def _facts(dimension: RuleDimension, rules: Sequence[Rule]) -> Iterable[Any]:
    spec = SPECS[dimension]
    named = {value for rule in rules for value in rule.values}
    if spec.kind is Kind.NUMBER:
        around = {int(value) + step for value in named for step in (-1, 0, 1)} | {0, spec.most}
        # Numbers of people and ages begin where the dimension does.
        least = 1 if dimension is RuleDimension.HOUSEHOLD_SIZE else 0
        return [(number, number) for number in sorted(around) if least <= number <= spec.most]
    if spec.kind is Kind.TIME:
        around = {minutes(value) + step for value in named for step in (-1, 0, 1)}
        return sorted(time % MINUTES_OF_DAY for time in around)
    codes = set(spec.codes) or named | {_ANOTHER}
    if spec.kind is Kind.ONE:
        return [frozenset({code}) for code in sorted(codes)]
    return _sets(dimension, codes, rules)


def _sets(dimension: RuleDimension, codes: set[str], rules: Sequence[Rule]) -> Iterable[frozenset[str]]:
    """Nothing; each code alone; and all codes that no rule keeps out by themselves."""
    alone = [frozenset({code}) for code in sorted(codes)]
    forbidden = {code for rule in rules if _forbids(rule) for code in rule.values}
    nothing = [] if dimension is RuleDimension.NEED else [frozenset[str]()]
    return [*nothing, *alone, frozenset(codes - forbidden)]


def _forbids(rule: Rule) -> bool:
    """Whether having a code that the rule names is enough to be kept out."""
    positive = rule.operator in {RuleOperator.IN, RuleOperator.EQUALS}
    return (rule.effect is RuleEffect.EXCLUDE) is positive
