"""Reads CSV tables into rows; a broken row is refused and never takes its neighbours with it."""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from cli.hsds import mojibake
from cli.hsds.numbers import NUMBERS, number
from cli.hsds.reading import FileMend, Refusal, Refusals, Row, What
from cli.hsds.source import File
from cli.hsds.workbench import Workbench

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
# Tables that only versions 1 and 2 have.
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
    "service_attributes": "service_attribute",
    "other_attributes": "other_attribute",
}
# Of these, those that are of version 2 alone.
VERSION_2 = frozenset({"service_attributes", "other_attributes"})
_TABLE_OF = {
    name: table for table, other in (VERSION_3 | VERSION_1).items() for name in (table, other) if name
}
_MOST_UNREADABLE = 1_000
_DELIMITERS = ",;\t"
# A line longer than this is no row of a directory.
_LONGEST_LINE = 1024 * 1024
_MOST_PACKAGE = 4 * 1024 * 1024
# Columns that hold JSON: the network's own fields, and what a record has beyond the specification.
_EXTENSION = "relevo"
MORE = "relevo_more"

# What a table's rows become before they are kept: changed in place.
Change = Callable[[Row], None]


class Tables:
    """The tables of one directory by name, and what was refused or mended while reading them."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.found: dict[str, File] = {}
        self.columns: dict[str, frozenset[str]] = {}
        self.refused = Refusals()
        self.file_mends: list[FileMend] = []
        self.marks = 0

    @property
    def flattened(self) -> bool:
        """Whether the files carry the mark of DOS damage (``mojibake``)."""
        return self.marks >= mojibake.ENOUGH_MARKS

    @property
    def is_version_1(self) -> bool:
        """Whether a table, or the organizations' column ``url``, is one that only versions 1 and 2 have."""
        organizations = self.columns.get("organizations", frozenset())
        return bool(self.found.keys() & VERSION_1.keys()) or (
            "url" in organizations and "website" not in organizations
        )

    @property
    def is_version_2(self) -> bool:
        """Of those two, whether it is version 2: attributes, schedules or terms are as it has them."""
        terms = self.columns.get("taxonomy_terms", frozenset())
        return bool(self.found.keys() & VERSION_2) or "schedules" in self.found or "term" in terms

    @property
    def has_directory(self) -> bool:
        """Whether organizations or services are there, with the columns that make them so."""
        return any(
            {"id", "name"} <= self.columns.get(table, frozenset()) for table in ("organizations", "services")
        )

    def load(self, table: str, add: Change) -> None:
        """Read the rows of a table that was found, each given to ``add``."""
        file = self.found.get(table)
        if file is None:
            return
        text = file.text()
        with io.TextIOWrapper(io.BufferedReader(text), encoding="utf-8", newline="") as lines:
            self._read_rows(table, file.name, _Lines(lines, self._look), add)
            if text.how:
                self.file_mends.append(FileMend(file.name, What.ENCODING, text.how))

    def _look(self, line: str) -> None:
        if self.marks < mojibake.ENOUGH_MARKS:
            self.marks += mojibake.count_marks(line)

    def _read_rows(self, table: str, name: str, lines: "_Lines", add: Change) -> None:
        records = _records(lines)
        header = next(records, None)
        columns = _columns(header) if isinstance(header, list) else []
        hides = table in ("organizations", "services")
        for place, cells in enumerate(records, start=2):
            if isinstance(cells, str):
                self.refused.note(Refusal(name, place, None, cells, hides=hides))
            elif any(cell.strip() for cell in cells[len(columns) :]):
                why = f"the row has {len(cells)} cells where the header has {len(columns)}"
                self.refused.note(Refusal(name, place, None, why, hides=hides))
            elif any(cell.strip() for cell in cells):
                add(_row(columns, cells, name, place))


def read_tables(files: list[File], tables: Tables) -> None:
    """Find the tables of HSDS among the files, any version; other CSV files are noted as ignored."""
    named = _names_of_package(files, tables)
    for file in files:
        if not file.is_csv:
            continue
        table = _TABLE_OF.get(file.stem) or _TABLE_OF.get(named.get(file.stem, ""))
        if table is None or table in tables.found:
            why = (
                "not a table of HSDS" if table is None else f"{tables.found[table].name} is the table already"
            )
            tables.file_mends.append(FileMend(file.name, What.FILE_IGNORED, why))
            continue
        tables.found[table] = file
        tables.columns[table] = frozenset(_header(file))


def _header(file: File) -> list[str]:
    with io.TextIOWrapper(io.BufferedReader(file.text()), encoding="utf-8", newline="") as lines:
        header = next(_records(_Lines(lines, lambda _line: None)), None)
    return _columns(header) if isinstance(header, list) else []


def _names_of_package(files: list[File], tables: Tables) -> dict[str, str]:
    """What a data package calls its files, where their own names say nothing; by stem."""
    names: dict[str, str] = {}
    for file in files:
        if file.stem != "datapackage" or file.is_csv:
            continue
        try:
            with io.BufferedReader(file.text()) as text:
                package = msgspec.json.decode(text.read(_MOST_PACKAGE))
            for resource in package["resources"]:
                path = File(str(resource["path"]), file.open)
                names[path.stem] = str(resource["name"]).lower()
        except (msgspec.DecodeError, LookupError, TypeError, RecursionError):
            why = "not a data package; the tables were told by the names of the files"
            tables.file_mends.append(FileMend(file.name, What.FILE_IGNORED, why))
    return names


def _columns(header: list[str]) -> list[str]:
    columns = [cell.replace("\0", "").strip().lower() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    return columns


def _row(columns: list[str], cells: list[str], name: str, place: int) -> Row:
    # Blank cells are left out; of two columns with one name the first that says something counts.
    row = Row({}, name, place)
    for column, cell in zip(columns, cells, strict=False):
        if column and cell.strip() and column not in row:
            row[column] = _value(column, cell)
    if len(cells) < len(columns):
        row.mend("", What.SHORT_ROW, "fewer cells than the header has; the rest is blank")
    more = row.pop(MORE, None)
    if isinstance(more, dict):
        row.update({key: value for key, value in more.items() if key not in row})
    return row


def _value(column: str, cell: str) -> Any:
    """What a cell says. CSV has no numbers; what does not read as one is left for mending."""
    if column in NUMBERS:
        value = number(cell)
        return cell if value is None else value
    if column in (_EXTENSION, MORE):
        try:
            return msgspec.json.decode(cell)
        except (msgspec.DecodeError, RecursionError):
            return cell
    return cell.replace("\0", "").strip() if is_id(column) else cell


def is_id(column: str) -> bool:
    """Whether a column or field holds an id."""
    return column == "id" or column.endswith("_id")


class _Lines:
    """A text's lines, which can be gone back to where a record began."""

    def __init__(self, text: io.TextIOWrapper, look: Callable[[str], None]) -> None:
        self._text = text
        self._look = look
        self._again: deque[str] = deque()
        self._recent: list[str] = []

    def first(self) -> str:
        """The first line, which will come again."""
        line = next(self, "")
        self.go_back(0)
        return line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        else:
            line = self._text.readline(_LONGEST_LINE)
            self._look(line)
        if not line:
            raise StopIteration
        self._recent.append(line)
        return line

    def begin(self) -> None:
        """A record begins here."""
        self._recent.clear()

    def go_back(self, skip: int) -> None:
        """Go back to where the record began, or so many lines further on."""
        self._again.extendleft(reversed(self._recent[skip:]))
        self._recent.clear()


def _records(lines: _Lines) -> Iterator[list[str] | str]:
    """Each record's cells, or in a broken one's place a sentence that says what is wrong with it.

    A quote that never closes would swallow the rest of the file; so reading goes on at the line after
    the one where a broken record began. csv itself takes no cell of more than 128 KiB.
    """
    first = lines.first()
    delimiter = max(_DELIMITERS, key=first.count)
    broken = 0
    while True:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        lines.begin()
        try:
            for cells in reader:
                lines.begin()
                yield cells
        except csv.Error as why:
            broken += 1
            if broken > _MOST_UNREADABLE:
                yield f"more than {_MOST_UNREADABLE} rows cannot be read; the rest of the file was left out"
                return
            yield f"the row cannot be read: {why}"
            lines.go_back(1)
        else:
            return
