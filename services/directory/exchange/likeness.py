"""Whether a record that comes in is one that this directory gave out, unchanged.

What is compared is what a record says, not how it was carried: as tables, where numbers are texts and a
row may belong to several records, or as JSON.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from services.directory.ids import PREFIXES

_OWN_ID = re.compile(rf"(?:{PREFIXES['organization']}|{PREFIXES['service']})[a-z2-7]{{26}}")
# Tables join by these; inside a record they say nothing that nesting does not.
_JOINTS = frozenset(
    {
        "organization_id", "service_id", "location_id", "service_at_location_id", "contact_id", "phone_id",
        "program_id", "taxonomy_id", "taxonomy_term_id", "unit_id", "link_id", "link_entity", "resource_id",
        "resource_type", "organization",
    }
)  # fmt: skip
# What names a row that is in none of the tables comes back under such a name.
_DANGLING = "_as_given"
# Nobody's word but a coordinator's: readers of files leave it out. How many places there are is true for
# a moment only, so what came out an hour ago says the same of a service as what would come out now.
_LEFT_OUT = frozenset({"verified", "capacities", "service_capacities"})
_DIGITS = 9


def own_id(given: Mapping[str, Any]) -> str | None:
    """Our own id, where the record says that it was given out by a directory like this one."""
    extension = given.get("relevo")
    said = extension.get("id") if isinstance(extension, Mapping) else None
    return said if isinstance(said, str) and _OWN_ID.fullmatch(said) else None


def same(given: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """Whether a record says what the one that would be given out now says."""
    return bool(_said(given) == _said(made))


def _said(value: Any) -> Any:
    """The value as it can be compared: what is empty is not there, lists have an order of their own."""
    if isinstance(value, Mapping):
        return {
            key: said
            for key, inner in value.items()
            if key.removesuffix(_DANGLING) not in _JOINTS
            and key not in _LEFT_OUT
            and (said := _said(inner)) not in (None, "", [], {})
        }
    if isinstance(value, list | tuple):
        said = (_said(inner) for inner in value)
        return sorted((one for one in said if one not in (None, "", [], {})), key=_order)
    return _number(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    return round(value, _DIGITS) if math.isfinite(value) else str(value)


def _order(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
