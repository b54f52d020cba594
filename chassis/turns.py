"""Looking after what an index of moments finds, turn after turn: what fails hides nothing behind it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any

import structlog

from chassis import telemetry
from chassis.moments import Page, Place
from chassis.rounds import Rounds, tried

log = structlog.get_logger()

Document = dict[str, Any]

# What failed is tried again after so many seconds, then after twice as many each time, up to the longest.
FIRST_REST = 2.0
LONGEST_REST = 60.0
# So much of the time at most goes into reading what nothing can be done of; but nobody waits for longer.
SHARE_IN_VAIN = 1 / 5
# A page takes some hundredths of a second. One that took longer waited for a database that stood still: that
# costs nothing, and is no reason to look later.
LONGEST_READ = 0.5
# Of more than these that failed the oldest are forgotten: they are tried each turn.
REMEMBERED = 10_000

_stuck = telemetry.meter.create_gauge("rounds.stuck", description="Documents that failed when last looked at")


class Turns:
    """Reads page after page to the end, and does the work on each document; the next turn begins anew.

    ``read`` returns the page behind a place. ``work`` is done ``abreast``; those of less ``urgency`` are
    begun once the others of their page are done. It is a conditional write, or can be done twice: each
    replica makes its own turns.
    """

    def __init__(
        self,
        of: str,
        read: Callable[[Place | None], Awaitable[Page]],
        work: Callable[[Document], Awaitable[object]],
        *,
        abreast: int = 1,
        urgency: Callable[[Document], int] = lambda _doc: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._of = of
        self._read = read
        self._work = work
        self._abreast = abreast
        self._urgency = urgency
        self._clock = clock
        self._not_before = 0.0
        # By id: how often it has failed, and when it is tried again.
        self._failed: dict[str, tuple[int, float]] = {}
        self.stuck = 0

    def rounds(self, seconds: float) -> Rounds:
        """Return rounds with so many seconds between two turns."""

        async def look() -> None:
            await self.turn()

        return Rounds(self._of, seconds, look)

    async def turn(self) -> int:
        """Go through all that there is; return on how many the work was done.

        Raises:
            Exception: the database failed; what was done is done.
        """
        if self._clock() < self._not_before:
            return 0
        after: Place | None = None
        all_done, stuck, in_vain = 0, 0, 0.0
        while True:
            began = self._clock()
            page = await self._read(after)
            read_for = self._clock() - began
            done = await self._do([doc for doc in page.found if self._may_try(doc["_id"])])
            all_done += done
            stuck += sum(doc["_id"] in self._failed for doc in page.found)
            in_vain += 0.0 if done else min(read_for, LONGEST_READ)
            if page.next is None:
                break
            after = page.next
        self._not_before = self._clock() + min(in_vain * (1 / SHARE_IN_VAIN - 1), LONGEST_REST)
        self._say(all_done, stuck)
        return all_done

    def _may_try(self, ident: str) -> bool:
        known = self._failed.get(ident)
        return known is None or known[1] <= self._clock()

    async def _do(self, ready: Sequence[Document]) -> int:
        """Do the work on each, the urgent first; return on how many it was done."""
        done = 0
        for _, some in groupby(sorted(ready, key=self._urgency, reverse=True), self._urgency):
            together = list(some)
            outcomes = await tried(self._of, together, self._work, self._abreast)
            for doc, outcome in zip(together, outcomes, strict=True):
                self._note(doc["_id"], failed=outcome is None)
            done += sum(outcome is True for outcome in outcomes)
        return done

    def _note(self, ident: str, *, failed: bool) -> None:
        tries, _ = self._failed.pop(ident, (0, 0.0))
        if failed:
            rest = min(FIRST_REST * 2 ** min(tries, 10), LONGEST_REST)
            self._failed[ident] = tries + 1, self._clock() + rest
        if len(self._failed) > REMEMBERED:
            del self._failed[next(iter(self._failed))]

    def _say(self, done: int, stuck: int) -> None:
        if done:
            log.info("rounds.done", of=self._of, count=done)
        if stuck != self.stuck:
            log.warning("rounds.stuck", of=self._of, count=stuck)
        self.stuck = stuck
        _stuck.set(stuck, {"of": self._of})
