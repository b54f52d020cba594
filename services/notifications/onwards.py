"""Reading feeds on for the channels, from where their documents say that they were read to: once for all.

Many members and endpoints of an organization stand at the same place, and what comes into its feed wakes all
of them at once. So a page that has something is kept for a moment, for the others who stand there. With the
next entry it is forgotten, since it may say that nothing comes after it: who was given it before that is
woken again by the entry.
"""

from typing import Any

from chassis.keyed import KeyedLocks
from chassis.rounds import Rounds
from contracts.notifications import FeedTold
from services.notifications.errors import CursorExpiredError
from services.notifications.feed import Feeds, Slice

Document = dict[str, Any]
# What comes after a place, and the life (epoch) of the stream in which that is.
Read = tuple[Slice[FeedTold], str]
AT_ONCE = 100
KEPT_SECONDS = 2.0


class Onwards:
    """Reads pages of feeds; of each organization's the last is kept."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._locks = KeyedLocks()
        # By organization: after which place, in which life, and what; None while it is being read.
        self._kept: dict[str, tuple[int, str | None, Read] | None] = {}
        self.rounds = Rounds("pages of feeds", KEPT_SECONDS, self.tidy)

    async def tidy(self) -> None:
        """Keep nothing for long."""
        self.forget_all()

    def forget(self, organization: str) -> None:
        """Something came into its feed."""
        self._kept.pop(organization, None)

    def forget_all(self) -> None:
        """Something may have been missed."""
        self._kept.clear()

    async def read(self, doc: Document) -> Read:
        """Return what comes ``after``, and the life (``epoch``) of the stream in which that is.

        Where the feed began anew, or is no longer kept from there on, it goes on by the moment ``read_at``.

        Raises:
            UnreachableError: the stream is not there now.
        """
        organization, place = doc["organization"], (doc["after"], doc["epoch"])
        async with self._locks.hold(organization):
            kept = self._kept.get(organization)
            if kept is not None and kept[:2] == place:
                return kept[2]
            self._kept[organization] = None
            try:
                epoch = (await self._feeds.check(*place)).epoch
            except CursorExpiredError:
                return await self._read_since(doc)  # each by a moment of its own
            read = await self._feeds.read(organization, doc["after"], AT_ONCE), epoch
            # Forgotten meanwhile: what came may not be in it.
            if read[0].entries and organization in self._kept:
                self._kept[organization] = *place, read
            return read

    async def _read_since(self, doc: Document) -> Read:
        epoch = (await self._feeds.life()).epoch
        after = await self._feeds.before(doc["organization"], doc["read_at"])
        return await self._feeds.read(doc["organization"], after, AT_ONCE), epoch
