"""The master key under a KMS: a real one of KMIP, and stand-ins for what AWS, Azure and GCP are sent."""

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis import mongo
from chassis.identity import Peers
from chassis.rpc import Server
from cli import keys, rotation
from cli.embedded.ports import choose, why_not
from cli.exits import CommandError, Exit
from cli.operator import Operator, OperatorSettings, connected
from cli.rotation import Rotation
from contracts.codes import PersonAccess
from contracts.keys import PART
from contracts.referrals import STATUS
from contracts.rpc import Actor, Nothing, Operation
from services.referrals.kms import Kms, KmsError
from services.referrals.masters import CURRENT, NEXT, OLD, Masters, master_key, provider, sealed_name
from services.referrals.vault import Vault
from tests.referrals.cases import new_case
from tests.referrals.conftest import Network, _bus
from tests.referrals.kms_clouds import Clouds
from tests.referrals.test_rotation import folder as folder  # noqa: PLC0414 - a fixture
from tests.referrals.test_rotation import wrapped_with
from tests.servers import Servers

KEY = os.urandom(96)
SECRET = "canary-of-a-secret"
GCP_KEY = "/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k"


@pytest.fixture(scope="module")
def kmip(kms_settings: Path) -> Iterator[Path]:
    """The settings of a KMIP server that runs."""
    _, _, port = json.loads(kms_settings.read_text())["kms_providers"]["kmip"]["endpoint"].rpartition(":")
    command = [sys.executable, "-m", "tests.referrals.kmip_server", str(kms_settings.parent), port]
    # In a group of its own: it has a helper, which would outlive it.
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)
    try:
        until = time.monotonic() + 30
        while why_not(int(port)) == "":  # somebody could listen there still
            assert time.monotonic() < until
            assert server.poll() is None
            time.sleep(0.05)
        yield kms_settings
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # told to stop it waits for ten seconds
        server.wait()


def altered(settings: Path, folder: Path, **options: Any) -> Path:
    """The same settings with others in place of some."""
    told = {**json.loads(settings.read_text()), **options}
    (folder / "kms.json").write_text(json.dumps(told))
    return folder / "kms.json"


def test_a_kmip_server_seals_it_and_nobody_opens_it_without(kmip: Path, tmp_path: Path) -> None:
    file = Kms(kmip).seal(KEY)
    assert KEY not in file
    assert Kms(kmip).open(file) == KEY
    assert Kms(kmip).seal(KEY) != file
    # Without the client's own certificate, and of an authority that is not known.
    options = json.loads(kmip.read_text())["kms_tls_options"]
    for lacking in ("tlsCertificateKeyFile", "tlsCAFile"):
        others = {name: value for name, value in options.items() if name != lacking}
        with pytest.raises(KmsError, match=r"RELEVO_KMS: localhost:.* does not answer"):
            Kms(altered(kmip, tmp_path, kms_tls_options=others)).open(file)
    with pytest.raises(KmsError, match="no master key"):
        Kms(kmip).open(b"half of one")


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanging waits for others: here all of them are in this process."""
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0.05)
    monkeypatch.setattr(rotation, "HEARD_SECONDS", 0.3)


@pytest.mark.usefixtures("brisk")
async def test_the_master_key_moves_to_the_kms_and_back_while_people_are_read(
    network: Network, servers: Servers, mongo_client: mongo.Client, folder: Path, kmip: Path
) -> None:
    cases = [await new_case(network)]
    async with operator_of(servers) as operator:
        for sealed, kept in ((True, "sealed by kmip"), (None, "sealed by kmip"), (False, "in a file")):
            work = Rotation(servers.keys_dir, kmip)
            assert work.prepare(sealed=sealed)
            await work.carry_out(operator, 100, lambda _done, _left: None)
            is_sealed = kept != "in a file"
            assert (folder / sealed_name(CURRENT)).exists() == is_sealed
            assert (folder / CURRENT).exists() != is_sealed
            file = folder / (sealed_name(CURRENT) if is_sealed else CURRENT)
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert keys.init(servers.keys_dir) == []
            masters = master_key(servers.keys_dir, kmip)
            assert await wrapped_with(mongo_client) == {provider(masters.known().current)}
            assert masters.kept == kept
            checks = {one.name: one.detail for one in (await operator.ask(STATUS, Nothing())).checks}
            assert kept in checks["vault"]
            cases.append(await new_case(network))
            for case in cases:
                assert (await case.seen(case.sender)).person_access is PersonAccess.FULL
    assert await Vault(mongo_client, master_key(servers.keys_dir)).opens()


@pytest.mark.usefixtures("brisk")
async def test_it_is_exchanged_only_where_every_replica_that_runs_has_the_new_one(
    network: Network, servers: Servers, folder: Path
) -> None:

    async def nothing(_request: Nothing, _actor: Actor) -> Nothing:
        return Nothing()

    before = (folder / CURRENT).read_bytes()
    bus = await _bus(servers, PART)
    master = {"master": "local:another"}
    other = Server(bus, PART, Peers.load(servers.keys_dir), tells=lambda: master)
    other.add(Operation(PART, "of_tests", Nothing, Nothing), nothing)
    await other.start()
    work = Rotation(servers.keys_dir)
    work.prepare()
    async with operator_of(servers) as operator:
        with pytest.raises(CommandError, match="1 of 2 replicas have not got"):
            await work.carry_out(operator, 100, lambda _done, _left: None)
        assert (folder / NEXT).exists()
        assert (folder / CURRENT).read_bytes() == before
        master["master"] = work._target()
        await work.carry_out(operator, 100, lambda _done, _left: None)
    assert (folder / CURRENT).read_bytes() != before
    await other.drain()
    await bus.close()


def operator_of(servers: Servers) -> AbstractAsyncContextManager[Operator]:
    settings = OperatorSettings(nats_url=servers.nats_url, keys_dir=servers.keys_dir)
    return connected(settings, patience=30)


def test_between_two_names_the_new_one_counts_and_no_other_is_made(kmip: Path, tmp_path: Path) -> None:
    """Killed after the old file is gone and before the new one has its name."""
    keys.init(tmp_path)
    at = tmp_path / "referrals"
    old = (at / CURRENT).read_bytes()
    (at / OLD).write_bytes(old)
    (at / sealed_name(NEXT)).write_bytes(Kms(kmip).seal(KEY))
    (at / CURRENT).unlink()
    assert keys.init(tmp_path) == []
    known = Masters(at, Kms(kmip)).known()
    assert (known.current, known.old, known.target) == (KEY, old, provider(KEY))
    assert not Rotation(tmp_path, kmip).prepare()
    Rotation(tmp_path, kmip)._put_in_place()
    assert Masters(at, Kms(kmip)).known().current == KEY
    assert not (at / sealed_name(NEXT)).exists()


def test_what_a_kms_has_opened_once_is_not_asked_for_again(clouds: Clouds, tmp_path: Path) -> None:
    kms = Kms(aws(clouds, tmp_path))
    (tmp_path / sealed_name(CURRENT)).write_bytes(kms.seal(KEY))
    masters = Masters(tmp_path, kms)
    asked = len(clouds.seen)
    (tmp_path / NEXT).write_bytes(os.urandom(96))
    assert masters.known().next is not None
    (tmp_path / NEXT).unlink()
    assert masters.known() == Masters(tmp_path, kms).known()
    assert len(clouds.seen) == asked + 1  # by the second one


def test_a_kms_that_is_away_in_the_middle_of_an_exchange_stops_nothing(
    clouds: Clouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kms = Kms(aws(clouds, tmp_path))
    (tmp_path / CURRENT).write_bytes(KEY)
    masters = Masters(tmp_path, kms)
    (tmp_path / sealed_name(NEXT)).write_bytes(kms.seal(os.urandom(96)))
    clouds.refuse = True
    asked = len(clouds.seen)
    assert [masters.known().target for _ in range(3)] == [provider(KEY)] * 3
    assert len(clouds.seen) == asked + 1  # not at every look
    clouds.refuse = False
    monkeypatch.setattr(masters, "_not_before", 0.0)
    assert masters.known().target != provider(KEY)


def test_without_its_settings_a_sealed_one_is_refused_by_their_name(kmip: Path, tmp_path: Path) -> None:
    (tmp_path / "referrals").mkdir()
    (tmp_path / "referrals" / sealed_name(CURRENT)).write_bytes(Kms(kmip).seal(KEY))
    with pytest.raises(SystemExit, match="RELEVO_KMS has to name"):
        master_key(tmp_path)
    with pytest.raises(CommandError, match="RELEVO_KMS") as refusal:
        Rotation(tmp_path).prepare(sealed=True)
    assert refusal.value.code is Exit.UNREACHABLE


# --- AWS, Azure and GCP: what is sent ------------------------------------------------------------


@pytest.fixture
def clouds(kms_settings: Path) -> Iterator[Clouds]:
    with Clouds(kms_settings.parent) as running:
        yield running


def settings_of(clouds: Clouds, folder: Path, provider: Any, key: Any) -> Path:
    options = {"kms_providers": provider, "master_key": key, "kms_tls_options": {"tlsCAFile": str(clouds.ca)}}
    (folder / "cloud.json").write_text(json.dumps(options))
    return folder / "cloud.json"


def aws(clouds: Clouds, folder: Path) -> Path:
    credentials = {"accessKeyId": "AKIACANARY", "secretAccessKey": SECRET}
    key = {"region": "us-east-1", "key": "arn:aws:kms:us-east-1:1:key/k", "endpoint": clouds.at}
    return settings_of(clouds, folder, {"aws": credentials}, key)


def azure(clouds: Clouds, folder: Path) -> Path:
    who = {"tenantId": "tenant", "clientId": "client", "clientSecret": SECRET}
    credentials = {**who, "identityPlatformEndpoint": clouds.at}
    return settings_of(
        clouds, folder, {"azure": credentials}, {"keyVaultEndpoint": clouds.at, "keyName": "k"}
    )


def gcp(clouds: Clouds, folder: Path) -> Path:
    own = rsa.generate_private_key(65537, 2048)
    raw = own.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credentials = {
        "email": "e@example.org",
        "privateKey": base64.b64encode(raw).decode(),
        "endpoint": clouds.at,
    }
    key = {"projectId": "p", "location": "l", "keyRing": "r", "keyName": "k", "endpoint": clouds.at}
    return settings_of(clouds, folder, {"gcp": credentials}, key)


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        (aws, ["/"] * 3),
        (azure, ["/tenant/oauth2/v2.0/token", "/keys/k//wrapkey", "/keys/k//unwrapkey"]),
        (gcp, ["/token", f"{GCP_KEY}:encrypt", f"{GCP_KEY}:decrypt"]),
    ],
    ids=["aws", "azure", "gcp"],
)
def test_each_is_asked_as_it_wants_to_be(
    clouds: Clouds, tmp_path: Path, settings: Any, paths: list[str]
) -> None:
    kms = Kms(settings(clouds, tmp_path))
    file = kms.seal(KEY)
    assert Kms(settings(clouds, tmp_path)).open(file) == KEY if settings is not gcp else kms.open(file) == KEY
    for path, (asked, _, _) in zip(paths, clouds.seen, strict=False):
        assert asked.startswith(path), clouds.seen
    # The master key leaves by no way; the secret only where Azure's token is asked for.
    for asked, headers, body in clouds.seen:
        for form in (KEY.hex(), base64.b64encode(KEY).decode()[:40]):
            assert form not in f"{headers}{body}"
        assert (SECRET in f"{headers}{body}") == (settings is azure and asked.endswith("token"))


@pytest.mark.parametrize("settings", [aws, azure, gcp], ids=["aws", "azure", "gcp"])
def test_a_refusal_names_the_setting_and_repeats_nothing(
    clouds: Clouds, tmp_path: Path, settings: Any
) -> None:
    kms = Kms(settings(clouds, tmp_path))
    clouds.refuse = True
    with pytest.raises(KmsError, match="RELEVO_KMS: the KMS refused") as refusal:
        kms.seal(KEY)
    assert SECRET not in str(refusal.value)
    assert "refused: " not in str(refusal.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kms_providers": {}}, "must name one of"),
        ({"kms_providers": {"other": {}}}, "must name one of"),
        ({"kms_providers": {"kmip": {}}}, "endpoint"),
        ({"kms_providers": {"aws": {"accessKeyId": "x"}}}, "secretAccessKey"),
        ({"kms_providers": {"kmip": {"endpoint": "x:1"}}, "tls": {}}, "tls"),
        (
            {"kms_providers": {"kmip": {"endpoint": "x:1"}}, "kms_tls_options": {"tlsInsecure": "1"}},
            "tlsInsecure",
        ),
        (
            {"kms_providers": {"kmip": {"endpoint": "x:1"}}, "kms_tls_options": {"tlsCAFile": "/none"}},
            "/none",
        ),
    ],
)
def test_settings_that_are_not_right_are_named(tmp_path: Path, options: Any, said: str) -> None:
    (tmp_path / "kms.json").write_text(json.dumps(options))
    with pytest.raises(KmsError, match="RELEVO_KMS") as refusal:
        Kms(tmp_path / "kms.json")
    assert said in str(refusal.value)


def test_settings_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(KmsError, match=r"RELEVO_KMS: .*none cannot be read"):
        Kms(tmp_path / "none")


def test_a_kms_that_is_not_there_is_named(tmp_path: Path, kms_settings: Path) -> None:
    port = choose({"kms": 0})["kms"]
    kms = Kms(altered(kms_settings, tmp_path, kms_providers={"kmip": {"endpoint": f"127.0.0.1:{port}"}}))
    with pytest.raises(KmsError, match=f"127.0.0.1:{port} does not answer"):
        kms.seal(KEY)
