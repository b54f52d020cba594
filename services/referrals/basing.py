"""The lawful basis of a referral where it is not consent: a second member reviews it within a day. Pure.

On the document ``basis_review`` says how that stands, and is not there where the basis is consent:
``status`` (``ReviewStatus``), ``who`` said that this is the basis, and, once it is reviewed, ``at``,
``reviewer`` and ``by``, her name where she is the sender's own. What is owed for it is one of the ``duties``.
``closes`` are the tiers that are closed to the receiver, ``refusals`` how many reviews have closed them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.codes import Basis, Deadline, OrganizationKind, Priority, ReviewStatus
from contracts.referrals import Consent
from contracts.rpc import Actor
from services.referrals.deadlines import duties
from services.referrals.deadlines.points import marks
from services.referrals.document import Document
from services.referrals.fields import T2, T3, T4
from services.referrals.roles import COORDINATOR, SENDER, Party, tiers_of
from services.referrals.second import is_second, own_name, who
from services.referrals.statuses import UNDER_WAY

Doc = Mapping[str, Any]
# What is reviewed is why: T2.
READS = "T2"


def begun(doc: Doc, consent: Consent | None, actor: Actor, now: datetime) -> Document:
    """Return the fields of a referral whose basis is said, or said anew, by that actor."""
    if consent is None or consent.basis is Basis.CONSENT:
        return {"basis_review": None, **_settled(doc)} if doc.get("basis_review") else {}
    review = {"status": ReviewStatus.DUE.value, "who": who(actor), **_refused_before(doc)}
    after = {**doc, **_settled(doc)}
    return {"basis_review": review, **duties.begun(after, Deadline.REVIEW_BASIS, now)}


def _refused_before(doc: Doc) -> Document:
    """What of earlier reviews counts: saying a basis again opens for a day what one refusal has closed.

    After a second, or a prosecutor's first, nothing opens until it is confirmed: else it were always open.
    """
    before = doc.get("basis_review") or {}
    refusals, closes = before.get("refusals", 0), before.get("closes", ())
    if not refusals:
        return {}
    stays = refusals > 1 or T2 in closes
    return {"refusals": refusals, "closes": closes if stays else []}


def _settled(doc: Doc) -> Document:
    for what in (Deadline.REVIEW_BASIS, Deadline.GIVE_BASIS):
        doc = {**doc, **duties.done(doc, what)}
    return {"duties": doc["duties"]}


def is_refused(doc: Doc) -> bool:
    """Whether a review has not confirmed it: whoever says it again asks for another."""
    return _status(doc) == ReviewStatus.NOT_CONFIRMED


def is_awaited(doc: Doc) -> bool:
    """Whether its basis has still to be reviewed."""
    return _status(doc) == ReviewStatus.DUE


def was_reviewed(doc: Doc) -> bool:
    """Whether its basis has been reviewed, whatever came of it."""
    return _status(doc) in {ReviewStatus.CONFIRMED, ReviewStatus.NOT_CONFIRMED}


def closed(doc: Doc) -> frozenset[str]:
    """Return the tiers that are closed to the receiver, since a review did not confirm the basis.

    It was decided at the review: nothing that the sender says of the referral opens them again.
    """
    return frozenset((doc.get("basis_review") or {}).get("closes", ()))


def _closing(doc: Doc, receiver: OrganizationKind | None) -> list[str]:
    """The tiers that a refusal closes: those that an answer does not need.

    In an emergency none, for a life must not hang on whether somebody finds another basis in time; but what
    was said to be one only after a refusal is none. A prosecutor has nothing without what the law asks for.
    """
    if receiver is OrganizationKind.PROSECUTOR:
        return [T2, T3, T4]
    if doc["priority"] == Priority.EMERGENCY and not doc["basis_review"].get("refusals"):
        return []
    return [T3, T4]


def _status(doc: Doc) -> str | None:
    review = doc.get("basis_review")
    return review["status"] if review else None


def may_review(doc: Doc, party: Party, now: datetime) -> bool:
    """Whether the party may review it, as far as that is known without asking who else there is."""
    if party.relation == COORDINATOR:
        return is_overdue(doc, now) and who(party.actor) is not None
    first = (doc.get("basis_review") or {}).get("who")
    return party.relation == SENDER and READS in tiers_of(party.actor) and is_second(first, party.actor)


def is_overdue(doc: Doc, now: datetime) -> bool:
    """Whether the review should have come by now."""
    duty = duties.duty_of(doc, Deadline.REVIEW_BASIS)
    return duty is not None and duty["by"] <= now


def reviewed(
    doc: Doc,
    confirm: bool,
    actor: Actor,
    at: datetime,
    now: datetime,
    *,
    receiver: OrganizationKind | None = None,
) -> Document:
    """Return the fields after the review; ``doc`` is the document with all else that it changes.

    ``receiver`` is the kind of its receiver; None where it is confirmed, or nobody knows that kind.
    What is not confirmed needs another basis within a day, or it ends: where it has not ended already.
    """
    status = ReviewStatus.CONFIRMED if confirm else ReviewStatus.NOT_CONFIRMED
    by = own_name(actor, doc["sender"])
    said = {"status": status.value, "at": at, "reviewer": who(actor), "by": by}
    before = doc["basis_review"]
    closes = [] if confirm else _closing(doc, receiver)
    refusals = before.get("refusals", 0) + bool(closes)
    fields: Document = {"basis_review": {**before, **said, "closes": closes, "refusals": refusals}}
    if not confirm and doc["status"] in UNDER_WAY:
        fields |= duties.begun(doc, Deadline.GIVE_BASIS, now)
    after = {**doc, **fields}
    return {**fields, **marks(after.get("clock"), after)}
