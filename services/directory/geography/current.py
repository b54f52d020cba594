"""This replica's table of municipalities, and how it follows the one that is installed."""

from chassis.rounds import Rounds
from services.directory.geography import municipality
from services.directory.geography.store import GeographyStore
from services.directory.geography.table import Table

LOOK_SECONDS = 2.0


class Geography:
    """Holds the current table; ``table`` is another object after each change, and never changes itself."""

    def __init__(self, store: GeographyStore) -> None:
        self.store = store
        self.table = Table()
        self._rounds = Rounds("geography", LOOK_SECONDS, self.refresh)

    async def start(self) -> None:
        """Read the table, and follow it from then on."""
        await self.refresh()
        await self._rounds.start()

    async def stop(self) -> None:
        """Follow it no more."""
        await self._rounds.stop()

    async def refresh(self) -> None:
        """Take the table as it is now. The number is read first: what came since is taken the next time."""
        number = await self.store.number()
        if number != self.table.number:
            self.table = Table(map(municipality.from_document, await self.store.all()), number)
