"""Flagging open referrals of which a party was deactivated: each once, by a conditional write of its own.

A flag changes neither status nor version, and is no entry of the history: it says something of a party, not
of the referral. Both parties are told; who was deactivated has no client left to read it.
"""

from datetime import datetime
from functools import partial

from chassis.outbox import pending_event
from contracts.codes import ReferralFlag
from contracts.events import REFERRAL_EVENTS, EventType
from services.referrals.actions.writing import write_beside
from services.referrals.means import Means
from services.referrals.referral import Document, event_data
from services.referrals.roles import RECEIVER, SENDER
from services.referrals.statuses import UNDER_WAY

FLAG_OF = {SENDER: ReferralFlag.SENDER_DEACTIVATED, RECEIVER: ReferralFlag.RECEIVER_DEACTIVATED}


async def flag_all(means: Means, organization: str, *, gone: bool) -> None:
    """Flag every open referral from and to an organization that is gone; or take the flags back."""
    for side, flag in FLAG_OF.items():
        for referral in await means.store.ids_of(side, organization, sorted(UNDER_WAY)):
            await _flag(means, referral, flag, gone=gone)


async def _flag(means: Means, referral: str, flag: ReferralFlag, *, gone: bool) -> None:
    while True:
        doc = await means.store.load(referral)
        if doc is None or doc["status"] not in UNDER_WAY:
            return
        flags = set(doc.get("flags") or ())
        if (flag in flags) == gone:
            return
        now = means.now()
        kind = REFERRAL_EVENTS["flagged" if gone else "unflagged"]
        fields = {"flags": sorted(flags | {flag} if gone else flags - {flag})}
        if await write_beside(means, doc, fields, now, tells=partial(_event, kind, now)):
            return


def _event(kind: EventType, now: datetime, doc: Document) -> Document:
    return pending_event(kind.type, doc["_id"], doc["n"], now, event_data(doc, doc["status"], now))
