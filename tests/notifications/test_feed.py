"""The feed: one entry for each party and change, in order, once, by today's policy."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from nats.js.api import DiscardPolicy

from chassis.bus import Bus
from chassis.identity import Identity
from chassis.ordered import OrderedPublisher
from chassis.outbox import subject_of
from chassis.part import Part
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import Deadline, NetworkRole, Side
from contracts.events import (
    DEADLINE_EVENTS,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    REFERRAL_EVENTS,
    DeadlineEvent,
    ProposalEvent,
)
from contracts.notifications import (
    FEED_HEAD,
    FEED_PAGE,
    STATUS,
    TOLD_TYPES,
    Feed,
    FeedPage,
    FeedReferral,
    FeedSubject,
    FeedTold,
)
from contracts.rpc import Actor, Nothing
from contracts.standing import ProposalStatus
from services.notifications.marks import EventIds
from services.notifications.policy import TOLD, audience, may_read, still_told
from tests.notifications.conftest import Hand, event_of, new_referral, reader_of
from tests.servers import Servers, eventually


async def page(caller: Caller, reader: Actor, after: int = 0, first: int = 100, **more: object) -> Feed:
    return await caller.call(FEED_PAGE, FeedPage(after=after, first=first, **more), reader)  # type: ignore[arg-type]


async def test_both_parties_are_told_once_and_in_order(hand: Hand, caller: Caller, reader: Actor) -> None:
    referral, sender = new_referral(), reader
    receiver = reader_of(f"{sender.organization}-receiver")
    for n in range(1, 6):
        await hand.publish(referral, n, sender=sender.organization, receiver=receiver.organization)
    for party, relation in ((sender, "sender"), (receiver, "receiver")):
        feed = await eventually(
            lambda party=party: page(caller, party),  # type: ignore[misc]
            lambda feed: len(feed.entries) == 5,
        )
        assert [entry.referral and entry.referral.version for entry in feed.entries] == [1, 2, 3, 4, 5]
        assert {entry.relation for entry in feed.entries} == {relation}
        assert not feed.has_next


async def test_a_third_organization_is_told_nothing(hand: Hand, caller: Caller, reader: Actor) -> None:
    referral = new_referral()
    await hand.publish(referral, 1, sender="someone", receiver=reader.organization)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 1)
    third = await page(caller, reader_of("third"))
    assert (third.entries, third.head, third.has_next) == ((), 0, False)


async def test_an_entry_names_neither_party_nor_service(hand: Hand, caller: Caller, reader: Actor) -> None:
    await hand.publish(new_referral(), 1, sender=reader.organization)
    feed = await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 1)
    assert isinstance(feed.entries[0].referral, FeedReferral)
    assert not {"sender", "receiver", "service", "need"} & set(FeedReferral.__struct_fields__)


async def test_an_events_id_is_the_same_for_both_parties_and_tells_no_number(
    hand: Hand, caller: Caller, reader: Actor
) -> None:
    referral, receiver = new_referral(), reader_of(f"{reader.organization}-receiver")
    for n in range(1, 5):
        # The third is told to other parties: a number would miss it.
        other = {"sender": "x", "receiver": "y"} if n == 3 else {}
        parties: dict[str, Any] = {"sender": reader.organization, "receiver": receiver.organization, **other}
        await hand.publish(referral, n, **parties)
    ids = []
    for party in (reader, receiver):
        feed = await eventually(
            lambda party=party: page(caller, party),  # type: ignore[misc]
            lambda feed: len(feed.entries) == 3,
        )
        ids.append([entry.event for entry in feed.entries])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3
    assert all(re.fullmatch("[a-z2-7]{26}", one) for one in ids[0])


def test_an_events_id_stays_the_same_and_takes_the_parts_key(servers: Servers) -> None:
    ids = EventIds(Identity.load(servers.keys_dir, "notifications"))
    same = EventIds(Identity.load(servers.keys_dir, "notifications"))
    other = EventIds(Identity.load(servers.keys_dir, "referrals"))
    assert ids.of("referral", 1) == same.of("referral", 1) != other.of("referral", 1)
    assert len({ids.of("a", 12), ids.of("a1", 2), ids.of("a", 1), ids.of("a", 2)}) == 4


async def test_pages_follow_each_other_without_gap_or_repeat(
    hand: Hand, caller: Caller, reader: Actor
) -> None:
    referrals = [new_referral() for _ in range(25)]
    await asyncio.gather(*(hand.publish(one, 1, sender=reader.organization) for one in referrals))
    whole = await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 25)
    paged: list[FeedTold] = []
    after = 0
    while True:
        feed = await page(caller, reader, after, first=4)
        paged += feed.entries
        after = feed.scanned
        if not feed.has_next:
            break
    assert paged == list(whole.entries)


async def test_a_type_is_asked_for_without_losing_ones_place(
    hand: Hand, caller: Caller, reader: Actor
) -> None:
    await hand.publish(new_referral(), 1, sender=reader.organization)
    whole = await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 1)
    other = await page(caller, reader, types=(REFERRAL_EVENTS["accepted"].type,))
    assert other.entries == ()
    assert other.scanned >= whole.entries[-1].seq


async def test_entries_are_kept_for_ninety_days(part: Part, buses: dict[str, Bus]) -> None:
    assert part
    kept = (await buses["notifications"].js.stream_info("FEED")).config
    assert (kept.max_age, kept.max_msgs, kept.discard) == (90 * 86_400, -1, DiscardPolicy.NEW)


async def test_a_position_from_another_life_of_the_feed_is_refused(caller: Caller, reader: Actor) -> None:
    with pytest.raises(RefusedError) as refusal:
        await page(caller, reader, after=1, epoch="another")
    assert refusal.value.code == "CURSOR_EXPIRED"


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (reader_of("org", scopes=()), "FORBIDDEN"),
        (reader_of("org", verified=False), "NOT_VERIFIED"),
        (Actor(kind="member", id="m", organization="org", verified=True), "FORBIDDEN"),
    ],
)
async def test_who_may_not_read_a_feed_is_refused(caller: Caller, actor: Actor, code: str) -> None:
    assert not may_read(actor)
    for call in (
        caller.call(FEED_PAGE, FeedPage(), actor),
        caller.call(FEED_HEAD, Nothing(), actor),
    ):
        with pytest.raises(RefusedError) as refusal:
            await call
        assert refusal.value.code == code


def test_everything_that_a_feed_can_hold_has_a_policy() -> None:
    assert set(TOLD) == set(TOLD_TYPES)


def test_coordinators_hear_of_what_is_overdue_each_once_and_of_nothing_before() -> None:
    outline = msgspec.structs.asdict(event_of("r1", 3, sender="casa", receiver="clinica"))
    event = DeadlineEvent(
        **outline, deadline=Deadline.DECIDE, told=(Side.SENDER,), coordinators=("red", "casa")
    )
    overdue, reminded = DEADLINE_EVENTS["overdue"].type, DEADLINE_EVENTS["reminded"].type
    assert audience(overdue, event) == [("casa", "sender"), ("red", "coordinator")]
    assert audience(reminded, event) == [("casa", "sender")]
    reader = reader_of("red")
    entry = FeedTold(event="e", type=overdue, at=event.at, relation="coordinator")
    assert not still_told(entry, reader)
    keeps = msgspec.structs.replace(reader, network_roles=(NetworkRole.COORDINATOR,))
    assert still_told(entry, keeps)
    assert not still_told(msgspec.structs.replace(entry, type=reminded), keeps)


def test_an_event_without_a_policy_is_told_to_nobody() -> None:
    assert audience("referrals.referral.invented.v1", event_of("referral", 1)) == []


async def test_an_event_that_cannot_be_read_parks_its_referral_only(
    hand: Hand, caller: Caller, reader: Actor, buses: dict[str, Bus]
) -> None:
    bad, good = new_referral(), new_referral()
    await hand.publish(bad, 1, data=b'{"id": "x"}')
    await hand.publish(good, 1, sender=reader.organization)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 1)
    operator = Caller(buses["operator"])

    async def parked() -> str:
        status = await operator.call(STATUS, Nothing(), operator.me)
        return "".join(check.detail for check in status.checks if check.name == "parked" and not check.ok)

    assert bad in await eventually(parked)


async def test_what_is_parked_of_the_directorys_facts_is_said_too(part: Part, buses: dict[str, Bus]) -> None:
    assert part
    bad = f"prp_{new_referral()}"
    publisher = OrderedPublisher(buses["directory"], "EVT")
    headers = {"ce-type": PROPOSAL_DECIDED.type, "ce-subject": bad, "ce-id": f"{bad}:1"}
    subject, filter_subject = subject_of("directory", "proposal", bad, "decided.v1")
    await publisher.publish(subject, filter_subject, 1, b'{"id": "x"}', headers)
    operator = Caller(buses["operator"])

    async def parked() -> str:
        status = await operator.call(STATUS, Nothing(), operator.me)
        return "".join(check.detail for check in status.checks if check.name == "parked" and not check.ok)

    await eventually(parked, lambda said: bad in said)


async def test_a_proposal_that_waits_is_told_to_coordinators_and_only_while_they_are(
    part: Part, caller: Caller, reader: Actor, buses: dict[str, Bus]
) -> None:
    assert part
    made, other = f"prp_{new_referral()}", reader_of(f"{reader.organization}-other")
    data = ProposalEvent(
        id=made,
        n=1,
        at=datetime.now(UTC),
        status=ProposalStatus.PROPOSED,
        organization="org_new",
        proposer=other.organization,
        coordinators=(reader.organization or "",),
    )
    subject, filter_subject = subject_of("directory", "proposal", made, "made.v1")
    headers = {"ce-type": PROPOSAL_MADE.type, "ce-subject": made, "ce-id": f"{made}:1"}
    publisher = OrderedPublisher(buses["directory"], "EVT")
    await publisher.publish(subject, filter_subject, 1, msgspec.json.encode(data), headers)
    keeper = msgspec.structs.replace(reader, network_roles=(NetworkRole.COORDINATOR,))
    feed = await eventually(lambda: page(caller, keeper, subjects=True), lambda feed: len(feed.entries) == 1)
    assert feed.entries[0].relation == "coordinator"
    assert feed.entries[0].subject == FeedSubject(kind="proposal", id=made, status="proposed")
    assert (await page(caller, reader, subjects=True)).entries == ()
    assert (await page(caller, other, subjects=True)).entries == ()


async def test_what_is_no_entry_of_ours_does_not_make_a_feed_unreadable(
    hand: Hand, caller: Caller, reader: Actor, buses: dict[str, Bus]
) -> None:
    await hand.publish(new_referral(), 1, sender=reader.organization)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 1)
    await buses["notifications"].js.publish(f"feed.{reader.organization}.referral.x", b"garbage")
    await hand.publish(new_referral(), 1, sender=reader.organization)
    feed = await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 2)
    assert feed.scanned >= feed.entries[-1].seq
    alone = await page(caller, reader, after=feed.entries[0].seq, first=1)
    assert [entry.seq for entry in alone.entries] == [feed.entries[1].seq]


def test_the_types_that_clients_may_ask_for_are_those_that_the_feed_tells() -> None:
    assert set(TOLD) == set(TOLD_TYPES)
