"""What reading a directory gives: the records, what was mended in them, and what was refused."""

from collections.abc import Sequence
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
    BAD_DATE = "bad_date"  # kept as `<field>_as_given`
    BAD_EMAIL = "bad_email"  # kept as `<field>_as_given`
    BAD_NUMBER = "bad_number"  # kept as `<field>_as_given`
    BAD_SCHEDULE = "bad_schedule"  # it ends before it begins; the end kept as `<field>_as_given`
    BAD_TIME = "bad_time"  # kept as `<field>_as_given`
    BAD_URL = "bad_url"  # kept as `<field>_as_given`
    BLANK_STATUS = "blank_status"
    CAPACITY_DROPPED = "capacity_dropped"
    CONTROL_CHARACTERS = "control_characters"
    COORDINATES_SWAPPED = "coordinates_swapped"
    CYCLE = "cycle"  # a record that is inside itself, or its own parent
    DANGLING_REFERENCE = "dangling_reference"  # a nested record named something that is not there
    DATE_FORM = "date_form"
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
    NEED_CASE = "need_case"  # as the API spells it
    NUMBER_AS_TEXT = "number_as_text"
    OVER_MIDNIGHT = "over_midnight"  # closes before it opens: left as it is
    QUOTES = "quotes"
    SERVICE_AS_ORGANIZATION = "service_as_organization"
    SHORT_ROW = "short_row"
    STATUS_CASE = "status_case"
    TIME_FORM = "time_form"
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
    """Something that was left out. ``row`` is as a spreadsheet counts (the header is 1), or a list's place.

    ``hides`` says that an organization or a service may have been in it that nobody could read: so what
    seems to be missing from the source may not be.
    """

    file: str
    row: int | None
    field: str | None
    why: str
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One record that can be imported, where it came from, and what was mended in it."""

    record: ImportRecord
    file: str
    row: int | None
    mended: list[Mend]


# So many refusals are told one by one; a file that is broken throughout has millions.
MOST_REFUSALS = 20_000
# So many refused records are remembered by id.
MOST_PRESENT = 5_000


class Refusals(list[Refusal]):
    """What was refused: the first so many, and how many ``more``.

    ``present`` holds the ids of records that are in the source and were refused; ``hidden`` counts the
    refusals that may hide one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.more = 0
        self.hidden = 0
        self.present: set[tuple[Kind, str]] = set()

    def note(self, refusal: Refusal, record: tuple[Kind, str] | None = None) -> None:
        """Add one; ``record`` is the organization or service that it refuses, by its id in the source."""
        if len(self) < MOST_REFUSALS:
            self.append(refusal)
        else:
            self.more += 1
        if record is not None and len(self.present) < MOST_PRESENT:
            self.present.add(record)
        elif refusal.hides or record is not None:
            self.hidden += 1


Format = Literal["json", "ndjson", "csv", "package"]


@dataclass(slots=True)
class Reading:
    """A whole directory as read: ``items`` has organizations first, then services.

    ``version`` is that of the source (``1.1``, ``2.0``, ``3.0``, ``3.1``). ``file_mends`` are what concerns
    whole files (encoding, files ignored). ``items`` may lie on disk: it is read again each time.
    """

    version: str
    format: Format
    items: Sequence[Item]
    refused: Refusals
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
        self.shared = False  # whether many records may hold it: it is mended once for all

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
