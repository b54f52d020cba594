"""The events of what is beside a referral's course: where the referral stands, and who is told."""

from datetime import datetime

import msgspec

from chassis.outbox import pending_event
from contracts.codes import Deadline, Side
from contracts.events import ASIDE_EVENTS, DEADLINE_EVENTS, AsideEvent, DeadlineEvent
from services.referrals.document import Document
from services.referrals.referral import event_data


def aside_event(
    doc: Document, name: str, side: str, now: datetime, coordinators: tuple[str, ...] = ()
) -> Document:
    """Return the event for an outbox; ``doc`` is the document after what it tells of."""
    outline = msgspec.structs.asdict(event_data(doc, doc["status"], now))
    kind = ASIDE_EVENTS[name]
    told = AsideEvent(**outline, told=Side(side), coordinators=coordinators)
    return pending_event(kind.type, doc["_id"], doc["n"], now, told)


def deadline_event(
    doc: Document,
    name: str,
    deadline: Deadline,
    *,
    told: tuple[Side, ...],
    coordinators: tuple[str, ...],
    now: datetime,
) -> Document:
    """Return the event of something that is awaited, for an outbox; as ``aside_event``."""
    outline = msgspec.structs.asdict(event_data(doc, doc["status"], now))
    kind = DEADLINE_EVENTS[name]
    data = DeadlineEvent(**outline, deadline=deadline, told=told, coordinators=coordinators)
    return pending_event(kind.type, doc["_id"], doc["n"], now, data)
