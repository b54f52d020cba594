"""Nouns that are parked: where an operator finds them, and all that waits for them.

The failing event is a letter in the stream ``DLQ``, and so is whatever comes for its noun meanwhile: ``EVT``
keeps an event for a month, a letter is kept for half a year. That a noun is parked stands in its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from motor.motor_asyncio import AsyncIOMotorCollection
from nats.js.errors import NotFoundError
from pymongo import ASCENDING, IndexModel

from chassis import telemetry
from chassis.bus import Bus
from chassis.logs import place_of

log = structlog.get_logger()

Document = dict[str, Any]

LETTERS = "DLQ"
PARKED = IndexModel([("parked_at", ASCENDING)], name="parked_at", sparse=True)
_EVER = {"parked_at": {"$gt": datetime.min.replace(tzinfo=UTC)}}
# Of what a letter adds to an event's own headers.
_REASON, _SEQ = "dlq-reason", "dlq-seq"
_BEHIND = "behind"

_parked = telemetry.meter.create_counter("consumer.parked", description="Nouns parked")
_nouns = telemetry.meter.create_gauge("consumer.parked.nouns", description="Nouns that are parked now")
_age = telemetry.meter.create_gauge(
    "consumer.parked.age", unit="s", description="For how long the oldest of them has been; 0: there is none"
)


@dataclass(frozen=True)
class Delivery:
    """One event as a handler gets it: CloudEvents type, noun id, ``n``, stream sequence, JSON body."""

    type: str
    noun_id: str
    n: int
    seq: int
    data: bytes
    headers: Mapping[str, str]


def delivery_of(headers: Mapping[str, str], data: bytes, seq: int) -> Delivery:
    """Return the event that a message of a stream holds."""
    return Delivery(
        type=headers["ce-type"],
        noun_id=headers["ce-subject"],
        n=int(headers["n"]),
        seq=seq,
        data=data,
        headers=headers,
    )


class Parking:
    """What one consumer has parked: rows of its collection, ``{…, parked_at, parked: {n, type, …}}``."""

    def __init__(self, bus: Bus, rows: AsyncIOMotorCollection[Document], durable: str) -> None:
        self._bus = bus
        self._rows = rows
        self._durable = durable

    async def park(self, delivery: Delivery, subject: str, error: Exception) -> None:
        """Stop a noun at an event, and put the event with its reason where an operator finds it."""
        reason = type(error).__name__
        await self._write(delivery, reason)
        what = {"n": delivery.n, "type": delivery.type, "reason": reason, "where": place_of(error)}
        fields = {"subject": subject, "parked": what}
        still = {"_id": delivery.noun_id, **_EVER, "parked.n": delivery.n}
        # Where it fails again it has been parked since it first was.
        if not (await self._rows.update_one(still, {"$set": fields})).matched_count:
            await self._rows.update_one(
                {"_id": delivery.noun_id},
                {
                    "$set": {**fields, "parked_at": datetime.now(UTC)},
                    "$setOnInsert": {"n": delivery.n - 1},
                },
                upsert=True,
            )
        _parked.add(1, {"durable": self._durable})
        log.error("consumer.parked", durable=self._durable, type=delivery.type, n=delivery.n, kind=reason)

    async def put_aside(self, delivery: Delivery) -> None:
        """Keep what came for a noun that is parked as long as its letter is kept."""
        await self._write(delivery, _BEHIND)

    async def _write(self, delivery: Delivery, reason: str) -> None:
        await self._bus.js.publish(
            f"dlq.{self._durable}.{delivery.noun_id}",
            delivery.data,
            headers={
                **{key: value for key, value in delivery.headers.items() if key.startswith("ce-")},
                "n": str(delivery.n),
                _REASON: reason,
                _SEQ: str(delivery.seq),
                "Nats-Msg-Id": f"{self._durable}:{delivery.noun_id}:{delivery.n}",
            },
        )

    async def letters(self, noun_id: str, after: int) -> list[Delivery]:
        """Return the events of a noun behind the ``after``-th that are kept as letters, in order."""
        found: dict[int, Delivery] = {}
        seq = 1
        while True:
            try:
                subject = f"dlq.{self._durable}.{noun_id}"
                raw = await self._bus.js.get_msg(LETTERS, seq=seq, subject=subject, next=True)
            except NotFoundError:
                return [found[n] for n in sorted(found)]
            seq = (raw.seq or 0) + 1
            headers = raw.headers or {}
            if _SEQ in headers and int(headers["n"]) > after:
                letter = delivery_of(headers, raw.data or b"", int(headers[_SEQ]))
                found[letter.n] = letter

    async def forget(self, noun_id: str) -> None:
        """A noun is parked no longer."""
        await self._rows.update_one({"_id": noun_id}, {"$unset": {"parked_at": "", "parked": ""}})

    async def skip(self, row: Document, through: int) -> bool:
        """Count a noun's events as applied up to one; False where its row is not as it was known."""
        at = row["parked"]["n"]
        result = await self._rows.update_one(
            {"_id": row["_id"], "n": row["n"], "parked.n": at},
            {"$set": {"n": through}, "$push": {"dropped": at}},
        )
        if result.matched_count:
            log.warning("consumer.dropped", durable=self._durable, type=row["parked"]["type"], n=at)
        return bool(result.matched_count)

    async def rows(self, first: int) -> list[Document]:
        """Return so many of the rows of what is parked, the longest first."""
        found = await self._rows.find(_EVER, limit=max(first, 1000)).to_list(None)
        return sorted(found, key=lambda row: row["parked_at"])[:first]

    async def row(self, noun_id: str) -> Document | None:
        """Return the row of a noun that is parked."""
        row = await self._rows.find_one({"_id": noun_id})
        return row if row is not None and row.get("parked_at") else None

    async def count(self) -> int:
        """Return how many nouns are parked."""
        return await self._rows.count_documents(_EVER)

    async def measure(self) -> None:
        """Say how many are parked, and for how long."""
        count = await self.count()
        of = {"durable": self._durable}
        oldest = (await self.rows(1))[0]["parked_at"] if count else None
        _nouns.set(count, of)
        _age.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0, of)
