"""A large feed of which its reader may know little: one request looks at so much of it."""

import asyncio

import msgspec
import pytest

from chassis.bus import Bus
from chassis.rpc import Caller
from contracts.events import DEADLINE_EVENTS
from contracts.notifications import FeedTold
from contracts.readmarks import GET_FEED_READING, GetFeedReading
from contracts.rpc import Actor
from gateway.feed import FeedGate
from services.notifications import walking
from services.notifications.feed import Feeds
from tests.notifications.test_feed import page
from tests.notifications.test_gate import entry_of, listening, said, take
from tests.notifications.test_telling import READS_PERSON

HIDDEN = 2_000
# As many pages as a feed of ten thousand would take.
BOUNDS = (400, 800)


@pytest.fixture
async def large(
    buses: dict[str, Bus], caller: Caller, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> FeedTold:
    """A feed of some thousand entries that only those hear of who may know persons, and a last one; that."""
    assert caller
    monkeypatch.setattr(walking, "MOST_HIDDEN", BOUNDS)
    told, last = entry_of(1), entry_of(HIDDEN + 1)
    arrival = msgspec.structs.replace(told, type=DEADLINE_EVENTS["arrival_asked"].type)
    data = msgspec.json.encode(arrival)
    bus = buses["notifications"]
    for start in range(0, HIDDEN, 200):
        subjects = (f"feed.{reader.organization}.referral.large{start + one}" for one in range(200))
        await asyncio.gather(*(bus.js.publish(subject, data, timeout=30) for subject in subjects))
    await Feeds(bus).append(reader.organization or "", "large", last, 1)
    return last


async def test_pages_that_show_nothing_go_on_to_the_only_entry_that_their_reader_may_know(
    caller: Caller, reader: Actor, large: FeedTold
) -> None:
    found, ends, after = list[FeedTold](), list[int](), 0
    more = True
    while more:
        one = await page(caller, reader, after)
        assert one.scanned > after, "it would be asked for for ever"
        found += one.entries
        after, more = one.scanned, one.has_next
        ends.append(after)
    assert [said(entry) for entry in found] == [said(large)]
    assert HIDDEN / BOUNDS[1] < len(ends) <= HIDDEN / BOUNDS[0] + 1
    assert (await page(caller, reader, after)).entries == ()
    # That nothing is unread is said of a feed that was read to its end only.
    reading = await caller.call(GET_FEED_READING, GetFeedReading(count=True), reader)
    assert reading.unread == 1
    # At a bound that stood still a page would count what is hidden.
    assert len({(await page(caller, reader)).scanned for _ in range(4)}) > 1
    knows = msgspec.structs.replace(reader, scopes=READS_PERSON)
    whole = await page(caller, knows, first=500)
    assert (len(whole.entries), whole.has_next) == (500, True)


async def test_a_live_stream_catches_up_over_all_that_is_hidden(
    gate: FeedGate, buses: dict[str, Bus], reader: Actor, large: FeedTold
) -> None:
    head = await gate.head(reader)
    async with listening(gate, reader, (head.epoch, 0)) as entries:
        assert await take(entries, 1) == [said(large)]
        await Feeds(buses["notifications"]).append(reader.organization or "", "larger", entry_of(7), 1)
        assert await take(entries, 1) == [said(entry_of(7))]
