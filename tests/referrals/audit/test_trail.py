"""Chains on the real database: replicas append to one without a gap, and what is done to it is found."""

import asyncio
import itertools
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from chassis.chained import GENESIS, HASH, Head, sealed
from chassis.problems import UnreachableError
from cli import auditing
from cli.auditing import heads_in
from contracts.audit import NETWORK, AuditKind
from contracts.rpc import Actor
from services.referrals.audit.entry import Note, noted
from services.referrals.audit.heads import Heads
from services.referrals.audit.noting import committed, entering
from services.referrals.audit.store import AuditStore, place_of
from services.referrals.audit.trail import Trail
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.audit.chains import verified
from tests.referrals.conftest import Network
from tests.servers import eventually

_names = (f"chain{number}" for number in itertools.count())
DEEDS_TRIED = 1000 if os.environ.get("RELEVO_TEST_FULL") else 60
LENGTH = 12


@pytest.fixture
async def audits(store: Store) -> AuditStore:
    """The collections of the audit."""
    return AuditStore(store.db)


def trail(audits: AuditStore) -> Trail:
    """A replica's own."""
    return Trail(audits, lambda: datetime.now(UTC))


def read(chain: str, folio: str = "REL-000000-00", source: str | None = None) -> Note:
    """The note of a read."""
    actor = cast.caseworker(chain, id="m1")
    return noted(AuditKind.READ, "read", actor, (folio,), tiers=("T3",), source=source)


async def test_replicas_that_append_at_once_make_one_chain_of_all(
    audits: AuditStore, network: Network
) -> None:
    chain, replicas = next(_names), [trail(audits) for _ in range(3)]

    async def reader(number: int) -> None:
        for turn in range(5):
            await replicas[number % 3].enter(read(chain, f"REL-{number:03d}{turn:03d}-00"))

    await asyncio.gather(*(reader(number) for number in range(16)))
    found = await verified(network, chain)
    assert (found.entries, found.fault) == (80, None)
    rows = await audits.range(chain, 0, 100)
    assert len({row["about"][0] for _, row in rows}) == 80
    assert [row["at"] for _, row in rows] == sorted(row["at"] for _, row in rows)


async def test_those_who_wait_are_written_together(
    audits: AuditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, one, sizes = next(_names), trail(audits), list[int]()
    append = AuditStore.append

    async def counted(self: AuditStore, entries: Any) -> int:
        sizes.append(len(entries))
        return await append(self, entries)

    monkeypatch.setattr(AuditStore, "append", counted)
    await asyncio.gather(*(one.enter(read(chain)) for _ in range(16)))
    assert sizes[0] >= 1
    assert sum(sizes) == 16
    assert len(sizes) <= 3


async def test_the_same_thing_is_entered_once_by_whomever(audits: AuditStore) -> None:
    chain, replicas = next(_names), [trail(audits) for _ in range(3)]
    notes = [read(chain, source=f"thing:{number}") for number in range(4)] * 3
    await asyncio.gather(*(one.enter(note) for one in replicas for note in notes))
    rows = await audits.range(chain, 0, 100)
    assert sorted(row["source"] for _, row in rows) == [f"thing:{number}" for number in range(4)]


async def test_a_new_replica_goes_on_where_the_others_stopped(audits: AuditStore, network: Network) -> None:
    chain = next(_names)
    for _ in range(3):
        replica = trail(audits)
        heads = Heads(audits, replica, None)
        for _ in range(4):
            await replica.enter(read(chain))
        await heads.look()
    assert (await verified(network, chain)).entries == 12


async def test_after_a_failure_nobody_waits_and_the_chain_is_whole(
    audits: AuditStore, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, one = next(_names), trail(audits)
    await one.enter(read(chain))
    append = AuditStore.append

    async def lost(self: AuditStore, entries: Any) -> int:
        await append(self, entries)
        raise AutoReconnect  # written, and nobody heard of it

    with monkeypatch.context() as patched:
        patched.setattr(AuditStore, "append", lost)
        failed = await asyncio.gather(*(one.enter(read(chain)) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(error, UnreachableError) for error in failed)
    await one.enter(read(chain))
    found = await verified(network, chain)
    assert (found.entries, found.fault) == (7, None)


async def test_what_is_done_for_no_organization_and_what_concerns_another_have_their_chains(
    audits: AuditStore,
) -> None:
    one, theirs = trail(audits), next(_names)
    operator = Actor(kind="operator", id="operator")
    (before, _), (other, _) = await audits.head(NETWORK), await audits.head(theirs)
    await one.enter(noted(AuditKind.EXPORT, "directory", operator))
    await one.enter(noted(AuditKind.PERMISSION, "client_created", operator, ("c1",), chains=(theirs,)))
    await one.enter(noted(AuditKind.OVERRIDE, "seen", cast.coordinator("red2"), ("F",), chains=(theirs,)))
    assert (await audits.head(NETWORK))[0].number == before.number + 1
    assert (await audits.head(theirs))[0].number == other.number + 2
    assert (await audits.head("red2"))[0].number == 1


async def test_what_was_committed_with_a_change_is_entered_once(store: Store, audits: AuditStore) -> None:
    chain = next(_names)
    actor = cast.member(chain, "manager", id="m2")
    command = committed(("r9", 3), AuditKind.ERASURE, "voided", actor, ("REL-9",), chains=("other",))
    for _ in range(2):
        await store.db[command["collection"]].replace_one(
            {"_id": command["document"]["_id"]}, command["document"], upsert=True
        )
        rounds = entering(audits, trail(audits))
        await rounds.start()
        await eventually(audits.waiting, lambda waiting: not waiting)
        await rounds.stop()
    rows = await audits.range(chain, 0, 10)
    assert [(row["kind"], row["action"], row["about"], row["source"]) for _, row in rows] == [
        ("erasure", "voided", ["REL-9"], f"{command['document']['_id']}")
    ]


async def test_heads_go_to_a_file_that_only_its_owner_reads(audits: AuditStore, tmp_path: Any) -> None:
    chain, one, file = next(_names), trail(audits), tmp_path / "heads.jsonl"
    heads = Heads(audits, one, file)
    for _ in range(2):
        await one.enter(read(chain))
        await heads.look()
    await heads.look()
    assert file.stat().st_mode & 0o777 == 0o600
    rows = await audits.range(chain, 0, 10)
    assert heads_in(file)[chain] == [Head(place, row[HASH]) for place, row in rows]


async def filled(audits: AuditStore, chain: str) -> list[dict[str, Any]]:
    """A chain with its documents as they are stored, and its last head exported."""
    one = trail(audits)
    for number in range(LENGTH):
        await one.enter(read(chain, f"REL-{number:06d}-00"))
    await Heads(audits, one, None).look()
    return [{"_id": place_of(chain, place), **row} for place, row in await audits.range(chain, 0, LENGTH)]


def edit(rows: list[dict[str, Any]], chance: random.Random) -> tuple[int, str]:
    at = chance.randrange(len(rows))
    rows[at][chance.choice(["at", "kind", "about", "actor", "previous", HASH, "new"])] = "another"
    return at + 1, "edited"


def remove(rows: list[dict[str, Any]], chance: random.Random) -> tuple[int, str]:
    at = chance.randrange(len(rows) - 1)
    del rows[at : at + chance.randrange(1, len(rows) - at)]
    return at + 1, "removed"


def swap(rows: list[dict[str, Any]], chance: random.Random) -> tuple[int, str]:
    one, other = sorted(chance.sample(range(len(rows)), 2))
    rows[one]["_id"], rows[other]["_id"] = rows[other]["_id"], rows[one]["_id"]
    return one + 1, "swapped"


def truncate(rows: list[dict[str, Any]], chance: random.Random) -> tuple[int, str]:
    length = chance.randrange(len(rows))
    del rows[length:]
    return length + 1, "truncated"


def write_anew(rows: list[dict[str, Any]], chance: random.Random) -> tuple[int, str]:
    previous = GENESIS
    for at, row in enumerate(rows):
        said = {name: value for name, value in row.items() if name not in {"_id", HASH}}
        rows[at] = {"_id": row["_id"], **sealed({**said, "about": [], "previous": previous})}
        previous = rows[at][HASH]
    return 1, "edited"


@pytest.mark.parametrize("deed", [edit, remove, swap, truncate, write_anew], ids=lambda one: one.__name__)
async def test_what_is_done_to_the_stored_entries_is_found_while_the_network_runs(
    store: Store,
    audits: AuditStore,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    deed: Callable[..., tuple[int, str]],
) -> None:
    # So that a chain is several pages, of which some are asked for ahead.
    monkeypatch.setattr(auditing, "MOST_AT_ONCE", 5)
    chain = next(_names)
    whole = await filled(audits, chain)
    head = [Head(LENGTH, whole[-1][HASH])]
    assert (await verified(network, chain, head)).entries == LENGTH
    for seed in range(DEEDS_TRIED // 5):
        rows = [dict(row) for row in whole]
        first, kind = deed(rows, random.Random(seed))  # noqa: S311 - tries, not secrets
        await store.db["audit"].delete_many({"chain": chain})
        if rows:
            await store.db["audit"].insert_many(rows)
        found = await verified(network, chain, head)
        assert found.fault is not None, seed
        assert (found.fault.number, found.fault.kind) == (first, kind), seed
        # Those that say another chain by now, or none.
        await store.db["audit"].delete_many({"_id": {"$in": [row["_id"] for row in whole]}})
        await store.db["audit"].insert_many(whole)
    assert (await verified(network, chain, head)).fault is None
