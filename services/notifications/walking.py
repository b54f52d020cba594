"""A walk through an organization's feed as one actor may know it today, however much of it that is not."""

import random
from collections.abc import AsyncIterator
from contextlib import aclosing

from contracts.narrowing import asked_for
from contracts.notifications import FeedPage, FeedTold
from contracts.rpc import Actor
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.feed import Feeds, Slice
from services.notifications.policy import still_told

# Entries of the stream that are read at once.
READ_AT_ONCE = 500
# Of what the actor may know so much is looked at for one page that few of it is asked for.
MOST_LOOKED_AT = 5_000
# Of what it may not know a number between these, drawn anew for each request: at a bound that stood still, a
# page that ends there would say to the entry how much is hidden (docs/decisions/0042).
MOST_HIDDEN = (2_000, 4_000)


class Walk:
    """Goes on from ``scanned``, up to which all was read; ``referral``: only what is about it.

    It ends at the end of the feed, or where it met too much that is hidden: then it is ``cut_short``.
    """

    def __init__(
        self, feeds: Feeds, subscribers: Subscribers, actor: Actor, after: int, referral: str | None = None
    ) -> None:
        self._feeds = feeds
        self._subscribers = subscribers
        self._actor = actor
        self._referral = referral
        self._hidden = random.randint(*MOST_HIDDEN)  # noqa: S311 - it is no secret, it only must not stand still
        self.scanned = after
        self.cut_short = False

    async def entries(self, first: int) -> AsyncIterator[FeedTold]:
        """Yield what the actor may know, as it is told; ``first`` are read first."""
        organization, more = self._actor.organization or "", True
        while more:
            found = await self._feeds.read(organization, self.scanned, first, self._referral)
            in_force = await self._subscribers.in_force(organization, found.entries)
            for entry in found.entries:
                told = still_told(entry, self._actor, in_force)
                if told is not None:
                    yield told
                    continue
                self._hidden -= 1
                if not self._hidden:
                    self.scanned, self.cut_short = entry.seq, True
                    return
            self.scanned, more, first = found.scanned, found.has_next, READ_AT_ONCE

    async def page(self, request: FeedPage) -> Slice[FeedTold]:
        """Return a page of what is asked for.

        It ends where what the actor may know says so: by nothing else, or a page that is not full, or that
        there is more, would count the rest. But for where it is cut short, which counts nothing.
        """
        kept: list[FeedTold] = []
        last, looked_at = request.after, 0
        async with aclosing(self.entries(request.first + 1)) as known:  # type: ignore[type-var]
            async for entry in known:
                if entry.referral is None and not request.subjects:
                    continue
                if len(kept) == request.first or looked_at == MOST_LOOKED_AT:
                    return Slice(kept, last, has_next=True)
                last, looked_at = entry.seq, looked_at + 1
                if asked_for(entry, request):
                    kept.append(entry)
        return Slice(kept, self.scanned, has_next=self.cut_short)

    async def count(self, most: int) -> int:
        """Return how many entries there are, ``most`` at most.

        That there are none is said only of a feed that was read to its end.
        """
        count = 0
        async with aclosing(self.entries(most)) as known:  # type: ignore[type-var]
            async for _ in known:
                count += 1
                if count == most:
                    break
        return max(count, 1) if self.cut_short else count
