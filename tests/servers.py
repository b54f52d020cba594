"""Real servers for tests: NATS and the database on free ports, with their data in a fresh folder."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self, TypeVar

from cli import keys
from cli.embedded import database, nats
from cli.embedded.keeper import Keeper
from cli.embedded.ports import choose

T = TypeVar("T")


class Servers:
    """NATS and the database, kept running by the embedded stack's own keeper."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys_dir = folder / "keys"
        keys.init(self.keys_dir)
        (folder / "logs").mkdir()
        self._ports = choose({"nats": 0, "nats_monitor": 0, "database": 0})
        self._programs = [nats.program(folder, self._ports), database.program(folder, self._ports)]
        self.keeper = Keeper(self._programs, folder / "logs", lambda _sentence: None)

    def __enter__(self) -> Self:
        self.keeper.start()
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.keeper.stop()

    def wait_ready(self) -> None:
        """Return when both answer."""
        until = time.monotonic() + 30
        while any(program.ask() for program in self._programs):
            assert time.monotonic() < until, "the servers did not start"
            time.sleep(0.02)

    @property
    def nats_url(self) -> str:
        """Where NATS is."""
        return f"nats://127.0.0.1:{self._ports['nats']}"

    @property
    def mongo_url(self) -> str:
        """Where the database is."""
        return f"mongodb://127.0.0.1:{self._ports['database']}/?directConnection=true"


async def eventually(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], bool] = bool, within: float = 15.0
) -> T:
    """Return what ``look`` finds as soon as it ``holds``; fail after ``within`` seconds."""
    until = time.monotonic() + within
    while True:
        found = await look()
        if holds(found):
            return found
        assert time.monotonic() < until, f"it never held: {found!r}"
        await asyncio.sleep(0.02)
