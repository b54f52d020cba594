"""Does for servers that other tools have filled what a restore does: nobody erased is back, all count on.

Every write is conditional on what was read, so that it may be done twice, and is safe should a part run
already.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis import dumping, mongo, snapshots
from chassis.archive import Progress
from chassis.bus import Bus
from cli.backup import agreed, sets
from cli.backup.restoring import Restored, keys_listed
from cli.backup.verifying import verify
from services.referrals.masters import Masters
from services.referrals.restoring.covering import Uncovering
from services.referrals.vault import Vault

Document = dict[str, Any]


async def settle(
    client: mongo.Client, bus: Bus, masters: Masters, lists: Sequence[Path], progress: Progress
) -> Restored:
    """Settle it, and look whether all is as it should be.

    Raises:
        CommandError: a list of erased keys cannot be read.
    """
    gone = keys_listed(lists)
    vault = Vault(client, masters)
    settled = Restored(Path(), datetime.now(UTC))
    progress(f"deleting {len(gone)} keys that were erased, where they are back")
    await _delete(vault, sorted(gone))
    progress("reading what the streams have")
    since = await snapshots.counts_after(bus.js, sets.EVENTS, "evt.>", 0)
    await agreed.replay(client, await agreed.told_after(bus.js, 0))
    for noun, (database, collection) in sets.DOCUMENTS.items():
        progress(f"counting on {database}.{collection}")
        await _count_on(client, noun, (database, collection), since, settled)
    settled.missing = sorted(noun_id for part, noun, noun_id in since if (part, noun) == sets.REFERRAL)
    progress("erasing again who was erased")
    await _erase_again(client, Uncovering(vault, datetime.now(UTC), gone), settled)
    settled.found = await verify(client, vault, {}, progress, deep=True)
    return settled


async def _delete(vault: Vault, gone: Sequence[UUID]) -> None:
    for first in range(0, len(gone), dumping.TOGETHER):
        await vault.erase(gone[first : first + dumping.TOGETHER])


async def _count_on(
    client: mongo.Client,
    noun: tuple[str, str],
    at: tuple[str, str],
    since: dict[tuple[str, str, str], int],
    settled: Restored,
) -> None:
    collection = client[at[0]][at[1]]
    async for doc in collection.find({}, {"n": 1}):
        n = since.pop((*noun, sets.noun_of(at, str(doc["_id"]))), 0)
        settled.documents += 1
        if n > doc["n"]:
            settled.changed += 1
            await collection.update_one({"_id": doc["_id"], "n": {"$lt": n}}, {"$set": {"n": n}})


async def _erase_again(client: mongo.Client, uncovering: Uncovering, settled: Restored) -> None:
    database, name = sets.DOCUMENTS[sets.REFERRAL]
    collection = client[database].get_collection(name, codec_options=dumping.OPTIONS)
    cursor = collection.find({}, batch_size=dumping.TOGETHER)
    while batch := await cursor.to_list(dumping.TOGETHER):
        backs = {doc["_id"]: doc for doc in await uncovering([dict(doc) for doc in batch])}
        for doc in batch:
            back = backs.get(doc["_id"])
            was = {"_id": doc["_id"], "revision": doc["revision"]}
            if back is None:
                await collection.delete_one(was)  # a draft that was given up since
            elif back != doc:
                update: Document = {
                    "$set": {key: value for key, value in back.items() if doc.get(key) != value}
                }
                if without := doc.keys() - back.keys():
                    update["$unset"] = dict.fromkeys(without, "")
                await collection.update_one(was, update)
    settled.erased = uncovering.erased
