"""How many places services have now, in memory, for the public records: they change without their services.

A follower keeps them current by the database's clock, as the catalogue is kept. What it could not read for a
while runs out by itself: numbers that are too old are not shown.
"""

import asyncio
from datetime import UTC, datetime

import structlog
from pymongo.errors import PyMongoError

from contracts.codes import CapacityStatus
from contracts.directory import Capacity
from services.directory.capacity import capacity
from services.directory.capacity.capacity import Document
from services.directory.rest.catalogue import EVERY_SECONDS, SETTLE
from services.directory.store import Store

log = structlog.get_logger()


class Counts:
    """What the network has counted, else what an import said."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self._counted: dict[str, Document] = {}
        self._imported: dict[str, Document] = {}

    async def start(self) -> None:
        """Begin to follow the database."""
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def follow(self) -> None:
        """Take in what has changed since the last time."""
        now = await self._store.now()
        self._counted |= await self._store.capacity.changed(self._since)
        for seed in await self._store.capacity.changed_seeds(self._since):
            self._imported.pop(seed["_id"], None)
            if document := capacity.imported(seed):
                self._imported[seed["_id"]] = document
        self._since = now - SETTLE

    def of(self, service: str) -> tuple[Capacity, ...]:
        """Return the units of a service of which the numbers are known now."""
        document = self._counted.get(service) or self._imported.get(service)
        if document is None:
            return ()
        shown = capacity.view(document, datetime.now(UTC))
        return tuple(one for one in shown if one.status is CapacityStatus.KNOWN)

    async def _live(self) -> None:
        while True:
            try:
                await self.follow()
            except PyMongoError as error:
                log.warning("rest.counts_failed", kind=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)
