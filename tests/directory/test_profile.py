"""The profile says what the code reads and the public records show: neither more nor less."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from services.directory import profile, public, record
from services.directory.geography.table import Table
from services.directory.record import Imported
from tests.directory import cast

COMMITTED = Path(__file__).parents[2] / "docs" / "hsds-profile"
FULL = {
    "relevo": {
        "needs": ["medical_care"],
        "intake": "network",
        "timezone": "America/Mexico_City",
        "certified": True,
        "accessibility": ["Rampa"],
        "emergency_phone": {"number": "555 1"},
        "exceptions": [{"date": "2026-12-25", "closed": True}],
        "fictional": True,
    },
    "languages": [{"code": "mam", "relevo": {"interpreter": True}}],
}


@pytest.mark.parametrize("name", profile.files())
def test_the_committed_files_are_made_from_the_code(name: str) -> None:
    words = "run: python -m services.directory.profile docs/hsds-profile"
    assert (COMMITTED / name).read_text(encoding="utf-8") == profile.files()[name], words
    assert {path.name for path in COMMITTED.glob("*.json")} == set(profile.files())


@pytest.mark.parametrize("noun", profile.EXTENSIONS)
def test_every_field_that_an_import_reads_is_declared_with_words(noun: str) -> None:
    schema = profile.schemas()[noun]
    Draft202012Validator.check_schema(schema)
    declared = {name for name, one in schema["properties"].items() if not one.get("readOnly")}
    assert declared == {field.name for field in msgspec.structs.fields(profile.EXTENSIONS[noun])}
    assert all(one["description"] for one in schema["properties"].values())


def extensions(value: Any, noun: str) -> list[tuple[str, Any]]:
    """Every ``relevo`` in a public record, with the object that it is on."""
    found: list[tuple[str, Any]] = []
    if isinstance(value, list):
        return [one for item in value for one in extensions(item, noun)]
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "relevo":
                found.append((noun, inner))
            else:
                inside = {"languages": "language", "locations": "location"}.get(str(key), str(key))
                found += extensions(inner, inside)
    return found


def stored(given: Any) -> dict[str, Any]:
    read = record.read(cast.SOURCE, given, Table())
    assert isinstance(read, Imported)
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return {
        "_id": read.id,
        "revision": 1,
        "changed_at": at,
        "verified_at": at,
        "next_review": at,
        **read.fields,
    }


@pytest.mark.parametrize("service", [{**cast.CONSULTATION, **FULL}, cast.BEDS])
def test_what_public_records_show_is_declared_and_valid(service: dict[str, Any]) -> None:
    owner = stored(cast.organization(cast.SHELTER))
    made = json.loads(msgspec.json.encode(public.service(stored(cast.service(service)), owner)))
    found = extensions(made, "service")
    assert {noun for noun, _ in found} >= {"service", "organization", "location"}
    for noun, extension in found:
        schema = {**profile.schemas()[noun], "additionalProperties": False}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(extension)] == []
