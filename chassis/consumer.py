"""Consumers of events: each noun's events applied in order, whatever is redelivered or missing.

A message is only a trigger. For each noun id the consumer keeps ``n``, the last event it applied, by a
conditional write; it applies ``n+1`` only, fetches holes from the stream by subject, and ignores what is
older. A transient failure is tried again after a growing delay. A failing event parks its noun in the
dead-letter stream: every other noun goes on, and what comes for the parked one waits in ``EVT``.

A handler that has ended is not run again; one that was interrupted is. And while it is at work another
replica may have gone on to a later event of that noun: what it writes is conditional on ``n``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from motor.motor_asyncio import AsyncIOMotorDatabase
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from opentelemetry.trace import SpanKind
from pymongo import ASCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, WriteError

from chassis import telemetry
from chassis.bus import Bus
from chassis.joined import JoinedWrites
from chassis.keyed import KeyedLocks
from chassis.problems import ContendedError, UnreachableError
from chassis.pull import Puller

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
PARKED = IndexModel([("parked_at", ASCENDING)], name="parked_at", sparse=True)
# Seconds before the first, second, … redelivery; the last goes on for as long as it takes.
BACKOFF = (0.2, 1.0, 5.0, 15.0, 30.0)

_applied = telemetry.meter.create_counter("consumer.applied", description="Events applied")
_parked = telemetry.meter.create_counter("consumer.parked", description="Nouns parked")


@dataclass(frozen=True)
class Delivery:
    """One event as a handler gets it: CloudEvents type, noun id, ``n``, stream sequence, JSON body."""

    type: str
    noun_id: str
    n: int
    seq: int
    data: bytes
    headers: Mapping[str, str]


Handler = Callable[[Delivery], Awaitable[None]]


class MissingEventError(Exception):
    """The stream no longer has an event that comes before the next one: a person must decide."""


class Consumer:
    """Applies a stream's events to handlers, by CloudEvents type; a type without a handler is skipped.

    Its collection is its own: ``{_id: noun id, n, subject, parked_at}``, the last only while it is parked.
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
        self._durable = durable
        self._stream = stream
        self._handlers = handlers
        self._store = db[f"applied_{durable}"]
        self._notes = JoinedWrites(self._store)
        self._locks = KeyedLocks()
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

    async def runs(self) -> bool:
        """Whether it is pulling: for the part's health."""
        return self._puller.runs

    async def stop(self) -> None:
        """Finish what is in hand, and stop."""
        await self._puller.stop()

    async def parked(self) -> list[str]:
        """The ids of the parked nouns."""
        ever = {"parked_at": {"$gt": datetime.min.replace(tzinfo=UTC)}}
        return [row["_id"] async for row in self._store.find(ever, {"_id": 1}, limit=1000)]

    async def resume(self, noun_id: str) -> None:
        """Let a parked noun go on from where it stopped, with all that has come for it since.

        Where it fails again it stays parked.
        """
        async with self._locks.hold(noun_id):
            # It stays parked until all is applied: a crash in between leaves it for the next attempt. What
            # another replica put aside at the very end is looked for once more.
            row = await self._store.find_one({"_id": noun_id})
            if row is None or not await self._catch_up(row["subject"], noun_id, row["n"]):
                return
            await self._store.update_one({"_id": noun_id}, {"$unset": {"parked_at": ""}})
            row = await self._store.find_one({"_id": noun_id}) or row
            await self._catch_up(row["subject"], noun_id, row["n"])

    async def _receive(self, message: Msg) -> None:
        """Take one message from the stream: apply what it stands for, then acknowledge it."""
        noun_id = (message.headers or {}).get("ce-subject", "")
        if not _is_event(message):
            # Nobody's noun could be parked for it, and to deliver it again would only keep others waiting.
            log.error("consumer.no_event", durable=self._durable, seq=message.metadata.sequence.stream)
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
            log.warning("consumer.retry", durable=self._durable, kind=type(error).__name__)
            await message.nak(delay=BACKOFF[min(delivered, len(BACKOFF)) - 1])

    async def _apply_through(self, message: Msg, noun_id: str) -> None:
        delivery = _delivery(message.headers or {}, message.data, message.metadata.sequence.stream)
        is_new = delivery.seq > self._began_after and message.metadata.num_delivered == 1
        if delivery.n == 1 and is_new:
            # The very first that anybody hears of a noun: there is nothing to look up. Were it otherwise, the
            # handler would meet its own earlier work, as after any crash between the two writes. What was
            # there before may be read once more, by a durable that was made anew after a restore.
            await self._apply(delivery, message.subject)
            return
        row = await self._store.find_one({"_id": noun_id})
        if row is not None and row.get("parked_at"):
            return  # it waits in the stream until somebody resumes it
        applied = row["n"] if row else 0
        if delivery.n <= applied:
            return
        if delivery.n == applied + 1:
            await self._apply(delivery, message.subject)
        else:
            await self._catch_up(message.subject, noun_id, applied)

    async def _catch_up(self, subject: str, noun_id: str, applied: int) -> bool:
        """Apply, in order, all that the stream has of a noun after ``applied``; False if it was parked."""
        filter_subject = ".".join(subject.split(".")[:4]) + ".>"
        seq = 1
        while True:
            try:
                raw = await self._bus.js.get_msg(self._stream, seq=seq, subject=filter_subject, next=True)
            except NotFoundError:
                return True
            seq = (raw.seq or 0) + 1
            delivery = _delivery(raw.headers or {}, raw.data or b"", raw.seq or 0)
            if delivery.n <= applied:
                continue
            if applied and delivery.n != applied + 1:
                await self._park(delivery, raw.subject or subject, MissingEventError())
                return False
            if not await self._apply(delivery, raw.subject or subject):
                return False
            applied = delivery.n

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
                    await self._park(delivery, subject, error)
                    return False
            await self._remember(delivery, subject)
        _applied.add(1, {"durable": self._durable})
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

    async def _park(self, delivery: Delivery, subject: str, error: Exception) -> None:
        """Stop this noun, and put the event with its reason where an operator finds it."""
        reason = type(error).__name__
        await self._bus.js.publish(
            f"dlq.{self._durable}.{delivery.noun_id}",
            delivery.data,
            headers={
                **{key: value for key, value in delivery.headers.items() if key.startswith("ce-")},
                "n": str(delivery.n),
                "dlq-reason": reason,
                "dlq-seq": str(delivery.seq),
                "Nats-Msg-Id": f"{self._durable}:{delivery.noun_id}:{delivery.n}",
            },
        )
        await self._store.update_one(
            {"_id": delivery.noun_id},
            {
                "$set": {"parked_at": datetime.now(UTC), "subject": subject},
                "$setOnInsert": {"n": delivery.n - 1},
            },
            upsert=True,
        )
        _parked.add(1, {"durable": self._durable})
        log.error("consumer.parked", durable=self._durable, type=delivery.type, n=delivery.n, kind=reason)


def _passes(error: Exception) -> bool:
    """Whether it may be gone when the same is tried again.

    What the database refuses of a write (its key is there already) it refuses again; what it says of a whole
    command (a time-out, no majority, a primary that steps down) passes.
    """
    if isinstance(error, BulkWriteError):
        return not error.details["writeErrors"]
    return isinstance(error, _TRANSIENT) and not isinstance(error, WriteError)


def _is_event(message: Msg) -> bool:
    """Whether it says what it is: its type, its count, and the very noun under whose subject it stands."""
    headers = message.headers or {}
    noun_id = message.subject.split(".")[3:4]
    return bool(headers.get("ce-type") and headers.get("n", "").isdecimal()) and noun_id == [
        headers.get("ce-subject")
    ]


def _delivery(headers: Mapping[str, str], data: bytes, seq: int) -> Delivery:
    return Delivery(
        type=headers["ce-type"],
        noun_id=headers["ce-subject"],
        n=int(headers["n"]),
        seq=seq,
        data=data,
        headers=headers,
    )
