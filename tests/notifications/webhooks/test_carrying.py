"""What is due again: the dead hold up nobody, and what nothing is sent to rests until something is."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import ConnectionFailure

from chassis import mongo
from chassis.bus import Bus
from chassis.calls import Calls, now
from chassis.part import Part
from chassis.problems import UnreachableError
from chassis.rpc import Caller
from chassis.seal import Sealer
from contracts.notifications import FeedTold
from contracts.rpc import Actor
from contracts.webhooks import DisabledReason, ReplayDeliveries
from services.notifications.agreements.known import Known
from services.notifications.agreements.organizations import KINDS, Organizations
from services.notifications.agreements.store import AgreementStore
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.carriers import Carriers
from services.notifications.feed import Feeds
from services.notifications.live import Live
from services.notifications.onwards import Onwards
from services.notifications.replica import Replica
from services.notifications.webhooks import delivery
from services.notifications.webhooks.actions import replay
from services.notifications.webhooks.again import ABREAST
from services.notifications.webhooks.calling import Answered
from services.notifications.webhooks.calling import Caller as HttpCaller
from services.notifications.webhooks.carrying import AT_ONCE, READING, Carrying
from services.notifications.webhooks.endpoint import DELETED, FAILING_FROM
from services.notifications.webhooks.means import Means
from services.notifications.webhooks.sending import Sending
from services.notifications.webhooks.signing import new_secret, public_text, sealed
from services.notifications.webhooks.standing import Standing
from services.notifications.webhooks.store import WebhookStore
from tests.notifications.conftest import Hand, reader_of
from tests.servers import Servers, eventually

KEYS = Sealer(b"k" * 32)
Document = dict[str, Any]


class Maker(Standing):
    """Whoever made an endpoint may read its feed; the directory is not there. Counts who asks at once."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller)
        self.asking = self.most = 0
        self.verified = True
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def of(self, client: str) -> Actor | None:
        self.asking += 1
        self.most = max(self.most, self.asking)
        await self.go_on.wait()
        self.asking -= 1
        return msgspec.structs.replace(reader_of(client), verified=self.verified)

    async def revoked(self, clients: Iterable[str]) -> frozenset[str]:
        return frozenset()


class Bench:
    """A carrier of endpoints that makes no rounds by itself; how a ``moody`` receiver answers, and when."""

    def __init__(self, bus: Bus, store: WebhookStore, standing: Maker) -> None:
        self.store = store
        self.standing = standing
        self.caller = HttpCaller(may_call=lambda _address: True)
        sending = Sending(self.caller, KEYS, KEYS, now)
        self.agreements = agreements = AgreementStore(store.db)
        subscribers = Subscribers(
            agreements, Known(agreements), Organizations(Caller(bus), store.db[KINDS]), now
        )
        self.feeds = Feeds(bus)
        replica = Replica(Carriers(store), Live(bus), Onwards(self.feeds))
        replica.carriers.there = (replica.carriers._me,)
        self.carrying = Carrying(replica, store, self.feeds, sending, standing, subscribers=subscribers)
        self.due = self.carrying.again.turns
        self.ports: dict[str, int] = {}
        self.answer, self.status = asyncio.Event(), 200
        self.asked = self.most_asked = 0

    async def endpoint(self, name: str, **fields: Any) -> Document:
        """Keep an endpoint, and know it."""
        key = Ed25519PrivateKey.generate()
        doc: Document = {
            "_id": name, "organization": name, "maker": name,
            "url": f"http://127.0.0.1:{self.ports.get(name, 9)}/", "types": [], "need_groups": [],
            "status": "active", "disabled_reason": None,
            "secrets": [{"sealed": sealed(KEYS, name, new_secret()), "until": None}],
            "key": sealed(KEYS, name, key.private_bytes_raw()), "public_key": public_text(key),
            "after": 0, "epoch": None, "read_at": now(), "failing_since": None, "delivered_at": None,
            "created_at": now(), "changed_at": now(), "revision": 1, **fields,
        }  # fmt: skip
        await self.store.insert_endpoint(doc)
        self.carrying._endpoints[name] = doc
        self.carrying._of[name] = {name}
        return doc

    async def deliver(self, name: str, place: str = "1", **fields: Any) -> str:
        """Keep a delivery that is due; of those with a lower place it is earlier."""
        due = now() - timedelta(seconds=10 - int(place))
        made = delivery.new(name, place, delivery.Message("m", "t", b"{}"), due)
        await self.store.keep([{**made, **fields}])
        return str(made["_id"])

    async def kept(self, ident: str) -> Document:
        """A delivery as it is kept."""
        return await self.store.deliveries.find_one({"_id": ident}) or {}


@pytest.fixture
async def bench(servers: Servers, part: Part) -> AsyncIterator[Bench]:
    """On a database of its own, with receivers: one answers, one never does, one as and when it is told."""
    client = mongo.connect(servers.mongo_url)
    await client.drop_database("test_carrying")
    store = WebhookStore(client["test_carrying"])
    await store.prepare()
    made = Bench(part.bus, store, Maker(Caller(part.bus)))

    async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    over = asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async def moody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        made.asked += 1
        made.most_asked = max(made.most_asked, made.asked)
        await made.answer.wait()
        made.asked -= 1
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % made.status)
        await writer.drain()
        writer.close()

    receivers = {"well": well, "never": never, "moody": moody}
    opened = {name: await asyncio.start_server(serve, "127.0.0.1", 0) for name, serve in receivers.items()}
    made.ports = {name: server.sockets[0].getsockname()[1] for name, server in opened.items()}
    yield made
    over.set()
    await made.carrying.again.stop()
    await made.carrying._waking.stop()
    for server in opened.values():
        server.close()
    await made.caller.close()
    client.close()


async def test_who_never_answers_holds_up_no_retry_of_another(bench: Bench) -> None:
    for name in ("never", "well"):
        await bench.endpoint(name, failing_since=now(), failures=FAILING_FROM)
    dead, alive = await bench.deliver("never", "0"), await bench.deliver("well")
    async with asyncio.timeout(5):  # an attempt takes 15 s
        await bench.due.turn()
        found = await eventually(lambda: bench.kept(alive), lambda doc: doc["status"] == "delivered")
    assert found["attempts"][0]["status"] == 200
    assert (await bench.kept(dead))["attempts"] == []
    assert list(bench.carrying.again.trying) == ["never"]


async def test_who_is_slow_and_takes_all_holds_up_no_retry_of_another(bench: Bench) -> None:
    for name in ("moody", "well"):
        await bench.endpoint(name)
    slow = [await bench.deliver("moody", str(place)) for place in range(ABREAST + 2)]
    other = await bench.deliver("well", "9")
    async with asyncio.timeout(5):  # an attempt takes 15 s
        await bench.due.turn()
        await eventually(lambda: bench.kept(other), lambda doc: doc["status"] == "delivered")
        assert bench.most_asked == ABREAST
        bench.answer.set()
        for one in slow:
            await eventually(partial(bench.kept, one), lambda doc: doc["status"] == "delivered")
    assert bench.most_asked == ABREAST


async def test_what_is_due_where_one_is_being_tried_rests_until_that_was_taken(bench: Bench) -> None:
    await bench.endpoint("moody", failing_since=now(), failures=FAILING_FROM)
    tried, *others = [await bench.deliver("moody", str(place)) for place in range(3)]
    await bench.due.turn()
    assert list(bench.carrying.again.trying["moody"].tasks) == [tried]
    assert [(await bench.kept(one))["due_at"] for one in others] == [None, None]
    assert (await bench.store.due.page(now(), None, AT_ONCE)).found == [await bench.kept(tried)]
    bench.answer.set()
    await eventually(lambda: bench.kept(tried), lambda doc: doc["status"] == "delivered")

    async def are_delivered() -> bool:
        await bench.due.turn()
        return all([(await bench.kept(one))["status"] == "delivered" for one in others])

    await eventually(are_delivered)
    assert bench.most_asked <= len(others)
    await bench.store.wake("moody", now())
    assert (await bench.store.due.page(now(), None, AT_ONCE)).found == [], (
        "what was delivered is sent once more"
    )


async def test_one_failure_holds_up_nothing_and_some_in_a_row_hold_up_the_rest(bench: Bench) -> None:
    await bench.endpoint("moody")
    bench.status = 500
    bench.answer.set()
    all_of_them = [await bench.deliver("moody", str(place)) for place in range(FAILING_FROM + ABREAST)]

    async def tried(at_least: int) -> int:
        async def look() -> int:
            return sum([(await bench.kept(one))["tried"] for one in all_of_them])

        return await eventually(look, lambda count: count >= at_least)

    async def none_on_its_way() -> bool:
        return not bench.carrying.again.trying

    await bench.due.turn()
    # Those that were on their way meanwhile are over, too.
    await eventually(none_on_its_way)
    assert FAILING_FROM <= await tried(FAILING_FROM) < FAILING_FROM + ABREAST
    bench.status = 200
    await bench.store.deliveries.update_many({}, {"$set": {"due_at": now()}})

    async def are_delivered() -> bool:
        await bench.due.turn()
        return all([(await bench.kept(one))["status"] == "delivered" for one in all_of_them])

    await eventually(are_delivered)
    # One failure between is none in a row.
    bench.status = 500
    one_more = await bench.deliver("moody", "9")
    await bench.due.turn()
    await eventually(lambda: bench.kept(one_more), lambda doc: doc["tried"] == 1)
    assert not bench.carrying._is_failing("moody")


async def test_whatever_was_taken_has_what_rests_go_on(bench: Bench) -> None:
    doc = await bench.endpoint("moody", failing_since=now(), failures=FAILING_FROM)
    slow, rests = [await bench.deliver("moody", str(place)) for place in range(2)]
    await bench.due.turn()
    assert (await bench.kept(rests))["due_at"] is None
    # What was on its way since before it failed.
    await bench.carrying._health(doc, Answered(200, b"", None))
    await bench.due.turn()
    assert list(bench.carrying.again.trying["moody"].tasks) == [slow, rests]
    bench.answer.set()
    await eventually(lambda: bench.kept(rests), lambda doc: doc["status"] == "delivered")


async def test_what_is_asked_for_again_while_it_is_being_taken_is_sent_once(bench: Bench) -> None:
    await bench.endpoint("moody")
    ident = await bench.deliver("moody")
    await bench.due.turn()
    assert await bench.store.ask_again("moody", {"_id": ident}, now()) == 1
    bench.answer.set()
    found = await eventually(lambda: bench.kept(ident), lambda doc: doc["status"] == "delivered")
    assert found["due_at"] is None
    assert await bench.due.turn() == 0


async def test_where_the_last_attempt_of_one_fails_the_next_is_tried(bench: Bench) -> None:
    await bench.endpoint("moody", failing_since=now(), failures=FAILING_FROM)
    last = await bench.deliver("moody", "0", tried=9)
    after_it = await bench.deliver("moody", "1")
    await bench.due.turn()
    assert (await bench.kept(after_it))["due_at"] is None
    bench.status = 500
    bench.answer.set()
    await eventually(lambda: bench.kept(last), lambda doc: doc["status"] == "failed")

    async def is_tried() -> bool:
        await bench.due.turn()
        return bool((await bench.kept(after_it))["tried"] == 1)

    await eventually(is_tried)


async def test_whoever_may_read_nothing_now_is_sent_nothing_again(bench: Bench) -> None:
    await bench.endpoint("well")
    ident = await bench.deliver("well")
    bench.standing.verified = False
    await bench.due.turn()
    assert (await bench.kept(ident))["attempts"] == []
    bench.standing.verified = True

    async def is_delivered() -> bool:
        await bench.due.turn()  # which came in vain, and looks a little later
        return bool((await bench.kept(ident))["status"] == "delivered")

    await eventually(is_delivered)


async def test_what_an_agreement_told_is_tried_again_while_it_stands_and_then_forgotten(bench: Bench) -> None:
    await bench.endpoint("well")
    stands = {"_id": "agr", "subscriber": "well", "status": "in_force", "since": now(), "until": None}
    await bench.agreements.collection.insert_one(stands)
    ident = await bench.deliver("well", "1", agreements=["agr"])
    await bench.due.turn()
    await eventually(lambda: bench.kept(ident), lambda found: found["status"] == "delivered")
    ident = await bench.deliver("well", "2", agreements=["agr"])
    await bench.agreements.collection.update_one({"_id": "agr"}, {"$set": {"status": "ended"}})
    await bench.due.turn()
    assert await bench.kept(ident) == {}


async def test_what_was_sent_once_more_and_not_taken_is_due_as_any_other(bench: Bench) -> None:
    ident = await bench.deliver("well", status="delivered", due_at=None)
    again = await bench.deliver("well")
    assert again == ident
    assert (await bench.kept(ident))["status"] == "waiting"


async def test_what_is_due_at_a_paused_endpoint_rests_until_it_goes_on(bench: Bench) -> None:
    doc = await bench.endpoint("well", status="paused")
    ident = await bench.deliver("well")
    await bench.due.turn()
    assert (await bench.kept(ident))["due_at"] is None
    # Nothing is due any more: nobody reads it again and again.
    assert (await bench.store.due.page(now(), None, AT_ONCE)).found == []
    await bench.store.save(doc, {"status": "active"}, {})
    bench.carrying.learn({**doc, "status": "active", "revision": 2})
    await eventually(lambda: bench.kept(ident), lambda found: found["due_at"] is not None)
    await bench.due.turn()
    await eventually(lambda: bench.kept(ident), lambda found: found["status"] == "delivered")


async def test_a_start_reads_the_feeds_of_so_many_endpoints_at_once(bench: Bench) -> None:
    bench.standing.go_on.clear()
    for number in range(READING * 3):
        bench.carrying.learn(await bench.endpoint(f"one{number}"))

    async def asking() -> int:
        return bench.standing.asking

    assert await eventually(asking, lambda count: count == READING) == READING
    bench.standing.go_on.set()

    async def at_work() -> int:
        return len(bench.carrying._waking._tasks)

    assert await eventually(at_work, lambda count: count == 0) == 0
    assert bench.standing.most == READING


async def test_what_was_kept_while_an_endpoint_was_deleted_goes_too(bench: Bench) -> None:
    doc = await bench.endpoint("well")
    await bench.store.save(doc, {"status": DELETED, "deleted_at": now()}, {})
    ident = await bench.deliver("well")
    await bench.carrying._note(doc, {"after": 1})
    assert await bench.kept(ident) == {}


async def told_twice(bench: Bench, hand: Hand, organization: str) -> tuple[int, int]:
    """Have an organization told of two things; return where in its feed they stand."""
    before = await bench.feeds.last(organization)
    for number in (1, 2):
        await hand.publish(f"{organization}-{before}", number, receiver=organization)
    both = await eventually(
        lambda: bench.feeds.read(organization, before, 2), lambda page: len(page.entries) == 2
    )
    return both.entries[0].seq, both.entries[1].seq


async def test_who_takes_an_endpoint_over_goes_on_from_where_it_was_left(bench: Bench, hand: Hand) -> None:
    first, second = await told_twice(bench, hand, "well")
    await bench.endpoint("well")
    # Another carried it, and is gone.
    await bench.store.note("well", 0, {"after": first, "epoch": (await bench.feeds.life()).epoch})
    await bench.carrying.look()
    await eventually(lambda: bench.store.endpoint("well"), lambda doc: bool(doc and doc["after"] == second))
    kept = await bench.store.deliveries.find({"endpoint": "well"}).to_list(None)
    assert [(one["place"], one["status"]) for one in kept] == [(f"{second:020d}", "delivered")]


async def test_where_another_carried_it_meanwhile_what_is_left_does_not_wait_for_what_comes(
    bench: Bench, hand: Hand
) -> None:
    first, second = await told_twice(bench, hand, "well")
    doc = await bench.endpoint("well")
    await bench.store.note("well", 0, {"after": first, "epoch": (await bench.feeds.life()).epoch})
    bench.carrying._endpoints["well"] = doc  # as it was before
    bench.carrying._wake_all()
    await eventually(
        lambda: bench.store.endpoint("well"), lambda found: bool(found and found["after"] == second)
    )


async def test_what_could_not_be_written_is_not_known(bench: Bench) -> None:
    doc = await bench.endpoint("well")
    bench.store.disable = bench.store.note = broken  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionFailure):
        await bench.carrying._disable(doc, DisabledReason.GONE)
    with pytest.raises(ConnectionFailure):
        await bench.carrying._note(doc, {"after": 5})
    assert bench.carrying._endpoints["well"] == doc
    assert bench.carrying._is_ours("well")


async def test_whoever_was_mended_meanwhile_is_not_disabled_by_what_was_known_before(bench: Bench) -> None:
    doc = await bench.endpoint("well")
    # Another replica was asked for that.
    await bench.store.save(doc, {"maker": "other", "url": "https://example.org/new"}, {})
    await bench.carrying._disable(doc, DisabledReason.MAKER_REVOKED)
    kept = await bench.store.endpoint("well") or {}
    assert (kept["status"], kept.get("untold")) == ("active", None)
    assert bench.carrying._endpoints["well"]["maker"] == "other"
    await bench.carrying._health(doc, Answered(410, b"", None))
    assert (await bench.store.endpoint("well") or {})["status"] == "active", "that was another address"


async def test_where_the_directory_is_away_in_the_middle_of_a_page_the_others_are_kept(
    bench: Bench, hand: Hand
) -> None:
    await told_twice(bench, hand, "halfway")
    doc = await bench.endpoint("halfway", url=f"http://127.0.0.1:{bench.ports['well']}/")
    may_send = bench.carrying._may_send
    asked = 0

    async def away_for_the_first(one: Document, entry: FeedTold | None = None) -> bool | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise UnreachableError("away")
        return await may_send(one, entry)

    bench.carrying._may_send = away_for_the_first  # type: ignore[method-assign]
    assert not await bench.carrying._carry(doc["_id"])
    kept = await bench.store.deliveries.find({"endpoint": "halfway"}).sort("place").to_list(None)
    assert [(one["status"], one["due_at"] is None) for one in kept] == [
        ("waiting", False), ("delivered", True),
    ]  # fmt: skip


async def test_in_a_stream_begun_anew_it_goes_on_also_where_it_comes_to_the_same_place(
    bench: Bench, hand: Hand
) -> None:
    _, last = await told_twice(bench, hand, "well")
    await bench.endpoint("well", after=last, epoch="of the life before", read_at=now())
    assert not await bench.carrying._carry("well")
    kept = await bench.store.endpoint("well") or {}
    assert (kept["after"], kept["epoch"]) == (last, (await bench.feeds.life()).epoch)


@pytest.mark.parametrize("epoch", [None, "of the life before"])
async def test_a_replay_since_a_moment_passes_nothing_over_that_was_not_sent(
    bench: Bench, hand: Hand, epoch: str | None
) -> None:
    name = f"behind-{epoch is None}"
    first, last = await told_twice(bench, hand, name)
    await bench.endpoint(
        name, after=first - 1, epoch=epoch or (await bench.feeds.life()).epoch,
        read_at=now() - timedelta(minutes=1), idempotency=[], description=None,
    )  # fmt: skip
    means = Means(bench.store, bench.feeds, KEYS, bench.carrying._sending, bench.carrying, Calls(b"k" * 32))
    actor = reader_of(name, scopes=("feed:read", "webhooks:manage"))
    for since in (now(), now() + timedelta(days=365)):
        asked = ReplayDeliveries(idempotency_key=since.isoformat(), endpoint=name, since=since)
        bench.carrying.learn = lambda _doc: None  # type: ignore[method-assign,assignment] # it stays behind
        assert not (await replay(means, asked, actor)).replayed
        assert (await bench.store.endpoint(name) or {})["after"] < first
    asked = ReplayDeliveries(idempotency_key="all", endpoint=name, since=now() - timedelta(hours=1))
    await replay(means, asked, actor)
    assert (await bench.store.endpoint(name) or {})["after"] < first < last


async def broken(*_given: object) -> bool:
    raise ConnectionFailure


async def test_another_replica_hears_that_an_endpoint_was_deleted(bench: Bench) -> None:
    await bench.carrying.look()
    doc = await bench.endpoint("well")
    await bench.store.save(doc, {"status": DELETED, "deleted_at": now(), "changed_at": now()}, {})
    await bench.carrying.look()
    assert "well" not in bench.carrying._endpoints
    await bench.store.sweep(now() + timedelta(seconds=1))
    assert await bench.store.endpoint("well") is None
