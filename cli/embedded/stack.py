"""``Stack``: the embedded network as one thing that starts, is ready, and stops."""

import signal
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from chassis.settings import without_credentials
from cli import keys
from cli.embedded import database, nats, parts
from cli.embedded.child import GLANCE, Program
from cli.embedded.folder import Folder
from cli.embedded.keeper import Keeper, Say
from cli.embedded.parts import Addresses, Command
from cli.embedded.ports import choose
from cli.embedded.settings import DATABASE, NATS, EmbeddedSettings
from cli.exits import CommandError, Exit

# Seconds until everything has to be ready at a start.
READY_WITHIN = 60.0
# Whoever has ended so often before it was ever ready will not be: the start is given up.
HOPELESS = 4


def say_on_stderr(sentence: str) -> None:
    """Tell people, not programs."""
    print(f"relevo: {sentence}", file=sys.stderr, flush=True)


class Stack:
    """Servers and parts as child processes, kept running until ``stop``.

    Every method may be called from any thread and blocks until it is done; from asyncio, use
    ``asyncio.to_thread``. ``variables`` go to every part beside the stack's own; ``command`` says how to
    run a part, and tests put stand-ins there.
    """

    def __init__(
        self,
        settings: EmbeddedSettings,
        *,
        variables: Mapping[str, str] | None = None,
        command: Command = parts.serve,
        say: Say = say_on_stderr,
    ) -> None:
        self.settings = settings
        self.data: Path = settings.data_dir.absolute()
        self._variables = dict(variables or {})
        self._command = command
        self._say = say
        self._programs: dict[str, Program] = {}
        self._addresses = Addresses(settings, {})
        self._keeper: Keeper | None = None
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, within: float = READY_WITHIN) -> None:
        """Start everything at once and return when all of it is ready, ``within`` seconds at most.

        Raises:
            CommandError: the data is in use or cannot be written, a port is taken, a server is not
                installed, or something does not become ready. Nothing is left running then.
        """
        try:
            folder = self._held.enter_context(Folder(self.data))
            self._make_keys()
            self._addresses = Addresses(
                self.settings, choose(self.settings.wanted_ports, self.settings.hosts)
            )
            self._programs = {program.name: program for program in self._plan()}
            self._keeper = Keeper(list(self._programs.values()), self.data / "logs", self._say)
            self._keeper.start()
            self._wait_first(time.monotonic() + within)
            monitor = self.ports.get("nats_monitor")
            folder.announce(self.urls, f"127.0.0.1:{monitor}" if monitor else None)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in the right order, within five seconds. Twice is once."""
        try:
            if self._keeper is not None:
                self._keeper.stop()
        finally:
            self._keeper = None
            self._held.close()

    def wait_ready(self, *names: str, within: float = READY_WITHIN) -> None:
        """Return when those programs (all, if none is named) answer that they are ready.

        Raises:
            CommandError: one of them did not, in that many seconds.
        """
        until = time.monotonic() + within
        for name in names or tuple(self._programs):
            while why := self._programs[name].ask():
                if time.monotonic() > until:
                    raise self._not_ready(name, f"is not ready: {why}")
                time.sleep(GLANCE)

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a program's process and return its id; after SIGKILL it is gone.

        It is started again by itself after a while, or at once by ``restart``.
        """
        return self._running.kill(name, number)

    def restart(self, name: str) -> None:
        """Stop a program if it runs, and start it without delay. It may not be ready yet."""
        self._running.restart(name)

    def abandon(self) -> None:
        """Kill everything at once, while another thread is still stopping it."""
        if self._keeper is not None:
            self._keeper.kill_all()

    @property
    def ports(self) -> dict[str, int]:
        """By name: the four parts, and where they are embedded ``nats``, ``nats_monitor``, ``database``."""
        return dict(self._addresses.ports)

    @property
    def urls(self) -> dict[str, str]:
        """By name: the four parts, ``nats`` and ``mongo``."""
        return self._addresses.urls

    @property
    def pids(self) -> dict[str, int]:
        """The current process of each program."""
        return {name: self._running.child(name).pid for name in self._programs}

    def environment(self, part: str) -> dict[str, str]:
        """The ``RELEVO_`` variables with which that part runs; to be laid over ``os.environ``."""
        return {**self._addresses.environment(part, self.data), **self._variables}

    @property
    def _running(self) -> Keeper:
        if self._keeper is None:
            raise RuntimeError("the stack is not running")
        return self._keeper

    def _make_keys(self) -> None:
        if any((self.data / database.FOLDER).glob("*")) and not keys.has_master(self.data / "keys"):
            raise CommandError(
                f"there is data in {self.data}, and {self.data / 'keys' / keys.MASTER_KEY}, without which"
                " parts of it cannot be read, is missing: put it back from your backup",
                Exit.NOT_READY,
            )
        try:
            keys.init(self.data / "keys")
        except keys.KeysError as error:
            raise CommandError(str(error), Exit.NOT_WRITABLE) from error

    def _plan(self) -> list[Program]:
        """Every program, in the order in which they are stopped."""
        plan = [
            parts.program(part, self._command, self.environment(part), self.settings)
            for part in parts.PATIENCE
        ]
        if NATS in self.ports:
            plan.append(nats.program(self.data, self.ports))
        if DATABASE in self.ports:
            plan.append(database.program(self.data, self.ports))
        return plan

    def _wait_first(self, until: float) -> None:
        """Wait for everything, but not for what ends again and again before it was ever ready."""
        for name, program in reversed(self._programs.items()):
            while why := program.ask():
                if self._running.failures(name) >= HOPELESS:
                    raise self._not_ready(name, "keeps ending")
                if time.monotonic() > until:
                    raise self._not_ready(name, f"is not ready: {why}")
                time.sleep(GLANCE)

    def _not_ready(self, name: str, how: str) -> CommandError:
        log = self.data / "logs" / f"{name}.log"
        return CommandError(f"{name} {how}; see {log}{self._elsewhere()}", Exit.NOT_READY)

    def _elsewhere(self) -> str:
        """Name the servers that this stack did not start: perhaps one of them does not answer."""
        given = {"RELEVO_MONGO_URL": self.settings.mongo_url, "RELEVO_NATS_URL": self.settings.nats_url}
        named = [f"{name} ({without_credentials(url)})" for name, url in given.items() if url]
        return f"; do {' and '.join(named)} answer?" if named else ""
