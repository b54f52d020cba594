"""Acceptance rules for tests: any of them, and single ones by a short name."""

from typing import Any

from hypothesis import strategies as st

from contracts.acceptance import RuleDimension, RuleEffect, RuleOperator
from contracts.matching import AcceptanceRule
from services.directory.matching.dimension import COUNTS, SPECS, Kind, operators_of

PATTERNS = {
    RuleDimension.LANGUAGE: ("es", "en", "ht", "mam"),
    RuleDimension.NATIONALITY: ("HN", "GT", "HT", "VE"),
    RuleDimension.MUNICIPALITY: ("07089", "07019", "20067"),
}
PAIRS = [(dimension, operator) for dimension in RuleDimension for operator in operators_of(dimension)]


def rule(
    dimension: RuleDimension, operator: RuleOperator, effect: RuleEffect, *values: str, **more: Any
) -> AcceptanceRule:
    """A rule."""
    return AcceptanceRule(dimension=dimension, operator=operator, effect=effect, values=values, **more)


def values_of(dimension: RuleDimension) -> st.SearchStrategy[str]:
    """Values of a dimension, as they are stored."""
    spec = SPECS[dimension]
    if spec.kind is Kind.NUMBER:
        return st.integers(1, spec.most).map(str)
    if spec.kind is Kind.TIME:
        return st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
    return st.sampled_from(spec.codes or PATTERNS[dimension])


@st.composite
def rules(draw: st.DrawFn, effects: tuple[RuleEffect, ...] = tuple(RuleEffect)) -> AcceptanceRule:
    """Any rule of good form."""
    dimension, operator = draw(st.sampled_from(PAIRS))
    fewest, most = COUNTS[operator]
    values = draw(
        st.lists(values_of(dimension), min_size=fewest, max_size=4 if most is None else most, unique=True)
    )
    if operator is RuleOperator.BETWEEN and SPECS[dimension].kind is Kind.NUMBER:
        values.sort(key=int)
    return AcceptanceRule(
        dimension=dimension,
        operator=operator,
        effect=draw(st.sampled_from(effects)),
        values=tuple(values),
        justification="Lo pide la ley." if draw(st.booleans()) else None,
    )
