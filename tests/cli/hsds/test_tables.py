"""HSDS 3 in CSV tables: nested as in JSON, and a broken row never takes its neighbours with it."""

import csv
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.hsds.reader import opened, read
from cli.hsds.reading import NotHsdsError, What
from tests.cli.hsds.conftest import ReadTables
from tests.cli.hsds.made import records, whats, zipped

ORGANIZATIONS = "id,name,description\no1,Casa Ejemplo Uno,Una casa\no2,Casa Ejemplo Dos,Otra casa\n"
SERVICES = "id,organization_id,name,status\ns1,o1,Dormitorio,active\ns2,o2,Comedor,active\n"


def test_the_specifications_tables_nest_as_its_json_does(shared: Callable[[str], Path]) -> None:
    tables = read(shared("hsds-3.0/examples/csv"))
    document = read(shared("hsds-3.0/examples/service_full.json"))
    assert (tables.version, tables.format, tables.total) == ("3.0", "csv", 2)
    from_table, from_json = records(tables, "service")[0], records(document, "service")[0]
    # The tables' attribute and metadata name records that are not there, and were refused.
    expected = {key: value for key, value in from_json.items() if key not in ("attributes", "metadata")}
    ours = {key: value for key, value in from_table.items() if key in expected}
    text_extension = str(expected["phones"][0].pop("extension"))
    assert ours["phones"][0].pop("extension") == text_extension
    for key in (
        "schedules",
        "languages",
        "cost_options",
        "program",
        "required_documents",
        "phones",
        "funding",
    ):
        assert ours[key] == expected[key], key
    assert ours.keys() == expected.keys()
    assert {(refusal.file, refusal.field) for refusal in tables.refused} == {
        ("attributes.csv", "link_id"),
        ("metadata.csv", "resource_id"),
    }


def test_capacity_that_names_nothing_is_refused_and_the_rest_is_taken(shared: Callable[[str], Path]) -> None:
    reading = read(shared("hsds-3.1-dev/examples/csv"))
    assert (reading.version, reading.total) == ("3.1", 2)
    refused = {refusal.file: refusal.field for refusal in reading.refused}
    assert refused["service_capacity.csv"] == "service_id"
    assert "service_capacities" not in records(reading, "service")[0]


def test_capacity_is_nested_with_its_unit_and_what_cannot_be_true_is_dropped(read_tables: ReadTables) -> None:
    reading = read_tables(
        {
            "organizations.csv": ORGANIZATIONS,
            "services.csv": SERVICES,
            "units.csv": "id,name,identifier\nu1,cama,bed\n",
            "service_capacity.csv": (
                "id,service_id,unit_id,available,maximum\n"
                "c1,s1,u1,3,10\nc2,s1,u1,12,10\nc3,s2,u9,1,2\nc4,s2,u1,no se sabe,2\n"
            ),
        }
    )
    first, second = records(reading, "service")
    assert first["service_capacities"] == [
        {"id": "c1", "available": 3, "maximum": 10, "unit": {"id": "u1", "name": "cama", "identifier": "bed"}}
    ]
    assert "service_capacities" not in second
    hows = {mend.how for item in reading.items for mend in item.mended if mend.what is What.CAPACITY_DROPPED}
    assert "more places are free than there are" in hows
    assert "it names no unit" in hows


def test_rows_that_several_records_share_are_in_each_of_them(read_tables: ReadTables) -> None:
    reading = read_tables(
        {
            "organizations.csv": ORGANIZATIONS,
            "services.csv": SERVICES,
            "locations.csv": "id,organization_id,name,latitude,longitude\nl1,o1,Sede,15.1,-92.26\n",
            "service_at_location.csv": "id,service_id,location_id\na1,s1,l1\na2,s2,l1\n",
            "phones.csv": "id,service_id,location_id,number\np1,s1,l1,+52 000 000 0001\n",
            "addresses.csv": "id,location_id,address_1,state_province\nd1,l1,Calle Ejemplo 1,CHP\n",
        }
    )
    organization = records(reading, "organization")[0]
    first, second = records(reading, "service")
    location = first["service_at_locations"][0]["location"]
    assert location == second["service_at_locations"][0]["location"] == organization["locations"][0]
    assert location["latitude"] == 15.1
    assert location["phones"] == first["phones"] == [{"id": "p1", "number": "+52 000 000 0001"}]
    assert location["addresses"] == [{"id": "d1", "address_1": "Calle Ejemplo 1", "state_province": "CHP"}]
    assert not reading.refused


def test_broken_rows_are_refused_one_by_one_with_their_place(read_tables: ReadTables) -> None:
    reading = read_tables(
        {
            "organizations.csv": (
                "id,name,description\n"
                "o1,Casa Ejemplo Uno,Una casa\n"
                ",Sin Clave,x\n"
                "o3,,sin nombre\n"
                "o1,Casa Repetida,x\n"
                "o4,Casa Larga,x,de,más\n"
                'o5,"Casa sin cierre,x\n'
                "o6,Casa Después,x\n"
                "\n"
                "o7,Casa Corta\n"
            ),
            "services.csv": (
                "id,organization_id,name,status\ns1,o1,Cama,active\ns2,o99,Huérfano,active\ns3,,Suelto,active\n"
                "s4,o3,De la rechazada,active\n"
            ),
        }
    )
    assert [record["id"] for record in records(reading, "organization")] == ["o1", "o6", "o7"]
    assert [record["id"] for record in records(reading, "service")] == ["s1"]
    refused = {(refusal.file, refusal.row, refusal.field) for refusal in reading.refused}
    assert refused == {
        ("organizations.csv", 3, "id"),
        ("organizations.csv", 4, "name"),
        ("organizations.csv", 5, "id"),
        ("organizations.csv", 6, None),
        ("organizations.csv", 7, None),
        ("services.csv", 3, "organization_id"),
        ("services.csv", 4, "organization_id"),
        ("services.csv", 5, "organization_id"),
    }
    assert (("", "short_row")) in whats(reading.items[2])


def test_a_cell_of_several_lines_and_quotes_is_one_cell(read_tables: ReadTables) -> None:
    text = 'id,name,description\r\no1,"Casa ""La Ejemplar""","Uno\r\n\r\nDos, y tres"\r\n'
    record = records(read_tables({"organizations.csv": text}), "organization")[0]
    assert record["name"] == 'Casa "La Ejemplar"'
    assert record["description"] == "Uno\n\nDos, y tres"


def test_semicolons_and_a_byte_order_mark_are_read(read_tables: ReadTables) -> None:
    text = "\ufeffid;name;description\no1;Casa Ejemplo;Una, dos\n"
    reading = read_tables({"organizations.csv": text})
    assert records(reading, "organization") == [
        {"id": "o1", "name": "Casa Ejemplo", "description": "Una, dos"}
    ]
    assert [(mend.what, mend.how) for mend in reading.file_mends] == [
        (What.ENCODING, "begins with a byte order mark, which was left out")
    ]


def test_lines_in_windows_1252_among_lines_in_utf8_are_read_and_said(tmp_path: Path) -> None:
    lines = [b"id,name", "o1,Casa Ñandú".encode("cp1252"), "o2,Casa Ñandú".encode()]
    (tmp_path / "organizations.csv").write_bytes(b"\n".join(lines))
    reading = read(tmp_path)
    assert [record["name"] for record in records(reading, "organization")] == ["Casa Ñandú", "Casa Ñandú"]
    assert [mend.what for mend in reading.file_mends] == [What.ENCODING]


def test_utf16_and_nul_bytes_are_read(tmp_path: Path) -> None:
    (tmp_path / "organizations.csv").write_bytes("id,name\no1,Casa Ñandú\n".encode("utf-16"))
    (tmp_path / "services.csv").write_bytes(b"id,organization_id,name\ns\0001,o1\0,Ca\0ma\n")
    reading = read(tmp_path)
    assert records(reading, "organization")[0]["name"] == "Casa Ñandú"
    assert records(reading, "service") == [
        {"id": "s1", "organization_id": "o1", "name": "Cama", "status": "active"}
    ]
    assert {("name", "control_characters"), ("status", "blank_status")} <= whats(reading.items[1])


def test_a_record_that_the_bus_cannot_carry_is_refused(read_tables: ReadTables) -> None:
    text = f"id,name,description\no1,Casa,{'x' * 70_000}\no2,Casa,{'x' * 140_000}\no3,Casa,breve\n"
    reading = read_tables({"organizations.csv": text})
    assert [record["id"] for record in records(reading, "organization")] == ["o3"]
    assert "65536 is the most" in reading.refused[1].why or "65536 is the most" in reading.refused[0].why
    assert {refusal.row for refusal in reading.refused} == {2, 3}


def test_tables_are_read_from_a_zip_and_nothing_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "directory.zip"
    members = {"b/organizations.csv": ORGANIZATIONS, "a/services.csv": SERVICES, "notes.csv": "a,b\n1,2\n"}
    path.write_bytes(zipped({name: text.encode() for name, text in members.items()}))
    reading = read(path)
    assert reading.total == 4
    assert [(mend.file, mend.what) for mend in reading.file_mends] == [("notes.csv", What.FILE_IGNORED)]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name",
    ["../../x/organizations.csv", "/etc/organizations.csv", "a/../../b.txt", "..\\x.csv", "C:\\x.csv"],
)
def test_a_zip_with_a_path_out_of_it_is_refused_before_anything_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "directory.zip"
    path.write_bytes(zipped({"organizations.csv": ORGANIZATIONS.encode(), name: b"id,name\n"}))
    with pytest.raises(NotHsdsError, match=r"would lie outside of it .* nothing of it was read"):
        read(path)


def test_a_data_package_names_the_tables_that_their_files_do_not(tmp_path: Path) -> None:
    package = '{"resources": [{"name": "organization", "path": "orgs-2020.csv"}]}'
    members = {"datapackage.json": package, "data/orgs-2020.csv": ORGANIZATIONS}
    path = tmp_path / "directory.zip"
    path.write_bytes(zipped({name: text.encode() for name, text in members.items()}))
    assert read(path).total == 2


def test_a_zip_that_unpacks_to_ten_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    data = zipped({"organizations.csv": b"id,name\n" + b"0" * 100_000})
    at = data.index(b"PK\x01\x02") + 24  # where the list of contents says how long the file is unpacked
    path.write_bytes(data[:at] + (2**32 - 2).to_bytes(4, "little") + data[at + 4 :])
    with pytest.raises(NotHsdsError, match="taken for a zip bomb, and nothing of it was read"):
        read(path)


def test_a_zip_of_too_much_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.hsds.source.MOST_BYTES", 1_000_000)
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({f"{number}.csv": b"id,name\n" + b"0" * 500_000 for number in range(3)}))
    with pytest.raises(NotHsdsError, match="0 MiB is the most"):
        read(path)


def test_a_zip_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    data = bytearray(zipped({"organizations.csv": b"id,name\no1,Casa\n" + b"0" * 1_000_000}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(mark) + place
        data[at : at + 4] = (1_000).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(NotHsdsError, match="cannot be read as a zip"):
        read(path)


@pytest.mark.parametrize("cut", [30, 100, 200])
def test_a_damaged_zip_is_refused_in_one_sentence(tmp_path: Path, cut: int) -> None:
    data = zipped({"organizations.csv": ORGANIZATIONS.encode() * 20})
    path = tmp_path / "damaged.zip"
    path.write_bytes(data[:cut] + b"\xff" * 20 + data[cut + 20 :] if cut < 200 else data[:cut])
    with pytest.raises(NotHsdsError, match="zip"):
        read(path)


def test_ten_thousand_lines_of_open_quotes_end_soon(read_tables: ReadTables) -> None:
    reading = read_tables({"organizations.csv": "id,name\no1,Casa Ejemplo\n" + 'x,"y"z\n' * 10_000})
    assert reading.total == 1
    assert "the rest of the file was left out" in reading.refused[-1].why


def test_ids_of_nested_rows_are_made_the_same_every_time(read_tables: ReadTables) -> None:
    tables = {
        "organizations.csv": ORGANIZATIONS,
        "services.csv": SERVICES,
        "languages.csv": "id,service_id,name\nx,s1,tseltal\nx,s1,mam\n,s1,español\n,s2,español\n",
    }
    first, second = records(read_tables(tables), "service")
    assert [language["id"] for language in first["languages"]] == ["x", "x-2", "s1-languages-1"]
    assert [language["id"] for language in second["languages"]] == ["s2-languages-1"]
    assert records(read_tables(tables), "service") == [first, second]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("contacts.csv", "id,name\n1,Nadie\n"),
        ("organizations.csv", "clave;nombre\n1;Casa\n"),
        ("organizations.csv", ""),
        ("ventas.csv", "id,name\n1,x\n"),
    ],
)
def test_csv_that_is_no_directory_is_not_hsds(read_tables: ReadTables, name: str, text: str) -> None:
    with pytest.raises(NotHsdsError, match=r"no table of HSDS"):
        read_tables({name: text})


def test_a_written_table_comes_back(read_tables: ReadTables) -> None:
    names = ["Casa, la «Ejemplar»", 'Casa "B"', "Ñandú;x", "línea\ndoble"]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["id", "name", "description"])
    writer.writerows([str(place), "Casa", name] for place, name in enumerate(names))
    read_back = records(read_tables({"organizations.csv": buffer.getvalue()}), "organization")
    assert [record["description"] for record in read_back] == names


def test_a_ring_of_rows_is_cut_and_said_and_the_rest_goes_on(read_tables: ReadTables) -> None:
    reading = read_tables(
        {
            "organizations.csv": ORGANIZATIONS,
            "services.csv": SERVICES,
            "taxonomy_terms.csv": "id,name\nt1,Albergue\n",
            "attributes.csv": (
                "id,link_id,link_entity,taxonomy_term_id\na1,s1,service,t1\na2,t1,taxonomy_term,t1\n"
            ),
        }
    )
    first = records(reading, "service")[0]
    term = first["attributes"][0]["taxonomy_term"]
    assert (term["id"], term["attributes"][0]["id"]) == ("t1", "a2")
    assert "taxonomy_term" not in term["attributes"][0]
    assert "cycle" in {mend.what.value for mend in reading.items[2].mended}
    assert reading.total == 4


def test_version_2_becomes_version_3(read_tables: ReadTables) -> None:
    reading = read_tables(
        {
            "organizations.csv": "id,name,description,url\no1,Casa Ejemplo,Una casa,https://casa.invalid\n",
            "services.csv": "id,organization_id,program_id,name,status,fees\ns1,o1,g1,Cama,active,gratis\n",
            "programs.csv": "id,organization_id,name\ng1,o1,Invierno\n",
            "taxonomy_terms.csv": "id,term,taxonomy\nt1,Albergue,ejemplo\n",
            "service_attributes.csv": "id,service_id,taxonomy_term_id\na1,s1,t1\n",
            "other_attributes.csv": "id,link_id,link_type,taxonomy_term_id\na2,o1,organization,t1\n",
            "services_at_location.csv": "id,service_id,location_id\np1,s1,l1\n",
            "locations.csv": "id,name\nl1,Sede\n",
            "physical_addresses.csv": "id,location_id,address_1\nd1,l1,Calle 1\n",
            "schedules.csv": "id,service_id,freq,byday,opens_at\nh1,s1,WEEKLY,MO,09:00\n",
            "funding.csv": "id,organization_id,source\nf1,o1,Municipio\n",
        }
    )
    assert reading.version == "2.0"
    organization, service = records(reading, "organization")[0], records(reading, "service")[0]
    assert organization["website"] == "https://casa.invalid"
    assert organization["programs"] == [{"id": "g1", "name": "Invierno"}]
    assert organization["funding"] == [{"id": "f1", "source": "Municipio"}]
    assert organization["attributes"][0]["taxonomy_term"]["name"] == "Albergue"
    assert service["program"] == {"id": "g1", "name": "Invierno"}
    assert service["attributes"][0]["taxonomy_term"]["name"] == "Albergue"
    assert service["schedules"][0]["byday"] == "MO"
    assert service["service_at_locations"][0]["location"]["addresses"][0]["address_type"] == "physical"
    assert not reading.refused


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_memory_does_not_grow_with_the_tables(tmp_path: Path, size: int) -> None:
    for name, row in (("organizations", "o{0},Casa {0}"), ("services", "s{0},o{0},Cama {0},active")):
        header = "id,name" if name == "organizations" else "id,organization_id,name,status"
        rows = "\n".join(row.format(number) for number in range(size))
        (tmp_path / f"{name}.csv").write_text(f"{header}\n{rows}\n", encoding="utf-8")
    with opened(tmp_path) as reading:
        tracemalloc.start()
        assert sum(1 for _ in reading.items) == reading.total == 2 * size
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5_000_000
