"""What the actions on webhooks take."""

import asyncio
from dataclasses import dataclass, field

from chassis.calls import Calls
from chassis.keyed import KeyedLocks
from chassis.seal import Sealer
from services.notifications.feed import Feeds
from services.notifications.webhooks.carrying import Carrying
from services.notifications.webhooks.sending import Sending
from services.notifications.webhooks.store import WebhookStore

TESTS_AT_ONCE = 8


@dataclass(frozen=True)
class Means:
    """The store, what signs, who sends; ``calls`` knows idempotency keys. ``http_too`` is for tests.

    ``making``: an organization's endpoints are made one after the other, or more at once than it may have.
    ``tests``: an endpoint's test takes as long as its receiver does, so there are few at once; else all that
    this replica can answer could wait for somebody's receivers.
    """

    store: WebhookStore
    feeds: Feeds
    keys: Sealer
    sending: Sending
    carrying: Carrying
    calls: Calls
    tests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TESTS_AT_ONCE))
    making: KeyedLocks = field(default_factory=KeyedLocks)
    http_too: bool = False
