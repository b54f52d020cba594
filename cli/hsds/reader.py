"""The way in: reads whatever is at a path, mends it, refuses what cannot be taken, and orders the rest."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from cli.hsds import csv3, json3, package1
from cli.hsds.mend import Mender
from cli.hsds.reading import Draft, Found, Item, NotHsdsError, Reading, Refusal
from cli.hsds.source import File, open_files
from cli.hsds.tables import read_tables
from contracts.directory import ImportRecord

# The bus carries no larger a record: a batch of them must fit into one request.
MOST_BYTES_OF_A_RECORD = 64 * 1024


def read(path: Path) -> Reading:
    """Read a directory in HSDS: JSON, CSV tables, a version 1.1 package; a file, a folder or a zip.

    Everything is parsed, mended and checked before this returns. Raises NotHsdsError, with one
    sentence that says why, where nothing at ``path`` is HSDS.
    """
    with _uncollected():
        return finish(_draft(path, open_files(path)))


def finish(draft: Draft) -> Reading:
    """Mend and check the records of any source; refuse those that cannot be imported, with the reason."""
    checked = _Checked(draft)
    for kind in ("organization", "service"):
        for found in draft.found:
            if found.kind == kind:
                checked.take(found)
    return Reading(draft.version, draft.format, list(checked.items()), checked.refused, draft.file_mends)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector off: all that reading makes stays, and to look it through again and
    again took more than half of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _draft(path: Path, files: list[File]) -> Draft:
    tables = read_tables(files)
    if tables.has_directory:
        return package1.assemble(tables) if tables.is_version_1 else csv3.assemble(tables)
    if documents := [file for file in files if not file.is_csv and file.stem != "datapackage"]:
        return json3.read(documents)
    raise NotHsdsError(
        f"{path} holds no table of HSDS: there is neither an organizations.csv nor a services.csv"
        " with the columns id and name."
    )


class _Checked:
    """The records taken so far, organizations first, and the refusals."""

    def __init__(self, draft: Draft) -> None:
        self._mender = Mender(flattened=draft.flattened)
        self._taken: dict[tuple[str, str], tuple[Found, Item]] = {}
        self.refused = list(draft.refused)

    def items(self) -> Iterator[Item]:
        """What was taken, in order."""
        return (item for _, item in self._taken.values())

    def take(self, found: Found) -> None:
        """Mend one record and keep it, or refuse it."""
        try:
            record, mended = self._mender.mend(found.kind, found.record)
            item = Item(
                ImportRecord(kind=found.kind, record=record), found.file, found.row, found.mended + mended
            )
            self._keep(found, item)
        except RecursionError:
            self._refuse(found, None, "the record is nested too deep")

    def _keep(self, found: Found, item: Item) -> None:
        record = item.record.record
        for field in ("id", "name"):
            if not isinstance(record.get(field), str):
                return self._refuse(found, field, f"the {found.kind} has no {field}")
        if found.kind == "service" and (why := self._homeless(record)):
            return self._refuse(found, "organization_id", why)
        if why := _too_long(item.record):
            return self._refuse(found, None, why)
        key = (found.kind, record["id"])
        if key not in self._taken:
            self._taken[key] = (found, item)
            return None
        return self._meet(found, item, *self._taken[key])

    def _meet(self, found: Found, item: Item, other: Found, taken: Item) -> None:
        """A record of an id that is taken: the same again, a fuller or a thinner copy, or a clash."""
        record, kept = item.record.record, taken.record.record
        same_file = found.file == other.file and not found.nested and not other.nested
        if not same_file and _is_within(record, kept):
            return
        if not same_file and _is_within(kept, record):
            self._taken[(found.kind, record["id"])] = (found, item)
            return
        place = f"{other.file}, row {other.row}" if other.row else other.file
        self._refuse(found, "id", f"the id {record['id']!r} is taken already, by another record ({place})")

    def _homeless(self, service: dict[str, Any]) -> str | None:
        organization = service.get("organization_id")
        if not isinstance(organization, str):
            return "the service names no organization"
        if ("organization", organization) not in self._taken:
            return f"the service names the organization {organization!r}, which is not here or was refused"
        return None

    def _refuse(self, found: Found, field: str | None, why: str) -> None:
        self.refused.append(Refusal(found.file, found.row, field, why))


def _is_within(part: dict[str, Any], whole: dict[str, Any]) -> bool:
    return all(key in whole and whole[key] == value for key, value in part.items())


def _too_long(record: ImportRecord) -> str | None:
    try:
        size = len(msgspec.json.encode(record))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as why:
        return f"the record cannot be written as JSON: {why}"
    if size > MOST_BYTES_OF_A_RECORD:
        return f"the record is {size} bytes long as JSON; {MOST_BYTES_OF_A_RECORD} is the most"
    return None
