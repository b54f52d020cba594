"""Dead letters: nouns of which an event could not be applied, and what waits behind it. For operators.

Every part that hears events answers the same four operations on its own consumers. What is said is what the
events say: ids, codes, statuses, versions and times.
"""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from contracts.rpc import Message, Nothing, Operation, Reply

# Which part keeps each durable consumer of EVT.
CONSUMERS = {
    "directory": "directory",
    "referrals": "referrals",
    "notifications": "notifications",
    "notifications_directory": "notifications",
}
MOST_AT_ONCE = 500
# Of one noun so many are shown of what waits.
MOST_EVENTS = 50

Consumer = Annotated[str, Meta(min_length=1, max_length=50)]
NounId = Annotated[str, Meta(min_length=1, max_length=100)]


class Parked(Reply):
    """A noun that one consumer applies no events of, since event ``n`` of it failed.

    ``applied`` is the last that it did apply. ``reason`` is the kind of the failure, ``where`` its file and
    line: its words are kept nowhere, since they may hold anything.
    """

    consumer: str
    noun: str
    id: str
    n: int
    applied: int
    since: datetime
    type: str | None = None
    reason: str | None = None
    where: str | None = None


class ListParked(Message):
    """What is parked, the longest first."""

    first: Annotated[int, Meta(ge=1, le=MOST_AT_ONCE)] = 100


class ParkedList(Reply):
    """``count`` is how many there are in all."""

    items: tuple[Parked, ...]
    count: int


class WhichParked(Message):
    """One noun of one consumer."""

    consumer: Consumer
    id: NounId


class WaitingEvent(Reply):
    """One event that waits. ``data`` is null where it is no JSON object; ``size`` is in bytes."""

    n: int
    type: str
    size: int
    data: dict[str, Any] | None = None


class ShownParked(Reply):
    """``events`` are those that wait, in order, the failing one first; ``more``: there are more."""

    parked: Parked
    events: tuple[WaitingEvent, ...]
    more: bool = False


class DropParked(Message):
    """Never apply event ``n`` of a noun that is parked at it, and go on with what came after."""

    consumer: Consumer
    id: NounId
    n: Annotated[int, Meta(ge=1)]


class WentOn(Reply):
    """``applied`` is the last event that was applied now; ``parked`` says at which it is parked again."""

    applied: int
    parked: Parked | None = None


class Advisory(Reply):
    """What the bus itself gave up to deliver: message ``seq`` of ``stream``, to whom, and after how often.

    ``kind`` is ``max_deliver`` or ``terminated``: its consumer saw that it is no event.
    """

    id: int
    kind: str
    stream: str
    consumer: str
    seq: int
    deliveries: int
    at: datetime


class AdvisoryList(Reply):
    """Those that nobody has put away, the oldest first."""

    items: tuple[Advisory, ...]


class PutAway(Message):
    """Say no more of the advisories up to this one."""

    id: Annotated[int, Meta(ge=1)]


_PARTS = tuple(dict.fromkeys(CONSUMERS.values()))
LIST_PARKED = {part: Operation(part, "list_parked", ListParked, ParkedList) for part in _PARTS}
SHOW_PARKED = {part: Operation(part, "show_parked", WhichParked, ShownParked) for part in _PARTS}
REPLAY_PARKED = {part: Operation(part, "replay_parked", WhichParked, WentOn) for part in _PARTS}
DROP_PARKED = {part: Operation(part, "drop_parked", DropParked, WentOn) for part in _PARTS}
# Of the stream DLQ, which is the notifications service's.
LIST_ADVISORIES = Operation(CONSUMERS["notifications"], "list_advisories", Nothing, AdvisoryList)
PUT_AWAY_ADVISORIES = Operation(CONSUMERS["notifications"], "put_away_advisories", PutAway, Nothing)
