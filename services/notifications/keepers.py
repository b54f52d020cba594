"""Events in: what those who keep the network, or audit it, are told; and whose an audit is, of its head."""

from collections.abc import Iterable, Mapping

import msgspec

from chassis.consumer import Delivery, Handler
from contracts.events import (
    AUDIT_ATTESTED,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    READING_FLAGGED,
    AuditHeadEvent,
    EventData,
    ExceptionEvent,
    ReadingEvent,
)
from contracts.notifications import FeedHeadOf, FeedSubject
from services.notifications.facts import tell
from services.notifications.feed import Feeds

_exception = msgspec.json.Decoder(ExceptionEvent).decode
_reading = msgspec.json.Decoder(ReadingEvent).decode
_head = msgspec.json.Decoder(AuditHeadEvent).decode


def keeper_handlers(feeds: Feeds) -> Mapping[str, Handler]:
    """CloudEvents type -> who is told of it."""

    async def tell_coordinators(
        delivery: Delivery, event: EventData, subject: FeedSubject, coordinators: Iterable[str]
    ) -> None:
        for one in coordinators:
            await tell(feeds, delivery, event, (one, "coordinator"), subject)

    async def exception(delivery: Delivery) -> None:
        event = _exception(delivery.data)
        subject = FeedSubject(kind="exception", id=event.id, service=event.service)
        await tell_coordinators(delivery, event, subject, event.coordinators)

    async def reading(delivery: Delivery) -> None:
        event = _reading(delivery.data)
        subject = FeedSubject(kind="reading", id=event.id)
        await tell_coordinators(delivery, event, subject, event.coordinators)

    async def head(delivery: Delivery) -> None:
        event = _head(delivery.data)
        head = FeedHeadOf(number=event.number, hash=event.hash, at=event.entered_at)
        subject = FeedSubject(kind="audit", id=event.chain, head=head)
        await tell(feeds, delivery, event, (event.organization, "owner"), subject)
        for one in event.auditors:
            if one != event.organization:
                await tell(feeds, delivery, event, (one, "auditor"), subject)

    return {
        EXCEPTION_MADE.type: exception,
        EXCEPTION_ENDED.type: exception,
        READING_FLAGGED.type: reading,
        AUDIT_ATTESTED.type: head,
    }
