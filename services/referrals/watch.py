"""What the referrals service looks after by itself: drafts that nobody sent are erased.

Every replica looks, by an index and the database's clock, and each erasure is a conditional write: so nobody
needs to know of the others.
"""

import asyncio

import structlog

from chassis.logs import place_of
from services.referrals.actions.draft import erase_due
from services.referrals.means import Means

log = structlog.get_logger()

# What is due has been so for days of 24 hours: a minute is soon.
LOOK_SECONDS = 60.0


class Watch:
    """Looks after what is due."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_forever())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_forever(self) -> None:
        while True:
            try:
                erased = await erase_due(self._means)
                if erased:
                    log.info("drafts.erased", count=erased)
            except Exception as error:  # noqa: BLE001 - the database: it comes back
                log.warning("watch.look", kind=type(error).__name__, where=place_of(error))
            await asyncio.sleep(LOOK_SECONDS)
