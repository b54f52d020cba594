"""The folder of an embedded network: made, locked against a second one, and saying where it listens."""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.exits import CommandError, Exit

PLACES = ("nats", "db", "keys", "logs")


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
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CommandError(
                f"{self.path} cannot be written ({error.strerror}); choose another with --data",
                Exit.NOT_WRITABLE,
            ) from error
        try:
            # The kernel gives it free when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise CommandError(self._occupied(), Exit.DATA_IN_USE) from error
        self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            (self.path / "running.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def announce(self, urls: dict[str, str]) -> None:
        """Write down where this stack listens, for the commands that will look for it."""
        text = json.dumps({"pid": os.getpid(), "urls": urls}, indent=2)
        (self.path / "running.json").write_text(text + "\n", encoding="utf-8")

    def _make(self) -> None:
        for place in (self.path, *(self.path / name for name in PLACES)):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(place, os.W_OK | os.X_OK):
                raise PermissionError(13, "permission denied")

    def _occupied(self) -> str:
        pid = running(self.path).get("pid")
        who = f" (process {pid})" if pid else ""
        return f"another relevo{who} runs on {self.path}; stop it first, or choose another with --data"


def running(path: Path) -> dict[str, Any]:
    """What the stack on that folder announced (``pid`` and ``urls``), or nothing."""
    try:
        told: dict[str, Any] = json.loads((path / "running.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told
