"""Who sees no more than how far a referral has come is told that, and nothing counts or times the rest."""

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest

from chassis.bus import Bus
from chassis.rpc import Caller
from contracts.codes import NetworkRole, Side
from contracts.notifications import PROGRESSED, FeedFilter, FeedReferral, FeedTold
from contracts.progress import Progress, SentReferral
from contracts.rpc import Actor
from contracts.telling import told_to
from gateway.feed import FeedGate
from tests.notifications.conftest import SENT, Hand, event_of, new_referral, reader_of
from tests.notifications.test_feed import page
from tests.servers import eventually

# How far the events of one referral bring it; None is one that brings it no further.
LIFE = (Progress.SENT, None, Progress.RECEIVED, None, None, Progress.ENDED, None)
WORDS = [step for step in LIFE if step]


def behind(organization: str) -> Actor:
    """A reader of an organization behind the firewall."""
    return reader_of(organization, organization_kind="police")


def intake(organization: str) -> Actor:
    """A member whose one role is to send."""
    return Actor(kind="member", id="m", organization=organization, verified=True, roles=("intake",))


async def live(hand: Hand, referral: str, outlined: tuple[Side, ...] = (), **parties: Any) -> None:
    """Publish the whole life of a referral."""
    for n, step in enumerate(LIFE, 1):
        event = msgspec.structs.replace(event_of(referral, n, **parties), progress=step, outlined=outlined)
        await hand.publish(referral, n, msgspec.json.encode(event))


async def kept(bus: Bus, organization: str) -> int:
    """How many messages the stream itself keeps for an organization."""
    info = await bus.js.stream_info("FEED", subjects_filter=f"feed.{organization}.>")
    return sum((info.state.subjects or {}).values())


async def test_the_stream_itself_holds_no_more_of_a_sender_behind_the_firewall_than_it_is_told(
    hand: Hand, caller: Caller, reader: Actor, buses: dict[str, Bus]
) -> None:
    post, referral = behind(str(reader.organization)), new_referral()
    other = reader_of(f"{reader.organization}-receiver")
    parties = {"sender": post.organization, "receiver": other.organization}
    await live(hand, referral, (Side.SENDER,), **parties)
    whole = await eventually(lambda: page(caller, other), lambda feed: len(feed.entries) == len(LIFE))
    assert [entry.type for entry in whole.entries] == [SENT] * len(LIFE)
    feed = await page(caller, post, subjects=True)
    assert [entry.sent for entry in feed.entries] == [
        SentReferral(folio="REL-000000-00", progress=step) for step in WORDS
    ]
    assert {(one.type, one.referral, one.about, one.relation) for one in feed.entries} == {
        (PROGRESSED, None, None, "sender")
    }
    assert feed.head == feed.entries[-1].seq <= feed.scanned
    # Each is an entry of the one noun, in order; there is none that is hidden.
    assert await kept(buses["notifications"], str(post.organization)) == len(WORDS)


async def test_whoever_receives_by_exception_is_told_which_referral_and_afterwards_nothing(
    hand: Hand, caller: Caller, reader: Actor
) -> None:
    post, referral = behind(str(reader.organization)), new_referral()
    for n, (outlined, untold) in enumerate((((Side.RECEIVER,), ()), ((), (Side.RECEIVER,))), 1):
        event = event_of(referral, n, sender="somebody", receiver=str(post.organization))
        event = msgspec.structs.replace(event, outlined=outlined, untold=untold)
        await hand.publish(referral, n, msgspec.json.encode(event))
    last = new_referral()
    event = event_of(last, 1, sender="somebody", receiver=str(post.organization))
    event = msgspec.structs.replace(event, outlined=(Side.RECEIVER,))
    await hand.publish(last, 1, msgspec.json.encode(event))
    feed = await eventually(lambda: page(caller, post, subjects=True), lambda feed: len(feed.entries) == 2)
    assert [(one.type, one.about, one.referral, one.sent) for one in feed.entries] == [
        (PROGRESSED, about, None, None) for about in (referral, last)
    ]


@pytest.mark.parametrize("make", [behind, intake])
async def test_what_was_written_in_full_is_reduced_in_pages_without_gaps_and_live(
    hand: Hand, caller: Caller, gate: FeedGate, reader: Actor, make: Any
) -> None:
    """Before its kind was changed an organization was told all; and intake reads its colleagues' feed."""
    now = make(str(reader.organization))
    followed: list[FeedTold] = []

    epoch = (await gate.head(now)).epoch

    async def follow() -> None:
        async for _, entry in gate.entries(now, (epoch, 0), FeedFilter()):
            followed.append(entry)

    async def heard() -> list[FeedTold]:
        return followed

    following = asyncio.create_task(follow())
    await live(hand, new_referral(), sender=reader.organization, receiver="somebody")
    await live(hand, new_referral(), sender="somebody", receiver=reader.organization)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 2 * len(LIFE))
    told, after = [], 0
    while True:
        found = await page(caller, now, after=after, first=2, subjects=True)
        told += [entry.sent and entry.sent.progress for entry in found.entries]
        after = found.scanned
        if not found.has_next:
            break
        assert len(found.entries) == 2
    assert told == WORDS
    assert found.scanned >= found.head
    types: dict[str, Any] = {"types": (SENT,), "subjects": True}
    assert (await page(caller, now, first=1, **types)).entries == ()
    assert not (await page(caller, now, first=1, **types)).has_next
    await eventually(heard, lambda entries: len(entries) >= len(WORDS))
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following
    assert [one.sent and one.sent.progress for one in followed] == WORDS


@pytest.mark.parametrize("relation", ["sender", "receiver", "coordinator", "owner", "suggester", "proposer"])
def test_of_each_relation_no_more_is_told_than_how_far_it_has_come(relation: Any) -> None:
    event = event_of("r1", 1)
    about = FeedReferral(
        id="r1", folio=event.folio, version=1, status=event.to_status, need_group=event.need_group,
        priority=event.priority, state=event.state,
    )  # fmt: skip
    keeps = (NetworkRole.COORDINATOR,)
    entry = FeedTold(event="e", type=SENT, at=event.at, relation=relation, referral=about)
    for actor in (behind("org"), msgspec.structs.replace(behind("org"), network_roles=keeps), intake("org")):
        assert told_to(entry, actor) is None
    moved = msgspec.structs.replace(entry, referral=msgspec.structs.replace(about, progress=Progress.ENDED))
    for actor in (behind("org"), intake("org")):
        told = told_to(moved, actor)
        assert (told and told.sent) == (
            SentReferral(folio=event.folio, progress=Progress.ENDED) if relation == "sender" else None
        )
        assert told is None or (told.type, told.referral) == (PROGRESSED, None)
    # Who keeps the network hears of what is overdue; nobody behind the firewall does.
    if relation == "coordinator":
        keeper = msgspec.structs.replace(intake("org"), network_roles=keeps)
        assert told_to(moved, keeper) is None, "its managers keep the network"
        assert told_to(moved, msgspec.structs.replace(keeper, roles=("manager",))) == moved
