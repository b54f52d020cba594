"""The database's clock, as every replica reckons it: holds run out by it, whatever the replica's own says."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from pymongo.errors import PyMongoError

log = structlog.get_logger()

LOOK_SECONDS = 30.0


class Clock:
    """Tells the time by the database, asked twice a minute; until it was asked, by this machine."""

    def __init__(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        self._ask = ask
        self._ahead = timedelta(0)
        self._task: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """Return the moment in whole milliseconds, as the database keeps it."""
        moment = datetime.now(UTC) + self._ahead
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    async def start(self) -> None:
        """Look at the database's clock, and go on doing so."""
        await self.look()
        self._task = asyncio.create_task(self._look_forever())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Note how far the database is ahead of this machine; the answer took half of the way back."""
        began = datetime.now(UTC)
        theirs = await self._ask()
        ended = datetime.now(UTC)
        self._ahead = theirs - (began + (ended - began) / 2)

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except (PyMongoError, OSError) as error:
                log.warning("capacity.clock", kind=type(error).__name__)
