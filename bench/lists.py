"""Lists that people work from, while the database grows: pages of a box of 200, its counts, and what is due.

The referrals are copies of one that went through the API, with its bytes, put into the database in bulk: all
open, with the shares of 2022, each box's rows spread over the whole of it. What is measured is asked through
the gateway, always of one box; and of the store, of another box each time, which is in nobody's cache.
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.http import Connection
from bench.measure import Action, Times, one_by_one
from bench.network import Network, running
from bench.runs import a_stored_referral
from chassis import mongo
from contracts.codes import Box, Need, NeedGroup, Priority, ReferralStatus
from contracts.lists import ListReferrals, ReferralOrder
from contracts.rpc import Actor, Page
from services.referrals import folio as folios
from services.referrals.boxes.conditions import counted, listing
from services.referrals.boxes.listing import asked
from services.referrals.issuing import place_of
from services.referrals.store import Store

BOX = 200
PAGE = 20
DUE = 100
# What the database takes in at once well within the driver's patience, on a busy machine too.
BATCH = 200
DAY = timedelta(days=1)
S = ReferralStatus
GATEWAY, PAGES, NEXT, NEWEST, COUNTS, DUE_ONES = (
    "page by deadline, through the gateway",
    "page by deadline",
    "next page by deadline",
    "page by time",
    "counts of a box",
    f"{DUE} due ones of all",
)
# The categories of 2022, with a need of each; a sensitive one is stored as its group only.
SHARES: tuple[tuple[int, NeedGroup, Need | None], ...] = (
    (65, NeedGroup.LEGAL, Need.MIGRATION_REGULARIZATION),
    (22, NeedGroup.PROTECTION, None),
    (5, NeedGroup.PROTECTION, None),
    (4, NeedGroup.PROTECTION, None),
    (3, NeedGroup.HEALTH, Need.PRENATAL_CARE),
    (1, NeedGroup.PROTECTION, None),
)
STATUSES = (S.SENT, S.RECEIVED, S.INFO_REQUESTED, S.WAITLISTED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD)
FILTER: dict[str, Any] = {
    "statuses": (S.SENT, S.RECEIVED, S.WAITLISTED, S.ACCEPTED),
    "need_groups": (NeedGroup.LEGAL, NeedGroup.PROTECTION),
    "priorities": (Priority.ROUTINE, Priority.URGENT),
}
LIST = (
    "{ referrals(box: INBOX, first: 20, orderBy: DEADLINE, filter: { statuses: [SENT, RECEIVED, WAITLISTED,"
    " ACCEPTED], needGroups: [LEGAL, PROTECTION], priorities: [ROUTINE, URGENT] }) { nodes { id folio status "
    "priority needGroup createdAt deadlines { awaited dueAt } } pageInfo { hasNextPage endCursor } } }"
)


async def run_lists(folder: Path, sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """Measure at each size; return it as data, times in milliseconds."""
    async with running(folder / "data") as network:
        async with Connection(network.url) as connection:
            await connection.send(network.issue(connection))
        client = mongo.connect(network.stack.urls["mongo"])
        store = Store(client)
        grown = Grown(store, await a_stored_referral(network))
        # The template itself is due some day, and none of those that are made so.
        await store.referrals.update_many({}, {"$unset": {"due_at": ""}})
        found: dict[str, Any] = {}
        for size in sizes:
            began = time.perf_counter()
            await grown.to(size)
            seconds = time.perf_counter() - began
            found[str(size)] = {
                "seconds_to_insert": seconds,
                "megabytes_on_disk": _megabytes(network.stack.data / "db"),
                **await _measured(network, grown, rounds),
            }
            _say(size, found[str(size)])
        client.close()
    return found


class Grown:
    """The referrals service's database, filled in steps; the first box is the template's own receiver's."""

    def __init__(self, store: Store, template: dict[str, Any]) -> None:
        self.store = store
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._template = template
        self._random = random.Random(2022)  # noqa: S311 - the same each time
        self.size = 0
        self.step = 0

    @property
    def boxes(self) -> int:
        """How many boxes of 200 there are."""
        return self.size // BOX

    @property
    def due(self) -> datetime:
        """When just those that the last step made due are."""
        return self.now + (60 - self.step) * DAY

    async def to(self, size: int) -> None:
        """Fill it up to that many referrals."""
        self.step += 1
        batch: list[dict[str, Any]] = []
        for row in self._rows(size):
            batch.append(row)
            if len(batch) == BATCH:
                await self.store.referrals.insert_many(batch, ordered=False)
                batch = []
        self.size = size

    def receiver(self, box: int) -> str:
        """Whose inbox a box is."""
        return str(self._template["receiver"]) if box == 0 else f"org_bench{box}"

    def some_box(self) -> str:
        """Somebody else's box each time."""
        return self.receiver(self._random.randrange(self.boxes))

    def _rows(self, size: int) -> Iterator[dict[str, Any]]:
        begin, boxes = self.boxes, size // BOX
        new = size - self.size
        for number in range(new):
            row = self._row(self.receiver(begin + number % (boxes - begin)))
            if number % (new // DUE) == 0:
                row["due_at"] = self.due - timedelta(minutes=number % 600 + 1)
            yield row

    def _row(self, receiver: str) -> dict[str, Any]:
        some = self._random
        (_, group, need) = some.choices(SHARES, [share for share, _, _ in SHARES])[0]
        created = self.now - timedelta(milliseconds=some.randrange(90 * 86_400_000))
        ident = f"{some.getrandbits(160):040x}"
        status = some.choice(STATUSES)
        row = {
            **self._template,
            "_id": ident,
            "folio": folios.make(),
            "receiver": receiver,
            "sender": f"org_bench{some.randrange(1_000_000)}",
            "place": place_of(created, ident),
            "created_at": created,
            "updated_at": created,
            "status": status.value,
            "need_group": group.value,
            "need": need and need.value,
            "priority": some.choice([Priority.ROUTINE, Priority.ROUTINE, Priority.URGENT]).value,
            # Nothing comes due while it is measured: the services look at all of it.
            "due_at": self.now + timedelta(seconds=some.randrange(90 * 86_400, 120 * 86_400)),
            "deadline_at": self.now + timedelta(seconds=some.randrange(86_400, 14 * 86_400)),
        }
        row.pop("pending_since", None)
        if status is S.IN_PROGRESS:
            del row["deadline_at"]
        return row | {"pending": []}


async def _measured(network: Network, grown: Grown, rounds: int) -> dict[str, Any]:
    store = grown.store

    async def counts() -> None:
        box = grown.some_box()
        reply = await store.boxes.counts(counted(_request(), _caseworker(box), box, (), grown.now))
        if not 0 < sum(reply.values()) <= BOX:
            raise RuntimeError("the counts are not of a box")

    async def due() -> None:
        if len((await store.due.page(grown.due, None, 2 * DUE)).found) != DUE:
            raise RuntimeError("other referrals are due than those that were made so")

    actions: dict[str, Action] = {
        PAGES: lambda: _page(grown, ReferralOrder.DEADLINE),
        NEWEST: lambda: _page(grown, ReferralOrder.NEWEST),
        COUNTS: counts,
        DUE_ONES: due,
    }
    found = {GATEWAY: await _through_the_gateway(network, rounds)}
    for name, action in actions.items():
        times = await one_by_one(action, rounds)
        found[name] = {"median": times.median, "p99": times.p99}
    found[NEXT] = await _second_pages(grown, rounds)
    return found


async def _through_the_gateway(network: Network, rounds: int) -> dict[str, float]:
    # The tokens of before are out of date by now, and their connections closed.
    async with Connection(network.url) as connection:
        await network.receiver.renew()
        request = network.asked_by_receiver(connection, LIST)
        answer = await connection.send(request)
        if answer.count(b'"folio"') != PAGE:
            raise RuntimeError(answer[:500])
        times = await one_by_one(lambda: connection.send(request), rounds)
    return {"median": times.median, "p99": times.p99}


async def _page(grown: Grown, order: ReferralOrder) -> None:
    await _page_of(grown, grown.some_box(), order, Page(first=PAGE))


async def _second_pages(grown: Grown, rounds: int) -> dict[str, float]:
    """The page after the first, which was asked for before: as somebody walks through a box."""
    seconds = []
    for _ in range(rounds):
        box = grown.some_box()
        last = await _page_of(grown, box, ReferralOrder.DEADLINE, Page(first=PAGE))
        began = time.perf_counter()
        await _page_of(grown, box, ReferralOrder.DEADLINE, Page(first=PAGE, after=last))
        seconds.append(time.perf_counter() - began)
    times = Times.of(seconds)
    return {"median": times.median, "p99": times.p99}


async def _page_of(grown: Grown, box: str, order: ReferralOrder, page: Page) -> tuple[str, ...]:
    """Read a page of a box; return the position of its last row."""
    chosen = listing(_request(order=order, page=page), _caseworker(box), box, (), grown.now)
    rows = await grown.store.page(chosen, asked(page, chosen), sealed=False, now=grown.now)
    if len(rows.documents) != PAGE:
        raise RuntimeError("the page is not twenty long")
    return chosen.position(rows.cursors[-1])


def _request(**more: Any) -> ListReferrals:
    return ListReferrals(**{"box": Box.INBOX, "page": Page(first=PAGE), **FILTER, **more})


def _caseworker(organization: str) -> Actor:
    return Actor(kind="member", id="bench", organization=organization, roles=("caseworker",), verified=True)


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _say(size: int, measured: dict[str, Any]) -> None:
    facts = f"{measured['seconds_to_insert']:.0f} s to insert, {measured['megabytes_on_disk']:.0f} MB on disk"
    Console(highlight=False).print(f"lists: {size:,} referrals: {facts}")


def show_lists(result: dict[str, Any]) -> None:
    """Print lists as a table."""
    table = Table("what", *(f"{int(size):,}" for size in result), title="lists: median (p99) ms")
    for name in (GATEWAY, PAGES, NEXT, NEWEST, COUNTS, DUE_ONES):
        cells = (f"{one[name]['median']:.1f} ({one[name]['p99']:.1f})" for one in result.values())
        table.add_row(name, *cells)
    Console(highlight=False).print(table)
