"""This replica's table of municipalities, and how it follows the one that is installed."""

import asyncio

import structlog

from services.directory.geography import municipality
from services.directory.geography.store import GeographyStore
from services.directory.geography.table import Table

log = structlog.get_logger()

LOOK_SECONDS = 2.0


class Geography:
    """Holds the current table; ``table`` is another object after each change, and never changes itself."""

    def __init__(self, store: GeographyStore) -> None:
        self.store = store
        self.table = Table()
        self._follower: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the table, and follow it from then on."""
        await self.refresh()
        self._follower = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow it no more."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)

    async def refresh(self) -> None:
        """Take the table as it is now. The number is read first: what came since is taken the next time."""
        number = await self.store.number()
        if number != self.table.number:
            self.table = Table(map(municipality.from_document, await self.store.all()), number)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - the database: it comes back, and the old table serves
                log.warning("geography.refresh", kind=type(error).__name__)
