"""What of an organization's feed only some of its people are told: one table, for pages and live streams.

The feed itself is T1. What says more than that by being there at all, whatever its fields say, is told as T2
is shown: ``arrival_asked`` comes at the very hour at which somebody is to arrive, and an override of a
mandatory step exists for a child alone or a survivor only (decision 0016).
"""

from contracts.codes import Deadline, NetworkRole, Role, Scope
from contracts.events import ARRIVAL_OVERDUE, ASIDE_EVENTS, DEADLINE_EVENTS
from contracts.notifications import FeedTold
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


def may_know(entry: FeedTold, actor: Actor) -> bool:
    """Whether an entry of the actor's own feed is one that the actor may know of today.

    A coordinator hears of what is overdue, whatever that tells: somebody must act.
    """
    if entry.relation == "coordinator":
        return NetworkRole.COORDINATOR in actor.network_roles
    deadline = entry.referral and entry.referral.deadline
    if entry.type not in T2_TYPES and deadline not in T2_DEADLINES:
        return True
    if actor.kind == "client":
        return T2_SCOPE in actor.scopes
    return not T2_ROLES.isdisjoint(actor.roles)
