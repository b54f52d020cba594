"""What everybody may know is told once, and whoever accepted is asked where the person is."""

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chassis.bus import Bus
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from chassis.part import Part
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import NeedGroup, Priority, ReferralStatus, State
from contracts.directory import Capacity
from contracts.events import ArrivalEvent, CapacityEvent
from contracts.notifications import FEED_PAGE, PUBLIC_HEAD, PUBLIC_PAGE, FeedPage, PublicFeed, PublicPage
from contracts.rpc import Actor, Nothing
from tests.notifications.conftest import reader_of
from tests.servers import eventually

_numbers = itertools.count(1)
NOW = datetime(2026, 5, 4, tzinfo=UTC)


def changed(service: str, n: int) -> CapacityEvent:
    return CapacityEvent(
        id=f"cap_{service}",
        n=n,
        at=NOW,
        service=service,
        organization="org",
        units=(Capacity(unit="bed", available=n, maximum=9),),
    )


def overdue(referral: str, n: int, asked: int, receiver: str) -> ArrivalEvent:
    return ArrivalEvent(
        id="cap_asks", n=n, at=NOW, service="svc_asks", referral=referral, asked=asked, receiver=receiver,
        version=3, folio="REL-000000-00", to_status=ReferralStatus.ACCEPTED, need_group=NeedGroup.SHELTER,
        priority=Priority.ROUTINE, state=State.CHP,
    )  # fmt: skip


class Directory:
    """Publishes the directory's events about places."""

    def __init__(self, bus: Bus) -> None:
        self._publisher = OrderedPublisher(bus, "EVT")

    async def publish(self, name: str, event: CapacityEvent | ArrivalEvent) -> None:
        """Publish one event in its order."""
        headers = {"ce-type": f"directory.capacity.{name}.v1", "ce-subject": event.id}
        subject, filter_subject = subject_of("directory", "capacity", event.id, f"{name}.v1")
        data = msgspec.json.encode(event)
        await self._publisher.publish(subject, filter_subject, event.n, data, headers)


@pytest.fixture
def directory(buses: dict[str, Bus], part: Part) -> Directory:
    """The directory."""
    assert part
    return Directory(buses["directory"])


async def page(caller: Caller, actor: Actor, **conditions: Any) -> PublicFeed:
    return await caller.call(PUBLIC_PAGE, PublicPage(**conditions), actor)


async def test_a_change_is_told_once_for_all_and_to_everybody(directory: Directory, caller: Caller) -> None:
    service = f"svc{next(_numbers)}"
    for n in (1, 2, 3):
        await directory.publish("changed", changed(service, n))
    await directory.publish("changed", changed(f"svc{next(_numbers)}", 1))
    police = reader_of("anybody", organization_kind="police", scopes=(), verified=False)
    found = await eventually(
        lambda: page(caller, police, services=(service,)), lambda found: len(found.entries) == 3
    )
    assert [(one.service, one.units[0].available) for one in found.entries] == [
        (service, n) for n in (1, 2, 3)
    ]
    assert len({one.event for one in found.entries}) == 3
    await eventually(lambda: page(caller, police), lambda found: len(found.entries) >= 4)
    after = found.entries[1].seq
    rest = await page(caller, police, services=(service,), after=after, epoch=found.epoch)
    assert [one.event for one in rest.entries] == [found.entries[2].event]
    head = await caller.call(PUBLIC_HEAD, Nothing(), police)
    assert head.seq >= rest.entries[0].seq
    own = await caller.call(FEED_PAGE, FeedPage(first=500), reader_of("org"))
    assert own.entries == ()


async def test_the_public_feed_is_for_those_who_have_shown_who_they_are(caller: Caller) -> None:
    with pytest.raises(RefusedError) as refused:
        await page(caller, Actor(kind="service", id="gateway"))
    assert refused.value.code == "NOT_ALLOWED"


async def test_the_receiver_alone_is_asked_whether_the_person_arrived(
    directory: Directory, caller: Caller
) -> None:
    referral = f"asked{next(_numbers)}"
    receiver = reader_of("asked", scopes=("feed:read", "referrals:read_person"))
    await directory.publish("arrival_overdue", overdue(referral, 1, 1, "asked"))
    await directory.publish("arrival_overdue", overdue(referral, 2, 2, "asked"))

    async def told() -> list[tuple[str, str, str]]:
        feed = await caller.call(FEED_PAGE, FeedPage(), receiver)
        return [(one.type, one.relation, one.referral.id) for one in feed.entries if one.referral]

    question = ("directory.capacity.arrival_overdue.v1", "receiver", referral)
    await eventually(told, lambda found: found == [question, question])
    for entry in (await page(caller, receiver)).entries:
        assert referral not in msgspec.json.encode(entry).decode()
