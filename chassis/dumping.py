"""Databases as files of BSON, in the form of mongodump: all of one moment, read and written in batches."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.read_concern import ReadConcern

from chassis import mongo

# Documents that are in memory at once.
TOGETHER = 200

Document = dict[str, Any]
Change = Callable[[Sequence[Document]], Awaitable[Sequence[Document]]]
# As the parts read and write: times are UTC, ids are UUIDs.
OPTIONS: CodecOptions[Any] = CodecOptions(tz_aware=True, uuid_representation=bson.binary.STANDARD)
_RAW: CodecOptions[Any] = OPTIONS.with_options(document_class=RawBSONDocument)


@asynccontextmanager
async def one_moment(client: mongo.Client, prefix: str) -> AsyncIterator["Moment"]:
    """See all databases whose names begin so as they are now, while others go on writing."""
    async with await client.start_session() as session:
        session.start_transaction(read_concern=ReadConcern("snapshot"))
        try:
            # The moment is that of the first read; a collection that comes after it is empty in it.
            await client[prefix]["nothing"].find_one({}, session=session)
            databases = [name for name in await client.list_database_names() if name.startswith(prefix)]
            names = [
                (database, collection)
                for database in sorted(databases)
                for collection in sorted(await client[database].list_collection_names())
                if not collection.startswith("system.")
            ]
            yield Moment(client, session, names)
        finally:
            await session.abort_transaction()


class Moment:
    """The databases at one moment; ``names`` are those of database and collection."""

    def __init__(
        self, client: mongo.Client, session: AsyncIOMotorClientSession, names: list[tuple[str, str]]
    ) -> None:
        self._client = client
        self._session = session
        self.names = names

    async def read(self, database: str, collection: str, change: Change | None) -> AsyncIterator[list[bytes]]:
        """Yield the documents of a collection in batches, as BSON, each as ``change`` returns it."""
        found: AsyncIOMotorCollection[Any] = self._client[database].get_collection(
            collection, codec_options=OPTIONS if change else _RAW
        )
        cursor = found.find({}, session=self._session, batch_size=TOGETHER)
        while batch := await cursor.to_list(TOGETHER):
            if change is None:
                yield [document.raw for document in batch]
            else:
                yield [bson.encode(one, codec_options=OPTIONS) for one in await change(batch)]


async def load(
    file: Path, collection: AsyncIOMotorCollection[Any], change: Change, told: Callable[[int], None]
) -> int:
    """Write the documents of a file into a collection, each as ``change`` returns it; return how many.

    ``told`` is called again and again with how many there are by now.

    Raises:
        bson.errors.BSONError: what is in it are no documents.
    """
    count, target = 0, collection.with_options(codec_options=OPTIONS)
    with file.open("rb") as opened:
        documents = bson.decode_file_iter(opened, OPTIONS)
        while batch := list(islice(documents, TOGETHER)):
            changed = list(await change(batch))
            if changed:
                await target.insert_many(changed, ordered=False)
            count += len(changed)
            told(count)
    return count
