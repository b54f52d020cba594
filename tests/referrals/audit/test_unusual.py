"""Who reads of unusually many persons is flagged: by a rule that can be explained, once, to coordinators."""

import itertools
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from nats.js.errors import NotFoundError

from chassis.outbox import Relay
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.audit import LIST_UNUSUAL_READINGS, AuditActor, AuditKind, ListUnusual, UnusualReading
from contracts.codes import NetworkRole
from contracts.events import ReadingEvent
from contracts.rpc import Page
from services.referrals.audit.entry import noted
from services.referrals.audit.habits import Habit, Rule, Unusual, learned
from services.referrals.audit.heads import Heads
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.audit.unusual import Unusuals
from services.referrals.directory import Directory
from services.referrals.marks import Marks
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.servers import eventually

RULE = Rule(floor=30, times=3)
_chains = (f"reader{number}" for number in itertools.count())


def readings(
    day: int, persons: Iterable[int], hour: int = 9, entry: int = 10, **actor: Any
) -> list[dict[str, Any]]:
    """Entries of a day of November, each of so many persons."""
    folios = [f"REL-{number:06d}-00" for number in persons]
    who = {"kind": "member", "id": "m1", "organization": "casa", **actor}
    return [
        {
            "kind": "read", "noun": "referral", "actor": who, "about": folios[at : at + entry],
            "at": f"2026-11-{day:02d}T{hour:02d}:{minute:02d}:09.114Z",
        }
        for minute, at in enumerate(range(0, len(folios), entry))
    ]  # fmt: skip


def known(*days: int) -> list[Habit]:
    """Somebody who has read of so many in the busiest hours of the first days of November."""
    entries = [one for day, most in enumerate(days, 1) for one in readings(day, range(most))]
    habits, found = learned([], "casa", entries, RULE)
    assert found == []
    return habits


def flags(habits: list[Habit], entries: list[dict[str, Any]], rule: Rule = RULE) -> list[Unusual]:
    """What is flagged by these entries; habits go through the database in between."""
    stored = [Habit.from_document(msgspec.json.decode(msgspec.json.encode(h.to_document()))) for h in habits]
    return learned(stored, "casa", entries, rule)[1]


def test_more_than_three_times_the_usual_is_unusual_and_fewer_than_the_floor_never() -> None:
    often = known(12, 15, 40, 11)
    assert flags(often, readings(20, range(36))) == []
    (found,) = flags(often, readings(20, range(37), entry=1))
    assert (found.persons, found.most, found.usual) == (37, 36, 12)
    assert found.hour == datetime(2026, 11, 20, 9, tzinfo=UTC)
    rarely = known(1, 2, 1)
    assert flags(rarely, readings(20, range(30))) == []
    assert flags(rarely, readings(20, range(31)))[0].most == 30


def test_of_whom_nothing_is_known_yet_ten_times_the_floor_is_unusual_and_nothing_less() -> None:
    for habits in ([], known(8), known(8, 8)):
        assert flags(habits, readings(20, range(300))) == []
        (found,) = flags(habits, readings(20, range(301)))
        assert (found.usual, found.most) == (None, 300)


def test_persons_are_counted_and_not_how_often_they_were_looked_at() -> None:
    entries = [one for _ in range(50) for one in readings(20, range(30))]
    assert flags(known(5, 5, 5), entries) == []
    # Each hour for itself.
    split = [one for hour in range(9, 13) for one in readings(20, range(hour * 30, hour * 30 + 30), hour)]
    assert flags(known(5, 5, 5), split) == []


def test_once_in_a_day_and_again_on_the_next() -> None:
    entries = [one for day in (20, 21) for hour in (9, 10) for one in readings(day, range(50), hour)]
    assert [found.hour.day for found in flags(known(5, 5, 5), entries)] == [20, 21]


def test_each_reader_has_a_habit_of_her_own_and_a_system_those_whom_it_names() -> None:
    habits = known(100, 100, 100)
    others: list[dict[str, Any]] = [
        {"id": "m2"}, {"kind": "client"}, {"kind": "client", "on_behalf_of": "nueva"},
    ]  # fmt: skip
    for actor in others:
        assert flags(habits, readings(20, range(200), **actor)) == []
        assert flags(habits, readings(20, range(301), **actor))[0].usual is None
    named = readings(20, range(301), kind="client", id="c1", on_behalf_of="m1")
    assert flags(habits, named)[0].reader.on_behalf_of == "m1"
    # Another organization's member, whose reading this one is told of.
    assert flags([], readings(20, range(400), organization="red")) == []


def test_what_is_long_ago_is_forgotten_and_a_floor_of_nothing_flags_nobody() -> None:
    habits, _ = learned(known(5, 5, 5), "casa", readings(29, range(1)), RULE)
    assert [len(habit.days) for habit in habits] == [4]
    habits, _ = learned(habits, "casa", [_later(readings(30, range(1))[0], days=27)], RULE)
    assert [len(habit.days) for habit in habits] == [2]
    assert flags(known(5, 5, 5), readings(20, range(2000)), Rule(floor=0, times=3)) == []


def test_what_somebody_wrote_into_a_chain_stops_nobody_from_learning() -> None:
    (good,) = readings(20, range(301), entry=301)
    bad: list[dict[str, Any]] = [
        {}, {**good, "at": "then"}, {**good, "at": 7}, {**good, "about": [{}]}, {**good, "about": None},
        {**good, "actor": None}, {**good, "actor": {"id": 1}}, {**good, "kind": "other"}, {**good, "noun": 1},
    ]  # fmt: skip
    assert len(flags([], [*bad, good])) == 1


def _later(entry: dict[str, Any], days: int) -> dict[str, Any]:
    at = datetime.fromisoformat(entry["at"]) + timedelta(days=days)
    return {**entry, "at": at.isoformat()}


@pytest.fixture
async def replicas(network: Network, store: Store) -> AsyncIterator[list[Unusuals]]:
    """Replicas that flag whom they do not know at more than ten persons."""
    audits, bus = AuditStore(store.db), network.referrals
    relay = Relay(bus, audits.readings)
    directory, marks = Directory(Caller(bus), "911"), Marks(b"k" * 32)
    rule = Rule(floor=1, times=3)

    def replica() -> Unusuals:
        return Unusuals(
            audits,
            relay,
            directory=directory,
            flag_id=marks.child,
            now=lambda: datetime.now(UTC),
            rule=rule,
        )

    yield [replica() for _ in range(3)]
    await relay.stop()


async def enter(store: Store, chain: str, persons: int, at: datetime) -> None:
    """Enter a page that somebody read, and export the head."""
    audits = AuditStore(store.db)
    trail = Trail(audits, lambda: at)
    folios = [f"REL-{number:06d}-00" for number in range(persons)]
    await trail.enter(noted(AuditKind.READ, "read", cast.caseworker(chain, id="m1"), folios, tiers=("T3",)))
    await Heads(audits, trail, None).look()


async def test_replicas_flag_a_reading_once_and_tell_coordinators_who_alone_see_it(
    network: Network, store: Store, replicas: list[Unusuals]
) -> None:
    chain, now = next(_chains), datetime.now(UTC)
    await enter(store, chain, 10, now)
    await replicas[0].look()
    assert await flagged(network, chain) == []
    for persons in (11, 50):
        await enter(store, chain, persons, now)
        for one in replicas:
            await one.look()
    (found,) = await flagged(network, chain)
    assert (found.persons, found.most, found.usual) == (11, 10, None)
    assert found.reader == AuditActor(kind="member", id="m1", organization=chain)
    assert found.since == now.replace(minute=0, second=0, microsecond=0)

    async def told() -> ReadingEvent | None:
        try:
            message = await network.referrals.js.get_last_msg("EVT", f"evt.referrals.reading.{found.id}.>")
        except NotFoundError:
            return None
        return msgspec.json.decode(message.data or b"", type=ReadingEvent)

    event = await eventually(told)
    assert event is not None
    assert (event.n, event.organization, event.id) == (1, chain, found.id)
    request = ListUnusual(page=Page(first=10))
    for actor in (
        network.member("casa", "manager", "caseworker"),
        network.member("tercera", network_roles=(NetworkRole.AUDITOR,)),
        network.member("policia", "manager", network_roles=(NetworkRole.COORDINATOR,)),
    ):
        with pytest.raises(RefusedError) as refused:
            await network.ask(LIST_UNUSUAL_READINGS, request, actor)
        assert refused.value.code == "FORBIDDEN"


async def test_what_a_replica_died_over_is_flagged_by_the_next_and_once(
    network: Network, store: Store, replicas: list[Unusuals], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = next(_chains)
    await enter(store, chain, 20, datetime.now(UTC))

    async def died(*_: Any) -> bool:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(AuditStore, "learn", died)
        await replicas[0].look()
    assert len(await flagged(network, chain)) == 1
    await replicas[1].look()
    await replicas[2].look()
    assert len(await flagged(network, chain)) == 1
    assert (await AuditStore(store.db).habits(chain))[0] == 1


async def test_what_was_read_long_ago_is_learned_from_and_told_to_nobody(
    network: Network, store: Store, replicas: list[Unusuals]
) -> None:
    chain = next(_chains)
    await enter(store, chain, 100, datetime.now(UTC) - timedelta(days=2))
    await replicas[0].look()
    assert await flagged(network, chain) == []
    number, readers = await AuditStore(store.db).habits(chain)
    assert (number, [max(one["days"].values()) for one in readers]) == (1, [100])


async def flagged(network: Network, chain: str) -> list[UnusualReading]:
    """What coordinators see of an organization, page by page."""
    keeper = network.member("tercera", "manager", network_roles=(NetworkRole.COORDINATOR,))
    found: list[UnusualReading] = []
    page: Page | None = Page(first=1)
    while page is not None:
        reply = await network.ask(LIST_UNUSUAL_READINGS, ListUnusual(page=page), keeper)
        found += reply.items
        page = Page(first=1, after=reply.positions[-1]) if reply.has_next else None
    return [one for one in found if one.organization == chain]
