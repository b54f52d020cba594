"""Importing and exporting the directory: a source's import, conflicts, duplicates, records to take out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from contracts.directory import PART, SourceId
from contracts.rpc import Message, Nothing, Operation, Reply

Source = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[a-z0-9][a-z0-9._-]*\Z")]
# A name of the import's own choosing: whoever has it holds the lease.
Run = Annotated[str, Meta(min_length=8, max_length=40, pattern=r"^[a-z0-9]+\Z")]
NounId = Annotated[str, Meta(min_length=1, max_length=60)]
Kind = Literal["organization", "service"]


class BeginImport(Message):
    """An import of a source begins; until it ends, or falls silent, no other of that source may."""

    source: Source
    run: Run


class ImportRun(Reply):
    """The import may go on. ``unfinished`` says that the one before it was cut off: this one finishes it."""

    run: str
    silent_until: datetime
    unfinished: bool = False


class RecordName(Message):
    """A record by kind and by the source's id."""

    kind: Kind
    source_id: SourceId


class FinishImport(Message):
    """The import has sent everything. Asked again as long as ``remaining`` is not 0.

    ``complete`` says that the source was read to its end and nothing in it may hide a record; only then is
    what did not come looked for. ``present`` are records that came and were refused before they were sent.
    """

    source: Source
    run: Run
    complete: bool
    present: Annotated[tuple[RecordName, ...], Meta(max_length=5_000)] = ()
    accept_removals: bool = False


class Finished(Reply):
    """What became of what did not come any more.

    ``missing`` of ``known`` records of the source did not come; ``inactive`` of them were marked now.
    ``held_back``: the share is dangerous, and nothing was marked. ``remaining`` are to be marked yet.
    """

    missing: int = 0
    known: int = 0
    inactive: int = 0
    remaining: int = 0
    held_back: bool = False


class Conflict(Reply):
    """A field that an organization has edited itself, and that its source now says otherwise.

    The values are JSON; null where they may not be shown (an address).
    """

    id: str
    kind: Kind
    noun_id: str
    name: str
    field: str
    source: str
    theirs: Any = None
    ours: Any = None
    shown: bool = True
    found_at: datetime | None = None


class ListConflicts(Message):
    """The conflicts that wait for a person; up to 100 after an id."""

    source: Source | None = None
    after: str | None = None


class Conflicts(Reply):
    """A page of them, and how many wait in all."""

    items: tuple[Conflict, ...]
    total: int


class DecideConflict(Message):
    """A person decides: ``take`` the source's value, or ``keep`` the organization's."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    decision: Literal["take", "keep"]


class Alike(Reply):
    """One of several that may be the same."""

    id: str
    kind: Kind
    name: str
    organization: str | None = None
    source: str | None = None
    source_id: str | None = None
    place: str | None = None


class Duplicate(Reply):
    """Several that may be the same, and why it seems so: ``name`` (and place) or ``coordinates``."""

    id: str
    why: Literal["name", "coordinates"]
    members: tuple[Alike, ...]


class ListDuplicates(Message):
    """The possible duplicates that nobody has decided on; up to 50 after an id.

    With ``source``, those in which a record of it is.
    """

    source: Source | None = None
    after: str | None = None


class Duplicates(Reply):
    """A page of them, and how many there are in all."""

    items: tuple[Duplicate, ...]
    total: int


class DecideDuplicate(Message):
    """A person decides whether they are the same. It is remembered until another joins them."""

    id: Annotated[str, Meta(min_length=1, max_length=60)]
    decision: Literal["same", "different"]


class ExportRecords(Message):
    """The next public HSDS 3.0 records of a kind, from a position on (the first time none)."""

    kind: Kind
    after: Annotated[str, Meta(max_length=60)] | None = None


class Exported(Reply):
    """Records as everybody may know them (T0); ``after`` asks for the next, null where there are none."""

    records: tuple[dict[str, Any], ...]
    after: str | None = None


BEGIN_IMPORT = Operation(PART, "begin_import", BeginImport, ImportRun)
FINISH_IMPORT = Operation(PART, "finish_import", FinishImport, Finished)
LIST_CONFLICTS = Operation(PART, "list_conflicts", ListConflicts, Conflicts)
DECIDE_CONFLICT = Operation(PART, "decide_conflict", DecideConflict, Conflict)
LIST_DUPLICATES = Operation(PART, "list_duplicates", ListDuplicates, Duplicates)
DECIDE_DUPLICATE = Operation(PART, "decide_duplicate", DecideDuplicate, Nothing)
EXPORT_RECORDS = Operation(PART, "export_records", ExportRecords, Exported)
