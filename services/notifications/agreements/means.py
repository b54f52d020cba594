"""What the actions on agreements take."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from chassis.calls import Calls
from chassis.keyed import KeyedLocks
from chassis.outbox import Relay
from services.notifications.agreements.known import Known
from services.notifications.agreements.organizations import Organizations
from services.notifications.agreements.store import AgreementStore
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.daily import Daily


@dataclass(frozen=True)
class Means:
    """The store and its outbox; ``calls`` knows idempotency keys, ``now`` tells the database's time.

    ``making``: calls with one key are looked at one after the other, so that only the first is counted.
    """

    store: AgreementStore
    relay: Relay
    calls: Calls
    known: Known
    organizations: Organizations
    subscribers: Subscribers
    now: Callable[[], datetime]
    daily: Daily
    making: KeyedLocks = field(default_factory=KeyedLocks)
