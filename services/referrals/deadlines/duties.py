"""What a side still owes beside a referral's course, until it is done: also after its end. Pure functions.

On the document ``duties`` has an entry for each, by its ``Deadline``; what is done leaves:

=========  ==========================================================================================
``since``  since when it is owed
``by``     until when it is to be done
``next``   when it is told of next: reminded of once, then told to be overdue, and again and again
=========  ==========================================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.codes import Deadline
from services.referrals.document import Document

D = Deadline


@dataclass(frozen=True)
class Times:
    """After how long a duty is reminded of, until when it is to be done, and how often it is told then."""

    reminded: timedelta
    within: timedelta
    again: timedelta


# Hours of the wall, not working hours: what is with the receiver is with it at night, too.
TIMES: Mapping[Deadline, Times] = {
    D.CONFIRM_ERASURE: Times(timedelta(hours=24), timedelta(hours=72), timedelta(days=7)),
    D.REVIEW_BASIS: Times(timedelta(hours=12), timedelta(hours=24), timedelta(days=1)),
    D.GIVE_BASIS: Times(timedelta(hours=12), timedelta(hours=24), timedelta(days=1)),
}
# What its sender owes; and what of that is no longer to be done once the referral has ended.
OF_SENDER = frozenset({D.REVIEW_BASIS, D.GIVE_BASIS})
WHILE_OPEN = frozenset({D.GIVE_BASIS})
# What is overdue is told again within it, and so found by when it is looked at next.
LONGEST = max(times.again for times in TIMES.values())


def begun(doc: Mapping[str, Any], what: Deadline, now: datetime) -> Document:
    """Return the document's field with that duty, owed from now on."""
    times = TIMES[what]
    duty = {"since": now, "by": now + times.within, "next": now + times.reminded}
    return {"duties": {**_owed(doc), what.value: duty}}


def done(doc: Mapping[str, Any], what: Deadline) -> Document:
    """Return the document's field without that duty."""
    return {"duties": {name: duty for name, duty in _owed(doc).items() if name != what}}


def ended(doc: Mapping[str, Any]) -> Document:
    """Return the document's field without what is owed only while the referral goes on."""
    return {"duties": {name: duty for name, duty in _owed(doc).items() if name not in WHILE_OPEN}}


def told(doc: Mapping[str, Any], what: Deadline, now: datetime) -> Document:
    """Return the document's field after it was told, at that moment, that the duty is still owed."""
    duty = _owed(doc)[what.value]
    at = duty["by"] if now < duty["by"] else now + TIMES[what].again
    return {"duties": {**_owed(doc), what.value: {**duty, "next": at}}}


def duty_of(doc: Mapping[str, Any], what: Deadline) -> Document | None:
    """Return how that duty stands; None where it is not owed."""
    return _owed(doc).get(what.value)


def owed(doc: Mapping[str, Any]) -> list[tuple[datetime, Deadline]]:
    """Return what is owed and by when, the first to come first."""
    return sorted((duty["by"], Deadline(name)) for name, duty in _owed(doc).items())


def overdue(now: datetime) -> Document:
    """Return the condition that finds what should have been done by now."""
    return {"$or": [{f"duties.{one}.by": {"$lte": now}} for one in TIMES]}


def _owed(doc: Mapping[str, Any]) -> dict[str, Document]:
    return doc.get("duties") or {}
