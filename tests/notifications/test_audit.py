"""How far an audit had come is told to those who may read it; whose reading is unusual, to coordinators."""

from datetime import UTC, datetime

import msgspec

from chassis.bus import Bus
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from chassis.part import Part
from chassis.rpc import Caller
from contracts.codes import NetworkRole, Role, Scope
from contracts.events import AUDIT_ATTESTED, READING_FLAGGED, AuditHeadEvent, EventType, ReadingEvent
from contracts.notifications import Feed, FeedHeadOf, FeedTold
from contracts.rpc import Actor
from tests.notifications.conftest import new_referral, reader_of
from tests.notifications.test_feed import page
from tests.servers import eventually

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AUDITOR = (NetworkRole.AUDITOR,)
READS = ("feed:read", Scope.AUDIT_READ)


async def publish(bus: Bus, kind: EventType, event: AuditHeadEvent | ReadingEvent) -> None:
    """Publish as the referrals service's relay would."""
    subject, filter_subject = subject_of("referrals", kind.noun, event.id, f"{kind.name}.v1")
    headers = {"ce-type": kind.type, "ce-subject": event.id, "ce-id": f"{event.id}:{event.n}"}
    publisher = OrderedPublisher(bus, "EVT")
    await publisher.publish(subject, filter_subject, event.n, msgspec.json.encode(event), headers)


def member(organization: str, *roles: str, **more: object) -> Actor:
    values = {"organization_kind": "shelter", "verified": True, **more}
    return Actor(kind="member", id="m", organization=organization, roles=roles, **values)  # type: ignore[arg-type]


async def told(caller: Caller, actor: Actor) -> FeedTold:
    """The one entry of somebody's feed, once it is there."""

    async def look() -> Feed:
        return await page(caller, actor, subjects=True)

    (entry,) = (await eventually(look, lambda feed: bool(feed.entries))).entries
    return entry


async def test_a_head_is_told_to_who_may_read_that_audit_and_to_nobody_else(
    buses: dict[str, Bus], part: Part, caller: Caller
) -> None:
    assert part
    own, auditing = new_referral(), new_referral()
    event = AuditHeadEvent(
        id=f"audit_{own}", chain=own, n=1, at=NOW, number=7, hash="a" * 64, entered_at=NOW, organization=own,
        auditors=(auditing, own),
    )  # fmt: skip
    await publish(buses["referrals"], AUDIT_ATTESTED, event)
    for actor, relation in (
        (member(own, Role.MANAGER), "owner"),
        (reader_of(own, scopes=READS), "owner"),
        (member(auditing, Role.VIEWER, network_roles=AUDITOR), "auditor"),
        (reader_of(auditing, scopes=READS, network_roles=AUDITOR), "auditor"),
    ):
        entry = await told(caller, actor)
        assert (entry.type, entry.relation) == (AUDIT_ATTESTED.type, relation)
        assert entry.subject is not None
        assert (entry.subject.id, entry.subject.head) == (own, FeedHeadOf(number=7, hash="a" * 64, at=NOW))
    for actor in (
        member(own, Role.CASEWORKER, Role.VIEWER, Role.INTAKE),
        reader_of(own),
        member(own, Role.MANAGER, organization_kind="police"),
        member(auditing, Role.MANAGER),
        reader_of(auditing, scopes=READS),
        reader_of(auditing, network_roles=AUDITOR),
    ):
        assert (await page(caller, actor, subjects=True)).entries == ()


async def test_a_chain_that_its_organization_may_not_read_is_told_to_auditors_only(
    buses: dict[str, Bus], part: Part, caller: Caller
) -> None:
    assert part
    police, auditing = new_referral(), new_referral()
    event = AuditHeadEvent(
        id=f"audit_{police}",
        chain=police,
        n=1,
        at=NOW,
        number=7,
        hash="a" * 64,
        entered_at=NOW,
        auditors=(auditing,),
    )
    await publish(buses["referrals"], AUDIT_ATTESTED, event)
    auditor = member(auditing, Role.VIEWER, network_roles=AUDITOR)
    await told(caller, auditor)
    # Nor is there anything in its feed that only its readers are not shown.
    reply = await page(caller, member(police, Role.MANAGER), subjects=True)
    assert (reply.entries, reply.has_next) == ((), False)
    assert reply.head == 0


async def test_an_unusual_reading_is_told_to_coordinators_and_names_nobody(
    buses: dict[str, Bus], part: Part, caller: Caller
) -> None:
    assert part
    keeper, flag = new_referral(), new_referral()
    event = ReadingEvent(id=flag, n=1, at=NOW, organization="casa", coordinators=(keeper,))
    await publish(buses["referrals"], READING_FLAGGED, event)
    coordinator = member(keeper, Role.MANAGER, network_roles=(NetworkRole.COORDINATOR,))
    entry = await told(caller, coordinator)
    assert (entry.type, entry.relation) == (READING_FLAGGED.type, "coordinator")
    assert entry.subject is not None
    assert (entry.subject.kind, entry.subject.id) == ("reading", flag)
    assert (await page(caller, member(keeper, Role.MANAGER), subjects=True)).entries == ()
