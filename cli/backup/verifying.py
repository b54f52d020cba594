"""Whether a restored network is whole, before any part of it serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis import mongo
from chassis.archive import Progress
from cli.backup import sets
from services.directory.capacity.kept import heard, kept_places
from services.referrals.restoring.checking import check_chains, keeping_places, open_blobs
from services.referrals.vault import Vault


@dataclass
class Found:
    """What was counted, and in ``faults``, a sentence for each, what is not as it should be.

    ``unsettled`` are referrals whose places are not kept as they say: the next minutes put them right.
    """

    documents: int = 0
    opened: int = 0
    erased: int = 0
    entries: int = 0
    places: int = 0
    unsettled: int = 0
    faults: list[str] = field(default_factory=list)


async def verify(
    client: mongo.Client,
    vault: Vault,
    expected: Mapping[tuple[str, str], int],
    progress: Progress,
    *,
    deep: bool,
) -> Found:
    """Count every collection; ``deep`` opens every blob, reads the audit's chains and compares the places."""
    found = Found()
    for (database, collection), wanted in expected.items():
        progress(f"counting {database}.{collection}")
        count = await client[database][collection].count_documents({})
        found.documents += count
        # Drafts that were given up since the backup are gone.
        is_referrals = (database, collection) == sets.DOCUMENTS[sets.REFERRAL]
        if count > wanted or (count < wanted and not is_referrals):
            found.faults.append(f"{database}.{collection} has {count} documents of {wanted}")
    if not await vault.opens():
        found.faults.append("the master key is not the one that wraps the keys of the persons")
    elif deep:
        await _deep(client, vault, found, progress)
    return found


async def _deep(client: mongo.Client, vault: Vault, found: Found, progress: Progress) -> None:
    progress("opening what is encrypted")
    blobs = await open_blobs(client, vault)
    found.opened, found.erased = blobs.opened, blobs.erased
    found.faults += [f"{where}: something encrypted is damaged" for where in sorted(blobs.damaged)]
    found.faults += [f"{where}: its key is missing, and it is not erased" for where in sorted(blobs.lost)]
    progress("reading the audit")
    found.entries, faults = await check_chains(client)
    for chain, fault in sorted(faults.items()):
        found.faults.append(f"the audit of {chain}: entry {fault.number} was {fault.kind}")
    progress("comparing the places that are kept")
    await _places(client, found)


async def _places(client: mongo.Client, found: Found) -> None:
    """Places and referrals agree, or an event that says so is still to be heard.

    What differs otherwise is counted and no fault: the referrals service puts it right by itself.
    """
    wanted, kept = await keeping_places(client), await kept_places(client)
    followed = await heard(client)
    found.places = len(kept)
    for referral in {*wanted, *kept}:
        service, state, n = wanted.get(referral, ("", "", 0))
        agrees = kept.get(referral) == (service, state)
        if not agrees and followed.get(referral, 0) >= n:
            found.unsettled += 1
