"""The vault: a person's data as encrypted blobs, and the data keys whose deletion erases it for good.

Explicit client-side field level encryption, as any MongoDB driver can read it: AEAD with a random
initialization vector, data keys wrapped by a local master key (``masters``), kept in a database of their own
so that they are backed up apart from the data. A referral has two keys, one for T2, one for T3 and T4.

libmongocrypt is driven directly. The driver's own ClientEncryption asks the key vault for every key that
it has just made, and again for every value once a key is out of its cache; here keys that are made are at
hand, and those of a whole list come in one query (README.md has the numbers). Each operation has a
libmongocrypt of its own and forgets its keys, so that a key that was deleted decrypts nothing from that
moment on: the library's own cache would go on for a minute.
"""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import bson
from bson.binary import Binary
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import UpdateOne
from pymongocrypt.errors import MongoCryptError
from pymongocrypt.options import MongoCryptOptions
from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter

from chassis import mongo
from services.referrals.erased import ErasedKeys
from services.referrals.masters import Known, Masters
from services.referrals.ring import Ring

DATABASE = "relevo_keys"
COLLECTION = "data_keys"
_WRAPPED_WITH = "masterKey.provider"
# Random: the same name twice is two different blobs. Nothing encrypted is ever searched.
ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"

KeyId = UUID


class ErasedError(Exception):
    """The data key of a value is gone, and the value with it."""


class Keys:
    """Some data keys in hand, to encrypt and decrypt with; close them after the operation."""

    def __init__(self, masters: Known, wrapped: Iterable[RawBSONDocument] = ()) -> None:
        self._ring = Ring(wrapped)
        self.target = masters.target
        options = MongoCryptOptions(masters.providers, bypass_encryption=True)
        self._crypt = ExplicitEncrypter(self._ring, options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crypt.close()

    def __contains__(self, key: KeyId) -> bool:
        return key.bytes in self._ring.keys

    @property
    def wrapped(self) -> list[RawBSONDocument]:
        """The keys as the key vault keeps them."""
        return list(self._ring.keys.values())

    def make(self) -> KeyId:
        """Make a new data key, in hand only: ``Vault.keep`` stores it."""
        return UUID(bytes=bytes(self._crypt.create_data_key(self.target)))

    def rewrapped(self) -> list[dict[str, Any]]:
        """Return all of them as the master key that wraps what is new wraps them.

        Raises:
            MongoCryptError: one of them was wrapped with a master key that is not there.
        """
        rows: list[dict[str, Any]] = bson.decode(self._crypt.rewrap_many_data_key({}, self.target))["v"]
        return rows

    def seal(self, key: KeyId, value: bytes) -> Binary:
        """Return the value encrypted with that key.

        Raises:
            ErasedError: the key is not there any more.
        """
        if key not in self:
            raise ErasedError
        plain = bson.encode({"v": Binary(value)})
        sealed = self._crypt.encrypt(plain, ALGORITHM, key_id=key.bytes)
        return Binary(bson.decode(sealed)["v"], 6)

    def open(self, blob: bytes) -> bytes:
        """Return the value of an encrypted blob.

        Raises:
            ErasedError: its key is not there any more.
        """
        if key_of(blob) not in self:
            raise ErasedError
        plain: bytes = self._crypt.decrypt(bson.encode({"v": Binary(blob, 6)}))
        return bytes(bson.decode(plain)["v"])


class Vault:
    """The key vault: makes, keeps, fetches and erases data keys. One per process."""

    def __init__(self, client: mongo.Client, masters: Masters, erased: ErasedKeys | None = None) -> None:
        self._masters = masters
        self._erased = erased or ErasedKeys(None)
        self._collection: AsyncIOMotorCollection[Any] = client[DATABASE].get_collection(
            COLLECTION, codec_options=CodecOptions(document_class=RawBSONDocument)
        )

    def new(self) -> Keys:
        """Return an empty ring, to make keys in."""
        return Keys(self._masters.known())

    async def make(self) -> KeyId:
        """Make one new key and store it."""
        with self.new() as keys:
            key = keys.make()
            await self.keep(keys)
        return key

    async def keep(self, keys: Keys) -> None:
        """Store new keys. When this returns they are durable, at a majority."""
        await self._collection.insert_many(keys.wrapped, ordered=False)
        if keys.target != self.target:
            # The master key was exchanged meanwhile: whoever wraps anew may have passed it by.
            await self._rewrap(keys.wrapped)

    async def fetch(self, ids: Iterable[KeyId]) -> Keys:
        """Return those keys that are still there, in one query whatever their number."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return self.new()
        found = self._collection.find({"_id": {"$in": [Binary(key.bytes, 4) for key in wanted]}})
        rows = await found.to_list(None)
        # Only now: what they are wrapped with may have come a moment ago.
        return Keys(self._masters.known(), rows)

    async def opens(self) -> bool:
        """Whether the master key is the one that the vault's keys were wrapped with, tried on one of them."""
        row = await self._collection.find_one({})
        if row is None:
            return True
        with Keys(self._masters.known(), [row]) as keys:
            try:
                keys.seal(UUID(bytes=bytes(row["_id"])), b"")
            except MongoCryptError:
                return False
        return True

    @property
    def target(self) -> str:
        """Which master key wraps what is new."""
        return self._masters.known().target

    @property
    def kept(self) -> str:
        """Where that one is kept, for people."""
        return self._masters.kept

    async def wrapped_otherwise(self) -> int:
        """Return how many keys are not wrapped with that one."""
        return await self._collection.count_documents({_WRAPPED_WITH: {"$ne": self.target}})

    async def rewrap(self, most: int) -> tuple[int, int]:
        """Wrap some of those with it; return how many were, and how many open with no master key there is."""
        rows = await self._collection.find({_WRAPPED_WITH: {"$ne": self.target}}).limit(most).to_list(None)
        failed = await self._rewrap(rows)
        return len(rows) - failed, failed

    async def _rewrap(self, rows: Sequence[RawBSONDocument]) -> int:
        """Wrap those keys anew where each is as it was, and none that was erased; return how many failed."""
        try:
            with Keys(self._masters.known(), rows) as keys:
                wrapped = keys.rewrapped() if rows else []
        except MongoCryptError:
            if len(rows) == 1:
                return 1
            return sum([await self._rewrap([row]) for row in rows])
        was = {bytes(row["_id"]): row for row in rows}
        changes = [
            UpdateOne(
                {"_id": row["_id"], "keyMaterial": was[bytes(row["_id"])]["keyMaterial"]},
                {"$set": {"keyMaterial": row["keyMaterial"], "masterKey": row["masterKey"]}},
            )
            for row in wrapped
        ]
        if changes:
            await self._collection.bulk_write(changes, ordered=False)
        return 0

    async def erase(self, ids: Iterable[KeyId]) -> None:
        """Delete keys: what they encrypted is gone, here and in every backup of the data.

        Raises:
            OSError: they cannot be listed as erased, and are left.
        """
        keys = list(ids)
        await self._erased.add(keys)
        await self._collection.delete_many({"_id": {"$in": [Binary(key.bytes, 4) for key in keys]}})


def key_of(blob: bytes) -> KeyId:
    """Return the id of the key that encrypted a blob, which stands in its first bytes after the type."""
    return UUID(bytes=bytes(blob[1:17]))
