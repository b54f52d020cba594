"""The directory on servers of its own, and those who ask it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest
from fastapi import FastAPI

from chassis import mongo
from chassis.bus import Bus, connect
from chassis.health import Health
from chassis.identity import Identity, Peers
from chassis.part import Part
from chassis.rpc import Caller
from contracts.rpc import Actor, Operation, Rep, Req
from services.directory.main import start
from services.directory.settings import Settings
from services.directory.store import Store
from tests.directory.membership.acting import Acting, appear
from tests.servers import Servers


class Ask(Protocol):
    """Asks the directory as one of the parts, for itself."""

    async def __call__(self, operation: Operation[Req, Rep], request: Req) -> Rep:
        """Return the reply, or raise the refusal."""
        ...


class AskFor(Protocol):
    """Asks the directory as the gateway, for somebody."""

    async def __call__(self, actor: Actor, operation: Operation[Req, Rep], request: Req) -> Rep:
        """Return the reply, or raise the refusal."""
        ...


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of these tests' own: nobody else answers for the directory on them."""
    with Servers(tmp_path_factory.mktemp("directory")) as running:
        yield running


@pytest.fixture(scope="package")
def settings(servers: Servers) -> Settings:
    """The directory's settings on those servers."""
    return Settings(
        mongo_url=servers.mongo_url,
        nats_url=servers.nats_url,
        keys_dir=servers.keys_dir,
        stream_max_bytes=64 * 1024**2,
    )


@pytest.fixture(scope="package")
async def part(settings: Settings) -> AsyncIterator[Part]:
    """The running directory."""
    part = Part(await _connect(settings, "directory"), Peers.load(settings.keys_dir), FastAPI(), Health())
    await start(part, settings)
    yield part
    await part.close()


@pytest.fixture(scope="package")
async def store(settings: Settings) -> AsyncIterator[Store]:
    """The directory's database, to look at what stands in it."""
    client = mongo.connect(settings.mongo_url)
    yield Store(client)
    client.close()


@pytest.fixture(scope="package")
async def operator(part: Part, settings: Settings) -> AsyncIterator[Ask]:
    """The command line."""
    async for ask in _caller(part, settings, "operator"):
        yield ask


@pytest.fixture(scope="package")
async def gateway(part: Part, settings: Settings) -> AsyncIterator[Ask]:
    """The gateway, for nobody in particular."""
    async for ask in _caller(part, settings, "gateway"):
        yield ask


@pytest.fixture(scope="package")
async def ask_for(part: Part, settings: Settings) -> AsyncIterator[AskFor]:
    """The gateway, for whoever is named."""
    bus = await _connect(settings, "gateway")
    caller = Caller(bus, timeout=30)

    async def ask(actor: Actor, operation: Operation[Any, Any], request: Any) -> Any:
        return await caller.call(operation, request, actor)

    yield ask
    await bus.close()


@pytest.fixture(scope="package")
async def referrals(part: Part, settings: Settings) -> AsyncIterator[Ask]:
    """The referrals service."""
    async for ask in _caller(part, settings, "referrals"):
        yield ask


async def _connect(settings: Settings, part: str) -> Bus:
    return await connect(settings.nats_url, Identity.load(settings.keys_dir, part), lambda: None)


async def _caller(_part: Part, settings: Settings, name: str) -> AsyncIterator[Any]:
    bus = await _connect(settings, name)
    caller = Caller(bus, timeout=30)

    async def ask(operation: Operation[Any, Any], request: Any) -> Any:
        return await caller.call(operation, request, caller.me)

    yield ask
    await bus.close()


@pytest.fixture(scope="package")
async def speaker(part: Part, settings: Settings) -> AsyncIterator[Caller]:
    """The gateway's caller, which speaks for clients and members."""
    assert part
    bus = await _connect(settings, "gateway")
    yield Caller(bus, timeout=30)
    await bus.close()


@pytest.fixture
async def shelter(operator: Ask, speaker: Caller) -> Acting:
    """A client of a shelter that may do everything."""
    return await appear(operator, speaker)


@pytest.fixture
async def third(operator: Ask, speaker: Caller) -> Acting:
    """A client of another organization that may do everything in its own."""
    return await appear(operator, speaker)


@pytest.fixture
async def coordinator(operator: Ask, speaker: Caller) -> Acting:
    """A client of an organization that keeps the network."""
    return await appear(operator, speaker, coordinator=True)
