"""Importing a batch of a source's records: each by itself, in a few requests to the database for all."""

from collections.abc import Collection as Some
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from contracts.codes import Visibility
from contracts.directory import ImportOutcome, ImportRecord, ImportRecords, ImportReply
from contracts.rpc import FieldProblem
from services.directory import record
from services.directory.confidential import rewriting
from services.directory.confidential.places import Places
from services.directory.confidential.restoring import restored, told
from services.directory.confidential.seal import Sealed
from services.directory.ids import Noun
from services.directory.record import Imported
from services.directory.store import Change, Document, Known, Store

# Another import of the same source may be running. Each round loses only to a record that it wrote.
ROUNDS = 5
# So many records that show a confidential place are read anew at a time.
AGAIN = 50
NEW = Known()
_KINDS: tuple[Literal["organization", "service"], ...] = ("organization", "service")
Numbered = tuple[int, Imported]

_REPEATED = FieldProblem(
    path=("id",), code="DUPLICATE", message="An earlier record of the batch has this id."
)
_STRAY = FieldProblem(
    path=("organization_id",),
    code="UNKNOWN_ORGANIZATION",
    message="No organization with this id has come from this source: import it first.",
)
_CONTENDED = FieldProblem(
    path=("id",), code="CONTENDED", message="Another import writes it now: import it again."
)


@dataclass(frozen=True)
class Edits:
    """What organizations have edited: ``overruled`` is what an import would have overwritten.

    ``fresh`` says that the records come from their source now, and are not read anew from here: what has
    disappeared is back then.
    """

    fresh: bool = False
    overruled: list[tuple[Imported, Known]] = field(default_factory=list)

    def kept(self, one: Imported, known: Known) -> dict[str, Any]:
        """Return the fields of a record that may be written, and note that the others were not."""
        if not known.edited:
            return one.fields
        self.overruled.append((one, known))
        return {name: value for name, value in one.fields.items() if name not in known.edited}


async def import_records(store: Store, places: Places, request: ImportRecords, edits: Edits) -> ImportReply:
    """Take each record that is good, refuse each that is not, and say so in the batch's order.

    The records' events stay pending, and the relay's sweep publishes them afterwards.
    """
    await places.geography.refresh()
    batch = _Batch(request, places, edits)
    await batch.hear_organizations(store)
    await batch.hide_what_others_hide()
    hidden = await places.newly_hidden(batch.records)
    await batch.write(store, "organization")
    await batch.refuse_strays(store)
    await batch.write(store, "service")
    await hide_elsewhere(store, places, hidden)
    await show_elsewhere(store, places, batch.freed)
    return ImportReply(outcomes=tuple(batch.outcomes[number] for number in range(len(request.records))))


def updated_services(request: ImportRecords, reply: ImportReply) -> list[str]:
    """Return the ids of the services of a batch that were there before, and have changed."""
    both = zip(request.records, reply.outcomes, strict=True)
    return [one.id for given, one in both if given.kind == "service" and one.outcome == "updated" and one.id]


async def hide_elsewhere(store: Store, places: Places, hidden: Some[str]) -> None:
    """Read anew the records that show a place of which another one says that it is confidential."""
    for noun in _KINDS:
        sources: dict[str, list[ImportRecord]] = {}
        for one in [one for one in await store.showing(noun, hidden) if _shows(one, hidden)]:
            if source := one.get("source"):
                again = ImportRecord(kind=noun, record=record.as_data(one["record"]))
                sources.setdefault(source, []).append(again)
            else:  # its organization made it, and it names a place of another entry
                await rewriting.again(store, places, one["_id"], frozenset(hidden), {})
        for source, records in sources.items():
            for begin in range(0, len(records), AGAIN):
                batch = tuple(records[begin : begin + AGAIN])
                await import_records(store, places, ImportRecords(source=source, records=batch), Edits())


async def show_elsewhere(store: Store, places: Places, freed: Some[str]) -> None:
    """Read anew, whole, the records that hid a place only because of a word that is gone now."""
    found = await places.freed(freed) if freed else {}
    for noun in _KINDS if found else ():
        for one in await store.records(noun, found.keys()):
            whole = restored(record.as_data(one["record"]), found.pop(one["_id"]))
            request = ImportRecords(source=one["source"], records=(ImportRecord(kind=noun, record=whole),))
            await import_records(store, places, request, Edits())
    for service, contents in found.items():  # of no source
        await rewriting.again(store, places, service, frozenset(), contents)


def _shows(document: Document, hidden: Some[str]) -> bool:
    places = document["locations"]
    shown = {place["id"] for place in places if place["visibility"] == Visibility.PUBLIC}
    return bool(document.get("record")) and not shown.isdisjoint(hidden)


class _Batch:
    """A batch in the making: which records wait to be written, and what became of the others."""

    def __init__(self, request: ImportRecords, places: Places, edits: Edits) -> None:
        self._request = request
        self._places = places
        self._edits = edits
        self._verified = request.verified
        self.outcomes: dict[int, ImportOutcome] = {}
        # Places that some record of the batch hid, and hides no more.
        self.freed: set[str] = set()
        # Records of whose places their organizations have said who may see them.
        self._told: dict[int, ImportRecord] = {}
        self._waiting: list[Numbered] = []
        ids: set[str] = set()
        for number, given in enumerate(request.records):
            read = record.read(request.source, given, places.table)
            if not isinstance(read, Imported):
                self._refuse(number, *read)
            elif read.id in ids:
                self._refuse(number, _REPEATED)
            else:
                ids.add(read.id)
                self._waiting.append((number, read))

    @property
    def records(self) -> list[Imported]:
        """The records that wait to be written."""
        return [one for _, one in self._waiting]

    async def hear_organizations(self, store: Store) -> None:
        """Read anew the records of whose places their organizations say who may see them."""
        said: dict[str, Document] = {}
        for noun in _KINDS:
            said |= await store.visibilities(noun, [one.id for one in self.records if one.noun == noun])
        for place, (number, one) in enumerate(self._waiting):
            if one.id in said:
                told_now = await self._as_told(number, one, Known(values={"visibilities": said[one.id]}))
                self._waiting[place] = (number, told_now)

    async def hide_what_others_hide(self) -> None:
        """Read anew the records that show a place of which another record says that it is confidential."""
        said = await self._places.said_elsewhere([one for _, one in self._waiting])
        for place, (number, one) in enumerate(self._waiting):
            if one.id in said:
                again = record.read(
                    self._request.source, self._given(number), self._places.table, said[one.id]
                )
                if isinstance(again, Imported):  # it was good before, and stubs are good
                    self._waiting[place] = (number, again)

    async def refuse_strays(self, store: Store) -> None:
        """Refuse the services whose organization is not there."""
        needed = {number: one.needs_organization for number, one in self._waiting if one.needs_organization}
        known = await store.known("organization", set(needed.values()))
        for number, organization in needed.items():
            if organization not in known:
                self._refuse(number, _STRAY)
        self._forget_settled()

    async def write(self, store: Store, noun: Noun) -> None:
        """Write the noun's records that are new or have changed."""
        for _ in range(ROUNDS):
            mine = [(number, one) for number, one in self._waiting if one.noun == noun]
            if not mine:
                return
            await self._try(store, noun, mine)
            self._forget_settled()
        for number, one in self._waiting:
            if one.noun == noun:
                self._refuse(number, _CONTENDED)
        self._forget_settled()

    async def _try(self, store: Store, noun: Noun, mine: Sequence[Numbered]) -> None:
        at = datetime.now(UTC)
        # In this order: what is sealed is written before its record, so a record that is there has it.
        known = await store.known(noun, [one.id for _, one in mine])
        mine = [(number, await self._as_told(number, one, known.get(one.id, NEW))) for number, one in mine]
        sealing = _Sealing(self._places, [one for _, one in mine])
        await sealing.look()
        news = [one for _, one in mine if self._is_news(one, known.get(one.id, NEW), sealing)]
        new_ids = {one.id for one in news}
        changes = [self._change(one, known.get(one.id, NEW), at) for one in news]
        await sealing.keep(news, at)
        taken = await store.save(noun, changes)
        self.freed |= await sealing.forget([one for one in news if one.id not in taken], at)
        for number, one in mine:
            if one.id not in taken:
                word = self._word(one, known.get(one.id, NEW), one.id in new_ids)
                self.outcomes[number] = ImportOutcome(outcome=word, id=one.id, mended=one.mended)

    async def _as_told(self, number: int, one: Imported, known: Known) -> Imported:
        """The record, with what its organization says of who may see its places: no import says otherwise."""
        said = known.values.get("visibilities")
        if not said:
            return one
        given = self._request.records[number]
        words = {place: word["visibility"] for place, word in said.items()}
        whole = told(given.record, self._request.source, words)
        mine = msgspec.structs.replace(given, record=whole)
        self._told[number] = mine
        read = record.read(self._request.source, mine, self._places.table)
        if not isinstance(read, Imported):
            return one
        others = await self._places.said_elsewhere([read])
        if one.id in others:
            again = record.read(self._request.source, mine, self._places.table, others[one.id])
            return again if isinstance(again, Imported) else one
        return read

    def _given(self, number: int) -> ImportRecord:
        return self._told.get(number) or self._request.records[number]

    def _is_back(self, known: Known) -> bool:
        return self._edits.fresh and bool(known.values.get("disappeared"))

    def _is_vouched_for(self, one: Imported, known: Known) -> bool:
        return one.noun == "organization" and (self._verified or known.verified)

    def _is_news(self, one: Imported, known: Known, sealing: "_Sealing") -> bool:
        if known.hash != one.hash or self._is_back(known) or sealing.is_news(one):
            return True
        return self._is_vouched_for(one, known) is not known.verified

    def _word(self, one: Imported, known: Known, is_news: bool) -> Literal["created", "updated", "unchanged"]:
        if not known.revision:
            return "created"
        return "updated" if is_news else "unchanged"

    def _change(self, one: Imported, known: Known, at: datetime) -> Change:
        # What the organization has edited itself stays as it says.
        kept = self._edits.kept(one, known)
        if self._is_back(known):
            kept = kept | {"disappeared": None}
        elif known.values.get("disappeared"):
            kept = {name: value for name, value in kept.items() if name != "status"}
        fields = kept | ({"verified": True} if self._is_vouched_for(one, known) else {})
        after = known.values | one.fields | fields
        event = record.changed_event(one.noun, one.id, after, known.n + 1, at, before=known.values)
        return Change(one.id, known, fields, event)

    def _refuse(self, number: int, *problems: FieldProblem) -> None:
        self.outcomes[number] = ImportOutcome(outcome="refused", problems=problems)

    def _forget_settled(self) -> None:
        self._waiting = [(number, one) for number, one in self._waiting if number not in self.outcomes]


class _Sealing:
    """What is confidential in some records: sealed before they are written, the old deleted after it."""

    def __init__(self, places: Places, records: Sequence[Imported]) -> None:
        self._places = places
        self._records = records
        self._there: dict[str, dict[str, str]] = {}
        self._sealed: dict[str, list[Sealed]] = {}

    async def look(self) -> None:
        """See what is sealed of these records already."""
        self._there = await self._places.sealed([one.id for one in self._records])
        self._sealed = {one.id: self._places.seal(one) for one in self._records if one.hidden}

    def is_news(self, one: Imported) -> bool:
        """Whether something else is sealed of a record than should be."""
        return self._wanted(one) != {key for key, place in self._of(one) if place not in one.stubs}

    async def keep(self, news: Sequence[Imported], at: datetime) -> None:
        """Write what these records need."""
        await self._places.keep([sealed for one in news for sealed in self._sealed.get(one.id, ())], at)

    async def forget(self, written: Sequence[Imported], at: datetime) -> set[str]:
        """Delete what these records do not say any more; of a place that came without it, it stays.

        Returns the places that they do not hide any more.
        """
        gone = {
            key: place
            for one in written
            for key, place in self._of(one)
            if key not in self._wanted(one) and place not in one.stubs
        }
        await self._places.forget(gone, at)
        return {place for one in written for place in one.shown} & set(gone.values())

    def _of(self, one: Imported) -> Iterable[tuple[str, str]]:
        return self._there.get(one.id, {}).items()

    def _wanted(self, one: Imported) -> set[str]:
        return {sealed.id for sealed in self._sealed.get(one.id, ())}
