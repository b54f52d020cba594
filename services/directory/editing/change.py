"""An entry of the history, as somebody may see it."""

from typing import Any

from contracts.editing import DirectoryChange
from contracts.rpc import Actor
from services.directory import allowed


def view(entry: dict[str, Any], actor: Actor) -> DirectoryChange:
    """Return the entry. Which client it was is its own organization's business, and the operator's."""
    by = entry["by"]
    own = by.get("organization") is not None and by["organization"] == actor.organization
    return DirectoryChange(
        version=entry["revision"],
        at=entry["at"],
        action=entry["action"],
        by=by["kind"],
        fields=tuple(entry["fields"]),
        organization=by.get("organization"),
        client=by.get("client") if own or allowed.is_operator(actor) else None,
        source=by.get("source"),
    )
