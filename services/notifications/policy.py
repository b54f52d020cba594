"""Who is told what: one table, applied when an entry is written and again whenever it is read."""

from typing import Literal

from contracts.codes import FIREWALLED, Role, Scope
from contracts.events import ARRIVAL_OVERDUE, REFERRAL_EVENTS, ReferralEvent
from contracts.rpc import Actor

Relation = Literal["sender", "receiver"]

BOTH: tuple[Relation, ...] = ("sender", "receiver")

# For each CloudEvents type, which relations hear of it.
TOLD: dict[str, tuple[Relation, ...]] = {
    **{event.type: BOTH for event in REFERRAL_EVENTS.values()},
    # Who accepted is asked whether the person arrived.
    ARRIVAL_OVERDUE.type: ("receiver",),
}


def audience(event_type: str, event: ReferralEvent) -> list[tuple[str, Relation]]:
    """The organizations that are told of an event, and why each."""
    parties: dict[Relation, str] = {"sender": event.sender, "receiver": event.receiver}
    return [(parties[relation], relation) for relation in TOLD.get(event_type, ())]


def may_read(actor: Actor) -> bool:
    """Whether an actor may read its organization's feed today."""
    if actor.organization is None or not actor.verified or actor.organization_kind in FIREWALLED:
        return False
    if actor.kind == "client":
        return Scope.FEED_READ in actor.scopes
    return bool(set(actor.roles) - {Role.INTAKE})


def still_told(event_type: str, relation: str) -> bool:
    """Whether an entry written in the past would be told today."""
    return relation in TOLD.get(event_type, ())
