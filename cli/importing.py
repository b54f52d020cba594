"""Sends a directory that was read to the network, batch by batch, and reports what became of it.

Sending it again changes nothing: whoever is interrupted, or hears no answer, may simply repeat the command.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cli.exits import CommandError, Exit
from cli.hsds.reading import Item, Reading, Refusal
from cli.operator import Operator
from contracts.directory import IMPORT_RECORDS, ImportOutcome, ImportRecords

KINDS = ("organization", "service")
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
    """What became of each record, by kind and outcome; ``mended`` counts by what was mended, and how."""

    source: str
    version: str
    format: str
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    mended: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)

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
            "mended": [
                {"what": what, "how": how, "count": count} for (what, how), count in self.mended.most_common()
            ],
            "refused": [
                {"file": row.file, "row": row.row, "field": row.field, "why": row.why} for row in self.refused
            ],
        }


def batches(items: Sequence[Item]) -> Iterator[list[Item]]:
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
    """The report before anything is sent: what was mended, and what the reader refused."""
    report = Report(source, reading.version, reading.format, refused=list(reading.refused))
    report.mended.update((mend.what.value, f"{mend.file}: {mend.how}") for mend in reading.file_mends)
    report.mended.update((mend.what.value, mend.how) for item in reading.items for mend in item.mended)
    return report


async def send(
    operator: Operator, reading: Reading, report: Report, verified: bool, moved: Callable[[int], None]
) -> None:
    """Send everything, noting each outcome in ``report``; ``moved`` is told how many records are through.

    ``verified`` is a coordinator's word on every organization of it.

    Raises:
        CommandError: the directory refused a whole batch, or did not answer repeatedly.
    """
    for batch in batches(reading.items):
        records = tuple(item.record for item in batch)
        request = ImportRecords(source=report.source, records=records, verified=verified)
        outcomes = await _send_batch(operator, request)
        for item, outcome in zip(batch, outcomes, strict=True):
            _note(report, item, outcome)
        moved(len(batch))


async def _send_batch(operator: Operator, request: ImportRecords) -> tuple[ImportOutcome, ...]:
    for pause in AGAIN:
        try:
            return (await operator.ask(IMPORT_RECORDS, request)).outcomes
        except CommandError as error:
            if error.code != Exit.UNREACHABLE:
                raise
        await asyncio.sleep(pause)
    return (await operator.ask(IMPORT_RECORDS, request)).outcomes


def _note(report: Report, item: Item, outcome: ImportOutcome) -> None:
    report.outcomes[item.record.kind, outcome.outcome] += 1
    if outcome.outcome == "refused":
        report.refused += [
            Refusal(item.file, item.row, ".".join(problem.path) or None, problem.message)
            for problem in outcome.problems
        ]
