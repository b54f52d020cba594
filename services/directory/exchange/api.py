"""The requests of importing and exporting: the operator's alone."""

from chassis.rpc import Server
from contracts import exchange as contract
from contracts.directory import IMPORT_RECORDS, ImportRecords, ImportReply
from contracts.exchange import (
    BeginImport,
    Conflict,
    Conflicts,
    DecideConflict,
    DecideDuplicate,
    Duplicates,
    Exported,
    ExportRecords,
    Finished,
    FinishImport,
    ImportRun,
    ListConflicts,
    ListDuplicates,
)
from contracts.rpc import Actor, Nothing
from services.directory.exchange import conflicts, duplicates, exporting, importing, runs
from services.directory.exchange.store import ExchangeStore
from services.directory.hiding import Hiding
from services.directory.mirror import Mirror
from services.directory.store import Store

OPERATOR = frozenset({"operator"})


class ExchangeApi:
    """Answers the operations of ``contracts/exchange.py``, and the import of a batch."""

    def __init__(self, store: Store, take: importing.Take, mirror: Mirror, hiding: Hiding) -> None:
        self._directory = store
        self._take = take
        self._mirror = mirror
        self._hiding = hiding

    @property
    def _store(self) -> ExchangeStore:
        return ExchangeStore(self._directory)

    def serve(self, server: Server) -> None:
        """Register them."""
        server.add(IMPORT_RECORDS, self.import_records, OPERATOR)
        server.add(contract.BEGIN_IMPORT, self.begin_import, OPERATOR)
        server.add(contract.FINISH_IMPORT, self.finish_import, OPERATOR)
        server.add(contract.LIST_CONFLICTS, self.list_conflicts, OPERATOR)
        server.add(contract.DECIDE_CONFLICT, self.decide_conflict, OPERATOR)
        server.add(contract.LIST_DUPLICATES, self.list_duplicates, OPERATOR)
        server.add(contract.DECIDE_DUPLICATE, self.decide_duplicate, OPERATOR)
        server.add(contract.EXPORT_RECORDS, self.export_records, OPERATOR)

    async def import_records(self, request: ImportRecords, _actor: Actor) -> ImportReply:
        return await importing.import_records(self._store, self._hidden, self._take, request)

    async def begin_import(self, request: BeginImport, _actor: Actor) -> ImportRun:
        return await runs.begin(self._store, request)

    async def finish_import(self, request: FinishImport, _actor: Actor) -> Finished:
        return await runs.finish(self._store, request)

    async def list_conflicts(self, request: ListConflicts, _actor: Actor) -> Conflicts:
        return await conflicts.list_conflicts(self._store, request)

    async def decide_conflict(self, request: DecideConflict, _actor: Actor) -> Conflict:
        return await conflicts.decide(self._store, request)

    async def list_duplicates(self, request: ListDuplicates, _actor: Actor) -> Duplicates:
        return await duplicates.list_duplicates(self._store, request)

    async def decide_duplicate(self, request: DecideDuplicate, _actor: Actor) -> Nothing:
        return await duplicates.decide(self._store, request)

    async def export_records(self, request: ExportRecords, _actor: Actor) -> Exported:
        hidden = await self._hidden()
        wanted = self._mirror.next_ids(request.kind, request.after, exporting.ENOUGH)
        return await exporting.export(self._store, hidden, wanted, request)

    async def _hidden(self) -> frozenset[str]:
        """The confidential places, by everything that was acknowledged until now."""
        await self._mirror.fresh()
        return self._hiding.places
