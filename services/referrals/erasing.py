"""Erasing a person: the two data keys of a referral are deleted, whatever dies in between.

The change comes first and says that the keys have to go: nothing of her is opened from then on. Were the keys
deleted first, a change that then failed would leave an open referral of which nobody knows whom it is about.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from chassis.rounds import Rounds, each
from services.referrals.referral import Document
from services.referrals.store import Store
from services.referrals.vault import KeyId, Vault

SWEEP_SECONDS = 5.0
# Whoever voids deletes the keys at once: what is this old was left over by a process that died.
LEFT_OVER = timedelta(seconds=5)


async def new_key(vault: Vault) -> KeyId:
    """Make a data key for what outlives the person's own two: the note that says why they are gone.

    A change that is not written after all leaves it behind; it encrypted nothing that was stored.
    """
    with vault.new() as keys:
        key = keys.make()
        await vault.keep(keys)
    return key


async def erase(store: Store, vault: Vault, doc: Document) -> None:
    """Delete the person's keys, and note that it is done; twice is the same as once."""
    await vault.erase([doc["key_t2"], doc["key_t3"]])
    await store.erased(doc["_id"])


async def sweep(store: Store, vault: Vault, before: datetime) -> int:
    """Erase whose referral was voided before and who is not erased yet; return how many were erased."""
    return await each("erasing", await store.to_erase(before), partial(erase, store, vault))


def sweeper(store: Store, vault: Vault, now: Callable[[], datetime]) -> Rounds:
    """Return the rounds that look for what was left over, by the database's clock."""

    async def look() -> None:
        await sweep(store, vault, now() - LEFT_OVER)

    return Rounds("erasing", SWEEP_SECONDS, look)
