"""Mends whole records: every text, id and number in them, however deep, and says what it did."""

from typing import Any

from cli.hsds import fields
from cli.hsds.reading import Kind, Mend, Row, What
from cli.hsds.tables import is_id
from cli.hsds.text import mend_text

_HOW = {
    What.MOJIBAKE: "characters read with a wrong code page were put right",
    What.MOJIBAKE_LEFT: "a damaged character has several readings and stays as it came: look at it",
    What.CONTROL_CHARACTERS: "control characters were removed, or read as what they were meant for",
    What.ESCAPED_NEWLINES: "a written-out \\n is a new line",
    What.HTML: "HTML became plain text",
    What.WHITESPACE: "superfluous white space was removed",
}

# What could not be mended is kept under this name, untouched.
_AS_GIVEN = "_as_given"

Walked = tuple[Any, list[Mend]]
# So many shared rows are kept mended.
_MOST_KNOWN = 4_000


class Mender:
    """Mends the records of one directory. Nested rows that many records share are mended once."""

    def __init__(self, *, flattened: bool) -> None:
        self._flattened = flattened
        self._known: dict[int, tuple[Row, tuple[dict[str, Any], list[Mend]]]] = {}

    def mend(self, kind: Kind, record: dict[str, Any]) -> tuple[dict[str, Any], list[Mend]]:
        """A mended copy of the record, blank fields left out, and what was mended, each thing once."""
        mended: list[Mend] = []
        whole, notes = self._dict(record)
        mended += notes
        if kind == "service":
            mended += fields.mend_capacity(whole) + fields.mend_needs(whole)
            if "status" not in whole:
                whole["status"] = "active"
                mended.append(Mend("status", What.BLANK_STATUS, "blank, taken as active"))
        return whole, list(dict.fromkeys(mended))

    def _dict(self, record: dict[str, Any]) -> tuple[dict[str, Any], list[Mend]]:
        out: dict[str, Any] = {}
        mended = list(record.mended) if isinstance(record, Row) else []
        for key, value in record.items():
            mended_value, notes = self._field(key, value)
            mended += notes
            if mended_value is not None:
                out[key] = mended_value
            elif value is not None and notes:
                out[key + _AS_GIVEN] = value
        return out, mended + fields.mend_coordinates(out) + fields.mend_schedule(out)

    def _field(self, key: str, value: Any) -> Walked:
        if key.endswith(_AS_GIVEN):
            return value, []
        if isinstance(value, str):
            return self._text(key, value)
        if isinstance(value, dict):
            return self._nested(key, value)
        if isinstance(value, list):
            return self._list(key, value)
        if is_id(key) and isinstance(value, int) and not isinstance(value, bool):
            return str(value), [Mend(key, What.INTEGER_ID, "a number became a text")]
        return value, []

    def _text(self, key: str, value: str) -> Walked:
        if is_id(key) or key in fields.VERBATIM:
            text = value.replace("\0", "").strip()
            whats: tuple[What, ...] = (What.WHITESPACE,) if text != value else ()
        else:
            text, whats = mend_text(value, one_line=key in fields.ONE_LINE, flattened=self._flattened)
        if not text:
            return None, []
        mended = [Mend(key, what, _HOW[what]) for what in whats]
        if key not in fields.BY_NAME:
            return text, mended
        better, done, how = fields.BY_NAME[key](text)
        if done is not None:
            how = f"{how}; kept as {key}{_AS_GIVEN}" if better is None else how
            mended.append(Mend(key, done, how))
        return better, mended

    def _nested(self, key: str, value: dict[str, Any]) -> Walked:
        if isinstance(value, Row) and value.shared:
            out, notes = self._once(value)
        else:
            out, notes = self._dict(value)
        return out, [_under(key, note) for note in notes]

    def _once(self, row: Row) -> tuple[dict[str, Any], list[Mend]]:
        known = self._known.get(id(row))
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[id(row)] = (row, self._dict(row))
        return known[1]

    def _list(self, key: str, values: list[Any]) -> Walked:
        out: list[Any] = []
        mended: list[Mend] = []
        for value in values:
            better, notes = self._field(key, value)
            mended += notes
            if better is not None:
                out.append(better)
        return out, mended


def _under(key: str, note: Mend) -> Mend:
    return Mend(f"{key}.{note.field}" if note.field else key, note.what, note.how)
