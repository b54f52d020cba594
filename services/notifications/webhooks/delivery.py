"""A delivery: one entry of a feed on its way to one endpoint, and the attempts that were made.

======================  ===========================================================================
``_id``                 of the endpoint and of the entry's place in the feed: made once, whoever makes it
``endpoint place``      whose it is; ``place``: the entry's sequence, as a string that sorts
``message type body``   the ``webhook-id``, the type, and the very bytes of each attempt
``status attempts``     the last ten; ``tried``: how many since it was last asked for
``due_at``              of what waits: when the next attempt is due; null while it rests
``rests_of``            the endpoint to which nothing is sent now: it is due again once something is
``created_at``          when the first attempt was made; ``gone_at``: when it is forgotten
``agreements``          by which its organization is told: without one in force it is forgotten
======================  ===========================================================================
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from random import uniform
from typing import Any

from contracts.webhooks import Attempt, Delivery, DeliveryStatus
from services.notifications.webhooks.calling import Answered, NotCalledError
from services.notifications.webhooks.schedule import next_attempt

Document = dict[str, Any]

KEPT_FOR = timedelta(days=30)
SHOWN_BYTES = 500
GONE = 410
_OK = range(200, 300)
_ATTEMPTS = 10


@dataclass(frozen=True)
class Message:
    """What is sent: its ``webhook-id``, its type, and the bytes."""

    id: str
    type: str
    body: bytes


def new(endpoint: str, place: str, message: Message, at: datetime) -> Document:
    """Return a delivery of which nothing was attempted yet."""
    return {
        "_id": f"{endpoint}:{place}",
        "endpoint": endpoint,
        "place": place,
        "message": message.id,
        "type": message.type,
        "body": message.body,
        "status": DeliveryStatus.WAITING.value,
        "attempts": [],
        "tried": 0,
        "due_at": at,
        "created_at": at,
        "gone_at": at + KEPT_FOR,
    }


def attempted(doc: Document, at: datetime, took: timedelta, outcome: Answered | NotCalledError) -> Document:
    """Return the delivery after one more attempt."""
    attempt: Document = {"at": at, "took_ms": int(took / timedelta(milliseconds=1))}
    patience = None
    if isinstance(outcome, Answered):
        attempt |= {"status": outcome.status, "answer": outcome.body[:SHOWN_BYTES].decode(errors="replace")}
        patience = _patience(outcome.retry_after, at)
    else:
        attempt |= {"error": outcome.kind}
    tried = doc["tried"] + 1
    after = {**doc, "attempts": [*doc["attempts"], attempt][-_ATTEMPTS:], "tried": tried}
    if succeeded(outcome):
        return {**after, "status": DeliveryStatus.DELIVERED.value, "due_at": None}
    again = None if was_told_gone(outcome) else next_attempt(tried, at + took, uniform, patience)
    status = DeliveryStatus.WAITING if again else DeliveryStatus.FAILED
    return {**after, "status": status.value, "due_at": again}


def succeeded(outcome: Answered | NotCalledError) -> bool:
    """Whether the receiver took it."""
    return isinstance(outcome, Answered) and outcome.status in _OK


def was_told_gone(outcome: Answered | NotCalledError) -> bool:
    """Whether the receiver wants nothing more, ever."""
    return isinstance(outcome, Answered) and outcome.status == GONE


def _patience(asked: str | None, at: datetime) -> timedelta | None:
    """What `Retry-After` asks for: seconds, or a date; None where it says neither."""
    if asked is None:
        return None
    if asked.isdecimal():
        return timedelta(seconds=min(int(asked[:9]), 10**6))
    try:
        return parsedate_to_datetime(asked) - at
    except (ValueError, TypeError, OverflowError):
        return None


def view(doc: Document) -> Delivery:
    """Return it as the endpoint's organization sees it."""
    return Delivery(
        id=doc["_id"],
        endpoint=doc["endpoint"],
        message=doc["message"],
        type=doc["type"],
        status=DeliveryStatus(doc["status"]),
        created_at=doc["created_at"],
        attempts=tuple(Attempt(**one) for one in doc["attempts"]),
        next_attempt_at=doc["due_at"],
    )
