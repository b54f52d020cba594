"""The directory as the process that it is, with a whole real directory in it."""

import asyncio
import os
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.rpc import Caller
from cli.embedded.ports import choose
from cli.hsds import reader
from contracts.codes import State
from contracts.directory import (
    GET_SERVICES,
    IMPORT_RECORDS,
    LIST_ORGANIZATIONS,
    ImportRecord,
    ImportRecords,
    ListOrganizations,
)
from contracts.rpc import Ids, Page
from contracts.search import SEARCH_SERVICES, SearchServices, ServiceOrder
from services.directory.store import Store
from tests.servers import Servers, eventually

MIAMI = Path(__file__).parents[3] / "shared" / "data" / "hsds-1.1-miami" / "datapackage.zip"
PROGRAM = "from services.directory.main import main; main()"
FULL = "RELEVO_TEST_FULL" in os.environ
# Of its organizations, with all their services; the whole of it is taken in test_imported_service.py.
ORGANIZATIONS = 100
LIST_SECONDS = 0.05
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    """The process, what it runs on, and an operator who asks it."""

    servers: Servers
    process: asyncio.subprocess.Process
    url: str
    caller: Caller


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    port = choose({"http": 0})["http"]
    with Servers(tmp_path_factory.mktemp("process")) as servers:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM,
            env={
                **os.environ,
                "RELEVO_MONGO_URL": servers.mongo_url,
                "RELEVO_NATS_URL": servers.nats_url,
                "RELEVO_KEYS_DIR": str(servers.keys_dir),
                "RELEVO_HTTP_PORT": str(port),
                "RELEVO_STREAM_MAX_BYTES": str(64 * 1024**2),
            },
        )  # fmt: skip
        bus = await connect(servers.nats_url, Identity.load(servers.keys_dir, "operator"), lambda: None)
        running = Running(servers, process, f"http://127.0.0.1:{port}", Caller(bus, timeout=30))
        await eventually(lambda: _is_ready(running.url), within=30)
        yield running
        if process.returncode is None:
            process.kill()
            await process.wait()
        await bus.close()


@pytest.fixture(scope="module")
def miami() -> tuple[ImportRecord, ...]:
    if not MIAMI.is_file():
        pytest.skip("the Miami directory is not here: it is no part of the repository")
    records = tuple(item.record for item in reader.read(MIAMI).items)
    if FULL:
        return records
    organizations = [record for record in records if record.kind == "organization"][:ORGANIZATIONS]
    some = {record.record["id"] for record in organizations}
    return (*organizations, *(one for one in records if one.record.get("organization_id") in some))


def _counted(records: tuple[ImportRecord, ...], outcome: str) -> Counter[tuple[str, str]]:
    return Counter((record.kind, outcome) for record in records)


async def test_a_real_directory_is_taken_once(running: Running, miami: tuple[ImportRecord, ...]) -> None:
    assert await _import(running, miami) == _counted(miami, "created")
    assert await _import(running, miami) == _counted(miami, "unchanged")


async def test_every_service_is_met_once_in_pages_of_a_hundred(
    running: Running, miami: tuple[ImportRecord, ...]
) -> None:
    of_services = sum(record.kind == "service" for record in miami)
    every = SearchServices(page=Page(first=1), inactive=True)
    # The search follows the directory a moment later.
    await eventually(
        lambda: running.caller.call(SEARCH_SERVICES, every, running.caller.me),
        lambda page: page.total == of_services,
        within=30,
    )
    seen: list[str] = []
    after = None
    while True:
        request = SearchServices(page=Page(first=100, after=after), order=ServiceOrder.NAME, inactive=True)
        page = await running.caller.call(SEARCH_SERVICES, request, running.caller.me)
        seen += [service.id for service in page.items]
        assert page.total == of_services
        if not page.has_next:
            break
        after = page.positions[-1]
    assert len(seen) == len(set(seen)) == of_services


@pytest.mark.skipif("RELEVO_TEST_FULL" not in os.environ, reason="it takes most of a minute: make test-full")
async def test_the_events_of_an_import_are_all_published_in_the_end(
    running: Running, miami: tuple[ImportRecord, ...]
) -> None:
    del miami
    store = Store(mongo.connect(running.servers.mongo_url))

    async def waiting() -> bool:
        waits = {"pending_since": {"$gt": _LONG_AGO}}
        nouns = [store.collection("organization"), store.collection("service")]
        return any([await noun.count_documents(waits, limit=1) for noun in nouns])

    await eventually(waiting, lambda waits: not waits, within=90)
    store.db.client.close()


async def test_any_list_is_answered_within_fifty_milliseconds(
    running: Running, miami: tuple[ImportRecord, ...]
) -> None:
    del miami
    page = Page(first=20)

    def services(**conditions: object) -> Callable[[], Awaitable[object]]:
        request = SearchServices(page=page, **conditions)  # type: ignore[arg-type] # each is given its type below
        return lambda: running.caller.call(SEARCH_SERVICES, request, running.caller.me)

    lists = {
        "all": services(),
        "one word": services(text="counsel"),
        "three words": services(text="health care miami"),
        "no such word": services(text="zzzz"),
        "state": services(states=(State.CHP,)),
        "last": services(has_capacity=False),
        "organizations": lambda: running.caller.call(
            LIST_ORGANIZATIONS, ListOrganizations(page=page, states=(State.CHP,)), running.caller.me
        ),
    }
    # What was imported just now is looked at again for five seconds, and its events are being published
    # on the same two cores: this is about the time after.
    for ask in lists.values():
        await eventually(partial(_median, ask, 9), lambda seconds: seconds < LIST_SECONDS, within=90)


async def test_asked_to_stop_it_finishes_and_ends_well(running: Running) -> None:
    request = Ids(ids=("svc_unknown",))
    asked = asyncio.create_task(running.caller.call(GET_SERVICES, request, running.caller.me))
    await asked
    running.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.process.wait(), timeout=5) == 0


async def _import(running: Running, records: tuple[ImportRecord, ...]) -> Counter[tuple[str, str]]:
    """Import in batches, one after the other; count the outcomes."""
    outcomes: Counter[tuple[str, str]] = Counter()
    for start in range(0, len(records), 100):
        batch = records[start : start + 100]
        request = ImportRecords(source="miami", records=batch)
        reply = await running.caller.call(IMPORT_RECORDS, request, running.caller.me)
        outcomes.update((one.kind, out.outcome) for one, out in zip(batch, reply.outcomes, strict=True))
    return outcomes


async def _median(ask: Callable[[], Awaitable[object]], times: int) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


async def _is_ready(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False
