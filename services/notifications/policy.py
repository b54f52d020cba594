"""Who is told what: one table, applied when an entry is written and again whenever it is read."""

from typing import Literal

from contracts.codes import Scope
from contracts.events import (
    AGREEMENT_EVENTS,
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    AUDIT_ATTESTED,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    DEADLINE_EVENTS,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    READING_FLAGGED,
    REFERRAL_EVENTS,
    SERVICE_REVIEW_DUE,
    AsideEvent,
    DeadlineEvent,
    ReferralEvent,
)
from contracts.notifications import (
    BROADCAST_ENDED,
    BROADCAST_SENT,
    NOTICES_STOPPED,
    PROGRESSED,
    WEBHOOK_DISABLED,
    FeedTold,
)
from contracts.rpc import Actor
from contracts.telling import told_to

Relation = Literal[
    "sender",
    "receiver",
    "owner",
    "suggester",
    "proposer",
    "coordinator",
    "auditor",
    "addressed",
    "subscriber",
    "grantor",
]

BOTH: tuple[Relation, ...] = ("sender", "receiver")
ALSO_COORDINATORS: tuple[Relation, ...] = (*BOTH, "coordinator")
WATCHED = ("overdue", "escalated", "unchanged", "erased")

# For each CloudEvents type, which relations hear of it.
TOLD: dict[str, tuple[Relation, ...]] = {
    # What happens to a referral itself; nothing that is beside its course is a subscriber's to hear.
    **{event.type: (*BOTH, "subscriber") for event in REFERRAL_EVENTS.values()},
    # The side that the event names.
    **{event.type: BOTH for event in ASIDE_EVENTS.values()},
    # Those that the event names; coordinators hear of what is overdue, and of nothing before.
    **{event.type: BOTH for event in DEADLINE_EVENTS.values()},
    **{DEADLINE_EVENTS[name].type: ALSO_COORDINATORS for name in WATCHED},
    # Coordinators look after what is overdue, and after what is denied to whom it is owed.
    ASIDE_EVENTS["step_overdue"].type: ALSO_COORDINATORS,
    ASIDE_EVENTS["documents_demanded"].type: ALSO_COORDINATORS,
    PROGRESSED: BOTH,
    # Who accepted is asked whether the person arrived.
    ARRIVAL_OVERDUE.type: ("receiver",),
    # Who offers a service is reminded of its review, and told what others say is wrong; they, the outcome.
    SERVICE_REVIEW_DUE.type: ("owner",),
    CORRECTION_SUGGESTED.type: ("owner",),
    CORRECTION_DECIDED.type: ("suggester",),
    PROPOSAL_DECIDED.type: ("proposer",),
    # Who keeps the network hears that a proposal waits.
    PROPOSAL_MADE.type: ("coordinator",),
    # And whom another of them lets through the firewall.
    EXCEPTION_MADE.type: ("coordinator",),
    EXCEPTION_ENDED.type: ("coordinator",),
    # Whoever may read an audit may keep how far it had come; whose reading is unusual, coordinators look at.
    AUDIT_ATTESTED.type: ("owner", "auditor"),
    READING_FLAGGED.type: ("coordinator",),
    # Whom a coordinator alerts.
    BROADCAST_SENT: ("addressed",),
    BROADCAST_ENDED: ("addressed",),
    # The two whose agreement it is.
    **{event.type: ("subscriber", "grantor") for event in AGREEMENT_EVENTS.values()},
    # A member hears of it in the feed whose mail does not reach her, and so do her managers.
    NOTICES_STOPPED: ("owner",),
    WEBHOOK_DISABLED: ("owner",),
}


def audience(event_type: str, event: ReferralEvent) -> list[tuple[str, Relation]]:
    """The organizations that are told of an event, and why each; each once, a party as such."""
    parties: dict[Relation, str] = {"sender": event.sender, "receiver": event.receiver}
    told = (_sides(event) & set(TOLD.get(event_type, ()))) - set(event.untold)
    found: list[tuple[str, Relation]] = [(one, party) for party, one in parties.items() if party in told]
    if isinstance(event, DeadlineEvent | AsideEvent) and "coordinator" in TOLD.get(event_type, ()):
        known = {organization for organization, _ in found}
        found += [(one, "coordinator") for one in event.coordinators if one not in known]
    return found


def _sides(event: ReferralEvent) -> set[str]:
    """Which parties an event is for."""
    if isinstance(event, AsideEvent):
        return {event.told}
    return set(event.told) if isinstance(event, DeadlineEvent) else set(BOTH)


# Who of a verified organization ``may_read``, in a refusal's words.
NOT_A_READER = "Reading the feed takes the scope feed:read (of a member, a role)."


def may_read(actor: Actor) -> bool:
    """Whether an actor may read its organization's feed today."""
    if actor.organization is None or not actor.verified:
        return False
    return Scope.FEED_READ in actor.scopes if actor.kind == "client" else bool(actor.roles)


def still_told(entry: FeedTold, actor: Actor, in_force: frozenset[str] = frozenset()) -> FeedTold | None:
    """Return an entry written in the past as it would be told to the actor today; None where it would not.

    ``in_force`` are the agreements by which the actor's organization hears of others' referrals now.
    """
    return told_to(entry, actor, in_force) if entry.relation in TOLD.get(entry.type, ()) else None
