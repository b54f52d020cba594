"""The keys of a network: complete, kept, and readable by their owner only."""

import json
import stat
from pathlib import Path

import nkeys
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.identity import Identity, Peers
from cli import keys
from contracts.rpc import Actor


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_key_that_a_part_reads_is_made(tmp_path: Path) -> None:
    made = keys.init(tmp_path)
    found = contents(tmp_path)
    assert sorted(made) == sorted(found)
    assert {name: len(found[name]) for name in keys.RANDOM} == keys.RANDOM
    assert isinstance(load_pem_private_key(found[keys.TOKEN_KEY], None), Ed25519PrivateKey)
    assert {name: found[name] for name in keys.COPIES} == {one: found[of] for one, of in keys.COPIES.items()}
    assert len({found[name] for name in found}) == len(found) - len(keys.COPIES)


def test_public_keys_are_those_of_the_seeds(tmp_path: Path) -> None:
    keys.init(tmp_path)
    public = json.loads((tmp_path / "public.json").read_text())
    assert set(public) == {"directory", "referrals", "notifications", "gateway", "operator"}
    for part, key in public.items():
        seed = bytearray((tmp_path / part / "nkey.seed").read_bytes().strip())
        assert nkeys.from_seed(seed).public_key.decode() == key
        assert key.startswith("U")
        assert f"{part.upper()}_KEY: {key}\n" in (tmp_path / "nats" / "users.conf").read_text()


def test_part_s_signature_is_good_for_the_others(tmp_path: Path) -> None:
    keys.init(tmp_path)
    identity, peers = Identity.load(tmp_path, "gateway"), Peers.load(tmp_path)
    header = identity.sign(Actor(kind="client", id="c1"), "rpc.v1.referrals.get", b"{}")
    assert peers.verify(header, "rpc.v1.referrals.get", b"{}")[0] == "gateway"


def test_second_time_keeps_everything(tmp_path: Path) -> None:
    keys.init(tmp_path)
    before = contents(tmp_path)
    assert keys.init(tmp_path) == []
    assert contents(tmp_path) == before


def test_missing_key_is_made_anew_and_the_public_files_follow(tmp_path: Path) -> None:
    keys.init(tmp_path)
    (tmp_path / "gateway" / "nkey.seed").unlink()
    assert keys.init(tmp_path) == ["gateway/nkey.seed", "public.json", "nats/users.conf"]
    assert json.loads((tmp_path / "public.json").read_text()) == keys.public_keys(tmp_path)


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.init(folder)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_what_is_no_key_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    keys.init(tmp_path)
    seed = tmp_path / "referrals" / "nkey.seed"
    seed.write_text("not a seed")
    with pytest.raises(keys.KeysError, match=r"referrals/nkey\.seed is not an nkey seed"):
        keys.init(tmp_path)
    assert seed.read_text() == "not a seed"


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(keys.KeysError, match="cannot be written: Not a directory"):
        keys.init(tmp_path / "file" / "keys")
