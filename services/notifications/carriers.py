"""Which of the replicas carries an endpoint, or writes to a member: they share them out without a word.

Each writes every few seconds that it is there, and reads who else is. Of those seen lately the one with the
highest hash beside an endpoint's id carries it (rendezvous hashing): who comes or goes moves no endpoint but
those that it takes or leaves. While two see it differently both may carry one: what they write is
conditional, and what they send has the same id.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from chassis.rounds import Rounds
from services.notifications.webhooks.store import WebhookStore

BEAT_SECONDS = 2.0
# Three beats missed: what a replica carried that was killed waits for so long.
GONE_AFTER = timedelta(seconds=6)
FORGOTTEN_AFTER = timedelta(hours=1)


class Carriers:
    """This replica among the others."""

    def __init__(self, store: WebhookStore) -> None:
        self._store = store
        self._me = secrets.token_hex(8)
        self.there: tuple[str, ...] = ()
        self._rounds = Rounds("carriers", BEAT_SECONDS, self.look)

    async def start(self) -> None:
        """Be there."""
        await self.look()
        await self._rounds.start()

    async def stop(self) -> None:
        """Leave all endpoints to the others."""
        await self._rounds.stop()
        await self._store.leave([self._me])

    async def look(self) -> None:
        """Say that this replica is there, and see who else is."""
        now = await self._store.now()
        await self._store.beat(self._me, now)
        seen = await self._store.carriers()
        self.there = _there(seen, now)
        await self._store.leave(one for one, at in seen.items() if now - at > FORGOTTEN_AFTER)

    def carries(self, endpoint: str) -> bool:
        """Whether it is this replica that carries an endpoint."""
        return bool(self.there) and max(self.there, key=lambda one: _rank(one, endpoint)) == self._me


def _there(seen: dict[str, datetime], now: datetime) -> tuple[str, ...]:
    return tuple(one for one, at in seen.items() if now - at < GONE_AFTER)


def _rank(carrier: str, endpoint: str) -> bytes:
    return hashlib.blake2b(f"{carrier}:{endpoint}".encode(), digest_size=8).digest()
