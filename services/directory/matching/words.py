"""Rules in words, in Spanish and English: a phrase by dimension and operator, a frame by effect."""

from enum import StrEnum
from functools import lru_cache

from contracts.acceptance import (
    ACCEPTANCE_LABELS,
    DocumentKind,
    HouseholdComposition,
    MigrationStatus,
    RuleDimension,
    RuleEffect,
    RuleOperator,
)
from contracts.codes import Gender, Need, OrganizationKind, State, Vulnerability
from contracts.labels import LABELS
from contracts.matching import Words
from services.directory.matching.names import COUNTRIES, LANGUAGES

# ``{a}`` and ``{b}`` are the first and the second value, ``{v}`` all of them.
PHRASES: dict[RuleDimension, dict[RuleOperator, tuple[str, str]]] = {
    RuleDimension.AGE: {
        RuleOperator.AT_LEAST: ("personas de {a} años o más", "people aged {a} or over"),
        RuleOperator.AT_MOST: ("personas de hasta {a} años", "people aged up to {a}"),
        RuleOperator.BETWEEN: ("personas de {a} a {b} años", "people aged {a} to {b}"),
        RuleOperator.EQUALS: ("personas de {a} años", "people aged {a}"),
    },
    RuleDimension.HOUSEHOLD_SIZE: {
        RuleOperator.AT_LEAST: ("grupos de {a} personas o más", "groups of {a} people or more"),
        RuleOperator.AT_MOST: ("grupos de hasta {a} personas", "groups of up to {a} people"),
        RuleOperator.BETWEEN: ("grupos de {a} a {b} personas", "groups of {a} to {b} people"),
        RuleOperator.EQUALS: ("grupos de {a} personas", "groups of {a} people"),
    },
    RuleDimension.NIGHTS: {
        RuleOperator.AT_LEAST: ("estancias de {a} noches o más", "stays of {a} nights or more"),
        RuleOperator.AT_MOST: ("estancias de hasta {a} noches", "stays of up to {a} nights"),
        RuleOperator.BETWEEN: ("estancias de {a} a {b} noches", "stays of {a} to {b} nights"),
        RuleOperator.EQUALS: ("estancias de {a} noches", "stays of {a} nights"),
    },
    RuleDimension.ARRIVAL_TIME: {
        RuleOperator.AT_LEAST: ("llegadas desde las {a}", "arrivals from {a} on"),
        RuleOperator.AT_MOST: ("llegadas hasta las {a}", "arrivals until {a}"),
        RuleOperator.BETWEEN: ("llegadas entre las {a} y las {b}", "arrivals between {a} and {b}"),
    },
    RuleDimension.GENDER: {
        RuleOperator.IN: ("{v}", "{v}"),
        RuleOperator.NOT_IN: ("personas que no son {v}", "people who are not {v}"),
        RuleOperator.EQUALS: ("{v}", "{v}"),
    },
    RuleDimension.HOUSEHOLD_COMPOSITION: {
        RuleOperator.IN: ("{v}", "{v}"),
        RuleOperator.NOT_IN: ("todos los grupos menos: {v}", "all groups but: {v}"),
        RuleOperator.EQUALS: ("{v}", "{v}"),
    },
    RuleDimension.VULNERABILITY: {
        RuleOperator.IN: ("personas con alguna de estas condiciones: {v}", "people with one of these: {v}"),
        RuleOperator.NOT_IN: (
            "personas sin ninguna de estas condiciones: {v}",
            "people with none of these: {v}",
        ),
        RuleOperator.EQUALS: ("personas con esta condición: {v}", "people with this: {v}"),
        RuleOperator.PRESENT: ("personas con alguna vulnerabilidad", "people with any vulnerability"),
        RuleOperator.ABSENT: ("personas sin ninguna vulnerabilidad", "people without any vulnerability"),
    },
    RuleDimension.LANGUAGE: {
        RuleOperator.IN: ("personas que hablan {v}", "people who speak {v}"),
        RuleOperator.NOT_IN: ("personas que no hablan {v}", "people who do not speak {v}"),
        RuleOperator.EQUALS: ("personas que hablan {v}", "people who speak {v}"),
        RuleOperator.PRESENT: ("personas cuyo idioma se conoce", "people whose language is known"),
        RuleOperator.ABSENT: ("personas cuyo idioma no se conoce", "people whose language nobody knows"),
    },
    RuleDimension.DOCUMENT: {
        RuleOperator.IN: (
            "personas con alguno de estos documentos: {v}",
            "people with one of these papers: {v}",
        ),
        RuleOperator.NOT_IN: (
            "personas sin ninguno de estos documentos: {v}",
            "people with none of these papers: {v}",
        ),
        RuleOperator.EQUALS: ("personas con este documento: {v}", "people with this paper: {v}"),
        RuleOperator.PRESENT: ("personas con algún documento", "people with any papers"),
        RuleOperator.ABSENT: ("personas sin ningún documento", "people without any papers"),
    },
    RuleDimension.NATIONALITY: {
        RuleOperator.IN: ("personas de {v}", "people from {v}"),
        RuleOperator.NOT_IN: ("personas que no son de {v}", "people who are not from {v}"),
        RuleOperator.EQUALS: ("personas de {v}", "people from {v}"),
    },
    RuleDimension.MIGRATION_STATUS: {
        RuleOperator.IN: (
            "personas con esta situación migratoria: {v}",
            "people of this migration status: {v}",
        ),
        RuleOperator.NOT_IN: (
            "personas con otra situación migratoria que: {v}",
            "people of another migration status than: {v}",
        ),
        RuleOperator.EQUALS: (
            "personas con esta situación migratoria: {v}",
            "people of this migration status: {v}",
        ),
    },
    RuleDimension.NEED: {
        RuleOperator.IN: ("casos de: {v}", "cases of: {v}"),
        RuleOperator.NOT_IN: ("casos que no son de: {v}", "cases that are not of: {v}"),
        RuleOperator.EQUALS: ("casos de: {v}", "cases of: {v}"),
        RuleOperator.PRESENT: ("casos con alguna necesidad", "cases with any need"),
        RuleOperator.ABSENT: ("casos sin ninguna necesidad", "cases without any need"),
    },
    RuleDimension.SENDER_KIND: {
        RuleOperator.IN: ("referencias de: {v}", "referrals from: {v}"),
        RuleOperator.NOT_IN: ("referencias de otros que: {v}", "referrals from others than: {v}"),
        RuleOperator.EQUALS: ("referencias de: {v}", "referrals from: {v}"),
    },
    RuleDimension.STATE: {
        RuleOperator.IN: ("personas que están en {v}", "people who are in {v}"),
        RuleOperator.NOT_IN: ("personas que no están en {v}", "people who are not in {v}"),
        RuleOperator.EQUALS: ("personas que están en {v}", "people who are in {v}"),
    },
    RuleDimension.MUNICIPALITY: {
        RuleOperator.IN: ("personas que están en el municipio {v}", "people who are in the municipality {v}"),
        RuleOperator.NOT_IN: (
            "personas que no están en el municipio {v}",
            "people who are not in the municipality {v}",
        ),
        RuleOperator.EQUALS: (
            "personas que están en el municipio {v}",
            "people who are in the municipality {v}",
        ),
    },
}

FRAMES: dict[RuleEffect, tuple[str, str]] = {
    RuleEffect.REQUIRE: ("Solo {c}", "Only {c}"),
    RuleEffect.EXCLUDE: ("No se recibe: {c}", "Not received: {c}"),
    RuleEffect.ASSESS: ("Se valora cada caso: {c}", "Decided case by case: {c}"),
}

_ONLY = FRAMES[RuleEffect.REQUIRE][1]

ASK: dict[RuleDimension, Words] = {
    RuleDimension.AGE: Words(
        es="¿Qué edad tiene, y quienes la acompañan?", en="How old is she, and those with her?"
    ),
    RuleDimension.GENDER: Words(
        es="¿Cuál es su género, y el de quienes la acompañan?",
        en="Of what gender is she, and those with her?",
    ),
    RuleDimension.HOUSEHOLD_SIZE: Words(es="¿Cuántas personas vienen juntas?", en="How many come together?"),
    RuleDimension.HOUSEHOLD_COMPOSITION: Words(
        es="¿Quiénes vienen juntas: edad y género de cada persona?",
        en="Who comes together: age and gender of each?",
    ),
    RuleDimension.VULNERABILITY: Words(
        es="¿Hay alguna condición que requiera más cuidado?", en="Is there anything that needs more care?"
    ),
    RuleDimension.LANGUAGE: Words(es="¿Qué idiomas habla?", en="Which languages does she speak?"),
    RuleDimension.DOCUMENT: Words(es="¿Qué documentos tiene?", en="Which papers does she have?"),
    RuleDimension.NIGHTS: Words(es="¿Cuántas noches necesita?", en="How many nights does she need?"),
    RuleDimension.NATIONALITY: Words(es="¿De qué país es?", en="Which country is she from?"),
    RuleDimension.MIGRATION_STATUS: Words(
        es="¿Cuál es su situación migratoria?", en="What is her migration status?"
    ),
    RuleDimension.NEED: Words(es="¿Qué necesita?", en="What does she need?"),
    RuleDimension.SENDER_KIND: Words(
        es="¿Qué institución refiere?", en="What kind of organization refers her?"
    ),
    RuleDimension.ARRIVAL_TIME: Words(es="¿A qué hora llega?", en="At what time does she arrive?"),
    RuleDimension.STATE: Words(es="¿En qué entidad está?", en="In which state is she?"),
    RuleDimension.MUNICIPALITY: Words(es="¿En qué municipio está?", en="In which municipality is she?"),
}

_PEOPLE: dict[str, Words] = {
    Gender.FEMALE: Words(es="mujeres", en="women"),
    Gender.MALE: Words(es="hombres", en="men"),
    Gender.NON_BINARY: Words(es="personas no binarias", en="non-binary people"),
    Gender.OTHER: Words(es="personas de otro género", en="people of another gender"),
}
_CODES: dict[RuleDimension, type[StrEnum]] = {
    RuleDimension.VULNERABILITY: Vulnerability,
    RuleDimension.NEED: Need,
    RuleDimension.SENDER_KIND: OrganizationKind,
    RuleDimension.STATE: State,
    RuleDimension.HOUSEHOLD_COMPOSITION: HouseholdComposition,
    RuleDimension.DOCUMENT: DocumentKind,
    RuleDimension.MIGRATION_STATUS: MigrationStatus,
}
_NAMES: dict[RuleDimension, dict[str, Words]] = {
    RuleDimension.GENDER: _PEOPLE,
    RuleDimension.NATIONALITY: COUNTRIES,
    RuleDimension.LANGUAGE: LANGUAGES,
}


@lru_cache(maxsize=20_000)
def say(
    dimension: RuleDimension, operator: RuleOperator, effect: RuleEffect, values: tuple[str, ...]
) -> Words:
    """Return a rule in both languages: ``Solo mujeres``, ``Women only``."""
    phrases, frames = PHRASES[dimension][operator], FRAMES[effect]
    names = [name_of(dimension, value) for value in values]
    return Words(
        es=_sentence(phrases[0], frames[0], [name.es for name in names], "o"),
        en=_sentence(phrases[1], frames[1], [name.en for name in names], "or"),
    )


def name_of(dimension: RuleDimension, value: str) -> Words:
    """Return what people read for a value."""
    kind = _CODES.get(dimension)
    if kind is None:
        return _NAMES.get(dimension, {}).get(value, Words(es=value, en=value))
    label = (LABELS.get(kind) or ACCEPTANCE_LABELS[kind])[kind(value)]
    if dimension is RuleDimension.STATE:
        return Words(es=label.es, en=label.en)
    return Words(es=_lower(label.es), en=_lower(label.en))


def _sentence(phrase: str, frame: str, names: list[str], either: str) -> str:
    said = phrase.format(a=names[0] if names else "", b=names[-1] if names else "", v=_listed(names, either))
    if frame == _ONLY and " " not in said:
        return f"{said.capitalize()} only"  # "Women only", as it is written on doors
    return frame.format(c=said)


def _listed(names: list[str], either: str) -> str:
    *first, last = names or [""]
    return f"{', '.join(first)} {either} {last}" if first else last


def _lower(text: str) -> str:
    """The words inside a sentence; an abbreviation (CURP, DIF) stays as it is."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
