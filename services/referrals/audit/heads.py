"""Exports the heads of the chains: what only they can tell is that a chain was cut off, or written anew.

Each replica appends to its own file the heads of what it has appended itself; the database keeps the furthest
of each chain. Now and then those are told as well, to whoever may read that audit: by an event, committed
with the head that it tells. A head is worth what it is to be worth where the database's keepers cannot write
it: have the file copied elsewhere, or keep what the feed says (docs/audit.md).
"""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import structlog

from chassis.chained import Head
from chassis.outbox import Relay, pending_event
from chassis.rounds import Rounds, each
from contracts.audit import NETWORK
from contracts.codes import FIREWALLED
from contracts.events import AUDIT_ATTESTED, AuditHeadEvent
from services.referrals.audit.store import AuditStore, noun_id
from services.referrals.audit.trail import Trail
from services.referrals.directory import Directory
from services.referrals.document import Document

log = structlog.get_logger()

# What was cut off within it is found by nobody.
EXPORT_SECONDS = 60.0
# Of so many organizations the directory is asked at once; the others are told a minute later.
AT_ONCE = 100


class Heads:
    """Exports what a trail has appended, again and again, and once more at the end."""

    def __init__(self, store: AuditStore, trail: Trail, file: Path | None) -> None:
        self._store = store
        self._trail = trail
        self._file = file
        self._rounds = Rounds("audit_heads", EXPORT_SECONDS, self.look)

    async def start(self) -> None:
        """Begin."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Export what is left, and look no more."""
        await self._rounds.stop()
        try:
            await self.look()
        except Exception as error:  # noqa: BLE001 - the database may be gone already; the next start appends on
            log.warning("audit.heads", kind=type(error).__name__)

    async def look(self) -> None:
        """Export the heads of the chains that have grown since; what fails is exported the next time."""
        grown = self._trail.grown()
        if not grown:
            return
        try:
            if self._file is not None:
                await asyncio.to_thread(_append, self._file, grown)
            for chain, (head, at) in grown.items():
                await self._store.export(chain, head, at)
        except BaseException:
            self._trail.regrown(grown)
            raise


def _append(file: Path, heads: dict[str, tuple[Head, str]]) -> None:
    """Add a line for each head, for the owner's eyes only, and return when it is on disk."""
    lines = b"".join(
        msgspec.json.encode({"chain": chain, "number": head.number, "hash": head.hash, "at": at}) + b"\n"
        for chain, (head, at) in heads.items()
    )
    opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(opened, lines)
        os.fsync(opened)
    finally:
        os.close(opened)


class Attesting:
    """Tells the heads of the chains that have grown since they were last told, each once, whoever looks."""

    def __init__(
        self,
        store: AuditStore,
        relay: Relay,
        directory: Directory,
        now: Callable[[], datetime],
        every: timedelta,
    ) -> None:
        self._store = store
        self._relay = relay
        self._directory = directory
        self._now = now
        self._every = every

    def rounds(self) -> Rounds:
        """Return the rounds that look."""
        return Rounds("audit_attesting", EXPORT_SECONDS, self.look)

    async def look(self) -> None:
        """Tell those that are due."""
        now = self._now()
        due = [row for row in await self._store.chains() if self._is_due(row, now)][:AT_ONCE]
        if not due:
            return
        kinds = await self._directory.kinds([row["_id"] for row in due if row["_id"] != NETWORK])
        # Those behind the firewall read no audit, and are not to tell by their feed that there was something.
        readers = frozenset(one for one, kind in kinds.items() if kind not in FIREWALLED)
        auditors = await self._directory.auditors()
        await each("audit_attesting", due, partial(self._tell, readers, auditors, now), abreast=8)

    def _is_due(self, row: Document, now: datetime) -> bool:
        told_at = row.get("told_at")
        return row["number"] > row.get("told", 0) and (told_at is None or now - told_at >= self._every)

    async def _tell(
        self, readers: frozenset[str], auditors: tuple[str, ...], now: datetime, row: Document
    ) -> bool:
        chain, n = row["_id"], row.get("n", 0) + 1
        audit = noun_id(chain)
        data = AuditHeadEvent(
            id=audit,
            chain=chain,
            n=n,
            at=now,
            number=row["number"],
            hash=row["hash"],
            entered_at=datetime.fromisoformat(row["at"]),
            organization=chain if chain in readers else None,
            auditors=auditors,
        )
        event = pending_event(AUDIT_ATTESTED.type, audit, n, now, data)
        if not await self._store.tell(row, now, event):
            return False
        self._relay.kick(chain, [event])
        return True
