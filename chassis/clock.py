"""The database's clock, as every replica reckons it: time is up by it, whatever the replica's own says."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from chassis.rounds import Rounds

LOOK_SECONDS = 30.0
# The database tells its time in whole milliseconds, cut off.
_GRAIN = timedelta(milliseconds=1)


def whole(moment: datetime) -> datetime:
    """Return a moment in whole milliseconds, as the database keeps it: the rest is cut off."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Clock:
    """Tells the time by the database, asked twice a minute.

    An answer says no more than that the database's time lay between two moments, as far apart as the answer
    was long in coming. What is reckoned with stays as long as it lies between them: a busy machine does not
    make the clock jump, and what happened later is not earlier by it.
    """

    def __init__(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        self._ask = ask
        self._ahead = timedelta(0)
        self._rounds = Rounds("clock", LOOK_SECONDS, self.look)

    def now(self) -> datetime:
        """Return the moment in whole milliseconds, as the database keeps it."""
        return whole(datetime.now(UTC) + self._ahead)

    async def start(self) -> None:
        """Look at the database's clock, and go on doing so."""
        await self.look()
        await self._rounds.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._rounds.stop()

    async def look(self) -> None:
        """Move to how far the database is ahead of this machine, by as little as its answer asks for."""
        began = datetime.now(UTC)
        theirs = await self._ask()
        ended = datetime.now(UTC)
        self._ahead = min(max(self._ahead, theirs - ended), theirs + _GRAIN - began)
