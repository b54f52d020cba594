"""The network's HSDS profile: what its records have beside HSDS, as JSON Schemas made from the code.

``python -m services.directory.profile docs/hsds-profile`` writes them, one file for each object of HSDS, to
be merged into the specification's own schema of that object (JSON Merge Patch), as its profiles are. A test
fails where the files, the code and the public records say different things.
"""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from contracts.codes import Need, OrganizationKind, State, Visibility
from services.directory import details, hsds

Schema = dict[str, Any]
Said = Mapping[str, tuple[Any, str]]

EXTENSIONS: dict[str, type[Struct]] = {
    "organization": hsds.OrganizationExtension,
    "service": hsds.ServiceExtension,
    "location": hsds.LocationExtension,
    "language": hsds.LanguageExtension,
}
# What may be given, and how an import reads it. The types are the code's own, but for the lesser fields,
# which it reads one by one.
_GIVEN: dict[str, Said] = {
    "organization": {
        "kind": (OrganizationKind, "What sort of organization it is; `other` where nothing is said."),
        "emergency_phone": (None, "Whom to call first in an emergency; a service's own goes before it."),
        "fictional": (None, "It exists for demonstration only."),
    },
    "service": {
        "needs": (list[Need], "The needs that it is for."),
        "rules": (None, "Acceptance rules: whom it is for. They count until the organization sets its own."),
        "intake": (None, "How it takes referrals; `telephone` where nothing is said."),
        "emergency_phone": (None, "Whom to call first in an emergency."),
        "fictional": (None, "It exists for demonstration only."),
        "timezone": (str, "The IANA time zone of its schedules and exceptions, such as America/Mexico_City."),
        "certified": (bool, "Its provider is certified; else accreditations and licenses say so."),
        "accessibility": (list[str], "What it offers to people with disabilities, in words."),
        "exceptions": (list[details.HoursException], "Days on which other hours hold than the schedules'."),
    },
    "location": {
        "visibility": (
            Visibility,
            "Who may see the address. Of `network` and `private` only municipality and state are shown.",
        ),
        "municipality": (str, "The municipality's name."),
        "municipality_code": (str, "The municipality's INEGI key of five digits, or its p-code."),
        "state": (State, "ISO 3166-2:MX, without the country."),
        "timezone": (str, "The IANA time zone of the place."),
        "sealed": (None, "Everything else of this confidential place is kept sealed, and stays as it was."),
    },
    "language": {
        "interpreter": (bool, "It is spoken through an interpreter, and not by the staff."),
    },
}
# What is shown beside that, and not taken from anybody's record.
_ID = (str, "The id in the network's other APIs; an id of HSDS has the same 128 bits.")
_ORIGIN: Said = {
    "id": _ID,
    "source": (str, "The directory that it was imported from."),
    "source_id": (str, "Its id there."),
    "states": (list[State], "Where it is: ISO 3166-2:MX, without the country."),
}
_SHOWN: dict[str, Said] = {
    "organization": {
        **_ORIGIN,
        "verified": (bool, "A coordinator has made sure that it is who it says."),
    },
    "service": {
        **_ORIGIN,
        "organization_id": (str, "The organization's id in the network's other APIs."),
        "municipalities": (list[str], "Where it is: INEGI's keys of five digits."),
        "verified_at": (datetime, "When its organization last said that all of it is true."),
        "next_review": (datetime, "When it is to be looked at again."),
    },
    "location": {"id": _ID},
    "language": {},
}


def schemas() -> dict[str, Schema]:
    """Return, by object of HSDS, the schema of the property ``relevo``."""
    return {noun: _extension(noun) for noun in EXTENSIONS}


def files() -> dict[str, str]:
    """Return the profile's files, by name."""
    patches = {noun: {"relevo": schema} for noun, schema in schemas().items()}
    capacities = _schema(list[hsds.ServiceCapacity])
    patches["service"]["capacities"] = {**capacities, "description": "HSDS 3.1: `service_capacity`, `unit`."}
    return {f"{noun}.json": _text({"properties": patch}) for noun, patch in patches.items()}


def _extension(noun: str) -> Schema:
    hints = get_type_hints(EXTENSIONS[noun], include_extras=True)
    given = {
        field: {**_schema(hints[field] if kind is None else kind), "description": said}
        for field, (kind, said) in _GIVEN[noun].items()
    }
    shown = {
        field: {**_schema(kind), "description": said, "readOnly": True}
        for field, (kind, said) in _SHOWN[noun].items()
    }
    words = f"What the network says of it beside HSDS: {noun}."
    return {"type": "object", "description": words, "properties": {**given, **shown}}


def _schema(kind: Any) -> Schema:
    """A type's JSON Schema, with everything that it refers to inside."""
    (schema,), components = msgspec.json.schema_components((kind,), ref_template="{name}")
    made: Schema = _inside(schema, components)
    return made


def _inside(schema: Any, components: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inside(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found = _inside(components[schema["$ref"]], components)
        # Names and docstrings of classes are for whoever reads the code.
        return {key: value for key, value in found.items() if key not in {"title", "description"}}
    return {key: _inside(value, components) for key, value in schema.items()}


def _text(content: Schema) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
