"""The live gate: replay, then live, with no gap and no repeat at the seam, whatever is disturbed."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
from nats.aio.msg import Msg
from nats.js.api import DiscardPolicy

from chassis.bus import Bus
from chassis.problems import RefusedError
from chassis.rpc import Caller
from chassis.tasks import end
from contracts.notifications import FeedFilter, FeedReferral, FeedTold
from contracts.rpc import Actor
from gateway import wire
from gateway.feed import FeedGate
from tests.notifications.conftest import SENT, Hand, event_of, new_referral, reader_of
from tests.notifications.test_feed import page
from tests.servers import eventually

ALL = FeedFilter()


def said(entry: FeedTold) -> str:
    """Which change it tells: the events made here have their versions' numbers."""
    assert entry.referral is not None
    return f"{entry.referral.id}:{entry.referral.version}"


async def take(entries: AsyncIterator[tuple[str, FeedTold]], count: int) -> list[str]:
    """The first so many entries' referrals and versions."""
    taken: list[str] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            taken.append(said((await anext(entries))[1]))
    return taken


@contextlib.asynccontextmanager
async def listening(
    gate: FeedGate, reader: Actor, after: tuple[str, int] | None = None, wanted: FeedFilter = ALL
) -> AsyncIterator[AsyncIterator[tuple[str, FeedTold]]]:
    entries = gate.entries(reader, after, wanted)
    async with contextlib.aclosing(entries):
        yield entries


async def head(gate: FeedGate, reader: Actor) -> tuple[str, int]:
    found = await gate.head(reader)
    return found.epoch, found.seq


async def test_a_stream_begins_with_what_comes_after_its_cursor(
    gate: FeedGate, hand: Hand, caller: Caller, reader: Actor
) -> None:
    referrals = [new_referral() for _ in range(10)]
    start = await head(gate, reader)
    for one in referrals[:5]:
        await hand.publish(one, 1, sender=reader.organization)
    await eventually(lambda: page(caller, reader), lambda found: len(found.entries) == 5)
    async with listening(gate, reader, start) as entries:
        taken = await take(entries, 5)
        for one in referrals[5:]:
            await hand.publish(one, 1, sender=reader.organization)
        taken += await take(entries, 5)
    # The feed's own order: that of each referral's changes, and across referrals as they were told.
    assert taken == [said(entry) for entry in (await page(caller, reader)).entries]
    assert sorted(taken) == sorted(f"{one}:1" for one in referrals)


async def test_a_stream_without_a_cursor_begins_now(
    gate: FeedGate, hand: Hand, caller: Caller, reader: Actor
) -> None:
    await hand.publish(new_referral(), 1, sender=reader.organization)
    await eventually(lambda: page(caller, reader), lambda found: len(found.entries) == 1)
    async with listening(gate, reader) as entries:
        first = asyncio.ensure_future(take(entries, 1))
        await eventually(lambda: _has_stream(gate, reader))
        fresh = new_referral()
        await hand.publish(fresh, 1, sender=reader.organization)
        assert await first == [f"{fresh}:1"]


async def _has_stream(gate: FeedGate, reader: Actor) -> bool:
    hub = gate.wire.hubs.get(reader.organization or "")
    return hub is not None and any(not one.replaying for one in hub.readers)


async def test_entries_made_while_the_stream_opens_are_neither_lost_nor_repeated(
    gate: FeedGate, hand: Hand, reader: Actor
) -> None:
    start = await head(gate, reader)
    referrals = [new_referral() for _ in range(200)]

    async def publish() -> None:
        for one in referrals:
            await hand.publish(one, 1, sender=reader.organization)

    publishing = asyncio.create_task(publish())
    for _ in range(5):
        async with listening(gate, reader, start) as entries:
            await take(entries, 20)
    async with listening(gate, reader, start) as entries:
        taken = await take(entries, len(referrals))
    await publishing
    assert sorted(taken) == sorted(f"{one}:1" for one in referrals)


async def test_a_disturbed_bus_loses_and_repeats_nothing(
    gate: FeedGate, hand: Hand, reader: Actor, buses: dict[str, Bus]
) -> None:
    start = await head(gate, reader)
    referrals = [new_referral() for _ in range(200)]
    generator = random.Random(7)  # noqa: S311 - when to disturb

    async def publish() -> None:
        for one in referrals:
            await hand.publish(one, 1, sender=reader.organization)
            if generator.random() < 0.1:
                buses["gateway"]._disturb()

    publishing = asyncio.create_task(publish())
    async with listening(gate, reader, start) as entries:
        taken = await take(entries, len(referrals))
    await publishing
    assert sorted(taken) == sorted(f"{one}:1" for one in referrals)
    assert len(set(taken)) == len(taken)


async def test_what_was_missed_without_a_sign_is_found_by_comparing(
    gate: FeedGate, hand: Hand, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "COMPARE_SECONDS", 0.1)
    async with listening(gate, reader) as entries:
        first = asyncio.ensure_future(take(entries, 1))
        await eventually(lambda: _has_stream(gate, reader))
        # The subscription is gone, and nobody was told.
        assert gate.wire._subscription is not None
        await gate.wire._subscription.unsubscribe()
        missed = new_referral()
        await hand.publish(missed, 1, sender=reader.organization)
        assert await first == [f"{missed}:1"]


async def test_what_was_missed_is_found_with_the_next_that_comes_to_whomever(
    gate: FeedGate, hand: Hand, caller: Caller, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "COMPARE_SECONDS", 60)
    hear, mine = wire.Wire._hear, f"live.feed.{reader.organization}."

    async def deaf(self: wire.Wire, message: Msg) -> None:
        if not message.subject.startswith(mine):
            await hear(self, message)

    monkeypatch.setattr(wire.Wire, "_hear", deaf)
    async with listening(gate, reader) as entries:
        first = asyncio.ensure_future(take(entries, 1))
        await eventually(lambda: _has_stream(gate, reader))
        missed = new_referral()
        await hand.publish(missed, 1, sender=reader.organization)
        await eventually(lambda: page(caller, reader), lambda found: len(found.entries) == 1)
        await hand.publish(new_referral(), 1, sender=f"{reader.organization}-other")
        assert await first == [f"{missed}:1"]


async def test_a_reader_of_a_stream_that_was_made_anew_is_told_so(
    gate: FeedGate, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "COMPARE_SECONDS", 0.05)
    async with listening(gate, reader) as entries:
        first = asyncio.ensure_future(take(entries, 1))
        await eventually(lambda: _has_stream(gate, reader))
        # As if it had begun in another life of it, with more entries than there are now.
        for one in gate.wire.hubs[reader.organization or ""].readers:
            one.cursor, one.epoch = 10**9, "2020-01-01T00:00:00Z"
        with pytest.raises(RefusedError) as refusal:
            await first
    assert refusal.value.code == "CURSOR_EXPIRED"


@pytest.mark.parametrize("bound", [("BUFFER", 5), ("BUFFER_BYTES", 2000)])
async def test_a_slow_reader_is_served_from_the_stream(
    gate: FeedGate,
    hand: Hand,
    caller: Caller,
    reader: Actor,
    *,
    monkeypatch: pytest.MonkeyPatch,
    bound: tuple[str, int],
) -> None:
    monkeypatch.setattr(wire, *bound)
    referrals = [new_referral() for _ in range(40)]
    async with listening(gate, reader) as entries:
        first = asyncio.ensure_future(take(entries, 1))
        await eventually(lambda: _has_stream(gate, reader))
        for one in referrals:
            await hand.publish(one, 1, sender=reader.organization)
        await eventually(lambda: page(caller, reader), lambda found: len(found.entries) == 40)
        assert sorted(await first + await take(entries, 39)) == sorted(f"{one}:1" for one in referrals)


async def test_the_last_reader_takes_the_subscription_with_it(gate: FeedGate, reader: Actor) -> None:
    async with listening(gate, reader) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        await eventually(lambda: _has_stream(gate, reader))
        await end(waiting)
    assert (gate.wire.hubs, gate.wire._subscription, gate.wire._comparing) == ({}, None, None)


async def test_the_last_reader_takes_the_comparison_with_it_also_one_that_missed_its_cancellation(
    gate: FeedGate, hand: Hand, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing = asyncio.Event()

    async def compare(_: object) -> None:
        if comparing.is_set():
            await asyncio.sleep(60)
        comparing.set()
        # As Python 3.11's wait_for does, by which nats-py waits, where both come in the same moment.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    monkeypatch.setattr(wire, "COMPARE_SECONDS", 0)
    monkeypatch.setattr(wire.Wire, "compare", compare)
    async with listening(gate, reader) as entries:
        first = asyncio.ensure_future(take(entries, 1))
        await eventually(lambda: _has_stream(gate, reader))
        await hand.publish(new_referral(), 1, sender=reader.organization)
        await first
        await comparing.wait()
        comparing_rounds = gate.wire._comparing
    assert comparing_rounds is not None
    assert not comparing_rounds.running


async def test_who_may_not_read_is_refused_at_once(gate: FeedGate) -> None:
    with pytest.raises(RefusedError) as refusal:
        async with listening(gate, reader_of("org", scopes=())) as entries:
            await anext(entries)
    assert refusal.value.code == "FORBIDDEN"


def entry_of(seq: int) -> FeedTold:
    event = event_of("referral", seq)
    told = FeedReferral(
        id=event.id,
        folio=event.folio,
        version=event.version,
        status=event.to_status,
        need_group=event.need_group,
        priority=event.priority,
        state=event.state,
    )
    return FeedTold(
        event=f"referral:{seq}", type=SENT, at=event.at, relation="sender", referral=told, seq=seq
    )


def test_what_waits_twice_is_handed_out_once_and_the_cursor_never_goes_back(reader: Actor) -> None:
    stream: wire.Reader[FeedTold] = wire.Reader(reader, "epoch", 4)
    stream.begin_replay()
    for seq in (5, 6, 5, 6, 3):
        stream.push(entry_of(seq))
    assert [entry.seq for entry in stream.live()] == [5, 6]
    assert stream.cursor == 6


def test_nothing_is_handed_out_from_behind_a_gap(reader: Actor) -> None:
    stream: wire.Reader[FeedTold] = wire.Reader(reader, "epoch", 0)
    stream.begin_replay()
    stream.push(entry_of(1))
    stream.push(entry_of(2))
    taken = stream.live()
    assert next(taken).seq == 1
    stream.replay()
    stream.push(entry_of(9))
    assert list(taken) == []


async def test_a_cursor_whose_following_entries_are_gone_is_refused_though_nothing_is_left(
    gate: FeedGate, hand: Hand, caller: Caller, reader: Actor, buses: dict[str, Bus]
) -> None:
    start = await head(gate, reader)
    for _ in range(3):
        await hand.publish(new_referral(), 1, sender=reader.organization)
    found = await eventually(lambda: page(caller, reader), lambda found: len(found.entries) == 3)
    config = (await buses["notifications"].js.stream_info("FEED")).config
    js = buses["notifications"].js
    # As if the oldest had come of age: only the very last message of the stream is kept, of whomever.
    other = reader_of(f"{reader.organization}-other")
    await hand.publish(new_referral(), 1, sender=other.organization)
    await eventually(lambda: page(caller, other), lambda found: len(found.entries) == 1)
    await js.update_stream(config.evolve(max_msgs=1, discard=DiscardPolicy.OLD))
    try:
        assert (await head(gate, reader))[1] == 0
        with pytest.raises(RefusedError) as refusal:
            async with listening(gate, reader, (start[0], found.entries[0].seq)) as entries:
                await anext(entries)
        assert refusal.value.code == "CURSOR_EXPIRED"
    finally:
        await js.update_stream(config)
