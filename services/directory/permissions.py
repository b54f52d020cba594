"""Tells who changed who may do what: events of clients and members, for the audit. Ids and codes only."""

from datetime import datetime
from typing import Any

from chassis.outbox import pending_event
from contracts.events import CLIENT_CHANGED, MEMBER_CHANGED, EventType, PermissionEvent
from contracts.rpc import Actor

Document = dict[str, Any]
TYPES: dict[str, EventType] = {"client": CLIENT_CHANGED, "member": MEMBER_CHANGED}


def who(actor: Actor | None) -> dict[str, str]:
    """Return who acted, as an event says it; the operator where nobody is named."""
    if actor is None:
        return {"by_kind": "operator", "by": "operator"}
    said = {"by_organization": actor.organization, "on_behalf_of": actor.on_behalf_of}
    return {"by_kind": actor.kind, "by": actor.id, **{name: one for name, one in said.items() if one}}


def of_organization(before: Document, after: Document) -> str | None:
    """Return what of an organization's permissions a change of it changes; None for nothing.

    Of one that is new nothing: nobody acts for it yet, and whoever comes to is told of. By its kind it stands
    before or behind the firewall.
    """
    if not before:
        return None
    if bool(before.get("verified")) != bool(after.get("verified")):
        return "verified" if after.get("verified") else "unverified"
    return "kind_changed" if before.get("kind") != after.get("kind") else None


def told(action: str, before: Document, after: Document, actor: Actor | None, at: datetime) -> Document:
    """Return the fields that a client or member has after a change, its event among what is pending.

    ``action`` begins with the noun: ``client_revoked``. ``before`` is empty for a new one.
    """
    n = before.get("n", 0) + 1
    noun = action.split("_", 1)[0]
    data = PermissionEvent(
        id=after["_id"], n=n, at=at, organization=after["organization"], action=action, **who(actor)
    )
    event = pending_event(TYPES[noun].type, after["_id"], n, at, data)
    return {"n": n, "pending": [*(before.get("pending") or ()), event], "pending_since": at}


def unchanged(stored: Document) -> Document:
    """Return the condition that nobody else has told of the client or member since it was read."""
    return {"n": stored.get("n")}
