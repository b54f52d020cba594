"""What the actions on agreements take."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chassis.calls import Calls
from chassis.outbox import Relay
from services.notifications.agreements.known import Known
from services.notifications.agreements.organizations import Organizations
from services.notifications.agreements.store import AgreementStore
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.daily import Daily


@dataclass(frozen=True)
class Means:
    """The store and its outbox; ``calls`` knows idempotency keys, ``now`` tells the database's time."""

    store: AgreementStore
    relay: Relay
    calls: Calls
    known: Known
    organizations: Organizations
    subscribers: Subscribers
    now: Callable[[], datetime]
    daily: Daily
