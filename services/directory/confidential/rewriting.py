"""Reads one entry anew where its places are to be shown or hidden, and writes it as an import does.

What is sealed is written before the record that has a stub of it, and what is no longer said is deleted after
it: whenever it is cut off, nothing is shown that was hidden, and nothing is lost.
"""

from datetime import UTC, datetime
from typing import Any

from contracts.directory import ImportRecord
from services.directory import record
from services.directory.confidential.places import Places
from services.directory.confidential.restoring import Contents, restored
from services.directory.ids import Noun
from services.directory.record import Imported
from services.directory.store import Change, Known, Store

Document = dict[str, Any]
# Not the record's to say again: a coordinator's word, and who it is.
_KEPT = frozenset({"verified", "organization"})
TRIES = 20


def known_of(whole: Document) -> Known:
    """Return what a write has to know of a document that was read whole."""
    return Known(whole["revision"], whole["n"], None, whole.get("verified", False), whole)


def reread(
    noun: Noun, whole: Document, given: Document, places: Places, secret: frozenset[str] = frozenset()
) -> Imported | None:
    """Return an entry's record typed anew; None where today's rules refuse it."""
    if not whole.get("source"):
        return record.read_made(whole["_id"], whole["organization"], given, places.table, secret)
    kind = "organization" if noun == "organization" else "service"
    one = ImportRecord(kind=kind, record=given)  # type: ignore[arg-type] # one of the two
    read = record.read(whole["source"], one, places.table, secret)
    return read if isinstance(read, Imported) else None


def fields_of(read: Imported, whole: Document) -> Document:
    """Return what may be written of it: nothing that its organization edited, or that is not the record's."""
    # Of what its organization made, all is marked as edited, and only its places are read.
    edited = (whole.get("edited") or ()) if whole.get("source") else ()
    untouched = {*_KEPT, *edited, *(("status",) if whole.get("disappeared") else ())}
    return {name: value for name, value in read.fields.items() if name not in untouched}


async def seal(places: Places, read: Imported) -> datetime:
    """Write what is sealed of an entry, and return the moment of that."""
    at = datetime.now(UTC)
    await places.keep(places.seal(read), at)
    return at


async def forget(places: Places, read: Imported, at: datetime) -> None:
    """Delete what the entry does not hide any more; of a place that came without it, it stays."""
    wanted = {one.id for one in places.seal(read)}
    there = (await places.sealed([read.id])).get(read.id, {})
    gone = [key for key, place in there.items() if key not in wanted and place not in read.stubs]
    await places.forget(gone, at)


async def again(
    store: Store, places: Places, service: str, secret: frozenset[str], contents: Contents
) -> None:
    """Hide places in a service that its organization made, or show them, because another entry does.

    ``secret`` are to be hidden; ``contents`` is what was sealed of those that are to be shown.
    """
    for _ in range(TRIES):
        whole = (await store.get_whole("service", [service])).get(service)
        if whole is None or not whole.get("record"):
            return
        given = restored(record.as_data(whole["record"]), contents)
        read = reread("service", whole, given, places, secret)
        if read is None or await _written(store, places, whole, read):
            return


async def _written(store: Store, places: Places, whole: Document, read: Imported) -> bool:
    at = await seal(places, read)
    known, fields = known_of(whole), fields_of(read, whole)
    event = record.changed_event("service", read.id, whole | fields, known.n + 1, at, before=whole)
    change = Change(read.id, known, fields, event, action="changed")
    if await store.save("service", [change]):
        return False
    await forget(places, read, at)
    return True
