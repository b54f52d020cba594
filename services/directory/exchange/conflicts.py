"""Fields that an organization has edited itself and its source says otherwise: a person decides.

No import overwrites such a field. The conflict is noted once for each value of the source: who has decided
to keep the organization's is asked again only when the source says something new.
"""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from contracts.exchange import Conflict, Conflicts, DecideConflict, ListConflicts
from services.directory import record
from services.directory.exchange.errors import ConflictNotFoundError
from services.directory.exchange.store import ExchangeStore
from services.directory.ids import Noun
from services.directory.store import Change, Document, Known

MOST = 100
# Addresses may be confidential: of these no value is kept here, and none is shown.
_UNSHOWN = frozenset({"locations"})


async def note(store: ExchangeStore, noun: Noun, known: Known, theirs: dict[str, Any], at: datetime) -> int:
    """Note the conflicts between what the source says now and what its organization edited; count the new."""
    new = 0
    noun_id = known.values["_id"]
    for field in sorted(known.edited & theirs.keys()):
        ours = known.values.get(field)
        if plain(theirs[field]) == plain(ours):
            continue
        conflict_id = f"{noun_id}:{field}"
        digest = _digest(theirs[field])
        before = await store.conflict(conflict_id)
        if before and before["digest"] == digest and before["status"] in ("open", "kept"):
            continue
        shown = field not in _UNSHOWN
        await store.put_conflict(
            {
                "_id": conflict_id, "noun": noun, "noun_id": noun_id, "field": field, "status": "open",
                "source": known.values.get("source"), "name": known.values["name"], "digest": digest,
                "theirs": theirs[field] if shown else None, "ours": ours if shown else None,
                "shown": shown, "found_at": at,
            }
        )  # fmt: skip
        new += 1
    return new


async def list_conflicts(store: ExchangeStore, request: ListConflicts) -> Conflicts:
    """Return a page of the conflicts that wait, with the names and values that hold now.

    Since a conflict was noted its organization may have edited on.
    """
    waiting = await store.open_conflicts(request.source)
    page = [one for one in waiting if request.after is None or one["_id"] > request.after][:MOST]
    now: dict[str, Document] = {}
    for noun in {one["noun"] for one in page}:
        found = await store.directory.known(noun, [one["noun_id"] for one in page if one["noun"] == noun])
        now |= {noun_id: known.values for noun_id, known in found.items()}
    items = tuple(_view(one, now.get(one["noun_id"])) for one in page)
    return Conflicts(items=items, total=len(waiting))


async def decide(store: ExchangeStore, request: DecideConflict) -> Conflict:
    """Do what a person decided, and return the conflict.

    To take is to write the source's value, and to let the source say from now on. Where the value is not
    kept here (an address), the source's next import brings it.

    Raises:
        ConflictNotFoundError: no such conflict waits.
    """
    stored = await store.conflict(request.id)
    if stored is None or stored["status"] != "open":
        raise ConflictNotFoundError(f"No conflict {request.id} waits for a decision.")
    if request.decision == "take":
        await _take(store, stored)
    await store.settle_conflict(request.id, "taken" if request.decision == "take" else "kept")
    return _view(stored)


async def _take(store: ExchangeStore, conflict: Document) -> None:
    directory, noun, noun_id = store.directory, conflict["noun"], conflict["noun_id"]
    field = conflict["field"]
    while True:
        known = (await directory.known(noun, [noun_id])).get(noun_id)
        if known is None or field not in known.edited:
            return
        at = await directory.now()
        edited = {name: value for name, value in known.values["edited"].items() if name != field}
        # Without its hash the record is news to the next import, which brings what is not kept here.
        fields: dict[str, Any] = {"edited": edited, "hash": None}
        if conflict["shown"]:
            fields[field] = conflict["theirs"]
        after = known.values | fields
        event = record.changed_event(noun, noun_id, after, known.n + 1, at, before=known.values)
        change = Change(noun_id, known, fields, event, action="conflict_taken")
        if not await directory.save(noun, [change]):
            return


def plain(value: Any) -> Any:
    """The value as JSON has it: enumerations are words, tuples lists, moments texts."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(plain(value), order="deterministic")).hexdigest()


def _view(stored: Document, now: Document | None = None) -> Conflict:
    """``now`` is the record as it is now, where that is known."""
    name = (now or {}).get("name") or stored["name"]
    ours = now.get(stored["field"]) if now is not None and stored["shown"] else stored["ours"]
    return Conflict(
        id=stored["_id"],
        kind=stored["noun"],
        noun_id=stored["noun_id"],
        name=name,
        field=stored["field"],
        source=stored["source"] or "",
        theirs=plain(stored["theirs"]),
        ours=plain(ours),
        shown=stored["shown"],
        found_at=stored["found_at"],
    )
