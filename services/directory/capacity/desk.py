"""Carries out the changes of services' places: those of one service that come together, in one write.

Load, decide, write; where another replica was faster, decide all of it again. While one write is under way
whatever else is asked of the service waits, and is then decided in its order on one document: so a crowd at
one door costs as many writes as there is time for, and within a replica nobody ever collides. What is refused
takes no part in the write.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from chassis import telemetry
from chassis.clock import Clock
from chassis.outbox import Relay, pending_event
from chassis.problems import ContendedError, PartError
from contracts.events import ARRIVAL_OVERDUE, CAPACITY_CHANGED, ArrivalEvent, CapacityEvent
from services.directory.capacity import capacity, holds
from services.directory.capacity.capacity import Document
from services.directory.capacity.errors import ServiceNotFoundError
from services.directory.capacity.store import CapacityStore, Write

# Each try that loses has lost to a change that won, and in one replica nobody else tries meanwhile.
TRIES = 100
# So many changes go into one write: a document and its events have to stay small.
TOGETHER = 50

Decide = Callable[[Document, datetime], Document]

_changes = telemetry.meter.create_counter("capacity.changes", description="Changes of places, by action")
_lost = telemetry.meter.create_counter("capacity.conflicts", description="Writes that another replica won")


@dataclass(frozen=True)
class Done:
    """What a change has made of the document, or found there; and when."""

    after: Document
    at: datetime


@dataclass(frozen=True)
class Doing:
    """What is done, by whom, and with which idempotency entry; ``tell``: whether it is told in any case."""

    what: str
    by: str
    idempotency: Document | None = None
    tell: bool = False


@dataclass(frozen=True)
class _Asked:
    """A change that waits for its turn, and whoever waits for it."""

    doing: Doing
    decide: Decide
    answer: "asyncio.Future[Done]"


@dataclass
class _Batch:
    """Some changes, decided one after the other on one document."""

    before: Document
    after: Document
    now: datetime
    done: list[tuple[_Asked, Document, bool]]
    refused: list[tuple[_Asked, PartError]]

    @property
    def doings(self) -> list[Doing]:
        """What was done: of those only that changed something."""
        return [asked.doing for asked, _, changes in self.done if changes]

    def answer(self) -> None:
        """Tell everybody what became of it."""
        for asked, after, _ in self.done:
            if not asked.answer.done():
                asked.answer.set_result(Done(after, self.now))
        for asked, refusal in self.refused:
            if not asked.answer.done():
                asked.answer.set_exception(refusal)


class Desk:
    """One per process; each service that something is asked of has a worker for as long."""

    def __init__(self, store: CapacityStore, relay: Relay, clock: Clock) -> None:
        self._store = store
        self._relay = relay
        self._clock = clock
        self._waiting: dict[str, list[_Asked]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    async def change(self, service: str, doing: Doing, decide: Decide) -> Done:
        """Carry out one change of a service's places; ``decide`` returns the same document for none.

        Raises:
            ServiceNotFoundError: there is no such service.
            ContendedError: other replicas were faster again and again.
            PartError: whatever ``decide`` refuses.
        """
        asked = _Asked(doing, decide, asyncio.get_running_loop().create_future())
        if service in self._waiting:
            self._waiting[service].append(asked)
        else:
            self._waiting[service] = [asked]
            worker = asyncio.create_task(self._work(service))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await asked.answer

    async def _work(self, service: str) -> None:
        """Carry out what waits, until nothing does."""
        known: Document | None = None
        while asked := self._waiting[service][:TOGETHER]:
            del self._waiting[service][: len(asked)]
            try:
                known = await self._carry_out(service, asked, known)
            except BaseException as error:  # noqa: BLE001 - whatever it is, they wait for it
                known = None
                for one in asked:
                    if not one.answer.done():
                        one.answer.set_exception(error)
        del self._waiting[service]

    async def _carry_out(self, service: str, asked: list[_Asked], known: Document | None) -> Document:
        """Carry out some changes; return the document as it is then. ``known`` is what was written last."""
        for _ in range(TRIES):
            batch = _decided(known or await self._load(service), asked, self._clock.now())
            if batch.after is batch.before or await self._save(batch):
                batch.answer()
                return batch.after
            known = None
            _lost.add(1)
        raise ContendedError("The places changed again and again; nothing was done. Try again.")

    async def _load(self, service: str) -> Document:
        """The document; of a service that has none yet, what its import said."""
        stored = await self._store.load(service)
        if stored is not None:
            return stored
        seed = await self._store.seed(service)
        if seed is None:
            raise ServiceNotFoundError
        return capacity.seeded(seed)

    async def _save(self, batch: _Batch) -> bool:
        before = batch.before
        after = {**batch.after, "wake_at": holds.wake_at(batch.after)}
        pending = _events(before, after, any(one.tell for one in batch.doings), batch.now)
        if pending:
            after["n"] = pending[-1]["n"]
        notes = [{"at": batch.now, "what": one.what, "by": one.by} for one in batch.doings]
        keys = [one.idempotency for one in batch.doings if one.idempotency]
        if not await self._store.save(Write(before, after, batch.now, notes, pending, keys)):
            return False
        for one in batch.doings:
            _changes.add(1, {"action": one.what})
        if pending:
            self._relay.kick(before["_id"], pending)
        batch.after = {**after, "revision": before["revision"] + 1}
        return True


def _decided(before: Document, asked: list[_Asked], now: datetime) -> _Batch:
    batch = _Batch(before, before, now, [], [])
    for one in asked:
        try:
            after = one.decide(batch.after, now)
        except PartError as refusal:
            batch.refused.append((one, refusal))
        else:
            changes = after is not batch.after
            if changes and one.doing.idempotency:
                after = {**after, "idempotency": [*(after.get("idempotency") or ()), one.doing.idempotency]}
            batch.done.append((one, after, changes))
            batch.after = after
    return batch


def _events(before: Document, after: Document, tell: bool, now: datetime) -> list[Document]:
    """The events of a change: that the public numbers are others, and whom to ask about an arrival."""
    events: list[Document] = []
    n = before["n"]
    for referral, hold in after["holds"].items():
        if before["holds"].get(referral, hold).get("asked", 0) < hold.get("asked", 0):
            n += 1
            overdue = _overdue(after, referral, hold, n, now)
            events.append(pending_event(ARRIVAL_OVERDUE.type, overdue.id, n, now, overdue))
    shown = capacity.view(after, now)
    # What lapsed or grew stale shows no difference at this moment: it did so by itself, just before.
    if shown != capacity.view(before, now) or (tell and _by_itself(before, after)):
        event = CapacityEvent(
            id=capacity.noun_id(after["_id"]),
            n=n + 1,
            at=now,
            service=after["_id"],
            organization=after["organization"],
            units=shown,
        )
        events.append(pending_event(CAPACITY_CHANGED.type, event.id, event.n, now, event))
    return events


def _by_itself(before: Document, after: Document) -> bool:
    return before["provisional"] is not after["provisional"] or before["units"] is not after["units"]


def _overdue(document: Document, referral: str, hold: Document, n: int, now: datetime) -> ArrivalEvent:
    told = {
        **hold["about"],
        "id": capacity.noun_id(document["_id"]),
        "service": document["_id"],
        "n": n,
        "at": now,
        "referral": referral,
        "asked": hold["asked"],
        "receiver": document["organization"],
    }
    return msgspec.convert(told, ArrivalEvent)
