"""The notifications service on servers of its own, a hand that publishes events, and a live gate."""

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI

from chassis.bus import Bus, connect
from chassis.health import Health
from chassis.identity import Identity, Peers
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from chassis.part import Part
from chassis.rpc import Caller
from chassis.streams import DAY, StreamSpec, reconcile
from contracts.codes import NeedGroup, Priority, ReferralStatus, State
from contracts.events import ReferralEvent
from contracts.rpc import Actor
from gateway.feed import FeedGate
from services.notifications.main import start
from services.notifications.settings import Settings
from tests.servers import Servers

SENT = "referrals.referral.sent.v1"
_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of these tests' own: nobody else keeps a feed on them."""
    with Servers(tmp_path_factory.mktemp("notifications")) as running:
        yield running


def event_of(referral: str, n: int, sender: str = "sender", receiver: str = "receiver") -> ReferralEvent:
    """An event of a referral between two organizations."""
    return ReferralEvent(
        id=referral,
        n=n,
        at=datetime.now(UTC),
        version=n,
        folio="REL-000000-00",
        to_status=ReferralStatus.SENT,
        need_group=NeedGroup.HEALTH,
        priority=Priority.ROUTINE,
        state=State.CHP,
        sender=sender,
        receiver=receiver,
        service="service",
    )


class Hand:
    """Publishes referral events, as the referrals service's relay would."""

    def __init__(self, bus: Bus) -> None:
        self._publisher = OrderedPublisher(bus, "EVT")

    async def publish(self, referral: str, n: int, data: bytes | None = None, **parties: Any) -> None:
        """Publish event ``n`` of a referral; ``data`` takes the place of a right one."""
        data = data or msgspec.json.encode(event_of(referral, n, **parties))
        headers = {"ce-type": SENT, "ce-subject": referral, "ce-id": f"{referral}:{n}"}
        subject, filter_subject = subject_of("referrals", "referral", referral, "sent.v1")
        await self._publisher.publish(subject, filter_subject, n, data, headers)


@pytest.fixture(scope="package")
async def buses(servers: Servers) -> AsyncIterator[dict[str, Bus]]:
    """A connection for every part, with the stream that the directory owns."""
    parts = ("directory", "referrals", "notifications", "gateway", "operator")
    buses = {
        part: await connect(servers.nats_url, Identity.load(servers.keys_dir, part), lambda: None)
        for part in parts
    }
    await reconcile(buses["directory"].js, StreamSpec("EVT", ("evt.>",), 30 * DAY, 64 * 1024**2))
    yield buses
    for bus in buses.values():
        await bus.close()


@pytest.fixture(scope="package")
async def part(servers: Servers, buses: dict[str, Bus]) -> AsyncIterator[Part]:
    """The running service."""
    settings = Settings(
        mongo_url=servers.mongo_url,
        nats_url=servers.nats_url,
        keys_dir=servers.keys_dir,
        stream_max_bytes=64 * 1024**2,
    )
    part = Part(buses["notifications"], Peers.load(servers.keys_dir), FastAPI(), Health())
    await start(part, settings)
    yield part
    await part.close()


@pytest.fixture
def hand(buses: dict[str, Bus], part: Part) -> Hand:
    """What happens to referrals."""
    assert part
    return Hand(buses["referrals"])


@pytest.fixture
def caller(buses: dict[str, Bus], part: Part) -> Caller:
    """The gateway's."""
    assert part
    return Caller(buses["gateway"])


@pytest.fixture
def gate(buses: dict[str, Bus], caller: Caller) -> FeedGate:
    """The gateway's live gate."""
    return FeedGate(buses["gateway"], caller)


@pytest.fixture
def reader() -> Actor:
    """A client of an organization of its own that may read its feed."""
    return reader_of(f"org{next(_numbers)}")


def reader_of(organization: str, **values: Any) -> Actor:
    """A client that may read that organization's feed."""
    usual = {"organization_kind": "shelter", "verified": True, "scopes": ("feed:read",)}
    return Actor(kind="client", id="client", organization=organization, **{**usual, **values})


def new_referral() -> str:
    """The id of a referral that nobody has yet."""
    return f"referral{next(_numbers)}"
