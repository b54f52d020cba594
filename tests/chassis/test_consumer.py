"""A consumer applies each noun's events once and in order, and parks only the noun that fails."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WTimeoutError

from chassis import consumer, parking
from chassis.bus import Bus
from chassis.consumer import Consumer, Delivery
from chassis.ordered import OrderedPublisher
from chassis.problems import ContendedError
from tests.chassis.conftest import Connect
from tests.servers import eventually

pytestmark = pytest.mark.usefixtures("streams")

Database = AsyncIOMotorDatabase[dict[str, Any]]
TYPE = "referrals.referral.sent.v1"
_ids = (f"consumed{number}" for number in itertools.count())


class Cast:
    """A consumer under test, what it applied, and a hand that publishes."""

    def __init__(self, notifications: Bus, referrals: Bus, db: Database) -> None:
        self.applied: list[tuple[str, int]] = []
        self.fail: Callable[[Delivery], Exception | None] = lambda _: None
        self.publisher = OrderedPublisher(referrals, "EVT")
        self.consumer = Consumer(
            notifications,
            db,
            durable="notifications",
            filter_subjects=["evt.referrals.>"],
            handlers={TYPE: self.apply},
        )

    async def apply(self, delivery: Delivery) -> None:
        if error := self.fail(delivery):
            raise error
        self.applied.append((delivery.noun_id, delivery.n))

    async def publish(self, noun_id: str, n: int) -> None:
        stem = f"evt.referrals.referral.{noun_id}"
        headers = {"ce-type": TYPE, "ce-subject": noun_id, "ce-id": f"{noun_id}:{n}"}
        await self.publisher.publish(f"{stem}.sent.v1", f"{stem}.>", n, b"{}", headers)

    async def of(self, noun_id: str) -> list[int]:
        return [n for noun, n in self.applied if noun == noun_id]


@asynccontextmanager
async def running(cast: Cast) -> AsyncIterator[Cast]:
    await cast.consumer.start()
    try:
        yield cast
    finally:
        await cast.consumer.stop()


@asynccontextmanager
async def in_its_place(cast: Cast, bus_of: Connect, db: Database) -> AsyncIterator[Cast]:
    """A second consumer of the same name, while the first is stopped."""
    await cast.consumer.stop()
    async with running(Cast(await bus_of("notifications"), await bus_of("referrals"), db)) as second:
        yield second
    await cast.consumer.start()


@pytest.fixture
async def cast(bus_of: Connect, db: Database) -> AsyncIterator[Cast]:
    notifications = await bus_of("notifications")
    async with running(Cast(notifications, await bus_of("referrals"), db)) as cast:
        yield cast


async def test_events_are_applied_once_and_in_order_of_each_noun(cast: Cast) -> None:
    nouns = [next(_ids) for _ in range(5)]
    for n in range(1, 11):
        await asyncio.gather(*(cast.publish(noun, n) for noun in nouns))
    for noun in nouns:
        assert await eventually(lambda noun=noun: cast.of(noun), lambda got: len(got) == 10) == list(  # type: ignore[misc]
            range(1, 11)
        )


async def test_a_hole_is_fetched_from_the_stream(cast: Cast, bus_of: Connect, db: Database) -> None:
    noun = next(_ids)
    for n in (1, 2, 3):
        await cast.publish(noun, n)
    await eventually(lambda: cast.of(noun), lambda got: len(got) == 3)
    async with in_its_place(cast, bus_of, db) as second:
        # As if the second and third had never been applied: whoever gets the next one finds the hole.
        await db.applied_notifications.update_one({"_id": noun}, {"$set": {"n": 1}})
        await cast.publish(noun, 4)
        assert await eventually(lambda: second.of(noun), lambda got: len(got) == 3) == [2, 3, 4]


async def test_what_another_replica_applied_in_between_is_not_applied_again(
    cast: Cast, bus_of: Connect, db: Database
) -> None:
    noun = next(_ids)
    await cast.publish(noun, 1)
    await eventually(lambda: cast.of(noun))
    async with in_its_place(cast, bus_of, db) as second:
        for n in (2, 3):
            await cast.publish(noun, n)
        assert await eventually(lambda: second.of(noun), lambda got: len(got) == 2) == [2, 3]
    # What the first remembers is that it applied the first: neither enough to go on from, nor to begin anew.
    await cast.publish(noun, 4)
    assert await eventually(lambda: cast.of(noun), lambda got: len(got) == 2) == [1, 4]


async def test_a_passing_fault_is_tried_again(cast: Cast) -> None:
    no_majority = {"writeErrors": [], "writeConcernErrors": [{"code": 64}]}
    passing = [
        TimeoutError(), ContendedError("Try again."), OperationFailure("interrupted", 11_601),
        WTimeoutError("no majority yet"), BulkWriteError(no_majority),
    ]  # fmt: skip
    faults = {next(_ids): [error] for error in passing}
    cast.fail = lambda delivery: faults[delivery.noun_id].pop() if faults.get(delivery.noun_id) else None
    for noun in faults:
        await cast.publish(noun, 1)
    for noun in faults:
        assert await eventually(lambda noun=noun: cast.of(noun)) == [1]  # type: ignore[misc]


async def test_a_failing_noun_is_parked_and_the_others_go_on(cast: Cast, bus_of: Connect) -> None:
    bad, good = next(_ids), next(_ids)
    refused = DuplicateKeyError("canary-name")
    cast.fail = lambda delivery: refused if delivery.noun_id == bad else None
    for n in (1, 2, 3):
        await cast.publish(bad, n)
    for n in (1, 2):
        await cast.publish(good, n)
    assert await eventually(lambda: cast.of(good), lambda got: len(got) == 2) == [1, 2]
    assert await eventually(cast.consumer.parked, lambda parked: bad in parked)
    subject = f"dlq.notifications.{bad}"

    async def letters() -> int:
        stream = await (await bus_of("notifications")).js.stream_info("DLQ", subject)
        return (stream.state.subjects or {}).get(subject, 0)

    # What comes for it meanwhile is kept with it, longer than the stream of events keeps it.
    assert await eventually(letters, lambda count: count == 3) == 3
    # Mended and resumed, it goes on from where it stopped, with all that came meanwhile.
    cast.fail = lambda _: None
    await cast.consumer.resume(bad)
    assert await cast.of(bad) == [1, 2, 3]
    assert bad not in await cast.consumer.parked()


async def test_a_new_consumer_of_the_same_name_does_not_apply_again(
    cast: Cast, bus_of: Connect, db: Database
) -> None:
    noun = next(_ids)
    await cast.publish(noun, 1)
    await eventually(lambda: cast.of(noun))
    async with in_its_place(cast, bus_of, db) as second:
        await cast.publish(noun, 2)
        assert await eventually(lambda: second.of(noun)) == [2]


async def test_what_was_there_before_it_began_is_not_taken_for_new(cast: Cast, db: Database) -> None:
    """After a restore the stream is read from its beginning; what was applied is known by the database."""
    noun = next(_ids)
    await cast.consumer.stop()
    await db.applied_notifications.insert_one({"_id": noun, "n": 1})
    await cast.publish(noun, 1)
    await cast.consumer.start()
    await cast.publish(noun, 2)
    assert await eventually(lambda: cast.of(noun)) == [2]


async def test_a_noun_that_fails_again_when_it_is_resumed_stays_parked(cast: Cast) -> None:
    noun = next(_ids)
    cast.fail = lambda delivery: ValueError() if delivery.noun_id == noun and delivery.n == 2 else None
    for n in (1, 2, 3):
        await cast.publish(noun, n)
    await eventually(cast.consumer.parked, lambda parked: noun in parked)
    await cast.consumer.resume(noun)
    assert noun in await cast.consumer.parked()
    assert await cast.of(noun) == [1]
    cast.fail = lambda _: None
    await cast.consumer.resume(noun)
    assert noun not in await cast.consumer.parked()
    assert await cast.of(noun) == [1, 2, 3]


async def test_what_the_stream_has_forgotten_is_replayed_from_letters(
    cast: Cast, bus_of: Connect, db: Database
) -> None:
    noun = next(_ids)
    notifications = await bus_of("notifications")
    for n in (1, 2):
        said = {"ce-type": TYPE, "ce-subject": noun, "n": str(n), "dlq-reason": "ValueError", "dlq-seq": "1"}
        await notifications.js.publish(f"dlq.notifications.{noun}", b"{}", headers=said)
    subject = f"evt.referrals.referral.{noun}.sent.v1"
    await db.applied_notifications.insert_one(
        {"_id": noun, "n": 0, "subject": subject, "parked_at": datetime.now(UTC), "parked": {"n": 1}}
    )
    await cast.publish(noun, 3)
    await cast.consumer.resume(noun)
    assert await cast.of(noun) == [1, 2, 3]
    assert noun not in await cast.consumer.parked()


async def test_a_dropped_event_is_never_applied_and_what_came_after_it_is(cast: Cast) -> None:
    noun = next(_ids)
    cast.fail = lambda delivery: ValueError() if delivery.noun_id == noun and delivery.n == 2 else None
    for n in (1, 2, 3):
        await cast.publish(noun, n)
    await eventually(cast.consumer.parked, lambda parked: noun in parked)
    assert not await cast.consumer.drop(noun, 1)
    assert await cast.consumer.drop(noun, 2)
    assert await eventually(lambda: cast.of(noun), lambda got: len(got) == 2) == [1, 3]
    assert noun not in await cast.consumer.parked()
    assert not await cast.consumer.drop(noun, 2)


async def test_where_events_are_missing_it_is_those_that_are_dropped(cast: Cast) -> None:
    noun = next(_ids)
    await cast.publish(noun, 1)
    await eventually(lambda: cast.of(noun))
    await cast.publish(noun, 4)
    await eventually(cast.consumer.parked, lambda parked: noun in parked)
    assert [one.n for one in await cast.consumer.waiting(noun, 9)] == [4]
    assert await cast.consumer.drop(noun, 4)
    assert await eventually(lambda: cast.of(noun), lambda got: len(got) == 2) == [1, 4]


async def test_what_fails_again_has_been_parked_since_it_first_was(cast: Cast) -> None:
    noun = next(_ids)
    cast.fail = lambda delivery: ValueError("canary") if delivery.noun_id == noun else None
    await cast.publish(noun, 1)
    await eventually(cast.consumer.parked, lambda parked: noun in parked)
    before = await cast.consumer.parking.row(noun)
    await cast.consumer.resume(noun)
    after = await cast.consumer.parking.row(noun)
    assert before is not None
    assert after is not None
    assert before["parked_at"] == after["parked_at"]
    assert (after["parked"]["n"], after["parked"]["reason"]) == (1, "ValueError")
    # By its kind and place; its words may hold anything.
    assert "test_consumer.py" in after["parked"]["where"]
    assert "canary" not in str(after)


class Gauge:
    """What was said last of each durable, and when for the first time."""

    def __init__(self) -> None:
        self.said: dict[str, float] = {}

    def set(self, value: float, of: dict[str, str]) -> None:
        self.said[of["durable"]] = value


async def test_what_is_parked_is_measured_by_itself_until_it_is_applied(
    bus_of: Connect, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    nouns, age = Gauge(), Gauge()
    monkeypatch.setattr(parking, "_nouns", nouns)
    monkeypatch.setattr(parking, "_age", age)
    monkeypatch.setattr(consumer, "MEASURE_SECONDS", 0.02)
    await db.applied_notifications.update_many({}, {"$unset": {"parked_at": "", "parked": ""}})
    noun = next(_ids)
    async with running(Cast(await bus_of("notifications"), await bus_of("referrals"), db)) as cast:
        cast.fail = lambda delivery: ValueError() if delivery.noun_id == noun else None
        await cast.publish(noun, 1)
        await eventually(lambda: said(nouns), lambda count: count == 1)
        assert (await eventually(lambda: said(age))) < 60
        row = {"_id": noun}
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        await db.applied_notifications.update_one(row, {"$set": {"parked_at": long_ago}})
        await eventually(lambda: said(age), lambda seconds: 7200 <= seconds < 7300)
        cast.fail = lambda _: None
        await cast.consumer.resume(noun)
        await eventually(lambda: both(nouns, age), lambda found: found == (0, 0))


async def said(gauge: Gauge) -> float:
    return gauge.said.get("notifications", 0)


async def both(*gauges: Gauge) -> tuple[float, ...]:
    return tuple([await said(one) for one in gauges])


async def test_a_running_consumer_says_so(cast: Cast) -> None:
    assert await cast.consumer.runs()
    await cast.consumer.stop()
    assert not await cast.consumer.runs()
    await cast.consumer.start()


@pytest.mark.parametrize("headers", [None, {"ce-type": TYPE, "ce-subject": "another", "n": "1"}, {"n": "x"}])
async def test_what_is_no_event_of_ours_is_put_aside_and_the_others_go_on(
    cast: Cast, bus_of: Connect, headers: dict[str, str] | None
) -> None:
    noun, bad = next(_ids), next(_ids)
    referrals, notifications = await bus_of("referrals"), await bus_of("notifications")
    await referrals.js.publish(f"evt.referrals.referral.{bad}.sent.v1", b"garbage", headers=headers)
    await cast.publish(noun, 1)
    assert await eventually(lambda: cast.of(noun)) == [1]

    async def waiting() -> int:
        return (await notifications.js.consumer_info("EVT", "notifications")).num_ack_pending or 0

    assert await eventually(waiting, lambda count: count == 0) == 0
    assert await cast.of(bad) == []
