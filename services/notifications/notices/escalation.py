"""Who of an organization is written to about a deadline, until somebody acts: one table. Pure functions.

Each row is a chain of circles: it goes to the first of which anybody hears of it in time. A reminder is in
time as long as there is time left; an alarm (an emergency that is overdue) at once; anything else whenever
she has it told. So nothing waits for a member who sleeps, is away, or does not want to know.

The chain is looked at when something is sent, of those who can be written to at that moment: it follows
whoever gives a referral to somebody else. What was dealt with since is not sent at all.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from contracts.codes import Deadline, Priority, Side
from contracts.deadlines import Awaited
from contracts.events import ARRIVAL_OVERDUE, DEADLINE_EVENTS
from contracts.notifications import FeedTold

D = Deadline


class Who(Enum):
    """A part of those who work at an organization."""

    ASSIGNED = auto()
    MANAGERS = auto()
    EVERYBODY = auto()


Circle = frozenset[Who]
Chain = tuple[Circle, ...]
HERS = frozenset({Who.ASSIGNED})
LED = frozenset({Who.ASSIGNED, Who.MANAGERS})
ALL = frozenset({Who.EVERYBODY})

REMINDED, ASKED, OVERDUE, ESCALATED = (
    DEADLINE_EVENTS[name].type for name in ("reminded", "arrival_asked", "overdue", "escalated")
)
WHOM: Mapping[str, Chain] = {
    REMINDED: (HERS, ALL),
    ASKED: (HERS, ALL),
    ARRIVAL_OVERDUE.type: (HERS, ALL),
    OVERDUE: (LED, ALL),
    ESCALATED: (ALL,),
}
# Whoever works on it may be the one whose word it is: somebody else is to review that.
_NOT_HERS = frozenset({D.REVIEW_BASIS, D.REVIEW_OVERRIDE})
ALARMS = frozenset({OVERDUE, ESCALATED})
PARTIES = frozenset(Side)


class Hearer(NamedTuple):
    """Somebody who may be told of an entry: as which recipient, and when she hears of it if it comes now.

    ``works``: whether she could do anything with a referral; who once could may still have some.
    """

    recipient: str
    member: str
    works: bool
    manages: bool
    at: datetime | None


def chain_of(entry: FeedTold) -> Chain | None:
    """Return whom it goes to within the organization; None for what goes to all who have it told."""
    if entry.referral is None or entry.type not in WHOM:
        return None
    if entry.relation not in PARTIES or deadline_of(entry) in _NOT_HERS:
        return (ALL,)
    return WHOM[entry.type]


def deadline_of(entry: FeedTold) -> Deadline | None:
    """Return what is due; who keeps places for somebody asks whether she arrived, and names no deadline."""
    if entry.type == ARRIVAL_OVERDUE.type:
        return D.ARRIVE
    return entry.referral.deadline if entry.referral is not None else None


def is_emergency(entry: FeedTold) -> bool:
    """Whether it is about a referral that cannot wait."""
    return entry.referral is not None and entry.referral.priority is Priority.EMERGENCY


def is_alarm(entry: FeedTold) -> bool:
    """Whether it says to a party that an emergency is overdue."""
    return entry.type in ALARMS and entry.relation in PARTIES and is_emergency(entry)


def holds(event_type: str, deadline: Deadline | None, awaited: Awaited) -> bool:
    """Return whether what an entry says of a deadline is still so.

    That nobody decided on a redirect is told just before the proposal is gone: it stays true.
    """
    if event_type == OVERDUE:
        return deadline is D.REDIRECT or deadline in awaited.overdue
    if event_type == REMINDED:
        return deadline in awaited.near
    return deadline in awaited.near or deadline in awaited.overdue


def is_written(
    recipient: str, entry: FeedTold, awaited: Awaited, hearers: Iterable[Hearer], now: datetime
) -> bool:
    """Return whether a recipient is written of an entry that has a chain, of all who may be told of it."""
    there = tuple(hearers)
    chain = chain_of(entry) or (ALL,)
    for circle in chain:
        of_it = [one for one in there if _is_in(one, circle, entry, awaited)]
        latest = _latest(entry, awaited, now) if circle is not chain[-1] else None
        if any(one.at is not None and (latest is None or one.at <= latest) for one in of_it):
            return any(one.recipient == recipient and one.at is not None for one in of_it)
    # Nobody wants to hear of it. Of an emergency somebody must: all who can.
    return is_alarm(entry) and any(one.recipient == recipient for one in there)


def _is_in(one: Hearer, circle: Circle, entry: FeedTold, awaited: Awaited) -> bool:
    assignee = awaited.assignees.get(Side(entry.relation)) if entry.relation in PARTIES else None
    return (
        Who.EVERYBODY in circle
        or (Who.MANAGERS in circle and one.manages)
        or (Who.ASSIGNED in circle and one.works and one.member == assignee)
    )


def _latest(entry: FeedTold, awaited: Awaited, now: datetime) -> datetime | None:
    """By when somebody has to hear of it, so that nobody else need; None: whenever she does."""
    if is_alarm(entry):
        return now
    deadline = deadline_of(entry)
    return awaited.near.get(deadline) if deadline is not None and entry.type != OVERDUE else None
