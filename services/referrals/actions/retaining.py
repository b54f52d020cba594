"""Retention: what was kept of a person for as long as it may be is erased, by itself.

Every replica looks, by an index and the database's clock; each erasure is one conditional write and then the
deletion of keys, which rounds finish where a process died between them. Nobody is told: everybody knew the
day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from chassis.rounds import Rounds, each
from services.referrals import erasing, keeping
from services.referrals.actions import counting
from services.referrals.facts.urn import Urns
from services.referrals.means import Means
from services.referrals.referral import Document
from services.referrals.store import KEPT_AT_ONCE, KEYS_KEPT_FOR

log = structlog.get_logger()

LOOK_SECONDS = 60.0


@dataclass(frozen=True)
class Kept:
    """How long after its end a referral's tiers are kept: T2; and T3 with T4."""

    t2: timedelta
    t3: timedelta


def rounds(means: Means, kept: Kept) -> Rounds:
    """Return the rounds that look after whose time is over, and after the urn of facts."""

    async def look() -> bool:
        now = await means.store.now()
        more = await end_due(means, kept, now)
        await Urns(means.store.urns, means.vault).look(now)
        return more

    return Rounds("retention", LOOK_SECONDS, look)


async def end_due(means: Means, kept: Kept, now: datetime) -> bool:
    """Erase what was kept for long enough by now; return whether more may wait."""
    more = False
    # With T2 all goes: whoever is found for both is erased once.
    for tier, time in ((keeping.T2, kept.t2), (keeping.T3, kept.t3)):
        found = await means.store.kept_since(tier, now - time)

        async def end(doc: Document, tier: str = tier) -> bool:
            return await _end(means, doc, tier, now)

        done = await each("retention", found, end)
        if done:
            log.info("retention.erased", tier=tier, count=done)
        # Where nothing could be done at all, something is wrong: that can wait.
        more = more or (len(found) == KEPT_AT_ONCE and done > 0)
    return more


async def _end(means: Means, doc: Document, tier: str, now: datetime) -> bool:
    """End the time of one tier of a referral; False where somebody else wrote the referral meanwhile."""
    fields = keeping.retention(doc, tier, now, KEYS_KEPT_FOR)
    if tier == keeping.T2:
        fields |= await counting.sealed_fact(means, doc, now)
    if doc.get("group"):
        await means.store.forget_group(doc["group"], now - KEYS_KEPT_FOR)
    if not await means.store.beside(doc["_id"], doc["revision"], fields, {}):
        return False
    await erasing.erase(means.store, means.vault, {**doc, **fields, "revision": doc["revision"] + 1})
    return True
