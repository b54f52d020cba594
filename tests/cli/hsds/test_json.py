"""HSDS 3 in JSON: organizations and services come out whole, in order, each once, or are refused."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.hsds import stream
from cli.hsds.mend import Mender
from cli.hsds.reader import MOST_BYTES_OF_A_RECORD, read
from cli.hsds.reading import NotHsdsError, What
from tests.cli.hsds.conftest import ReadJson
from tests.cli.hsds.made import records, whats

HOUSE = {"id": "o1", "name": "Casa Ejemplo", "description": "Una casa"}
BEDS = {"id": "s1", "name": "Dormitorio", "status": "active"}


@pytest.mark.parametrize("name", ["organization_full.json", "service_full.json"])
@pytest.mark.parametrize("version", ["hsds-3.0", "hsds-3.1-dev"])
def test_the_specifications_examples_are_read_whole(
    shared: Callable[[str], Path], name: str, version: str
) -> None:
    path = shared(f"{version}/examples/{name}")
    reading = read(path)
    assert [item.record.kind for item in reading.items] == ["organization", "service"]
    assert not reading.refused
    given_record = json.loads(path.read_text())
    nested = given_record.get("services", [given_record])[0]
    service = records(reading, "service")[0]
    assert service["organization_id"] == records(reading, "organization")[0]["id"]
    assert nested.keys() - {"organization", "capacities"} <= service.keys()
    assert service["service_at_locations"][0]["location"]["addresses"][0]["city"] == "MyCity"
    assert service["attributes"][0]["taxonomy_term"]["taxonomy_detail"]["name"] == "name"
    # The example lies at latitude 100, and has 12 of 10 places free.
    assert service["service_at_locations"][0]["location"]["latitude_as_given"] == 100
    assert "service_capacities" not in service
    assert reading.version == ("3.1" if "3.1" in version else "3.0")


@pytest.mark.parametrize("name", ["organization_list.json", "service_list.json"])
def test_a_page_of_the_specifications_api_is_read(shared: Callable[[str], Path], name: str) -> None:
    reading = read(shared(f"hsds-3.0/examples/{name}"))
    assert reading.items[0].record.kind == "organization"
    assert reading.items[0].row == 1


def test_a_folder_of_examples_gives_each_record_once_and_refuses_the_other_files(
    shared: Callable[[str], Path],
) -> None:
    reading = read(shared("hsds-3.0/examples"))
    assert reading.total == 2
    assert "service_at_locations" in records(reading, "service")[0]
    assert {refusal.file for refusal in reading.refused} >= {"location.json", "taxonomy.json", "base.json"}


def test_an_organization_stands_before_its_services_and_without_them(read_json: ReadJson) -> None:
    reading = read_json([{**BEDS, "organization_id": "o1"}, {**HOUSE, "services": [{**BEDS, "id": "s2"}]}])
    assert [(item.record.kind, item.record.record["id"], item.row) for item in reading.items] == [
        ("organization", "o1", 2),
        ("service", "s1", 1),
        ("service", "s2", 2),
    ]
    assert "services" not in reading.items[0].record.record
    assert reading.items[2].record.record["organization_id"] == "o1"


def test_what_the_source_has_beyond_the_specification_is_kept(read_json: ReadJson) -> None:
    extra = {"x": [1, 2.5, True, {"y": ["z"]}], "relevo": {"kind": "shelter", "verified": False}}
    record = records(read_json({**HOUSE, **extra, "website": "https://casa.invalid"}), "organization")[0]
    assert record["x"] == extra["x"]
    assert record["relevo"] == extra["relevo"]


def test_a_file_cannot_say_that_an_organization_is_verified(read_json: ReadJson) -> None:
    item = read_json({**HOUSE, "relevo": {"kind": "shelter", "verified": True}}).items[0]
    assert item.record.record["relevo"] == {"kind": "shelter"}
    assert ("relevo.verified", "verified_dropped") in whats(item)


def test_fields_are_mended_and_every_mend_is_said(read_json: ReadJson) -> None:
    service = {
        "id": 7,
        "organization": {"id": 3, "name": " Casa  Ejemplo "},
        "name": "Comida y niÃ±os",
        "description": "<p>Uno</p><p>Dos</p>",
        "status": " ",
        "url": "casa.invalid/comida",
        "email": "no tiene",
        "minimum_age": "18",
        "maximum_age": "muchos",
        "phones": [{"id": 1, "number": '"+52 000 000 0001"'}],
        "service_at_locations": [{"id": 9, "location": {"id": 2, "latitude": 0, "longitude": 0}}],
    }
    reading = read_json(service)
    assert records(reading, "organization") == [{"id": "3", "name": "Casa Ejemplo"}]
    assert records(reading, "service") == [
        {
            "id": "7",
            "organization_id": "3",
            "name": "Comida y niños",
            "description": "Uno\n\nDos",
            "url": "http://casa.invalid/comida",
            "email_as_given": "no tiene",
            "minimum_age": 18,
            "maximum_age_as_given": "muchos",
            "phones": [{"id": "1", "number": "+52 000 000 0001"}],
            "service_at_locations": [
                {"id": "9", "location": {"id": "2", "latitude_as_given": 0, "longitude_as_given": 0}}
            ],
            "status": "active",
        }
    ]
    assert whats(reading.items[1]) == {
        ("id", "integer_id"),
        ("organization_id", "integer_id"),
        ("name", "mojibake"),
        ("description", "html"),
        ("url", "url_scheme"),
        ("email", "bad_email"),
        ("minimum_age", "number_as_text"),
        ("maximum_age", "bad_number"),
        ("phones.id", "integer_id"),
        ("phones.number", "quotes"),
        ("service_at_locations.id", "integer_id"),
        ("service_at_locations.location.id", "integer_id"),
        ("service_at_locations.location.latitude", "bad_coordinates"),
        ("status", "blank_status"),
    }


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"name": "Sin clave", "website": "https://casa.invalid"}, "id"),
        ({"id": "o2", "tax_status": "x"}, "name"),
        ({"id": "s2", "name": "Huérfano", "status": "active", "organization_id": "o9"}, "organization_id"),
        ({"id": "s2", "name": "Suelto", "status": "active"}, "organization_id"),
        ({**HOUSE, "name": "Otra"}, "id"),
        (HOUSE, "id"),
        ({**HOUSE, "id": "o2", "alternate_name": "x", "description": "x" * 70_000}, None),
        ("una línea", None),
        ({"id": "t1", "name": "x", "taxonomy": "y"}, None),
    ],
)
def test_a_record_that_cannot_be_taken_is_refused_and_the_rest_is_taken(
    read_json: ReadJson, record: Any, field: str | None
) -> None:
    reading = read_json([HOUSE, record, {**BEDS, "organization_id": "o1"}])
    assert [item.record.record["id"] for item in reading.items] == ["o1", "s1"]
    assert [(refusal.row, refusal.field) for refusal in reading.refused] == [(2, field)]


def test_of_a_thin_and_a_full_copy_the_full_one_is_taken(tmp_path: Path) -> None:
    thin = {**BEDS, "organization": {"id": "o1", "name": "Casa Ejemplo"}}
    full = {**HOUSE, "services": [{**BEDS, "description": "Doce camas"}]}
    (tmp_path / "a.json").write_text(json.dumps(thin))
    (tmp_path / "b.json").write_text(json.dumps([full]))
    reading = read(tmp_path)
    assert [(item.record.record["description"], item.file) for item in reading.items] == [
        ("Una casa", "b.json"),
        ("Doce camas", "b.json"),
    ]
    assert not reading.refused


def test_one_bad_file_of_a_folder_is_refused_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({**HOUSE, "services": []}).encode())
    reading = read(tmp_path)
    assert reading.total == 1
    assert [(refusal.file, refusal.row) for refusal in reading.refused] == [("a.json", None)]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "42", '"id"', '{"a": 1}', '[{"id": "1", "price": 3}]', '{"contents": [1]}',
     '{"id": "1", "name": "x", "latitude": 1, "longitude": 2, "organization_id": "o"}',
     "[" * 100_000, '{"id": "\\ud800", "name": "x"'],
)  # fmt: skip
def test_what_is_not_hsds_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(NotHsdsError) as refusal:
        read(path)
    assert str(refusal.value).startswith("x.json")
    assert "\n" not in str(refusal.value)


def test_an_empty_page_is_hsds_without_records(read_json: ReadJson) -> None:
    assert read_json({"total_items": 0, "contents": []}).total == 0


def test_a_record_nested_without_end_is_refused(tmp_path: Path) -> None:
    deep = '{"x":' * 900 + "1" + "}" * 900
    path = tmp_path / "x.json"
    path.write_text(
        f'[{{"id":"o1","name":"Casa","website":"https://a.invalid","x":{deep}}},{json.dumps(HOUSE)}]'
    )
    reading = read(path)
    assert reading.total == 1
    assert "too deep" in reading.refused[0].why


def test_a_path_that_is_not_there_or_holds_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotHsdsError, match="does not exist"):
        read(tmp_path / "nada")
    with pytest.raises(NotHsdsError, match="holds no JSON and no CSV"):
        read(tmp_path)
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(NotHsdsError, match="neither JSON, nor CSV, nor a zip"):
        read(tmp_path / "x.pdf")


KEYS = st.sampled_from(
    ["id", "name", "status", "url", "email", "latitude", "longitude", "number", "phones", "x"]
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["12", " a@b.invalid", "www.casa.invalid", '"1"', "ACTIVE", "Ã±"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.sampled_from(["organization", "service"]))
def test_mending_a_record_twice_changes_nothing_more(record: dict[str, Any], kind: Any) -> None:
    once, _ = Mender(flattened=False).mend(kind, record)
    again, mended = Mender(flattened=False).mend(kind, once)
    assert again == once
    assert not mended


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_a_mended_record_survives_as_json(record: dict[str, Any]) -> None:
    once, _ = Mender(flattened=False).mend("service", record)
    data = msgspec.json.encode(once)
    assert len(data) > MOST_BYTES_OF_A_RECORD or msgspec.json.decode(data) == once


def test_right_records_are_not_mended_at_all(read_json: ReadJson) -> None:
    house = {
        **HOUSE,
        "website": "https://casa.invalid/",
        "email": "casa@ejemplo.invalid",
        "description": "Atención a niñas, niños y «adolescentes» – de 0 a 17 años.\n\n¿Dónde? Aquí.",
    }
    reading = read_json({**house, "services": [BEDS]})
    assert [item.mended for item in reading.items] == [[], []]
    assert records(reading, "organization") == [house]
    assert What.WHITESPACE.value == "whitespace"


def test_a_record_of_brackets_is_refused_and_never_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MOST_VALUES", 1_000)
    path = tmp_path / "brackets.json"
    path.write_text(f"[{json.dumps(HOUSE)}, [{'[],' * 1_000}[]]]", encoding="utf-8")
    reading = read(path)
    assert reading.total == 1
    assert [(refusal.row, refusal.why) for refusal in reading.refused] == [
        (2, "the record is of more than 1,000 values; split it")
    ]


def test_a_value_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_BYTES", 200_000)
    path = tmp_path / "long.json"
    path.write_text(f'[{json.dumps(HOUSE)}, "{"x" * 1_000_000}"]', encoding="utf-8")
    with pytest.raises(NotHsdsError, match="split it"):
        read(path)


def test_lines_of_json_are_read_and_a_bad_line_is_refused_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "directory.ndjson"
    lines = [json.dumps(HOUSE), '{"id": ', "", json.dumps({**BEDS, "organization_id": "o1"})]
    path.write_text("\n".join(lines), encoding="utf-8")
    reading = read(path)
    assert (reading.format, reading.total) == ("ndjson", 2)
    assert [(refusal.row, refusal.why[:20]) for refusal in reading.refused] == [(2, "the line is not JSON")]
    assert reading.refused.hidden == 1


def test_lines_of_json_in_a_file_of_another_name_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "directory.json"
    path.write_text(
        f"{json.dumps(HOUSE)}\n{json.dumps({**BEDS, 'organization_id': 'o1'})}\n", encoding="utf-8"
    )
    assert read(path).total == 2


def test_json_in_latin_1_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "directory.json"
    path.write_bytes(json.dumps({**HOUSE, "name": "Casa Ñandú"}, ensure_ascii=False).encode("latin-1"))
    reading = read(path)
    assert records(reading, "organization")[0]["name"] == "Casa Ñandú"
    assert [mend.what for mend in reading.file_mends] == [What.ENCODING]


def test_json_that_is_cut_off_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "directory.json"
    path.write_text(json.dumps([HOUSE, {**BEDS, "organization_id": "o1"}])[:-20], encoding="utf-8")
    with pytest.raises(NotHsdsError, match="is not JSON"):
        read(path)


def test_names_of_versions_1_and_2_become_those_of_version_3(read_json: ReadJson) -> None:
    service = {
        **BEDS,
        "organization": {"id": "o1", "name": "Casa Ejemplo", "url": "https://casa.invalid"},
        "eligibilitys": [{"id": "e1", "eligibility": "Mujeres", "minimum_age": 18}],
        "regular_schedules": [{"id": "h1", "weekday": "Monday", "opens_at": "9:00 am", "closes_at": "17:00"}],
        "fundings": [{"id": "f1", "source": "Municipio"}],
        "service_at_locations": [
            {
                "id": "a1",
                "location": {"id": "l1", "physical_addresses": [{"id": "d1", "address_1": "Calle 1"}]},
            }
        ],
    }
    reading = read_json(service)
    assert reading.version == "2.0"
    assert records(reading, "organization")[0]["website"] == "https://casa.invalid"
    record = records(reading, "service")[0]
    assert (record["eligibility_description"], record["minimum_age"]) == ("Mujeres", 18)
    assert record["schedules"] == [
        {"id": "h1", "freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "17:00"}
    ]
    assert record["funding"] == [{"id": "f1", "source": "Municipio"}]
    assert record["service_at_locations"][0]["location"]["addresses"] == [
        {"id": "d1", "address_1": "Calle 1", "address_type": "physical"}
    ]
    assert {"eligibilitys", "regular_schedules", "fundings"}.isdisjoint(record)


@pytest.mark.parametrize(
    ("given_location", "expected", "what"),
    [
        (
            {"latitude": -92.26, "longitude": 14.9},
            {"latitude": 14.9, "longitude": -92.26},
            "coordinates_swapped",
        ),
        ({"latitude": 14.9, "longitude": -92.26}, {"latitude": 14.9, "longitude": -92.26}, None),
        ({"latitude": 0, "longitude": -92.26}, None, "bad_coordinates"),
        ({"latitude": 0, "longitude": 0}, None, "bad_coordinates"),
        ({"latitude": 100, "longitude": 101}, None, "bad_coordinates"),
    ],
)
def test_swapped_coordinates_are_put_right_and_zero_ones_left_out(
    read_json: ReadJson, given_location: dict[str, Any], expected: dict[str, Any] | None, what: str | None
) -> None:
    place = {"id": "a1", "location": {"id": "l1", **given_location}}
    reading = read_json({**BEDS, "organization": HOUSE, "service_at_locations": [place]})
    location = records(reading, "service")[0]["service_at_locations"][0]["location"]
    assert {key: location[key] for key in ("latitude", "longitude") if key in location} == (expected or {})
    assert {mend.what.value for mend in reading.items[1].mended} == ({what} if what else set())


def test_a_schedule_that_ends_before_it_begins_loses_its_end_and_the_night_stays(read_json: ReadJson) -> None:
    schedules = [
        {"id": "h1", "valid_from": "2026-05-01", "valid_to": "2025-05-01"},
        {"id": "h2", "opens_at": "18:00", "closes_at": "07:00"},
        {"id": "h3", "valid_from": "13/05/2026", "valid_to": "3/4/2026", "opens_at": "9 a.m."},
        {"id": "h4", "dtstart": "1 de enero de 2026", "until": "Dec 31, 2026"},
    ]
    reading = read_json({**BEDS, "organization": HOUSE, "schedules": schedules})
    assert records(reading, "service")[0]["schedules"] == [
        {"id": "h1", "valid_from": "2026-05-01", "valid_to_as_given": "2025-05-01"},
        {"id": "h2", "opens_at": "18:00", "closes_at": "07:00"},
        {"id": "h3", "valid_from": "2026-05-13", "valid_to_as_given": "3/4/2026", "opens_at": "09:00"},
        {"id": "h4", "dtstart": "2026-01-01", "until": "2026-12-31"},
    ]
    assert {mend.what.value for mend in reading.items[1].mended} == {
        "bad_schedule", "over_midnight", "date_form", "bad_date", "time_form",
    }  # fmt: skip


def test_organizations_in_a_ring_and_parents_that_are_not_there_are_said_and_kept(
    read_json: ReadJson,
) -> None:
    houses = [
        {**HOUSE, "id": "o1", "parent_organization_id": "o2"},
        {**HOUSE, "id": "o2", "parent_organization_id": "o1"},
        {**HOUSE, "id": "o3", "parent_organization_id": "o9"},
    ]
    reading = read_json(houses)
    assert records(reading, "organization") == houses
    assert {(mend.what.value, mend.how[:1]) for mend in reading.file_mends} == {
        ("cycle", "2"),
        ("dangling_reference", "1"),
    }


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "services.json")
    with pytest.raises(NotHsdsError, match="neither a file nor a folder"):
        read(tmp_path / "services.json")
