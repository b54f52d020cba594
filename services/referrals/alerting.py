"""Who died or is missing: which ends of a referral say so, and what the others of its group are flagged with.

A flag is for the sender's caseworkers and managers, as the reason that it comes from: the receivers of the
others learn of it when the sender tells them, by cancelling.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from contracts.codes import ReferralFlag
from contracts.reasons import EndReason
from services.referrals.document import Document
from services.referrals.statuses import UNDER_WAY

FLAGS: dict[str | None, ReferralFlag] = {
    EndReason.DECEASED.value: ReferralFlag.PERSON_DECEASED,
    EndReason.MISSING.value: ReferralFlag.PERSON_MISSING,
}
PERSON_FLAGS = frozenset(FLAGS.values())


def after(doc: Mapping[str, Any], fields: Mapping[str, Any], now: datetime) -> Document:
    """Return that the group has to be looked at, where a change says such a thing or takes it back."""
    if doc.get("group") is None:
        return {}
    before, then = FLAGS.get(doc["reason"]), FLAGS.get(fields.get("reason", doc["reason"]))
    return {} if before == then else {"alert_since": now}


def flags_for(doc: Document, members: Iterable[Document]) -> list[str] | None:
    """Return the flags that a referral should have; None where they are right, or nobody works on it."""
    if doc["status"] not in UNDER_WAY:
        return None
    said = {FLAGS.get(one["reason"]) for one in members}
    had = set(doc.get("flags") or ())
    should = (had - PERSON_FLAGS) | {flag for flag in said if flag is not None}
    return None if should == had else sorted(should)


def inherited(doc: Document) -> Document:
    """Return what of it a referral has from the one whose place it takes."""
    flags = sorted(PERSON_FLAGS.intersection(doc.get("flags") or ()))
    return {"flags": flags} if flags else {}
