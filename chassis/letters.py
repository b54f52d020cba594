"""What operators ask of dead letters: ``relevo dlq`` speaks to each part that hears events."""

from typing import Any

import msgspec

from chassis.consumer import Consumer
from chassis.identity import OPERATOR
from chassis.parking import Delivery, Document
from chassis.problems import PartError
from chassis.rpc import Server
from contracts.letters import (
    DROP_PARKED,
    LIST_PARKED,
    MOST_EVENTS,
    REPLAY_PARKED,
    SHOW_PARKED,
    DropParked,
    ListParked,
    Parked,
    ParkedList,
    ShownParked,
    WaitingEvent,
    WentOn,
    WhichParked,
)
from contracts.rpc import Actor


class NotParkedError(PartError):
    """The noun is not parked, or not at that event any more."""

    code = "NOT_FOUND"
    status = 404
    title = "Not parked"


class Letters:
    """The dead letters of a part's consumers."""

    def __init__(self, *consumers: Consumer) -> None:
        self._consumers = {consumer.durable: consumer for consumer in consumers}

    def serve(self, server: Server, part: str) -> None:
        """Register the operations; they are the operator's."""
        only = frozenset({OPERATOR})
        server.add(LIST_PARKED[part], self.list, only)
        server.add(SHOW_PARKED[part], self.show, only)
        server.add(REPLAY_PARKED[part], self.replay, only)
        server.add(DROP_PARKED[part], self.drop, only)

    async def list(self, request: ListParked, _actor: Actor) -> ParkedList:
        """Return what is parked, the longest first."""
        found: list[Parked] = []
        count = 0
        for durable, consumer in self._consumers.items():
            found += [_view(durable, row) for row in await consumer.parking.rows(request.first)]
            count += await consumer.parking.count()
        found.sort(key=lambda one: one.since)
        return ParkedList(items=tuple(found[: request.first]), count=count)

    async def show(self, request: WhichParked, _actor: Actor) -> ShownParked:
        """Return a parked noun with the events that wait.

        Raises:
            NotParkedError: it is not parked.
        """
        consumer, row = await self._parked(request)
        events = await consumer.waiting(request.id, MOST_EVENTS + 1)
        shown = tuple(map(_event, events[:MOST_EVENTS]))
        parked = _view(consumer.durable, row)
        return ShownParked(parked=parked, events=shown, more=len(events) > MOST_EVENTS)

    async def replay(self, request: WhichParked, _actor: Actor) -> WentOn:
        """Apply all that waits for a noun, in order; where it fails again it stays parked.

        Raises:
            NotParkedError: it is not parked.
        """
        consumer, before = await self._parked(request)
        await consumer.resume(request.id)
        return await _outcome(consumer, before)

    async def drop(self, request: DropParked, _actor: Actor) -> WentOn:
        """Never apply the event that a noun is parked at, and go on behind it.

        Raises:
            NotParkedError: it is not parked at that.
        """
        consumer, before = await self._parked(request)
        if not await consumer.drop(request.id, request.n):
            raise NotParkedError("It is parked at another event by now; look again.")
        return await _outcome(consumer, before)

    async def _parked(self, request: WhichParked | DropParked) -> tuple[Consumer, Document]:
        consumer = self._consumers.get(request.consumer)
        row = await consumer.parking.row(request.id) if consumer else None
        if consumer is None or row is None:
            raise NotParkedError("Nothing of this name is parked there.")
        return consumer, row


async def _outcome(consumer: Consumer, before: Document) -> WentOn:
    row = await consumer.parking.row(before["_id"])
    if row is not None:
        return WentOn(applied=row["n"], parked=_view(consumer.durable, row))
    return WentOn(applied=await consumer.applied(before["_id"]))


def _view(durable: str, row: Document) -> Parked:
    what: dict[str, Any] = row.get("parked", {})
    return Parked(
        consumer=durable,
        noun=(row.get("subject") or "..?").split(".")[2],
        id=row["_id"],
        n=what.get("n", row["n"] + 1),
        applied=row["n"],
        since=row["parked_at"],
        type=what.get("type"),
        reason=what.get("reason"),
        where=what.get("where"),
    )


def _event(event: Delivery) -> WaitingEvent:
    try:
        data: Any = msgspec.json.decode(event.data)
    except msgspec.DecodeError:
        data = None
    said = data if isinstance(data, dict) else None
    return WaitingEvent(n=event.n, type=event.type, size=len(event.data), data=said)
