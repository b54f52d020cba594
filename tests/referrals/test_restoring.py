"""Referrals in a backup, and as they come back: what was erased since is erased again, all of it."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import bson
import pytest

from chassis import dumping, mongo
from contracts.changes import Accept
from contracts.codes import ReferralStatus
from services.referrals import keeping
from services.referrals.erased import ErasedKeys, append, listed
from services.referrals.masters import master_key
from services.referrals.restoring.checking import Blobs, _open
from services.referrals.restoring.covering import COVERED, Uncovering, cover
from services.referrals.store import Store
from services.referrals.vault import KeyId, Vault, key_of
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import Servers

NUMBER = "expediente-canario"
_numbers = itertools.count()


async def accepted(network: Network) -> Case:
    """Somebody who is expected, under the receiver's own number."""
    case = await new_case(network)
    await case.take(Accept, case.receiver, arrive_by=soon(), external_id=f"{NUMBER}-{next(_numbers)}")
    return case


async def stored(store: Store, case: Case) -> dict[str, Any]:
    """The document as a backup reads it."""
    doc: dict[str, Any] | None = await store.referrals.with_options(codec_options=dumping.OPTIONS).find_one(
        {"_id": case.id}
    )
    assert doc is not None
    return doc


async def test_a_backup_has_what_an_erasure_takes_away_under_her_own_key_only(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await accepted(network)
    doc = await stored(store, case)
    (covered,) = await cover(vault, [doc], datetime.now(UTC))
    assert doc["arrive_by"] is not None
    assert (covered["arrive_by"], covered["external_id_receiver"]) == (None, None)
    assert key_of(covered[COVERED]) == doc["key_t2"]
    assert NUMBER.encode() in bson.encode(doc, codec_options=dumping.OPTIONS)
    assert NUMBER.encode() not in bson.encode(covered, codec_options=dumping.OPTIONS)
    assert (covered["status"], covered["history"]) == (doc["status"], doc["history"])


async def test_who_is_not_erased_comes_back_to_the_letter(
    network: Network, store: Store, vault: Vault
) -> None:
    doc = await stored(store, await accepted(network))
    uncovering = Uncovering(vault, datetime.now(UTC))
    (back,) = await uncovering(await cover(vault, [doc], datetime.now(UTC)))
    assert back == doc
    assert uncovering.erased == {}


@pytest.mark.parametrize(
    ("keys", "gone"), [(("key_t3",), {keeping.T3}), (("key_t2", "key_t3"), {keeping.T2, keeping.T3})]
)
async def test_whose_keys_are_gone_comes_back_erased(
    network: Network, store: Store, vault: Vault, keys: tuple[str, ...], gone: set[str]
) -> None:
    doc = await stored(store, await accepted(network))
    covered = await cover(vault, [doc], datetime.now(UTC))
    await vault.erase(doc[key] for key in keys)
    uncovering = Uncovering(vault, datetime.now(UTC))
    (back,) = await uncovering(covered)
    assert keeping.erased(back) == gone
    assert back["erase_since"]
    assert back["revision"] == doc["revision"] + 1
    assert COVERED not in back
    assert (back["arrive_by"] is None) == (keeping.T2 in gone)
    assert uncovering.erased == {doc["folio"]: ReferralStatus.ACCEPTED.value}


async def test_what_was_erased_while_it_was_copied_is_in_no_copy(
    network: Network, store: Store, vault: Vault
) -> None:
    """The document was read before, its key is looked for after."""
    doc = await stored(store, await accepted(network))
    await vault.erase([doc["key_t2"]])
    (covered,) = await cover(vault, [doc], datetime.now(UTC))
    assert covered["arrive_by"] is None
    assert COVERED not in covered


async def test_a_draft_whose_keys_are_gone_is_none_any_more(vault: Vault) -> None:
    draft = {"_id": "d", "status": "draft", "folio": "F", "key_t2": uuid4(), "key_t3": uuid4(), "revision": 1}
    assert await Uncovering(vault, datetime.now(UTC))([draft]) == []


async def test_a_blob_that_is_damaged_or_has_lost_its_key_is_found(vault: Vault) -> None:
    with vault.new() as keys:
        key = keys.make()
        blob = keys.seal(key, b"something")
        other = type(blob)(bytes(blob[:-1]) + bytes([blob[-1] ^ 1]), 6)
        found, doc = Blobs(), {"folio": "F", "status": "sent", "key_t2": key, "key_t3": key}
        for one in (blob, other):
            _open(found, keys, "referrals", doc, one)
    with vault.new() as nothing:
        _open(found, nothing, "referrals", doc, blob)
        _open(found, nothing, "referrals", {**doc, "erased": ["t2"]}, blob)
    assert (found.opened, found.damaged, found.lost, found.erased) == (
        1, {"referrals F"}, {"referrals F"}, 1,
    )  # fmt: skip


async def test_a_key_is_listed_before_it_is_deleted_and_stays_where_it_cannot_be(
    vault: Vault, mongo_client: mongo.Client, servers: Servers, tmp_path: Path
) -> None:
    file = tmp_path / "erased"
    own = Vault(mongo_client, master_key(servers.keys_dir), ErasedKeys(file))
    one, other = await own.make(), await own.make()
    await own.erase([one])
    assert listed(file) == {one}
    assert file.stat().st_mode & 0o077 == 0
    file.unlink()
    file.mkdir()
    with pytest.raises(OSError, match="directory"):
        await own.erase([other])
    with await own.fetch([one, other]) as keys:
        assert (one in keys, other in keys) == (False, True)
    await vault.erase([other])


def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    file, keys = tmp_path / "erased", [UUID(int=number) for number in range(3)]
    append(file, keys[:1], datetime.now(UTC))
    with file.open("ab") as opened:
        opened.write(str(keys[1])[:20].encode())
    append(file, keys[2:], datetime.now(UTC))
    assert listed(file) == {keys[0], keys[2]}


def test_the_list_holds_ids_and_moments_only(tmp_path: Path) -> None:
    key: KeyId = uuid4()
    append(tmp_path / "erased", [key], datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (tmp_path / "erased").read_text() == f"{key} 2026-01-02T03:04:05Z\n"
