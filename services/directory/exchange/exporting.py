"""The directory as public HSDS 3.0 records (T0), a bounded page at a time, in the order of the ids."""

from typing import Any

import msgspec

from contracts.exchange import Exported, ExportRecords
from services.directory import public
from services.directory.exchange.hiding import Hiding
from services.directory.exchange.store import RANGES, ExchangeStore
from services.directory.ids import PREFIXES, Noun
from services.directory.store import Document

# A page ends at the first of these; the bus carries a MiB.
MOST_BYTES = 400 * 1024
ENOUGH = 100


async def export(store: ExchangeStore, hiding: Hiding, request: ExportRecords) -> Exported:
    """Return the next records.

    Ids are random, and sorting never uses the embedded database's index: so the ids are walked in a
    thousand small ranges, each read and sorted by itself.
    """
    noun: Noun = request.kind
    after = request.after or PREFIXES[noun]
    hidden = await hiding.fresh()
    records: list[dict[str, Any]] = []
    size = 0
    for letters in RANGES[_first_range(noun, after) :]:
        for document in await store.in_range(noun, letters, after):
            made = give_out(noun, document, hidden)
            size += len(msgspec.json.encode(made))
            if records and size > MOST_BYTES:
                return Exported(records=tuple(records), after=after)
            records.append(made)
            after = document["_id"]
        if len(records) >= ENOUGH:
            return Exported(records=tuple(records), after=max(after, f"{PREFIXES[noun]}{letters}~"))
    return Exported(records=tuple(records))


def give_out(noun: Noun, document: Document, hidden: frozenset[str]) -> dict[str, Any]:
    """Return a document's public record; a service's without its organization, which stands by itself."""
    if noun == "organization":
        return public.organization(document, hidden)
    return public.service(document, None, hidden)


def _first_range(noun: Noun, after: str) -> int:
    """Where to go on: the range in which the last id was."""
    begun = after.removeprefix(PREFIXES[noun])[:2]
    return next((at for at, letters in enumerate(RANGES) if letters >= begun), 0) if begun else 0
