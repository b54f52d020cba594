"""What somebody has to do now: whether what was told of a deadline still holds, and whose it is.

Whoever writes to members asks this when it writes: a digest, or a mail that a server took late, must not call
for what has been done since, nor call upon who has given it to somebody else.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from contracts.codes import Deadline, Side
from contracts.deadlines import Awaited
from services.referrals.deadlines import duties
from services.referrals.document import Document
from services.referrals.pathways import steps

# Clocks differ: what was told by one must not look, by another, as if it lay ahead.
SLACK = timedelta(minutes=1)


def awaited(doc: Document, now: datetime) -> Awaited:
    """Return what is awaited of a referral, and has been reminded of or is overdue by now; whose it is."""
    soon = now + SLACK
    running = [(what, by) for what, half, by in _running(doc) if half <= soon]
    return Awaited(
        near={what: by for what, by in running if by > now},
        overdue=tuple(what for what, by in running if by <= soon),
        assignees={side: member for side in Side if (member := doc.get(f"assignee_{side}"))},
    )


def _running(doc: Document) -> Iterator[tuple[Deadline, datetime, datetime]]:
    """Each of what is awaited, with the moment at which it is reminded of, and by when it has to come."""
    clock = doc.get("clock") or {}
    if clock.get("turn"):
        yield Deadline(clock["turn"]), clock["half"], clock["by"]
    for name, what in (("receive", Deadline.RECEIVE), ("redirect", Deadline.REDIRECT)):
        if clock.get(name):
            yield what, clock[f"{name}_half"], clock[name]
    for by, what in duties.owed(doc):
        since = (duties.duty_of(doc, what) or {})["since"]
        yield what, since + duties.TIMES[what].reminded, by
    for half, by in steps.awaited_reviews(doc):
        yield Deadline.REVIEW_OVERRIDE, half, by
