"""The list of erased keys: what a restored backup must not bring back, kept where no restore reaches it.

A line for each data key that was deleted: its id, which means nothing to anybody, and when. It is on disk
before the key is deleted, so that no erasure is missing in it. Like the heads of the audit it is a file
beside the database; each replica appends to its own, and copies of it belong to another machine
(docs/backup.md).
"""

import asyncio
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

_LENGTH = 36


class ErasedKeys:
    """The list of this process; without a file nothing is listed."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    async def add(self, keys: Iterable[UUID]) -> None:
        """Return when they are listed, on disk.

        Raises:
            OSError: the file cannot be written; nothing may be deleted then.
        """
        if self._file is not None and (ids := list(keys)):
            await asyncio.to_thread(append, self._file, ids, datetime.now(UTC))


def append(file: Path, keys: Iterable[UUID], at: datetime) -> None:
    """Add a line for each key, durably, for the owner's eyes only.

    Raises:
        OSError: the file cannot be written.
    """
    lines = "".join(f"{key} {at:%Y-%m-%dT%H:%M:%SZ}\n" for key in keys).encode()
    opened = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # What a crash cut off in the middle is a line of its own: its key was not deleted, and comes again.
        size = os.fstat(opened).st_size
        whole = not size or os.pread(opened, 1, size - 1) == b"\n"
        os.write(opened, lines if whole else b"\n" + lines)
        os.fsync(opened)
    finally:
        os.close(opened)


def listed(file: Path) -> set[UUID]:
    """Return the keys in a list.

    Raises:
        OSError: it cannot be read.
        ValueError: a line of it names no key; says which.
    """
    found = set()
    for number, line in enumerate(file.read_text("ascii", "replace").splitlines(), 1):
        word = line.partition(" ")[0]
        if len(word) < _LENGTH:
            continue  # cut off by a crash
        try:
            found.add(UUID(word))
        except ValueError:
            raise ValueError(f"{file}, line {number}: that is no id of a key") from None
    return found
