"""The making of a reading: records are mended, checked and kept, one by one as they are found."""

from typing import Any

import msgspec

from cli.hsds.mend import Mender
from cli.hsds.reading import (
    FileMend,
    Format,
    Found,
    Item,
    Kind,
    Mend,
    Reading,
    Refusal,
    Refusals,
    What,
)
from cli.hsds.workbench import Workbench
from contracts.directory import ImportRecord

# The bus carries no larger a record: a batch of them must fit into one request.
MOST_BYTES_OF_A_RECORD = 64 * 1024
# One that was given out by a directory like this has longer ids, and more of them.
MOST_BYTES_GIVEN_OUT = 2 * MOST_BYTES_OF_A_RECORD
# No organization has so many above it.
_LONGEST_CHAIN = 50


class Draft:
    """What the module of a format makes of its files. Memory stays flat: records lie on the workbench."""

    def __init__(self, bench: Workbench, version: str, form: Format) -> None:
        self.bench = bench
        self.version = version
        self.format: Format = form
        self.refused = Refusals()
        self.file_mends: list[FileMend] = []
        self.flattened = False  # see mojibake.is_flattened
        self.taken = 0
        self._mender: Mender | None = None

    def finish(self) -> Reading:
        """Refuse the services that belong to nobody, look for rings, and return what was read."""
        while homeless := self.bench.take_homeless():
            for item, nested in homeless:
                self._refuse_homeless(item, nested)
        self._look_at_parents()
        return Reading(self.version, self.format, self.bench.items(), self.refused, self.file_mends)

    def take(self, found: Found) -> None:
        """Mend one record and keep it, or refuse it."""
        self.taken += 1
        try:
            record, mended = self._mend(found)
            self._keep(
                found, Item(ImportRecord(kind=found.kind, record=record), found.file, found.row, mended)
            )
        except RecursionError:
            self._refuse(found, None, "the record is nested too deep")

    def _mend(self, found: Found) -> tuple[dict[str, Any], list[Mend]]:
        if self._mender is None:
            self._mender = Mender(flattened=self.flattened)
        record, mended = self._mender.mend(found.kind, found.record)
        return record, found.mended + mended

    def _keep(self, found: Found, item: Item) -> None:
        record = item.record.record
        for field in ("id", "name"):
            if not isinstance(record.get(field), str):
                return self._refuse(found, field, f"the {found.kind} has no {field}")
        if found.kind == "service" and not isinstance(record.get("organization_id"), str):
            return self._refuse(found, "organization_id", "the service names no organization")
        if why := _too_long(item.record):
            return self._refuse(found, None, why)
        taken = self.bench.record(found.kind, record["id"])
        if taken is None:
            return self.bench.add_record(item, found.nested)
        return self._meet(found, item, *taken)

    def _meet(self, found: Found, item: Item, taken: Item, nested: bool) -> None:
        """A record of an id that is taken: the same again, a fuller or a thinner copy, or a clash."""
        record, kept = item.record.record, taken.record.record
        same_file = found.file == taken.file and not found.nested and not nested
        if not same_file and _is_within(record, kept):
            return
        if not same_file and _is_within(kept, record):
            self.bench.add_record(item, found.nested)
            return
        place = f"{taken.file}, row {taken.row}" if taken.row else taken.file
        self._refuse(found, "id", f"the id {record['id']!r} is taken already, by another record ({place})")

    def _refuse_homeless(self, item: Item, nested: bool) -> None:
        record = item.record.record
        why = (
            f"the service names the organization {record['organization_id']!r},"
            " which is not here or was refused"
        )
        self._refuse(Found("service", record, item.file, item.row, nested), "organization_id", why)

    def _refuse(self, found: Found, field: str | None, why: str) -> None:
        record_id = found.record.get("id")
        known: tuple[Kind, str] | None = None
        if isinstance(record_id, str | int) and not isinstance(record_id, bool):
            known = (found.kind, str(record_id).strip())
        self.refused.note(Refusal(found.file, found.row, field, why, hides=True), known)

    def _look_at_parents(self) -> None:
        """Say which organizations name a parent that is not there, or are their own; both are kept."""
        dangling = rings = 0
        for organization, parent in self.bench.children():
            above = self.bench.parent(parent)
            dangling += above is None
            rings += self._is_ring(organization, parent)
        for count, what, how in (
            (
                dangling,
                What.DANGLING_REFERENCE,
                "name a parent_organization_id that is not here; it was kept",
            ),
            (rings, What.CYCLE, "are their own parent, by parent_organization_id; it was kept"),
        ):
            if count:
                self.file_mends.append(FileMend("organizations", what, f"{count} {how}"))

    def _is_ring(self, organization: str, parent: str | None) -> bool:
        for _ in range(_LONGEST_CHAIN):
            if parent is None or parent == organization:
                break
            above = self.bench.parent(parent)
            parent = above[0] if above else None
        return parent == organization


def _is_within(part: dict[str, Any], whole: dict[str, Any]) -> bool:
    return all(key in whole and whole[key] == value for key, value in part.items())


def _too_long(record: ImportRecord) -> str | None:
    try:
        size = len(msgspec.json.encode(record))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as why:
        return f"the record cannot be written as JSON: {why}"
    extension = record.record.get("relevo")
    given_out = isinstance(extension, dict) and "id" in extension
    most = MOST_BYTES_GIVEN_OUT if given_out else MOST_BYTES_OF_A_RECORD
    if size > most:
        return f"the record is {size} bytes long as JSON; {most} is the most"
    return None
