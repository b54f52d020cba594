"""Writes HSDS 3.0 records as the tables of a data package: the way back of ``csv3``.

Whatever a record has beyond the specification's columns stands in the columns ``relevo`` and
``relevo_more``, as JSON. A row whose id another row has already gets one of its own, and keeps the old one
there: so what is read again is what was written.
"""

import csv
import hashlib
import json
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import msgspec

from cli.hsds import csv3
from cli.hsds.tables import MORE

# The columns of HSDS 3.0's tables, in its order.
COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "organizations": "id name alternate_name description email website tax_status tax_id"
        " year_incorporated legal_status logo uri parent_organization_id",
        "programs": "id organization_id name alternate_name description",
        "services": "id organization_id program_id name alternate_name description url email status"
        " interpretation_services application_process fees_description wait_time fees accreditations"
        " eligibility_description minimum_age maximum_age assured_date assurer_email licenses alert"
        " last_modified",
        "attributes": "id link_id taxonomy_term_id link_type link_entity value",
        "service_at_location": "id service_id location_id description",
        "locations": "id location_type url organization_id name alternate_name description transportation"
        " latitude longitude external_identifier external_identifier_type",
        "phones": "id location_id service_id organization_id contact_id service_at_location_id number"
        " extension type description",
        "contacts": "id organization_id service_id service_at_location_id location_id name title department"
        " email",
        "addresses": "id location_id attention address_1 address_2 city region state_province postal_code"
        " country address_type",
        "schedules": "id service_id location_id service_at_location_id valid_from valid_to dtstart timezone"
        " until count wkst freq interval byday byweekno bymonthday byyearday description opens_at closes_at"
        " schedule_link attending_type notes",
        "funding": "id organization_id service_id source",
        "service_areas": "id service_id service_at_location_id name description extent extent_type uri",
        "required_documents": "id service_id document uri",
        "languages": "id service_id location_id phone_id name code note",
        "accessibility": "id location_id description details url",
        "taxonomy_terms": "id code name description parent_id taxonomy language taxonomy_id term_uri",
        "metadata": "id resource_id resource_type last_action_date last_action_type field_name"
        " previous_value replacement_value updated_by",
        "cost_options": "id service_id valid_from valid_to option currency amount amount_description",
        "organization_identifiers": "id organization_id identifier_scheme identifier_type identifier",
        "taxonomies": "id name description uri version",
    }.items()
}
EXTENSION = "relevo"
_NUMBERS = frozenset(
    {
        "latitude", "longitude", "minimum_age", "maximum_age", "amount", "year_incorporated", "timezone",
        "count", "interval", "extension",
    }
)  # fmt: skip
# By owner's table and key: the table of what is nested there, and its column of the owner's id.
_NESTED = {
    (link.table, link.key): (table, link.column)
    for table, links in csv3.LINKS.items()
    for link in links
    if table in COLUMNS
}
_HELD = {(table, link.key): link for table, link in csv3.HELD.items() if table in COLUMNS}
_ANY = {"attributes": ("link_id", "link_entity"), "metadata": ("resource_id", "resource_type")}
_WORDS = {table: word for word, table in reversed(csv3.ANY_TABLES.items())}
_NAMESPACE = uuid.UUID("6f6e2c2e-1a53-4f0e-9f6e-7c2b0a8d5e11")


class Package:
    """A folder of tables in the making. What has been written already is known on disk, not in memory."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._writers: dict[str, csv.DictWriter[str]] = {}
        self._seen = sqlite3.connect(scratch / "seen.sqlite", isolation_level=None)
        for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-8192"):
            self._seen.execute(f"PRAGMA {pragma}")
        self._seen.execute(
            "CREATE TABLE ids (tab TEXT, id TEXT, count INT, PRIMARY KEY (tab, id)) WITHOUT ROWID"
        )
        self._seen.execute("CREATE TABLE shared (digest BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def __enter__(self) -> Self:
        for table in ("organizations", "services"):
            self._writer(table)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._seen.close()
        if kind is None:
            self._describe()

    def write(self, kind: str, record: Mapping[str, Any]) -> None:
        """Add an organization or a service with all that is nested in it."""
        self._row("organizations" if kind == "organization" else "services", record, {})

    def _row(self, table: str, record: Mapping[str, Any], joints: dict[str, Any]) -> str:
        """Write a row, then those that it holds; return its id."""
        line = _Line(table, self._own_id(table, str(record.get("id") or "")))
        if line.id != record.get("id"):
            line.more[csv3.GIVEN_ID] = record.get("id")
        for key, value in record.items():
            if key != "id" and value is not None and not self._nest(line, key, value):
                line.put(key, value)
        self._writer(table).writerow({**line.written(), **joints})
        for nested, inner, owner in line.later:
            self._row(nested, inner, owner)
        return line.id

    def _nest(self, line: "_Line", key: str, value: Any) -> bool:
        """Put what is nested where it belongs; False where it is not nested in any table's way."""
        held = _HELD.get((line.table, key))
        if held is not None and isinstance(value, Mapping) and value.get("id"):
            line.held[held.column] = self._shared(held.table, value)
            return True
        if not isinstance(value, list) or not all(
            isinstance(one, Mapping) and one.get("id") for one in value
        ):
            return False
        return line.nest(key, value)

    def _shared(self, table: str, record: Mapping[str, Any]) -> str:
        """The id of a row that several may name: written once for each content."""
        said = {key: value for key, value in record.items() if key != "organization_id"}
        digest = hashlib.sha256(f"{table} {_json(said)}".encode()).digest()
        found = self._seen.execute("SELECT id FROM shared WHERE digest = ?", (digest,)).fetchone()
        if found:
            return str(found[0])
        row_id = self._row(table, record, {})
        self._seen.execute("INSERT INTO shared VALUES (?, ?)", (digest, row_id))
        return row_id

    def _own_id(self, table: str, given: str) -> str:
        """The id as given, or where a row of the table has it already, one that comes out the same again."""
        (count,) = self._seen.execute(
            "INSERT INTO ids VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
            (table, given),
        ).fetchone()
        return given if count == 1 and given else str(uuid.uuid5(_NAMESPACE, f"{table} {given} {count}"))

    def _writer(self, table: str) -> "csv.DictWriter[str]":
        if table not in self._writers:
            file: TextIO = self._open.enter_context(
                (self._folder / f"{table}.csv").open("w", encoding="utf-8", newline="")
            )
            writer = csv.DictWriter(file, [*COLUMNS[table], EXTENSION, MORE])
            writer.writeheader()
            self._writers[table] = writer
        return self._writers[table]

    def _describe(self) -> None:
        """Write what makes a folder of tables a data package."""
        package = {
            "profile": "tabular-data-package",
            "name": "human_services_data",
            "title": "Human Services Data Specification",
            "version": "3.0",
            "resources": [_resource(table) for table in COLUMNS if table in self._writers],
        }
        text = json.dumps(package, indent=2, ensure_ascii=False)
        (self._folder / "datapackage.json").write_text(text + "\n", encoding="utf-8")


@dataclass
class _Line:
    """A row in the making: its cells, rows that it names, what no column is for, and rows that name it."""

    table: str
    id: str
    cells: dict[str, Any] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    later: list[tuple[str, Mapping[str, Any], dict[str, Any]]] = field(default_factory=list)

    def written(self) -> dict[str, Any]:
        """All cells."""
        more = {MORE: _json(self.more)} if self.more else {}
        # What is held may have got another id than the record says.
        return {"id": self.id, **self.cells, **more, **self.held}

    def nest(self, key: str, rows: list[Any]) -> bool:
        """Hold rows under a key, if a table is for them."""
        if (nested := _NESTED.get((self.table, key))) is not None:
            table, joints = nested[0], {nested[1]: self.id}
        elif key in _ANY and self.table in _WORDS:
            table, joints = key, {_ANY[key][0]: self.id, _ANY[key][1]: _WORDS[self.table]}
        else:
            return False
        self.later += [(table, one, joints) for one in rows]
        return True

    def put(self, key: str, value: Any) -> None:
        """Put a value into its column, or beside."""
        known = key in COLUMNS[self.table]
        if key == EXTENSION:
            self.cells[key] = _json(value)
        elif known and isinstance(value, str) and value.strip():
            self.cells[key] = value
        elif known and key in _NUMBERS and _is_number(value):
            self.cells[key] = format(Decimal(repr(value)), "f")
        else:
            self.more[key] = value


def _resource(table: str) -> dict[str, Any]:
    fields = [
        {"name": column, "type": "number" if column in _NUMBERS else "string"}
        for column in (*COLUMNS[table], EXTENSION, MORE)
    ]
    return {
        "name": table,
        "path": f"{table}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"fields": fields, "primaryKey": "id"},
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
