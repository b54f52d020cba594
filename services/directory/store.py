"""Every database call of the directory: organizations, services, clients, members.

An organization or a service is one document: typed fields, the record as received (``record``, a JSON
text), its source and the hash of the record, ``revision``, and the outbox's ``n``, ``pending`` and
``pending_since``. Every write of one is conditional on its revision.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Collection as Some
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from chassis import mongo
from services.directory import history
from services.directory.capacity.store import INDEXES as CAPACITY_INDEXES
from services.directory.capacity.store import CapacityStore
from services.directory.followed import IDS, Followed
from services.directory.ids import PREFIXES, Noun

DATABASE = "relevo_directory"
ORGANIZATIONS = "organizations"
SERVICES = "services"
CLIENTS = "clients"
MEMBERS = "members"

# Few, since the look-ups are by _id and the lists are made in memory (index.py).
INDEXES = {
    noun: [
        IDS,
        IndexModel([("changed_at", 1)], name="changed_at"),
        IndexModel([("pending_since", 1)], name="pending_since", sparse=True),
        IndexModel([("read_as", 1)], name="read_as"),
        IndexModel([("locations.id", 1)], name="locations"),
        IndexModel([("source", 1)], name="source"),
    ]
    for noun in (ORGANIZATIONS, SERVICES)
} | CAPACITY_INDEXES

Document = dict[str, Any]
Indexes = Mapping[str, Sequence[IndexModel]]
Write = InsertOne[Document] | UpdateOne
ANSWER_SECONDS = 2
# A new document is stamped before it is written, so long at most; then it is stamped anew.
LATE = timedelta(seconds=2)
# What the hot look-ups leave in the database.
_UNSEEN = {
    "record": 0, "pending": 0, "hash": 0, "idempotency": 0, "acceptance.history": 0,
}  # fmt: skip
_UNREAD = {field: 0 for field in _UNSEEN if field != "record"}
# Of a document's idempotency entries the last so many are kept.
KEYS_KEPT = 100


@dataclass(frozen=True)
class Known:
    """What a write has to know of what is there: revision, count of events, hash of its record.

    ``verified`` is a coordinator's word on an organization, which no import takes back. ``values`` are its
    typed fields as they are; what an organization has edited itself stands in ``values["edited"]``.
    """

    revision: int = 0
    n: int = 0
    hash: str | None = None
    verified: bool = False
    values: Document = field(default_factory=dict)

    @property
    def edited(self) -> frozenset[str]:
        """The fields that its organization has edited: no import overwrites them."""
        return frozenset(self.values.get("edited") or ())


@dataclass(frozen=True)
class Change:
    """One write of an organization or service, decided on ``known``, with the event that it causes.

    ``author`` and ``action`` are what its history says (by default: its source, or the operator, made or
    changed it). ``idempotency`` is the entry of the request that it carries out, if that has a key.
    """

    id: str
    known: Known
    fields: Document
    event: Document
    author: Document | None = None
    action: str | None = None
    idempotency: Document | None = None

    @property
    def pending(self) -> list[Document]:
        """What the document's outbox is given: the history's entry, where there is one, and the event."""
        return [*history.pending(self), self.event]


class Store:
    """The directory's collections."""

    def __init__(self, client: mongo.Client) -> None:
        self.db: mongo.Database = client[DATABASE]
        self.capacity = CapacityStore(self.db)
        # After so long a service that comes here is to be looked at again.
        self.review_after = timedelta(days=180)
        self._clients: AsyncIOMotorCollection[Document] = self.db[CLIENTS]
        self._members: AsyncIOMotorCollection[Document] = self.db[MEMBERS]

    def collection(self, noun: Noun) -> AsyncIOMotorCollection[Document]:
        """Return the collection of organizations or services."""
        return self.db[ORGANIZATIONS if noun == "organization" else SERVICES]

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def missing_indexes(self, further: Iterable[Indexes] = ()) -> list[str]:
        """Return the names of the indexes that should be there and are not; ``further`` are others'."""
        wanted = [INDEXES, *further]
        return [name for some in wanted for name in await mongo.missing_indexes(self.db, some)]

    async def answers(self) -> bool:
        """Whether the database answers within two seconds."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                # A ping is answered by a server that can read and write nothing any more.
                await self.db[ORGANIZATIONS].find_one({}, {"_id": 1})
        except (PyMongoError, TimeoutError):
            return False
        return True

    async def now(self) -> datetime:
        """Return the database's own clock, by which ``changed_at`` is set."""
        return await mongo.time_of(self.db)

    async def get_many(self, noun: Noun, ids: Some[str]) -> dict[str, Document]:
        """Return the documents that exist, by id, in one query; without the record."""
        cursor = self.collection(noun).find({"_id": {"$in": list(ids)}}, _UNSEEN)
        return {document["_id"]: document async for document in cursor}

    async def get_whole(self, noun: Noun, ids: Some[str]) -> dict[str, Document]:
        """Return the documents that exist, by id, in one query, with the record as received."""
        cursor = self.collection(noun).find({"_id": {"$in": list(ids)}}, {"pending": 0, "hash": 0})
        return {document["_id"]: document async for document in cursor}

    async def get(self, noun: Noun, noun_id: str) -> Document | None:
        """Return one document without its record, or None."""
        return await self.collection(noun).find_one({"_id": noun_id}, _UNSEEN)

    async def known(self, noun: Noun, ids: Some[str]) -> dict[str, Known]:
        """Return, of those that exist, what a write has to know."""
        if not ids:
            return {}
        cursor = self.collection(noun).find({"_id": {"$in": list(ids)}}, {"record": 0, "pending": 0})
        return {
            one["_id"]: Known(one["revision"], one["n"], one.get("hash"), one.get("verified", False), one)
            async for one in cursor
        }

    async def save(self, noun: Noun, changes: Iterable[Change]) -> set[str]:
        """Write all changes in one request; return the ids of those that somebody else changed first.

        A new document is expected at revision 0, where there is none, and inserted. For one that is known
        the upsert collides with the ``_id`` where the revision is another, and so says which of the batch
        it was: a plain update would only say how many matched.
        """
        changes = list(changes)
        if not changes:
            return set()
        stamp = await self.now() if any(not change.known.revision for change in changes) else None
        born = self._born() if noun == "service" else {}
        writes = [_insert(one, born, stamp) if not one.known.revision else _update(one) for one in changes]
        lost = await self._write(noun, changes, writes)
        if stamp is not None and await self.now() - stamp > LATE:
            # Whoever follows by the clock may have looked already, and would not look so far back again.
            new = [one.id for one in changes if not one.known.revision and one.id not in lost]
            touch = {"$currentDate": {"changed_at": True}}
            await self.collection(noun).update_many({"_id": {"$in": new}}, touch)
        return lost

    async def _write(self, noun: Noun, changes: list[Change], writes: list[Write]) -> set[str]:
        try:
            await self.collection(noun).bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            return {changes[place].id for place in mongo.collided(error)}
        return set()

    def _born(self) -> Document:
        """What every new service has: the day on which its organization is asked whether it is still true."""
        due = datetime.now(UTC) + self.review_after
        return {"next_review": due, "remind_at": due}

    def followed(self, noun: Noun) -> Followed:
        """Return what a replica follows of organizations or services: whole, with the record as received."""
        return Followed(self.collection(noun), PREFIXES[noun], _UNREAD)

    async def outdated(self, noun: Noun, read_as: int, most: int) -> list[str]:
        """Return the ids of some documents that were read by older rules or an older table."""
        cursor = self.collection(noun).find({"read_as": {"$lt": read_as}}, {"_id": 1}, limit=most)
        return [one["_id"] async for one in cursor]

    async def unmarked(self, noun: Noun) -> list[str]:
        """Return the ids of imported documents from before they said by which rules they were read."""
        cursor = self.collection(noun).find({"read_as": None, "source": {"$ne": None}}, {"_id": 1})
        return [one["_id"] async for one in cursor]

    async def records(self, noun: Noun, ids: Some[str]) -> list[Document]:
        """Return source and record of imported documents."""
        seen = {"source": 1, "record": 1}
        cursor = self.collection(noun).find({"_id": {"$in": list(ids)}}, seen)
        return [one async for one in cursor if one.get("source") and one.get("record")]

    async def mark_read(self, noun: Noun, ids: Some[str], read_as: int) -> None:
        """Note that documents say what these rules and this table say; no change of anything they say.

        One that was never marked is not: only an import of its record does that.
        """
        outdated = {"_id": {"$in": list(ids)}, "read_as": {"$lt": read_as}}
        await self.collection(noun).update_many(outdated, {"$set": {"read_as": read_as}})

    async def showing(self, noun: Noun, locations: Some[str]) -> list[Document]:
        """Return source and record of the documents that name any of these locations."""
        if not locations:
            return []
        cursor = self.collection(noun).find(
            {"locations.id": {"$in": list(locations)}},
            {"source": 1, "record": 1, "locations": 1, "organization": 1},
        )
        return [one async for one in cursor]

    async def visibilities(self, noun: Noun, ids: Some[str]) -> dict[str, Document]:
        """Return what organizations said of who may see the places of their entries, of those that did."""
        if not ids:
            return {}
        cursor = self.collection(noun).find({"_id": {"$in": list(ids)}}, {"visibilities": 1})
        return {one["_id"]: one["visibilities"] async for one in cursor if one.get("visibilities")}

    async def places(self) -> AsyncIterator[Document]:
        """Every location of every service."""
        async for one in self.collection("service").find({}, {"locations": 1}):
            for place in one.get("locations") or ():
                yield place

    async def overdue_in(self, collections: Iterable[str], older_than: timedelta) -> int:
        """Return how many documents of these collections have waited longer than that."""
        late = {"pending_since": {"$lt": datetime.now(UTC) - older_than}}
        return sum([await self.db[name].count_documents(late) for name in collections])

    async def overdue(self, noun: Noun, older_than: timedelta) -> int:
        """Return how many documents have waited longer than that to have their events published."""
        moment = datetime.now(UTC) - older_than
        return await self.collection(noun).count_documents({"pending_since": {"$lt": moment}})

    async def insert_client(self, document: Document) -> None:
        """Add a client; its id is new."""
        await self._clients.insert_one(document)

    async def get_client(self, client_id: str) -> Document | None:
        """Return a client's document, or None."""
        return await self._clients.find_one({"_id": client_id})

    async def get_clients(self, ids: Some[str]) -> list[Document]:
        """Return the documents of the clients that exist, in one query; without their secrets' hashes."""
        cursor = self._clients.find(
            {"_id": {"$in": list(ids)}}, {"secret_hash": 0, "old_secrets": 0, "idempotency": 0}
        )
        return [document async for document in cursor]

    async def revoke_client(self, stored: Document, at: datetime, told: Document) -> bool:
        """Revoke a client, once, with its event; False where it has changed since it was read."""
        seen = {"_id": stored["_id"], "revoked": None, "n": stored.get("n")}
        fields = {"revoked": at, **{name: told[name] for name in ("n", "pending_since")}}
        change = {"$set": fields, "$push": {"pending": told["pending"][-1]}}
        return bool((await self._clients.update_one(seen, change)).matched_count)

    async def insert_member(self, document: Document) -> Document:
        """Add a member and return it, or the one that has its id already."""
        try:
            await self._members.insert_one(document)
        except DuplicateKeyError:
            return await self._members.find_one({"_id": document["_id"]}) or document
        return document


def _insert(change: Change, born: Document, stamp: datetime | None) -> Write:
    """The write of a new document: some twenty times faster than an upsert in the embedded database.

    ``born`` is what it has where the change does not say it; ``stamp`` the database's own clock just now.
    """
    return InsertOne(
        {
            "_id": change.id,
            **born,
            **change.fields,
            **({} if change.idempotency is None else {"idempotency": [change.idempotency]}),
            "n": change.event["n"],
            "pending": change.pending,
            "pending_since": change.event["at"],
            "revision": 1,
            "changed_at": stamp,
        }
    )


def _update(change: Change) -> Write:
    push: Document = {"pending": {"$each": change.pending}}
    if change.idempotency is not None:
        push["idempotency"] = {"$each": [change.idempotency], "$slice": -KEYS_KEPT}
    return UpdateOne(
        {"_id": change.id, "revision": change.known.revision},
        {
            "$set": {**change.fields, "n": change.event["n"], "pending_since": change.event["at"]},
            "$inc": {"revision": 1},
            "$push": push,
            # The database's own clock: replicas that follow changes by it need not trust each other's.
            "$currentDate": {"changed_at": True},
        },
        upsert=True,
    )
