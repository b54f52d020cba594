"""Every rule has words in both languages, and every question has words."""

import pytest

from contracts.acceptance import ACCEPTANCE_LABELS, RuleDimension, RuleEffect, RuleOperator
from contracts.matching import Words
from services.directory.matching.dimension import SPECS, Kind
from services.directory.matching.words import ASK, name_of, say
from tests.directory.matching.rules import PAIRS, PATTERNS

D, Op, E = RuleDimension, RuleOperator, RuleEffect
NUMBERS = {Kind.NUMBER: ("3", "7"), Kind.TIME: ("08:30", "20:00")}


def samples(dimension: RuleDimension, operator: RuleOperator) -> tuple[str, ...]:
    """Values enough for the operator."""
    spec = SPECS[dimension]
    some = NUMBERS.get(spec.kind) or spec.codes[:2] or PATTERNS[dimension][:2]
    counts = {Op.PRESENT: 0, Op.ABSENT: 0, Op.AT_LEAST: 1, Op.AT_MOST: 1, Op.EQUALS: 1}
    return some[: counts.get(operator, 2)]


@pytest.mark.parametrize("effect", RuleEffect)
@pytest.mark.parametrize(("dimension", "operator"), PAIRS)
def test_every_dimension_operator_and_effect_has_words_in_both_languages(
    dimension: RuleDimension, operator: RuleOperator, effect: RuleEffect
) -> None:
    values = samples(dimension, operator)
    said = say(dimension, operator, effect, values)
    for text, language in ((said.es, "es"), (said.en, "en")):
        assert text.strip()
        assert "{" not in text
        names = [getattr(name_of(dimension, value), language) for value in values]
        assert all(name.lower() in text.lower() for name in names), text


def test_no_two_rules_of_a_dimension_say_the_same() -> None:
    for dimension in RuleDimension:
        pairs = [(operator, effect) for one, operator in PAIRS if one is dimension for effect in RuleEffect]
        # To be one of a single value, and to be that value, is the same.
        said = {
            say(dimension, operator, effect, samples(dimension, operator))
            for operator, effect in pairs
            if operator is not Op.EQUALS
        }
        assert len(said) == len([one for one in pairs if one[0] is not Op.EQUALS])


READ = [
    ((D.GENDER, Op.IN, E.REQUIRE, ("female",)), "Solo mujeres", "Women only"),
    (
        (D.AGE, Op.AT_LEAST, E.REQUIRE, ("18",)),
        "Solo personas de 18 años o más",
        "Only people aged 18 or over",
    ),
    (
        (D.HOUSEHOLD_COMPOSITION, Op.IN, E.EXCLUDE, ("single_man",)),
        "No se recibe: hombre solo",
        "Not received: single man",
    ),
    (
        (D.NATIONALITY, Op.IN, E.ASSESS, ("HN", "HT")),
        "Se valora cada caso: personas de Honduras o Haití",
        "Decided case by case: people from Honduras or Haiti",
    ),
    (
        (D.DOCUMENT, Op.PRESENT, E.REQUIRE, ()),
        "Solo personas con algún documento",
        "Only people with any papers",
    ),
    (
        (D.STATE, Op.EQUALS, E.REQUIRE, ("CHP",)),
        "Solo personas que están en Chiapas",
        "Only people who are in Chiapas",
    ),
]


@pytest.mark.parametrize(("said", "es", "en"), READ)
def test_rules_read_as_people_say_them(
    said: tuple[RuleDimension, RuleOperator, RuleEffect, tuple[str, ...]], es: str, en: str
) -> None:
    assert say(*said) == Words(es=es, en=en)


def test_every_dimension_has_its_question() -> None:
    assert set(ASK) == set(RuleDimension)
    assert all(words.es.startswith("¿") and words.en.endswith("?") for words in ASK.values())


def test_every_code_of_acceptance_has_labels_in_both_languages() -> None:
    for kind, labels in ACCEPTANCE_LABELS.items():
        assert set(labels) == set(kind)
        assert all(label.es.strip() and label.en.strip() for label in labels.values())
        for language in ("es", "en"):
            words = [getattr(label, language) for label in labels.values()]
            assert len(words) == len(set(words)), kind
