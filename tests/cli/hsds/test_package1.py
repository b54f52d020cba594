"""HSDS 1.1: the whole real directory of Miami comes in, and version 1's names become version 3's."""

import csv
import json
import time
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest

from cli.hsds.reader import MOST_BYTES_OF_A_RECORD, read
from cli.hsds.reading import Reading, What
from tests.cli.hsds.conftest import ReadTables
from tests.cli.hsds.made import records, whats

TABLES = {
    "organizations.csv": "id,name,description,url\n1,Casa Ejemplo,Una casa,www.casa.invalid\n",
    "services.csv": (
        "id,organization_id,name,status,fees\n"
        "10,1,Sede Norte,,gratis\n11,10,Dormitorio,,\n12,11,Cena,,\n13,77,Nadie,,\n"
    ),
    "locations.csv": "id,organization_id,name,latitude,longitude\n10,10,Sede Norte,,\n",
    "services_at_location.csv": "id,service_id,location_id\n1,11,10\n",
    "physical_addresses.csv": "id,location_id,address_1,state_province,country\n1,10,Calle Uno,CHP ,MX\n",
    "regular_schedules.csv": (
        "id,service_id,weekday,opens_at,closes_at,original_text\n"
        ',11,Monday,9:00am,5:30 pm,"9-5, lunes"\n,11,2,08:00,17:00:00,\n,11,Friday,8:00,12:00am,\n'
    ),
    "languages.csv": "id,service_id,location_id,language\n1,11,,Spanish\n1,11,,tzh\n2,11,,varias\n",
    "eligibility.csv": "id,service_id,eligibility\n1,11,Mujeres\n2,11,Familias\n3,,De nadie\n",
    "phones.csv": "id,service_id,number,language\n1,11,+52 000 000 0001,Spanish\n2,11,,\n",
    "taxonomy.csv": "id,name,vocabulary\nBH-1,Albergue,Ejemplo\n",
    "services_taxonomy.csv": "id,service_id,taxonomy_id,taxonomy_detail\n1,11,BH-1,urgente\n2,11,BH-9,\n",
    "accessibility_for_disabilities.csv": "id,location_id,accessibility,details\n1,10,Rampa,\n",
    "payments_accepted.csv": "id,service_id,payment\n1,11,ninguno\n",
}

# What becomes of the service 11, by the names of version 3.
DORMITORY: dict[str, Any] = {
    "id": "11",
    "organization_id": "1",
    "parent_service_id": "10",
    "name": "Dormitorio",
    "status": "active",
    "eligibility_description": "Mujeres\nFamilias",
    "languages": [
        {"id": "1", "name": "Spanish", "code": "es"},
        {"id": "1-2", "name": "tzh", "code": "tzh"},
        {"id": "2", "name": "varias"},
    ],
    "phones": [
        {
            "id": "1",
            "number": "+52 000 000 0001",
            "languages": [{"id": "1-language", "name": "Spanish", "code": "es"}],
        }
    ],
    "schedules": [
        {
            "id": "11-schedules-1",
            "freq": "WEEKLY",
            "byday": "MO",
            "opens_at": "09:00",
            "closes_at": "17:30",
            "description": "9-5, lunes",
        },
        {
            "id": "11-schedules-2",
            "freq": "WEEKLY",
            "byday": "TU",
            "opens_at": "08:00",
            "closes_at": "17:00",
        },
        {
            "id": "11-schedules-3",
            "freq": "WEEKLY",
            "byday": "FR",
            "opens_at_as_given": "8:00",
            "closes_at": "00:00",
        },
    ],
    "attributes": [
        {
            "id": "1",
            "value": "urgente",
            "link_entity": "service",
            "link_type": "taxonomy_term",
            "taxonomy_term": {"id": "BH-1", "name": "Albergue", "taxonomy": "Ejemplo"},
        },
        {
            "id": "2",
            "link_entity": "service",
            "link_type": "taxonomy_term",
            "taxonomy_term_id_as_given": "BH-9",
        },
    ],
    "payments_accepted": [{"id": "1", "payment": "ninguno"}],
    "service_at_locations": [
        {
            "id": "1",
            "location": {
                "id": "10",
                "name": "Sede Norte",
                "location_type": "physical",
                "organization_id_as_given": "10",
                "addresses": [
                    {
                        "id": "1",
                        "address_1": "Calle Uno",
                        "state_province": "CHP",
                        "country": "MX",
                        "address_type": "physical",
                    }
                ],
                "accessibility": [{"id": "1", "description": "Rampa"}],
            },
        }
    ],
}


def test_version_1_becomes_version_3(read_tables: ReadTables) -> None:
    reading = read_tables(TABLES)
    assert (reading.version, reading.format) == ("1.1", "package")
    assert records(reading, "organization") == [
        {"id": "1", "name": "Casa Ejemplo", "description": "Una casa", "website": "http://www.casa.invalid"}
    ]
    services = {service["id"]: service for service in records(reading, "service")}
    assert services["10"]["fees_description"] == "gratis"
    assert services["11"].keys() == DORMITORY.keys()


@pytest.mark.parametrize("field", DORMITORY)
def test_a_service_of_version_1_has_each_field_of_version_3(read_tables: ReadTables, field: str) -> None:
    (dormitory,) = (one for one in records(read_tables(TABLES), "service") if one["id"] == "11")
    assert dormitory[field] == DORMITORY[field]


def test_a_service_that_names_a_service_as_its_organization_gets_that_ones(read_tables: ReadTables) -> None:
    reading = read_tables(TABLES)
    services = {service["id"]: service for service in records(reading, "service")}
    assert {id_: service["organization_id"] for id_, service in services.items()} == {
        "10": "1",
        "11": "1",
        "12": "1",
    }
    assert services["12"]["parent_service_id"] == "11"
    mended = {
        item.record.record["id"]: whats(item) for item in reading.items if item.record.kind == "service"
    }
    assert ("organization_id", "service_as_organization") in mended["12"]
    assert ("organization_id", "service_as_organization") not in mended["10"]


def test_rows_that_belong_to_nothing_are_refused_and_empty_ones_left_out(read_tables: ReadTables) -> None:
    reading = read_tables(TABLES)
    assert {(refusal.file, refusal.row, refusal.field) for refusal in reading.refused} == {
        ("services.csv", 5, "organization_id"),
        ("eligibility.csv", 4, "service_id"),
    }
    dormitory = next(item for item in reading.items if item.record.record["name"] == "Dormitorio")
    assert {
        ("phones", "empty_row"),
        ("attributes.taxonomy_term_id", "dangling_reference"),
        ("service_at_locations.location.organization_id", "dangling_reference"),
        ("schedules.opens_at", "bad_time"),
        ("languages.id", "id_made"),
    } <= whats(dormitory)


def test_services_that_name_each_other_in_a_ring_are_refused(read_tables: ReadTables) -> None:
    services = "id,organization_id,name,status\n10,11,Uno,\n11,10,Dos,\n12,12,Tres,\n"
    reading = read_tables({**TABLES, "services.csv": services})
    assert records(reading, "service") == []
    assert {refusal.row for refusal in reading.refused if refusal.file == "services.csv"} == {2, 3, 4}


@pytest.fixture(scope="module")
def miami() -> Reading:
    path = Path(__file__).parents[3].parent / "shared" / "data" / "hsds-1.1-miami" / "datapackage.zip"
    if not path.exists():
        pytest.skip("the package of Miami is not beside the project")
    start = time.process_time()
    read_plainly(path)
    plainly = time.process_time() - start
    reading = read(path)
    assert time.process_time() - start < 80 * plainly, "some thirty times is what it takes on any machine"
    return reading


def read_plainly(path: Path) -> None:
    """Read every row, and write and read each table as JSON: the least that could be done with them."""
    with ZipFile(path) as package:
        for name in package.namelist():
            if name.endswith(".csv"):
                rows = list(csv.DictReader(StringIO(package.read(name).decode(errors="replace"), newline="")))
                json.loads(json.dumps(rows))


def test_the_whole_of_miami_comes_in(miami: Reading) -> None:
    assert Counter(item.record.kind for item in miami.items) == {"organization": 1_074, "service": 4_089}
    kinds = [item.record.kind for item in miami.items]
    assert kinds == sorted(kinds)
    for item in miami.items:
        assert len(msgspec.json.encode(item.record)) <= MOST_BYTES_OF_A_RECORD
    organizations = {record["id"] for record in records(miami, "organization")}
    assert {record["organization_id"] for record in records(miami, "service")} <= organizations


def test_of_miami_only_rows_without_any_place_are_refused(miami: Reading) -> None:
    assert Counter((refusal.file, refusal.field) for refusal in miami.refused) == {
        ("data/eligibility.csv", "service_id"): 2_244,
        ("data/taxonomy.csv", "id"): 3,
    }


def test_nothing_of_miami_gets_lost_on_the_way(miami: Reading) -> None:
    services = records(miami, "service")
    assert sum(len(service.get("attributes", ())) for service in services) == 26_259
    assert sum(len(service.get("schedules", ())) for service in services) == 11_350
    assert sum(len(service.get("languages", ())) for service in services) == 9_357
    assert sum(len(service.get("phones", ())) for service in services) == 4_067
    assert sum(len(service["service_at_locations"]) for service in services) == 4_089
    placed = [service["service_at_locations"][0]["location"] for service in services]
    assert sum("latitude" in location for location in placed) == 2_260
    assert sum("accessibility" in location for location in placed) == 1_620


def test_miamis_damage_is_mended_and_said(miami: Reading) -> None:
    count = Counter(mend.what for item in miami.items for mend in item.mended)
    assert count[What.BLANK_STATUS] == 4_089
    assert count[What.SERVICE_AS_ORGANIZATION] == 447
    assert count[What.MOJIBAKE] > 500
    # Every item says a thing of a field once.
    assert all(len(item.mended) == len(set(item.mended)) for item in miami.items)
    text = msgspec.json.encode([item.record for item in miami.items]).decode()
    assert "GÇ" not in text
    assert "\\\\n" not in text
    # What cannot be told (ñ, ó or ú) is left as it came, and said.
    assert count[What.MOJIBAKE_LEFT] > 0


def test_reading_miami_again_gives_the_same(miami: Reading, shared: Callable[[str], Path]) -> None:
    again = read(shared("hsds-1.1-miami/datapackage.zip"))
    assert msgspec.json.encode([item.record for item in again.items]) == msgspec.json.encode(
        [item.record for item in miami.items]
    )
