"""The lesser fields of a service, typed; and what is said of those that are wrong."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.directory import ImportRecord, Service
from services.directory import organization, record, service
from services.directory.geography.table import Table
from services.directory.record import Imported
from tests.directory import cast

SPECIFICATION = Path(__file__).parents[3] / "shared" / "data"
EXAMPLES = SPECIFICATION / "hsds-3.0" / "examples"


def read(given: ImportRecord) -> Imported:
    imported = record.read(cast.SOURCE, given, Table())
    assert isinstance(imported, Imported), imported
    return imported


def viewed(imported: Imported) -> Service:
    view = service.view({"_id": imported.id, **imported.fields})
    # What crosses the bus says the same.
    assert msgspec.json.decode(msgspec.json.encode(view), type=Service) == view
    return view


def test_everything_that_the_specifications_example_says_is_typed() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("the specification's examples are not here: they are no part of the repository")
    whole = json.loads((EXAMPLES / "service_full.json").read_text(encoding="utf-8"))
    whole["organization_id"] = whole["organization"]["id"]
    imported = read(ImportRecord(kind="service", record=whole))
    view = viewed(imported)
    assert (view.minimum_age, view.maximum_age, view.certified) == (12, 100, True)
    assert view.url == "http://example.com/counselling"
    assert [(one.byday, one.opens_at, one.timezone) for one in view.schedules] == [("TH,FR", "10:00:00", 3)]
    assert [(one.code, one.interpreter) for one in view.spoken] == [("ur", True)]
    assert [one.amount for one in view.cost_options] == [35]
    assert len(view.required_documents) == len(view.service_areas) == 1
    assert [(one.code, one.taxonomy) for one in view.taxonomy_terms] == [("code", "name")]
    assert "induction loops" in view.accessibility[0]
    assert view.assured_date == "2005-01-01"
    assert view.last_modified is not None
    # Its latitude of 100 is the one thing that is not right with it.
    assert {one.path[-1] for one in imported.mended} == {"latitude"}
    owner = json.loads((EXAMPLES / "organization_full.json").read_text(encoding="utf-8"))
    read_owner = read(ImportRecord(kind="organization", record=owner))
    shown = organization.view({"_id": read_owner.id, **read_owner.fields})
    assert (shown.year_incorporated, shown.legal_status) == (2011, "Limited Company")
    assert len(shown.identifiers) == len(shown.locations) == 1
    assert (shown.parent or "").startswith("org_")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minimum_age": 18, "maximum_age": 12}, "minimum_age"),
        ({"minimum_age": "young"}, "minimum_age"),
        ({"maximum_age": 1000}, "maximum_age"),
        ({"cost_options": [{"amount": "free"}]}, "cost_options.0.amount"),
        ({"required_documents": "CURP"}, "required_documents"),
        ({"attributes": [{"taxonomy_term": {"code": 7}}]}, "attributes.0.taxonomy_term.code"),
        ({"url": ["http://x.example"]}, "url"),
        ({"schedules": [{"valid_from": "2026-02-01", "valid_to": "2026-01-01"}]}, "schedules.0.valid_to"),
        ({"relevo": {"timezone": "Mexico/Sur"}}, "relevo.timezone"),
        ({"relevo": {"certified": "perhaps"}}, "relevo.certified"),
    ],
)
def test_a_lesser_field_that_is_wrong_is_left_out_and_named(wrong: dict[str, Any], field: str) -> None:
    given = cast.service(cast.CONSULTATION, **wrong)
    imported = read(given)
    assert [".".join(one.path) for one in imported.mended] == [field]
    viewed(imported)
    # Nothing is lost: the record has it as it came.
    assert json.loads(imported.fields["record"]) == given.record


def test_what_was_wrong_is_never_repeated_in_words() -> None:
    imported = read(cast.service(cast.CONSULTATION, minimum_age="Calle 5", schedules=[{"freq": "Calle 5"}]))
    assert imported.mended
    assert "Calle" not in repr(imported.mended)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Casa\x1b[2J\u202eacilE", "Casa [2J acilE"),
        ("<b>Casa</b> &amp; más", "<b>Casa</b> &amp; más"),
        ("  Casa\n\tElisa  ", "Casa Elisa"),
    ],
)
def test_names_lose_what_moves_a_cursor_and_keep_everything_else_as_text(name: str, kept: str) -> None:
    assert viewed(read(cast.service(cast.CONSULTATION, name=name))).name == kept


def test_a_name_with_nothing_to_read_is_refused() -> None:
    for name in ("\x00\x1b", " \u200b".strip("\u200b"), ""):
        refused = record.read(cast.SOURCE, cast.service(cast.CONSULTATION, name=name), Table())
        assert isinstance(refused, tuple)
        assert [one.path for one in refused] == [("name",)]


@pytest.mark.parametrize(
    ("said", "certified"),
    [
        ({"accreditations": "Secretaría de Salud"}, True),
        ({"licenses": "Ninguna"}, False),
        ({}, False),
        ({"accreditations": "x", "relevo": {"certified": False}}, False),
        ({"relevo": {"certified": True}}, True),
    ],
)
def test_certified_is_what_its_source_says(said: dict[str, Any], certified: bool) -> None:
    assert viewed(read(cast.service(cast.CONSULTATION, **said))).certified is certified


def test_a_language_needs_an_interpreter_unless_anybody_there_speaks_it() -> None:
    languages = [
        {"code": "es"},
        {"code": "mam", "relevo": {"interpreter": True}},
        {"code": "ht", "note": "Traducción por teléfono"},
        {"code": "MAM"},
    ]
    view = viewed(read(cast.service(cast.CONSULTATION, languages=languages)))
    assert [(one.code, one.interpreter) for one in view.spoken] == [
        ("es", False), ("mam", False), ("ht", True),
    ]  # fmt: skip
    assert view.languages == ("es", "mam", "ht")


def test_a_document_from_before_these_fields_is_shown_without_them() -> None:
    imported = read(cast.service(cast.CONSULTATION))
    old = {
        "_id", "organization", "name", "status", "intake", "needs", "states", "languages", "locations",
        "capacity", "phones", "fictional",
    }  # fmt: skip
    document = {"_id": imported.id, **imported.fields, "languages": ["es", "Mam"]}
    view = service.view({field: value for field, value in document.items() if field in old})
    assert view.languages == ("es", "Mam")
    assert (view.schedules, view.timezone, view.certified) == ((), None, False)


def test_a_blank_emergency_telephone_is_none_so_that_another_is_called() -> None:
    blank = {"relevo": {"emergency_phone": {"number": "  "}}}
    assert viewed(read(cast.service(cast.CONSULTATION, **blank))).emergency_phone is None
