"""The export's tables are valid against the specification's own schema for tables."""

import csv
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.hsds import reader
from cli.hsds.numbers import number
from cli.hsds.tabular import Package
from services.directory import public
from services.directory.exchange.likeness import same
from tests.directory import cast
from tests.directory.schemas import DATA, MIAMI, mistakes, needs_miami, needs_schemas, schema
from tests.directory.test_public import stored

# The schema names the tables in the singular.
SINGULAR = {
    "addresses": "address", "taxonomies": "taxonomy", "funding": "funding", "metadata": "metadata",
    "accessibility": "accessibility", "service_at_location": "service_at_location",
}  # fmt: skip


def write(folder: Path, records: list[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Write the records as tables, and read each as the schema types its columns."""
    with tempfile.TemporaryDirectory() as scratch, Package(folder, Path(scratch)) as package:
        for kind, record in records:
            package.write(kind, record)
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


def typed(row: dict[str, str], items: dict[str, Any]) -> dict[str, Any]:
    cells = {column: cell for column, cell in row.items() if cell}
    for column, said in items["properties"].items():
        if said.get("type") == "number" and column in cells:
            cells[column] = number(cells[column])  # type: ignore[assignment]
    return cells


@needs_schemas
@pytest.mark.parametrize("example", ["cast", "specification"])
def test_every_row_is_valid(tmp_path: Path, example: str) -> None:
    if example == "cast":
        house, clinic = stored(cast.organization(cast.SHELTER)), stored(cast.organization(cast.CLINIC))
        beds, consultation = stored(cast.service(cast.BEDS)), stored(cast.service(cast.CONSULTATION))
    else:
        given = _example()
        house = clinic = stored(cast.organization(given["organization"]))
        beds = consultation = stored(cast.service(given))
    records = [
        ("organization", public.organization(house)),
        *([("organization", public.organization(clinic))] if clinic is not house else []),
        ("service", public.service(beds, None)),
        *([("service", public.service(consultation, None))] if consultation is not beds else []),
    ]
    tables = write(tmp_path, records)
    assert {"organizations", "services", "service_at_location", "locations"} <= tables.keys()
    known = schema("tabular")["properties"]
    for table, rows in tables.items():
        items = known[SINGULAR.get(table, table.removesuffix("s"))]["items"]
        for row in rows:
            assert mistakes(typed(row, items), items) == [], table


def _example() -> dict[str, Any]:
    path = DATA / "hsds-3.0" / "examples" / "service_full.json"
    given: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return {**given, "organization_id": given["organization"]["id"]}


@pytest.mark.skipif("RELEVO_TEST_FULL" not in os.environ, reason="it takes a minute: make test-full")
@needs_miami
def test_a_whole_real_directory_given_out_reads_as_it_was(tmp_path: Path) -> None:
    made: dict[str, dict[str, Any]] = {}
    (tmp_path / "tables").mkdir()
    with (
        reader.opened(MIAMI) as reading,
        (tmp_path / "directory.ndjson").open("wb") as lines,
        Package(tmp_path / "tables", tmp_path) as package,
    ):
        for item in reading.items:
            document = stored(item.record)
            is_house = item.record.kind == "organization"
            record = public.organization(document) if is_house else public.service(document, None)
            carried = msgspec.json.encode(record)
            lines.write(carried + b"\n")
            package.write(item.record.kind, record)
            made[record["id"]] = msgspec.json.decode(carried)
    assert len(made) == 5_163
    for name in ("directory.ndjson", "tables"):
        with reader.opened(tmp_path / name) as back:
            assert not back.refused
            assert back.total == len(made)
            assert all(same(one.record.record, made[one.record.record["id"]]) for one in back.items)
