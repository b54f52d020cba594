"""The folder of an embedded network: made, locked against a second one, and saying where it listens."""

import fcntl
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.exits import CommandError, Exit

PLACES = ("nats", "db", "keys", "logs")
LOCK = "lock"
ANNOUNCED = "running.json"
# Whoever only looks whether a stack runs here holds the lock for a moment; a stack holds it for long.
A_MOMENT = 0.5


class Folder:
    """``.relevo/`` while one stack runs on it; leaving the context gives it free."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Make and lock the folder.

        Raises:
            CommandError: it cannot be written, or another stack runs on it.
        """
        try:
            self._make()
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CommandError(
                f"{self.path} cannot be written ({error.strerror}); choose another with --data",
                Exit.NOT_WRITABLE,
            ) from error
        # The kernel gives it free when the process ends, however it ends.
        if not _locks_in_time(lock):
            os.close(lock)
            raise CommandError(self._occupied(), Exit.DATA_IN_USE)
        self._lock = lock
        # Of a stack that was killed: what it said is no longer so.
        (self.path / ANNOUNCED).unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            (self.path / ANNOUNCED).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def announce(self, urls: dict[str, str], monitor: str | None = None) -> None:
        """Write down where this stack listens, for the commands that will look for it.

        ``monitor`` is where the NATS server tells about itself, if the stack has one of its own.
        """
        text = json.dumps({"pid": os.getpid(), "urls": urls, "monitor": monitor}, indent=2)
        (self.path / ANNOUNCED).write_text(text + "\n", encoding="utf-8")

    def _make(self) -> None:
        for place in (self.path, *(self.path / name for name in PLACES)):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(place, os.W_OK | os.X_OK):
                raise PermissionError(13, "permission denied")
        # Wherever it lies: its keys belong into nobody's repository.
        (self.path / ".gitignore").write_text("*\n", encoding="utf-8")

    def _occupied(self) -> str:
        pid = running(self.path).get("pid")
        who = f" (process {pid})" if pid else ""
        return f"another relevo{who} runs on {self.path}; stop it first, or choose another with --data"


def running(path: Path) -> dict[str, Any]:
    """What the stack that runs on that folder announced (``pid`` and ``urls``), or nothing.

    What a stack that was killed left behind is nothing: somebody else may listen there by now.
    """
    try:
        told: dict[str, Any] = json.loads((path / ANNOUNCED).read_text(encoding="utf-8"))
        lock = os.open(path / LOCK, os.O_RDONLY)
    except (OSError, ValueError):
        return {}
    try:
        return {} if _locks(lock, fcntl.LOCK_SH) else told
    finally:
        os.close(lock)


def _locks_in_time(lock: int) -> bool:
    until = time.monotonic() + A_MOMENT
    while not _locks(lock, fcntl.LOCK_EX):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _locks(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
