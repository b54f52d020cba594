"""Appends to the chains: what waits for one chain in this process goes out together, in one durable write.

Each replica appends to every chain, guarded by the place of each entry alone. Who asked waits until the entry
is journaled at a majority: what may not be audited is not shown. Nobody waits for a clock: the first goes out
at once, and what comes meanwhile goes out together after it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pymongo.errors import PyMongoError

from chassis import telemetry
from chassis.chained import HASH, Head, sealed
from chassis.problems import ContendedError, UnreachableError
from services.referrals.audit.entry import Note, entry, moment
from services.referrals.audit.store import AuditStore
from services.referrals.document import Document

log = structlog.get_logger()

# Written together at most; an entry of a full page is 3 kB.
TOGETHER = 200
# Others were faster so often: with as many replicas as this somebody has written each time.
TRIES = 100
PAUSE_SECONDS = 0.002
# Chains whose end is remembered.
REMEMBERED = 10_000

_appended = telemetry.meter.create_counter("audit.appended", description="Entries of the audit, by kind")

Waiting = tuple[Note, asyncio.Future[None]]


@dataclass
class _Chain:
    """One chain as this process knows it: its end, and what waits to be appended."""

    name: str
    head: Head | None = None
    at: str = ""
    waiting: list[Waiting] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Trail:
    """All chains. One per process."""

    def __init__(self, store: AuditStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._chains: OrderedDict[str, _Chain] = OrderedDict()
        self._grown: dict[str, tuple[Head, str]] = {}

    async def enter(self, note: Note) -> None:
        """Return once the note is in each of its chains, durably.

        Raises:
            UnreachableError: the database failed; it may be there all the same.
            ContendedError: others wrote again and again.
        """
        await asyncio.gather(*(self._enter(chain, note) for chain in note.chains))

    def grown(self) -> dict[str, tuple[Head, str]]:
        """Return by chain the head, and its moment, of what was appended since this was last asked."""
        grown, self._grown = self._grown, {}
        return grown

    def regrown(self, heads: dict[str, tuple[Head, str]]) -> None:
        """Take back what could not be made use of."""
        self._grown = heads | self._grown

    async def _enter(self, name: str, note: Note) -> None:
        chain = self._chain(name)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        chain.waiting.append((note, done))
        if chain.task is None or chain.task.done():
            chain.task = asyncio.create_task(self._write_all(chain))
        await done

    def _chain(self, name: str) -> _Chain:
        chain = self._chains.setdefault(name, _Chain(name))
        self._chains.move_to_end(name)
        if len(self._chains) > REMEMBERED:
            oldest = next(iter(self._chains.values()))
            if not oldest.waiting and (oldest.task is None or oldest.task.done()):
                del self._chains[oldest.name]
        return chain

    async def _write_all(self, chain: _Chain) -> None:
        while chain.waiting:
            together, chain.waiting = chain.waiting[:TOGETHER], chain.waiting[TOGETHER:]
            try:
                await self._write(chain, together)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody waits for ever
                # What is known of the end may not be so any more.
                chain.head = None
                _fail(together, error)

    async def _write(self, chain: _Chain, together: list[Waiting]) -> None:
        """Append all of them, after whatever others append meanwhile."""
        for attempt in range(TRIES):
            if chain.head is None:
                await self._find_end(chain)
            together = await self._without_known(chain, together)
            if not together:
                return
            entries = self._entries(chain, [note for note, _ in together])
            written = await self._store.append(entries)
            if written:
                last = entries[written - 1]
                chain.head, chain.at = Head(last["number"], last[HASH]), last["at"]
                self._grown[chain.name] = (chain.head, chain.at)
                _done(together[:written])
                together = together[written:]
            if not together:
                return
            await asyncio.sleep(PAUSE_SECONDS * min(attempt, 10))
            await self._find_end(chain)
        raise ContendedError("The audit could not be written: others wrote again and again. Try again.")

    async def _find_end(self, chain: _Chain) -> None:
        known = chain.head
        if known is None:
            await self._store.begin(chain.name, self._now())
        chain.head, chain.at = await self._store.head(chain.name, known.number if known else 0)

    async def _without_known(self, chain: _Chain, together: list[Waiting]) -> list[Waiting]:
        """Leave out what was entered before. The end was found first: what comes after is refused there."""
        sources = {note.source for note, _ in together if note.source}
        known = await self._store.sources(chain.name, sources) if sources else set()
        _done([one for one in together if one[0].source in known])
        fresh: dict[object, Waiting] = {}
        for one in together:
            if one[0].source not in known:
                # The same thing twice at once: the second is looked up again when the first is there.
                again = fresh.setdefault(one[0].source or one[1], one) is not one
                chain.waiting += [one] if again else []
        return list(fresh.values())

    def _entries(self, chain: _Chain, notes: list[Note]) -> list[Document]:
        """What is to be appended, each after the one before; no moment is earlier than the last."""
        assert chain.head is not None
        number, previous, at = chain.head.number, chain.head.hash, max(moment(self._now()), chain.at)
        entries: list[Document] = []
        for note in notes:
            number += 1
            entries.append(sealed(entry(note, chain.name, number, previous, at)))
            previous = entries[-1][HASH]
        return entries


def _done(written: list[Waiting]) -> None:
    for note, done in written:
        _appended.add(1, {"kind": note.kind.value})
        if not done.done():
            done.set_result(None)


def _fail(waiting: list[Waiting], error: Exception) -> None:
    if isinstance(error, PyMongoError):
        log.warning("audit.away", kind=type(error).__name__)
        refusal: Exception = UnreachableError("The audit cannot be written now; nothing is shown without it.")
    else:
        refusal = error
    for _, done in waiting:
        if not done.done():
            done.set_exception(refusal)
