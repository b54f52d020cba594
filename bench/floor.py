"""The floor: what the same servers take for the bare steps without which a referral cannot be safe.

Each step is the least that there is: two key documents at once and one journaled insert of a document of the
referral's own bytes, NATS requests without a body to speak of, acknowledged publishes to streams that
fsync, ``{ __typename }`` through the gateway.
"""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from nats.aio.msg import Msg

from bench.http import Connection
from chassis import mongo
from chassis.bus import Bus, connect
from chassis.identity import Identity

# Allowed to these keys by deploy/nats/permissions.conf, and used by nobody.
HOP = "rpc.v1.directory.bench"
ONE_WAY = "rpc.v1.directory.bench_one_way"
FAN_OUT = "rpc.v1.directory.bench_fan_out"
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)
TYPENAME = b'{"query":"{ __typename }"}'
_names = itertools.count()


class Floor:
    """The bare steps, on the network's own servers."""

    def __init__(self, buses: dict[str, Bus], db: mongo.Database, document: dict[str, Any]) -> None:
        self._buses = buses
        self._db = db
        self._document = bson.encode(document, codec_options=CODEC)
        self._key = {"material": secrets.token_bytes(160), "masterKey": {"provider": "local"}}
        self._arrived: asyncio.Queue[None] = asyncio.Queue()

    async def answer(self) -> None:
        """Answer the hops, as the directory would."""
        nc = self._buses["directory"].nc

        async def echo(message: Msg) -> None:
            await message.respond(message.data)

        async def arrive(_message: Msg) -> None:
            self._arrived.put_nowait(None)

        await nc.subscribe(HOP, cb=echo)
        await nc.subscribe(ONE_WAY, cb=arrive)
        await nc.flush()

    async def keys(self) -> None:
        """Two key inserts at once."""
        await asyncio.gather(
            self._db.keys.insert_one(dict(self._key)), self._db.keys.insert_one(dict(self._key))
        )

    async def insert(self) -> None:
        """One journaled insert of a referral's bytes."""
        document = bson.decode(self._document, CODEC)
        document["_id"] = secrets.token_hex(16)
        await self._db.referrals.insert_one(document)

    async def hop(self) -> None:
        """One NATS request and its reply."""
        await self._buses["operator"].nc.request(HOP, b"{}", timeout=5)

    async def publish(self) -> None:
        """One acknowledged publish to a stream."""
        await self._buses["directory"].js.publish(
            f"evt.directory.bench.{next(_names)}.bench.v1", self._document[:400]
        )

    async def one_way(self) -> None:
        """One message from one connection to another."""
        await self._buses["operator"].nc.publish(ONE_WAY, b"{}")
        await self._arrived.get()

    async def issue(self, connection: Connection, typename: bytes) -> None:
        """The floor of issuing a referral."""
        await connection.send(typename)
        await self.hop()
        await self.hop()
        await self.keys()
        await self.insert()

    async def hear(self, connection: Connection, typename: bytes) -> None:
        """The floor from sending the mutation until the other party hears of it."""
        await self.issue(connection, typename)
        await self.publish()
        await self.publish()
        await self.one_way()


@asynccontextmanager
async def standing(
    nats_url: str, mongo_url: str, keys_dir: Path, document: dict[str, Any]
) -> AsyncIterator[Floor]:
    """The floor, ready to be measured."""
    buses = {
        part: await connect(nats_url, Identity.load(keys_dir, part), lambda: None)
        for part in ("operator", "directory")
    }
    client = mongo.connect(mongo_url)
    floor = Floor(buses, client["relevo_bench"], document)
    await floor.answer()
    try:
        yield floor
    finally:
        await client.drop_database("relevo_bench")
        client.close()
        for bus in buses.values():
            await bus.close()
