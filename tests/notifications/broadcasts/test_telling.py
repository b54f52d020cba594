"""Whoever was interrupted in the middle of telling: everybody is told once, by whoever looks next."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis import mongo
from chassis.bus import Bus
from chassis.calls import Calls
from chassis.part import Part
from contracts.broadcasts import BroadcastKind, SendBroadcast
from contracts.notifications import BROADCAST_ENDED, BROADCAST_SENT, FeedTold
from contracts.rpc import Actor
from services.notifications.broadcasts import broadcast
from services.notifications.broadcasts.broadcast import Document
from services.notifications.broadcasts.store import BroadcastStore
from services.notifications.broadcasts.telling import LEFT_OVER, Telling
from services.notifications.feed import Feeds
from tests.servers import Servers, eventually

_numbers = itertools.count(1)


@pytest.fixture
async def store(servers: Servers) -> AsyncIterator[BroadcastStore]:
    """A store of these tests' own."""
    client = mongo.connect(servers.mongo_url)
    store = BroadcastStore(client["test_broadcasts"])
    await store.prepare()
    yield store
    client.close()


@pytest.fixture
def feeds(buses: dict[str, Bus], part: Part) -> Feeds:
    """The feeds, whose stream the running service has made."""
    assert part
    return Feeds(buses["notifications"])


async def committed(store: BroadcastStore, count: int = 20) -> Document:
    """An alert that was committed, and of which nobody has heard yet."""
    number = next(_numbers)
    now = await store.now()
    request = SendBroadcast(
        idempotency_key=str(number), kind=BroadcastKind.DANGER, text="Peligro", until=now + timedelta(days=1)
    )
    actor = Actor(kind="client", id="c", organization="org_c", verified=True)
    call = Calls(b"k" * 32).call("send_broadcast", request, actor)
    addressed = [f"org_b{number}_{one}" for one in range(count)]
    doc = broadcast.made(f"brd_{number}", request, call, "sealed", addressed)
    assert await store.insert(doc)
    return doc


async def heard(feeds: Feeds, doc: Document) -> list[list[str]]:
    """What each of them was told of it."""
    pages = [await feeds.read(one, 0, 100) for one in doc["addressed"]]
    return [[entry.type for entry in page.entries] for page in pages]


async def test_two_at_once_and_again_tell_everybody_once(store: BroadcastStore, feeds: Feeds) -> None:
    doc = await committed(store)
    await asyncio.gather(*(Telling(store, feeds).tell(doc) for _ in range(2)))
    await Telling(store, feeds).tell(doc)
    assert await heard(feeds, doc) == [[BROADCAST_SENT]] * 20
    assert len(await store.of_broadcast(doc["_id"])) == 20
    assert "tell_since" not in (await store.load(doc["_id"]) or {})


class Halting(Feeds):
    """The feeds, with a bus that stands still after so many entries, until it is let go on."""

    def __init__(self, bus: Bus, after: int) -> None:
        super().__init__(bus)
        self.left = after
        self.go_on = asyncio.Event()

    async def halts(self) -> bool:
        return self.left < 0

    async def append_fact(self, organization: str, entry: FeedTold, noun_id: str, n: int) -> None:
        self.left -= 1
        if self.left < 0:
            await self.go_on.wait()
        await super().append_fact(organization, entry, noun_id, n)


async def test_telling_holds_nobody_up_and_says_when_all_were_told(
    store: BroadcastStore, buses: dict[str, Bus], feeds: Feeds
) -> None:
    assert feeds
    doc = await committed(store)
    halting = Halting(buses["notifications"], 3)
    telling = Telling(store, halting)
    telling.begin(doc)
    await eventually(halting.halts)
    assert await is_all_told(store, doc) is False
    halting.go_on.set()
    await eventually(lambda: is_all_told(store, doc))
    assert await heard(halting, doc) == [[BROADCAST_SENT]] * 20
    await telling.stop()


async def is_all_told(store: BroadcastStore, doc: Document) -> bool:
    """What a coordinator is told."""
    kept = await store.load(doc["_id"])
    assert kept is not None
    return broadcast.view(kept, "", doc["sent_at"], None, acknowledged=0).all_told is True


async def test_what_dies_in_the_middle_of_telling_is_told_by_the_next_once_to_each(
    store: BroadcastStore, buses: dict[str, Bus], feeds: Feeds
) -> None:
    doc = await committed(store)
    halting = Halting(buses["notifications"], 7)
    dying = Telling(store, halting)
    dying.begin(doc)
    await eventually(halting.halts)
    await dying.stop()
    reached = sum(map(len, await heard(feeds, doc)))
    assert 0 < reached < 20
    long_ago = doc["sent_at"] - LEFT_OVER
    assert await store.save(doc, {"tell_since": long_ago}, {"key": "k"})
    await Telling(store, feeds).look()
    assert await heard(feeds, doc) == [[BROADCAST_SENT]] * 20
    assert await is_all_told(store, doc)


async def test_what_was_taken_back_before_all_had_heard_is_told_in_order(
    store: BroadcastStore, feeds: Feeds
) -> None:
    doc = await committed(store)
    # Some had heard when it broke off.
    for one in doc["addressed"][:5]:
        (entry,) = broadcast.entries(doc, [feeds.id_of(doc["_id"], 1)])
        await feeds.append_fact(one, entry, doc["_id"], 1)
    long_ago = doc["sent_at"] - LEFT_OVER
    fields = {"ended_at": doc["sent_at"], "n": 2, "tell_since": long_ago}
    assert await store.save(doc, fields, {"key": "k"})
    await Telling(store, feeds).look()
    assert await heard(feeds, doc) == [[BROADCAST_SENT, BROADCAST_ENDED]] * 20
    # Who tells only now what was so before leaves it to be looked at for nobody.
    await Telling(store, feeds).tell(doc)
    assert await heard(feeds, doc) == [[BROADCAST_SENT, BROADCAST_ENDED]] * 20


async def test_it_is_forgotten_with_its_receipts_when_its_time_is_over(
    store: BroadcastStore, feeds: Feeds
) -> None:
    doc = await committed(store, 3)
    telling = Telling(store, feeds)
    await telling.tell(doc)
    await telling.look()
    assert await store.load(doc["_id"]) is not None
    assert await store.save(doc, {"gone_at": doc["sent_at"]}, {"key": "k"})
    await telling.look()
    assert await store.load(doc["_id"]) is None
    assert await store.of_broadcast(doc["_id"]) == []
