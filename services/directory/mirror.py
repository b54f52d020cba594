"""The directory in this replica's memory: every document is read once, and handed to those who keep of it.

Everything is read at start, and then what changes. The directory's events say at once what to look at; the
document decides, by its revision. So events may come twice, in any order, or be missing for a while: every
two seconds, and before each list, the database is asked what has changed by its own clock.
"""

import asyncio
import contextlib
import gc
import math
import sys
import time
from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal

import structlog
from nats.aio.msg import Msg

from chassis.bus import Bus
from chassis.follower import Follower
from chassis.logs import place_of
from chassis.tasks import end
from services.directory.capacity.capacity import service_of
from services.directory.followed import BATCH, Followed
from services.directory.ids import Noun
from services.directory.keeper import Document, Keeper, Turn, hand_service, tell, warn
from services.directory.store import LATE, Store

log = structlog.get_logger()

STREAM = "EVT"
EVENTS = "evt.directory.>"
# Changes become visible together, at most so often: a commit of the search takes some milliseconds.
ROUND_SECONDS = 0.2
LOOK_SECONDS = 2.0
# A write becomes visible a little after the moment that it is stamped with, and after a change of primary
# the clock is another one: changes are asked for again for this long. Between lists most looks go back less
# far: while an import runs, there is much to see.
SETTLE = timedelta(seconds=5)
_SUBJECT_PARTS = 4

Kind = Literal["organization", "capacity", "service"]
# In the order in which they are read: a service looks at its organization's and at how it is counted.
KINDS: tuple[Kind, ...] = ("organization", "capacity", "service")


class Mirror:
    """Reads what is new, and tells its keepers in their order."""

    def __init__(self, store: Store, bus: Bus, keepers: Sequence[Keeper]) -> None:
        self._store = store
        self._keepers = keepers
        self._followed: dict[Kind, Followed] = {
            "organization": store.followed("organization"),
            "capacity": store.capacity.followed(),
            "service": store.followed("service"),
        }
        self._follower = Follower(
            bus, stream=STREAM, filter_subject=EVENTS, receive=self._hear, lost=self._forget
        )
        # The revision of each, and of those that were written without an event, how often they were.
        self._known: dict[Kind, dict[str, int]] = {kind: {} for kind in KINDS}
        self._silent: dict[Kind, dict[str, int]] = {kind: {} for kind in KINDS}
        self._ordered: dict[Noun, list[str]] = {}
        self._heard: dict[Kind, dict[str, int]] = {kind: {} for kind in KINDS}
        self._stale: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
        # From where the next look and the next thorough one look, by the database's clock.
        self._since: datetime | None = None
        self._settled: datetime | None = None
        self._looked = -math.inf
        self._lock = asyncio.Lock()
        self._begun = 0
        self._finished = 0
        self._unsettled = False
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._turn = Turn()

    async def start(self) -> None:
        """Read everything, and begin to follow from before it was read."""
        began = time.monotonic()
        seq = await self._follower.last()
        async with self._lock:
            await self._build()
        self._follower.start(after=seq)
        self._loop = asyncio.create_task(self._follow_forever())
        seconds = round(time.monotonic() - began, 1)
        log.info("mirror.built", services=len(self._known["service"]), seconds=seconds)

    async def stop(self) -> None:
        """Stop following."""
        await self._follower.stop()
        await end(self._loop)

    async def runs(self) -> bool:
        """Whether it follows: for the part's health."""
        return self._loop is not None and not self._loop.done() and self._follower.runs

    async def fresh(self) -> None:
        """Return when everything is in that was acknowledged before this call.

        Those who ask at once share one look: any that begins after they asked will do. Only what keepers do
        for many changes together (``settle``) may come a little later.
        """
        asked = self._begun
        async with self._lock:
            if self._finished <= asked:
                self._begun += 1
                await self._catch_up(self._settled)
                self._finished = self._begun
        if self._unsettled:
            self._wake.set()

    def next_ids(self, noun: Noun, after: str | None, count: int) -> list[str]:
        """Return the next ids of organizations or services, in order, behind one of them."""
        ordered = self._ordered.get(noun)
        if ordered is None:
            known = self._known["organization" if noun == "organization" else "service"]
            ordered = self._ordered[noun] = sorted(known)
        begin = bisect_right(ordered, after) if after else 0
        return ordered[begin : begin + count]

    async def _build(self) -> None:
        now = await self._store.now()
        # Millions of things that stay: the collector need not walk them again and again, neither while
        # they come (half of the work otherwise) nor later.
        gc.disable()
        try:
            for kind in KINDS:
                async for document in self._followed[kind].all():
                    await self._take(kind, document)
            await self._settle()
        finally:
            gc.enable()
        gc.collect()
        gc.freeze()
        self._since = self._settled = now - SETTLE

    def _hear(self, message: Msg) -> None:
        parts = message.subject.split(".")
        if len(parts) < _SUBJECT_PARTS:
            return
        headers = message.headers or {}
        noun_id, n = headers.get("ce-subject") or parts[_SUBJECT_PARTS - 1], headers.get("n", "")
        for kind in KINDS:
            if parts[_SUBJECT_PARTS - 2] == kind:
                about = service_of(noun_id) if kind == "capacity" else noun_id
                # What does not say which event it is has to be looked at.
                self._heard[kind][about] = int(n) if n.isdecimal() else sys.maxsize
                self._wake.set()

    def _forget(self) -> None:
        """What was not seen may be anything: look at everything again."""
        self._since = self._settled = None

    async def _follow_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            self._wake.clear()
            began = time.monotonic()
            try:
                async with self._lock:
                    await self._follow(began)
                    await self._settle()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look must come
                log.warning("mirror.retry", kind=type(error).__name__, where=place_of(error))
            await asyncio.sleep(max(0.0, ROUND_SECONDS - (time.monotonic() - began)))

    async def _follow(self, began: float) -> None:
        """Read what was heard of, and now and then look by the clock too."""
        if self._since is not None and began - self._looked < LOOK_SECONDS:
            await self._read_stale()
        else:
            is_thorough = self._settled is None or await self._store.now() - self._settled > 2 * SETTLE
            await self._catch_up(self._settled if is_thorough else self._since)

    async def _catch_up(self, since: datetime | None) -> None:
        """Look at what has changed after a moment (None: ever), and read what is new."""
        now, before = await self._store.now(), (self._since, self._settled)
        for kind in KINDS:
            changed, known = await self._followed[kind].changed(since), self._known[kind]
            self._stale[kind] |= {one for one, revision in changed.items() if known.get(one) != revision}
        if before == (self._since, self._settled):  # else events were lost meanwhile
            self._since = now - LATE
            self._settled = now - SETTLE if since == self._settled else self._settled
        self._looked = time.monotonic()
        await self._read_stale()

    async def _read_stale(self) -> None:
        """Read what is new by a look or an event; what could not be read stays stale."""
        for kind in KINDS:
            heard, self._heard[kind] = self._heard[kind], {}
            self._stale[kind] |= {one for one, n in heard.items() if self._n(kind, one) < n}
        for kind in KINDS:
            await self._read(kind)

    def _n(self, kind: Kind, noun_id: str) -> int:
        """The last event of one that is in the document as it is known here."""
        return self._known[kind].get(noun_id, 0) - self._silent[kind].get(noun_id, 0)

    async def _read(self, kind: Kind) -> None:
        for chunk in _chunks(self._stale[kind]):
            found = await self._followed[kind].read(chunk)
            for document in found.values():
                await self._take(kind, document)
            for gone in set(chunk) - found.keys():
                self._lose(kind, gone)
            self._stale[kind] -= set(chunk)

    async def _take(self, kind: Kind, document: Document) -> None:
        noun_id, revision = document["_id"], document["revision"]
        before = self._known[kind].get(noun_id)
        if before == revision:
            return
        self._known[kind][noun_id] = revision
        self._silent[kind].pop(noun_id, None)
        if silent := revision - document.get("n", 0):
            self._silent[kind][noun_id] = silent
        if before is None:
            self._ordered = {}
        self._unsettled = True
        for keeper in self._keepers:
            if kind == "organization":
                tell(keeper, keeper.take_organization, document)
            elif kind == "capacity":
                tell(keeper, keeper.take_capacity, document)
            else:
                hand_service(keeper, document)
        await self._turn.give()

    def _lose(self, kind: Kind, noun_id: str) -> None:
        self._known[kind].pop(noun_id, None)
        self._silent[kind].pop(noun_id, None)
        self._ordered = {}
        self._unsettled = True
        for keeper in self._keepers if kind == "service" else ():
            keeper.forget_service(noun_id)

    async def _settle(self) -> None:
        self._unsettled = False
        for keeper in self._keepers:
            try:
                await keeper.settle()
            except Exception as error:  # noqa: BLE001 - the others settle; it is asked again next time
                warn(keeper, "settle", error)


def _chunks(ids: AbstractSet[str]) -> list[list[str]]:
    """The ids in pieces, as they are now."""
    fixed = list(ids)
    return [fixed[begin : begin + BATCH] for begin in range(0, len(fixed), BATCH)]
