"""One process of the embedded network: started, signalled, and noticed when it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LEASH = Path(__file__).with_name("leash.py")
# A log longer than this is set aside (one generation) when its process starts, in bytes.
LONG_LOG = 16 * 1024**2
# How often somebody who waits for an end looks again, in seconds.
GLANCE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. ``ask`` returns an empty string once it is ready, before that why it is not.

    After SIGTERM, ``patience`` is how many seconds the others wait for its end; ``nudge``, called
    meanwhile again and again, helps one that does not hear it at once. A ``server`` is what the others
    stand on: it is told to stop when they are gone.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ask: Callable[[], str]
    patience: float
    nudge: Callable[[], object] | None = None
    server: bool = False


class Child:
    """One run of a program. Has to be made by a thread that lives as long as it should: see leash.py.

    ``ended`` is called, in a thread of its own, when the process has ended. Who ends it on purpose sets
    ``expected`` before.
    """

    def __init__(self, program: Program, log: Path, ended: Callable[["Child"], None]) -> None:
        self.program = program
        self.began = time.monotonic()
        self.gone = threading.Event()
        self.expected = False
        self._ended = ended
        leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()))
        with _open_log(log) as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                (*leash, *program.command),
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C in a terminal reaches the supervisor only, which knows the order.
                process_group=0,
            )
        threading.Thread(target=self._watch, name=f"watch-{program.name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.began

    def signal(self, number: int) -> None:
        """Send a signal to the process and all that it started; one that has ended gets none."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def tell_to_stop(self) -> bool:
        """Send SIGTERM; return whether it has ended within its patience."""
        self.expected = True
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)  # one that was stopped would not hear it
        return self._wait(time.monotonic() + self.program.patience)

    def finish(self, until: float) -> bool:
        """Wait for its end until that (monotonic) time, then kill; return whether it ended by itself."""
        by_itself = self._wait(until)
        # Also when it has ended: what it had started may not have.
        self._kill_group()
        self.gone.wait(5)
        return by_itself

    def _wait(self, until: float) -> bool:
        while not self.gone.wait(GLANCE) and time.monotonic() < until:
            if self.program.nudge:
                self.program.nudge()
        return self.gone.is_set()

    def how_it_ended(self) -> str:
        """In words: an exit code, or the signal that killed it."""
        code = self._process.returncode
        if code is not None and code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit code {code}"

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _watch(self) -> None:
        self._process.wait()
        self.gone.set()
        self._ended(self)


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LONG_LOG:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")
