"""What the actions on webhooks take."""

from dataclasses import dataclass

from chassis.calls import Calls
from chassis.seal import Sealer
from services.notifications.feed import Feeds
from services.notifications.webhooks.carrying import Carrying
from services.notifications.webhooks.sending import Sending
from services.notifications.webhooks.store import WebhookStore


@dataclass(frozen=True)
class Means:
    """The store, what signs, who sends; ``calls`` knows idempotency keys. ``http_too`` is for tests."""

    store: WebhookStore
    feeds: Feeds
    keys: Sealer
    sending: Sending
    carrying: Carrying
    calls: Calls
    http_too: bool = False
