"""The bus lets each part say and hear what it must, and nothing else: on the real server."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, RePublish, StreamConfig

import contracts
from cli import keys
from cli.embedded import nats as server
from cli.embedded.keeper import Keeper
from cli.embedded.ports import choose
from contracts import capacity, directory, editing, geography, matching, membership, search
from contracts.agreements import AGREEMENTS_IN_FORCE
from contracts.deadlines import GET_AWAITED
from contracts.rpc import Operation

AnyOperation = Operation[Any, Any]
PUBLIC_DIRECTORY: set[AnyOperation] = {
    directory.GET_ORGANIZATIONS,
    directory.GET_SERVICES,
    directory.GET_ADDRESSES,
    directory.LIST_ORGANIZATIONS,
    directory.FIND_SERVICE,
    search.SEARCH_SERVICES,
    directory.AUTHENTICATE_CLIENT,
    directory.GET_CLIENTS,
    geography.GET_MUNICIPALITIES,
    geography.LIST_MUNICIPALITIES,
    matching.GET_ACCEPTANCE_RULES,
    matching.SET_ACCEPTANCE_RULES,
    matching.REVIEW_ACCEPTANCE_RULES,
    membership.PROPOSE_ORGANIZATION,
    membership.LIST_PROPOSALS,
    membership.DECIDE_ORGANIZATION,
    membership.ADD_CLIENT,
    membership.ROTATE_CLIENT,
    membership.END_CLIENT,
    membership.LIST_CLIENTS,
    membership.INVITE_MEMBER,
    membership.CHANGE_MEMBER,
    membership.REMOVE_MEMBER,
    membership.LIST_MEMBERS,
    membership.GET_MEMBERS,
    capacity.SET_CAPACITY,
    editing.UPDATE_ORGANIZATION,
    editing.CREATE_SERVICE,
    editing.UPDATE_SERVICE,
    editing.CONFIRM_SERVICE,
    editing.SET_LOCATION_VISIBILITY,
    editing.LIST_HISTORY,
    editing.LIST_STALE,
    editing.SUGGEST_CORRECTION,
    editing.DECIDE_CORRECTION,
    editing.LIST_CORRECTIONS,
    matching.MATCH_SERVICES,
}


@dataclass
class Bus:
    """A server, and how to connect to it."""

    url: str
    keys_dir: Path

    async def connect(self, part: str, denied: list[str] | None = None) -> Client:
        async def error(reason: Exception) -> None:
            if denied is not None:
                denied.append(str(reason))

        return await nats.connect(
            self.url,
            nkeys_seed=str(self.keys_dir / part / "nkey.seed"),
            inbox_prefix=f"_INBOX_{part}",
            error_cb=error,
            allow_reconnect=False,
        )


@dataclass
class User:
    """One part, connected; ``denied`` collects what the server refused it."""

    nc: Client
    denied: list[str] = field(default_factory=list)

    async def settled(self) -> None:
        """Return when the server has seen all that was sent.

        It answers in order. The client writes its ping before what is still buffered, hence the second one.
        """
        await self.nc.flush()
        await self.nc.flush()

    async def refused(self) -> bool:
        """Whether the server refused anything since the last question."""
        await self.settled()
        found, self.denied[:] = list(self.denied), []
        return any("permissions violation" in reason.lower() for reason in found)

    async def may_publish(self, subject: str) -> bool:
        await self.nc.publish(subject, b"{}")
        return not await self.refused()

    async def may_subscribe(self, subject: str) -> bool:
        subscription = await self.nc.subscribe(subject)
        allowed = not await self.refused()
        if allowed:
            await subscription.unsubscribe()
        return allowed


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    data = tmp_path_factory.mktemp("bus")
    (data / "logs").mkdir()
    keys.init(data / "keys")
    ports = choose({"nats": 0, "nats_monitor": 0})
    program = server.program(data, ports)
    keeper = Keeper([program], data / "logs", say=lambda _: None)
    keeper.start()
    try:
        while program.ask():
            assert keeper.failures("nats") == 0, (data / "logs" / "nats.log").read_text()
        yield Bus(f"nats://127.0.0.1:{ports['nats']}", data / "keys")
    finally:
        keeper.stop()


@asynccontextmanager
async def signed_in(bus: Bus, part: str) -> AsyncIterator[User]:
    denied: list[str] = []
    nc = await bus.connect(part, denied)
    try:
        yield User(nc, denied)
    finally:
        await nc.close()


def operations() -> list[AnyOperation]:
    """Every operation of every contract: a new one is tried without being named here."""
    modules = [import_module(f"contracts.{one.name}") for one in iter_modules(contracts.__path__)]
    things = [thing for module in modules for thing in vars(module).values()]
    # What every part answers stands by part.
    things += [one for thing in things if isinstance(thing, dict) for one in thing.values()]
    found = {thing.subject: thing for thing in things if isinstance(thing, Operation)}
    return [found[subject] for subject in sorted(found)]


# What one part asks of another, and nobody else.
BETWEEN: set[AnyOperation] = {AGREEMENTS_IN_FORCE, GET_AWAITED}


def public(operation: AnyOperation) -> bool:
    if operation.part == directory.PART:
        return operation in PUBLIC_DIRECTORY
    ours = {"status", "due", "rewrap_keys", "erase_by_folio", "list_audit_chains", "read_audit_chain"}
    letters = {"list_parked", "show_parked", "replay_parked", "drop_parked"}
    advisories = {"list_advisories", "put_away_advisories"}
    return operation.name not in ours | letters | advisories and operation not in BETWEEN


# What the referrals service looks up, and the places that it asks for.
LOOKED_UP: set[AnyOperation] = {
    directory.GET_ORGANIZATIONS,
    directory.GET_SERVICES,
    capacity.HOLD_PLACES,
    capacity.LIST_HOLDS,
    capacity.PUT_HOLD_RIGHT,
    membership.GET_MEMBERS,
    membership.GET_WORKERS,
    membership.LIST_COORDINATORS,
    AGREEMENTS_IN_FORCE,
}
# How those stand who made webhooks, and those who are written to; to whom a broadcast is addressed, and the
# service that it is about; what is still to be done of what members are written of.
TOLD: set[AnyOperation] = {
    directory.GET_CLIENTS,
    directory.GET_ORGANIZATIONS,
    membership.GET_MEMBERS,
    directory.LIST_ORGANIZATIONS,
    directory.GET_SERVICES,
    GET_AWAITED,
}
# The gateway asks for exactly the public operations; the operator the directory, and what is for operators.
ASKS: dict[str, Callable[[AnyOperation], bool]] = {
    "gateway": public,
    "operator": lambda operation: (
        operation.part == directory.PART or not (public(operation) or operation in BETWEEN)
    ),
    "referrals": lambda operation: operation in LOOKED_UP,
    "notifications": lambda operation: operation in TOLD,
    "directory": lambda _: False,
}


@pytest.mark.parametrize("part", keys.USERS)
async def test_part_may_ask_for_exactly_what_the_table_says(bus: Bus, part: str) -> None:
    async with signed_in(bus, part) as user:
        found = {one for one in operations() if await user.may_publish(one.subject)}
    assert found == {one for one in operations() if ASKS[part](one)}


PERMISSIONS = Path(__file__).parents[2] / "deploy" / "nats" / "permissions.conf"


def permitted() -> list[tuple[str, str, str]]:
    """Each line of the permissions: whose it is, ``publish`` or ``subscribe``, and the subject."""
    text = re.sub(r"#.*", "", PERMISSIONS.read_text(encoding="utf-8"))
    return [
        (user.lower(), way, subject)
        for user, body in re.findall(r"(\w+)_MAY: \{(.*?)\n\}", text, re.DOTALL)
        for way, subjects in re.findall(r"(publish|subscribe): \[(.*?)\]", body, re.DOTALL)
        for subject in re.findall(r'"([^"]+)"', subjects)
    ]


def test_every_permission_is_one_that_is_tried() -> None:
    """What the tables below do not know of, nobody has thought about."""
    lines = permitted()
    assert {user for user, _, _ in lines} == set(keys.USERS)
    asked = {operation.subject for operation in operations()}
    tried = {
        "publish": PUBLISHERS | {subject: set(keys.USERS) for subject in asked},
        "subscribe": LISTENERS,
    }
    untried = []
    for user, way, subject in lines:
        words = re.escape(subject).replace(r"\*", "[^.]+").replace(">", ".+")
        if not any(user in users and re.fullmatch(words, one) for one, users in tried[way].items()):
            untried.append((user, way, subject))
    assert untried == []


STREAMS = ("EVT", "FEED", "DLQ")
# Subject by who may publish it; everybody else may not. What is not here is tried as denied to all below.
PUBLISHERS: dict[str, set[str]] = {
    "evt.directory.organization.o1.changed.v1": {"directory"},
    "evt.referrals.referral.r1.sent.v1": {"referrals"},
    "evt.notifications.agreement.a1.proposed.v1": {"notifications"},
    "feed.o1.referral.r1": {"notifications"},
    "live.feed.o1.referral.r1": set(),
    # A dead letter is written by whoever could not deal with it.
    "dlq.notifications.r1": {"notifications"},
    "dlq.notifications_directory.o1": {"notifications"},
    "dlq.directory.r1": {"directory"},
    "$SRV.PING": {"operator"},
    "$JS.API.INFO": {"directory"},
    "$JS.API.STREAM.NAMES": set(),
    "$JS.API.STREAM.LIST": set(),
    "$JS.API.STREAM.INFO.EVT": {"directory", "referrals", "notifications", "operator"},
    "$JS.API.STREAM.INFO.FEED": {"notifications", "operator"},
    "$JS.API.STREAM.INFO.DLQ": {"notifications", "operator"},
    "$JS.API.STREAM.CREATE.EVT": {"directory"},
    "$JS.API.STREAM.UPDATE.EVT": {"directory"},
    "$JS.API.STREAM.CREATE.FEED": {"notifications"},
    "$JS.API.STREAM.UPDATE.FEED": {"notifications"},
    "$JS.API.STREAM.CREATE.DLQ": {"notifications"},
    "$JS.API.STREAM.UPDATE.DLQ": {"notifications"},
    "$JS.API.STREAM.CREATE.OTHER": set(),
    **{f"$JS.API.STREAM.DELETE.{stream}": set() for stream in STREAMS},
    **{f"$JS.API.STREAM.PURGE.{stream}": set() for stream in STREAMS},
    **{f"$JS.API.STREAM.MSG.DELETE.{stream}": set() for stream in STREAMS},
    **{f"$JS.API.STREAM.SNAPSHOT.{stream}": {"operator"} for stream in STREAMS},
    "$JS.API.STREAM.SNAPSHOT.OTHER": set(),
    **{f"$JS.SNAPSHOT.ACK.{stream}.x": {"operator"} for stream in STREAMS},
    **{f"$JS.API.STREAM.RESTORE.{stream}": set() for stream in STREAMS},
    "$JS.SNAPSHOT.RESTORE.EVT.x": set(),
    "$JS.API.STREAM.MSG.GET.EVT": {"directory", "referrals", "notifications"},
    "$JS.API.DIRECT.GET.EVT.evt.referrals.referral.r1.sent.v1": set(),
    "$JS.API.STREAM.MSG.GET.FEED": {"notifications"},
    "$JS.API.DIRECT.GET.FEED": {"notifications"},
    "$JS.API.DIRECT.GET.FEED.feed.o1.referral.r1": set(),
    "$JS.API.STREAM.MSG.GET.DLQ": {"directory", "referrals", "notifications"},
    "$JS.API.CONSUMER.CREATE.EVT.notifications": {"notifications"},
    "$JS.API.CONSUMER.CREATE.EVT.directory": {"directory"},
    "$JS.API.CONSUMER.CREATE.EVT.referrals": {"referrals"},
    "$JS.API.CONSUMER.CREATE.EVT.notifications_directory": {"notifications"},
    # With what it filters by; a consumer of that name is its part's own, whatever it filters.
    "$JS.API.CONSUMER.CREATE.EVT.notifications.evt.>": {"notifications"},
    "$JS.API.CONSUMER.CREATE.EVT.notifications_directory.evt.>": {"notifications"},
    "$JS.API.CONSUMER.CREATE.EVT.referrals.evt.>": {"referrals"},
    "$JS.API.CONSUMER.CREATE.EVT.directory.evt.>": {"directory"},
    "$JS.API.CONSUMER.INFO.EVT.notifications_directory": {"notifications", "operator"},
    "$JS.API.CONSUMER.MSG.NEXT.EVT.notifications_directory": {"notifications"},
    "$JS.ACK.EVT.notifications_directory.1.1.1.1.0": {"notifications"},
    "$JS.API.CONSUMER.MSG.NEXT.EVT.referrals": {"referrals"},
    "$JS.API.CONSUMER.INFO.EVT.referrals": {"referrals", "operator"},
    "$JS.ACK.EVT.referrals.1.1.1.1.0": {"referrals"},
    "dlq.referrals.o1": {"referrals"},
    "$JS.API.CONSUMER.MSG.NEXT.EVT.directory": {"directory"},
    "$JS.API.CONSUMER.INFO.EVT.directory": {"directory", "operator"},
    "$JS.API.CONSUMER.CREATE.EVT.another": set(),
    "$JS.API.CONSUMER.CREATE.EVT": set(),
    "$JS.API.CONSUMER.CREATE.EVT.follower-1.evt.directory.>": {"directory"},
    "$JS.API.CONSUMER.CREATE.EVT.follower-1.evt.referrals.>": set(),
    "$JS.API.CONSUMER.CREATE.EVT.follower-1": set(),
    "$JS.API.CONSUMER.DELETE.EVT.notifications": set(),
    "$JS.API.CONSUMER.MSG.NEXT.EVT.notifications": {"notifications"},
    "$JS.API.CONSUMER.INFO.EVT.notifications": {"notifications", "operator"},
    "$JS.API.CONSUMER.LIST.EVT": {"operator"},
    "$JS.API.CONSUMER.CREATE.FEED.page.feed.o1.>": set(),
    "$JS.API.CONSUMER.MSG.NEXT.FEED.page": set(),
    "$JS.API.CONSUMER.CREATE.DLQ.page": set(),
    "$JS.ACK.EVT.notifications.1.1.1.1.0": {"notifications"},
    "$JS.ACK.EVT.directory.1.1.1.1.0": {"directory"},
    "$JS.ACK.EVT.another.1.1.1.1.0": set(),
    "_INBOX_gateway.x": {"directory", "referrals", "notifications"},
    "_INBOX_operator.x": {"directory", "referrals", "notifications"},
    "_INBOX_referrals.x": {"directory", "notifications"},
    "_INBOX_notifications.x": {"directory", "referrals"},
    "_INBOX_directory.x": set(),
    "$SYS.REQ.SERVER.PING": set(),
    "anything": set(),
}
# Subject by who may hear it.
LISTENERS: dict[str, set[str]] = {
    "rpc.v1.directory.get_services": {"directory"},
    "rpc.v1.referrals.issue": {"referrals"},
    "rpc.v1.>": set(),
    "$SRV.>": set(),
    "rpc.v1.notifications.feed_page": {"notifications"},
    **{f"$SRV.{what}": {"directory", "referrals", "notifications"} for what in ("PING", "INFO", "STATS")},
    **{f"$SRV.PING.relevo-{part}": {part} for part in ("directory", "referrals", "notifications")},
    **{f"$SRV.STATS.relevo-{part}.one": {part} for part in ("directory", "referrals", "notifications")},
    "live.feed.o1.>": {"gateway", "notifications"},
    "live.>": set(),
    "feed.>": set(),
    "evt.>": set(),
    "dlq.>": set(),
    "_INBOX.>": set(),
    "$JS.>": set(),
    ">": set(),
    **{f"_INBOX_{user}.>": {user} for user in keys.USERS},
}


@pytest.mark.parametrize("part", keys.USERS)
async def test_part_publishes_what_the_table_says_and_nothing_else(bus: Bus, part: str) -> None:
    async with signed_in(bus, part) as user:
        found = {subject for subject in PUBLISHERS if await user.may_publish(subject)}
    assert found == {subject for subject, parts in PUBLISHERS.items() if part in parts}


@pytest.mark.parametrize("part", keys.USERS)
async def test_part_hears_what_the_table_says_and_nothing_else(bus: Bus, part: str) -> None:
    async with signed_in(bus, part) as user:
        found = {subject for subject in LISTENERS if await user.may_subscribe(subject)}
    assert found == {subject for subject, parts in LISTENERS.items() if part in parts}


@pytest.mark.parametrize(
    "who",
    [{}, {"user": "gateway", "password": "x"}, {"token": "x"}],
    ids=["nothing", "a password", "a token"],
)
async def test_nobody_without_a_key_gets_in(bus: Bus, who: dict[str, str]) -> None:
    await turned_away(bus, **who)


async def test_somebody_with_a_key_of_another_network_does_not_get_in(bus: Bus, tmp_path: Path) -> None:
    keys.init(tmp_path)
    await turned_away(bus, nkeys_seed=str(tmp_path / "gateway" / "nkey.seed"))


async def turned_away(bus: Bus, **who: Any) -> None:
    async def ignore(_: Exception) -> None:
        return

    nc = Client()
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation"):
        await nc.connect(bus.url, allow_reconnect=False, error_cb=ignore, **who)
    # The client leaves its socket open when it is turned away.
    transport: Any = nc._transport
    transport.close()
    with suppress(ConnectionResetError):
        await transport.wait_closed()


async def test_reply_goes_to_the_asker(bus: Bus) -> None:
    async with signed_in(bus, "gateway") as asker, signed_in(bus, "directory") as answerer:

        async def answer(message: Msg) -> None:
            await message.respond(b"once")

        await answerer.nc.subscribe("rpc.v1.directory.get_services", queue="directory", cb=answer)
        await answerer.settled()
        reply = await asker.nc.request("rpc.v1.directory.get_services", b"{}", timeout=5)
        assert reply.data == b"once"
        assert not await answerer.refused()


async def test_owners_can_do_all_that_their_streams_need_and_the_gateway_hears_the_feed_live(
    bus: Bus,
) -> None:
    async with signed_in(bus, "directory") as owner, signed_in(bus, "notifications") as feeder:
        events, feed = owner.nc.jetstream(), feeder.nc.jetstream()
        await events.add_stream(StreamConfig(name="EVT", subjects=["evt.>"], allow_direct=True))
        await events.update_stream(
            StreamConfig(name="EVT", subjects=["evt.>"], allow_direct=True, max_age=60)
        )
        await feed.add_stream(
            StreamConfig(
                name="FEED",
                subjects=["feed.>"],
                allow_direct=True,
                republish=RePublish(src="feed.>", dest="live.feed.>"),
            )
        )
        await feed.add_stream(
            StreamConfig(name="DLQ", subjects=["dlq.>", "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>"])
        )
        await events.publish("evt.directory.organization.o1.changed.v1", b"{}")
        last = await events.get_last_msg("EVT", "evt.directory.organization.o1.>")
        assert last.seq == 1
        await feed.add_consumer("EVT", ConsumerConfig(name="notifications", durable_name="notifications"))
        pull = await feed.pull_subscribe_bind("notifications", stream="EVT")
        (message,) = await pull.fetch(1, timeout=5)
        await message.ack_sync()
        await feed.publish("feed.o1.organization.o1", b"{}")
        page = await feed.get_msg("FEED", seq=1, subject="feed.o1.>", direct=True, next=True)
        assert page.data == b"{}"
        assert not await owner.refused()
        assert not await feeder.refused()
        async with signed_in(bus, "gateway") as listener:
            live = await listener.nc.subscribe("live.feed.o2.>")
            await listener.settled()
            await feed.publish("feed.o2.referral.r1", b"news")
            assert (await live.next_msg(timeout=5)).data == b"news"


@pytest.mark.parametrize("stolen", ["feed.o1.referral.r1", "evt.referrals.referral.r1.sent.v1"])
async def test_who_asks_cannot_choose_that_the_answer_is_a_feed_or_an_event(bus: Bus, stolen: str) -> None:
    async with signed_in(bus, "directory") as answering, signed_in(bus, "gateway") as asking:
        asked = asyncio.Event()

        async def answer(message: Msg) -> None:
            await answering.nc.publish(message.reply, b"{}")
            asked.set()

        await answering.nc.subscribe("rpc.v1.directory.get_services", cb=answer)
        await answering.settled()
        await asking.nc.publish("rpc.v1.directory.get_services", b"{}", reply=stolen)
        async with asyncio.timeout(20):
            await asked.wait()
        assert await answering.refused()
