"""Imported records: typed where we type them, refused by the field, and recognised when they come again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.codes import Intake, Need, OrganizationKind, State
from contracts.directory import ImportRecord
from services.directory import organization, record, service
from services.directory.geography.table import Table
from services.directory.record import Imported
from tests.directory import cast

SPECIFICATION = Path(__file__).parents[3] / "shared" / "data"


def read(given: ImportRecord) -> Imported:
    imported = record.read(cast.SOURCE, given, Table())
    assert isinstance(imported, Imported), imported
    return imported


def problems(given: ImportRecord) -> dict[str, str]:
    refused = record.read(cast.SOURCE, given, Table())
    assert isinstance(refused, tuple)
    return {".".join(problem.path): problem.code for problem in refused}


def test_an_organization_is_typed_by_the_networks_own_fields() -> None:
    imported = read(cast.organization(cast.SHELTER))
    view = organization.view({"_id": imported.id, **imported.fields})
    assert view.kind is OrganizationKind.SHELTER
    assert not view.verified
    assert view.fictional
    assert view.emergency_phone is not None
    assert view.emergency_phone.number == "555 0911"
    assert [(phone.number, phone.extension) for phone in view.phones] == [("555 0001", "100")]
    assert (view.source, view.source_id) == ("cuenca", "o-ceiba")


def test_an_organization_that_says_nothing_of_the_network_is_other_and_not_verified() -> None:
    imported = read(
        ImportRecord(kind="organization", record={"id": "1", "name": "Archivo", "description": "x"})
    )
    view = organization.view({"_id": imported.id, **imported.fields})
    assert (view.kind, view.verified, view.fictional) == (OrganizationKind.OTHER, False, False)


def test_a_service_that_says_nothing_of_the_network_is_answered_by_telephone() -> None:
    bare = {"id": "1", "organization_id": "o", "name": "Archivo", "status": "active"}
    imported = read(ImportRecord(kind="service", record=bare))
    view = service.view({"_id": imported.id, **imported.fields})
    assert view.intake is Intake.TELEPHONE
    assert (view.needs, view.states, view.locations) == ((), (), ())


def test_a_services_needs_states_languages_and_capacity_are_typed() -> None:
    imported = read(cast.service(cast.BEDS))
    view = service.view({"_id": imported.id, **imported.fields})
    assert view.needs == (Need.EMERGENCY_SHELTER, Need.FOOD)
    assert view.states == (State.CHP,)
    assert view.languages == ("es", "Mam")
    assert [(one.unit, one.status, one.available) for one in view.capacity] == [("bed", "unknown", None)]
    now = datetime.now(UTC)
    (beds,) = cast.BEDS["capacities"]
    fresh = read(cast.service(cast.BEDS, capacities=[{**beds, "updated": now.isoformat()}]))
    view = service.view({"_id": fresh.id, "changed_at": now, **fresh.fields})
    assert [(one.unit, one.available, one.maximum) for one in view.capacity] == [("bed", 3, 12)]
    assert view.intake is Intake.NETWORK


def test_a_confidential_locations_telephone_is_not_the_services() -> None:
    hidden = read(cast.service(cast.BEDS))
    assert hidden.fields["phones"] == []
    place = cast.service(cast.BEDS)
    place.record["service_at_locations"][0]["location"]["relevo"] = {"visibility": "public"}
    assert [phone["number"] for phone in read(place).fields["phones"]] == ["555 0009"]


def test_fields_that_we_do_not_type_stay_in_the_record() -> None:
    given = cast.service(cast.CONSULTATION, fees_description="Gratis", x_unheard={"deep": [1, None, "ñ"]})
    assert json.loads(read(given).fields["record"]) == given.record


def test_every_field_that_is_wrong_is_named() -> None:
    given = cast.service(
        cast.BEDS,
        name="",
        status="open",
        phones=[{"number": "1"}, {"number": 7}],
        relevo={"needs": ["shelter"], "intake": "network"},
    )
    del given.record["organization_id"]
    assert problems(given) == {
        "organization_id": "MISSING",
        "name": "INVALID",
        "status": "INVALID",
        "phones.1.number": "INVALID",
        "relevo.needs.0": "INVALID",
    }


@pytest.mark.parametrize(
    "strange", [{}, {"id": None}, {"id": "", "name": []}, {"id": 5, "name": {"a": 1}, "relevo": "x"}]
)
def test_whatever_comes_as_a_record_is_refused_by_its_fields(strange: dict[str, Any]) -> None:
    assert problems(ImportRecord(kind="organization", record=strange))
    assert problems(ImportRecord(kind="service", record=strange))


def test_the_order_of_fields_does_not_make_another_record() -> None:
    turned = ImportRecord(kind="service", record=dict(reversed(cast.service(cast.BEDS).record.items())))
    assert read(turned).hash == read(cast.service(cast.BEDS)).hash
    assert read(cast.service(cast.BEDS, email="x@ceiba.example")).hash != read(turned).hash


@pytest.mark.parametrize("version", ["hsds-3.0", "hsds-3.1-dev"])
def test_the_specifications_own_example_is_taken(version: str) -> None:
    examples = SPECIFICATION / version / "examples"
    if not examples.is_dir():
        pytest.skip("the specification's examples are not here: they are no part of the repository")
    whole = json.loads((examples / "service_full.json").read_text(encoding="utf-8"))
    whole["organization_id"] = whole["organization"]["id"]
    imported = read(ImportRecord(kind="service", record=whole))
    view = service.view({"_id": imported.id, **imported.fields})
    assert view.name == "Community Counselling"
    assert view.phones
    owner = json.loads((examples / "organization_full.json").read_text(encoding="utf-8"))
    assert read(ImportRecord(kind="organization", record=owner)).fields["name"] == "Example Organization Inc."
