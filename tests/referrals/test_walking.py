"""A walk through a box, in either order and direction, while its rows come, move, end and go.

Whatever stayed where it was and fits the conditions is met exactly once; nothing is met twice at one place.
"""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from contracts.changes import CANCEL, RECEIVE, WAITLIST, Cancel, Receive, Waitlist
from contracts.codes import Box, ReferralStatus, State
from contracts.lists import LIST, ListReferrals, ReferralOrder
from contracts.reasons import CancelReason
from contracts.referrals import ISSUE
from contracts.rpc import Page
from services.referrals.boxes.conditions import listing
from services.referrals.boxes.listing import asked
from services.referrals.issuing import place_of
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.conftest import Network

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
NOW = datetime(2026, 5, 4, tzinfo=UTC)
MILLISECOND, DAY = timedelta(milliseconds=1), timedelta(days=1)
S = ReferralStatus
# What nothing here needs that goes on.
MOST_PAGES = 500
PAIRS = 60 if FULL else 16
OPEN = (S.SENT, S.RECEIVED, S.ACCEPTED)
_boxes = (f"walk-{number}" for number in itertools.count())
_keys = (f"walk-{number}" for number in itertools.count())

# Crowds within a few milliseconds, and gaps of months.
OFFSETS = st.one_of(st.integers(0, 2), st.integers(0, 10_000), st.integers(0, 10**10))
DEADLINES = st.one_of(st.none(), OFFSETS)
STEPS = st.one_of(
    st.tuples(st.just("come"), OFFSETS, DEADLINES),
    st.tuples(st.just("move"), st.integers(0, 30), OFFSETS),
    st.tuples(st.just("change"), st.integers(0, 30), st.sampled_from(OPEN)),
    st.tuples(st.just("end"), st.integers(0, 30)),
    st.tuples(st.just("go"), st.integers(0, 30)),
)


@dataclass(frozen=True)
class Way:
    """How a box is walked through: in which order, by how many, from its begin or its end."""

    order: ReferralOrder
    count: int
    onwards: bool
    only_open: bool


@dataclass
class Churn:
    """A box that changes; ``touched`` is every row of it whose place or fitness may have changed."""

    store: Store
    box: str
    ids: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    async def fill(self, rows: Iterable[tuple[int, int | None]]) -> None:
        """Begin with rows of those ages and deadlines, in milliseconds."""
        await self.store.referrals.insert_many([self._row(age, deadline) for age, deadline in rows])

    async def come(self, age: int, deadline: int | None) -> None:
        row = self._row(age, deadline)
        self.touched.add(row["_id"])
        await self.store.referrals.insert_one(row)

    def _row(self, age: int, deadline: int | None) -> dict[str, Any]:
        ident = f"{self.box}.{len(self.ids):05d}"
        self.ids.append(ident)
        due = {} if deadline is None else {"deadline_at": NOW + deadline * MILLISECOND}
        place = place_of(NOW - age * MILLISECOND, ident)
        return {"_id": ident, "sender": self.box, "status": "sent", "n": 1, "place": place, **due}

    async def move(self, which: int, deadline: int) -> None:
        await self._set(which, {"$set": {"deadline_at": NOW + deadline * MILLISECOND}})

    async def change(self, which: int, status: str) -> None:
        """What changes otherwise, and fits as before, stays."""
        ident = self.ids[which % len(self.ids)]
        stays = {"_id": ident, "status": {"$in": list(OPEN)}}
        await self.store.referrals.update_one(stays, {"$set": {"status": str(status)}})

    async def end(self, which: int) -> None:
        await self._set(which, {"$set": {"status": "completed"}, "$unset": {"deadline_at": ""}})

    async def go(self, which: int) -> None:
        ident = self.ids[which % len(self.ids)]
        self.touched.add(ident)
        await self.store.referrals.delete_one({"_id": ident})

    async def _set(self, which: int, update: dict[str, Any]) -> None:
        ident = self.ids[which % len(self.ids)]
        self.touched.add(ident)
        await self.store.referrals.update_one({"_id": ident}, update)

    async def take(self, step: tuple[Any, ...]) -> None:
        name, *values = step
        if self.ids or name == "come":
            await getattr(self, name)(*values)

    async def walk(self, way: Way) -> AsyncIterator[list[tuple[tuple[str, ...], str]]]:
        """Yield page after page, each as (position, id) in the order of the list, until no more come."""
        actor = cast.caseworker(self.box)
        bound: dict[str, Any] = {}
        for _ in range(MOST_PAGES):
            page = Page(**{"first" if way.onwards else "last": way.count, **bound})
            statuses = OPEN if way.only_open else ()
            request = ListReferrals(box=Box.OUTBOX, page=page, order=way.order, statuses=statuses)
            of_it = listing(request, actor, self.box, (), NOW)
            rows = await self.store.page(of_it, asked(page, of_it), sealed=False, now=NOW)
            shown = [
                (of_it.position(cursor), doc["_id"])
                for cursor, doc in zip(rows.cursors, rows.documents, strict=True)
            ]
            yield shown
            if not (rows.has_next if way.onwards else rows.has_previous) or not shown:
                return
            bound = {"after": shown[-1][0]} if way.onwards else {"before": shown[0][0]}
        raise AssertionError("the walk comes to no end")


def check(walked: list[tuple[tuple[str, ...], str]], order: ReferralOrder, stayed: set[str]) -> None:
    """``walked`` is in the order of the list, whichever way it was walked."""
    places = [_sorts(order, position) for position, _ in walked]
    assert all(one < other for one, other in itertools.pairwise(places)), "a place came twice, or too late"
    met = Counter(ident for _, ident in walked)
    assert {ident: met[ident] for ident in stayed} == dict.fromkeys(stayed, 1)


def _sorts(order: ReferralOrder, position: tuple[str, ...]) -> tuple[Any, ...]:
    """What sorts as the list: newest first counts down."""
    if order is ReferralOrder.DEADLINE and position[0] == "due":
        return (0, int(position[1]), position[2])
    milliseconds, ident = position[-2:]
    return (1, -int(milliseconds), tuple(-ord(letter) for letter in ident))


@settings(
    max_examples=300 if FULL else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(st.tuples(OFFSETS, DEADLINES), min_size=6, max_size=25),
    between=st.lists(st.lists(STEPS, max_size=5), max_size=12),
    way=st.builds(
        Way, st.sampled_from(ReferralOrder), st.integers(2, 7), onwards=st.booleans(), only_open=st.booleans()
    ),
)
async def test_a_walk_meets_what_stays_once_whatever_happens_between_its_pages(
    store: Store, rows: list[tuple[int, int | None]], between: list[list[tuple[Any, ...]]], way: Way
) -> None:
    churn, steps = Churn(store, next(_boxes)), iter(between)
    await churn.fill(rows)
    walked: list[tuple[tuple[str, ...], str]] = []
    async for shown in churn.walk(way):
        walked = [*walked, *shown] if way.onwards else [*shown, *walked]
        for step in next(steps, []):
            await churn.take(step)
    stayed = set(churn.ids) - churn.touched
    event(f"{min(len(stayed), 10)} stayed, {min(len(walked) // way.count, 5)} pages")
    check(walked, way.order, stayed)


async def test_a_walk_meets_what_stays_once_while_others_write_at_the_same_time(store: Store) -> None:
    """Also between the windows of one page: the writes do not wait for the walk."""
    churn = Churn(store, next(_boxes))
    await churn.fill(
        # Half of them in crowds of the same millisecond, which pages end within.
        (number * 3_700_001 % 10**9, (None, number * 7_900_013 % 10**9, 5, 5)[number // 2 % 4])
        for number in range(2 * PAIRS)
    )
    kept = set(churn.ids[::2])

    async def write() -> None:
        for number in itertools.count():
            odd = 2 * (number % PAIRS) + 1
            steps: tuple[tuple[Any, ...], ...] = (
                ("come", number * 911 % 10**9, number * 977 % 10**9),
                ("move", odd, number * 523_987 % 10**9),
                ("change", 2 * (number % PAIRS), OPEN[number % 3]),
                ("end", odd),
                ("go", odd),
            )
            await churn.take(steps[number % len(steps)])

    writing = asyncio.create_task(write())
    try:
        for order, onwards in itertools.product(ReferralOrder, (True, False)):
            walked: list[tuple[tuple[str, ...], str]] = []
            async for shown in churn.walk(Way(order, 5, onwards, only_open=onwards)):
                walked = [*walked, *shown] if onwards else [*shown, *walked]
            check(walked, order, kept)
            assert not writing.done()
    finally:
        writing.cancel()
        await asyncio.wait([writing])
    assert churn.touched
    assert kept.isdisjoint(churn.touched)


class Office:
    """The service with those who refer and answer, in a state that is this test's own."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._sender, self._clinic = network.caseworker("tercera"), network.caseworker("clinica")

    async def issue(self) -> str:
        service = self._network.ids["lista"]
        request = cast.request(service, datetime.now(UTC), idempotency_key=next(_keys), state=State.MOR)
        return (await self._network.ask(ISSUE, request, self._sender)).referral.id

    async def work(self, referrals: Iterable[str]) -> None:
        """Take each through changes of its deadline to its end, and issue another."""
        ask, later = self._network.ask, datetime.now(UTC) + 3 * DAY
        for one in referrals:
            await ask(RECEIVE, Receive(referral=one, idempotency_key=next(_keys)), self._clinic)
            wait = Waitlist(referral=one, idempotency_key=next(_keys), review_at=later)
            await ask(WAITLIST, wait, self._clinic)
            end = Cancel(referral=one, idempotency_key=next(_keys), reason=CancelReason.NEED_MET)
            await ask(CANCEL, end, self._sender)
            await self.issue()

    async def walked(self, order: ReferralOrder, end: str) -> Counter[str]:
        """How often each referral comes in the pages of the inbox."""
        met: Counter[str] = Counter()
        bound: dict[str, Any] = {end: 2}
        while True:
            request = ListReferrals(box=Box.INBOX, page=Page(**bound), order=order, states=(State.MOR,))
            page = await self._network.ask(LIST, request, self._clinic)
            met.update(item.id for item in page.items)
            if not (page.has_next if end == "first" else page.has_previous):
                return met
            bound |= {"after": page.positions[-1]} if end == "first" else {"before": page.positions[0]}


async def test_a_walk_through_the_service_meets_what_stays_while_referrals_go_their_way(
    network: Network,
) -> None:
    office = Office(network)
    kept = set(await asyncio.gather(*(office.issue() for _ in range(6))))
    others = await asyncio.gather(*(office.issue() for _ in range(6)))
    working = asyncio.create_task(office.work(others))
    for order, end in itertools.product(ReferralOrder, ("first", "last")):
        met = await office.walked(order, end)
        assert {one: met[one] for one in kept} == dict.fromkeys(kept, 1)
    await working
