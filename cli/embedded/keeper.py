"""Keeps programs running: starts them, starts them again when they end, and stops them in order.

Everything that changes is done by one thread, which also starts all processes, since the kernel ends a
child together with the very thread that started it (see leash.py).
"""

import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cli.embedded.child import Child, Program

FIRST_DELAY = 0.1  # seconds before the first new start; doubles with every end in a row
LONGEST_DELAY = 10.0
# Whoever has run that long has recovered: the delay starts small again.
STEADY = 10.0
# Seconds that the parts have to stop, all or one; with the servers' patience it makes less than five.
PARTS_WITHIN = 4.0

Say = Callable[[str], None]


class Keeper(threading.Thread):
    """The supervising thread. ``programs`` stand in the order in which they are to be stopped."""

    def __init__(self, programs: Sequence[Program], logs: Path, say: Say) -> None:
        super().__init__(name="keeper", daemon=True)
        self._programs = {program.name: program for program in programs}
        self._logs = logs
        self._say = say
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._children: dict[str, Child] = {}
        self._due: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._stopping = False

    def child(self, name: str) -> Child:
        """The current process of that name, or its last one.

        Raises:
            KeyError: there is no such program here.
        """
        return self._children[name]

    def failures(self, name: str) -> int:
        """How often in a row it has ended by itself soon after its start."""
        return self._failures.get(name, 0)

    def kill(self, name: str, number: int) -> int:
        """Send a signal to that process and return its id; after SIGKILL it is gone."""
        child = self.child(name)
        child.signal(number)
        if number == signal.SIGKILL:
            child.gone.wait(5)
        return child.pid

    def restart(self, name: str) -> None:
        """End that process, as at a stop, and start it at once, without the delay."""
        self._do(partial(self._start_anew, name))

    def stop(self) -> None:
        """Stop everything, in order, and end this thread."""
        self._inbox.put(self._stop_all)
        self.join()

    def kill_all(self) -> None:
        """Kill everything now, in no order: for whoever will not wait."""
        for child in list(self._children.values()):
            child.signal(signal.SIGKILL)

    def run(self) -> None:
        """The thread's own loop; not for others to call."""
        # Servers were put last to be stopped last; they are started first.
        for program in reversed(self._programs.values()):
            self._start(program)
        while not self._stopping:
            self._step()

    def _do(self, change: Callable[[], None]) -> None:
        done = threading.Event()
        self._inbox.put(change)
        self._inbox.put(done.set)
        while not done.wait(1) and self.is_alive():
            pass

    def _step(self) -> None:
        """Carry out the next change, or start again whoever is due."""
        wait = min(self._due.values(), default=None)
        try:
            change = self._inbox.get(timeout=None if wait is None else max(0.0, wait - time.monotonic()))
        except queue.Empty:
            self._start_due()
        else:
            change()

    def _start(self, program: Program) -> None:
        self._due.pop(program.name, None)
        log = self._logs / f"{program.name}.log"
        try:
            child = Child(program, log, lambda child: self._inbox.put(partial(self._on_end, child)))
        except OSError as error:
            self._start_later(
                program.name, self.failures(program.name) + 1, f"cannot start: {error.strerror}"
            )
        else:
            self._children[program.name] = child

    def _start_due(self) -> None:
        now = time.monotonic()
        for name in [name for name, when in self._due.items() if when <= now]:
            self._start(self._programs[name])

    def _start_anew(self, name: str) -> None:
        if name in self._children:
            until = time.monotonic() + PARTS_WITHIN
            self._children[name].tell_to_stop()
            self._finish([self._children[name]], until)
        self._start(self._programs[name])

    def _on_end(self, child: Child) -> None:
        name = child.program.name
        if not child.expected:
            failures = 1 if child.age > STEADY else self.failures(name) + 1
            self._start_later(name, failures, f"has ended ({child.how_it_ended()})")

    def _start_later(self, name: str, failures: int, why: str) -> None:
        self._failures[name] = failures
        # 2**20 is beyond the longest anyway; a year of failures must not overflow.
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures - 1, 20))
        self._due[name] = time.monotonic() + delay
        self._say(f"{name} {why}; starting it again in {delay:.1f} s")

    def _stop_all(self) -> None:
        self._stopping = True
        self._due.clear()
        until = time.monotonic() + PARTS_WITHIN
        children = [self._children[name] for name in self._programs if name in self._children]
        parts = [child for child in children if not child.program.server]
        for child in parts:
            # A slow one holds up nobody for longer than its patience, but goes on until the time is up.
            child.tell_to_stop()
        self._finish(parts, until)
        for child in children:
            if child.program.server:
                child.tell_to_stop()
                self._finish([child], until)

    def _finish(self, children: Sequence[Child], until: float) -> None:
        for child in children:
            if not child.finish(until):
                self._say(f"{child.program.name} did not stop in time and was killed")
