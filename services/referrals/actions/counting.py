"""What statistics count of a referral whose T2 is erased: sealed in it by the very write that erases."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from pymongocrypt.errors import MongoCryptError

from contracts.codes import ReferralStatus
from services.referrals import keeping
from services.referrals.document import Document
from services.referrals.facts.fact import fact_of
from services.referrals.facts.urn import Urns
from services.referrals.means import Means
from services.referrals.sealed import Circumstances, seal, unseal
from services.referrals.transitions import was_sent
from services.referrals.vault import ErasedError, Keys

log = structlog.get_logger()


async def erasure(means: Means, doc: Document, tiers: Iterable[str], now: datetime) -> Document:
    """Return the fields of the write that erases those tiers of a referral, its fact sealed among them."""
    tiers = tuple(tiers)
    counted = await sealed_fact(means, doc, now) if keeping.T2 in tiers else {}
    return {**keeping.erasure(doc, tiers, now), **counted}


async def sealed_fact(means: Means, doc: Document, now: datetime) -> Document:
    """Return the field with the referral's fact on a slip, sealed with T2's key.

    None where there is none: of a draft, of what was entered in error, and of whom T2 is gone already.
    """
    if not was_sent(doc) or keeping.T2 in keeping.erased(doc):
        return {}
    members = await means.store.in_groups([doc["group"]]) if doc.get("group") else []
    others = [one for one in members if one["_id"] != doc["_id"]]
    ids = [key for one in (doc, *others) for key in keeping.usable(one, keeping.T2)]
    with await means.vault.fetch(ids) as keys:
        said = _opened(keys, doc)
        if said is None:
            log.warning("facts.lost")
            return {}
        beside = [circumstances for one in others if (circumstances := _opened(keys, one))]
        fact = fact_of(doc, said, beside, await _counts_case(means, doc), now)
        if fact is None:
            return {}
        slip = await Urns(means.store.urns, means.vault).slip(fact, now)
        return {"sealed_fact": seal(keys, doc["key_t2"], slip)}


def _opened(keys: Keys, doc: Document) -> Circumstances | None:
    """What is said of a referral; None where that is gone or damaged: then others are erased all the same."""
    try:
        said: Circumstances = unseal(keys, doc["sealed_t2"], Circumstances)
    except (ErasedError, MongoCryptError):
        return None
    return said


async def _counts_case(means: Means, doc: Document) -> bool:
    """Whether the case is counted by this referral: alone by itself, of a group by the first erased."""
    if doc["status"] == ReferralStatus.REDIRECTED:
        return False  # it goes on in another referral
    return not doc.get("group") or await means.store.count_case(doc["group"], doc["_id"])
