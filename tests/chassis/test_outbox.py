"""The outbox loses nothing, invents nothing and swaps nothing, whoever relays and however often."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.errors import AutoReconnect
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis import mongo
from chassis.bus import Bus
from chassis.outbox import (
    FORGET_ABREAST,
    FORGET_BATCH,
    SWEEP_BATCH,
    Relay,
    pending_create,
    pending_event,
    pending_insert,
)
from contracts.directory import PART
from contracts.events import ServiceEvent
from tests.chassis.conftest import Connect
from tests.servers import Servers, eventually

pytestmark = pytest.mark.usefixtures("streams")

Database = AsyncIOMotorDatabase[dict[str, Any]]
_ids = (f"outbox{number}" for number in itertools.count())


def document(noun_id: str, events: int, created: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A document with that many pending events."""
    now = datetime.now(UTC)
    pending = [
        pending_event(
            f"{PART}.service.changed.v1",
            noun_id,
            n,
            now,
            ServiceEvent(id=noun_id, n=n, at=now, organization="org1"),
        )
        for n in range(1, events + 1)
    ]
    return {"_id": noun_id, "n": events, "pending": [*pending, *(created or [])], "pending_since": now}


async def published(bus: Bus, noun_id: str) -> list[int]:
    """The ``n`` of every event of that noun in the stream, in order."""
    found: list[int] = []
    seq = 1
    while True:
        try:
            message = await bus.js.get_msg(
                "EVT", seq=seq, subject=f"evt.directory.service.{noun_id}.>", next=True
            )
        except Exception:  # noqa: BLE001 - the end
            return found
        found.append(int((message.headers or {})["n"]))
        seq = (message.seq or 0) + 1


async def carry_out(bus: Bus, db: Database, noun_id: str, pending: Sequence[dict[str, Any]] = ()) -> None:
    """As one run of a relay, from its start to its stop."""
    relay = Relay(bus, db.nouns)
    await relay.publish(noun_id, pending)
    await relay.stop()


async def test_pending_events_are_published_in_order_and_leave_the_document(
    bus_of: Connect, db: Database
) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    await db.nouns.insert_one(document(noun_id, 5))
    await carry_out(bus, db, noun_id)
    assert await published(bus, noun_id) == [1, 2, 3, 4, 5]
    assert await db.nouns.find_one({"_id": noun_id}) == {"_id": noun_id, "n": 5, "pending": []}


async def test_two_relays_at_once_publish_each_event_once(bus_of: Connect, db: Database) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    await db.nouns.insert_one(document(noun_id, 20))
    relays = [Relay(await bus_of("directory"), db.nouns) for _ in range(4)]
    await asyncio.gather(*(relay.publish(noun_id) for relay in relays))
    await asyncio.gather(*(relay.stop() for relay in relays))
    assert await published(bus, noun_id) == list(range(1, 21))


async def test_what_was_published_but_not_forgotten_is_not_published_again(
    bus_of: Connect, db: Database
) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    whole = document(noun_id, 3)
    await db.nouns.insert_one(whole)
    await carry_out(bus, db, noun_id)
    # As after a crash between the stream's word and the document's: with a relay that remembers nothing.
    await db.nouns.update_one({"_id": noun_id}, {"$set": whole})
    await carry_out(bus, db, noun_id)
    assert await published(bus, noun_id) == [1, 2, 3]


async def test_entries_passed_on_are_used_only_where_nothing_earlier_can_wait(
    bus_of: Connect, db: Database
) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    whole = document(noun_id, 2)
    await db.nouns.insert_one(whole)
    # Only the second is passed on, while the first still waits: both must come, in order.
    await carry_out(bus, db, noun_id, whole["pending"][1:])
    assert await published(bus, noun_id) == [1, 2]


async def test_sweep_publishes_what_a_crash_left_over(bus_of: Connect, db: Database) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    await db.nouns.insert_one(document(noun_id, 1))
    relay = Relay(bus, db.nouns)
    assert await relay.left_over(timedelta(0)) == 1
    await relay.start()
    assert await eventually(lambda: published(bus, noun_id)) == [1]
    await relay.stop()
    assert await relay.left_over(timedelta(0)) == 0


async def test_a_change_in_the_middle_of_a_relay_keeps_its_own_events(bus_of: Connect, db: Database) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    later = document(noun_id, 2)
    await db.nouns.insert_one(document(noun_id, 1))
    relay = Relay(bus, db.nouns)
    await relay.publish(noun_id)
    # It is out, and still in its document; what comes now stays.
    await db.nouns.update_one({"_id": noun_id}, {"$set": {"n": 2}, "$push": {"pending": later["pending"][1]}})
    await relay.stop()
    left = await db.nouns.find_one({"_id": noun_id})
    assert left is not None
    assert [entry["n"] for entry in left["pending"]] == [2]
    assert "pending_since" in left


async def test_pending_children_are_created_once_and_their_events_go_out(
    bus_of: Connect, db: Database
) -> None:
    bus, parent, child = await bus_of("directory"), next(_ids), next(_ids)
    whole = document(parent, 1, [pending_create(child, document(child, 1), n=1)])
    await db.nouns.insert_one(whole)
    relay = Relay(bus, db.nouns)
    await relay.publish(parent)
    assert await eventually(lambda: published(bus, child)) == [1]
    await db.nouns.update_one({"_id": parent}, {"$set": whole})
    await carry_out(bus, db, parent)
    assert await db.nouns.count_documents({}) == 2
    assert await published(bus, child) == [1]
    await relay.stop()


async def test_what_belongs_beside_a_change_is_added_once_and_before_its_event(
    bus_of: Connect, db: Database
) -> None:
    bus, noun_id = await bus_of("directory"), next(_ids)
    insert = pending_insert("beside", f"{noun_id}:1", {"what": "changed"}, n=1)
    whole = document(noun_id, 1, [insert])
    await db.nouns.insert_one(whole)
    relay = Relay(bus, db.nouns)
    await relay.publish(noun_id)
    assert await eventually(lambda: published(bus, noun_id)) == [1]
    await db.nouns.update_one({"_id": noun_id}, {"$set": whole})
    await carry_out(bus, db, noun_id)
    assert [one async for one in db.beside.find({})] == [{"_id": f"{noun_id}:1", "what": "changed"}]
    await relay.stop()


async def test_a_child_that_could_not_be_created_is_not_forgotten_when_the_next_change_goes_out(
    bus_of: Connect, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, parent, child = await bus_of("directory"), next(_ids), next(_ids)
    whole = document(parent, 1, [pending_create(child, document(child, 1), n=1)])
    await db.nouns.insert_one(whole)
    relay = Relay(bus, db.nouns)

    async def away(_document: object) -> None:
        raise AutoReconnect

    with monkeypatch.context() as patch:
        patch.setattr(AsyncIOMotorCollection, "insert_one", lambda _self, _document: away(_document))
        with pytest.raises(AutoReconnect):
            await relay.publish(parent)
    second = document(parent, 2)["pending"][1]
    await db.nouns.update_one({"_id": parent}, {"$set": {"n": 2}, "$push": {"pending": second}})
    await relay.publish(parent, [second])
    assert await eventually(lambda: published(bus, child)) == [1]
    assert await published(bus, parent) == [1, 2]
    await relay.stop()


async def test_the_sweep_counts_what_it_could_carry_out(bus_of: Connect, db: Database) -> None:
    # An entry that cannot be published: the sweep says so, and its owner does not spin over it.
    await db.nouns.insert_one({**document(next(_ids), 1), "pending": [{"kind": "event", "n": 1}]})
    assert await Relay(await bus_of("directory"), db.nouns).sweep(timedelta(0)) == 0


async def test_a_sweep_of_many_is_as_if_each_had_gone_alone(bus_of: Connect, db: Database) -> None:
    bus, ids = await bus_of("directory"), [next(_ids) for _ in range(30)]
    wholes = [
        document(one, 2, [pending_insert("beside", f"{one}:{n}", {"n": n}, n=n) for n in (1, 2)])
        for one in ids
    ]
    await db.nouns.insert_many(wholes)
    await db.beside.insert_one({"_id": f"{ids[3]}:2", "n": 2})  # as after a crash in the middle of it
    refused = {**document(next(_ids), 1), "pending": [{"kind": "event", "n": 1}]}
    await db.nouns.insert_one(refused)
    assert await Relay(bus, db.nouns).sweep(timedelta(0)) == 30
    assert [await published(bus, one) for one in ids] == [[1, 2]] * 30
    assert await db.beside.count_documents({}) == 60
    (left,) = [row async for row in db.nouns.find({"pending_since": {"$ne": None}})]
    assert left["_id"] == refused["_id"]
    # As after a crash between the stream's word and the document's.
    await db.nouns.replace_one({"_id": ids[0]}, wholes[0])
    assert await Relay(bus, db.nouns).sweep(timedelta(0)) == 1
    assert await published(bus, ids[0]) == [1, 2]


async def test_what_cannot_be_carried_out_hides_nothing_behind_it(bus_of: Connect, db: Database) -> None:
    await db.nouns.create_index("pending_since", sparse=True)
    begin = datetime.now(UTC) - timedelta(hours=1)
    poison = [
        {
            **document(next(_ids), 1),
            "pending": [{"kind": "event", "n": 1}],
            "pending_since": begin + timedelta(milliseconds=number),
        }
        for number in range(SWEEP_BATCH + 1)
    ]
    last = next(_ids)
    await db.nouns.insert_many([*poison, document(last, 1)])
    bus = await bus_of("directory")
    assert await Relay(bus, db.nouns).sweep(timedelta(0)) == 1
    assert await published(bus, last) == [1]


async def test_a_document_whose_count_a_restore_has_put_on_waits_no_longer_than_its_events(
    bus_of: Connect, db: Database
) -> None:
    """The stream has more of it than the database that was put back, which still holds the first one."""
    bus, noun_id = await bus_of("directory"), next(_ids)
    await db.nouns.insert_one(document(noun_id, 3))
    await carry_out(bus, db, noun_id)
    await db.nouns.replace_one({"_id": noun_id}, {**document(noun_id, 1), "n": 3})
    relay = Relay(bus, db.nouns)
    await relay.sweep(timedelta(0))
    await relay.sweep(timedelta(0))
    assert await db.nouns.find_one({"_id": noun_id}) == {"_id": noun_id, "n": 3, "pending": []}
    assert await published(bus, noun_id) == [1, 2, 3]


async def test_a_sweep_leaves_what_was_committed_in_the_middle_of_it(bus_of: Connect, db: Database) -> None:
    bus, ids = await bus_of("directory"), [next(_ids) for _ in range(3)]
    await db.nouns.insert_many([document(one, 1) for one in ids])
    relay = Relay(bus, db.nouns)
    send = relay._send

    async def changed_meanwhile(entries: Sequence[dict[str, Any]]) -> bool:
        is_out = await send(entries)
        if entries[0]["id"] == ids[1]:
            later = document(ids[1], 2)["pending"][1]
            await db.nouns.update_one({"_id": ids[1]}, {"$set": {"n": 2}, "$push": {"pending": later}})
        return is_out

    relay._send = changed_meanwhile  # type: ignore[method-assign] # the moment in which it matters
    assert await relay.sweep(timedelta(0)) == 3
    left = {row["_id"]: [entry["n"] for entry in row["pending"]] async for row in db.nouns.find({})}
    assert left == {ids[0]: [], ids[1]: [2], ids[2]: []}
    relay._send = send  # type: ignore[method-assign]
    assert await relay.sweep(timedelta(0)) == 1
    assert await published(bus, ids[1]) == [1, 2]


async def test_what_the_database_refuses_keeps_nothing_else_of_a_sweep(bus_of: Connect, db: Database) -> None:
    bus, good, bad = await bus_of("directory"), next(_ids), next(_ids)
    refused = pending_insert("beside", "x", {"$set": 1}, n=1)
    await db.nouns.insert_many(
        [
            document(good, 1, [pending_insert("beside", "y", {"n": 1}, n=1)]),
            document(bad, 1, [{**refused, "collection": "$forbidden"}]),
        ]
    )
    assert await Relay(bus, db.nouns).sweep(timedelta(0)) == 1
    assert await published(bus, good) == [1]
    assert await published(bus, bad) == []


class Updates(CommandListener):
    """Of how many documents each write of them was, and how many were on their way at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.at_once = self.most = 0

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "update":
            self.sizes.append(len(event.command["updates"]))
            self.at_once += 1
            self.most = max(self.most, self.at_once)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self.at_once -= event.command_name == "update"

    def failed(self, event: CommandFailedEvent) -> None:
        self.at_once -= event.command_name == "update"


async def test_of_many_that_are_out_a_few_leave_at_once_and_never_all_in_one_write(
    bus_of: Connect, db: Database, servers: Servers
) -> None:
    count = FORGET_BATCH * FORGET_ABREAST * 2
    await db.nouns.insert_many([document(next(_ids), 1) for _ in range(count)])
    updates = Updates()
    client: mongo.Client = AsyncIOMotorClient(servers.mongo_url, event_listeners=[updates], tz_aware=True)
    assert await Relay(await bus_of("directory"), client[db.name].nouns).sweep(timedelta(0)) == count
    client.close()
    assert updates.sizes == [FORGET_BATCH] * FORGET_ABREAST * 2
    assert 1 < updates.most <= FORGET_ABREAST
    assert await db.nouns.count_documents({"pending_since": {"$ne": None}}) == 0
