"""How the consents stand that a sender has taken, and what is still out there. Pure.

Each state has its rule twice: for a document that is at hand, and as a condition of the database. They are
asked in the order of the codes, and the first that holds is the state; whatever fits none is in force.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.codes import Deadline, ReviewStatus
from contracts.consent_codes import ConsentState, ReceiverHolds
from services.referrals.deadlines.duties import duty_of
from services.referrals.document import Document
from services.referrals.statuses import REPORTED, REPORTED_FOR, TERMINAL

Doc = Mapping[str, Any]


@dataclass(frozen=True)
class _Rule:
    state: ConsentState
    holds: Callable[[Doc, datetime], bool]
    condition: Callable[[datetime], Document]


def is_run_out(doc: Doc, now: datetime) -> bool:
    """Whether the day is over until which its consent, or another basis, was said to be good."""
    return doc["until"] is not None and bool(doc["until"] <= now)


def run_out(now: datetime) -> Document:
    """Return the condition that finds what ``is_run_out``."""
    return {"until": {"$lte": now}}


def _is_due(doc: Doc, now: datetime, *of: Deadline) -> bool:
    return any((duty := duty_of(doc, one)) is not None and duty["by"] <= now for one in of)


def _is_over(doc: Doc, now: datetime) -> bool:
    """Whether its referral has ended, and nobody writes a report of it any more."""
    if doc["status"] in REPORTED:
        return bool(doc["ended_at"] + REPORTED_FOR <= now)
    return doc["status"] in TERMINAL


_RULES = (
    _Rule(
        ConsentState.WITHDRAWN,
        lambda doc, _: doc.get("withdrawn_at") is not None,
        lambda _: {"withdrawn_at": {"$ne": None}},
    ),
    _Rule(
        ConsentState.OVERDUE,
        lambda doc, now: _is_due(doc, now, Deadline.REVIEW_BASIS, Deadline.GIVE_BASIS),
        lambda now: {
            "$or": [
                {f"duties.{one}.by": {"$lte": now}} for one in (Deadline.REVIEW_BASIS, Deadline.GIVE_BASIS)
            ]
        },
    ),
    _Rule(
        ConsentState.UNDER_REVIEW,
        lambda doc, _: duty_of(doc, Deadline.REVIEW_BASIS) is not None,
        lambda now: {f"duties.{Deadline.REVIEW_BASIS}.by": {"$gt": now}},
    ),
    _Rule(
        ConsentState.ENDED,
        _is_over,
        lambda now: {
            "$or": [
                {"status": {"$in": sorted(TERMINAL - REPORTED)}},
                {"status": {"$in": sorted(REPORTED)}, "ended_at": {"$lte": now - REPORTED_FOR}},
            ]
        },
    ),
    _Rule(
        ConsentState.NOT_CONFIRMED,
        lambda doc, _: (doc.get("basis_review") or {}).get("status") == ReviewStatus.NOT_CONFIRMED,
        lambda _: {"basis_review.status": ReviewStatus.NOT_CONFIRMED.value},
    ),
    _Rule(
        ConsentState.RUN_OUT,
        is_run_out,
        run_out,
    ),
)


def state_of(doc: Doc, now: datetime) -> ConsentState | None:
    """Return how the consent of a referral stands; None where nobody was sent anything."""
    if not doc["n"] or doc["basis"] is None:
        return None
    return next((rule.state for rule in _RULES if rule.holds(doc, now)), ConsentState.IN_FORCE)


def stands(states: Iterable[ConsentState], now: datetime) -> Document:
    """Return the condition that finds what stands in one of those states."""
    return {"$or": [_stands(state, now) for state in sorted(set(states))]}


def _stands(state: ConsentState, now: datetime) -> Document:
    before: list[Document] = []
    for rule in _RULES:
        condition = rule.condition(now)
        if rule.state is state:
            return {**condition, "$nor": before} if before else condition
        before.append(condition)
    return {"$nor": before}


def ends_before(moment: datetime, now: datetime) -> Document:
    """Return the condition that finds consents that are in force, and run out before that moment."""
    return {"$and": [{"until": {"$lt": moment}}, stands((ConsentState.IN_FORCE,), now)]}


def unconfirmed() -> Document:
    """Return the condition that finds what is withdrawn, and not confirmed to be erased by the receiver."""
    return {f"duties.{Deadline.CONFIRM_ERASURE}.by": {"$ne": None}}


def held(doc: Doc, is_shown: bool) -> ReceiverHolds | None:
    """Return what the receiver has of the person; ``is_shown``, whether anything is open to it now."""
    if not doc["n"]:
        return None
    if is_shown:
        return ReceiverHolds.SHOWN
    return ReceiverHolds.COPIES if doc.get("erasure_at") is None else ReceiverHolds.ERASED
