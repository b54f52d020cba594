"""What was wrong with a request that could not be decoded: where, and in words for people.

msgspec's own words name Python's types and regular expressions, and repeat the value of an enumeration.
"""

import re
from collections.abc import Callable

import msgspec

from contracts.patterns import WORDS
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence, either

_PLACE = re.compile(r"(?P<words>.*) - at `\$(?P<path>[^`]*)`", re.DOTALL)
_STEP = re.compile(r"[A-Za-z_]\w*|\d+")
_PATTERNS = {repr(pattern): words for pattern, words in WORDS.items()}
_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "datetime": "a moment, as 2026-01-31T17:00:00Z",
    "date": "a date, as 1990-12-31",
}
_UNITS = {"str": ("character", "characters"), "array": ("entry", "entries"), "object": ("entry", "entries")}
_LENGTHS = {
    ">=": "Must have at least {number} {unit}.",
    "<=": "Must have at most {number} {unit}.",
    "==": "Must have {number} {unit}.",
}
_BOUNDS = {
    ">=": "Must be at least {number}.",
    "<=": "Must be at most {number}.",
    ">": "Must be more than {number}.",
    "<": "Must be less than {number}.",
}
_ANYTHING_ELSE = "Is not of the form that it should have."

Say = Callable[[re.Match[str]], str]


def _of_type(found: re.Match[str]) -> str:
    kinds = [Sentence(_TYPES[kind]) if kind in _TYPES else kind for kind in found["kinds"].split(" | ")]
    return Sentence("Must be {kinds}.", kinds=either(kinds))


def _of_length(found: re.Match[str]) -> str:
    number = int(found["number"])
    if found["sign"] == ">=" and number == 1:
        return "Must not be empty."
    one, more = _UNITS.get(found["kind"], _UNITS["array"])
    unit = Sentence(one if number == 1 else more)
    return Sentence(_LENGTHS[found["sign"]], number=number, unit=unit)


def _of_bounds(found: re.Match[str]) -> str:
    return Sentence(_BOUNDS[found["sign"]], number=found["number"].removesuffix(".0"))


# By the beginning of msgspec's words; the first that fits.
_SAID: tuple[tuple[re.Pattern[str], Say], ...] = (
    (re.compile(r"Expected `(?P<kinds>[^`]+)`, got "), _of_type),
    (re.compile(r"Expected `(?P<kind>\w+)` of length (?P<sign>[<>=]=) (?P<number>\d+)"), _of_length),
    (re.compile(r"Expected `\w+` (?P<sign>[<>]=?) (?P<number>[\d.-]+)"), _of_bounds),
    (
        re.compile(r"Expected `str` matching regex (?P<pattern>.*)", re.DOTALL),
        lambda found: _PATTERNS.get(found["pattern"], _ANYTHING_ELSE),
    ),
    (
        re.compile(r"Expected `datetime` with a timezone"),
        lambda _: "Needs Z or an offset from UTC, as 2026-01-31T17:00:00Z.",
    ),
    (re.compile(r"Invalid RFC3339 encoded (?P<kinds>\w+)"), _of_type),
    (re.compile(r"Invalid enum value"), lambda _: "Is none of the codes that may stand here."),
)
_OF_A_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>\w+)`")


def problem_of(error: msgspec.ValidationError) -> FieldProblem:
    """Return where a request was wrong, and what would be right; never what stood there."""
    found = _PLACE.fullmatch(str(error))
    words, steps = (found["words"], _STEP.findall(found["path"])) if found else (str(error), [])
    field = _OF_A_FIELD.match(words)
    if field is None:
        return FieldProblem(path=tuple(steps), message=_for_people(words))
    path = (*steps, field["name"])
    if field["what"] == "missing required":
        return FieldProblem(path=path, message="It is missing.", code="REQUIRED")
    return FieldProblem(path=path, message="There is no such field.")


def _for_people(words: str) -> str:
    for pattern, say in _SAID:
        found = pattern.match(words)
        if found:
            return say(found)
    return _ANYTHING_ELSE
