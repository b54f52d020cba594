"""What of an organization's feed only some of its people are told: one table, for pages and live streams.

What somebody hears by an agreement is told for as long as that is in force, which the notifications service
knows: whoever does not say which agreements are tells none of it (decision 0035).

The feed itself is T1. A sender that sees no more of a referral than how far it has come is told when that
changes, without type, status or version (decision 0025). And what says more than T1 by being there at all,
whatever its fields say, is told as T2 is shown: ``arrival_asked`` comes at the very hour at which somebody is
to arrive, and an override of a mandatory step exists for a child alone or a survivor only (decision 0016).
"""

from collections.abc import Callable

import msgspec

from contracts.codes import NEVER_SUBSCRIBERS, Deadline, NetworkRole, Priority, Role, Scope
from contracts.events import ARRIVAL_OVERDUE, ASIDE_EVENTS, AUDIT_ATTESTED, DEADLINE_EVENTS
from contracts.notifications import NOTICES_STOPPED, PROGRESSED, FeedReferral, FeedTold
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
T2_DEADLINES = frozenset({Deadline.ARRIVE, Deadline.REVIEW_OVERRIDE})
T2_ROLES = frozenset({Role.CASEWORKER, Role.MANAGER})
T2_SCOPE = Scope.REFERRALS_READ_PERSON


# By these it has come to light that nobody acts; and by these, that it is the receiver who does not.
_LATE = frozenset(DEADLINE_EVENTS[name].type for name in ("overdue", "escalated"))
_ANSWERS = frozenset({Deadline.RECEIVE, Deadline.DECIDE})


def unanswered_emergency(entry: FeedTold) -> FeedReferral | None:
    """Return of which emergency an entry says that its receiver is silent: then somebody has to telephone."""
    about = entry.referral
    if entry.type not in _LATE or about is None or about.deadline not in _ANSWERS:
        return None
    return about if about.priority is Priority.EMERGENCY else None


def told_to(entry: FeedTold, actor: Actor, in_force: frozenset[str] = frozenset()) -> FeedTold | None:
    """Return an entry of the actor's own feed as the actor may know it today; None where it may not.

    What was written before the organization was of its present kind is looked at as what is written now.
    ``in_force`` are the agreements that let its organization hear of others' referrals now.
    """
    if is_by_agreement(entry):
        return (
            entry if _hears_by_agreement(entry, actor) and not in_force.isdisjoint(entry.agreements) else None
        )
    if entry.type in _APART:
        return entry if _APART[entry.type](entry, actor) else None
    if is_firewalled(actor):
        return _behind_the_firewall(entry)
    if has_intake_only(actor):
        if entry.relation == "sender":
            return outline_of(entry)
        if entry.relation != "coordinator":
            return None
    return entry if may_know(entry, actor) else None


def is_by_agreement(entry: FeedTold) -> bool:
    """Whether an entry tells of a referral to somebody who is no party of it."""
    return entry.relation == "subscriber" and entry.subject is None


def _hears_by_agreement(entry: FeedTold, actor: Actor) -> bool:
    """Whether the actor's organization may be a subscriber today, and the entry is T1 and no more."""
    if actor.organization_kind in NEVER_SUBSCRIBERS or has_intake_only(actor):
        return False
    return entry.referral is not None and entry.referral.deadline is None and entry.type not in T2_TYPES


def reads_audit(actor: Actor, relation: str) -> bool:
    """Whether the actor may read the audit of its own organization (``owner``), or any (``auditor``)."""
    if is_firewalled(actor) or (actor.kind == "client" and Scope.AUDIT_READ not in actor.scopes):
        return False
    if NetworkRole.AUDITOR in actor.network_roles:
        return True
    return relation == "owner" and (actor.kind == "client" or Role.MANAGER in actor.roles)


def looks_after(entry: FeedTold, actor: Actor) -> bool:
    """Whether it is about the actor's own mail, or the actor manages whose it is about."""
    own = entry.subject is not None and entry.subject.id == actor.id
    return own or actor.kind == "client" or Role.MANAGER in actor.roles


# Types that are told by a rule of their own.
_APART: dict[str, Callable[[FeedTold, Actor], bool]] = {
    AUDIT_ATTESTED.type: lambda entry, actor: reads_audit(actor, entry.relation),
    NOTICES_STOPPED: looks_after,
}


def _behind_the_firewall(entry: FeedTold) -> FeedTold | None:
    if entry.relation == "sender":
        return outline_of(entry)
    if entry.relation == "receiver":
        return entry if entry.about is not None else None
    # What concerns its own entry in the directory is no more than everybody may know. It keeps no network,
    # and is alerted of nothing: where people on the move arrive, or find no place.
    is_public = entry.relation not in {"coordinator", "addressed"} and entry.referral is None
    return entry if is_public else None


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
