"""Erasing a person: the two data keys of a voided referral are deleted, whatever dies in between.

The change comes first and says that the keys have to go: nothing of her is opened from then on. Were the keys
deleted first, a change that then failed would leave an open referral of which nobody knows whom it is about.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from chassis.logs import place_of
from services.referrals.means import utc_now
from services.referrals.referral import Document
from services.referrals.store import Store
from services.referrals.vault import KeyId, Vault

log = structlog.get_logger()

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
    """Erase whose referral was voided before and who is not erased yet; return how many that were."""
    left_over = await store.to_erase(before)
    for doc in left_over:
        await erase(store, vault, doc)
    return len(left_over)


class Sweep:
    """Looks for what was left over, every few seconds."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._forever())

    async def stop(self) -> None:
        """Sweep no more; what is left over stays noted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await sweep(self._store, self._vault, utc_now() - LEFT_OVER)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look must come
                log.warning("erasing.sweep", kind=type(error).__name__, where=place_of(error))
