"""Every database call on pathways: each version is one document, written once and never changed.

A network's own has ``_id`` ``<code>.<revision>``: of two who edit the same version one is first. What comes
with Relevo is kept as ``<code>@<edition>``, so that a version that a referral names is there for good. What
it says is compressed JSON: it is read as a whole only, and whoever searches the database's files for a
person's sensitive codes (as the tests do) finds a person's.
"""

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from contracts.pathways import Pathway
from services.referrals.document import Document
from services.referrals.pathways.pathway import Version

PATHWAYS = "pathways"
INDEXES = [
    IndexModel([("code", ASCENDING)], name="code"),
    IndexModel([("revision", ASCENDING)], name="revision"),
]


@dataclass(frozen=True)
class Kept:
    """A version as it is kept: when it was made, by which organization, and why."""

    version: Version
    at: datetime | None = None
    organization: str | None = None
    note: str | None = None


class PathwayStore:
    """All versions of all pathways."""

    def __init__(self, database: mongo.Database) -> None:
        self._pathways: AsyncIOMotorCollection[Document] = database[PATHWAYS]

    async def keep(self, shipped: Iterable[Version]) -> None:
        """Keep what came with Relevo, if it is not kept already."""
        for version in shipped:
            await self.insert(_document(Kept(version)))

    async def revisions(self) -> list[str]:
        """Return the ids of all that the network made."""
        return [row["_id"] async for row in self._pathways.find({"revision": {"$gt": 0}}, {"_id": 1})]

    async def load(self, ids: Collection[str]) -> list[Kept]:
        """Return the versions with those ids."""
        rows = await self._pathways.find({"_id": {"$in": list(ids)}}).to_list(None)
        return [_kept(row) for row in rows]

    async def of(self, code: str) -> list[Kept]:
        """Return every version of a pathway."""
        return [_kept(row) async for row in self._pathways.find({"code": code})]

    async def done(self, code: str, key: str, since: datetime) -> Document | None:
        """Return the version of a pathway that was made since under that key."""
        return await self._pathways.find_one({"code": code, "key": key, "at": {"$gt": since}})

    async def add(self, kept: Kept, more: Document) -> bool:
        """Keep a version of the network's own; False where that revision is somebody else's."""
        return await self.insert({**_document(kept), **more})

    async def insert(self, document: Document) -> bool:
        """Keep a document; False where there is one of that id."""
        try:
            await self._pathways.insert_one(document)
        except DuplicateKeyError:
            return False
        return True


def id_of(version: Version) -> str:
    """Return under what a version is kept."""
    code = version.pathway.code
    return f"{code}.{version.revision}" if version.revision else f"{code}@{version.edition}"


def revision_of(kept_as: str) -> tuple[str, int]:
    """Return the code and the revision of a network's own version, from its id."""
    code, _, revision = kept_as.rpartition(".")
    return code, int(revision)


def _document(kept: Kept) -> Document:
    version = kept.version
    return {
        "_id": id_of(version),
        "code": version.pathway.code,
        "edition": version.edition,
        "revision": version.revision,
        "pathway": Binary(zlib.compress(msgspec.json.encode(version.pathway))),
        "at": kept.at,
        "organization": kept.organization,
        "note": kept.note,
    }


def _kept(row: Document) -> Kept:
    pathway = msgspec.json.decode(zlib.decompress(row["pathway"]), type=Pathway)
    at = row["at"] and row["at"].astimezone(UTC)
    return Kept(Version(pathway, row["edition"], row["revision"]), at, row["organization"], row["note"])
