"""The vault on a real database: the driver of MongoDB reads it too, and nobody once a key is gone."""

import asyncio
import os
import shutil
import uuid
from pathlib import Path

import pytest
from bson.binary import STANDARD, Binary
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.encryption import ClientEncryption
from pymongocrypt.errors import MongoCryptError

from chassis import mongo
from cli.embedded.ports import choose
from services.referrals.masters import Known, Masters, provider
from services.referrals.vault import (
    COLLECTION,
    DATABASE,
    ErasedError,
    KeyId,
    Keys,
    Vault,
    key_of,
)
from tests.cli.running import RELEVO
from tests.referrals.cast import CANARIES
from tests.servers import Servers

TEXT = CANARIES[0].encode()


async def kept(vault: Vault) -> tuple[KeyId, bytes]:
    """A key in the vault, and the text encrypted with it."""
    with vault.new() as keys:
        key = keys.make()
        blob = keys.seal(key, TEXT)
        await vault.keep(keys)
    return key, blob


async def test_what_is_sealed_is_opened_with_its_key_and_looks_like_nothing(vault: Vault) -> None:
    key, blob = await kept(vault)
    assert TEXT not in bytes(blob)
    assert key_of(blob) == key
    with await vault.fetch([key]) as keys:
        assert keys.open(blob) == TEXT
        assert keys.seal(key, TEXT) != blob


async def test_mongodbs_own_client_encryption_reads_it_and_writes_what_the_vault_reads(
    vault: Vault, servers: Servers
) -> None:
    _, blob = await kept(vault)
    master = (servers.keys_dir / "referrals" / "master.key").read_bytes()
    providers = {provider(master): {"key": master}}
    options: CodecOptions[dict[str, object]] = CodecOptions(uuid_representation=STANDARD)
    namespace = f"{DATABASE}.{COLLECTION}"
    driver: ClientEncryption[dict[str, object]]
    with (
        MongoClient[dict[str, object]](servers.mongo_url) as client,
        ClientEncryption(providers, namespace, client, options) as driver,
    ):
        assert driver.decrypt(Binary(blob, 6)) == TEXT
        theirs = driver.create_data_key(provider(master))
        algorithm = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
        by_driver = driver.encrypt(Binary(b"theirs"), algorithm, key_id=theirs)
    with await vault.fetch([uuid.UUID(bytes=bytes(theirs))]) as keys:
        assert keys.open(by_driver) == b"theirs"


async def test_an_erased_key_opens_nothing_from_that_moment_on(vault: Vault) -> None:
    key, blob = await kept(vault)
    with await vault.fetch([key]) as keys:
        assert keys.open(blob) == TEXT
    await vault.erase([key])
    with await vault.fetch([key]) as keys:
        assert key not in keys
        with pytest.raises(ErasedError):
            keys.open(blob)
        with pytest.raises(ErasedError):
            keys.seal(key, TEXT)


async def test_erasing_one_key_leaves_the_others(vault: Vault) -> None:
    (one, _), (other, blob) = await kept(vault), await kept(vault)
    await vault.erase([one])
    with await vault.fetch([one, other]) as keys:
        assert keys.open(blob) == TEXT


@pytest.fixture
def other(tmp_path: Path) -> Masters:
    """Another network's master key."""
    (tmp_path / "master.key").write_bytes(os.urandom(96))
    return Masters(tmp_path)


async def test_without_the_master_key_nothing_opens(
    vault: Vault, mongo_client: mongo.Client, other: Masters
) -> None:
    key, blob = await kept(vault)
    with await Vault(mongo_client, other).fetch([key]) as keys, pytest.raises(MongoCryptError):
        keys.open(blob)


async def test_another_master_key_is_told_before_anybody_reads(
    vault: Vault, mongo_client: mongo.Client, other: Masters
) -> None:
    await kept(vault)
    assert await vault.opens()
    assert not await Vault(mongo_client, other).opens()


async def test_a_blob_that_was_changed_does_not_open(vault: Vault) -> None:
    key, blob = await kept(vault)
    changed = bytes(blob[:-1]) + bytes([blob[-1] ^ 1])
    with await vault.fetch([key]) as keys, pytest.raises(MongoCryptError):
        keys.open(changed)


async def test_keys_are_wrapped_by_the_master_key_where_they_are_kept(
    vault: Vault, mongo_client: mongo.Client
) -> None:
    key, _ = await kept(vault)
    row = await mongo_client[DATABASE][COLLECTION].find_one({"_id": Binary(key.bytes, 4)})
    assert row is not None
    assert row["masterKey"] == {"provider": vault.target}
    with vault.new() as keys:
        keys.make()
        assert all(isinstance(wrapped, RawBSONDocument) for wrapped in keys.wrapped)


def test_a_ring_without_keys_seals_nothing() -> None:
    with Keys(Known(os.urandom(96))) as keys, pytest.raises(ErasedError):
        keys.seal(uuid.uuid4(), TEXT)


async def test_the_part_does_not_go_on_with_another_master_key(
    vault: Vault, servers: Servers, tmp_path: Path
) -> None:
    await kept(vault)
    keys = tmp_path / "keys"
    shutil.copytree(servers.keys_dir, keys)
    (keys / "referrals" / "master.key").write_bytes(os.urandom(96))
    part = await asyncio.create_subprocess_exec(
        RELEVO, "serve", "referrals",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={
            **os.environ, "RELEVO_KEYS_DIR": str(keys), "RELEVO_NATS_URL": servers.nats_url,
            "RELEVO_MONGO_URL": servers.mongo_url, "RELEVO_HTTP_PORT": str(choose({"part": 0})["part"]),
        },
    )  # fmt: skip
    said, _ = await asyncio.wait_for(part.communicate(), 30)
    assert part.returncode
    assert b"master.key is not the one" in said
    assert b"Traceback" not in said
