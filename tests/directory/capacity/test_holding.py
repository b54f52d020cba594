"""Holds on a real database and bus: never more than places, moved by events, lapsed by themselves."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from nats.js.errors import NotFoundError

from chassis import mongo
from chassis.clock import Clock
from chassis.outbox import Relay
from chassis.part import Part
from chassis.problems import RefusedError
from contracts.capacity import HOLD_PLACES, Held, HoldPlaces, ListHolds
from contracts.events import ArrivalEvent, CapacityEvent
from contracts.referrals import Places
from services.directory.capacity import actions, watch
from services.directory.capacity.actions import Means
from services.directory.capacity.errors import NoCapacityError
from services.directory.marks import Marks
from services.directory.settings import Settings
from services.directory.store import Store
from tests.directory.capacity.conftest import Hand, Say, referral, service_of
from tests.directory.capacity.test_setting import seen
from tests.directory.conftest import Ask
from tests.servers import eventually


def hold_of(referral: str, service: str, *places: Places) -> HoldPlaces:
    return HoldPlaces(referral=referral, service=service, places=places)


@dataclass(frozen=True)
class Scene:
    """Those who ask, and a service."""

    part: Part
    referrals: Ask
    gateway: Ask
    service: str
    say: Say

    async def seen(self) -> list[tuple[Any, ...]]:
        """The service's places as everybody sees them."""
        return await seen(self.gateway, self.service)

    async def hold(self, referral: str, *places: Places) -> Held:
        """Keep places, as the referrals service asks it."""
        return await self.referrals(HOLD_PLACES, hold_of(referral, self.service, *places))

    async def events(self, count: int = 0) -> list[dict[str, Any]]:
        """All events of the service's places, once there are so many."""
        return await eventually(lambda: events(self.part, self.service), lambda found: len(found) >= count)


@pytest.fixture
def scene(part: Part, referrals: Ask, gateway: Ask, service: str, say: Say) -> Scene:
    """A service that counts nothing yet."""
    return Scene(part, referrals, gateway, service, say)


@pytest.fixture
async def replicas(part: Part, settings: Settings) -> AsyncIterator[list[Means]]:
    """The code of two more replicas, each with a database connection and locks of its own."""
    clients = [mongo.connect(settings.mongo_url) for _ in range(2)]
    means = []
    for client in clients:
        store = Store(client)
        relay = Relay(part.bus, store.capacity.collection)
        means.append(Means(store.capacity, relay, Clock(store.now), Marks(bytes(32))))
    yield means
    for one, client in zip(means, clients, strict=True):
        await one.relay.stop()
        client.close()


async def test_two_hundred_holds_at_once_on_ten_places_by_two_replicas_are_ten(
    scene: Scene, replicas: list[Means]
) -> None:
    await scene.say(scene.service, maximum=12, occupied=2)

    async def take(number: int) -> Held | None:
        try:
            return await actions.hold(replicas[number % 2], hold_of(referral(), scene.service))
        except NoCapacityError:
            return None

    taken = [held for held in await asyncio.gather(*map(take, range(200))) if held]
    assert len(taken) == 10
    assert await scene.seen() == [("known", 0, 10, 2)]


async def test_a_hold_that_ran_out_is_free_again_and_told_without_anybodys_help(
    scene: Scene, store: Store
) -> None:
    await scene.say(scene.service, maximum=1, occupied=0)
    await scene.hold(one := referral())
    with pytest.raises(RefusedError) as refused:
        await scene.hold(referral())
    assert refused.value.code == "NO_CAPACITY"
    past = datetime.now(UTC) - timedelta(seconds=1)
    await store.capacity.collection.update_one(
        {"_id": scene.service}, {"$set": {f"provisional.{one}.until": past, "wake_at": past}}
    )
    assert await scene.seen() == [("known", 1, 0, 0)]
    told = await scene.events(3)
    assert [event["units"][0].get("available") for event in told] == [1, 0, 1]
    assert [event["n"] for event in told] == [1, 2, 3]


async def test_holds_are_listed_in_messages_with_room_for_all_of_one_service(
    scene: Scene, replicas: list[Means], monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.say(scene.service, maximum=12, occupied=0)
    collection, (means, _) = replicas[0].store.collection, replicas
    known = await collection.find_one({"_id": scene.service})
    assert known is not None
    held = {"state": "confirmed", "n": 3, "places": [{"unit": "bed", "count": 1}]}
    # Ids behind all others: two holds each, and one of three.
    ids = [f"zzz{number}" for number in range(4)]
    made = [
        {**known, "_id": one, "holds": {f"{one}r{n}": held for n in range(2 + (one == ids[2]))}}
        for one in ids
    ]
    await collection.insert_many(made)
    monkeypatch.setattr(actions, "HOLDS_AT_ONCE", 3)
    pages = list[list[str]]()
    after: str | None = "zzz"
    while after is not None:
        page = await actions.list_holds(means, ListHolds(after=after))
        pages.append([one.referral for one in page.items])
        after = page.next
    assert pages == [[f"{doc['_id']}r{n}" for n in range(len(doc["holds"]))] for doc in made]
    named = await actions.list_holds(means, ListHolds(services=tuple(ids)))
    assert (len(named.items), named.next) == (2, ids[0])
    await collection.delete_many({"_id": {"$in": ids}})


async def test_a_service_that_counts_no_places_keeps_none(scene: Scene) -> None:
    held = await scene.hold(referral())
    assert (held.counted, held.places) == (False, ())
    assert not (await scene.referrals(HOLD_PLACES, hold_of(referral(), "svc_nowhere"))).counted
    with pytest.raises(RefusedError) as refused:
        await scene.hold(referral(), Places(unit="bed", count=1))
    assert refused.value.code == "INVALID"


async def test_an_imported_capacity_is_held_from_at_once(operator: Ask, referrals: Ask, gateway: Ask) -> None:
    given = {"id": "c", "unit": {"id": "u", "name": "bed"}, "available": 1, "maximum": 12}
    service = await service_of(operator, capacities=[given])
    await referrals(HOLD_PLACES, hold_of(referral(), service))
    assert await seen(gateway, service) == [("known", 0, 1, 11)]
    with pytest.raises(RefusedError) as refused:
        await referrals(HOLD_PLACES, hold_of(referral(), service))
    assert refused.value.code == "NO_CAPACITY"


async def test_a_referrals_events_confirm_occupy_and_free_its_places(scene: Scene, hand: Hand) -> None:
    await scene.say(scene.service, maximum=10, occupied=2)
    held = await scene.hold(one := referral(), Places(unit="bed", count=2))
    assert held.places == (Places(unit="bed", count=2),)
    await hand.publish(one, "sent", 1)
    for n, name in enumerate(("accepted", "rescheduled", "started", "paused", "resumed", "completed"), 2):
        await hand.publish(one, name, n)
    await eventually(scene.seen, lambda found: found == [("known", 8, 0, 2)])
    # That it was confirmed, moved or paused is nobody's business: the numbers were the same.
    told = await scene.events(4)
    units = [unit for event in told for unit in event["units"]]
    numbers = [(unit["available"], unit["held"], unit["occupied"]) for unit in units]
    assert numbers == [(8, 0, 2), (6, 2, 2), (6, 0, 4), (8, 0, 2)]
    assert one not in msgspec.json.encode(told).decode()


async def test_an_event_that_comes_twice_counts_once(scene: Scene, hand: Hand) -> None:
    await scene.say(scene.service, maximum=10, occupied=0)
    one, other = referral(), referral()
    await scene.hold(one)
    await hand.publish(one, "sent", 1)
    await hand.publish(one, "accepted", 2)
    await hand.publish(one, "started", 3)
    await hand.again(one, "accepted", 2)
    await hand.again(one, "started", 3)
    await hand.publish(other, "sent", 1)
    await hand.publish(other, "started", 2, held=False)
    await eventually(scene.seen, lambda found: found == [("known", 8, 0, 2)])


async def test_an_event_from_before_there_were_holds_counts_nothing(scene: Scene, hand: Hand) -> None:
    await scene.say(scene.service, maximum=10, occupied=0)
    old, new = referral(), referral()
    await hand.publish(old, "sent", 1, held=None)
    await hand.publish(old, "accepted", 2, held=None)
    await hand.publish(old, "started", 3, held=None)
    await hand.publish(new, "sent", 1)
    await hand.publish(new, "accepted", 2)
    await eventually(scene.seen, lambda found: found == [("known", 9, 1, 0)])


async def test_an_acceptance_without_a_hold_frees_what_an_earlier_attempt_kept(
    scene: Scene, hand: Hand
) -> None:
    await scene.say(scene.service, maximum=10, occupied=0)
    await scene.hold(one := referral())
    await hand.publish(one, "sent", 1)
    await hand.publish(one, "accepted", 2, held=False)
    await eventually(scene.seen, lambda found: found == [("known", 10, 0, 0)])


async def test_who_did_not_arrive_is_asked_about_and_keeps_the_place(scene: Scene, hand: Hand) -> None:
    await scene.say(scene.service, maximum=1, occupied=0)
    await scene.hold(one := referral())
    await hand.publish(one, "sent", 1)
    await hand.publish(one, "accepted", 2, arrive_by=datetime.now(UTC) + timedelta(milliseconds=300))

    async def asked() -> list[dict[str, Any]]:
        return [event for event in await scene.events() if "asked" in event]

    (event,) = await eventually(asked)
    told = msgspec.convert(event, ArrivalEvent, strict=False)
    assert (told.referral, told.asked, told.folio) == (one, 1, "REL-000000-00")
    assert await scene.seen() == [("known", 0, 1, 0)]


async def test_numbers_that_grow_stale_are_told_once(
    scene: Scene, store: Store, replicas: list[Means]
) -> None:
    await scene.say(scene.service, maximum=3, occupied=0)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await store.capacity.collection.update_one(
        {"_id": scene.service}, {"$set": {"units.0.valid_until": past, "wake_at": past}}
    )
    await asyncio.gather(*(watch.turns(means).turn() for means in replicas))
    told = [msgspec.convert(one, CapacityEvent, strict=False) for one in await scene.events(2)]
    assert [one.units[0].status.value for one in told] == ["known", "unknown"]
    assert not (await store.capacity.due.page(datetime.now(UTC), None, 10)).found


async def test_what_cannot_be_looked_after_keeps_nothing_else_from_it_and_wears_nobody_out(
    scene: Scene, store: Store, replicas: list[Means], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "BATCH", 5)
    await scene.say(scene.service, maximum=3, occupied=0)
    past = datetime.now(UTC) - timedelta(seconds=1)
    lacking = [{"_id": f"broken-{n}", "wake_at": past - timedelta(hours=1)} for n in range(12)]
    await store.capacity.collection.insert_many(lacking)
    try:
        await store.capacity.collection.update_one(
            {"_id": scene.service}, {"$set": {"units.0.valid_until": past, "wake_at": past}}
        )
        looking = watch.turns(replicas[0])
        assert await looking.turn() >= 1
        assert [one[0] for one in await scene.seen()] == ["unknown"]
        assert looking.stuck == 12
    finally:
        await store.capacity.collection.delete_many({"_id": {"$regex": "^broken-"}})


async def events(part: Part, service: str) -> list[dict[str, Any]]:
    """All events of a service's places, from the stream."""
    found: list[dict[str, Any]] = []
    seq = 1
    while True:
        try:
            subject = f"evt.directory.capacity.{service.replace('svc_', 'cap_')}.>"
            message = await part.bus.js.get_msg("EVT", seq=seq, subject=subject, next=True)
        except NotFoundError:
            return found
        found.append(msgspec.json.decode(message.data or b""))
        seq = (message.seq or 0) + 1
