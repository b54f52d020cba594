"""The index, brought up to date from the database before each list: so a list shows what was saved before."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from services.directory import organization, service
from services.directory.ids import Noun
from services.directory.index import Index, Rows, RowT
from services.directory.matching.candidate import candidate, provider
from services.directory.matching.field import Field
from services.directory.store import Document, Store

# A write becomes visible a little after the moment that it is stamped with, and after a change of primary
# the clock is another one: changes are asked for again for this long. Rows of a revision known are skipped.
SETTLE = timedelta(seconds=5)
CHUNK = 100


class Listing:
    """This replica's index and how far it has followed the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = Index()
        self.field = Field()
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
        # Organizations first: a service's row looks at its organization's.
        async for document in self._news("organization", self._index.organizations):
            self._index.put_organization(organization.row(document))
            self.field.put_organization(document["_id"], provider(document))
        async for document in self._news("service", self._index.services):
            self._index.put_service(service.row(document))
            self.field.put(candidate(document))
        await self._index.board.follow(self._store.capacity, self._since)
        self._since = now - SETTLE

    async def _news(self, noun: Noun, rows: Rows[RowT]) -> AsyncIterator[Document]:
        """The documents whose rows are missing or of another revision, a few at a time.

        Making a row takes 0.1 ms: other requests get their turn while the next documents are read.
        """
        changed = await self._store.changed(noun, self._since)
        news = [noun_id for noun_id, revision in changed.items() if not rows.has(noun_id, revision)]
        for begin in range(0, len(news), CHUNK):
            for document in (await self._store.get_many(noun, news[begin : begin + CHUNK])).values():
                yield document
