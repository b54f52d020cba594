"""What of an organization's feed only some of its people are told: one table, for pages and live streams.

The feed itself is T1. A sender that sees no more of a referral than how far it has come is told when that
changes, without type, status or version (decision 0025). And what says more than T1 by being there at all,
whatever its fields say, is told as T2 is shown: ``arrival_asked`` comes at the very hour at which somebody is
to arrive, and an override of a mandatory step exists for a child alone or a survivor only (decision 0016).
"""

import msgspec

from contracts.codes import Deadline, NetworkRole, Role, Scope
from contracts.events import ARRIVAL_OVERDUE, ASIDE_EVENTS, AUDIT_ATTESTED, DEADLINE_EVENTS
from contracts.notifications import PROGRESSED, FeedTold
from contracts.progress import SentReferral, has_intake_only, is_coordinator, is_firewalled
from contracts.rpc import Actor

PART = "notifications"

# Told to those who may know the person's circumstances (T2), by type; and, of whatever type, by deadline.
T2_TYPES = frozenset(
    {
        DEADLINE_EVENTS["arrival_asked"].type,
        ARRIVAL_OVERDUE.type,
        *(
            ASIDE_EVENTS[name].type
            for name in (
                "overridden",
                "override_reviewed",
                "step_overdue",
                "documents_demanded",
                "person_flagged",
                "person_unflagged",
                "consent_needed",
            )
        ),
    }
)
T2_DEADLINES = frozenset({Deadline.ARRIVE})
T2_ROLES = frozenset({Role.CASEWORKER, Role.MANAGER})
T2_SCOPE = Scope.REFERRALS_READ_PERSON


def told_to(entry: FeedTold, actor: Actor) -> FeedTold | None:
    """Return an entry of the actor's own feed as the actor may know it today; None where it may not.

    What was written before the organization was of its present kind is looked at as what is written now.
    """
    if entry.type == AUDIT_ATTESTED.type:
        return entry if reads_audit(actor, entry.relation) else None
    if is_firewalled(actor):
        return _behind_the_firewall(entry)
    if has_intake_only(actor):
        if entry.relation == "sender":
            return outline_of(entry)
        if entry.relation != "coordinator":
            return None
    return entry if may_know(entry, actor) else None


def reads_audit(actor: Actor, relation: str) -> bool:
    """Whether the actor may read the audit of its own organization (``owner``), or any (``auditor``)."""
    if is_firewalled(actor) or (actor.kind == "client" and Scope.AUDIT_READ not in actor.scopes):
        return False
    if NetworkRole.AUDITOR in actor.network_roles:
        return True
    return relation == "owner" and (actor.kind == "client" or Role.MANAGER in actor.roles)


def _behind_the_firewall(entry: FeedTold) -> FeedTold | None:
    if entry.relation == "sender":
        return outline_of(entry)
    if entry.relation == "receiver":
        return entry if entry.about is not None else None
    # What concerns its own entry in the directory is no more than everybody may know. It keeps no network.
    return entry if entry.relation != "coordinator" and entry.referral is None else None


def outline_of(entry: FeedTold) -> FeedTold | None:
    """Return what a sender is told that sees how far a referral has come, and no more; None for nothing."""
    if entry.referral is None:
        return entry if entry.sent is not None else None
    if entry.referral.progress is None:
        return None
    sent = SentReferral(folio=entry.referral.folio, progress=entry.referral.progress)
    return msgspec.structs.replace(entry, type=PROGRESSED, referral=None, sent=sent)


def may_know(entry: FeedTold, actor: Actor) -> bool:
    """Whether an entry of the actor's own feed is one that the actor may know of today.

    A coordinator hears of what is overdue, whatever that tells: somebody must act.
    """
    if entry.relation == "coordinator":
        return is_coordinator(actor)
    deadline = entry.referral and entry.referral.deadline
    if entry.type not in T2_TYPES and deadline not in T2_DEADLINES:
        return True
    if actor.kind == "client":
        return T2_SCOPE in actor.scopes
    return not T2_ROLES.isdisjoint(actor.roles)
