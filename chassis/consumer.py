"""Consumers of events: each noun's events applied in order, whatever is redelivered or missing.

A message is only a trigger. For each noun id the consumer keeps ``n``, the last event it applied, by a
conditional write; it applies ``n+1`` only, fetches holes from the stream by subject, and ignores what is
older. A transient failure is tried again after a growing delay. A failing event parks its noun in the
dead-letter stream: every other noun goes on, and what comes for the parked one waits (``parking.py``).

A handler that has ended is not run again; one that was interrupted is. And while it is at work another
replica may have gone on to a later event of that noun: what it writes is conditional on ``n``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from opentelemetry.trace import SpanKind
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, WriteError

from chassis import telemetry
from chassis.bus import Bus
from chassis.joined import JoinedWrites
from chassis.keyed import KeyedLocks
from chassis.parking import PARKED, Delivery, Parking, delivery_of
from chassis.problems import ContendedError, UnreachableError
from chassis.pull import Puller
from chassis.rounds import Rounds

__all__ = ["Consumer", "Delivery", "Handler", "MissingEventError"]

log = structlog.get_logger()

Database = AsyncIOMotorDatabase[dict[str, Any]]
# What says nothing of the event: the bus, the database or a part is away or slow, or others were faster.
_TRANSIENT = (
    NatsError,
    ConnectionFailure,
    OperationFailure,
    UnreachableError,
    ContendedError,
    TimeoutError,
    OSError,
)
CONCURRENCY = 32
# So many nouns' last events are remembered, some 200 bytes each: then all are forgotten.
REMEMBERED = 20_000
MEASURE_SECONDS = 15.0
# Seconds before the first, second, … redelivery; the last goes on for as long as it takes.
BACKOFF = (0.2, 1.0, 5.0, 15.0, 30.0)

_applied = telemetry.meter.create_counter("consumer.applied", description="Events applied")
Handler = Callable[[Delivery], Awaitable[None]]


class MissingEventError(Exception):
    """The stream no longer has an event that comes before the next one: a person must decide."""


class Consumer:
    """Applies a stream's events to handlers, by CloudEvents type; a type without a handler is skipped.

    Its collection is its own: ``{_id: noun id, n, subject}``, and more while it is parked.
    """

    def __init__(
        self,
        bus: Bus,
        db: Database,
        *,
        durable: str,
        filter_subjects: Sequence[str],
        handlers: Mapping[str, Handler],
        stream: str = "EVT",
    ) -> None:
        self._bus = bus
        self.durable = durable
        self._stream = stream
        self._handlers = handlers
        self._store = db[f"applied_{durable}"]
        self._notes = JoinedWrites(self._store)
        self.parking = Parking(bus, self._store, durable)
        self._measuring = Rounds(f"parked {durable}", MEASURE_SECONDS, self.parking.measure)
        self._locks = KeyedLocks()
        # The last event of a noun that was applied here.
        self._known: dict[str, int] = {}
        self._began_after = 0
        self._puller = Puller(
            bus,
            stream=stream,
            durable=durable,
            filter_subjects=filter_subjects,
            receive=self._receive,
            concurrency=CONCURRENCY,
        )

    async def start(self) -> None:
        """Create or reconcile the durable and its index, and begin."""
        await self._store.create_indexes([PARKED])
        self._began_after = int((await self._bus.js.stream_info(self._stream)).state.last_seq)
        await self._puller.start()
        await self._measuring.start()

    async def runs(self) -> bool:
        """Whether it is pulling: for the part's health."""
        return self._puller.runs

    async def stop(self) -> None:
        """Finish what is in hand, and stop."""
        await self._measuring.stop()
        await self._puller.stop()

    async def parked(self) -> list[str]:
        """The ids of the parked nouns."""
        return [row["_id"] for row in await self.parking.rows(1000)]

    async def resume(self, noun_id: str) -> None:
        """Let a parked noun go on from where it stopped, with all that has come for it since.

        Where it fails again it stays parked.
        """
        async with self._locks.hold(noun_id):
            # It stays parked until all is applied: a crash in between leaves it for the next attempt. What
            # another replica put aside at the very end is looked for once more.
            row = await self._store.find_one({"_id": noun_id})
            if row is None or not await self._apply_waiting(row):
                return
            await self.parking.forget(noun_id)
            row = await self._store.find_one({"_id": noun_id}) or row
            await self._catch_up(row["subject"], noun_id, row["n"])

    async def drop(self, noun_id: str, n: int) -> bool:
        """Never apply the event that a noun is parked at, and go on; False where it is not parked at that.

        Where events before it are missing, it is those that are given up.
        """
        async with self._locks.hold(noun_id):
            row = await self.parking.row(noun_id)
            if row is None or row.get("parked", {}).get("n") != n:
                return False
            is_whole = row["parked"]["reason"] != MissingEventError.__name__
            if not await self.parking.skip(row, n if is_whole else n - 1):
                return False
        await self.resume(noun_id)
        return True

    async def applied(self, noun_id: str) -> int:
        """Return which event of a noun was the last that was applied; 0: none."""
        row = await self._store.find_one({"_id": noun_id})
        return row["n"] if row else 0

    async def waiting(self, noun_id: str, most: int) -> list[Delivery]:
        """Return the first events of a noun that were not applied: as letters, or still in the stream."""
        row = await self._store.find_one({"_id": noun_id})
        if row is None:
            return []
        found = {letter.n: letter for letter in await self.parking.letters(noun_id, row["n"])}
        seq = 1
        while len(found) < most and (there := await self._next(row["subject"], seq)):
            event, _ = there
            seq = event.seq + 1
            if event.n > row["n"]:
                found[event.n] = event
        return [found[n] for n in sorted(found)][:most]

    async def _apply_waiting(self, row: dict[str, Any]) -> bool:
        """Apply all that waits for a parked noun; of its letters the stream may have forgotten some."""
        applied = row["n"]
        for letter in await self.parking.letters(row["_id"], applied):
            if letter.n != applied + 1:
                break
            if not await self._apply(letter, row["subject"]):
                return False
            applied = letter.n
        return await self._catch_up(row["subject"], row["_id"], applied)

    async def _receive(self, message: Msg) -> None:
        """Take one message from the stream: apply what it stands for, then acknowledge it."""
        noun_id = (message.headers or {}).get("ce-subject", "")
        if not _is_event(message):
            # Nobody's noun could be parked for it, and to deliver it again would only keep others waiting.
            log.error("consumer.no_event", durable=self.durable, seq=message.metadata.sequence.stream)
            await message.term()
            return
        try:
            async with self._locks.hold(noun_id):
                await self._apply_through(message, noun_id)
            await message.ack()
        except Exception as error:
            if not _passes(error):
                raise
            delivered = message.metadata.num_delivered or 1
            log.warning("consumer.retry", durable=self.durable, kind=type(error).__name__)
            await message.nak(delay=BACKOFF[min(delivered, len(BACKOFF)) - 1])

    async def _apply_through(self, message: Msg, noun_id: str) -> None:
        delivery = delivery_of(message.headers or {}, message.data, message.metadata.sequence.stream)
        is_new = delivery.seq > self._began_after and message.metadata.num_delivered == 1
        if is_new and delivery.n == self._known.pop(noun_id, 0) + 1:
            # The very first that anybody hears of a noun, or the next after what was applied here: there is
            # nothing to look up. Were it otherwise, the handler would meet its own earlier work, as after any
            # crash between the two writes. What was there before may be read once more, by a durable that was
            # made anew after a restore.
            await self._apply(delivery, message.subject)
            return
        row = await self._store.find_one({"_id": noun_id})
        if row is not None and row.get("parked_at"):
            await self.parking.put_aside(delivery)
            return  # it waits until somebody resumes it
        applied = row["n"] if row else 0
        if delivery.n <= applied:
            return
        if delivery.n == applied + 1:
            await self._apply(delivery, message.subject)
        else:
            await self._catch_up(message.subject, noun_id, applied)

    async def _catch_up(self, subject: str, noun_id: str, applied: int) -> bool:
        """Apply, in order, all that the stream has of a noun after ``applied``; False if it was parked."""
        seq = 1
        while there := await self._next(subject, seq):
            delivery, its_subject = there
            seq = delivery.seq + 1
            if delivery.n <= applied:
                continue
            if applied and delivery.n != applied + 1:
                await self.parking.park(delivery, its_subject, MissingEventError())
                return False
            if not await self._apply(delivery, its_subject):
                return False
            applied = delivery.n
        return True

    async def _next(self, subject: str, seq: int) -> tuple[Delivery, str] | None:
        """The stream's next event of a noun from that sequence on, and its subject; that of any will do."""
        of_noun = ".".join(subject.split(".")[:4]) + ".>"
        while True:
            try:
                raw = await self._bus.js.get_msg(self._stream, seq=seq, subject=of_noun, next=True)
            except NotFoundError:
                return None
            if _is_event(raw):
                return delivery_of(raw.headers or {}, raw.data or b"", raw.seq or 0), raw.subject or ""
            seq = (raw.seq or 0) + 1

    async def _apply(self, delivery: Delivery, subject: str) -> bool:
        """Run the handler and remember that it was; False where the noun was parked instead."""
        handler = self._handlers.get(delivery.type)
        context = telemetry.extract(delivery.headers)
        with telemetry.span(f"{delivery.type} process", SpanKind.CONSUMER, context):
            if handler is not None:
                try:
                    await handler(delivery)
                except Exception as error:
                    if _passes(error):
                        raise
                    # Whatever it is, only this noun stops.
                    await self.parking.park(delivery, subject, error)
                    return False
            await self._remember(delivery, subject)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[delivery.noun_id] = delivery.n
        _applied.add(1, {"durable": self.durable})
        return True

    async def _remember(self, delivery: Delivery, subject: str) -> None:
        """Note that this event was applied, unless another replica has come further."""
        noted = {"n": delivery.n, "subject": subject}
        if delivery.n == 1:
            try:
                await self._notes.write(InsertOne({"_id": delivery.noun_id, **noted}))
            except DuplicateKeyError:
                pass  # it was parked at this very event, or another replica was quicker
            else:
                return
        earlier = {"_id": delivery.noun_id, "n": {"$lt": delivery.n}}
        try:
            await self._notes.write(UpdateOne(earlier, {"$set": noted}, upsert=True))
        except DuplicateKeyError:
            return  # another replica has come further


def _passes(error: Exception) -> bool:
    """Whether it may be gone when the same is tried again.

    What the database refuses of a write (its key is there already) it refuses again; what it says of a whole
    command (a time-out, no majority, a primary that steps down) passes.
    """
    if isinstance(error, BulkWriteError):
        return not error.details["writeErrors"]
    return isinstance(error, _TRANSIENT) and not isinstance(error, WriteError)


def _is_event(message: Msg | RawStreamMsg) -> bool:
    """Whether it says what it is: its type, its count, and the very noun under whose subject it stands."""
    headers = message.headers or {}
    noun_id = (message.subject or "").split(".")[3:4]
    return bool(headers.get("ce-type") and headers.get("n", "").isdecimal()) and noun_id == [
        headers.get("ce-subject")
    ]
