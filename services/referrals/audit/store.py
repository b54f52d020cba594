"""Every database call of the audit: entries by their place, notes that wait, heads, and what was told.

An entry's ``_id`` is its chain and its number: two replicas that append at once write the same id, and one of
them is refused. So a chain has neither gaps nor forks, and nobody holds a lock.
"""

import contextlib
import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chassis import mongo
from chassis.chained import GENESIS, Head
from services.referrals.audit.entry import Note, to_document
from services.referrals.document import Document

ENTRIES, WAITING, HEADS = "audit", "audit_waiting", "audit_heads"
# What each reader usually reads, by chain; and readings that were flagged.
HABITS, READINGS = "audit_habits", "audit_readings"
INDEXES = {
    ENTRIES: [
        # Of ids the embedded database walks along a second index only.
        IndexModel([("_id", 1), ("number", 1)], name="ids"),
        IndexModel([("source", 1)], name="source", sparse=True),
        IndexModel([("about", 1)], name="about"),
    ],
    WAITING: [],
    HEADS: [IndexModel([("pending_since", 1)], name="pending_since", sparse=True)],
    HABITS: [],
    READINGS: [
        IndexModel([("place", 1)], name="place"),
        IndexModel([("pending_since", 1)], name="pending_since", sparse=True),
    ],
}
_DIGITS = 12
# The character after the digits: behind every number of a chain.
_BEYOND = ":"
AT_ONCE = 200


def place_of(chain: str, number: int) -> str:
    """Return the ``_id`` of an entry; those of a chain sort by number."""
    return f"{chain}:{number:0{_DIGITS}d}"


def noun_id(chain: str) -> str:
    """Return under which id the events of a chain's head are: the organization has events of its own."""
    return f"audit_{chain}"


def number_of(place: str) -> int:
    """Return the number at which an entry stands, whatever it says itself."""
    digits = place.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else 0


class AuditStore:
    """The collections of the audit, in the database of the referrals."""

    def __init__(self, db: mongo.Database) -> None:
        self._db = db
        self._entries: AsyncIOMotorCollection[Document] = db[ENTRIES]
        self._waiting: AsyncIOMotorCollection[Document] = db[WAITING]
        self.heads: AsyncIOMotorCollection[Document] = db[HEADS]
        self._habits: AsyncIOMotorCollection[Document] = db[HABITS]
        self.readings: AsyncIOMotorCollection[Document] = db[READINGS]

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self._db, INDEXES)

    async def missing_indexes(self) -> list[str]:
        """Return the names of the indexes that should be there and are not."""
        return await mongo.missing_indexes(self._db, INDEXES)

    # --- entries --------------------------------------------------------------------------------

    async def append(self, entries: Sequence[Document]) -> int:
        """Add entries at their places, in order; return how many: at the next somebody else was faster."""
        documents = [{"_id": place_of(one["chain"], one["number"]), **one} for one in entries]
        try:
            if len(documents) == 1:
                await self._entries.insert_one(documents[0])
            else:
                await self._entries.insert_many(documents, ordered=True)
        except DuplicateKeyError:
            return 0
        except BulkWriteError as error:
            return min(mongo.collided(error))
        return len(entries)

    async def head(self, chain: str, after: int = 0) -> tuple[Head, str]:
        """Return the last entry of a chain that goes at least to ``after``: its head and its moment."""
        known = after or await self._exported(chain)
        # Of what a minute brings; a chain whose head nobody exported is read through once.
        for start in dict.fromkeys((known, 0)):
            rows = self._entries.find(_between(chain, max(0, start - 1)), {"number": 1, "hash": 1, "at": 1})
            found = await rows.to_list(None)
            if found:
                last = max(found, key=lambda row: str(row["_id"]))
                return Head(number_of(last["_id"]), last["hash"]), last["at"]
        return Head(0, GENESIS), ""

    async def _exported(self, chain: str) -> int:
        row = await self.heads.find_one({"_id": chain}, {"number": 1})
        return int(row["number"]) if row else 0

    async def sources(self, chain: str, sources: Iterable[str]) -> set[str]:
        """Return which of those things have been entered into a chain already."""
        wanted = {"source": {"$in": list(sources)}}
        rows = self._entries.find(wanted, {"source": 1, "chain": 1})
        return {row["source"] async for row in rows if row.get("chain") == chain}

    async def read_of(self, folios: Sequence[str]) -> list[tuple[str, datetime]]:
        """Return for which organization, and when, T3 or T4 of those referrals was read or printed."""
        rows = self._entries.find({"about": {"$in": list(folios)}}, {"kind": 1, "actor": 1, "at": 1})
        return [
            (row["actor"]["organization"], datetime.fromisoformat(row["at"]))
            async for row in rows
            if row["kind"] in {"read", "export"} and row["actor"].get("organization")
        ]

    async def range(self, chain: str, after: int, most: int) -> list[tuple[int, Document]]:
        """Return the entries that stand behind a place, in order, with where they stand; so many at most."""
        found = await self._placed(chain, after, after + most + 1)
        # Behind a gap as wide as a page somebody has taken much out: what stands there, if anything does.
        return found or (await self._placed(chain, after + most))[:most]

    async def _placed(self, chain: str, after: int, before: int | None = None) -> list[tuple[int, Document]]:
        rows = self._entries.find(_between(chain, after, before))
        placed = [(number_of(row.pop("_id")), row) async for row in rows]
        # What somebody has put between them under a name that is no place is no entry.
        return sorted((one for one in placed if one[0] > after), key=lambda one: one[0])

    async def chains(self) -> list[Document]:
        """Return every chain that is known, with the head that was last exported."""
        known = dict.fromkeys(("number", "hash", "at", "n", "told", "told_at"), 1)
        return await self.heads.find({}, known).to_list(None)

    async def begin(self, chain: str, now: datetime) -> None:
        """Note that there is such a chain, before its first entry."""
        row = {"_id": chain, "number": 0, "hash": GENESIS, "at": "", "n": 0, "pending": [], "told_at": now}
        with contextlib.suppress(DuplicateKeyError):
            await self.heads.insert_one(row)

    async def export(self, chain: str, head: Head, at: str) -> None:
        """Keep the head of a chain, unless another replica has kept one further on."""
        further = {"number": head.number, "hash": head.hash, "at": at}
        await self.heads.update_one({"_id": chain, "number": {"$lt": head.number}}, {"$set": further})

    async def tell(self, row: Document, at: datetime, event: Document) -> bool:
        """Note that a head is told, with its event; False where another replica was faster."""
        seen = {"_id": row["_id"], "n": row.get("n", 0), "number": row["number"]}
        told = {"told": row["number"], "told_at": at, "n": event["n"], "pending_since": at}
        result = await self.heads.update_one(seen, {"$set": told, "$push": {"pending": event}})
        return bool(result.matched_count)

    # --- who reads how much ---------------------------------------------------------------------

    async def learned_up_to(self) -> dict[str, int]:
        """Return by chain the place up to which its readers' habits are known."""
        return {row["_id"]: row["number"] async for row in self._habits.find({}, {"number": 1})}

    async def habits(self, chain: str) -> tuple[int, list[Document]]:
        """Return up to which place a chain was learned from, and what is known of its readers."""
        row = await self._habits.find_one({"_id": chain})
        return (row["number"], row["readers"]) if row else (0, [])

    async def learn(self, chain: str, before: int, number: int, readers: list[Document]) -> bool:
        """Keep what is known at a place, where it was learned up to ``before``; False where it is not."""
        if not before:
            with contextlib.suppress(DuplicateKeyError):
                await self._habits.insert_one({"_id": chain, "number": number, "readers": readers})
                return True
        known = {"number": number, "readers": readers}
        result = await self._habits.update_one({"_id": chain, "number": before}, {"$set": known})
        return bool(result.matched_count)

    async def flag(self, document: Document) -> bool:
        """Keep an unusual reading; False where it is known."""
        try:
            await self.readings.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    # --- notes that wait ------------------------------------------------------------------------

    async def wait(self, source: str, note: Note) -> None:
        """Have a note entered soon, and once, under the name of the thing that was done."""
        with contextlib.suppress(DuplicateKeyError):
            await self._waiting.insert_one(
                {"_id": source, **to_document(dataclasses.replace(note, source=source))}
            )

    async def waiting(self) -> list[Document]:
        """Return some notes that were committed with what they tell of, and are in no chain yet."""
        return await self._waiting.find({}).limit(AT_ONCE).to_list(None)

    async def entered(self, ids: Sequence[str]) -> None:
        """Forget notes that are in their chains."""
        await self._waiting.delete_many({"_id": {"$in": list(ids)}})


def _between(chain: str, after: int, before: int | None = None) -> Document:
    """What stands between two places, both excluded: the embedded database knows no end with ``$lte``."""
    end = f"{chain}:{_BEYOND}" if before is None else place_of(chain, before)
    return {"_id": {"$gt": place_of(chain, after), "$lt": end}}
