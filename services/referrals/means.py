"""What every action works with: the store, the vault, the hashes, the directory, the relay, the
pathways, the audit and the clock.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chassis.outbox import Relay
from contracts.agreements import Agreement
from services.referrals.audit.trail import Trail
from services.referrals.deadlines.limits import Overrides
from services.referrals.directory import Directory
from services.referrals.inputs import stored_moment
from services.referrals.marks import Marks
from services.referrals.pathways.library import Library
from services.referrals.store import Store
from services.referrals.vault import Vault


def utc_now() -> datetime:
    """The time now as the database keeps it, in whole milliseconds."""
    return stored_moment(datetime.now(UTC))


async def _no_agreements(_subscriber: str) -> tuple[Agreement, ...]:
    return ()


@dataclass(frozen=True)
class Means:
    """One of each per process."""

    store: Store
    vault: Vault
    marks: Marks
    directory: Directory
    relay: Relay
    groups: Relay
    pathways: Library
    audit: Trail
    now: Callable[[], datetime] = utc_now
    # By which an organization hears of others' referrals now (``subscribing``).
    agreements: Callable[[str], Awaitable[tuple[Agreement, ...]]] = _no_agreements
    overrides: Overrides = field(default_factory=lambda: Overrides({}))
