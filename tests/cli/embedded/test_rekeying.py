"""The parts' keys are exchanged on a running NATS server, which cuts off only who still has an old one."""

import asyncio
import base64
import json
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import nkeys
import pytest

from chassis.bus import Bus, connect
from chassis.identity import Identity, Peers
from chassis.problems import BadActorError
from cli.embedded import nats
from cli.embedded.rekeying import NatsServer
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from cli.exchanging import PartsRotation
from cli.exits import CommandError
from contracts.rpc import Actor
from tests.cli.embedded.cast import stand_ins

SUBJECT = "rpc.v1.directory.search_services"


class Network:
    """A NATS server with the keys of a network, and stand-ins for its parts."""

    def __init__(self, stack: Stack) -> None:
        self.data = stack.data
        self.keys = stack.data / "keys"
        self.url = stack.urls["nats"]
        self.rotation = PartsRotation(self.keys)
        self.server = NatsServer(stack.data)

    @asynccontextmanager
    async def connected(self, part: str) -> AsyncIterator[Bus]:
        """A connection as a part has it."""
        bus = await connect(self.url, Identity.load(self.keys, part), on_lost=lambda: None)
        try:
            yield bus
        finally:
            await bus.close()

    async def reload(self) -> None:
        """Have the server read its users anew."""
        await asyncio.to_thread(self.server.reload)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """One that runs while the test does."""
    settings = EmbeddedSettings(data_dir=tmp_path / "data", mongo_url="mongodb://192.0.2.1").on_free_ports()
    with Stack(settings, command=stand_ins(tmp_path / "journal"), say=lambda _: None) as stack:
        yield Network(stack)


async def heard(listener: Bus, asker: Bus) -> bool:
    """Whether what one asks reaches the other."""
    arrived = asyncio.Event()

    async def hear(_message: object) -> None:
        arrived.set()

    subscription = await listener.subscribe(SUBJECT, hear)
    await listener.settled()
    await asker.nc.publish(SUBJECT, b"")
    await asyncio.wait_for(arrived.wait(), 5)
    await subscription.unsubscribe()
    return True


def is_let_in(network: Network, seed: str) -> bool:
    """Whether somebody with that seed can sign in. By hand: nats-py leaves a refused one to the collector."""
    pair = nkeys.from_seed(bytearray(seed.encode()))
    host, port = network.url.removeprefix("nats://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line, line.makefile("rwb") as wire:
        nonce = json.loads(wire.readline().split(b" ", 1)[1])["nonce"]
        signature = base64.urlsafe_b64encode(pair.sign(nonce.encode())).rstrip(b"=").decode()
        said = {"verbose": False, "pedantic": False, "nkey": pair.public_key.decode(), "sig": signature}
        wire.write(b"CONNECT " + json.dumps(said).encode() + b"\r\nPING\r\n")
        wire.flush()
        return wire.readline().startswith(b"PONG")


async def test_who_has_an_old_key_is_cut_off_in_the_end_and_back_with_the_new_one(network: Network) -> None:
    async with AsyncExitStack() as held:
        directory = await held.enter_async_context(network.connected("directory"))
        gateway = await held.enter_async_context(network.connected("gateway"))
        disturbed: list[str] = []
        for bus in (directory, gateway):
            bus.disturbed.append(partial(disturbed.append, bus.identity.part))
        old = directory.identity.seed
        assert network.rotation.prepare()
        await network.reload()
        assert network.rotation.put_in_place()
        await network.reload()
        new = Identity.load(network.keys, "directory").seed
        assert [is_let_in(network, seed) for seed in (old, new)] == [True, True]
        assert await heard(directory, gateway)
        assert disturbed == [], "nobody is cut off until then"
        network.rotation.forget("directory")
        await network.reload()
        await asyncio.to_thread(network.server.wait_for, network.rotation.public("directory"))
        assert await heard(directory, gateway)
        assert set(disturbed) == {"directory"}, "the other's old key is still good"
        assert [is_let_in(network, seed) for seed in (old, new)] == [False, True]
        network.rotation.forget()
        await network.reload()
        await asyncio.to_thread(network.server.wait_for, network.rotation.public("gateway"))
        assert await heard(directory, gateway)


async def test_what_was_signed_with_either_key_is_good_until_the_old_one_is_forgotten(
    network: Network, tmp_path: Path
) -> None:
    peers, gateway = Peers.load(network.keys), Identity.load(network.keys, "gateway")
    (tmp_path / "gateway").mkdir()
    shutil.copyfile(network.keys / "gateway" / "nkey.seed", tmp_path / "gateway" / "nkey.seed")
    before, old = Identity.load(tmp_path, "gateway"), gateway.public

    def is_good(identity: Identity) -> bool:
        header = identity.sign(Actor(kind="client", id="c1"), SUBJECT, b"{}")
        try:
            return peers.verify(header, SUBJECT, b"{}")[0] == "gateway"
        except BadActorError:
            return False

    network.rotation.prepare()
    network.rotation.put_in_place()
    assert (is_good(before), is_good(gateway)) == (True, True)
    assert (before.public, gateway.public != old) == (old, True), "it signs with its new one by now"
    network.rotation.forget()
    assert (is_good(before), is_good(gateway)) == (False, True)


def test_whatever_stops_it_it_goes_on_from_there(network: Network) -> None:
    rotation, conf = network.rotation, network.keys / "nats" / "users.conf"
    before = rotation.public("gateway")
    assert not rotation.put_in_place(), "there is nothing to be put there"
    assert (rotation.prepare(), rotation.prepare()) == (True, False)
    with pytest.raises(CommandError, match="not in place yet"):
        rotation.forget()
    assert (rotation.put_in_place(), rotation.put_in_place()) == (True, False)
    after = rotation.public("gateway")
    assert not rotation.prepare(), "these have to be forgotten first"
    assert (after != before, rotation.public("gateway")) == (True, after)
    assert {before, after} <= set(conf.read_text().split())
    rotation.forget()
    said = conf.read_text()
    assert after in said
    assert before not in said
    rotation.forget("gateway")
    assert rotation.prepare(), "and once more"


def test_a_folder_on_which_nothing_runs_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="runs on"):
        nats.reload(tmp_path)
    with pytest.raises(CommandError, match="runs on"):
        NatsServer(tmp_path)
