"""The public HSDS record: valid whatever a source wrote, whole, and silent about confidential places."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.hsds import reader
from contracts.codes import CapacityStatus, Intake, Need
from contracts.directory import Capacity, ImportRecord, PhoneGiven
from contracts.editing import (
    ExceptionGiven,
    LanguageGiven,
    OrganizationFields,
    ScheduleGiven,
    ServiceFields,
)
from contracts.matching import AcceptanceRule
from services.directory import ids, profile, public, record, shape
from services.directory.editing.fields import given as checked
from services.directory.editing.fields import marked
from services.directory.geography.table import Table
from services.directory.matching.rule import rule_id
from services.directory.record import Imported
from tests.directory import cast
from tests.directory.schemas import DATA, miami, mistakes, needs_miami, needs_schemas, schema

Json = dict[str, Any]
AT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def stored(given: ImportRecord, **fields: Any) -> Json:
    """The document that an import makes of a record."""
    read = record.read(cast.SOURCE, given, Table())
    assert isinstance(read, Imported), read
    return {"_id": read.id, "revision": 1, "changed_at": AT, **read.fields, **fields}


def shown(service: Json, organization: Json = cast.SHELTER) -> Json:
    """A service of the cast as the public sees it."""
    return public.service(stored(cast.service(service)), stored(cast.organization(organization)))


def with_place(**joint: Any) -> Json:
    """The clinic's consultation, with more at its place."""
    record = deepcopy(cast.CONSULTATION)
    record["service_at_locations"][0] |= joint
    return record


def test_ids_are_uuids_of_the_same_bits_as_our_own() -> None:
    made = shown(cast.CONSULTATION, cast.CLINIC)
    own = ids.derived("service", cast.SOURCE, "s-consulta")
    assert made["relevo"]["id"] == own
    assert made["id"] == ids.to_uuid(own)
    assert ids.from_uuid("service", made["id"]) == own
    assert made["organization_id"] == made["organization"]["id"]
    place = made["service_at_locations"][0]
    assert place["location_id"] == place["location"]["id"] == ids.to_uuid(place["location"]["relevo"]["id"])


def test_what_is_no_uuid_stands_for_no_id() -> None:
    assert ids.from_uuid("service", "s-consulta") is None
    assert ids.from_uuid("service", "") is None


def test_record_as_received_is_there_whole() -> None:
    more = {
        "fees_description": "Gratis",
        "cost_options": [{"id": "c1", "amount": "0", "currency": "MXN"}],
        "program": {"id": "p1", "name": "Salud en camino"},
        "contacts": [{"id": "k1", "name": "Recepción", "phones": [{"id": "p3", "number": "555 0003"}]}],
        "attributes": [
            {"id": "at1", "taxonomy_term": {"id": "t1", "code": "LH", "name": "Salud", "taxonomy": "211"}}
        ],
    }
    made = shown({**cast.CONSULTATION, **more})
    assert made["fees_description"] == "Gratis"
    assert made["cost_options"][0]["amount"] == 0
    assert made["program_id"] == made["program"]["id"]
    assert made["contacts"][0]["phones"][0]["number"] == "555 0003"
    assert made["attributes"][0]["link_id"] == made["id"]
    assert made["attributes"][0]["taxonomy_term_id"] == made["attributes"][0]["taxonomy_term"]["id"]
    address = made["service_at_locations"][0]["location"]["addresses"][0]
    assert address["address_2"] == "Local 2"


def test_newer_typed_fields_win_over_the_record() -> None:
    document = stored(cast.service(cast.CONSULTATION), name="Consulta nueva", status="temporarily closed")
    made = public.service(document, None)
    assert (made["name"], made["status"]) == ("Consulta nueva", "temporarily closed")
    assert made["last_modified"] == "2026-05-01T12:30:00Z"


def test_what_an_organization_has_edited_counts_also_where_it_is_empty_now() -> None:
    document = stored(cast.service(cast.CONSULTATION, alert="Cerrado"))
    document |= {
        "edited": {key: {"by": "x"} for key in ("phones", "languages", "required_documents", "alert")},
        "alert": None,
        "phones": [{"number": "555 0042", "extension": "7", "description": None}],
        "languages": [{"code": "mam", "name": None, "interpreter": True}],
        "required_documents": ["Ninguno"],
    }
    made = public.service(document, None)
    assert "alert" not in made
    assert [(one["number"], one["extension"]) for one in made["phones"]] == [("555 0042", 7)]
    assert [(one["code"], one["relevo"]) for one in made["languages"]] == [("mam", {"interpreter": True})]
    assert [one["document"] for one in made["required_documents"]] == ["Ninguno"]


# What an organization may say of a service, each field, and where the public record has it then.
SAID: dict[str, tuple[Any, str]] = {
    "name": ("Dicho", "Dicho"),
    "alternate_name": ("Dicho", "Dicho"),
    "description": ("Dicho.", "Dicho."),
    "status": ("temporarily closed", "temporarily closed"),
    "intake": (Intake.NONE, '"intake":"none"'),
    "needs": ((Need.HYGIENE,), '"needs":["hygiene"]'),
    "languages": ((LanguageGiven(code="tzo", interpreter=True),), '"code":"tzo"'),
    "phones": ((PhoneGiven(number="555 0778"),), "555 0778"),
    "emergency_phone": (PhoneGiven(number="555 0779"), "555 0779"),
    "url": ("https://dicho.example/", "https://dicho.example/"),
    "email": ("dicho@casa.example", "dicho@casa.example"),
    "timezone": ("America/Tijuana", '"timezone":"America/Tijuana"'),
    "schedules": (
        (ScheduleGiven(freq="DAILY", opens_at="07:15", closes_at="08:45"),),
        '"opens_at":"07:15:00"',
    ),
    "exceptions": ((ExceptionGiven(date="2026-12-25", closed=True),), '"date":"2026-12-25"'),
    "accessibility": (("Rampa dicha",), "Rampa dicha"),
    "minimum_age": (11.0, '"minimum_age":11'),
    "maximum_age": (77.0, '"maximum_age":77'),
    "required_documents": (("Dicha",), '"document":"Dicha"'),
    "interpretation_services": ("Dicho.", "Dicho."),
    "application_process": ("Dicho.", "Dicho."),
    "fees_description": ("Dicho.", "Dicho."),
    "eligibility_description": ("Dicho.", "Dicho."),
}  # fmt: skip
SAID_OF_ITSELF: dict[str, tuple[Any, str]] = {
    **{name: SAID[name] for name in ("name", "alternate_name", "description", "email", "phones")},
    "website": SAID["url"],
    "emergency_phone": SAID["emergency_phone"],
}


def edited(document: Json, kind: type[ServiceFields | OrganizationFields], **fields: Any) -> Json:
    """The document once its organization has said so."""
    return {**document, **marked(document, checked(kind(**fields)), AT, "org_x")}


def test_every_field_that_may_be_edited_is_tried_here() -> None:
    assert SAID.keys() == set(ServiceFields.__struct_fields__)
    assert SAID_OF_ITSELF.keys() == set(OrganizationFields.__struct_fields__)


@needs_schemas
@pytest.mark.parametrize("field", sorted(SAID))
def test_an_edit_of_a_service_is_in_its_public_record(field: str) -> None:
    value, shown_as = SAID[field]
    before = stored(cast.service(cast.CONSULTATION))
    made = public.service(edited(before, ServiceFields, **{field: value}), None)
    assert shown_as in msgspec.json.encode(made).decode()
    assert shown_as not in msgspec.json.encode(public.service(before, None)).decode()
    assert mistakes(made, schema("service")) == []


@needs_schemas
@pytest.mark.parametrize("field", sorted(SAID_OF_ITSELF))
def test_an_edit_of_an_organization_is_in_its_public_record(field: str) -> None:
    value, shown_as = SAID_OF_ITSELF[field]
    document = edited(stored(cast.organization(cast.CLINIC)), OrganizationFields, **{field: value})
    made = public.organization(document)
    assert shown_as in msgspec.json.encode(made).decode()
    assert mistakes(made, schema("organization")) == []


def test_hours_and_telephones_that_were_edited_take_the_place_of_those_at_its_places() -> None:
    there = {
        "schedules": [{"id": "h", "freq": "WEEKLY", "byday": "MO", "opens_at": "03:15"}],
        "phones": [{"id": "p", "number": "555 0666"}],
    }
    before = stored(cast.service(with_place(**there)))
    said = public.service(before, None)["service_at_locations"][0]
    assert (said["schedules"][0]["opens_at"], said["phones"][0]["number"]) == ("03:15:00", "555 0666")
    fields = {name: SAID[name][0] for name in ("schedules", "phones")}
    made = public.service(edited(before, ServiceFields, **fields), None)
    assert "03:15" not in str(made)
    assert "555 0666" not in str(made)
    assert made["schedules"][0]["byday"] == "MO,TU,WE,TH,FR,SA,SU"


def test_service_of_an_organization_that_takes_no_part_is_inactive() -> None:
    owner = stored(cast.organization(cast.CLINIC), status="deactivated", verified=True)
    made = public.service(stored(cast.service(cast.CONSULTATION)), owner)
    assert made["status"] == "inactive"
    assert made["organization"]["relevo"]["verified"] is False


def test_places_are_told_as_hsds_3_1_says_and_what_is_too_old_is_not() -> None:
    places = (
        Capacity(unit="bed", available=3, maximum=12, held=2, occupied=7, waiting=4, updated=AT),
        Capacity(unit="cot", available=1, updated=AT),
        Capacity(unit="room", status=CapacityStatus.UNKNOWN, updated=AT),
    )
    made = public.service(stored(cast.service(cast.BEDS)), None, places=places)
    assert [(one["unit"]["name"], one["available"], one.get("maximum")) for one in made["capacities"]] == [
        ("bed", 3, 12),
        ("cot", 1, None),
    ]
    assert {one["updated"] for one in made["capacities"]} == {"2026-05-01T12:30:00Z"}
    assert {one["service_id"] for one in made["capacities"]} == {made["id"]}
    assert not {"held", "occupied", "waiting"} & made["capacities"][0].keys()
    (patch,) = [json.loads(text) for name, text in profile.files().items() if name == "service.json"]
    assert mistakes(made, patch) == []


@needs_schemas
def test_places_are_valid_by_both_versions_of_the_specification() -> None:
    places = (Capacity(unit="bed", available=3, maximum=12, updated=AT),)
    made = public.service(stored(cast.service(cast.BEDS)), None, places=places)
    assert mistakes(made, schema("service")) == []
    for name, one in (("service_capacity", made["capacities"][0]), ("unit", made["capacities"][0]["unit"])):
        newer = json.loads((DATA / "hsds-3.1-dev" / "schema" / f"{name}.json").read_bytes())
        flat = {"required": newer["required"], "properties": {**newer["properties"]}}
        for nested in ("unit", "attributes", "metadata"):
            flat["properties"].pop(nested, None)
        assert mistakes(one, flat) == []


def test_rules_are_told_but_for_those_that_need_a_justification() -> None:
    rules = [
        {"dimension": "gender", "operator": "in", "effect": "require", "values": ["female"]},
        {"dimension": "nationality", "operator": "in", "effect": "exclude", "values": ["MX"],
         "justification": "x"},
    ]  # fmt: skip
    reviews = {rule_id(msgspec.convert(one, AcceptanceRule)): {"status": "approved"} for one in rules}
    acceptance = {"edited": True, "rules": rules, "reviews": reviews}
    made = public.service(stored(cast.service(cast.CONSULTATION), acceptance=acceptance), None)
    assert [one["dimension"] for one in made["relevo"]["rules"]] == ["gender"]


def test_organization_that_an_operator_registered_has_a_record_too() -> None:
    made = public.organization(
        {"_id": ids.fresh("organization"), "name": "Casa Nueva", "kind": "shelter", "verified": True}
    )
    assert made["name"] == "Casa Nueva"
    assert made["description"] == ""
    assert made["relevo"]["kind"] == "shelter"


@pytest.mark.parametrize("visibility", ["private", "network"])
def test_nothing_of_a_confidential_place_is_shown_but_where_about(visibility: str) -> None:
    beds = deepcopy(cast.BEDS)
    place = beds["service_at_locations"][0]
    place["location"]["relevo"]["visibility"] = visibility
    place |= {
        "description": "Canario Refugio, timbre rojo",
        "phones": [{"id": "x", "number": "555 0009"}],
        "contacts": [{"id": "x", "name": "Canarito"}],
        "attributes": [{"id": "x", "value": "Canarito"}],
        "schedules": [{"id": "h", "freq": "WEEKLY", "byday": "MO", "opens_at": "8:00", "notes": "Canarito"}],
    }
    place["schedules"][0]["opens_at"] = "08:00"
    place["location"]["accessibility"] = [{"id": "x", "description": "Canarito"}]
    beds["phones"] = [{"id": "y", "number": "555 0009", "location_id": "l-canario"}]
    beds["contacts"] = [{"id": "z", "name": "Canarito", "service_at_location_id": "sal1"}]
    beds["metadata"] = [
        {"id": "m", "last_action_date": "2026-01-01", "field_name": "x", "previous_value": "Canarito"}
    ]
    beds["attributes"] = [{"id": "a", "link_entity": "location", "value": "Canarito"}]
    made = shown(beds)
    for canary in cast.CANARIES:
        assert canary not in msgspec.json.encode(made).decode()
    joint = made["service_at_locations"][0]
    assert joint["location"]["relevo"].keys() == {"id", "visibility", "municipality", "state"}
    assert joint["location"].keys() == {"id", "location_type", "relevo"}
    assert joint["schedules"][0]["opens_at"] == "08:00:00"
    assert "phones" not in made


def test_place_that_another_document_hides_is_hidden_here_too() -> None:
    own = ids.derived("location", cast.SOURCE, "l-ambar")
    document = stored(cast.service(cast.CONSULTATION))
    made = public.service(document, None, frozenset({own}))
    assert made["service_at_locations"][0]["location"]["relevo"]["visibility"] == "private"
    assert "Avenida Inventada" not in str(made)


def test_confidential_place_of_an_organization_is_hidden() -> None:
    shelter = {**cast.SHELTER, "locations": [cast.BEDS["service_at_locations"][0]["location"]]}
    made = public.organization(stored(cast.organization(shelter)))
    assert made["locations"][0]["relevo"]["state"] == "CHP"
    for canary in cast.CANARIES:
        assert canary not in msgspec.json.encode(made).decode()


def test_place_whose_record_is_gone_or_edited_is_shown_from_its_typed_fields() -> None:
    document = stored(cast.service(cast.CONSULTATION))
    document["locations"].append(
        {**document["locations"][0], "id": ids.fresh("location"), "street": "Otra 5"}
    )
    places = public.service(document, None)["service_at_locations"]
    assert [one["location"]["addresses"][0]["address_1"] for one in places][1] == "Otra 5"
    assert len({one["id"] for one in places}) == 2


@pytest.mark.parametrize(
    ("field", "given", "made"),
    [
        ("url", "www.ejemplo.example/á b", "http://www.ejemplo.example/%C3%A1%20b"),
        ("url", "javascript:alert(1)", None),
        ("url", "no hay", None),
        ("email", "a@b.example; c@d.example", "a@b.example"),
        ("email", "nadie", None),
        ("minimum_age", "18", 18),
        ("minimum_age", "adultos", None),
        ("minimum_age", 10**400, None),
        ("assured_date", "20260501", "2026-05-01"),
        ("assured_date", "2026-05-01T10:00:00Z", "2026-05-01"),
        ("assured_date", "ayer", None),
        ("alert", None, None),
        ("alert", {"text": "x"}, None),
    ],
)
def test_value_that_the_schema_refuses_is_mended_or_left_out(field: str, given: Any, made: Any) -> None:
    assert shown({**cast.CONSULTATION, field: given}).get(field) == made


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["2026-05-01", "08:00", "http://[", "http://a.example/%zz", "a@b", "MO", "location"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip
FIELDS = sorted({key for one in shape.SHAPES.values() for key in (*one.fields, *one.many, *one.one)})


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from([*FIELDS, "id", "parent_id"]), inner, max_size=5)


RECORDS = st.recursive(
    WILD, lambda inner: _objects(inner) | st.lists(_objects(inner), max_size=2), max_leaves=20
)


@needs_schemas
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["service", "organization"]), _objects(RECORDS))
def test_whatever_a_source_wrote_is_valid_in_the_end(name: str, record: Json) -> None:
    made = shape.mend(name, {**record, "name": "x"}, shape.Place("s", "p"), ids.stable_uuid("x"))
    assert mistakes(made, schema(name)) == []


@needs_schemas
def test_cast_and_the_specification_s_own_examples_are_valid() -> None:
    assert mistakes(shown(cast.BEDS), schema("service")) == []
    for name in ("organization_full.json", "service_full.json", "csv"):
        for item in reader.read(DATA / "hsds-3.0" / "examples" / name).items:
            kind = item.record.kind
            make = public.organization if kind == "organization" else lambda one: public.service(one, None)
            assert mistakes(make(stored(item.record)), schema(kind)) == []


@needs_schemas
@needs_miami
def test_real_directory_is_valid() -> None:
    for one in miami()[::120]:
        make = (
            public.organization if one.kind == "organization" else lambda given: public.service(given, None)
        )
        assert mistakes(make(stored(one)), schema(one.kind)) == []
