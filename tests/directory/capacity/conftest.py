"""A service with places in the running directory, those who speak for it, and a hand that moves referrals."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.bus import Bus, connect
from chassis.identity import Identity
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from chassis.part import Part
from chassis.rpc import Caller
from contracts.capacity import SET_CAPACITY, CapacityReply, SetCapacity, UnitCapacity
from contracts.codes import NeedGroup, Priority, ReferralStatus, State
from contracts.directory import IMPORT_RECORDS, ImportRecords
from contracts.events import ReferralEvent
from contracts.rpc import Actor
from services.directory import ids
from services.directory.settings import Settings
from tests.directory import cast
from tests.directory.conftest import Ask

_numbers = itertools.count(1)
Say = Callable[..., Awaitable[CapacityReply]]
SHELTER_OF = "o-ceiba"


def referral() -> str:
    """The id of a referral that nobody has yet."""
    return f"referral{next(_numbers)}"


def key() -> str:
    """A fresh idempotency key."""
    return f"key-{next(_numbers)}"


async def service_of(operator: Ask, **changes: Any) -> str:
    """Import a service of its own, which counts nothing unless the changes say so; return its id."""
    source_id = f"s-{next(_numbers)}"
    records = (
        cast.organization(cast.SHELTER),
        cast.service(cast.BEDS, **{"id": source_id, "capacities": [], **changes}),
    )
    reply = await operator(IMPORT_RECORDS, ImportRecords(source="places", records=records))
    return str(reply.outcomes[1].id)


@pytest.fixture
async def service(operator: Ask) -> str:
    """A service that counts no places yet."""
    return await service_of(operator)


@pytest.fixture
def say(operator: Ask) -> Say:
    """Sets the numbers of one unit as the operator."""

    async def set_capacity(service: str, unit: str = "bed", **numbers: Any) -> CapacityReply:
        request = SetCapacity(
            service=service, units=(UnitCapacity(unit=unit, **numbers),), idempotency_key=key()
        )
        return await operator(SET_CAPACITY, request)

    return set_capacity


@pytest.fixture(scope="package")
async def public(part: Part, settings: Settings) -> AsyncIterator[Caller]:
    """The gateway, which asks for members and clients."""
    assert part
    bus = await connect(settings.nats_url, Identity.load(settings.keys_dir, "gateway"), lambda: None)
    yield Caller(bus, timeout=30)
    await bus.close()


def actor(kind: Any = "member", **changes: Any) -> Actor:
    """Somebody of the shelter that offers the services; a manager unless the changes say otherwise."""
    usual = {
        "organization": ids.derived("organization", "places", SHELTER_OF),
        "organization_kind": "shelter",
        "verified": True,
        "roles": ("manager",) if kind == "member" else (),
    }
    return Actor(kind=kind, **{"id": "somebody", **usual, **changes})


class Hand:
    """Publishes referrals' events, as the referrals service's relay would."""

    def __init__(self, bus: Bus, service: str) -> None:
        self._bus = bus
        self._publisher = OrderedPublisher(bus, "EVT")
        self.service = service

    async def publish(self, referral: str, name: str, n: int, **changes: Any) -> None:
        """Publish the ``n``-th event of a referral."""
        usual: dict[str, Any] = {
            "version": n,
            "folio": "REL-000000-00",
            "to_status": ReferralStatus.ACCEPTED,
            "need_group": NeedGroup.SHELTER,
            "priority": Priority.ROUTINE,
            "state": State.CHP,
            "sender": "org_sender",
            "receiver": "org_receiver",
            "service": self.service,
            "held": True,
            "arrive_by": datetime.now(UTC) + timedelta(days=1),
        }
        event = ReferralEvent(id=referral, n=n, at=datetime.now(UTC), **{**usual, **changes})
        kind = f"referrals.referral.{name}.v1"
        subject, filter_subject = subject_of("referrals", "referral", referral, f"{name}.v1")
        headers = {"ce-type": kind, "ce-subject": referral, "ce-id": f"{referral}:{n}"}
        await self._publisher.publish(subject, filter_subject, n, msgspec.json.encode(event), headers)

    async def again(self, referral: str, name: str, n: int) -> None:
        """Publish an event once more past every guard, as a broken relay might."""
        headers = {"ce-type": f"referrals.referral.{name}.v1", "ce-subject": referral, "n": str(n)}
        last = await self._bus.js.get_last_msg("EVT", f"evt.referrals.referral.{referral}.{name}.v1")
        subject = f"evt.referrals.referral.{referral}.{name}.v1"
        await self._bus.js.publish(subject, last.data or b"", headers=headers)


@pytest.fixture
async def hand(part: Part, settings: Settings, service: str) -> AsyncIterator[Hand]:
    """What happens to referrals to the service."""
    assert part
    bus = await connect(settings.nats_url, Identity.load(settings.keys_dir, "referrals"), lambda: None)
    yield Hand(bus, service)
    await bus.close()
