"""The database's clock, as every replica reckons it: time is up by it, whatever the replica's own says."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from chassis.rounds import Rounds

LOOK_SECONDS = 30.0


class Clock:
    """Tells the time by the database, asked twice a minute; until it was asked, by this machine."""

    def __init__(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        self._ask = ask
        self._ahead = timedelta(0)
        self._rounds = Rounds("clock", LOOK_SECONDS, self.look)

    def now(self) -> datetime:
        """Return the moment in whole milliseconds, as the database keeps it."""
        moment = datetime.now(UTC) + self._ahead
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    async def start(self) -> None:
        """Look at the database's clock, and go on doing so."""
        await self.look()
        await self._rounds.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()

    async def look(self) -> None:
        """Note how far the database is ahead of this machine; the answer took half of the way back."""
        began = datetime.now(UTC)
        theirs = await self._ask()
        ended = datetime.now(UTC)
        self._ahead = theirs - (began + (ended - began) / 2)
