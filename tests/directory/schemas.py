"""The specification's own compiled schemas, where they are at hand, and a validator that checks formats."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from cli.hsds import reader
from contracts.directory import ImportRecord

DATA = Path(__file__).parents[2].parent / "shared" / "data"
FOLDER = DATA / "hsds-3.0" / "schema"
MIAMI = DATA / "hsds-1.1-miami" / "datapackage.zip"

needs_schemas = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the schemas of HSDS 3.0 are not at {FOLDER}")
needs_miami = pytest.mark.skipif(not MIAMI.is_file(), reason=f"the directory of Miami is not at {MIAMI}")

_FORMATS = FormatChecker(formats=())
_URI = re.compile(r"[a-z][a-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})+")
_PATTERNS = {
    "uuid": re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "uri": _URI,
    "email": re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"),
}


def _matches(name: str) -> None:
    def check(value: object) -> bool:
        return not isinstance(value, str) or bool(_PATTERNS[name].fullmatch(value))

    _FORMATS.checks(name)(check)


for _name in _PATTERNS:
    _matches(_name)


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_FORMATS.checks("date-time", raises=ValueError)(_is_moment)


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a compiled schema by the name of its file."""
    loaded: dict[str, Any] = msgspec.json.decode((FOLDER / "compiled" / f"{name}.json").read_bytes())
    return loaded


@cache
def miami() -> list[ImportRecord]:
    """Return the real directory's records, organizations first; reading them takes seconds."""
    return [item.record for item in reader.read(MIAMI).items]


def mistakes(value: Any, against: dict[str, Any]) -> list[str]:
    """Return what of a value is not as the schema says, as JSON carries it."""
    carried = msgspec.json.decode(msgspec.json.encode(value))
    found = Draft202012Validator(against, format_checker=_FORMATS).iter_errors(carried)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
