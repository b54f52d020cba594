"""What becomes of an endpoint is told to its organization, in its feed: once, whoever dies in between.

The write that disables an endpoint counts it and marks it as untold; the count guards the entry.
"""

from datetime import datetime
from typing import Any

from contracts.notifications import WEBHOOK_DISABLED, FeedSubject, FeedTold
from contracts.webhooks import DisabledReason, EndpointStatus
from services.notifications.feed import Feeds
from services.notifications.webhooks.store import WebhookStore

Document = dict[str, Any]


def disabled(doc: Document, reason: DisabledReason, at: datetime) -> Document:
    """Return what is written of an endpoint that is disabled at that moment."""
    return {
        "status": EndpointStatus.DISABLED.value,
        "disabled_reason": reason.value,
        "disabled": doc.get("disabled", 0) + 1,
        "disabled_at": at,
        "changed_at": at,
        "untold": True,
    }


class Telling:
    """Tells owners what became of their endpoints."""

    def __init__(self, feeds: Feeds, store: WebhookStore) -> None:
        self._feeds = feeds
        self._store = store

    async def tell(self, doc: Document) -> None:
        """Tell an organization that its endpoint was disabled; doing it twice tells it once."""
        entry = FeedTold(
            event=self._feeds.id_of(doc["_id"], doc["disabled"]),
            type=WEBHOOK_DISABLED,
            at=doc["disabled_at"],
            relation="owner",
            subject=FeedSubject(kind="webhook_endpoint", id=doc["_id"], status=doc["disabled_reason"]),
        )
        await self._feeds.append_fact(doc["organization"], entry, doc["_id"], doc["disabled"])
        await self._store.told(doc["_id"], doc["disabled"])
