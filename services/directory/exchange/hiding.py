"""Which locations some document calls confidential, whatever others say of the same place."""

import asyncio
from datetime import datetime, timedelta

from contracts.codes import Visibility
from services.directory.exchange.store import NOUNS
from services.directory.store import Store

# As the index has it: a write is seen a little after its stamp.
_SETTLE = timedelta(seconds=5)
_CHUNK = 100


class Hiding:
    """This replica's list of them, brought up to date before each use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since: datetime | None = None
        self._known: dict[str, tuple[int, frozenset[str]]] = {}
        self._lock = asyncio.Lock()

    async def fresh(self) -> frozenset[str]:
        """Return the ids of the confidential locations."""
        async with self._lock:
            now = await self._store.now()
            for noun in NOUNS:
                changed = await self._store.changed(noun, self._since)
                news = [one for one, revision in changed.items() if self._known.get(one, (0,))[0] != revision]
                for at in range(0, len(news), _CHUNK):
                    found = await self._store.get_many(noun, news[at : at + _CHUNK])
                    for noun_id, document in found.items():
                        hidden = frozenset(
                            place["id"]
                            for place in document.get("locations") or ()
                            if place.get("visibility") != Visibility.PUBLIC
                        )
                        self._known[noun_id] = (document["revision"], hidden)
            self._since = now - _SETTLE
        return frozenset().union(*(hidden for _, hidden in self._known.values() if hidden))
