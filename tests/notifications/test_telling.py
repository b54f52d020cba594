"""What tells more than the outline by being in the feed at all is told as T2 is shown, in pages and live."""

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest

from chassis.bus import Bus
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from chassis.rpc import Caller
from contracts.codes import Deadline, NetworkRole, Role, Scope, Side
from contracts.events import (
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    DEADLINE_EVENTS,
    AsideEvent,
    DeadlineEvent,
    EventType,
)
from contracts.notifications import FeedFilter, FeedReferral, FeedTold
from contracts.rpc import Actor
from contracts.telling import T2_ROLES, T2_SCOPE, may_know
from gateway.feed import FeedGate
from services.referrals.roles import TIERS
from tests.notifications.conftest import SENT, Hand, event_of, new_referral, reader_of
from tests.notifications.test_feed import page
from tests.servers import eventually

READS_PERSON = ("feed:read", "referrals:read", "referrals:read_person")
OF_STEPS = (
    "overridden",
    "override_reviewed",
    "step_overdue",
    "person_flagged",
    "person_unflagged",
    "documents_demanded",
)


def entry(kind: str, deadline: Deadline | None = None, relation: str = "sender") -> FeedTold:
    event = event_of("r1", 1)
    about = FeedReferral(
        id="r1", folio=event.folio, version=1, status=event.to_status, need_group=event.need_group,
        priority=event.priority, state=event.state, deadline=deadline,
    )  # fmt: skip
    return FeedTold(event="e", type=kind, at=event.at, relation=relation, referral=about)  # type: ignore[arg-type]


def member(*roles: str) -> Actor:
    return Actor(kind="member", id="m", organization="org", verified=True, roles=roles)


HIDDEN = [
    entry(DEADLINE_EVENTS["arrival_asked"].type, Deadline.ARRIVE),
    *(entry(DEADLINE_EVENTS[name].type, Deadline.ARRIVE) for name in ("reminded", "overdue", "escalated")),
    *(entry(DEADLINE_EVENTS[name].type, Deadline.REVIEW_OVERRIDE) for name in ("reminded", "escalated")),
    *(entry(ASIDE_EVENTS[name].type) for name in OF_STEPS),
    entry(ARRIVAL_OVERDUE.type, relation="receiver"),
]


@pytest.mark.parametrize("told", HIDDEN, ids=lambda one: f"{one.type} {one.referral.deadline}")
def test_what_tells_circumstances_or_an_arrival_is_told_to_those_who_may_know_them(told: FeedTold) -> None:
    for reader in (
        member("viewer"),
        member("viewer", "intake"),
        reader_of("org", scopes=("feed:read", "referrals:read")),
    ):
        assert not may_know(told, reader)
    for reader in (member("caseworker"), member("viewer", "manager"), reader_of("org", scopes=READS_PERSON)):
        assert may_know(told, reader)


def test_all_else_is_told_to_whoever_reads_the_feed() -> None:
    for told in (entry(SENT), entry(DEADLINE_EVENTS["overdue"].type, Deadline.DECIDE)):
        assert may_know(told, member("viewer"))
        assert may_know(told, reader_of("org"))


def test_coordinators_hear_of_what_is_overdue_since_somebody_must_act() -> None:
    keeps = (NetworkRole.COORDINATOR,)
    for told in (
        entry(ASIDE_EVENTS["step_overdue"].type, relation="coordinator"),
        entry(ASIDE_EVENTS["documents_demanded"].type, relation="coordinator"),
        entry(DEADLINE_EVENTS["overdue"].type, Deadline.ARRIVE, "coordinator"),
        entry(DEADLINE_EVENTS["escalated"].type, Deadline.REVIEW_OVERRIDE, "coordinator"),
    ):
        assert may_know(told, msgspec.structs.replace(member("manager"), network_roles=keeps))
        others = msgspec.structs.replace(member("caseworker", "viewer"), network_roles=keeps)
        assert not may_know(told, others), "its managers keep the network"
        assert not may_know(told, member("caseworker", "manager"))


def test_who_is_told_such_things_is_who_the_referrals_show_t2() -> None:
    shown = {name for name, tiers in TIERS.items() if "T2" in tiers}
    assert shown & set(Role) == T2_ROLES
    assert shown & set(Scope) == {T2_SCOPE}


async def publish(bus: Bus, event: EventType, data: AsideEvent | DeadlineEvent) -> None:
    subject, filter_subject = subject_of("referrals", "referral", data.id, f"{event.name}.v1")
    headers = {"ce-type": event.type, "ce-subject": data.id, "ce-id": f"{data.id}:{data.n}"}
    encoded = msgspec.json.encode(data)
    await OrderedPublisher(bus, "EVT").publish(subject, filter_subject, data.n, encoded, headers)


async def test_pages_and_live_streams_tell_an_arrival_and_an_override_to_the_same_readers(
    gate: FeedGate, caller: Caller, hand: Hand, buses: dict[str, Bus], reader: Actor
) -> None:
    knows = msgspec.structs.replace(reader, scopes=READS_PERSON)
    referral = new_referral()
    told: dict[Actor, list[str]] = {reader: [], knows: []}
    outline: dict[str, Any] = msgspec.structs.asdict(event_of(referral, 2, sender=reader.organization or ""))
    arrival = DeadlineEvent(**outline, deadline=Deadline.ARRIVE, told=(Side.SENDER,))
    override = AsideEvent(**{**outline, "n": 3}, told=Side.SENDER)

    async def follow(actor: Actor) -> None:
        async with contextlib.aclosing(gate.entries(actor, None, FeedFilter())) as entries:
            async for _, one in entries:
                told[actor].append(one.type.split(".")[2])

    following = [asyncio.create_task(follow(one)) for one in told]

    async def live() -> bool:
        hub = gate.wire.hubs.get(reader.organization or "")
        return hub is not None and sum(not one.replaying for one in hub.readers) == len(told)

    try:
        await eventually(live)
        await hand.publish(referral, 1, sender=reader.organization)
        await publish(buses["referrals"], DEADLINE_EVENTS["reminded"], arrival)
        await publish(buses["referrals"], ASIDE_EVENTS["overridden"], override)
        await hand.publish(referral, 4, sender=reader.organization)
        for actor, heard in ((knows, ["sent", "reminded", "overridden", "sent"]), (reader, ["sent", "sent"])):
            await eventually(lambda actor=actor: _said(told[actor]), lambda said, heard=heard: said == heard)  # type: ignore[misc]
            paged = (await page(caller, actor)).entries
            assert [one.type.split(".")[2] for one in paged] == heard
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def _said(heard: list[str]) -> list[str]:
    return list(heard)
