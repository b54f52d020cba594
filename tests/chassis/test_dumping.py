"""Databases are read as they were at one moment, whatever is written meanwhile, and come back the same."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson

from chassis import dumping, mongo
from tests.servers import Servers

PREFIX = "tdump_"
Document = dict[str, Any]


async def unchanged(docs: Any) -> Any:
    return docs


async def test_what_is_written_while_they_are_read_is_in_none_of_it(servers: Servers) -> None:
    client = mongo.connect(servers.mongo_url)
    one, other = client[f"{PREFIX}one"]["things"], client[f"{PREFIX}other"]["things"]
    many = 3 * dumping.TOGETHER
    await one.insert_many([{"_id": n, "v": 0} for n in range(many)])
    await other.insert_one({"_id": 0, "v": 0})
    async with dumping.one_moment(client, PREFIX) as moment:
        assert moment.names == [(f"{PREFIX}one", "things"), (f"{PREFIX}other", "things")]
        reading = moment.read(f"{PREFIX}one", "things", None)
        found = await anext(reading)
        await one.update_many({}, {"$set": {"v": 1}})
        await one.delete_one({"_id": many - 1})
        await one.insert_one({"_id": many, "v": 1})
        await other.update_one({"_id": 0}, {"$set": {"v": 1}})
        await other.insert_one({"_id": 1, "v": 1})
        found += [document for batch in [batch async for batch in reading] for document in batch]
        assert sorted(bson.decode(one)["_id"] for one in found) == list(range(many))
        assert {bson.decode(one)["v"] for one in found} == {0}
        (rest,) = [batch async for batch in moment.read(f"{PREFIX}other", "things", None)]
        assert [bson.decode(one) for one in rest] == [{"_id": 0, "v": 0}]
    for name in ("one", "other"):
        await client.drop_database(f"{PREFIX}{name}")
    client.close()


async def test_documents_come_back_to_the_letter(servers: Servers, tmp_path: Path) -> None:
    client = mongo.connect(servers.mongo_url)
    now = datetime.now(UTC).replace(microsecond=1000)
    thing: Document = {"_id": "a", "key": uuid4(), "at": now, "blob": bson.binary.Binary(b"x", 6), "n": 2**40}
    collection = client[f"{PREFIX}two"].get_collection("things", codec_options=dumping.OPTIONS)
    await collection.insert_one(thing)
    for change in (None, unchanged):
        async with dumping.one_moment(client, f"{PREFIX}two") as moment:
            read = [batch async for batch in moment.read(f"{PREFIX}two", "things", change)]
        (tmp_path / "things.bson").write_bytes(b"".join(document for batch in read for document in batch))
        await collection.delete_many({})
        told: list[int] = []
        assert await dumping.load(tmp_path / "things.bson", collection, unchanged, told.append) == 1
        assert (await collection.find_one({}), told) == (thing, [1])
    await client.drop_database(f"{PREFIX}two")
    client.close()
