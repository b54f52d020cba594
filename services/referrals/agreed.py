"""What there is to say of a referral's consent, stored and sealed; the tier filter shows what it may."""

from datetime import datetime
from typing import Any

import msgspec

from contracts.codes import Deadline, ReviewStatus
from services.referrals import guarding, overview
from services.referrals.deadlines.duties import duty_of
from services.referrals.document import Document
from services.referrals.roles import RECEIVER, SUBSCRIBER, Party
from services.referrals.sealed import Opened

Values = dict[str, Any]


def values(doc: Document, party: Party, opened: Opened, now: datetime, *, is_shown: bool) -> Values | None:
    """Return the values of a consent's fields by name, for that party; None in a draft without one.

    ``is_shown`` says whether anything is open to the receiver now. Of a ``child`` there are values again, or
    None.
    """
    if doc["basis"] is None:
        return None
    owed = duty_of(doc, Deadline.CONFIRM_ERASURE)
    return {
        **_sealed(opened),
        **_outline(doc, party, now),
        "receiver_holds": overview.held(doc, is_shown),
        "withdrawn_at": doc.get("withdrawn_at"),
        "objected_at": doc.get("objected_at"),
        "erasure_due_at": owed and owed["by"],
        "erasure_confirmed_at": doc.get("erasure_at"),
        **_review(doc),
    }


def _outline(doc: Document, party: Party, now: datetime) -> Values:
    until = doc["until"]
    if party.relation in {RECEIVER, SUBSCRIBER} and doc.get("withheld_since"):
        # It is to be as any that has run out: why it has would tell what she needs.
        until = min(until or doc["withheld_since"], doc["withheld_since"])
    return {
        "basis": doc["basis"],
        "given_at": doc["given_at"],
        # To whom it might end before its day it is never told, or that it did could be seen; nor to others.
        "until": None if guarding.is_consulate(party) or party.relation == SUBSCRIBER else until,
        "state": overview.state_of({**doc, "until": until}, now),
    }


def _sealed(opened: Opened) -> Values:
    """What of it was opened: the codes are T2, and of a child's view the words T3."""
    consent = opened.circumstances and opened.circumstances.consent
    found: Values = msgspec.structs.asdict(consent) if consent else {}
    if opened.categories_closed:
        found.pop("categories", None)
    found.pop("caregiver_suspected", None)
    child: Values = {}
    if consent and consent.child:
        child = {"view": consent.child.view, "explained": consent.child.explained}
    if opened.identity is not None:
        words = opened.identity.of_child
        found["caregiver_suspected"] = bool(words and words.caregiver_suspected)
        child |= {"explanation": words.explanation, "why": words.why} if words and child else {}
    return {**found, "child": child or None}


def _review(doc: Document) -> Values:
    """How the review of another basis than consent stands."""
    review, duty = doc.get("basis_review"), duty_of(doc, Deadline.REVIEW_BASIS)
    if not review:
        return {}
    return {
        "review_status": ReviewStatus(review["status"]),
        "review_due_at": duty and duty["by"],
        "reviewed_at": review.get("at"),
        "reviewed_by": review.get("by"),
    }
