"""Exports the heads of the chains: what only they can tell is that a chain was cut off, or written anew.

Each replica appends to its own file the heads of what it has appended itself; the database keeps the furthest
of each chain. The file is worth what it is to be worth where the database's keepers cannot write it: have it
copied elsewhere (docs/audit.md).
"""

import asyncio
import os
from pathlib import Path

import msgspec
import structlog

from chassis.chained import Head
from chassis.rounds import Rounds
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail

log = structlog.get_logger()

# What was cut off within it is found by nobody.
EXPORT_SECONDS = 60.0


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
