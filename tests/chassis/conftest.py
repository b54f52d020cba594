"""Connections for the chassis' own tests: the streams, and buses with each part's own rights."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from chassis import mongo
from chassis.bus import Bus, connect
from chassis.identity import Identity, Peers
from chassis.streams import DAY, StreamSpec, reconcile
from tests.servers import Servers

Connect = Callable[[str], Awaitable[Bus]]
EVT = StreamSpec("EVT", ("evt.>",), 30 * DAY, 256 * 1024**2)
DLQ = StreamSpec("DLQ", ("dlq.>",), 180 * DAY, 64 * 1024**2)


@pytest.fixture(scope="session")
async def bus_of(servers: Servers) -> AsyncIterator[Connect]:
    """Connect to the bus as any part."""
    buses: list[Bus] = []

    async def as_part(part: str) -> Bus:
        bus = await connect(servers.nats_url, Identity.load(servers.keys_dir, part), lambda: None)
        buses.append(bus)
        return bus

    yield as_part
    for bus in buses:
        await bus.close()


@pytest.fixture(scope="session")
async def streams(bus_of: Connect) -> None:
    """The streams, made by those who own them."""
    await reconcile((await bus_of("directory")).js, EVT)
    await reconcile((await bus_of("notifications")).js, DLQ)


@pytest.fixture(scope="session")
def peers(servers: Servers) -> Peers:
    """Everybody's public keys."""
    return Peers.load(servers.keys_dir)


@pytest.fixture
async def db(
    servers: Servers, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncIOMotorDatabase[dict[str, Any]]]:
    """A database of the test's own."""
    client = mongo.connect(servers.mongo_url)
    name = f"t{abs(hash(request.node.nodeid)) % 10**12}"
    yield client[name]
    await client.drop_database(name)
    client.close()
