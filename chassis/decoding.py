"""What was wrong with a request that could not be decoded: where, and in words for people.

msgspec's own words name Python's types and regular expressions, and repeat the value of an enumeration.
"""

import re
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

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

# Whoever sends more than that is told the first ones.
MOST = 50
_NO_SUCH_FIELD = "There is no such field."
_MISSING = "It is missing."

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
        return FieldProblem(path=path, message=_MISSING, code="REQUIRED")
    return FieldProblem(path=path, message=_NO_SUCH_FIELD)


def problems_of(body: bytes, kind: Any, error: msgspec.ValidationError) -> tuple[FieldProblem, ...]:
    """Return everywhere that a JSON body is not of its type; ``error`` is what msgspec said of it.

    msgspec ends at the first place. So where it does, what is inside is looked at part by part.
    """
    first = problem_of(error)
    try:
        found = list(_wrong(kind, msgspec.json.decode(body), ()))
    except (msgspec.DecodeError, RecursionError):
        return (first,)
    return tuple(found[:MOST]) or (first,)


def _wrong(kind: Any, value: Any, path: tuple[str, ...]) -> Iterator[FieldProblem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        inside = list(_inside(_shape(kind, value), value, path))
        said = problem_of(error)
        yield from inside or [msgspec.structs.replace(said, path=(*path, *said.path))]


def _inside(kind: Any, value: Any, path: tuple[str, ...]) -> Iterator[FieldProblem]:
    """What is wrong with the fields of a struct, or the entries of a list; nothing of anything else."""
    if _is_list(kind) and isinstance(value, list):
        for place, one in enumerate(value):
            yield from _wrong(get_args(kind)[0], one, (*path, str(place)))
    elif _is_struct(kind) and isinstance(value, dict):
        yield from _in_fields(kind, value, path)


def _in_fields(kind: Any, value: dict[str, Any], path: tuple[str, ...]) -> Iterator[FieldProblem]:
    fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    for name in value.keys() - fields.keys():
        if _STEP.fullmatch(name):
            yield FieldProblem(path=(*path, name), message=_NO_SUCH_FIELD)
    for name, one in fields.items():
        if name in value:
            yield from _wrong(one.type, value[name], (*path, name))
        elif one.required:
            yield FieldProblem(path=(*path, name), message=_MISSING, code="REQUIRED")


def _shape(kind: Any, value: Any) -> Any:
    """Of a type with bounds or alternatives, the one that such a value may be; None where that is none."""
    if get_origin(kind) is Annotated:
        return _shape(get_args(kind)[0], value)
    if get_origin(kind) not in {Union, types.UnionType}:
        return kind
    shapes = [_shape(one, value) for one in get_args(kind)]
    is_it = _is_struct if isinstance(value, dict) else _is_list
    return next(filter(is_it, shapes), None)


def _is_list(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is tuple


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _for_people(words: str) -> str:
    for pattern, say in _SAID:
        found = pattern.match(words)
        if found:
            return say(found)
    return _ANYTHING_ELSE
