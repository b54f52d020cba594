"""Sends a directory that was read to the network, batch by batch, and reports what became of it.

Sending it again changes nothing: whoever is interrupted, or hears no answer, may simply repeat the command,
and the repetition finishes what was begun.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import msgspec

from cli.exits import CommandError, Exit
from cli.hsds.reading import Item, Reading, Refusal, Refusals
from cli.operator import Operator
from contracts.directory import (
    GET_ORGANIZATIONS,
    IMPORT_RECORDS,
    ImportOutcome,
    ImportRecords,
    ImportReply,
)
from contracts.exchange import (
    BEGIN_IMPORT,
    FINISH_IMPORT,
    LIST_CONFLICTS,
    LIST_DUPLICATES,
    BeginImport,
    Conflicts,
    Duplicates,
    Finished,
    FinishImport,
    ListConflicts,
    ListDuplicates,
    RecordName,
)
from contracts.rpc import Ids, Operation, Rep, Req

KINDS = ("organization", "service")
# How the directory's ids of organizations begin.
_ORGANIZATION = "org_"
# The outcomes by the words of the report.
WORDS = {"taken": "created", "updated": "updated", "unchanged": "unchanged"}
# A batch as the contract bounds it.
MOST_RECORDS = 100
MOST_BYTES = 512 * 1024
BATCH_SECONDS = 60.0  # how long the directory may take for one
# Seconds before a batch that nobody answered is sent again; then the command gives up.
AGAIN = (1.0, 3.0)


@dataclass
class Report:
    """What became of each record, by kind and outcome; ``mended`` counts by what was mended, and how.

    ``finished`` says what became of what the source does not have any more; None where that was not
    looked at, for the reason that ``unlooked`` gives. ``without_needs`` are services that say no need,
    ``unverified`` organizations that nobody has verified, of those that are in the directory now.
    """

    source: str
    version: str
    format: str
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    mended: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Refusals = field(default_factory=Refusals)
    unfinished: bool = False
    finished: Finished | None = None
    unlooked: str | None = None
    without_needs: int = 0
    unverified: int = 0
    conflicts: Conflicts = field(default_factory=lambda: Conflicts(items=(), total=0))
    duplicates: Duplicates = field(default_factory=lambda: Duplicates(items=(), total=0))

    @property
    def inactive(self) -> int:
        """How many records were marked inactive."""
        return self.finished.inactive if self.finished else 0

    @property
    def held_back(self) -> Finished | None:
        """What would have been marked, were it not so many."""
        return self.finished if self.finished and self.finished.held_back else None

    def counts(self, *kinds: str) -> dict[str, int]:
        """How many records of those kinds were taken, updated, and found unchanged."""
        return {word: sum(self.outcomes[kind, outcome] for kind in kinds) for word, outcome in WORDS.items()}

    def as_data(self) -> dict[str, Any]:
        """The report for a program; its names are stable."""
        return {
            "source": self.source,
            "version": self.version,
            "format": self.format,
            **self.counts(*KINDS),
            **{f"{kind}s": self.counts(kind) for kind in KINDS},
            "inactive": self.inactive,
            "missing": self.finished.missing if self.finished else None,
            "held_back": self.held_back is not None,
            "not_looked_for": self.unlooked,
            "finished_earlier": self.unfinished,
            "without_needs": self.without_needs,
            "unverified": self.unverified,
            "conflicts": _listed(self.conflicts),
            "duplicates": _listed(self.duplicates),
            "mended": [
                {"what": what, "how": how, "count": count} for (what, how), count in self.mended.most_common()
            ],
            "refused": [
                {"file": row.file, "row": row.row, "field": row.field, "why": row.why} for row in self.refused
            ],
            "refused_more": self.refused.more,
        }


def _listed(found: Conflicts | Duplicates) -> dict[str, Any]:
    return {"total": found.total, "items": msgspec.to_builtins(found.items)}


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Split into batches that the contract allows, in the same order."""
    batch: list[Item] = []
    size = 0
    for item in items:
        length = len(msgspec.json.encode(item.record))
        if batch and (len(batch) == MOST_RECORDS or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch


def begin(reading: Reading, source: str) -> Report:
    """The report before anything is sent: what was mended in whole files, and what the reader refused."""
    report = Report(source, reading.version, reading.format, refused=reading.refused)
    report.mended.update((mend.what.value, f"{mend.file}: {mend.how}") for mend in reading.file_mends)
    return report


@dataclass(frozen=True)
class Wishes:
    """What the operator says of the import as a whole.

    ``verified`` is a coordinator's word on every organization of it; ``accept_removals`` that ever so many
    records may have disappeared.
    """

    verified: bool = False
    accept_removals: bool = False


async def send(
    operator: Operator, reading: Reading, report: Report, wishes: Wishes, moved: Callable[[int], None]
) -> None:
    """Send everything, noting each outcome in ``report``; ``moved`` is told how many records are through.

    Raises:
        CommandError: another import of the source runs; the directory refused a whole batch, or did not
            answer repeatedly.
    """
    run = token_hex(8)
    begun = await _ask(operator, BEGIN_IMPORT, BeginImport(source=report.source, run=run))
    report.unfinished = begun.unfinished
    for batch in batches(reading.items):
        records = tuple(item.record for item in batch)
        request = ImportRecords(source=report.source, records=records, verified=wishes.verified, run=run)
        reply: ImportReply = await _ask(operator, IMPORT_RECORDS, request)
        for item, outcome in zip(batch, reply.outcomes, strict=True):
            _note(report, item, outcome)
        report.unverified += await _unverified(operator, reply)
        moved(len(batch))
    await _finish(operator, report, run, wishes.accept_removals)
    report.conflicts = await _ask(operator, LIST_CONFLICTS, ListConflicts(source=report.source))
    report.duplicates = await _ask(operator, LIST_DUPLICATES, ListDuplicates(source=report.source))


async def _unverified(operator: Operator, reply: ImportReply) -> int:
    """How many organizations of a batch nobody has verified."""
    there = [one.id for one in reply.outcomes if one.id and one.id.startswith(_ORGANIZATION)]
    if not there:
        return 0
    found = (await _ask(operator, GET_ORGANIZATIONS, Ids(ids=tuple(there)))).items
    return sum(one is not None and not one.verified for one in found)


async def _finish(operator: Operator, report: Report, run: str, accept_removals: bool) -> None:
    """End the import; what is gone is marked only where nothing may have hidden it."""
    refused = report.refused
    if refused.hidden:
        report.unlooked = f"{refused.hidden} that were refused may be among what seems to be missing"
    present = [RecordName(kind=kind, source_id=id_[:200]) for kind, id_ in sorted(refused.present) if id_]
    request = FinishImport(
        source=report.source,
        run=run,
        complete=not refused.hidden,
        present=tuple(present),
        accept_removals=accept_removals,
    )
    finished: Finished = await _ask(operator, FINISH_IMPORT, request)
    inactive, missing = finished.inactive, finished.missing
    while finished.remaining:
        finished = await _ask(operator, FINISH_IMPORT, msgspec.structs.replace(request, accept_removals=True))
        inactive += finished.inactive
    if not refused.hidden:
        report.finished = msgspec.structs.replace(finished, inactive=inactive, missing=missing)


async def _ask(operator: Operator, operation: Operation[Req, Rep], request: Req) -> Rep:
    """Ask, and where nobody answers ask again: each of these requests may be repeated."""
    for pause in AGAIN:
        try:
            return await operator.ask(operation, request)
        except CommandError as error:
            if error.code != Exit.UNREACHABLE:
                raise
        await asyncio.sleep(pause)
    return await operator.ask(operation, request)


def _note(report: Report, item: Item, outcome: ImportOutcome) -> None:
    report.outcomes[item.record.kind, outcome.outcome] += 1
    report.mended.update((mend.what.value, mend.how) for mend in item.mended)
    report.mended.update((problem.code.lower(), problem.message) for problem in outcome.mended)
    extension = item.record.record.get("relevo")
    needs = extension.get("needs") if isinstance(extension, dict) else None
    if item.record.kind == "service" and outcome.outcome != "refused" and not needs:
        report.without_needs += 1
    if outcome.outcome == "refused":
        for problem in outcome.problems:
            refusal = Refusal(item.file, item.row, ".".join(problem.path) or None, problem.message)
            report.refused.note(refusal, (item.record.kind, str(item.record.record["id"])))
