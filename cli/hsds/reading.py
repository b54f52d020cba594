"""What reading a directory gives: the records, what was mended in them, and what was refused."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from contracts.directory import ImportRecord

Kind = Literal["organization", "service"]


class NotHsdsError(Exception):
    """The file or folder holds nothing that is HSDS; the message is one sentence that says why."""


class What(StrEnum):
    """What was mended. The codes are stable: reports and programs read them."""

    BAD_COORDINATES = "bad_coordinates"  # kept as `<field>_as_given`
    BAD_EMAIL = "bad_email"  # kept as `<field>_as_given`
    BAD_NUMBER = "bad_number"  # kept as `<field>_as_given`
    BAD_TIME = "bad_time"  # kept as `<field>_as_given`
    BAD_URL = "bad_url"  # kept as `<field>_as_given`
    BLANK_STATUS = "blank_status"
    CAPACITY_DROPPED = "capacity_dropped"
    CONTROL_CHARACTERS = "control_characters"
    DANGLING_REFERENCE = "dangling_reference"  # a nested record named something that is not there
    EMPTY_ROW = "empty_row"  # a nested record with nothing but ids
    ENCODING = "encoding"  # of a file
    ESCAPED_NEWLINES = "escaped_newlines"  # backslash and n, written out
    FILE_IGNORED = "file_ignored"  # of a file
    HTML = "html"
    ID_MADE = "id_made"  # a nested record without an id, or with one that was taken
    INTEGER_ID = "integer_id"
    LANGUAGE_CODE = "language_code"
    MOJIBAKE = "mojibake"
    MOJIBAKE_LEFT = "mojibake_left"  # damage with more than one reading, left as it came
    NUMBER_AS_TEXT = "number_as_text"
    QUOTES = "quotes"
    SERVICE_AS_ORGANIZATION = "service_as_organization"
    SHORT_ROW = "short_row"
    STATUS_CASE = "status_case"
    URL_SCHEME = "url_scheme"
    VERIFIED_DROPPED = "verified_dropped"  # being verified is a coordinator's word, not a file's
    VERSION_1_NAME = "version_1_name"
    VERSION_3_1_NAME = "version_3_1_name"
    WHITESPACE = "whitespace"


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing that was mended: the field's path (``service_at_locations.location.name``), and how.

    ``how`` holds nothing of the record, so that equal mends can be counted.
    """

    field: str
    what: What
    how: str


@dataclass(frozen=True, slots=True)
class FileMend:
    """Something that concerns a file as a whole."""

    file: str
    what: What
    how: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was left out. ``row`` is as a spreadsheet counts (the header is 1), or a list's place."""

    file: str
    row: int | None
    field: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Item:
    """One record that can be imported, where it came from, and what was mended in it."""

    record: ImportRecord
    file: str
    row: int | None
    mended: list[Mend]


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole directory as read: ``items`` has organizations first, then services.

    ``version`` is that of the source (``1.1``, ``3.0``, ``3.1``); ``format`` is ``json``, ``csv`` or
    ``package``. ``file_mends`` are what concerns whole files (encoding, files ignored).
    """

    version: str
    format: Literal["json", "csv", "package"]
    items: list[Item]
    refused: list[Refusal]
    file_mends: list[FileMend]

    @property
    def total(self) -> int:
        """How many records there are to import."""
        return len(self.items)


class Row(dict[str, Any]):
    """A record of a table: its cells, where it stood, and what was mended before it found its place."""

    def __init__(self, cells: dict[str, Any], file: str, row: int) -> None:
        super().__init__(cells)
        self.file = file
        self.row = row
        self.mended: list[Mend] = []
        self.placed = False  # whether another record holds it

    def mend(self, field_: str, what: What, how: str) -> None:
        """Note what was mended in this record; the path to the record is put before it later."""
        self.mended.append(Mend(field_, what, how))


@dataclass(slots=True)
class Found:
    """A record before mending and checking. One that came ``nested`` may well come more than once."""

    kind: Kind
    record: dict[str, Any]
    file: str
    row: int | None
    nested: bool = False
    mended: list[Mend] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """What the module of a format makes of its files."""

    version: str
    format: Literal["json", "csv", "package"]
    found: list[Found] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    file_mends: list[FileMend] = field(default_factory=list)
    flattened: bool = False  # see mojibake.is_flattened
