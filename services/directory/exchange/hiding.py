"""What an export has to know of all: their ids in order, and the locations that any calls confidential."""

import asyncio
from bisect import bisect_right
from datetime import datetime, timedelta

from contracts.codes import Visibility
from services.directory.exchange.store import NOUNS
from services.directory.ids import Noun
from services.directory.store import Store

# As the index has it: a write is seen a little after its stamp.
_SETTLE = timedelta(seconds=5)
_CHUNK = 100


class Hiding:
    """This replica's knowledge of them, brought up to date before each use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since: datetime | None = None
        self._known: dict[str, tuple[int, frozenset[str]]] = {}
        self._ordered: dict[Noun, list[str]] = {noun: [] for noun in NOUNS}
        self._lock = asyncio.Lock()

    async def fresh(self) -> frozenset[str]:
        """Return the ids of the confidential locations."""
        async with self._lock:
            now = await self._store.now()
            for noun in NOUNS:
                await self._follow(noun)
            self._since = now - _SETTLE
        return frozenset().union(*(hidden for _, hidden in self._known.values() if hidden))

    def next_ids(self, noun: Noun, after: str | None, count: int) -> list[str]:
        """Return the next ids of a noun, in order, as of the last ``fresh``."""
        ordered = self._ordered[noun]
        begin = bisect_right(ordered, after) if after else 0
        return ordered[begin : begin + count]

    async def _follow(self, noun: Noun) -> None:
        changed = await self._store.changed(noun, self._since)
        news = [one for one, revision in changed.items() if self._known.get(one, (0,))[0] != revision]
        if any(one not in self._known for one in news):
            self._ordered[noun] = sorted({*self._ordered[noun], *news})
        for at in range(0, len(news), _CHUNK):
            for noun_id, document in (await self._store.get_many(noun, news[at : at + _CHUNK])).items():
                hidden = frozenset(
                    place["id"]
                    for place in document.get("locations") or ()
                    if place.get("visibility") != Visibility.PUBLIC
                )
                self._known[noun_id] = (document["revision"], hidden)
