"""NATS and the database of a folder without the parts: for whoever copies what they keep, or puts it back."""

import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.embedded import database, nats
from cli.embedded.child import GLANCE
from cli.embedded.folder import Folder
from cli.embedded.keeper import Keeper
from cli.embedded.ports import choose
from cli.embedded.settings import DATABASE, NATS
from cli.exits import CommandError, Exit

READY_WITHIN = 60.0
HOPELESS = 4


class Servers:
    """Both servers on free ports, and nobody else on the folder while the block lasts.

    ``restoring`` starts NATS for the token in ``token`` only, who may do everything; otherwise it runs as
    ever, and its folder has its keys already.
    """

    def __init__(self, data: Path, *, restoring: bool = False) -> None:
        self._folder = Folder(data)
        self._ports = choose({NATS: 0, "nats_monitor": 0, DATABASE: 0})
        self.token = secrets.token_hex(32) if restoring else ""
        self._keeper: Keeper | None = None

    def __enter__(self) -> Self:
        """Start them.

        Raises:
            CommandError: the folder is in use or cannot be written, or one of them does not start.
        """
        self._folder.__enter__()
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.stop()
        self._folder.__exit__(None, None, None)

    @property
    def nats_url(self) -> str:
        """Where NATS is."""
        return f"nats://127.0.0.1:{self._ports[NATS]}"

    @property
    def mongo_url(self) -> str:
        """Where the database is."""
        return f"mongodb://127.0.0.1:{self._ports[DATABASE]}/?directConnection=true"

    def _start(self) -> None:
        data, ports = self._folder.path, self._ports
        bus = nats.for_restoring(data, ports, self.token) if self.token else nats.program(data, ports)
        programs = [bus, database.program(data, ports)]
        self._keeper = Keeper(programs, data / "logs", lambda _sentence: None)
        self._keeper.start()
        until = time.monotonic() + READY_WITHIN
        for program in programs:
            while why := program.ask():
                if time.monotonic() > until or self._keeper.failures(program.name) >= HOPELESS:
                    log = data / "logs" / f"{program.name}.log"
                    raise CommandError(f"{program.name} is not ready: {why}; see {log}", Exit.NOT_READY)
                time.sleep(GLANCE)
