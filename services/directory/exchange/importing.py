"""A batch of an import: what this directory gave out itself is only compared, all else is taken."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from contracts.directory import ImportOutcome, ImportRecord, ImportRecords, ImportReply
from contracts.rpc import FieldProblem
from services.directory import ids
from services.directory.actions import importing
from services.directory.exchange import conflicts, exporting, likeness, runs
from services.directory.exchange.store import NOUNS, ExchangeStore

Outcomes = dict[int, ImportOutcome]
# Takes a batch into the directory.
Take = Callable[[ImportRecords, importing.Edits], Awaitable[ImportReply]]
# Tells the ids of all confidential places.
Hidden = Callable[[], Awaitable[frozenset[str]]]

_OTHER = FieldProblem(
    path=("relevo", "id"),
    code="GIVEN_OUT_OTHERWISE",
    message="This directory gave this record out, and has another now: change it here, or in its source.",
)


async def import_records(
    store: ExchangeStore, hidden: Hidden, take: Take, request: ImportRecords
) -> ImportReply:
    """Take each record that is good, refuse each that is not, and say so in the batch's order.

    Raises:
        ImportLostError: the batch belongs to a run that does not hold the source any more.
    """
    if request.run is not None:
        await runs.renew(store, request.source, request.run)
    outcomes = await _compare_own(store, hidden, request.records)
    others = [number for number in range(len(request.records)) if number not in outcomes]
    records = tuple(request.records[number] for number in others)
    noted = 0
    if records:
        edits = importing.Edits(fresh=True)
        rest = ImportRecords(source=request.source, records=records, verified=request.verified)
        reply = await take(rest, edits)
        outcomes |= dict(zip(others, reply.outcomes, strict=True))
        noted = await _note_conflicts(store, edits)
    if request.run is not None:
        await store.note_seen(request.source, request.run, _seen(request, outcomes))
    return ImportReply(
        outcomes=tuple(outcomes[number] for number in range(len(request.records))), conflicts=noted
    )


async def _compare_own(store: ExchangeStore, hidden: Hidden, records: tuple[ImportRecord, ...]) -> Outcomes:
    """What became of the records that are here by the id that they carry: nothing, or they are refused.

    They cannot be taken: what is confidential in a record was not given out, and would be lost.
    """
    said = {number: own for number, one in enumerate(records) if (own := likeness.own_id(one.record))}
    if not said:
        return {}
    places = await hidden()
    outcomes: Outcomes = {}
    for noun in NOUNS:
        mine = {number: own for number, own in said.items() if records[number].kind == noun}
        found = await store.whole(noun, set(mine.values())) if mine else {}
        for number, own in mine.items():
            if own in found:
                made = exporting.give_out(noun, found[own], places)
                outcomes[number] = _outcome(own, likeness.same(records[number].record, made))
    return outcomes


def _outcome(noun_id: str, is_same: bool) -> ImportOutcome:
    if is_same:
        return ImportOutcome(outcome="unchanged", id=noun_id)
    return ImportOutcome(outcome="refused", id=noun_id, problems=(_OTHER,))


async def _note_conflicts(store: ExchangeStore, edits: importing.Edits) -> int:
    at = datetime.now(UTC)
    count = 0
    for one, known in edits.overruled:
        count += await conflicts.note(store, one.noun, known, one.fields, at)
    return count


def _seen(request: ImportRecords, outcomes: Outcomes) -> list[str]:
    """The ids that the batch brought, refused or not: they have not disappeared."""
    seen = {outcome.id for outcome in outcomes.values() if outcome.id}
    for one in request.records:
        if isinstance(source_id := one.record.get("id"), str):
            seen.add(ids.derived(one.kind, request.source, source_id))
    return sorted(seen)
