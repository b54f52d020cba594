"""Flagging open referrals of which a party was deactivated: each once, by a conditional write of its own.

A flag changes neither status nor version, and is no entry of the history: it says something of a party, not
of the referral. Both parties are told; who was deactivated has no client left to read it.
"""

from datetime import datetime
from functools import partial

from chassis.outbox import pending_event
from contracts.codes import ReferralFlag
from contracts.events import REFERRAL_EVENTS, EventType
from services.referrals.actions.writing import until_written, write_beside
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import event_data
from services.referrals.roles import RECEIVER, SENDER
from services.referrals.statuses import UNDER_WAY

FLAG_OF = {SENDER: ReferralFlag.SENDER_DEACTIVATED, RECEIVER: ReferralFlag.RECEIVER_DEACTIVATED}


async def flag_all(means: Means, organization: str, n: int, *, gone: bool) -> None:
    """Flag every open referral from and to an organization that is gone; or take the flags back.

    ``n`` is the number of the organization's event that says so.
    """
    for side in FLAG_OF:
        for referral in await means.store.ids_of(side, organization, sorted(UNDER_WAY)):
            await flag(means, referral, side, n, gone=gone)


async def flag(means: Means, referral: str, side: str, n: int, *, gone: bool) -> None:
    """Flag one. It knows the last event that it was written for: replicas may come to it in any order."""
    known, name = f"{side}_n", FLAG_OF[side]

    async def attempt() -> bool | None:
        doc = await means.store.load(referral)
        if doc is None or doc["status"] not in UNDER_WAY or doc.get(known, 0) >= n:
            return True
        flags, now = set(doc.get("flags") or ()), means.now()
        fields = {"flags": sorted(flags | {name} if gone else flags - {name}), known: n}
        kind = REFERRAL_EVENTS["flagged" if gone else "unflagged"]
        tells = partial(_event, kind, now) if (name in flags) != gone else None
        return await write_beside(means, doc, fields, now, tells=tells) is not None or None

    await until_written(attempt)


def _event(kind: EventType, now: datetime, doc: Document) -> Document:
    return pending_event(kind.type, doc["_id"], doc["n"], now, event_data(doc, doc["status"], now))
