"""What becomes of a consent after it was given: it is withdrawn, or objected to, and what follows. Pure.

In the document, beside the outline that ``issuing.outline`` keeps of it:

==================  ====================================================================================
``withdrawn_at``    when the person withdrew it: from then on the receiver's side may know nothing
``objected_at``     when she objected, where it rests on what no withdrawal ends
``erasure_at``      when the receiver said that it has erased what it had of her
==================  ====================================================================================
"""

from datetime import datetime
from typing import Any

from contracts.codes import Basis, Deadline
from contracts.reasons import CancelReason
from services.referrals.deadlines.duties import duty_of
from services.referrals.document import Document
from services.referrals.statuses import ARRIVABLE

# What her word does not end: it is recorded, and shown, that she objects.
BINDING = frozenset({Basis.LEGAL_OBLIGATION, Basis.BEST_INTERESTS_OF_THE_CHILD})


def is_binding(doc: Document) -> bool:
    """Whether the referral goes on also against the person's word."""
    return doc["basis"] in BINDING


def may_withdraw(doc: Document) -> bool:
    """Whether there is a consent, or another basis, that her word ends."""
    return bool(doc["n"]) and not is_binding(doc) and not is_withdrawn(doc)


def may_object(doc: Document) -> bool:
    """Whether her word is one to be recorded, and has not been yet."""
    return bool(doc["n"]) and is_binding(doc) and doc.get("objected_at") is None


def is_erasure_awaited(doc: Document) -> bool:
    """Whether the receiver has still to say that it has erased what it had of her."""
    return duty_of(doc, Deadline.CONFIRM_ERASURE) is not None


def is_withdrawn(doc: Document) -> bool:
    """Whether the consent, or what stood in its place, was withdrawn."""
    return doc.get("withdrawn_at") is not None


def effects(doc: Document, at: datetime) -> dict[str, Any]:
    """Return the fields that her word sets, which was said at that moment: until the start it cancels."""
    if is_binding(doc):
        return {"objected_at": at}
    reason = {"reason": CancelReason.PERSON_WITHDREW.value} if doc["status"] in ARRIVABLE else {}
    return {"withdrawn_at": at, **reason}
