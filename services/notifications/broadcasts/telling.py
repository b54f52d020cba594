"""Telling the organizations that a broadcast is addressed to: each once, however often it is begun again."""

import asyncio
from datetime import timedelta

from chassis.rounds import Rounds, each
from chassis.tasks import end
from services.notifications.broadcasts import broadcast
from services.notifications.broadcasts.broadcast import Document
from services.notifications.broadcasts.store import BroadcastStore
from services.notifications.feed import Feeds

LOOK_SECONDS = 2.0
# Whoever sends it tells at once; what has waited so long was left by a crash.
LEFT_OVER = timedelta(seconds=5)
AT_ONCE = 100
ABREAST = 16


class Telling:
    """Appends to the feeds, and looks after what a crash left untold, and after what is to be forgotten."""

    def __init__(self, store: BroadcastStore, feeds: Feeds) -> None:
        self._store = store
        self._feeds = feeds
        self._rounds = Rounds("broadcasts", LOOK_SECONDS, self.look)
        self.start = self._rounds.start
        self._begun: set[asyncio.Task[object]] = set()

    async def stop(self) -> None:
        """Tell no more; who was not told yet is by whoever looks next."""
        await self._rounds.stop()
        for one in tuple(self._begun):
            await end(one)

    def begin(self, doc: Document) -> None:
        """Tell beside whatever else is done; what fails is left over, and told by the next look."""
        task: asyncio.Task[object] = asyncio.create_task(each("broadcasts", [doc], self.tell))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def tell(self, doc: Document) -> bool:
        """Tell everybody all of it that there is to tell; what they were told before they are not again."""
        await self._store.keep(broadcast.receipts(doc))
        ids = [self._feeds.id_of(doc["_id"], n) for n in range(1, doc["n"] + 1)]
        slots = asyncio.Semaphore(ABREAST)

        async def one(organization: str) -> None:
            async with slots:
                for n, entry in enumerate(broadcast.entries(doc, ids), start=1):
                    await self._feeds.append_fact(organization, entry, doc["_id"], n)

        await asyncio.gather(*(one(organization) for organization in doc["addressed"]))
        await self._store.told(doc["_id"], doc["n"])
        return True

    async def look(self) -> bool:
        """Tell what is left over, and forget whose time is over; return whether there may be more."""
        now = await self._store.now()
        left = await self._store.to_tell.page(now - LEFT_OVER, None, AT_ONCE)
        await each("broadcasts", left.found, self.tell)
        gone = await self._store.gone.page(now, None, AT_ONCE)
        await each("broadcasts", [doc["_id"] for doc in gone.found], self._store.forget)
        return gone.next is not None
