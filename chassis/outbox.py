"""The outbox: events and commands that were committed inside a document, carried out from there.

A change is one write of one document, and what it causes is pending in that same document. The relay
publishes it in order through ``chassis.ordered``, so that two relays, a crash or a restart at any point
are all the same.

* a document counts its events in ``n``, and what is pending carries the ``n`` it was committed with.
* what is acknowledged leaves the document by a write on ``n``, which leaves ``revision`` alone, so that it
  never disturbs a concurrent change. ``pending_since`` goes with the last of it. That write is in no hurry,
  and whoever made the change soon asks for the next: so it comes a moment later, of many documents at once.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from motor.motor_asyncio import AsyncIOMotorCollection
from msgspec.json import Encoder
from nats.js.api import Header
from opentelemetry.trace import SpanKind
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from chassis import telemetry
from chassis.bus import Bus
from chassis.keyed import KeyedLocks
from chassis.moments import Moments
from chassis.mongo import collided
from chassis.ordered import OrderedPublisher
from chassis.tasks import end

log = structlog.get_logger()

# A pending entry this old was left over by a crash or a lost connection; a relay in hand is far quicker.
LEFT_OVER = timedelta(seconds=2)
SWEEP_SECONDS = 1.0
# How long what is out may stay in its document; well below ``LEFT_OVER``.
FORGET_SECONDS = 0.25
SWEEP_BATCH = 200
# What leaves in one write, and how many such writes are made at once. Behind sixteen who write, one write of
# all would wait its turn for each of its documents, and fall ever further behind (the embedded database).
FORGET_BATCH, FORGET_ABREAST = 8, 4
_NOTHING_LEFT = {"$set": {"pending": []}, "$unset": {"pending_since": ""}}

_encode = Encoder().encode
_lag = telemetry.meter.create_histogram("outbox.lag", unit="s", description="From commit to stream")

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]


def subject_of(part: str, noun: str, noun_id: str, name: str) -> tuple[str, str]:
    """Return an event's subject, and the filter that holds all events of its noun.

    Both come from here, since a filter that does not match the subject is silently accepted.
    """
    stem = f"evt.{part}.{noun}.{noun_id}"
    return f"{stem}.{name}", f"{stem}.>"


def pending_event(event_type: str, noun_id: str, n: int, at: datetime, data: Any) -> Document:
    """An event to be published, for ``$push`` to ``pending``.

    ``event_type`` is the CloudEvents type ``<part>.<noun>.<name>.v<version>``; ``n`` counts the noun's
    events from 1; ``data`` is a struct of ``contracts.events``. Set ``pending_since`` in the same write.
    """
    return {
        "kind": "event",
        "n": n,
        "type": event_type,
        "id": noun_id,
        "at": at,
        "data": _encode(data),
        "trace": telemetry.traceparent(),
    }


def pending_create(child_id: str, document: Mapping[str, Any], n: int) -> Document:
    """A command to create another document of the same collection, fixed to the letter, for ``$push``.

    ``n`` is that of the event it is committed with. The child carries its own pending events. Creating
    it twice is the same as once.
    """
    return {"kind": "create", "n": n, "child": child_id, "document": {**document, "_id": child_id}}


def pending_insert(collection: str, document_id: str, document: Mapping[str, Any], n: int) -> Document:
    """A command to add a document to another collection of the same database, for ``$push``.

    For what must not be missing beside a change, its history say. ``n`` is that of the event it is committed
    with; a document that has the id already is left as it is.
    """
    return {"kind": "insert", "n": n, "collection": collection, "document": {**document, "_id": document_id}}


class Relay:
    """Carries out what is pending in one collection's documents, and sweeps up what was left over."""

    def __init__(self, bus: Bus, collection: Collection, stream: str = "EVT") -> None:
        self._bus = bus
        self._collection = collection
        self._left_over = Moments(collection, "pending_since", {"pending": 1, "pending_since": 1})
        self._publisher = OrderedPublisher(bus, stream)
        self._locks = KeyedLocks()
        self._tasks: set[asyncio.Task[bool]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        # What is out, and not yet out of its document: the last ``n`` of each.
        self._out: dict[str, int] = {}
        self._forgetter: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(32)
        self._forgetting = asyncio.Semaphore(FORGET_ABREAST)
        self._woken = asyncio.Event()

    def kick(self, noun_id: str, pending: Sequence[Document] = ()) -> None:
        """Carry out a document's pending entries soon, in the background.

        ``pending`` may pass on what was just committed, to save reading it again; it is used only where
        it is certain that nothing earlier waits, and is never needed.
        """
        task = asyncio.create_task(self._try(noun_id, pending))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def start(self) -> None:
        """Begin to sweep."""
        self._sweeper = asyncio.create_task(self._sweep_forever())

    async def stop(self) -> None:
        """Stop sweeping and finish what is in hand; the rest stays in the documents."""
        await end(self._sweeper)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)
        await end(self._forgetter)
        await self._forget_out()

    async def publish(self, noun_id: str, pending: Sequence[Document] = ()) -> None:
        """Carry out a document's pending entries and return when they are out.

        Raises:
            Exception: the bus or the database failed; what was not done stays pending.
        """
        async with self._locks.hold(noun_id), self._slots:
            entries = _in_order(pending if self._is_next(pending) else await self._load(noun_id))
            for entry in entries:
                await self._carry_out(entry)
        if entries:
            self._out[noun_id] = max(entry["n"] for entry in entries)
            if self._forgetter is None or self._forgetter.done():
                self._forgetter = asyncio.create_task(self._forget_soon())

    async def left_over(self, older_than: timedelta = LEFT_OVER) -> int:
        """How many documents have entries that have waited longer than that."""
        return await self._collection.count_documents(
            {"pending_since": {"$lt": datetime.now(UTC) - older_than}}
        )

    async def sweep(self, older_than: timedelta = LEFT_OVER) -> int:
        """Carry out what was left over, all of it; return in how many documents that succeeded.

        What cannot be carried out hides nothing behind it; only where the bus is away there is no going on.
        """
        until, after, done = datetime.now(UTC) - older_than, None, 0
        while True:
            page = await self._left_over.page(until, after, SWEEP_BATCH)
            out = await self._sweep_page({row["_id"]: _in_order(row["pending"]) for row in page.found})
            done, after = done + out, page.next
            if after is None or not (out or self._bus.connected):
                return done

    async def _sweep_page(self, waiting: Mapping[str, Sequence[Document]]) -> int:
        if not waiting:
            return 0
        try:
            return await self._publish_all(waiting)
        except PyMongoError as error:
            # It may be one entry that the database refuses: each document by itself, then.
            log.warning("outbox.sweep", kind=type(error).__name__)
        return sum(await asyncio.gather(*(self._try(noun_id, ()) for noun_id in waiting)))

    async def _publish_all(self, waiting: Mapping[str, Sequence[Document]]) -> int:
        """Carry out the pending entries of many documents with few requests to the database.

        What others have done of it meanwhile is done once more, which changes nothing.
        """
        async with contextlib.AsyncExitStack() as held:
            # Nobody else holds more than one: so this waits for others, and no two for each other.
            for noun_id in waiting:
                await held.enter_async_context(self._locks.hold(noun_id))
            await self._insert_all([entry for entries in waiting.values() for entry in entries])
            are_out = await asyncio.gather(*(self._send(entries) for entries in waiting.values()))
        out = [noun_id for noun_id, is_out in zip(waiting, are_out, strict=True) if is_out]
        await self._forget_all(
            {one: max(entry["n"] for entry in waiting[one]) for one in out if waiting[one]}
        )
        await self._end_waiting([noun_id for noun_id, entries in waiting.items() if not entries])
        return len(out)

    async def _insert_all(self, entries: Sequence[Document]) -> None:
        found: dict[str, list[Document]] = {}
        for entry in entries:
            if entry["kind"] == "insert":
                found.setdefault(entry["collection"], []).append(entry["document"])
        for name, documents in found.items():
            try:
                await self._collection.database[name].insert_many(documents, ordered=False)
            except BulkWriteError as error:
                collided(error)  # those were added before, by this relay or another

    async def _send(self, entries: Sequence[Document]) -> bool:
        """Carry out what is not an insert; False where it has to wait."""
        try:
            async with self._slots:
                for entry in entries:
                    if entry["kind"] != "insert":
                        await self._carry_out(entry)
        except Exception as error:  # noqa: BLE001 - it stays pending, and the next sweep tries again
            log.warning("outbox.waits", collection=self._collection.name, kind=type(error).__name__)
            return False
        return True

    async def _forget_soon(self) -> None:
        while self._out:
            await asyncio.sleep(FORGET_SECONDS)
            await self._forget_out()

    async def _forget_out(self) -> None:
        last, self._out = self._out, {}
        try:
            await self._forget_all(last)
        except PyMongoError as error:
            # A sweep finds it all, and that it is out.
            log.warning("outbox.forget", collection=self._collection.name, kind=type(error).__name__)

    async def _forget_all(self, last: Mapping[str, int]) -> None:
        """Take what is out, up to the last ``n`` of each, out of the documents.

        ``pending_since`` goes where nothing is left.
        """
        waiting = list(last.items())
        parts = [waiting[start : start + FORGET_BATCH] for start in range(0, len(waiting), FORGET_BATCH)]
        outcomes = await asyncio.gather(*map(self._forget_some, parts), return_exceptions=True)
        for failed in outcomes:
            if failed is not None:
                raise failed

    async def _forget_some(self, last: Sequence[tuple[str, int]]) -> None:
        emptied = [UpdateOne({"_id": noun_id, "n": n}, _NOTHING_LEFT) for noun_id, n in last]
        more = [UpdateOne({"_id": noun_id}, _without(n)) for noun_id, n in last]
        async with self._forgetting:
            written = await self._collection.bulk_write(emptied, ordered=False)
            if written.matched_count < len(last):
                await self._collection.bulk_write(more, ordered=False)

    async def _end_waiting(self, ids: Sequence[str]) -> None:
        """Of documents of which nothing waits any more: after a restore ``n`` may be beyond what waited."""
        if ids:
            nothing = {"_id": {"$in": list(ids)}, "pending": []}
            await self._collection.update_many(nothing, {"$unset": {"pending_since": ""}})

    def wake(self) -> None:
        """Have what waits carried out soon, however short it has waited: after many changes at once."""
        self._woken.set()

    async def _sweep_forever(self) -> None:
        self.wake()  # the first time, all that a crash left
        while True:
            older_than = timedelta(0) if self._woken.is_set() else LEFT_OVER
            self._woken.clear()
            try:
                await self.sweep(older_than)
            except Exception as error:  # noqa: BLE001 - the database or the bus: they come back
                log.warning("outbox.sweep", kind=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), SWEEP_SECONDS)

    async def _try(self, noun_id: str, pending: Sequence[Document]) -> bool:
        try:
            await self.publish(noun_id, pending)
        except Exception as error:  # noqa: BLE001 - it stays pending, and the sweep tries again
            log.warning("outbox.waits", collection=self._collection.name, kind=type(error).__name__)
            return False
        return True

    def _is_next(self, pending: Sequence[Document]) -> bool:
        """Whether entries at hand follow directly on what is known to be in the stream."""
        first = next((entry for entry in pending if entry["kind"] == "event"), None)
        return first is not None and self._publisher.follows(_subjects(first)[1], first["n"])

    async def _load(self, noun_id: str) -> list[Document]:
        document = await self._collection.find_one({"_id": noun_id}, {"pending": 1})
        return list((document or {}).get("pending") or ())

    async def _carry_out(self, entry: Document) -> None:
        if entry["kind"] == "create":
            await self._create(entry)
        elif entry["kind"] == "insert":
            await self._insert(entry)
        else:
            await self._publish_event(entry)

    async def _create(self, entry: Document) -> None:
        try:
            await self._collection.insert_one(entry["document"])
        except DuplicateKeyError:
            return  # created before, by this relay or another
        self.kick(entry["child"])

    async def _insert(self, entry: Document) -> None:
        # One that is there was added before, by this relay or another.
        with contextlib.suppress(DuplicateKeyError):
            await self._collection.database[entry["collection"]].insert_one(entry["document"])

    async def _publish_event(self, entry: Document) -> None:
        subject, filter_subject = _subjects(entry)
        context = telemetry.extract({"traceparent": entry["trace"]} if entry.get("trace") else None)
        with telemetry.span(f"{entry['type']} publish", SpanKind.PRODUCER, context):
            headers = _cloud_event(entry)
            telemetry.inject(headers)
            await self._publisher.publish(subject, filter_subject, entry["n"], bytes(entry["data"]), headers)
        _lag.record((datetime.now(UTC) - entry["at"]).total_seconds(), {"type": entry["type"]})


def _in_order(entries: Sequence[Document]) -> list[Document]:
    """Commands before the event that they were committed with: that it is out proves that they are done."""
    return sorted(entries, key=lambda entry: (entry["n"], entry["kind"] == "event"))


def _without(n: int) -> Document:
    return {"$pull": {"pending": {"n": {"$lte": n}}}}


def _subjects(entry: Document) -> tuple[str, str]:
    part, noun, name = entry["type"].split(".", 2)
    return subject_of(part, noun, entry["id"], name)


def _cloud_event(entry: Document) -> dict[str, str]:
    """CloudEvents 1.0 in binary mode: the attributes are headers."""
    return {
        "ce-specversion": "1.0",
        "ce-id": f"{entry['id']}:{entry['n']}",
        "ce-source": f"/services/{entry['type'].split('.', 1)[0]}",
        "ce-type": entry["type"],
        "ce-subject": entry["id"],
        "ce-time": entry["at"].isoformat(),
        "content-type": "application/json",
        Header.MSG_ID: f"{entry['id']}:{entry['n']}",
    }
