"""Whether restored referrals are whole: their blobs open or are erased, the audit is as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bson.binary import Binary
from pymongocrypt.errors import MongoCryptError

from chassis import mongo
from chassis.chained import HASH, Checker, Fault, Head
from services.referrals import keeping
from services.referrals.audit.store import AuditStore
from services.referrals.document import Document
from services.referrals.reconciling import STATES
from services.referrals.store import DATABASE, REFERRALS
from services.referrals.vault import ErasedError, Keys, Vault, key_of

SEALED = 6
TOGETHER = 200
ENTRIES_AT_ONCE = 1000


@dataclass
class Blobs:
    """How many blobs open and how many are erased; where one is damaged, and where its key is missing.

    A document is named by its collection and, where it has one, its folio.
    """

    opened: int = 0
    erased: int = 0
    damaged: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)


async def open_blobs(client: mongo.Client, vault: Vault) -> Blobs:
    """Open every encrypted value of every document of the referrals' database."""
    found, db = Blobs(), client[DATABASE]
    for name in sorted(await db.list_collection_names()):
        cursor = db[name].find({}, batch_size=TOGETHER)
        while batch := await cursor.to_list(TOGETHER):
            inside = [(doc, [*_blobs(doc)]) for doc in batch]
            with await vault.fetch({key_of(blob) for _, blobs in inside for blob in blobs}) as keys:
                for doc, blobs in inside:
                    for blob in blobs:
                        _open(found, keys, name, doc, blob)
    return found


def _open(found: Blobs, keys: Keys, collection: str, doc: Document, blob: Binary) -> None:
    where = f"{collection} {doc.get('folio') or ''}".strip()
    try:
        keys.open(blob)
    except ErasedError:
        # Elsewhere nothing says which keys are gone: what was in an urn, or in a group, goes by itself.
        if collection == REFERRALS and key_of(blob) not in keeping.gone(doc):
            found.lost.add(where)
        else:
            found.erased += 1
    except MongoCryptError:
        found.damaged.add(where)
    else:
        found.opened += 1


def _blobs(value: Any) -> Iterator[Binary]:
    if isinstance(value, Binary):
        if value.subtype == SEALED:
            yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _blobs(one)
    elif isinstance(value, list):
        for one in value:
            yield from _blobs(one)


async def check_chains(client: mongo.Client) -> tuple[int, dict[str, Fault]]:
    """Verify each chain of the audit against the heads in the database; return entries, faults by chain."""
    store = AuditStore(client[DATABASE])
    entries, faults = 0, dict[str, Fault]()
    for row in await store.chains():
        heads = [Head(row["number"], row[HASH])] if row["number"] else []
        checker = Checker(row["_id"], heads)
        fault = await _walk(store, checker) or checker.end()
        entries += checker.number
        if fault is not None:
            faults[checker.chain] = fault
    return entries, faults


async def _walk(store: AuditStore, checker: Checker) -> Fault | None:
    after = 0
    while page := await store.range(checker.chain, after, ENTRIES_AT_ONCE):
        for place, entry in page:
            if (fault := checker.take(place, entry)) is not None:
                return fault
        after = page[-1][0]
    return None


async def keeping_places(client: mongo.Client) -> dict[str, tuple[str, str, int]]:
    """Return the referrals that keep places: in which service, how, and by which count of their events."""
    keep = {"status": {"$in": [status.value for status in STATES]}, "held": True}
    rows = client[DATABASE][REFERRALS].find(keep, {"service": 1, "status": 1, "n": 1})
    return {row["_id"]: (row["service"], STATES[row["status"]], row["n"]) async for row in rows}
