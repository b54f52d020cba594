"""Keeps this replica's index current: built from the database at start, then led by the directory's events.

An event only says what to read again; the document decides, by its revision. So events may come twice, in
any order, or be missing for a while: every half second the database is asked what has changed by its own
clock, as lists do. That also finds what an import has written whose events wait their turn.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from nats.aio.msg import Msg

from chassis.bus import Bus
from chassis.follower import Follower
from services.directory import organization
from services.directory.capacity.capacity import service_of
from services.directory.ids import Noun
from services.directory.listing import SETTLE
from services.directory.search.entry import Provider
from services.directory.search.index import SearchIndex
from services.directory.store import Document, Store

log = structlog.get_logger()

STREAM = "EVT"
EVENTS = "evt.directory.>"
# Changes become visible together, at most so often: a commit takes some milliseconds.
COMMIT_SECONDS = 0.2
LOOK_SECONDS = 0.5
# A look goes back this far, and now and then as far as lists do: while an import runs, there is much to see.
_LAST_SECOND = timedelta(seconds=1)
CHUNK = 100
_SUBJECT_PARTS = 4


class Upkeep:
    """Reads what has changed, puts it into the index, and commits."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self.index = SearchIndex()
        self._follower = Follower(
            bus, stream=STREAM, filter_subject=EVENTS, receive=self._hear, lost=self._forget
        )
        self._providers: dict[str, Provider] = {}
        self._revisions: dict[str, int] = {}
        self._stale: dict[Noun, set[str]] = {"organization": set(), "service": set()}
        self._since: datetime | None = None
        self._settled: datetime | None = None
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self.seconds_to_build = 0.0

    async def start(self) -> None:
        """Build the index, and begin to follow from before it was built."""
        began = time.monotonic()
        seq = await self._follower.last()
        await self._build()
        self._follower.start(after=seq)
        self._loop = asyncio.create_task(self._follow_forever())
        self.seconds_to_build = time.monotonic() - began
        log.info("search.built", services=len(self.index), seconds=round(self.seconds_to_build, 1))

    async def stop(self) -> None:
        """Stop following."""
        await self._follower.stop()
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def runs(self) -> bool:
        """Whether it follows: for the part's health."""
        return self._loop is not None and not self._loop.done() and self._follower.runs

    def provider(self, organization: str) -> Provider | None:
        """Return what search knows of an organization."""
        return self._providers.get(organization)

    async def _build(self) -> None:
        now = await self._store.now()
        async for document in self._store.all("organization"):
            self._take_organization(document)
        counted = await self._store.capacity.changed(None)
        async for document in self._store.all("service"):
            self._put(document, counted.get(document["_id"]))
        await asyncio.to_thread(self.index.commit)
        self._since = self._settled = now - SETTLE
        # Hundreds of thousands of things that stay: the collector need not walk them all again and again.
        gc.collect()
        gc.freeze()

    def _hear(self, message: Msg) -> None:
        parts = message.subject.split(".")
        noun_id = (message.headers or {}).get("ce-subject") or (
            parts[_SUBJECT_PARTS - 1] if len(parts) >= _SUBJECT_PARTS else ""
        )
        noun = parts[_SUBJECT_PARTS - 2] if len(parts) >= _SUBJECT_PARTS else ""
        if noun == "organization":
            self._stale["organization"].add(noun_id)
            self._wake.set()
        elif noun in {"service", "capacity"}:
            self._stale["service"].add(service_of(noun_id) if noun == "capacity" else noun_id)
            self._wake.set()

    def _forget(self) -> None:
        """What was not seen may be anything: look at everything again."""
        self._since = self._settled = None

    async def _follow_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            self._wake.clear()
            began = time.monotonic()
            try:
                await self._look()
                await self._renew()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look must come
                log.warning("search.retry", kind=type(error).__name__)
            await asyncio.sleep(max(0.0, COMMIT_SECONDS - (time.monotonic() - began)))

    async def _look(self) -> None:
        """Mark what has changed by the database's clock."""
        now = await self._store.now()
        if self._settled is None or now - self._settled > 2 * SETTLE:
            self._since = self._settled
            self._settled = now - SETTLE
        organizations = await self._store.changed("organization", self._since)
        services = await self._store.changed("service", self._since)
        counted = await self._store.capacity.changed(self._since)
        known, index = self._revisions, self.index
        self._stale["organization"] |= {one for one, n in organizations.items() if known.get(one) != n}
        self._stale["service"] |= {one for one, n in services.items() if index.revision(one) != n}
        self._stale["service"] |= {one for one, n in counted.items() if index.counted(one) != n["revision"]}
        self._since = now - _LAST_SECOND

    async def _renew(self) -> None:
        """Read what is stale and put it in; what could not be read stays stale."""
        renewed = 0
        for chunk in _chunks(self._stale["organization"]):
            found = await self._store.get_many("organization", chunk)
            for document in found.values():
                if self._take_organization(document):
                    self._stale["service"] |= self.index.services_of(document["_id"])
            self._stale["organization"] -= set(chunk)
        for chunk in _chunks(self._stale["service"]):
            documents = await self._store.get_many("service", chunk)
            counted = await self._store.capacity.seen(chunk)
            for document in documents.values():
                self._put(document, counted.get(document["_id"]))
            for gone in set(chunk) - set(documents):
                self.index.remove(gone)
            self._stale["service"] -= set(chunk)
            renewed += len(chunk)
        if renewed:
            await asyncio.to_thread(self.index.commit)

    def _take_organization(self, document: Document) -> bool:
        """Remember an organization; whether anything of it changed that its services are found by."""
        noun_id = document["_id"]
        if self._revisions.get(noun_id, 0) > document["revision"]:
            return False
        self._revisions[noun_id] = document["revision"]
        one = Provider(
            document["name"],
            document.get("alternate_name"),
            document["kind"],
            active=organization.is_active(document),
        )
        before = self._providers.get(noun_id)
        self._providers[noun_id] = one
        return before != one

    def _put(self, document: Document, counted: Document | None) -> None:
        noun_id = document["_id"]
        known = counted["revision"] if counted else 0
        if document["revision"] >= self.index.revision(noun_id) and known >= self.index.counted(noun_id):
            self.index.put(document, self._providers.get(document["organization"]), counted)


def _chunks(ids: set[str]) -> Iterable[list[str]]:
    """The ids in pieces; new ones may come meanwhile, and wait for the next time."""
    fixed = list(ids)
    return [fixed[begin : begin + CHUNK] for begin in range(0, len(fixed), CHUNK)]
