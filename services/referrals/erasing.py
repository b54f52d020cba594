"""Erasing a person: the data keys of a referral are deleted, whatever dies in between.

The change comes first and says which keys have to go (``keeping.erasure``): nothing that they sealed is
opened from then on. Were the keys deleted first, a change that then failed would leave a referral of which
nobody knows whom it is about. Before the key of T2 goes, the fact for statistics is cast (``facts.urn``).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from chassis.moments import Page, Place
from chassis.turns import Turns
from contracts.audit import AuditKind
from services.referrals import keeping
from services.referrals.audit.entry import ITSELF, noted
from services.referrals.audit.store import AuditStore
from services.referrals.document import Document
from services.referrals.facts.urn import Slip, Urns
from services.referrals.sealed import seal, unseal
from services.referrals.store import Store
from services.referrals.vault import ErasedError, KeyId, Vault

LOOK_SECONDS = 5.0
AT_ONCE = 200
# Whoever erases deletes the keys at once: what is this old was left over by a process that died.
LEFT_OVER = timedelta(seconds=5)


async def key_of_why(vault: Vault, doc: Document) -> KeyId:
    """Return the key for what outlives the person's own two: the note that says why they are gone.

    A new one where the referral has none. A change that is not written after all leaves it behind; it
    encrypted nothing that was stored.
    """
    for key in keeping.usable(doc, keeping.VOID):
        return key
    return await vault.make()


async def erase(store: Store, vault: Vault, doc: Document) -> None:
    """Do what the write has said that erases, ``doc`` being the referral after it; twice is the same as once.

    What cannot be done now is done in the rounds.
    """
    if doc.get("sealed_fact") and not await _cast(store, vault, doc):
        return
    if doc.get("external_marks") and not any(doc.get(name) for name in keeping.EXTERNAL_IDS):
        await store.free_external_ids(doc)
    await vault.erase(keeping.gone(doc))
    await _enter(store, doc)
    await store.erased(doc)


async def _enter(store: Store, doc: Document) -> None:
    """Have the audits of both sides say that the keys are deleted; who wanted it is in the entry before."""
    gone = sorted(keeping.erased(doc))
    sides = (doc["sender"], doc["receiver"])
    made = noted(AuditKind.ERASURE, "keys_deleted", ITSELF, (doc["folio"],), chains=sides)
    await AuditStore(store.db).wait(f"{doc['_id']}:deleted:{'+'.join(gone)}", made)


async def _cast(store: Store, vault: Vault, doc: Document) -> bool:
    """Cast the fact of a referral; False where somebody else wrote the referral meanwhile."""
    urns, key = Urns(store.urns, vault), doc["key_t2"]
    with await vault.fetch([key]) as keys:
        try:
            slip: Slip = unseal(keys, doc["sealed_fact"], Slip)
        except ErasedError:
            return True  # the key goes only after the slip was cast
        while not await urns.cast(slip):
            slip = await urns.moved(slip, doc["erase_since"])
            moved = {"sealed_fact": seal(keys, key, slip)}
            if not await store.beside(doc["_id"], doc["revision"], moved, {}):
                return False
            doc = {**doc, "revision": doc["revision"] + 1}
    return True


def turns(store: Store, vault: Vault, now: Callable[[], datetime]) -> Turns:
    """Return the turns over what was left over, by the database's clock."""

    async def read(after: Place | None) -> Page:
        return await store.to_erase.page(now() - LEFT_OVER, after, AT_ONCE)

    return Turns("erasing", read, partial(erase, store, vault))
