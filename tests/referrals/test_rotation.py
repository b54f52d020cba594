"""The master key is exchanged while people are referred and read, whatever is killed in between."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bson.binary import Binary

from chassis import mongo
from chassis.problems import RefusedError
from chassis.settings import key_name
from cli.rotation import Rotation
from contracts.changes import Cancel, Void
from contracts.codes import PersonAccess, Role
from contracts.keys import REWRAP_KEYS, RewrapKeys
from contracts.reasons import CancelReason
from services.referrals.masters import CURRENT, NEXT, OLD, Known, Masters, provider
from services.referrals.store import Store
from services.referrals.vault import COLLECTION, DATABASE, Keys, Vault
from tests.cli.running import RELEVO
from tests.referrals.cases import Case, new_case
from tests.referrals.conftest import Network
from tests.referrals.test_vault import TEXT, kept
from tests.referrals.test_void import keys_left
from tests.servers import Servers


class Command:
    """``relevo keys rotate-master`` on the network of these tests."""

    def __init__(self, servers: Servers) -> None:
        self._variables = {
            **os.environ, "RELEVO_KEYS_DIR": str(servers.keys_dir), "RELEVO_NATS_URL": servers.nats_url
        }  # fmt: skip

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            RELEVO, "keys", "rotate-master", *words, stderr=asyncio.subprocess.PIPE, env=self._variables
        )

    async def run(self, *words: str) -> str:
        process = await self.start(*words)
        _, said = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, said
        return said.decode()


async def wrapped_with(client: mongo.Client) -> set[str]:
    """With which master keys the data keys are wrapped."""
    return set(await client[DATABASE][COLLECTION].distinct("masterKey.provider"))


@pytest.fixture
async def folder(servers: Servers, mongo_client: mongo.Client) -> AsyncIterator[Path]:
    """Where the master key is; what other tests left that nobody can open is not there."""
    at = servers.keys_dir / "referrals"
    known = Masters(at).known()
    await mongo_client[DATABASE][COLLECTION].delete_many(
        {"masterKey.provider": {"$nin": list(known.providers)}}
    )
    yield at
    assert not (at / NEXT).exists()
    assert not (at / OLD).exists()


async def test_people_are_referred_and_read_while_the_key_is_exchanged_though_the_command_is_killed(
    network: Network, servers: Servers, mongo_client: mongo.Client, folder: Path, vault: Vault
) -> None:
    store = Store(mongo_client)
    old = (folder / CURRENT).read_bytes()
    cases = [await new_case(network) for _ in range(15)]
    gone = cases.pop()
    over = asyncio.Event()
    made: list[Case] = []

    async def work() -> None:
        while not over.is_set():
            made.append(await new_case(network))
            for case in (made[-1], cases[len(made) % len(cases)]):
                assert (await case.seen(case.sender)).person_access is PersonAccess.FULL

    working = [asyncio.create_task(work()) for _ in range(3)]
    command = Command(servers)
    first = await command.start("--at-once", "3")
    assert first.stderr is not None
    await first.stderr.readline()
    first.kill()
    await first.wait()
    assert (folder / NEXT).exists()
    assert len(await wrapped_with(mongo_client)) == 2
    # Who is erased in the middle of it stays erased.
    await gone.take(Void, network.member("casa", Role.MANAGER), note="nota canaria")
    said = await command.run()
    over.set()
    await asyncio.gather(*working)
    new = (folder / CURRENT).read_bytes()
    assert "the master key is exchanged" in said
    assert new != old
    assert stat.S_IMODE((folder / CURRENT).stat().st_mode) == 0o600
    assert await wrapped_with(mongo_client) == {provider(new)}
    assert await keys_left(store, vault, gone) == 0
    assert len(made) > 1
    for case in [*cases, *made]:
        seen = await case.seen(case.sender)
        assert seen.person_access is PersonAccess.FULL
        assert seen.person is not None
        assert seen.person.name == "Abigail Canaria"
    await made[0].take(Cancel, made[0].sender, reason=CancelReason.OTHER, note="nota canaria")


async def test_a_key_that_was_made_with_the_old_one_at_that_very_moment_is_wrapped_anew(
    mongo_client: mongo.Client, tmp_path: Path
) -> None:
    """It is stored after whoever wraps the others anew has gone by."""
    (tmp_path / CURRENT).write_bytes(os.urandom(96))
    vault = Vault(mongo_client, Masters(tmp_path))
    with vault.new() as keys:
        key = keys.make()
        blob = keys.seal(key, TEXT)
        (tmp_path / NEXT).write_bytes(os.urandom(96))
        await vault.keep(keys)
    (tmp_path / NEXT).replace(tmp_path / CURRENT)
    with await Vault(mongo_client, Masters(tmp_path)).fetch([key]) as keys:
        assert keys.open(blob) == TEXT
    await vault.erase([key])


async def test_what_was_wrapped_before_master_keys_had_names_opens_and_is_wrapped_anew(
    mongo_client: mongo.Client, tmp_path: Path
) -> None:
    (tmp_path / CURRENT).write_bytes(os.urandom(96))
    vault = Vault(mongo_client, Masters(tmp_path))
    key, blob = await kept(vault)
    rows = mongo_client[DATABASE][COLLECTION]
    mine = {"_id": Binary(key.bytes, 4)}
    # The wrapping is the same; only the name was none.
    await rows.update_one(mine, {"$set": {"masterKey": {"provider": "local"}}})
    with await vault.fetch([key]) as keys:
        assert keys.open(blob) == TEXT
    (tmp_path / NEXT).write_bytes(os.urandom(96))
    while True:
        # More than there are of others, which this master key does not open.
        done, _ = await vault.rewrap(100_000)
        row = await rows.find_one(mine)
        assert row is not None
        if row["masterKey"]["provider"] == vault.target or not done:
            break
    (tmp_path / CURRENT).unlink()
    (tmp_path / NEXT).replace(tmp_path / CURRENT)
    with await Vault(mongo_client, Masters(tmp_path)).fetch([key]) as keys:
        assert keys.open(blob) == TEXT
    await vault.erase([key])


async def test_a_replica_that_has_not_got_the_new_key_wraps_nothing_with_another(network: Network) -> None:
    request = RewrapKeys(target=f"local:{key_name(os.urandom(96))}")
    with pytest.raises(RefusedError) as refusal:
        await network.operator.call(REWRAP_KEYS, request, network.operator.me)
    assert refusal.value.problem.code == "OTHER_MASTER_KEY"


def test_half_of_a_file_is_no_key_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / CURRENT).write_bytes(os.urandom(96))
    masters = Masters(tmp_path)
    before = masters.known()
    (tmp_path / NEXT).write_bytes(b"half")
    assert masters.known() == before
    (tmp_path / NEXT).write_bytes(os.urandom(96))
    assert masters.known().target != before.target


def test_a_key_s_name_tells_nothing_of_it() -> None:
    key = os.urandom(96)
    known: Any = Known(key)
    assert known.target == provider(key)
    assert key_name(key) not in key.hex()
    with Keys(known) as keys:
        assert len(keys.wrapped) == 0


def test_prepare_only_puts_the_new_key_beside_and_once(servers: Servers, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    shutil.copytree(servers.keys_dir, keys)
    assert [Rotation(keys).prepare() for _ in range(2)] == [True, False]
    assert len((keys / "referrals" / NEXT).read_bytes()) == 96
    assert stat.S_IMODE((keys / "referrals" / NEXT).stat().st_mode) == 0o600
    assert (keys / "referrals" / CURRENT).read_bytes() == (
        servers.keys_dir / "referrals" / CURRENT
    ).read_bytes()
