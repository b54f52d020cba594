"""The wrapped keys of one operation of libmongocrypt, which asks for them here instead of in the database."""

from collections.abc import Iterable, Iterator
from typing import Any

import bson
from bson.binary import Binary
from bson.raw_bson import RawBSONDocument
from pymongocrypt.synchronous.state_machine import MongoCryptCallback


class Ring(MongoCryptCallback):  # type: ignore[misc] # pymongocrypt has no types
    """The wrapped keys of one operation; libmongocrypt asks it instead of the database."""

    def __init__(self, wrapped: Iterable[RawBSONDocument]) -> None:
        self.keys = {bytes(key["_id"]): key for key in wrapped}

    def fetch_keys(self, filter: bytes) -> Iterator[Any]:
        asked = bson.decode(filter)
        if "$or" not in asked:
            return (key.raw for key in self.keys.values())  # to be wrapped anew
        wanted = asked["$or"][0]["_id"]["$in"]
        return (self.keys[bytes(key)].raw for key in wanted if bytes(key) in self.keys)

    def insert_data_key(self, data_key: bytes) -> Binary:
        key = RawBSONDocument(data_key)
        self.keys[bytes(key["_id"])] = key
        return Binary(bytes(key["_id"]), 4)

    def bson_encode(self, doc: Any) -> bytes:
        return bson.encode(doc)

    def kms_request(self, kms_context: Any) -> None:
        raise NotImplementedError("a local master key needs no KMS")

    def collection_info(self, database: str, filter: bytes) -> bytes:
        raise NotImplementedError("explicit encryption reads no schema")

    def mark_command(self, database: str, cmd: bytes) -> bytes:
        raise NotImplementedError("explicit encryption marks nothing")

    def close(self) -> None:
        """Nothing is held."""
