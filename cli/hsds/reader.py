"""The way in: reads whatever is at a path, mends it, refuses what cannot be taken, and orders the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.hsds import csv3, json3, package1, source, workbench
from cli.hsds.draft import MOST_BYTES_OF_A_RECORD
from cli.hsds.reading import NotHsdsError, Reading
from cli.hsds.source import File
from cli.hsds.tables import Tables, read_tables
from cli.hsds.workbench import Workbench

__all__ = ["MOST_BYTES_OF_A_RECORD", "opened", "read"]


@contextmanager
def opened(path: Path) -> Iterator[Reading]:
    """Read a directory in HSDS: JSON, NDJSON, CSV tables, a data package; a file, a folder or a zip.

    Everything is parsed, mended and checked before the block begins, and what was read lies on disk until
    it ends: the memory needed does not grow with the directory. Raises NotHsdsError, with one sentence
    that says why, where nothing at ``path`` is HSDS.
    """
    with source.opened(path) as files, workbench.temporary() as bench:
        yield _read(path, files, bench)


def read(path: Path) -> Reading:
    """The same, all in memory: for what is small."""
    with opened(path) as reading:
        reading.items = list(reading.items)
        return reading


def _read(path: Path, files: list[File], bench: Workbench) -> Reading:
    tables = Tables(bench)
    read_tables(files, tables)
    if tables.has_directory:
        draft = package1.assemble(tables) if tables.is_version_1 else csv3.assemble(tables)
        return draft.finish()
    if documents := [file for file in files if not file.is_csv and file.stem != "datapackage"]:
        return json3.read(documents, bench).finish()
    raise NotHsdsError(
        f"{path} holds no table of HSDS: there is neither an organizations.csv nor a services.csv"
        " with the columns id and name."
    )
