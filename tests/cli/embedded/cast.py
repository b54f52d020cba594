"""Stand-ins for the parts, and how to look at processes."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from cli.embedded.parts import Command

STAND_IN = Path(__file__).with_name("stand_in.py")


def stand_ins(journal: Path, **behaviours: str) -> Command:
    """Return the command of each part's stand-in; ``behaviours`` by part, ``good`` if none is given."""

    def command(part: str) -> tuple[str, ...]:
        return (sys.executable, str(STAND_IN), part, behaviours.get(part, "good"), str(journal))

    return command


def alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and only waits to be counted does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(holds: Callable[[], object], within: float = 10.0) -> None:
    """Return when it holds, and fail when it does not in that many seconds."""
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, "it never held"
        time.sleep(0.01)
