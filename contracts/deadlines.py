"""Deadlines of referrals: what is awaited, whose word it is, and by when; and what is due in the network."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus, Side
from contracts.rpc import Message, Operation, Reply

PART = "referrals"


class Duty(Reply):
    """What a side owes beside a referral's course, also after its end, until it is done."""

    awaited: Deadline
    waiting_for: Side
    due_at: datetime
    overdue: bool


class Deadlines(Reply):
    """What is awaited of a referral now. All but ``duties`` is null where nobody's word is.

    ``due_at`` is by when ``waiting_for`` has to say what ``awaited`` names; ``receive_by`` is there until the
    receiver has given a first sign of life; ``expires_at`` where it ever expires. ``overdue`` names what has
    not come in time. ``duties`` are what is owed beside that, the first to come first.
    """

    awaited: Deadline | None = None
    waiting_for: Side | None = None
    due_at: datetime | None = None
    receive_by: datetime | None = None
    expires_at: datetime | None = None
    overdue: tuple[Deadline, ...] = ()
    duties: tuple[Duty, ...] = ()


class ListDue(Message):
    """What comes within so many hours, and what is overdue; for operators."""

    hours: Annotated[int, Meta(ge=1, le=24 * 366)] = 24
    first: Annotated[int, Meta(ge=1, le=1000)] = 100


class Due(Reply):
    """A referral of which something is due, or coming.

    ``receiver`` is null where its need is sensitive, and ``at`` where it is about when a person is to arrive.
    """

    folio: str
    status: ReferralStatus
    priority: Priority
    need_group: NeedGroup
    at: datetime | None
    what: str
    deadline: Deadline
    waiting_for: Side | None = None
    receiver: str | None = None


class DueList(Reply):
    """``overdue`` is past its time, the longest first; ``coming`` is what is told or done next, in order.

    ``waiting`` counts what should have been told and has not been: nobody looks, or the network has just come
    back. ``now`` is the database's clock.
    """

    now: datetime
    overdue: tuple[Due, ...]
    coming: tuple[Due, ...]
    waiting: int


class GetAwaited(Message):
    """What is awaited now of these referrals, a hundred at most."""

    referrals: Annotated[tuple[str, ...], Meta(max_length=100)]


class Awaited(Reply):
    """What somebody has to do now of a referral, by the database's clock, for whoever writes to members.

    ``near`` is past the moment at which it is reminded of: what, and until when there is time. ``overdue``
    has not come in time. ``assignees`` says of a side which of its members works on it, where one does: it is
    that side's own, and goes no further.
    """

    near: dict[Deadline, datetime] = field(default_factory=dict)
    overdue: tuple[Deadline, ...] = ()
    assignees: dict[Side, str] = field(default_factory=dict)


class AwaitedList(Reply):
    """In the order asked for; null where there is no such referral."""

    items: tuple[Awaited | None, ...]


DUE = Operation(PART, "due", ListDue, DueList)
GET_AWAITED = Operation(PART, "get_awaited", GetAwaited, AwaitedList)
