"""The verdict on one service for one request, and how services are ordered by it."""

from collections.abc import Iterator
from typing import NamedTuple

from contracts.acceptance import RuleDimension, RuleOutcome, RuleSource, Verdict
from contracts.matching import Decision, Words
from services.directory.matching.builtin import ASKS, JUDGES, Case, looks_of, questions_of, words
from services.directory.matching.rule import Rule
from services.directory.matching.words import ASK, say

# What each open question takes from the fit, out of 1 for all needs met.
_OPEN_COSTS = 0.05
_ORDER = {Verdict.ELIGIBLE: 0, Verdict.ASSESS: 1, Verdict.INELIGIBLE: 2}
_CHILDREN_ASK = Words(
    es="¿Es menor de edad, o hay niñas o niños con ella? ¿Qué documentos tiene?",
    en="Is she under 18, or are there children with her? Which papers does she have?",
)


class Judgement(NamedTuple):
    """The verdict, how well it fits (0 to 1), and whether there is place: 0 yes, 1 unknown, 2 no."""

    verdict: Verdict
    fit: float
    place: int


def judge(case: Case) -> Judgement:
    """Return the verdict on a service, without words: it is asked of hundreds for each request."""
    asked, candidate, provider, terms, free = case
    questions = asked.raised.get((provider.kind, provider.verified))
    if questions is None:
        questions = asked.raised[provider.kind, provider.verified] = questions_of(case)
    outcomes = [look(case) for look in looks_of(candidate.looks)]
    outcomes += [asked.outcome(rule, candidate.zone, terms.waiver) for rule in candidate.rules]
    questions += outcomes.count(RuleOutcome.ASK) + outcomes.count(RuleOutcome.ASSESS)
    place = 1 if free is None else 0 if free >= terms.wanted else 2
    questions += place == 2  # noqa: PLR2004 - no place, see Judgement
    fit = max(0.0, terms.share - _OPEN_COSTS * questions)
    if RuleOutcome.NOT_MET in outcomes:
        return Judgement(Verdict.INELIGIBLE, fit, place)
    return Judgement(Verdict.ASSESS if questions else Verdict.ELIGIBLE, fit, place)


def order(found: Judgement, kilometres: float | None, service: str) -> tuple[int, float, int, float, str]:
    """Return what services are sorted by: verdict, fit, place, distance."""
    distance = float("inf") if kilometres is None else kilometres
    return _ORDER[found.verdict], -found.fit, found.place, distance, service


def explain(case: Case) -> tuple[Decision, ...]:
    """Return every rule that had something to say, the decisive ones first."""
    decisions = sorted([*_built_in(case), *_accepted(case)], key=lambda one: _WEIGHT[one.outcome])
    return tuple(decisions)


_WEIGHT = {
    RuleOutcome.NOT_MET: 0,
    RuleOutcome.ASK: 1,
    RuleOutcome.ASSESS: 2,
    RuleOutcome.WAIVED: 3,
    RuleOutcome.NOTE: 4,
    RuleOutcome.MET: 5,
}


def _built_in(case: Case) -> Iterator[Decision]:
    for source, look in JUDGES.items():
        found = look(case)
        if found is not None:
            dimension = ASKS.get(source)
            ask = ASK[dimension] if dimension and found is RuleOutcome.ASK else None
            yield Decision(
                source=source, outcome=found, words=words(source, found, case), dimension=dimension, ask=ask
            )


def _accepted(case: Case) -> Iterator[Decision]:
    waiver = case.terms.waiver
    for rule in case.candidate.rules:
        found = case.asked.outcome(rule, case.candidate.zone, waiver)
        yield Decision(
            source=RuleSource.ACCEPTANCE,
            outcome=found,
            words=say(rule.dimension, rule.operator, rule.effect, rule.values),
            rule=rule.id,
            dimension=rule.dimension,
            ask=_question(rule, waiver) if found is RuleOutcome.ASK else None,
            note=rule.note,
        )


def _question(rule: Rule, waiver: bool | None) -> Words:
    if rule.dimension is RuleDimension.DOCUMENT and waiver is None:
        return _CHILDREN_ASK
    return ASK[rule.dimension]
