"""A source's import as a whole: it holds the source while it runs, and in the end looks for what is gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.exchange import BeginImport, Finished, FinishImport, ImportRun
from services.directory import ids, record
from services.directory.exchange import conflicts
from services.directory.exchange.errors import ImportLostError, ImportRunningError
from services.directory.exchange.store import NOUNS, ExchangeStore
from services.directory.ids import Noun
from services.directory.store import Change, Known

# More than this share of a source does not disappear by itself: somebody looks first.
MOST_MISSING = 0.2
# So many are marked in one request: the next one is asked for the rest.
MARKED_AT_ONCE = 500
_CHUNK = 100
Gone = tuple[Noun, str]


async def begin(store: ExchangeStore, request: BeginImport) -> ImportRun:
    """Give the source to this import, and return what there is to know.

    Raises:
        ImportRunningError: another import has it.
    """
    before = await store.lease(request.source, request.run)
    if before is None:
        holder = await store.holder(request.source) or {}
        raise ImportRunningError(
            f"An import of {request.source} has been running since {_clock(holder.get('began'))};"
            f" if it says nothing more, the source is free at {_clock(holder.get('until'))}."
        )
    await store.forget_seen(request.source, request.run)
    until = await renew(store, request.source, request.run)
    unfinished = bool(before) and before["run"] != request.run and not before["finished"]
    return ImportRun(run=request.run, silent_until=until, unfinished=unfinished)


async def renew(store: ExchangeStore, source: str, run: str) -> datetime:
    """Note that an import is alive, and return until when it may be silent.

    Raises:
        ImportLostError: the source is another's, or nobody's.
    """
    until = await store.renew(source, run)
    if until is None:
        raise ImportLostError(f"The import of {source} was silent for too long: begin it again.")
    return until


async def finish(store: ExchangeStore, request: FinishImport) -> Finished:
    """End an import: mark inactive what its source does not have any more, a few at a time.

    Raises:
        ImportLostError: the source is another's, or nobody's.
    """
    await renew(store, request.source, request.run)
    if not request.complete:
        await store.release(request.source, request.run, finished=False)
        return Finished()
    gone, known = await _gone(store, request)
    if gone and not request.accept_removals and len(gone) > MOST_MISSING * known:
        await store.release(request.source, request.run, finished=True)
        return Finished(missing=len(gone), known=known, held_back=True)
    marked = 0
    for noun in NOUNS:
        mine = [noun_id for kind, noun_id in gone[:MARKED_AT_ONCE] if kind == noun]
        for at in range(0, len(mine), _CHUNK):
            marked += await _mark(store, noun, mine[at : at + _CHUNK])
    remaining = max(0, len(gone) - MARKED_AT_ONCE)
    if not remaining:
        await store.release(request.source, request.run, finished=True)
    return Finished(missing=len(gone), known=known, inactive=marked, remaining=remaining)


async def _gone(store: ExchangeStore, request: FinishImport) -> tuple[list[Gone], int]:
    """What did not come in this run, and of how many."""
    seen = await store.seen(request.source, request.run)
    seen |= {ids.derived(one.kind, request.source, one.source_id) for one in request.present}
    gone: list[Gone] = []
    known = 0
    for noun in NOUNS:
        async for noun_id in store.of_source(noun, request.source):
            known += 1
            if noun_id not in seen:
                gone.append((noun, noun_id))
    return gone, known


async def _mark(store: ExchangeStore, noun: Noun, noun_ids: Sequence[str]) -> int:
    """Mark some as gone. One that somebody changes at this moment waits for the next import."""
    directory = store.directory
    at = await directory.now()
    known = await directory.known(noun, noun_ids)
    changes = [
        Change(noun_id, one, fields, _event(noun, noun_id, one, fields, at), action="disappeared")
        for noun_id, one in known.items()
        if (fields := _fields(noun, one, at))
    ]
    for one in known.values():
        if noun == "service" and "status" in one.edited:
            await conflicts.note(store, noun, one, {"status": "inactive"}, at)
    lost = await directory.save(noun, changes)
    return len(changes) - len(lost)


def _fields(noun: Noun, known: Known, at: datetime) -> dict[str, Any]:
    """What changes; a service's status stays where its organization has set it itself."""
    fields: dict[str, Any] = {"disappeared": {"at": at, "status": known.values.get("status")}}
    if noun == "service" and "status" not in known.edited:
        fields["status"] = "inactive"
    return fields


def _event(noun: Noun, noun_id: str, known: Known, fields: dict[str, Any], at: datetime) -> dict[str, Any]:
    after = known.values | fields
    return record.changed_event(noun, noun_id, after, known.n + 1, at, before=known.values)


def _clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M:%S} UTC" if moment else "a moment ago"
