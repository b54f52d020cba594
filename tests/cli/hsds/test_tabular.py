"""What is written as tables is read again as it was; also where rows are shared, and beyond the columns."""

import csv
import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.hsds.reader import read
from cli.hsds.tabular import COLUMNS, Package
from services.directory.exchange.likeness import same

WORDS = st.sampled_from(["Casa", "Camas y cena", "Niñez, «juntas»", 'la "Ceiba"', "uno\ndos", "a;b"])
LINES = st.sampled_from(["Casa", "Camas y cena", "Niñez, «juntas»", 'la "Ceiba"', "a;b"])
# Few, so that several rows share an id.
IDS = st.integers(0, 5).map(lambda number: str(uuid.UUID(int=number + 1)))
# Of what is in none of the tables.
ELSEWHERE = IDS.map(lambda known: known.replace("0000", "ffff", 1))
DAYS = st.dates().map(lambda day: day.isoformat())


def objects(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"id": IDS, **required}, optional=optional)


def some(one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(one, min_size=1, max_size=3)


LANGUAGE = objects({"name": LINES}, code=st.sampled_from(["es", "mam"]), note=WORDS)
PHONE = objects(
    {"number": st.sampled_from(["+52 000 000 0001", "555"])}, languages=some(LANGUAGE), type=LINES
)
CONTACT = objects({"name": LINES}, phones=some(PHONE))
SCHEDULE = objects({"byday": st.sampled_from(["MO", "TU,WE"])}, opens_at=st.just("09:00"), valid_from=DAYS)
TERM = objects({"name": LINES}, taxonomy_detail=objects({"name": LINES}), taxonomy_id=ELSEWHERE)
ATTRIBUTE = objects({"value": LINES}, taxonomy_term=TERM, link_type=LINES)
ADDRESS = objects({"address_1": LINES}, city=LINES)
LOCATION = objects(
    {"location_type": st.just("physical")},
    name=LINES,
    latitude=st.floats(1, 60).map(lambda value: round(value, 5)),
    longitude=st.floats(-120, -1).map(lambda value: round(value, 5)),
    addresses=some(ADDRESS),
    phones=some(PHONE),
    attributes=some(ATTRIBUTE),
    relevo=st.fixed_dictionaries({"visibility": st.just("public")}),
).filter(lambda one: ("latitude" in one) == ("longitude" in one))
ORGANIZATION = objects(
    {"name": LINES, "description": WORDS},
    phones=some(PHONE),
    programs=some(objects({"name": LINES})),
    funding=some(objects({"source": WORDS})),
    locations=some(LOCATION),
    contacts=some(CONTACT),
    year_incorporated=st.integers(1900, 2025),
    relevo=st.fixed_dictionaries({"kind": st.just("shelter"), "states": st.just(["CHP"])}),
    unheard=st.recursive(st.integers() | LINES, lambda inner: st.lists(inner, max_size=2)),
)
SERVICE = objects(
    {"name": LINES, "status": st.just("active")},
    schedules=some(SCHEDULE),
    languages=some(LANGUAGE),
    contacts=some(CONTACT),
    funding=some(objects({"source": WORDS})),
    program=objects({"name": LINES}),
    attributes=some(ATTRIBUTE),
    service_at_locations=some(objects({"location": LOCATION}, schedules=some(SCHEDULE))),
    minimum_age=st.integers(0, 18),
    cost_options=some(objects({"option": LINES}, amount=st.integers(0, 100))),
)


def unlike(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of one kind have ids of their own."""
    return [{**record, "id": str(uuid.UUID(int=1000 + place))} for place, record in enumerate(records)]


def write(folder: Path, organizations: list[dict[str, Any]], services: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as scratch, Package(folder, Path(scratch)) as package:
        for record in organizations:
            package.write("organization", record)
        for record in services:
            package.write("service", record)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ORGANIZATION, min_size=1, max_size=3), st.lists(SERVICE, max_size=3))
def test_what_is_written_is_read_again(organizations: list[Any], services: list[Any]) -> None:
    organizations = unlike(organizations)
    services = [{**one, "organization_id": organizations[0]["id"]} for one in unlike(services)]
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), organizations, services)
        reading = read(Path(name))
    assert not reading.refused
    back = [item.record.record for item in reading.items]
    assert len(back) == len(organizations) + len(services)
    for before, after in zip([*organizations, *services], back, strict=True):
        assert same(after, before), (after, before)


def test_tables_have_the_specification_s_columns_and_a_data_package_names_them(tmp_path: Path) -> None:
    house = {
        "id": "o1",
        "name": "Casa",
        "description": "Una",
        "phones": [{"id": "p1", "number": "1"}],
        "x": [1],
    }
    write(tmp_path, [house], [])
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert [one["path"] for one in package["resources"]] == [
        "organizations.csv",
        "services.csv",
        "phones.csv",
    ]
    with (tmp_path / "phones.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["organization_id"], row["number"]) == ("o1", "1")
    assert list(row)[: len(COLUMNS["phones"])] == list(COLUMNS["phones"])
