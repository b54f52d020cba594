"""The directory as public HSDS 3.0 records (T0), a bounded page at a time, in the order of the ids."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from contracts.directory import Capacity
from contracts.exchange import Exported, ExportRecords
from services.directory import public
from services.directory.capacity import capacity
from services.directory.exchange.store import ExchangeStore
from services.directory.ids import Noun
from services.directory.store import Document

# A page ends at the first of these; the bus carries a MiB.
MOST_BYTES = 400 * 1024
ENOUGH = 100


async def export(
    store: ExchangeStore, hidden: frozenset[str], wanted: Sequence[str], request: ExportRecords
) -> Exported:
    """Return the records with these ids, the next ones, or as many as a page bears.

    ``hidden`` are the places that anybody calls confidential.
    """
    noun: Noun = request.kind
    found = await store.whole(noun, wanted)
    places = await _places(store, noun, found)
    records: list[dict[str, Any]] = []
    size = 0
    after = request.after
    for noun_id in wanted:
        made = give_out(noun, found[noun_id], hidden, places.get(noun_id, ())) if noun_id in found else None
        size += len(msgspec.json.encode(made))
        if records and size > MOST_BYTES:
            break
        records += [made] if made is not None else []
        after = noun_id
    return Exported(records=tuple(records), after=after if wanted else None)


async def _places(
    store: ExchangeStore, noun: Noun, found: dict[str, Document]
) -> dict[str, tuple[Capacity, ...]]:
    """How many places these services have: as the network counted them, else as their import said."""
    if noun == "organization":
        return {}
    now = datetime.now(UTC)
    counted = await store.directory.capacity.seen(found)
    return {
        noun_id: capacity.view(counted.get(noun_id) or capacity.seeded(document), now)
        for noun_id, document in found.items()
    }


def give_out(
    noun: Noun, document: Document, hidden: frozenset[str], places: Iterable[Capacity] = ()
) -> dict[str, Any]:
    """Return a document's public record; a service's without its organization, which stands by itself."""
    if noun == "organization":
        return public.organization(document, hidden)
    return public.service(document, None, hidden, places)
