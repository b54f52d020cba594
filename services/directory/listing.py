"""The index, brought up to date from the database before each list: so a list shows what was saved before."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from services.directory import organization, service
from services.directory.index import Index, Row
from services.directory.store import Store

# A write becomes visible a little after the moment that it is stamped with, and after a change of primary
# the clock is another one: changes are asked for again for this long. Rows of a revision known are skipped.
SETTLE = timedelta(seconds=10)


class Listing:
    """This replica's index and how far it has followed the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = Index()
        self._since: datetime | None = None
        self._lock = asyncio.Lock()
        self._begun = 0
        self._finished = 0

    async def fresh(self) -> Index:
        """Return the index with everything in it that was acknowledged before this call.

        Lists that ask at once share one refresh: any that begins after they asked will do.
        """
        asked = self._begun
        async with self._lock:
            if self._finished <= asked:
                self._begun += 1
                await self._follow()
                self._finished = self._begun
        return self._index

    async def _follow(self) -> None:
        now = await self._store.now()
        async for document in self._store.changed("organization", self._since):
            if _is_news(self._index.organizations.get(document["_id"]), document):
                self._index.put_organization(organization.row(document))
        async for document in self._store.changed("service", self._since):
            if _is_news(self._index.services.get(document["_id"]), document):
                self._index.put_service(service.row(document))
        self._since = now - SETTLE


def _is_news(row: Row | None, document: dict[str, Any]) -> bool:
    return row is None or row.revision != document["revision"]
