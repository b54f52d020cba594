"""The database calls of membership: proposals, and clients and members beyond what the look-ups need.

A client or a member is changed by one write that is conditional on what was read; so is a proposal, whose
outbox and ``unfinished_since`` say what a decision has still to cause.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo, paging
from chassis.moments import Moments
from contracts.codes import NetworkRole, Role
from services.directory.organization import network_roles
from services.directory.store import CLIENTS, KEYS_KEPT, MEMBERS, ORGANIZATIONS, SERVICES

PROPOSALS = "proposals"
INDEXES = {
    ORGANIZATIONS: [
        IndexModel([("releasing_since", 1)], name="releasing_since", sparse=True),
        IndexModel([("network_roles", 1)], name="network_roles", sparse=True),
    ],
    CLIENTS: [
        IndexModel([("organization", 1)], name="organization"),
        IndexModel([("pending_since", 1)], name="pending_since", sparse=True),
    ],
    MEMBERS: [
        IndexModel([("organization", 1)], name="organization"),
        IndexModel([("pending_since", 1)], name="pending_since", sparse=True),
    ],
    PROPOSALS: [
        IndexModel([("proposer", 1)], name="proposer"),
        IndexModel([("status", 1)], name="status"),
        IndexModel([("pending_since", 1)], name="pending_since", sparse=True),
        IndexModel([("unfinished_since", 1)], name="unfinished_since", sparse=True),
    ],
}

Document = dict[str, Any]
EVER = datetime.min.replace(tzinfo=UTC)


class People:
    """Clients, members and proposals."""

    def __init__(self, db: mongo.Database) -> None:
        self.db = db
        self.clients: AsyncIOMotorCollection[Document] = db[CLIENTS]
        self.members: AsyncIOMotorCollection[Document] = db[MEMBERS]
        self.proposals: AsyncIOMotorCollection[Document] = db[PROPOSALS]
        self._services: AsyncIOMotorCollection[Document] = db[SERVICES]
        self._organizations: AsyncIOMotorCollection[Document] = db[ORGANIZATIONS]
        # Decisions that have not had their effect, and organizations whose kept places wait to be released.
        self.unfinished = Moments(self.proposals, "unfinished_since", None)
        self.unreleased = Moments(self._organizations, "releasing_since", {"releasing_since": 1})

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def with_role(self, wanted: NetworkRole, most: int) -> list[str]:
        """Return organizations that keep the network now, or audit it, so many at most."""
        role = {"network_roles": wanted, "verified": True}
        found = self._organizations.find(role, {"status": 1, "kind": 1, "verified": 1, "network_roles": 1})
        kept = [one["_id"] async for one in found if wanted in network_roles(one)]
        return sorted(kept)[:most]

    async def members_of(self, organization: str, wanted: Sequence[str]) -> dict[str, Document]:
        """Return by id those of the members that are an organization's."""
        rows = self.members.find({"_id": {"$in": list(wanted)}, "organization": organization})
        return {row["_id"]: row async for row in rows}

    async def working(self, organization: str) -> list[Document]:
        """Return id and status of an organization's members with a role that works on referrals."""
        roles = {"$in": [Role.CASEWORKER.value, Role.MANAGER.value]}
        rows = self.members.find({"organization": organization, "roles": roles}, {"status": 1})
        return await rows.to_list(None)

    async def insert(self, collection: AsyncIOMotorCollection[Document], document: Document) -> Document:
        """Add a document and return it, or the one that has its id already."""
        try:
            await collection.insert_one(document)
        except DuplicateKeyError:
            return await collection.find_one({"_id": document["_id"]}) or document
        return document

    async def insert_within(
        self,
        collection: AsyncIOMotorCollection[Document],
        document: Document,
        condition: Mapping[str, Any],
        most: int,
    ) -> Document | None:
        """Add a document as ``insert``, or None: with it more than ``most`` would fit the condition.

        It is counted after it was added, and taken back where there are too many. Of those that come at once
        the last to count has all of them before it, so there are never more that stay; there may be fewer.
        """
        there = await self.insert(collection, document)
        if there is document and await collection.count_documents(dict(condition)) > most:
            # Not once somebody has decided on it.
            seen: Document = {name: document[name] for name in ("_id", "n") if name in document}
            if (await collection.delete_one(seen)).deleted_count:
                return None
        return there

    async def save(
        self,
        collection: AsyncIOMotorCollection[Document],
        seen: Mapping[str, Any],
        fields: Mapping[str, Any],
        entry: Mapping[str, Any],
        pending: Sequence[Document] = (),
    ) -> bool:
        """Set fields of the document that has all that was ``seen``, its id too; False if it changed."""
        push: Document = {"idempotency": {"$each": [entry], "$slice": -KEYS_KEPT}}
        if pending:
            push["pending"] = {"$each": list(pending)}
        done = await collection.update_one(dict(seen), {"$set": dict(fields), "$push": push})
        return bool(done.matched_count)

    async def finish(self, proposal_id: str) -> None:
        """Note that all that a decision causes has been done."""
        await self.proposals.update_one({"_id": proposal_id}, {"$unset": {"unfinished_since": ""}})

    async def releasing(self, organization_id: str) -> datetime | None:
        """Return since when an organization's kept places have waited to be released; None if none do."""
        row = await self._organizations.find_one({"_id": organization_id}, {"releasing_since": 1})
        return (row or {}).get("releasing_since")

    async def released(self, organization_id: str, since: datetime) -> None:
        """Note that what an organization kept since that moment has been released."""
        seen = {"_id": organization_id, "releasing_since": since}
        await self._organizations.update_one(seen, {"$unset": {"releasing_since": ""}})

    async def count(self, organization_id: str) -> tuple[int, int, int]:
        """Return how many clients that are not revoked, members that are active, and services it has."""
        own = {"organization": organization_id}
        return (
            await self.clients.count_documents({**own, "revoked": None}),
            sum([one.get("status") != "removed" async for one in self.members.find(own, {"status": 1})]),
            await self._services.count_documents(own),
        )

    async def page(
        self,
        collection: AsyncIOMotorCollection[Document],
        condition: Mapping[str, Any],
        order: str,
        page: Any,
    ) -> tuple[list[Document], paging.Slice]:
        """Return a page of the documents that fit, by a moment of theirs (``order``) and their id.

        Raises:
            InvalidError: the page is not right.
        """
        # An organization has few of any of them; sorting in the embedded database is no quicker.
        rows = [
            (row[order].isoformat() if row.get(order) else "", row["_id"])
            async for row in collection.find(dict(condition), {order: 1})
        ]
        found = paging.cut(sorted(rows), page)
        ids = [noun_id for _, noun_id in found.keys]
        documents = {one["_id"]: one async for one in collection.find({"_id": {"$in": ids}})}
        return [documents[noun_id] for noun_id in ids if noun_id in documents], found
