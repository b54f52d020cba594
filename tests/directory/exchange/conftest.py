"""Imports of whole runs, as the command line makes them."""

from collections.abc import Awaitable, Callable
from secrets import token_hex

import pytest

from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords, ImportReply
from contracts.exchange import BEGIN_IMPORT, FINISH_IMPORT, BeginImport, Finished, FinishImport
from tests.directory.conftest import Ask

Run = Callable[..., Awaitable[tuple[ImportReply, Finished]]]


@pytest.fixture
def run(operator: Ask) -> Run:
    """Import some records as the whole of a source, to its end."""

    async def import_all(
        source: str, *records: ImportRecord, accept_removals: bool = True, complete: bool = True
    ) -> tuple[ImportReply, Finished]:
        name = token_hex(8)
        await operator(BEGIN_IMPORT, BeginImport(source=source, run=name))
        reply = await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records, run=name))
        finish = FinishImport(source=source, run=name, complete=complete, accept_removals=accept_removals)
        return reply, await operator(FINISH_IMPORT, finish)

    return import_all
