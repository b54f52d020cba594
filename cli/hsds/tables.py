"""Reads CSV tables into rows; a broken row is refused and never takes its neighbours with it."""

import csv
import io
from collections.abc import Iterator

import msgspec

from cli.hsds import mojibake
from cli.hsds.reading import FileMend, Refusal, Row, What
from cli.hsds.source import File, decode

# The tables of HSDS 3 by the names that files have, in the plural or the singular.
VERSION_3 = {
    "organizations": "organization",
    "services": "service",
    "service_at_location": "service_at_locations",
    "locations": "location",
    "addresses": "address",
    "phones": "phone",
    "contacts": "contact",
    "schedules": "schedule",
    "languages": "language",
    "programs": "program",
    "funding": "fundings",
    "accessibility": "accessibilities",
    "cost_options": "cost_option",
    "required_documents": "required_document",
    "service_areas": "service_area",
    "organization_identifiers": "organization_identifier",
    "attributes": "attribute",
    "taxonomy_terms": "taxonomy_term",
    "taxonomies": "",  # "taxonomy" is a table of version 1
    "metadata": "",
    "meta_table_descriptions": "meta_table_description",
    "service_capacity": "service_capacities",
    "units": "unit",
    "url": "urls",
}
# Tables that only version 1 has, under a name of version 1.
VERSION_1 = {
    "services_at_location": "",
    "physical_addresses": "physical_address",
    "postal_addresses": "postal_address",
    "regular_schedules": "regular_schedule",
    "holiday_schedules": "holiday_schedule",
    "services_taxonomy": "service_taxonomy",
    "taxonomy": "",
    "eligibility": "eligibilities",
    "payments_accepted": "payment_accepted",
    "accessibility_for_disabilities": "",
}
_TABLE_OF = {
    name: table for table, other in (VERSION_3 | VERSION_1).items() for name in (table, other) if name
}
_MOST_UNREADABLE = 1_000
_DELIMITERS = ",;\t"


class Tables:
    """The tables of one directory by name, and what was refused or mended while reading them."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.files: dict[str, str] = {}
        self.columns: dict[str, frozenset[str]] = {}
        self.refused: list[Refusal] = []
        self.file_mends: list[FileMend] = []
        self.flattened = False

    @property
    def is_version_1(self) -> bool:
        """Whether a table, or the organizations' column ``url``, is one that only version 1 has."""
        organizations = self.columns.get("organizations", frozenset())
        return bool(self.rows.keys() & VERSION_1.keys()) or (
            "url" in organizations and "website" not in organizations
        )

    @property
    def has_directory(self) -> bool:
        """Whether organizations or services are there, with the columns that make them so."""
        return any(
            {"id", "name"} <= self.columns.get(table, frozenset()) for table in ("organizations", "services")
        )


def read_tables(files: list[File]) -> Tables:
    """All tables of HSDS among the files, any version; other CSV files are noted as ignored."""
    tables = Tables()
    named = _names_of_package(files, tables)
    text_of_all: list[str] = []
    for file in files:
        if not file.is_csv:
            continue
        table = _TABLE_OF.get(file.stem) or _TABLE_OF.get(named.get(file.stem, ""))
        if table is None or table in tables.rows:
            why = "not a table of HSDS" if table is None else f"{tables.files[table]} is the table already"
            tables.file_mends.append(FileMend(file.name, What.FILE_IGNORED, why))
            continue
        text, how = decode(file.data)
        if how:
            tables.file_mends.append(FileMend(file.name, What.ENCODING, how))
        text_of_all.append(text)
        _read_table(tables, table, file.name, text)
    tables.flattened = mojibake.is_flattened("\n".join(text_of_all))
    return tables


def _names_of_package(files: list[File], tables: Tables) -> dict[str, str]:
    """What a data package calls its files, where their own names say nothing; by stem."""
    names: dict[str, str] = {}
    for file in files:
        if file.stem != "datapackage" or file.is_csv:
            continue
        try:
            package = msgspec.json.decode(decode(file.data)[0])
            for resource in package["resources"]:
                names[File(str(resource["path"]), b"").stem] = str(resource["name"]).lower()
        except (msgspec.DecodeError, LookupError, TypeError, RecursionError):
            why = "not a data package; the tables were told by the names of the files"
            tables.file_mends.append(FileMend(file.name, What.FILE_IGNORED, why))
    return names


def _read_table(tables: Tables, table: str, name: str, text: str) -> None:
    lines = list(io.StringIO(text, newline=""))
    records = _records(lines)
    header = next(records, None)
    columns = _columns(header) if isinstance(header, list) else []
    rows: list[Row] = []
    for number, cells in enumerate(records, start=2):
        if isinstance(cells, str):
            tables.refused.append(Refusal(name, number, None, cells))
        elif any(cell.strip() for cell in cells[len(columns) :]):
            why = f"the row has {len(cells)} cells where the header has {len(columns)}"
            tables.refused.append(Refusal(name, number, None, why))
        elif any(cell.strip() for cell in cells):
            rows.append(_row(columns, cells, name, number))
    tables.rows[table] = rows
    tables.files[table] = name
    tables.columns[table] = frozenset(columns)


def _columns(header: list[str]) -> list[str]:
    columns = [cell.replace("\0", "").strip().lower() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    return columns


def _row(columns: list[str], cells: list[str], name: str, number: int) -> Row:
    # Blank cells are left out; of two columns with one name the first that says something counts.
    row = Row({}, name, number)
    for column, cell in zip(columns, cells, strict=False):
        if column and cell.strip() and column not in row:
            row[column] = cell.replace("\0", "").strip() if is_id(column) else cell
    if len(cells) < len(columns):
        row.mend("", What.SHORT_ROW, "fewer cells than the header has; the rest is blank")
    return row


def is_id(column: str) -> bool:
    """Whether a column or field holds an id."""
    return column == "id" or column.endswith("_id")


def _records(lines: list[str]) -> Iterator[list[str] | str]:
    """Each record's cells, or in a broken one's place a sentence that says what is wrong with it.

    A quote that never closes would swallow the rest of the file; so reading goes on at the line after
    the one where a broken record began.
    """
    delimiter = max(_DELIMITERS, key=lines[0].count) if lines else ","
    at = broken = 0
    while at < len(lines):
        reader = csv.reader(lines[at:], delimiter=delimiter, strict=True)
        read = 0
        try:
            for cells in reader:
                yield cells
                read = reader.line_num
        except csv.Error as why:
            broken += 1
            if broken > _MOST_UNREADABLE:
                yield f"more than {_MOST_UNREADABLE} rows cannot be read; the rest of the file was left out"
                return
            yield f"the row cannot be read: {why}"
            at += read + 1
        else:
            return
