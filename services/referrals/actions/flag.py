"""Flagging open referrals of which a party was deactivated: each once, by a conditional write of its own.

A flag changes neither status nor version, and is no entry of the history: it says something of a party, not
of the referral. Both parties are told; who was deactivated has no client left to read it.
"""

from chassis.outbox import pending_event
from contracts.codes import ReferralFlag
from contracts.events import REFERRAL_EVENTS
from services.referrals.means import Means
from services.referrals.referral import OPEN, event_data, was_sent
from services.referrals.roles import RECEIVER, SENDER

FLAG_OF = {SENDER: ReferralFlag.SENDER_DEACTIVATED, RECEIVER: ReferralFlag.RECEIVER_DEACTIVATED}


async def flag_all(means: Means, organization: str, *, gone: bool) -> None:
    """Flag every open referral from and to an organization that is gone; or take the flags back."""
    for side, flag in FLAG_OF.items():
        for referral in await means.store.ids_of(side, organization, sorted(OPEN)):
            await _flag(means, referral, flag, gone=gone)


async def _flag(means: Means, referral: str, flag: ReferralFlag, *, gone: bool) -> None:
    while True:
        doc = await means.store.load(referral)
        if doc is None or doc["status"] not in OPEN or not was_sent(doc):
            return
        flags = set(doc.get("flags") or ())
        if (flag in flags) == gone:
            return
        at, n = means.now(), doc["n"] + 1
        data = event_data({**doc, "n": n}, doc["status"], at)
        kind = REFERRAL_EVENTS["flagged" if gone else "unflagged"]
        pending = pending_event(kind.type, referral, n, at, data)
        fields = {"flags": sorted(flags | {flag} if gone else flags - {flag}), "n": n, "pending_since": at}
        if await means.store.beside(referral, doc["revision"], fields, {"pending": pending}):
            means.relay.kick(referral, [pending])
            return
