"""Deadlines of referrals: what is awaited, whose word it is, and by when; and what is due in the network."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus, Side
from contracts.rpc import Message, Operation, Reply

PART = "referrals"


class Deadlines(Reply):
    """What is awaited of a referral now. All is null where nobody's word is.

    ``due_at`` is by when ``waiting_for`` has to say what ``awaited`` names; ``receive_by`` is there until the
    receiver has given a first sign of life; ``expires_at`` where it ever expires. ``overdue`` names what has
    not come in time.
    """

    awaited: Deadline | None = None
    waiting_for: Side | None = None
    due_at: datetime | None = None
    receive_by: datetime | None = None
    expires_at: datetime | None = None
    overdue: tuple[Deadline, ...] = ()


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


DUE = Operation(PART, "due", ListDue, DueList)
