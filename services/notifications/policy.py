"""Who is told what: one table, applied when an entry is written and again whenever it is read."""

from typing import Literal

from contracts.codes import FIREWALLED, NetworkRole, Role, Scope
from contracts.events import (
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    REFERRAL_EVENTS,
    SERVICE_REVIEW_DUE,
    AsideEvent,
    ReferralEvent,
)
from contracts.rpc import Actor

Party = Literal["sender", "receiver"]
Relation = Literal["sender", "receiver", "owner", "suggester", "proposer", "coordinator"]

BOTH: tuple[Relation, ...] = ("sender", "receiver")

# For each CloudEvents type, which relations hear of it.
TOLD: dict[str, tuple[Relation, ...]] = {
    **{event.type: BOTH for event in REFERRAL_EVENTS.values()},
    # The side that the event names.
    **{event.type: BOTH for event in ASIDE_EVENTS.values()},
    # Who accepted is asked whether the person arrived.
    ARRIVAL_OVERDUE.type: ("receiver",),
    # Who offers a service is reminded of its review, and told what others say is wrong; they, the outcome.
    SERVICE_REVIEW_DUE.type: ("owner",),
    CORRECTION_SUGGESTED.type: ("owner",),
    CORRECTION_DECIDED.type: ("suggester",),
    PROPOSAL_DECIDED.type: ("proposer",),
    # Who keeps the network hears that a proposal waits.
    PROPOSAL_MADE.type: ("coordinator",),
}


def audience(event_type: str, event: ReferralEvent) -> list[tuple[str, Party]]:
    """The organizations that are told of an event, and why each."""
    parties: dict[Party, str] = {"sender": event.sender, "receiver": event.receiver}
    told = (event.told,) if isinstance(event, AsideEvent) else TOLD.get(event_type, ())
    return [(organization, party) for party, organization in parties.items() if party in told]


def may_read(actor: Actor) -> bool:
    """Whether an actor may read its organization's feed today."""
    if actor.organization is None or not actor.verified or actor.organization_kind in FIREWALLED:
        return False
    if actor.kind == "client":
        return Scope.FEED_READ in actor.scopes
    return bool(set(actor.roles) - {Role.INTAKE})


def still_told(event_type: str, relation: str, actor: Actor) -> bool:
    """Whether an entry written in the past would be told to the actor today."""
    if relation == "coordinator" and NetworkRole.COORDINATOR not in actor.network_roles:
        return False
    return relation in TOLD.get(event_type, ())
