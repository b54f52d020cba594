"""Flags who reads of unusually many persons: learned from the chains themselves, and told to coordinators.

Every replica looks, through what has been entered since the place up to which a chain was learned from; that
place moves by a conditional write. Before it moves the flags are there, under ids that follow from whose
reading, on which day: so each is made once, whatever died in between.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from chassis.outbox import Relay, pending_event
from chassis.rounds import Rounds, each
from contracts.audit import NETWORK, ListUnusual, UnusualReading, UnusualReadings
from contracts.events import READING_FLAGGED, ReadingEvent
from contracts.rpc import Actor
from services.referrals.audit.habits import Habit, Rule, Unusual, learned
from services.referrals.audit.store import AuditStore
from services.referrals.coordinating import check_coordinator
from services.referrals.directory import Directory
from services.referrals.document import Document
from services.referrals.issuing import place_of
from services.referrals.newest import page_of

LOOK_SECONDS = 30.0
AT_ONCE = 500
# What was read earlier, when nobody looked, is learned from, and told to nobody any more.
TOLD_WITHIN = timedelta(days=1)


def _document(flag: str, chain: str, unusual: Unusual, now: datetime) -> Document:
    """A flag as it is stored."""
    return {
        "_id": flag,
        "place": place_of(now, flag),
        "at": now,
        "chain": chain,
        "reader": msgspec.to_builtins(unusual.reader),
        "since": unusual.hour,
        "persons": unusual.persons,
        "most": unusual.most,
        "usual": unusual.usual,
    }


def _view(row: Document) -> UnusualReading:
    said = {**row, "id": row["_id"], "organization": row["chain"]}
    return msgspec.convert(said, UnusualReading)


class Unusuals:
    """Looks after the habits of all readers."""

    def __init__(
        self,
        store: AuditStore,
        relay: Relay,
        *,
        directory: Directory,
        flag_id: Callable[[str, str], str],
        now: Callable[[], datetime],
        rule: Rule,
    ) -> None:
        self._store = store
        self._relay = relay
        self._directory = directory
        self._flag_id = flag_id
        self._now = now
        self._rule = rule

    def rounds(self) -> Rounds:
        """Return the rounds that look."""
        return Rounds("audit_unusual", LOOK_SECONDS, self.look)

    async def look(self) -> None:
        """Learn from what was entered since."""
        learned_up_to = await self._store.learned_up_to()
        grown = [
            row["_id"]
            for row in await self._store.chains()
            if row["_id"] != NETWORK and row["number"] > learned_up_to.get(row["_id"], 0)
        ]
        await each("audit_unusual", grown, self._learn)

    async def _learn(self, chain: str) -> bool:
        number, rows = await self._store.habits(chain)
        habits = [Habit.from_document(row) for row in rows]
        while entries := await self._store.range(chain, number, AT_ONCE):
            habits, found = learned(habits, chain, (entry for _, entry in entries), self._rule)
            for unusual in found:
                await self._flag(chain, unusual)
            last = entries[-1][0]
            if not await self._store.learn(chain, number, last, [one.to_document() for one in habits]):
                return False  # another replica was faster
            number = last
        return True

    async def _flag(self, chain: str, unusual: Unusual) -> None:
        now = self._now()
        if now - unusual.hour > TOLD_WITHIN:
            return
        who = unusual.reader
        name = who.on_behalf_of or f"{who.kind}:{who.id}"
        flag = self._flag_id(chain, f"unusual reading {unusual.hour.date()} {name}")
        event = pending_event(
            READING_FLAGGED.type,
            flag,
            1,
            now,
            ReadingEvent(
                id=flag,
                n=1,
                at=now,
                organization=chain,
                coordinators=await self._directory.coordinators(),
            ),
        )
        document = _document(flag, chain, unusual, now)
        if await self._store.flag({**document, "n": 1, "pending_since": now, "pending": [event]}):
            self._relay.kick(flag, [event])


async def list_(store: AuditStore, request: ListUnusual, actor: Actor) -> UnusualReadings:
    """Return a page of what was flagged, newest first.

    Raises:
        ForbiddenError: the caller is no coordinator.
        InvalidError: the page is not one.
    """
    check_coordinator(actor)
    page = await page_of(store.readings, request.page, {})
    return UnusualReadings(
        items=tuple(map(_view, page.rows)),
        positions=page.positions,
        has_next=page.has_next,
        has_previous=page.has_previous,
    )
