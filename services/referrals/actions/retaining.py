"""Retention: what was kept of a person for as long as it may be is erased, by itself.

Every replica looks, by an index and the database's clock; each erasure is one conditional write and then the
deletion of keys, which rounds finish where a process died between them. Nobody is told: everybody knew the
day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.moments import Page, Place
from chassis.rounds import Rounds
from chassis.turns import Turns
from services.referrals import erasing, keeping
from services.referrals.actions import counting
from services.referrals.document import Document
from services.referrals.facts.urn import Urns
from services.referrals.means import Means
from services.referrals.store import KEYS_KEPT_FOR

LOOK_SECONDS = 60.0
AT_ONCE = 50


@dataclass(frozen=True)
class Kept:
    """How long after its end a referral's tiers are kept: T2; and T3 with T4."""

    t2: timedelta
    t3: timedelta


def rounds(means: Means, kept: Kept) -> Rounds:
    """Return the rounds that look after whose time is over, and after the urn of facts."""
    over = turns(means, kept)

    async def look() -> None:
        for one in over:
            await one.turn()
        await Urns(means.store.urns, means.vault).look(await means.store.now())

    return Rounds("retention", LOOK_SECONDS, look)


def turns(means: Means, kept: Kept) -> tuple[Turns, ...]:
    """Return the turns over what was kept for long enough, in their order."""
    # With T2 all goes: whoever is found for both is erased once.
    return _turns(means, keeping.T2, kept.t2), _turns(means, keeping.T3, kept.t3)


def _turns(means: Means, tier: str, time: timedelta) -> Turns:
    now: datetime

    async def read(after: Place | None) -> Page:
        nonlocal now
        now = await means.store.now()
        return await means.store.kept[tier].page(now - time, after, AT_ONCE)

    async def end(doc: Document) -> bool:
        return await _end(means, doc, tier, now)

    return Turns(f"retention of {tier}", read, end)


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
