"""Servers that other tools have filled with what they had before: who was erased since is erased again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bson.binary import Binary

from chassis import dumping, mongo
from cli.backup.restoring import Restored
from cli.backup.settling import settle
from contracts.changes import Accept, Receive, Void
from contracts.codes import PersonAccess, Role
from services.referrals.erased import append
from services.referrals.masters import master_key
from services.referrals.store import DATABASE as STORED
from services.referrals.store import REFERRALS, Store
from services.referrals.vault import COLLECTION, DATABASE, Vault
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_restoring import accepted, stored
from tests.servers import Servers, eventually

NOTE = "nota canaria"


class Copy:
    """What mongodump had of one referral, put back as mongorestore does."""

    def __init__(self, store: Store, client: mongo.Client, document: dict[str, Any], keys: list[Any]) -> None:
        self.document = document
        self._store, self._keys = store, keys
        self._rows = client[DATABASE][COLLECTION]

    @classmethod
    async def of(cls, case: Case, store: Store, client: mongo.Client) -> "Copy":
        await eventually(lambda: published(store, case))
        document = await stored(store, case)
        ids = [Binary(document[name].bytes, 4) for name in ("key_t2", "key_t3")]
        return cls(
            store,
            client,
            document,
            await client[DATABASE][COLLECTION].find({"_id": {"$in": ids}}).to_list(None),
        )

    async def put_back(self, *, with_keys: bool) -> None:
        await self._store.referrals.with_options(codec_options=dumping.OPTIONS).replace_one(
            {"_id": self.document["_id"]}, self.document
        )
        if with_keys:
            await self._rows.insert_many(self._keys)


async def published(store: Store, case: Case) -> bool:
    document = await store.load(case.id)
    return document is not None and not document.get("pending_since")


async def settled(network: Network, servers: Servers, client: mongo.Client, *lists: Path) -> Restored:
    masters = master_key(servers.keys_dir)
    # Rows that tests of paging left are no referrals.
    await client[STORED][REFERRALS].delete_many({"revision": None})
    return await settle(client, network.referrals, masters, lists, lambda _: None)


async def test_who_is_listed_is_erased_again_and_what_was_changed_counts_on(
    network: Network, servers: Servers, store: Store, mongo_client: mongo.Client, tmp_path: Path
) -> None:
    gone, known = await accepted(network), await new_case(network)
    of_gone = await Copy.of(gone, store, mongo_client)
    of_known = await Copy.of(known, store, mongo_client)
    await gone.take(Void, network.member("casa", Role.MANAGER), note=NOTE)
    await known.take(Receive)
    for case in (gone, known):
        await eventually(lambda case=case: published(store, case))  # type: ignore[misc]
    await of_gone.put_back(with_keys=True)
    await of_known.put_back(with_keys=False)
    assert (await gone.seen(gone.sender)).person_access is PersonAccess.FULL  # it would have come back
    append(tmp_path / "list", [of_gone.document[key] for key in ("key_t2", "key_t3")], datetime.now(UTC))
    report = await settled(network, servers, mongo_client, tmp_path / "list")
    assert report.erased[gone.folio] == "accepted"
    assert report.changed >= 2
    assert (await gone.seen(gone.sender)).person_access is PersonAccess.ERASED
    back = await store.load(gone.id)
    assert back is not None
    assert (back["arrive_by"], back["external_id_receiver"]) == (None, None)
    again = await settled(network, servers, mongo_client, tmp_path / "list")
    assert gone.folio not in again.erased
    # What comes next of the other is told, though the stream had one more of it.
    await known.take(Accept, arrive_by=soon())
    await eventually(lambda: network.last_event(known.id), lambda event: told(event) == "3")


def told(event: Any) -> str:
    return str((event.headers or {}).get("n")) if event else ""


async def test_a_key_that_is_missing_and_not_listed_erases_nobody(
    network: Network, servers: Servers, store: Store, mongo_client: mongo.Client, tmp_path: Path
) -> None:
    """As if the key vault had been forgotten: that is said, and mended by putting it back."""
    case = await accepted(network)
    copy = await Copy.of(case, store, mongo_client)
    await Vault(mongo_client, master_key(servers.keys_dir)).erase([copy.document["key_t3"]])
    append(tmp_path / "list", [uuid4()], datetime.now(UTC))
    report = await settled(network, servers, mongo_client, tmp_path / "list")
    assert report.found is not None
    assert any(case.folio in fault and "key is missing" in fault for fault in report.found.faults)
    assert case.folio not in report.erased
    assert (await stored(store, case))["arrive_by"] is not None
