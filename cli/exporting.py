"""Takes the public directory out of the network, a page at a time, and writes it; memory stays flat."""

import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from cli.hsds.tabular import Package
from cli.operator import Operator
from contracts.exchange import EXPORT_RECORDS, ExportRecords

Format = Literal["json", "ndjson", "csv", "zip"]
Kind = Literal["organization", "service"]
KINDS: tuple[Kind, Kind] = ("organization", "service")
Moved = Callable[[int], None]


async def export(operator: Operator, path: Path, form: Format, moved: Moved) -> dict[str, int]:
    """Write everything to ``path``, and return how many organizations and services there were.

    What is at ``path`` is replaced when all is written, and not before. ``moved`` is told of each record.

    Raises:
        OSError: it cannot be written.
        CommandError: the directory refused, or did not answer.
    """
    folder = path.parent if str(path.parent) else Path()
    with tempfile.TemporaryDirectory(prefix=".relevo-export-", dir=folder) as made:
        scratch = Path(made)
        counts = dict.fromkeys((f"{kind}s" for kind in KINDS), 0)

        def count(kind: Kind) -> None:
            counts[f"{kind}s"] += 1
            moved(1)

        if form in ("json", "ndjson"):
            await _write_json(operator, scratch / "out", count, as_list=form == "json")
            (scratch / "out").replace(path)
        else:
            await _write_tables(operator, scratch, count)
            _place(scratch / "tables", path, form)
    return counts


async def _records(operator: Operator) -> AsyncIterator[tuple[Kind, dict[str, Any]]]:
    """Every record, organizations first."""
    for kind in KINDS:
        after: str | None = None
        while True:
            page = await operator.ask(EXPORT_RECORDS, ExportRecords(kind=kind, after=after))
            for record in page.records:
                yield kind, record
            after = page.after
            if after is None:
                break


async def _write_json(
    operator: Operator, path: Path, count: Callable[[Kind], None], *, as_list: bool
) -> None:
    """One record on each line, in a list or by itself."""
    with path.open("wb") as file:
        between = b"[\n" if as_list else b""
        async for kind, record in _records(operator):
            file.write(between + msgspec.json.encode(record))
            between = b",\n" if as_list else b"\n"
            count(kind)
        end = b"\n]\n" if between != b"[\n" else b"[]\n"
        file.write(end if as_list else b"\n")


async def _write_tables(operator: Operator, scratch: Path, count: Callable[[Kind], None]) -> None:
    (scratch / "tables").mkdir()
    with Package(scratch / "tables", scratch) as package:
        async for kind, record in _records(operator):
            package.write(kind, record)
            count(kind)


def _place(tables: Path, path: Path, form: Format) -> None:
    if form == "csv":
        path.mkdir(exist_ok=True)
        for file in tables.iterdir():
            file.replace(path / file.name)
        return
    packed = tables.parent / "out.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(tables.iterdir()):
            archive.write(file, file.name)
    packed.replace(path)
