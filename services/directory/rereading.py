"""Reads documents anew from their records: after an upgrade, and when other municipalities are installed.

A document says by which rules and table it was read (``read_as``); those read by older ones are read again,
in the background, by whichever replica comes first. Reading again is importing the kept record once more:
what an organization has edited stays, and what is confidential is cut out of a record from before that was
done.
"""

from collections.abc import Sequence
from typing import Literal

import structlog

from chassis.rounds import Rounds
from contracts.directory import ImportRecord, ImportRecords
from services.directory.actions.importing import Edits, import_records
from services.directory.confidential.places import Places
from services.directory.geography import means
from services.directory.ids import Noun
from services.directory.record import as_data, read_as
from services.directory.store import Document, Store

log = structlog.get_logger()

NOUNS: tuple[Noun, Noun] = ("organization", "service")
BATCH = 100
LOOK_SECONDS = 5.0


class Rereader:
    """Reads what is outdated, for as long as the directory runs."""

    def __init__(self, store: Store, places: Places) -> None:
        self._store = store
        self._places = places
        self._rounds = Rounds("rereading", LOOK_SECONDS, self._work)
        # Documents from before they said how they were read are looked for once at each start.
        self._look_for_unmarked = True
        self._settled = 0

    async def start(self) -> None:
        """Begin."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Stop; what is left is read after the next start."""
        await self._rounds.stop()

    async def catch_up(self, *, unmarked: bool = False) -> int:
        """Read anew everything that is outdated now, and return how many documents that was.

        ``unmarked``: also those from before documents said how they were read. Finding them takes a walk
        through the collection, once at each start.
        """
        done = 0
        for noun in NOUNS:
            left = await self._store.unmarked(noun) if unmarked else []
            for begin in range(0, len(left), BATCH):
                done += await self._reread(noun, left[begin : begin + BATCH])
            while outdated := await self._store.outdated(noun, read_as(self._places.table), BATCH):
                read = await self._reread(noun, outdated)
                done += read
                if not read:  # others write them now: they come again
                    break
        await self._settle()
        return done

    async def _settle(self) -> None:
        """Work out anew, after each change of the table, the centres that it does not have."""
        number = self._places.table.number
        if number and number != self._settled:
            await means.settle(self._store, self._places.geography)
            self._settled = self._places.table.number

    async def _reread(self, noun: Noun, ids: Sequence[str]) -> int:
        """Read documents anew; return how many are through."""
        rule = read_as(self._places.table)
        sources: dict[str, list[Document]] = {}
        for document in await self._store.records(noun, ids):
            sources.setdefault(document["source"], []).append(document)
        contended: set[str] = set()
        for source, found in sources.items():
            contended |= await self._import(noun, source, found)
        # Also those that today's rules refuse: what is confidential was cut out of them long before.
        await self._store.mark_read(noun, [one for one in ids if one not in contended], rule)
        return len(ids) - len(contended)

    async def _import(self, noun: Noun, source: str, found: Sequence[Document]) -> set[str]:
        """Import kept records once more; return which of them another import is writing."""
        kind: Literal["organization", "service"] = "service" if noun == "service" else "organization"
        records = tuple(ImportRecord(kind=kind, record=as_data(one["record"])) for one in found)
        request = ImportRecords(source=source, records=records)
        reply = await import_records(self._store, self._places, request, Edits())
        refused = [
            (one["_id"], {problem.code for problem in outcome.problems})
            for one, outcome in zip(found, reply.outcomes, strict=True)
            if outcome.outcome == "refused"
        ]
        contended = {noun_id for noun_id, codes in refused if "CONTENDED" in codes}
        if len(refused) > len(contended):
            log.warning("rereading.refused", source=source, noun=noun, count=len(refused) - len(contended))
        return contended

    async def _work(self) -> None:
        done = await self.catch_up(unmarked=self._look_for_unmarked)
        self._look_for_unmarked = False
        if done:
            log.info("rereading.done", count=done)
