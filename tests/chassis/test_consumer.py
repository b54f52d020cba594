"""A consumer applies each noun's events once and in order, and parks only the noun that fails."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WTimeoutError

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


async def test_a_hole_is_fetched_from_the_stream(cast: Cast, db: Database) -> None:
    noun = next(_ids)
    for n in (1, 2, 3):
        await cast.publish(noun, n)
    await eventually(lambda: cast.of(noun), lambda got: len(got) == 3)
    # As if the second and third had never been applied: the next one finds the hole.
    await db.applied_notifications.update_one({"_id": noun}, {"$set": {"n": 1}})
    cast.applied.clear()
    await cast.publish(noun, 4)
    assert await eventually(lambda: cast.of(noun), lambda got: len(got) == 3) == [2, 3, 4]


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
    letters = await (await bus_of("notifications")).js.stream_info("DLQ", f"dlq.notifications.{bad}")
    assert letters.state.subjects == {f"dlq.notifications.{bad}": 1}
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
    await cast.consumer.stop()
    second = Cast(await bus_of("notifications"), await bus_of("referrals"), db)
    async with running(second):
        await cast.publish(noun, 2)
        assert await eventually(lambda: second.of(noun)) == [2]
    await cast.consumer.start()


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
