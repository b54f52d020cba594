"""What of a feed is asked for, in pages and live; and what a page says of what its reader may not know."""

import asyncio
from typing import Any

import msgspec
import pytest

from chassis.bus import Bus
from chassis.rpc import Caller
from contracts.codes import Deadline, NeedGroup, Side
from contracts.events import DEADLINE_EVENTS, REFERRAL_EVENTS, DeadlineEvent
from contracts.narrowing import asked_for
from contracts.notifications import FEED_HEAD, Feed, FeedFilter, FeedTold
from contracts.progress import SentReferral
from contracts.rpc import Actor, Nothing
from gateway.feed import FeedGate
from services.notifications import walking
from tests.notifications.conftest import SENT, Hand, event_of, new_referral, reader_of
from tests.notifications.test_feed import page
from tests.notifications.test_gate import _has_stream, entry_of, listening, take
from tests.notifications.test_telling import READS_PERSON, publish
from tests.servers import eventually

ACCEPTED = REFERRAL_EVENTS["accepted"].type


async def refer(hand: Hand, referral: str, reader: Actor, n: int = 1, **values: Any) -> None:
    """Publish a referral's event ``n``, of the reader's as sender."""
    event = msgspec.structs.replace(event_of(referral, n, sender=reader.organization or ""), **values)
    await hand.publish(referral, n, msgspec.json.encode(event))


def about(feed: Feed) -> list[str]:
    """Which referrals a page is about."""
    return [entry.referral.id for entry in feed.entries if entry.referral]


def test_types_groups_and_a_referral_all_have_to_fit() -> None:
    entry = entry_of(1)
    for wanted in (
        FeedFilter(),
        FeedFilter(types=(ACCEPTED, SENT)),
        FeedFilter(need_groups=(NeedGroup.LEGAL, NeedGroup.HEALTH)),
        FeedFilter(referral="referral"),
        FeedFilter(types=(SENT,), need_groups=(NeedGroup.HEALTH,), referral="referral"),
    ):
        assert asked_for(entry, wanted)
    for wanted in (
        FeedFilter(types=(ACCEPTED,)),
        FeedFilter(need_groups=(NeedGroup.LEGAL,)),
        FeedFilter(referral="another"),
        FeedFilter(types=(SENT,), need_groups=(NeedGroup.HEALTH,), referral="another"),
    ):
        assert not asked_for(entry, wanted)


def test_who_is_told_how_far_a_referral_has_come_finds_it_by_no_group_and_no_id() -> None:
    sent = SentReferral(folio="REL-000000-00", progress="sent")  # type: ignore[arg-type]
    entry = FeedTold(event="e", type="t", at=entry_of(1).at, relation="sender", sent=sent)
    assert asked_for(entry, FeedFilter())
    assert not asked_for(entry, FeedFilter(need_groups=tuple(NeedGroup)))
    assert not asked_for(entry, FeedFilter(referral="referral"))
    received = msgspec.structs.replace(entry, sent=None, about="referral")
    assert asked_for(received, FeedFilter(referral="referral"))


async def test_a_page_has_what_is_about_one_referral_or_of_a_group_and_its_place_moves_on(
    hand: Hand, caller: Caller, reader: Actor
) -> None:
    mine, other = new_referral(), new_referral()
    await refer(hand, mine, reader)
    await refer(hand, other, reader, need_group=NeedGroup.LEGAL)
    await refer(hand, mine, reader, 2)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 3)
    one = await page(caller, reader, referral=mine)
    assert about(one) == [mine, mine]
    legal = await page(caller, reader, need_groups=(NeedGroup.LEGAL,))
    assert about(legal) == [other]
    neither = await page(caller, reader, referral=other, need_groups=(NeedGroup.HEALTH,))
    assert (neither.entries, neither.has_next) == ((), False)
    for found in (one, legal, neither):
        assert found.scanned >= (await page(caller, reader)).entries[-1].seq
        assert (await page(caller, reader, after=found.scanned)).entries == ()


async def test_pages_of_one_referral_follow_each_other(hand: Hand, caller: Caller, reader: Actor) -> None:
    mine, other = new_referral(), new_referral()
    for n in range(1, 6):
        await refer(hand, mine, reader, n)
        await refer(hand, other, reader, n)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 10)
    versions: list[int] = []
    after, more = 0, True
    while more:
        found = await page(caller, reader, after, first=2, referral=mine)
        versions += [entry.referral.version for entry in found.entries if entry.referral]
        after, more = found.scanned, found.has_next
    assert versions == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("referral", ["*", ">", "a.b", "", "x" * 101])
async def test_what_is_no_id_asks_for_no_other_subject(caller: Caller, reader: Actor, referral: str) -> None:
    with pytest.raises(Exception, match="not as it should be"):
        await page(caller, reader, referral=referral)


async def test_a_page_says_nothing_of_what_its_reader_may_not_know(
    hand: Hand, caller: Caller, buses: dict[str, Bus], reader: Actor
) -> None:
    """A reminder of an arrival is T2: the page of whoever sees T1 is as if it were not there."""
    mine = new_referral()
    await refer(hand, mine, reader)
    outline: dict[str, Any] = msgspec.structs.asdict(event_of(mine, 2, sender=reader.organization or ""))
    arrival = DeadlineEvent(**outline, deadline=Deadline.ARRIVE, told=(Side.SENDER,))
    await publish(buses["referrals"], DEADLINE_EVENTS["reminded"], arrival)
    knows = msgspec.structs.replace(reader, scopes=READS_PERSON)
    asked: dict[str, Any]
    for asked in ({}, {"referral": mine}, {"need_groups": (NeedGroup.HEALTH,)}):
        whole = await eventually(
            lambda asked=asked: page(caller, knows, **asked),  # type: ignore[misc]
            lambda feed: len(feed.entries) == 2,
        )
        first = await page(caller, reader, first=1, **asked)
        assert [entry.type for entry in first.entries] == [SENT]
        assert not first.has_next, "it would count what is hidden"
        assert (await page(caller, knows, first=1, **asked)).has_next
        behind = await page(caller, reader, after=whole.entries[0].seq, first=1, **asked)
        assert (behind.entries, behind.has_next) == ((), False)
    await refer(hand, mine, reader, 3)
    # A page is full also where something hidden lies in between.
    full = await eventually(lambda: page(caller, reader, first=2), lambda feed: len(feed.entries) == 2)
    assert [entry.type for entry in full.entries] == [SENT, SENT]


async def test_a_page_that_is_looked_for_too_long_ends_where_its_reader_knows_of(
    hand: Hand, caller: Caller, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_LOOKED_AT", 3)
    for _ in range(4):
        await refer(hand, new_referral(), reader)
    await refer(hand, new_referral(), reader, need_group=NeedGroup.LEGAL)
    whole = await eventually(lambda: page(caller, reader, first=3), lambda feed: len(feed.entries) == 3)
    legal: dict[str, Any] = {"first": 10, "need_groups": (NeedGroup.LEGAL,)}
    found = await eventually(lambda: page(caller, reader, **legal), lambda feed: feed.has_next)
    assert (found.entries, found.scanned) == ((), whole.entries[-1].seq)
    rest = await eventually(
        lambda: page(caller, reader, after=found.scanned, **legal), lambda feed: len(feed.entries) == 1
    )
    assert not rest.has_next


async def test_a_quiet_organizations_place_moves_on_with_the_stream(
    hand: Hand, caller: Caller, reader: Actor
) -> None:
    """Else what it keeps grows old with its last entry, though nothing of its own was missed."""
    other = reader_of(f"{reader.organization}-other")
    await refer(hand, new_referral(), other)
    feed = await eventually(lambda: page(caller, other), lambda feed: len(feed.entries) == 1)
    head = await caller.call(FEED_HEAD, Nothing(), reader)
    assert head.seq == 0
    assert head.place >= feed.entries[0].seq
    assert (await page(caller, reader)).scanned >= feed.entries[0].seq


async def test_a_live_stream_of_one_referral_replays_and_brings_nothing_else(
    gate: FeedGate, hand: Hand, caller: Caller, reader: Actor
) -> None:
    mine, other = new_referral(), new_referral()
    start = await gate.head(reader)
    await refer(hand, mine, reader)
    await refer(hand, other, reader)
    await eventually(lambda: page(caller, reader), lambda feed: len(feed.entries) == 2)
    wanted = FeedFilter(referral=mine)
    async with listening(gate, reader, (start.epoch, start.seq), wanted) as entries:
        assert await take(entries, 1) == [f"{mine}:1"]
        coming = asyncio.ensure_future(take(entries, 2))
        await eventually(lambda: _has_stream(gate, reader))
        for n in (2, 3):
            await refer(hand, other, reader, n)
            await refer(hand, mine, reader, n)
        assert await coming == [f"{mine}:2", f"{mine}:3"]
