"""Looks after what nobody asks for: holds that run out, numbers that grow stale, persons who did not arrive.

Any number of replicas may look: each finds what is due by an index, and does it by a conditional write.
"""

import asyncio

import structlog

from chassis.problems import PartError
from services.directory.capacity.actions import Means, look_after

log = structlog.get_logger()

LOOK_SECONDS = 1.0
BATCH = 200


class Watch:
    """Looks once a second."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_forever())

    async def stop(self) -> None:
        """Look no more; what is due waits for the next who looks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> int:
        """Do what is due, and return at how many services there was something."""
        due = await self._means.store.due(self._means.clock.now(), BATCH)
        for service in due:
            try:
                await look_after(self._means, service)
            except PartError as error:
                log.warning("capacity.watch", code=error.code)
        return len(due)

    async def _look_forever(self) -> None:
        while True:
            try:
                found = await self.look()
            except Exception as error:  # noqa: BLE001 - the database: it comes back
                log.warning("capacity.watch", kind=type(error).__name__)
                found = 0
            if found < BATCH:
                await asyncio.sleep(LOOK_SECONDS)
