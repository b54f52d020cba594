"""Search, through the directory's request API, on directories of growing size, beside tantivy's own search.

A directory alone on its own NATS and database; the documents are written straight into the database, and
the directory started on them. The floor is the index's own search of the same words, built by the same code
in this process, ``AT_ONCE`` threads side by side, without conditions, pages, reasons, or anything sent.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from tantivy import Query

from bench.directories import Directory
from bench.measure import Times, processor_seconds, resident_megabytes
from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.rpc import Caller
from cli import keys
from cli.embedded import database, nats
from cli.embedded.keeper import Keeper
from cli.embedded.parts import serve
from cli.embedded.ports import choose
from contracts.codes import Need
from contracts.rpc import Page
from contracts.search import SEARCH_SERVICES, FacetKind, Near, SearchServices
from services.directory.search import meaning
from services.directory.search.entry import Provider
from services.directory.search.index import SearchIndex
from services.directory.store import Store

AT_ONCE = 8
BATCH = 500
START_SECONDS = 900.0
Ask = Callable[[SearchServices], Any]


async def run_search(folder: Path, sizes: list[int], rounds: int) -> dict[str, Any]:
    """Measure each size; return it as data, times in milliseconds."""
    return {str(size): await _run(folder / str(size), Directory(size), rounds) for size in sizes}


async def _run(folder: Path, directory: Directory, rounds: int) -> dict[str, Any]:
    async with _directory(folder, directory) as (ask, pid, facts):
        asked = [directory.query() for _ in range(rounds)]
        found = {}
        for kind, requests in _kinds(asked, directory).items():
            before = processor_seconds(pid)
            found[kind] = await _at_once(ask, requests)
            found[kind]["cpu_ms"] = (processor_seconds(pid) - before) / len(requests) * 1000
        facts["megabytes after"] = resident_megabytes(pid)
    return {**facts, "floor": await asyncio.to_thread(_floor, directory, asked), **found}


def _kinds(asked: list[str], directory: Directory) -> dict[str, list[SearchServices]]:
    """The requests of each kind, as many as there are words."""
    page = Page(first=20)
    points = [directory.point() for _ in asked]
    near = [Near(latitude=latitude, longitude=longitude) for latitude, longitude in points]
    needs = tuple(Need)
    return {
        "words": [SearchServices(page=page, text=text) for text in asked],
        "words near": [
            SearchServices(page=page, text=text, near=one) for text, one in zip(asked, near, strict=True)
        ],
        "need within 50 km": [
            SearchServices(
                page=page, needs=(needs[number % len(needs)],),
                near=Near(latitude=one.latitude, longitude=one.longitude, km=50),
            )
            for number, one in enumerate(near)
        ],
        "words, reasons, facets": [
            SearchServices(page=page, text=text, reasons=True, facets=tuple(FacetKind)) for text in asked
        ],
    }  # fmt: skip


async def _at_once(ask: Ask, requests: list[SearchServices]) -> dict[str, float]:
    """Ask all of them, ``AT_ONCE`` at a time."""
    for request in requests[:AT_ONCE]:
        await ask(request)
    seconds: list[float] = []
    waiting = iter(requests)

    async def work() -> None:
        for request in waiting:
            began = time.perf_counter()
            await ask(request)
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    whole = time.perf_counter() - began
    times = Times.of(seconds)
    return {"median": times.median, "p99": times.p99, "per_second": len(seconds) / whole}


def _floor(directory: Directory, asked: list[str]) -> dict[str, float]:
    """The index alone: every word in its stems, the best twenty."""
    index = SearchIndex()
    began = time.perf_counter()
    fresh = Directory(directory.count)
    names = {one["_id"]: Provider(one["name"], None, one["kind"]) for one in fresh.organizations()}
    for document in fresh.services():
        index.put(document, names[document["organization"]])
    index.commit()
    built = time.perf_counter() - began
    searcher = index.searcher()
    queries: list[Query] = [
        next(read.ways(searcher)) for text in asked if (read := meaning.read(text)) is not None
    ]

    def once(query: Query) -> float:
        started = time.perf_counter()
        searcher.search(query, 20)
        return time.perf_counter() - started

    with ThreadPoolExecutor(AT_ONCE) as threads:
        times = Times.of(list(threads.map(once, queries)))
    return {"median": times.median, "p99": times.p99, "seconds to build, alone": built}


@asynccontextmanager
async def _directory(folder: Path, directory: Directory) -> AsyncIterator[tuple[Ask, int, dict[str, Any]]]:
    """A directory on servers of its own, with the services in it; and what it took to start."""
    (folder / "logs").mkdir(parents=True)
    keys.init(folder / "keys")
    ports = choose({"nats": 0, "nats_monitor": 0, "database": 0, "http": 0, "rest": 0})
    programs = [nats.program(folder, ports), database.program(folder, ports)]
    keeper = Keeper(programs, folder / "logs", lambda _sentence: None)
    keeper.start()
    process: subprocess.Popen[bytes] | None = None
    try:
        await _until(lambda: not any(program.ask() for program in programs), 30)
        mongo_url = f"mongodb://127.0.0.1:{ports['database']}/?directConnection=true"
        await _fill(mongo_url, directory)
        process = _serve(folder, ports, mongo_url)
        facts = await _started(folder, process)
        bus = await connect(
            f"nats://127.0.0.1:{ports['nats']}", Identity.load(folder / "keys", "operator"), lambda: None
        )
        caller = Caller(bus, timeout=60)

        async def ask(request: SearchServices) -> object:
            return await caller.call(SEARCH_SERVICES, request, caller.me)

        yield ask, process.pid, facts
        await bus.close()
    finally:
        if process is not None:
            process.terminate()
            await asyncio.to_thread(process.wait)
        await asyncio.to_thread(keeper.stop)


async def _fill(mongo_url: str, directory: Directory) -> None:
    client = mongo.connect(mongo_url)
    # Indexes first: to make them of 100,000 documents takes the database longer than the driver waits.
    await Store(client).prepare()
    db = client["relevo_directory"]
    for name, documents in (
        ("organizations", directory.organizations()),
        ("services", directory.services()),
    ):
        while batch := list(islice(documents, BATCH)):
            await db[name].insert_many(batch, ordered=False)
    client.close()


def _serve(folder: Path, ports: dict[str, int], mongo_url: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "RELEVO_MONGO_URL": mongo_url,
        "RELEVO_NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
        "RELEVO_KEYS_DIR": str(folder / "keys"),
        "RELEVO_HTTP_PORT": str(ports["http"]),
        "RELEVO_REST_PORT": str(ports["rest"]),
        "RELEVO_STREAM_MAX_BYTES": str(64 * 1024**2),
        "RELEVO_LOG_FORMAT": "json",
    }
    with (folder / "logs" / "directory.log").open("wb") as file:
        return subprocess.Popen(serve("directory"), env=environment, stdout=file, stderr=file)


async def _started(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait until the directory is ready; return the seconds that its index took, and its memory."""
    log = folder / "logs" / "directory.log"
    await _until(lambda: '"part.ready"' in log.read_text() or process.poll() is not None, START_SECONDS)
    built = next(json.loads(line) for line in log.read_text().splitlines() if '"mirror.built"' in line)
    return {"seconds_to_build": built["seconds"], "megabytes": resident_megabytes(process.pid)}


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the servers did not start")
        await asyncio.sleep(0.05)
