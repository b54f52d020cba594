"""The history of organizations and services: who changed which fields, and when; written once, never again.

An entry is committed in the changed document itself, in the write that changes it, and the relay carries it
into the collection ``history`` before the change's event goes out. Its id is the noun's id and the revision
that the change made: so no change is without its entry, and a crash or a second relay makes no second one.
"""

from typing import TYPE_CHECKING, Any

from chassis.outbox import pending_insert

if TYPE_CHECKING:  # the store commits it, and is not needed to make it
    from services.directory.store import Change

HISTORY = "history"

Document = dict[str, Any]

# Not what anybody says of the noun: how it came here, what is kept beside it, and places that are free.
_SILENT = frozenset(
    {
        "_id",
        "hash",
        "record",
        "source",
        "source_id",
        "edited",
        "read_as",
        "remind_at",
        "releasing_since",
        "capacity",
        "idempotency",
        "visibilities",
    }
)


def pending(change: "Change") -> list[Document]:
    """Return the pending entry of a change's history; none where no field that is told of has changed."""
    fields = changed_fields(change.known.values, change.fields)
    if not fields and not change.action:
        return []
    revision = change.known.revision + 1
    document = {
        "noun": change.id,
        "revision": revision,
        "at": change.event["at"],
        "action": change.action or _action(change),
        "by": change.author or _author(change.fields),
        "fields": fields,
    }
    return [pending_insert(HISTORY, entry_id(change.id, revision), document, change.event["n"])]


def entry_id(noun_id: str, revision: int) -> str:
    """Return the id of the entry of one revision; those of a noun are in order."""
    return f"{noun_id}:{revision:010d}"


def changed_fields(before: Document, fields: Document) -> list[str]:
    """Return the names of the fields that get another value."""
    changed = {name for name, value in fields.items() if name not in _SILENT and before.get(name) != value}
    # Of what a source sends, only some fields are typed: the others, then.
    if not changed and fields.get("hash") != before.get("hash"):
        changed = {"record"}
    return sorted(changed)


def _action(change: "Change") -> str:
    if change.fields.get("source"):
        return "imported"
    return "changed" if change.known.revision else "created"


def _author(fields: Document) -> Document:
    source = fields.get("source")
    return {"kind": "source", "source": source} if source else {"kind": "operator"}
