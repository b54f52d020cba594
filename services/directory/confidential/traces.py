"""What else in a record would give a confidential place away: rows that refer to it, texts that repeat it."""

import re
from collections.abc import Iterator
from typing import Any

from services.directory.confidential import streets

Json = dict[str, Any]

HIDDEN_WORDS = "(dirección reservada)"
# Rows of a flattened HSDS name what they belong to by these; the first three cannot mean anything else.
_SURE = ("location_id", "service_at_location_id", "address_id")
_LOOSE = ("resource_id", "link_id")
_KIND = ("resource_type", "link_type", "link_entity")
# An integer id may be one of each table: what says that it is of another table is no trace.
_OTHERS = frozenset({"service", "organization", "program", "taxonomy", "taxonomy_term", "funding", "unit"})
_PLACES = frozenset({"location", "address", "service_at_location"})
_FORMER = frozenset({"previous_value", "replacement_value"})
_IDS = re.compile(r"(^|_)(id|number|code|extension)$")


def remove(record: Json, hidden: list[Json]) -> Json:
    """Return the record without traces of what was cut out; removed rows go to the first place's content."""
    cleaner = _Cleaner(hidden)
    return {key: cleaner.field(key, value) for key, value in record.items()}


def finder(places: list[Json]) -> streets.Finder:
    """Return what finds the streets, postal codes and exact coordinates of whole HSDS locations in a text."""
    addresses = [row for place in places for row in _rows(place.get("addresses"))]
    numbers = {number for place in places for number in _coordinates(place)}
    return streets.Finder(_needles(addresses, numbers))


class _Cleaner:
    def __init__(self, hidden: list[Json]) -> None:
        self._first = hidden[0] if hidden else {}
        places = [one["place"] for one in hidden]
        self._places = {str(place["id"]) for place in places if place.get("id")}
        self._arounds = {str(one["around"]["id"]) for one in hidden if one["around"].get("id")}
        addresses = [row for place in places for row in _rows(place.get("addresses"))]
        self._addresses = {str(row["id"]) for row in addresses if row.get("id")}
        self._finder = finder(places)

    def clean(self, value: Any) -> Any:
        """A copy of a value without the traces."""
        if isinstance(value, dict):
            return {key: self.field(key, one) for key, one in value.items()}
        if isinstance(value, list):
            kept = []
            for one in value:
                if isinstance(one, dict) and self._refers(one):
                    self._first.setdefault("rows", []).append(one)
                else:
                    kept.append(self.clean(one))
            return kept
        if _is_number(value):
            return value if self._without(f"{value}") == f"{value}" else None
        return self._without(value)

    def field(self, key: str, value: Any) -> Any:
        """A field without the traces; an id or a number by name stays, since codes look like each other."""
        if isinstance(value, str) and _IDS.search(key):
            return value
        return self.clean(value)

    def _without(self, value: Any) -> Any:
        return self._finder.replace(value, HIDDEN_WORDS) if isinstance(value, str) else value

    def _refers(self, row: Json) -> bool:
        known = (self._places, self._arounds, self._addresses)
        if any(str(row[key]) in ids for key, ids in zip(_SURE, known, strict=True) if row.get(key)):
            return True
        kinds = {str(row[key]).lower() for key in _KIND if row.get(key)}
        if kinds & _OTHERS:
            return False
        linked = [str(row[key]) for key in _LOOSE if row.get(key)]
        if not linked:
            # A former value of who knows what, or something of some place: not worth the risk.
            return bool(kinds & _PLACES or row.keys() & _FORMER)
        return not (self._places | self._arounds | self._addresses).isdisjoint(linked)


def _needles(addresses: list[Json], numbers: set[float]) -> Iterator[str]:
    """Patterns of what must not be repeated: streets, postal codes, coordinates."""
    for address in addresses:
        lines = [line for key in ("address_1", "address_2") if isinstance(line := address.get(key), str)]
        for line in (" ".join(lines), *lines):
            yield from streets.of_line(line)
        code = address.get("postal_code")
        if code is not None and str(code).strip():
            yield streets.of_code(str(code))
    for number in numbers:
        yield from streets.of_number(number)


def _coordinates(place: Json) -> Iterator[float]:
    """Those that are exact enough to point at a house."""
    for key in ("latitude", "longitude"):
        try:
            number = float(place.get(key) or 0)
        except (TypeError, ValueError):
            continue
        if streets.is_exact(number):
            yield number


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rows(given: Any) -> list[Json]:
    return [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
