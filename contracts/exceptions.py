"""Exceptions to the firewall: a coordinator lets one organization receive for one service and one need."""

from datetime import datetime, timedelta

from contracts.codes import Need
from contracts.referrals import PART, Id, Key, Moment, Text
from contracts.rpc import Message, Operation, Page, Reply

# An exception ends, at the latest a leap year after it was made.
LONGEST = timedelta(days=366)


class MakeException(Message):
    """Let an organization behind the firewall receive referrals to a service of its own, for one need."""

    idempotency_key: Key
    organization: Id
    service: Id
    need: Need
    reason: Text
    until: Moment


class EndException(Message):
    """End it early: from then on the organization sees nothing of what came by it."""

    idempotency_key: Key
    exception: Id
    reason: Text


class FirewallException(Reply):
    """An exception. ``made_by`` and ``ended_by`` are coordinators' organizations; ``in_force`` is of now."""

    id: str
    organization: str
    service: str
    need: Need
    reason: str
    made_at: datetime
    made_by: str
    until: datetime
    in_force: bool
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None


class ExceptionReply(Reply):
    """The exception after a command."""

    item: FirewallException
    replayed: bool = False


class ListExceptions(Message):
    """A page of all exceptions that there have been, newest first; or of those in force."""

    page: Page
    in_force: bool = False


class ExceptionList(Reply):
    """One page; ``positions`` are the rows' own."""

    items: tuple[FirewallException, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


MAKE_EXCEPTION = Operation(PART, "make_exception", MakeException, ExceptionReply)
END_EXCEPTION = Operation(PART, "end_exception", EndException, ExceptionReply)
LIST_EXCEPTIONS = Operation(PART, "list_exceptions", ListExceptions, ExceptionList)
