"""Reads a table of Mexico's municipalities, JSON or CSV, by the names that columns have in INEGI's files."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from cli.hsds import source
from cli.hsds.numbers import number
from cli.hsds.reading import NotHsdsError, Refusal
from cli.hsds.source import File
from contracts.geography import MunicipalityRecord

# Names of columns without regard to case and other signs: those of INEGI, and of those who pass them on.
_CODE = (
    "cvegeo",
    "cvecompleta",
    "claveinegi",
    "cveinegi",
    "clavegeoestadistica",
    "code",
    "pcode",
    "adm2pcode",
)
_STATE = ("cveent", "cveentidad", "claveentidad", "ent", "cveestado", "statecode")
_OWN = ("cvemun", "cvemunicipio", "clavemunicipio", "mun", "municipalitycode")
_NAME = ("nommun", "nommunicipio", "nomgeo", "municipio", "nombremunicipio", "adm2es", "nombre", "name")
_POPULATION = ("poblaciontotal", "pobtot", "pobtotal", "poblacion", "population")
_LATITUDE = ("lat", "latitud", "latitude", "latdecimal", "latdec", "ycentroid", "y")
_LONGITUDE = ("lon", "lng", "long", "longitud", "longitude", "londecimal", "londec", "xcentroid", "x")
# Some thirty times the table of all of Mexico.
_MOST_BYTES = 64 * 1024 * 1024
_STATE_DIGITS, _OWN_DIGITS = 2, 3
_SIGNS = re.compile(r"[^a-z0-9]")

Row = Mapping[str, Any]


@dataclass
class Table:
    """The municipalities of a file, each with its row; and the rows that cannot be one."""

    municipalities: list[tuple[int, MunicipalityRecord]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    name: str = ""


def read(path: Path) -> Table:
    """Return the municipalities of a JSON or CSV file.

    Raises:
        NotHsdsError: it is neither, or holds no municipality; the message is one sentence that says why.
    """
    with source.opened(path) as files:
        if len(files) != 1:
            raise NotHsdsError(f"{path} holds {len(files)} files; give the one with the municipalities.")
        (file,) = files
        rows = _rows(file)
    table = Table(name=file.name)
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2 if file.is_csv else 1):
        _take(table, seen, line, {_SIGNS.sub("", str(key).lower()): value for key, value in row.items()})
    if not table.municipalities:
        why = table.refused[0].why if table.refused else "it is empty"
        raise NotHsdsError(f"{path} holds no municipality: {why}.")
    return table


def _rows(file: File) -> list[Row]:
    with io.BufferedReader(file.text()) as stream:
        text = stream.read(_MOST_BYTES).decode()
    if file.is_csv:
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as why:
        raise NotHsdsError(f"{file.name} is not JSON: {why}.") from why
    if isinstance(content, dict):
        content = next((value for value in content.values() if isinstance(value, list)), None)
    if not isinstance(content, list):
        raise NotHsdsError(f"{file.name} holds no list of municipalities.")
    return [row if isinstance(row, dict) else {} for row in content]


def _take(table: Table, seen: set[str], line: int, row: Row) -> None:
    given = {
        "code": _code(row),
        "name": _text(row, _NAME),
        "population": _number(row, _POPULATION),
        "latitude": _number(row, _LATITUDE),
        "longitude": _number(row, _LONGITUDE),
    }
    try:
        record = msgspec.convert({k: v for k, v in given.items() if v is not None}, MunicipalityRecord)
    except msgspec.ValidationError:
        table.refused.append(Refusal(table.name, line, None, _why(given)))
        return
    if record.code in seen:
        table.refused.append(Refusal(table.name, line, "code", "an earlier row has this key"))
        return
    seen.add(record.code)
    table.municipalities.append((line, record))


def _why(given: Row) -> str:
    if not given["code"]:
        return "it has no key of INEGI (CVEGEO, or cve_ent and cve_mun)"
    return "its key, population or centre cannot be" if given["name"] else "it has no name"


def _code(row: Row) -> str | None:
    """INEGI's five digits; keys lose their leading noughts in spreadsheets."""
    whole = _digits(_text(row, _CODE))
    if whole:
        return whole.zfill(_STATE_DIGITS + _OWN_DIGITS)
    state, own = _digits(_text(row, _STATE)), _digits(_text(row, _OWN))
    if state and own and len(own) > _OWN_DIGITS:
        return own.zfill(_STATE_DIGITS + _OWN_DIGITS)
    return state.zfill(_STATE_DIGITS) + own.zfill(_OWN_DIGITS) if state and own else None


def _digits(text: str | None) -> str:
    bare = (text or "").upper().removeprefix("MX").removesuffix(".0")
    return bare if bare.isdecimal() else ""


def _text(row: Row, names: tuple[str, ...]) -> str | None:
    found = (row.get(name) for name in names)
    return next((str(value).strip() for value in found if value is not None and str(value).strip()), None)


def _number(row: Row, names: tuple[str, ...]) -> int | float | None:
    text = _text(row, names)
    return number(text.replace(",", "") if names is _POPULATION else text) if text else None
