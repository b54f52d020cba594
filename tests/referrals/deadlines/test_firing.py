"""What is due is told once, by whichever replica comes first, with its event: on the real database and bus.

The database's clock is faked at its one seam, ``Store.now``. Each replica is a service's means of its own;
what kills one is an error or a cancellation at any of its requests.
"""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from nats.js.errors import NotFoundError

from chassis import mongo
from chassis.bus import connect
from chassis.clock import Clock
from chassis.identity import Identity
from chassis.outbox import Relay
from chassis.problems import UnreachableError
from chassis.rpc import Caller
from contracts.changes import Accept, Answer, Ask, Cancel, Receive, Start
from contracts.codes import Basis, Deadline, NetworkRole, Priority, ReferralStatus, Side
from contracts.consents import ConfirmErasure, ReviewBasis, WithdrawConsent
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.events import EVENTS, DeadlineEvent, ReferralEvent
from contracts.membership import SET_NETWORK_ROLE, SetNetworkRole
from contracts.referrals import HISTORY, GetHistory
from contracts.rpc import Page
from services.referrals.actions import due
from services.referrals.deadlines.limits import KNOWN_OVERDUE_FOR
from services.referrals.directory import Directory
from services.referrals.means import Means
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, new_case
from tests.referrals.conftest import Network
from tests.referrals.ours import Ours
from tests.servers import Servers, eventually

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Clocked(Store):
    """The store of one replica, with the database's clock so much ahead; and with what kills the replica."""

    def __init__(self, client: mongo.Client, ahead: "Ahead") -> None:
        super().__init__(client)
        self._ahead = ahead
        self.due = Ours(self.referrals, "due_at", self.due.projection, ahead.ours)
        self.steps_due = Ours(self.referrals, "steps_due_at", self.steps_due.projection, ahead.ours)

    async def now(self) -> datetime:
        return (await super().now()) + self._ahead.by

    async def left(self) -> int:
        """How many of ours are due."""
        ours = {"_id": {"$in": list(self._ahead.ours)}, "due_at": {"$lte": await self.now()}}
        return await self.referrals.count_documents(ours)


class Ahead:
    """How far the database's clock is ahead of the true one, for every replica alike.

    Referrals of other tests, whose clocks would come along, are left alone: ``ours`` are those of this test.
    """

    def __init__(self) -> None:
        self.by = timedelta(0)
        self.ours: set[str] = set()

    async def case(self, network: Network, **changes: Any) -> Case:
        """A new referral of this test's."""
        case = await new_case(network, **changes)
        self.ours.add(case.id)
        return case


class Replica:
    """One replica: means of its own, and its bus."""

    def __init__(self, means: Means, store: Clocked) -> None:
        self.means = means
        self.store = store

    async def look(self) -> None:
        await due.turns(self.means).turn()


@asynccontextmanager
async def coordinating(network: Network) -> AsyncIterator[None]:
    """The third organization keeps the network meanwhile."""
    role = SetNetworkRole(organization=network.ids["tercera"], role=NetworkRole.COORDINATOR)
    await network.operator.call(SET_NETWORK_ROLE, role, network.operator.me)
    try:
        yield
    finally:
        role = msgspec.structs.replace(role, granted=False)
        await network.operator.call(SET_NETWORK_ROLE, role, network.operator.me)


@pytest.fixture
def ahead() -> Ahead:
    return Ahead()


@asynccontextmanager
async def replica(
    servers: Servers, client: mongo.Client, vault: Vault, ahead: Ahead
) -> AsyncIterator[Replica]:
    """A replica of the referrals service that does nothing but look after what is due."""
    bus = await connect(servers.nats_url, Identity.load(servers.keys_dir, "referrals"), lambda: None)
    store = Clocked(client, ahead)
    means = Means(
        store=store,
        vault=vault,
        marks=None,  # type: ignore[arg-type] # nobody asks it anything
        directory=Directory(Caller(bus), "911"),
        relay=Relay(bus, store.referrals),
        groups=Relay(bus, store.groups),
        pathways=None,  # type: ignore[arg-type]
        audit=None,  # type: ignore[arg-type]
        now=Clock(store.now).now,
    )
    yield Replica(means, store)
    await bus.close()


@pytest.fixture
async def one(
    servers: Servers, mongo_client: mongo.Client, vault: Vault, ahead: Ahead, network: Network
) -> AsyncIterator[Replica]:
    assert network
    async with replica(servers, mongo_client, vault, ahead) as running:
        yield running


async def until(one: Replica, ahead: Ahead, by: timedelta, step: timedelta = timedelta(0)) -> None:
    """Let the database's clock go on to ``by`` ahead, and look until nothing is due any more."""
    while True:
        ahead.by = min(by, ahead.by + step) if step else by
        while await one.store.left():
            await one.look()
        if ahead.by == by:
            return


async def told_of(network: Network, referral: str) -> list[tuple[str, ReferralEvent]]:
    """All events of a referral in the stream, in order: their names and data."""
    found: list[tuple[str, ReferralEvent]] = []
    seq = 1
    while True:
        try:
            raw = await network.referrals.js.get_msg(
                "EVT", seq=seq, subject=f"evt.referrals.referral.{referral}.>", next=True
            )
        except NotFoundError:
            return found
        seq = (raw.seq or 0) + 1
        kind = EVENTS[(raw.headers or {})["ce-type"]]
        event = msgspec.json.decode(raw.data or b"", type=kind.data)
        assert isinstance(event, ReferralEvent)
        found.append((kind.name, event))


async def names_of(network: Network, case: Case, count: int) -> list[str]:
    """The names of a referral's events, once there are so many."""
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) >= count)
    assert [event.n for _, event in told] == list(range(1, len(told) + 1))
    return [name for name, _ in told]


async def test_an_urgent_referral_is_reminded_of_told_overdue_and_expires(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network)
    await until(one, ahead, 4 * DAY, step=HOUR)
    seen = await case.seen(case.sender)
    assert (seen.status, seen.version) == (ReferralStatus.EXPIRED, 2), "only expiring changes it"
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 6)
    assert [(name, getattr(event, "deadline", None)) for name, event in told] == [
        ("sent", None),
        ("reminded", Deadline.RECEIVE),
        ("overdue", Deadline.RECEIVE),
        ("reminded", Deadline.DECIDE),
        ("overdue", Deadline.DECIDE),
        ("expired", None),
    ]
    assert [event.told for _, event in told if isinstance(event, DeadlineEvent)] == [
        (Side.RECEIVER,),
        (Side.SENDER, Side.RECEIVER),
    ] * 2
    page = GetHistory(referral=case.id, page=Page(last=1))
    (entry,) = (await network.ask(HISTORY, page, case.sender)).items
    assert (entry.action, entry.deadline, entry.organization) == ("expire", Deadline.DECIDE, None)
    stored = await one.means.store.load(case.id)
    assert stored is not None
    assert "due_at" not in stored
    assert "deadline_at" not in stored


async def test_nothing_is_told_before_its_time(network: Network, one: Replica, ahead: Ahead) -> None:
    case = await ahead.case(network, priority=Priority.EMERGENCY)
    stored = await one.means.store.load(case.id)
    assert stored is not None
    true = await Store.now(one.means.store)
    for at, names in ((stored["clock"]["receive_half"], 1), (stored["clock"]["receive"], 2)):
        ahead.by = at - true - timedelta(seconds=20)
        await one.look()
        assert len(await told_of(network, case.id)) == names
        ahead.by = at - true + timedelta(seconds=1)
        await one.look()
        await names_of(network, case, names + 1)


async def test_coordinators_hear_of_what_is_overdue_and_of_nothing_before(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    async with coordinating(network):
        case = await ahead.case(network, priority=Priority.EMERGENCY)
        await until(one, ahead, 70 * MINUTE, step=5 * MINUTE)
        told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 4)
        assert [(name, len(getattr(event, "coordinators", ()))) for name, event in told] == [
            ("sent", 0),
            ("reminded", 0),
            ("overdue", 1),
            ("escalated", 1),
        ]


async def test_a_question_stops_the_receivers_clock_and_the_sender_is_reminded(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network)
    await case.take(Ask, question="¿Cuántas semanas?")
    await until(one, ahead, 13 * HOUR, step=HOUR)
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 3)
    name, event = told[-1]
    assert (name, getattr(event, "deadline", None)) == ("reminded", Deadline.REPLY)
    await case.take(Answer, case.sender, answer="Doce.")
    stored = await one.means.store.load(case.id)
    assert stored is not None
    # The whole day is left again, from the true now on: nothing of it had passed when it was asked.
    left = stored["deadline_at"] - stored["updated_at"]
    assert DAY - MINUTE < left <= DAY


async def test_what_is_done_in_time_is_told_of_no_more(network: Network, one: Replica, ahead: Ahead) -> None:
    case = await ahead.case(network, priority=Priority.EMERGENCY)
    await case.take(Receive)
    await case.take(Accept, arrive_by=datetime.now(UTC) + 5 * HOUR)
    await case.take(Start)
    await until(one, ahead, 80 * DAY)
    assert await names_of(network, case, 4) == ["sent", "received", "accepted", "started"]


async def test_who_never_says_whether_she_arrived_is_asked_and_nothing_ends(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network)
    await case.take(Accept, arrive_by=datetime.now(UTC) + 5 * HOUR)
    await until(one, ahead, 12 * HOUR, step=HOUR)
    assert await names_of(network, case, 5) == ["sent", "accepted", "reminded", "arrival_asked", "overdue"]
    assert (await case.seen(case.sender)).status == "accepted"


async def test_after_half_a_year_without_a_word_the_person_is_erased_and_the_outline_stays(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network)
    await case.take(Start)
    for by in (91 * DAY, 181 * DAY, 196 * DAY):
        await until(one, ahead, by)
    assert await names_of(network, case, 5) == ["sent", "started", "unchanged", "unchanged", "erased"]
    seen = await case.seen(case.sender)
    assert (seen.status, seen.person_access, seen.folio) == ("in_progress", "erased", case.folio)
    assert seen.person is None or (seen.person.name, seen.person.age_band) == (None, None)
    stored = await one.means.store.load(case.id)
    assert stored is not None
    assert "erase_since" not in stored
    assert [stored[name] for name in ("arrived_at", "arrive_by", "appointment")] == [None] * 3


async def test_where_nobody_has_an_account_the_sender_alone_hears(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network, service="telefono")
    await until(one, ahead, 5 * DAY, step=HOUR)
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 5)
    assert {event.told for _, event in told if isinstance(event, DeadlineEvent)} == {(Side.SENDER,)}
    assert (await case.seen(case.sender)).status == "sent"


async def test_the_services_hours_of_the_day_of_sending_are_its_calendar(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    hours = {
        "freq": "WEEKLY",
        "byday": "TU",
        "opens_at": "09:00",
        "closes_at": "17:00",
        "description": "Martes",
    }
    record = {
        "id": "martes",
        "organization_id": "clinica",
        "name": "martes",
        "status": "active",
        "schedules": [hours],
        "relevo": {"intake": "network", "timezone": "America/Tijuana"},
    }
    request = ImportRecords(source=cast.SOURCE, records=(ImportRecord(kind="service", record=record),))
    outcomes = (await network.operator.call(IMPORT_RECORDS, request, network.operator.me)).outcomes
    network.ids["martes"] = str(outcomes[0].id)
    case = await ahead.case(network, service="martes")
    stored = await one.means.store.load(case.id)
    assert stored is not None
    assert stored["terms"] == {
        "timezone": "America/Tijuana",
        "schedules": [{"freq": "WEEKLY", "byday": "TU", "opens_at": "09:00:00", "closes_at": "17:00:00"}],
    }


async def test_after_a_stop_of_hours_each_has_one_word_emergencies_first_and_nothing_expires(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    cases = [await ahead.case(network) for _ in range(6)]
    alarms = [await ahead.case(network, priority=Priority.EMERGENCY) for _ in range(3)]
    fired: list[str] = []
    beside = one.means.store.beside

    async def watched(referral: str, *more: Any) -> bool:
        fired.append(referral)
        return await beside(referral, *more)

    one.means.store.beside = watched  # type: ignore[method-assign,assignment]
    await until(one, ahead, 80 * HOUR)
    ours = {case.id for case in (*cases, *alarms)}
    order = [referral for referral in fired if referral in ours]
    assert len(order) == len(set(order)) == len(ours), "one word for each"
    assert set(order[: len(alarms)]) == {case.id for case in alarms}
    for case in cases:
        assert await names_of(network, case, 2) == ["sent", "overdue"]
        assert (await case.seen(case.sender)).status == "sent"
    await until(one, ahead, 80 * HOUR + KNOWN_OVERDUE_FOR + MINUTE)
    for case in cases:
        assert (await names_of(network, case, 3))[-1] == "expired"


async def test_who_acts_in_the_very_moment_is_not_written_over(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network)
    written: list[bool] = []
    beside = one.means.store.beside

    async def late(*given: Any) -> bool:
        if not written:
            await case.take(Receive)
        written.append(await beside(*given))
        return bool(written[-1])

    one.means.store.beside = late  # type: ignore[method-assign,assignment]
    ahead.by = 3 * HOUR
    await one.look()
    assert written == [False]
    stored = await one.means.store.load(case.id)
    assert stored is not None
    assert (stored["status"], stored["n"], stored["clock"]["receive"]) == ("received", 2, None)
    await until(one, ahead, 3 * HOUR)
    assert await names_of(network, case, 2) == ["sent", "received"], "nobody is reminded of what has come"


async def test_what_cannot_be_told_keeps_nothing_else_from_being_told(
    network: Network, one: Replica, ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "AT_ONCE", 2)

    async def away() -> tuple[str, ...]:
        raise UnreachableError("The directory did not answer.")

    monkeypatch.setattr(one.means.directory, "coordinators", away)
    alarms = [await ahead.case(network, priority=Priority.EMERGENCY) for _ in range(5)]
    later = await ahead.case(network)
    ahead.by = 3 * HOUR
    rounds = due.turns(one.means).rounds(0.01)
    await rounds.start()
    try:
        assert await names_of(network, later, 2) == ["sent", "reminded"]
    finally:
        await rounds.stop()
    assert [await names_of(network, case, 1) for case in alarms] == [["sent"]] * 5
    monkeypatch.undo()
    await until(one, ahead, 3 * HOUR)
    assert [await names_of(network, case, 2) for case in alarms] == [["sent", "overdue"]] * 5


class KilledError(Exception):
    """The replica died."""


def killing(means: Means, chance: random.Random) -> None:
    """Let the replica die at random: before it writes, or after, with its event not yet published."""
    store: Any = means.store
    for name in ("beside", "save"):
        write = getattr(store, name)

        async def dying(*given: Any, write: Any = write) -> bool:
            if chance.random() < 0.2:
                raise KilledError
            done: bool = await write(*given)
            if done and chance.random() < 0.4:
                raise KilledError
            return done

        setattr(store, name, dying)


async def test_three_replicas_that_are_killed_at_random_tell_each_once_and_none_early(
    servers: Servers, mongo_client: mongo.Client, vault: Vault, network: Network, ahead: Ahead
) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same deaths in every run
    priorities = itertools.cycle(Priority)
    cases = [await ahead.case(network, priority=next(priorities)) for _ in range(12)]
    async with (
        replica(servers, mongo_client, vault, ahead) as first,
        replica(servers, mongo_client, vault, ahead) as second,
        replica(servers, mongo_client, vault, ahead) as third,
    ):
        for running in (first, second, third):
            killing(running.means, chance)
        over = False

        async def live(running: Replica) -> None:
            while not over:
                looking = asyncio.create_task(running.look())
                if chance.random() < 0.3:
                    await asyncio.sleep(chance.random() / 50)
                    looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking
                await asyncio.sleep(0)

        lives = [asyncio.create_task(live(running)) for running in (first, second, third)]
        for hours in (0.3, 0.6, 1.1, 2.1, 5, 13, 25, 49, 73):
            ahead.by = hours * HOUR
            await eventually(first.store.left, lambda count: count == 0, within=30)
        over = True
        await asyncio.gather(*lives)
        # What the killed left in the outbox is swept up, as every few seconds; it was left in the future.
        while await first.means.relay.sweep(older_than=-100 * DAY):
            pass
    for case in cases:
        stored = await Store(mongo_client).load(case.id)
        assert stored is not None
        told = await told_of(network, case.id)
        assert [event.n for _, event in told] == list(range(1, stored["n"] + 1)), "none lost, none twice"
        said = Counter((name, getattr(event, "deadline", None)) for name, event in told)
        assert all(times == 1 for (name, _), times in said.items() if name != "escalated"), said
        assert none_early(told)
        assert TOLD_OF_WHOM_NOBODY_ANSWERS[told[0][1].priority] <= set(said)


# What is told in three days in which nobody does anything, whatever falls due at the same look.
R, D = Deadline.RECEIVE, Deadline.DECIDE
TOLD_OF_WHOM_NOBODY_ANSWERS: dict[Priority, set[tuple[str, Deadline | None]]] = {
    Priority.EMERGENCY: {("reminded", R), ("overdue", R), ("overdue", D), ("escalated", D)},
    Priority.URGENT: {("reminded", R), ("overdue", R), ("reminded", D), ("overdue", D), ("expired", None)},
    # By working days: on a Friday little of it comes in three days.
    Priority.ROUTINE: {("sent", None)},
}

# After issue, by priority: when each is due at the earliest.
EARLIEST: dict[Priority, dict[tuple[str, Deadline | None], timedelta]] = {
    Priority.EMERGENCY: {
        ("reminded", Deadline.RECEIVE): 15 * MINUTE,
        ("overdue", Deadline.RECEIVE): 30 * MINUTE,
        ("escalated", Deadline.RECEIVE): 60 * MINUTE,
        ("reminded", Deadline.DECIDE): HOUR,
        ("overdue", Deadline.DECIDE): 2 * HOUR,
        ("escalated", Deadline.DECIDE): 150 * MINUTE,
    },
    Priority.URGENT: {
        ("reminded", Deadline.RECEIVE): 2 * HOUR,
        ("overdue", Deadline.RECEIVE): 4 * HOUR,
        ("reminded", Deadline.DECIDE): 12 * HOUR,
        ("overdue", Deadline.DECIDE): DAY,
        ("expired", None): 3 * DAY,
    },
    Priority.ROUTINE: {
        ("reminded", Deadline.RECEIVE): DAY,
        ("overdue", Deadline.RECEIVE): 2 * DAY,
        ("reminded", Deadline.DECIDE): 2 * DAY,
        ("overdue", Deadline.DECIDE): 4 * DAY,
    },
}


def none_early(told: list[tuple[str, ReferralEvent]]) -> bool:
    """Whether each came after the time that the domain gives, and none before."""
    (_, sent), *rest = told
    return all(
        event.at - sent.at >= EARLIEST[event.priority][name, getattr(event, "deadline", None)]
        for name, event in rest
    )


async def test_whoever_has_to_confirm_an_erasure_is_asked_until_it_does(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    async with coordinating(network):
        case = await ahead.case(network)
        await case.take(WithdrawConsent, case.sender)
        await until(one, ahead, 23 * HOUR)
        await names_of(network, case, 3)
        await until(one, ahead, 11 * DAY, step=6 * HOUR)
        told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 6)
        assert [
            (name, event.deadline, event.told, len(event.coordinators))
            for name, event in told
            if isinstance(event, DeadlineEvent)
        ] == [
            ("reminded", Deadline.CONFIRM_ERASURE, (Side.RECEIVER,), 0),
            ("overdue", Deadline.CONFIRM_ERASURE, (Side.SENDER, Side.RECEIVER), 1),
            ("escalated", Deadline.CONFIRM_ERASURE, (Side.SENDER, Side.RECEIVER), 1),
        ]
        await case.take(ConfirmErasure)
        await until(one, ahead, 60 * DAY)
        await names_of(network, case, 7)
        stored = await one.means.store.load(case.id)
        assert stored is not None
        assert (stored["duties"], "due_at" in stored) == ({}, False)


async def test_an_erasure_to_be_confirmed_by_telephone_and_a_long_stop_is_one_word_to_the_sender(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    case = await ahead.case(network, service="telefono")
    await case.take(WithdrawConsent, case.sender)
    await until(one, ahead, 5 * DAY)
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 4)
    name, event = told[-1]
    assert isinstance(event, DeadlineEvent)
    assert (name, event.told) == ("overdue", (Side.SENDER,))


async def test_a_basis_that_nobody_reviews_is_told_to_the_sender_and_to_coordinators(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    """The shelter has no second member here, so that they hear of it while there is time."""
    async with coordinating(network):
        consent = cast.consent(datetime.now(UTC), basis=Basis.LEGAL_OBLIGATION, reason="orden de un juzgado")
        case = await ahead.case(network, consent=consent, service="telefono")
        await case.take(Cancel, case.sender, reason="need_met")
        await until(one, ahead, 50 * HOUR, step=2 * HOUR)
        told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 5)
        assert [
            (name, event.deadline, event.told, len(event.coordinators))
            for name, event in told
            if isinstance(event, DeadlineEvent)
        ] == [
            ("escalated", Deadline.REVIEW_BASIS, (Side.SENDER,), 1),
            ("overdue", Deadline.REVIEW_BASIS, (Side.SENDER,), 1),
            ("escalated", Deadline.REVIEW_BASIS, (Side.SENDER,), 1),
        ]
        keeper = cast.coordinator()
        await case.take(ReviewBasis, keeper, confirm=True)
        await until(one, ahead, 30 * DAY)
        await names_of(network, case, 6)
