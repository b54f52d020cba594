"""Every database call of importing and exporting: leases of sources, what came in a run, what people decide.

``imports`` has a document for each source: the run that holds it, until when, and whether it was finished.
``import_seen`` has the ids that each batch of a run brought. ``conflicts`` and ``duplicates`` have what
waits for a person, and what was decided.
"""

import secrets
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from services.directory.ids import Noun
from services.directory.store import Document, Store

# An import that sends nothing for so long has died; a batch is answered within a minute.
LEASE = timedelta(minutes=3)
NOUNS: tuple[Noun, Noun] = ("organization", "service")
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_PLACES = {"name": 1, "organization": 1, "source": 1, "source_id": 1, "status": 1, "disappeared": 1}


class ExchangeStore:
    """The collections of importing and exporting, beside the directory's own."""

    def __init__(self, store: Store) -> None:
        self.directory = store
        self._imports = store.db["imports"]
        self._seen = store.db["import_seen"]
        self._conflicts = store.db["conflicts"]
        self._duplicates = store.db["duplicates"]

    async def lease(self, source: str, run: str) -> Document | None:
        """Give the source to a run, and return what was there before; None where another run has it.

        One conditional write: of two that ask at once, one gets it.
        """
        now = await self.directory.now()
        before: Document = await self._imports.find_one({"_id": source}) or {}
        new = {"run": run, "until": now + LEASE, "began": now, "finished": False}
        if not before:
            try:
                await self._imports.insert_one({"_id": source, **new})
            except DuplicateKeyError:
                return None
            return {}
        if before["run"] != run and before["until"] > now:
            return None
        same = {"_id": source, "run": before["run"], "until": before["until"]}
        taken = await self._imports.update_one(same, {"$set": new})
        return before if taken.matched_count else None

    async def holder(self, source: str) -> Document | None:
        """Return who has a source."""
        found: Document | None = await self._imports.find_one({"_id": source})
        return found

    async def renew(self, source: str, run: str) -> datetime | None:
        """Let a run go on for a while; None where it has the source no longer."""
        until = await self.directory.now() + LEASE
        held = {"_id": source, "run": run, "finished": False}
        renewed = await self._imports.update_one(held, {"$set": {"until": until}})
        return until if renewed.matched_count else None

    async def release(self, source: str, run: str, finished: bool) -> None:
        """Give the source back; ``finished`` is False where this run did not do all that it should."""
        done = {"until": _NEVER, "finished": finished}
        await self._imports.update_one({"_id": source, "run": run}, {"$set": done})
        if finished:
            await self._seen.delete_many({"source": source})

    async def forget_seen(self, source: str, run: str) -> None:
        """Forget what earlier runs of a source brought."""
        await self._seen.delete_many({"source": source, "run": {"$ne": run}})

    async def note_seen(self, source: str, run: str, ids: Iterable[str]) -> None:
        """Remember what a batch brought."""
        document = {"_id": f"{run}:{secrets.token_hex(8)}", "source": source, "run": run, "ids": list(ids)}
        await self._seen.insert_one(document)

    async def seen(self, source: str, run: str) -> set[str]:
        """Return every id that a run brought."""
        cursor = self._seen.find({"source": source, "run": run}, {"ids": 1})
        return {noun_id async for batch in cursor for noun_id in batch["ids"]}

    async def of_source(self, noun: Noun, source: str) -> AsyncIterator[str]:
        """The ids of a source's documents that have not disappeared."""
        cursor = self.directory.collection(noun).find({"source": source}, {"disappeared": 1})
        async for document in cursor:
            if not document.get("disappeared"):
                yield document["_id"]

    async def whole(self, noun: Noun, ids: Iterable[str]) -> dict[str, Document]:
        """Return the documents that exist, with their records."""
        cursor = self.directory.collection(noun).find({"_id": {"$in": list(ids)}}, {"pending": 0})
        return {document["_id"]: document async for document in cursor}

    async def places(self, noun: Noun) -> AsyncIterator[Document]:
        """All documents, with what tells duplicates: names and places."""
        seen = {
            **_PLACES,
            **{f"locations.{field}": 1 for field in ("visibility", "latitude", "longitude", "city")},
            **{f"locations.{field}": 1 for field in ("municipality", "state", "postal_code")},
            "states": 1,
        }
        async for document in self.directory.collection(noun).find({}, seen):
            yield document

    # What people decide.

    async def conflict(self, conflict_id: str) -> Document | None:
        """Return one conflict."""
        found: Document | None = await self._conflicts.find_one({"_id": conflict_id})
        return found

    async def put_conflict(self, document: Document) -> None:
        """Note a conflict, in the place of an older one of the same field."""
        await self._conflicts.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def settle_conflict(self, conflict_id: str, status: str) -> None:
        """Note what a person decided."""
        await self._conflicts.update_one({"_id": conflict_id}, {"$set": {"status": status}})

    async def open_conflicts(self, source: str | None) -> list[Document]:
        """Return those that wait, by id."""
        condition: dict[str, Any] = {"status": "open"} | ({"source": source} if source else {})
        found = [one async for one in self._conflicts.find(condition)]
        return sorted(found, key=lambda document: str(document["_id"]))

    async def decisions(self) -> dict[str, Document]:
        """Return what was decided of possible duplicates, by group."""
        return {one["_id"]: one async for one in self._duplicates.find({})}

    async def decide(self, group: str, decision: str, members: list[str]) -> None:
        """Remember what a person decided of a group, and of whom."""
        document = {"_id": group, "decision": decision, "members": members, "at": datetime.now(UTC)}
        await self._duplicates.replace_one({"_id": group}, document, upsert=True)
