"""What of a referral stands before the firewall, and what behind it: how far it came, and who is told how.

The stored document has, each only where it is so:

==========================  ===============================================================================
``sender_behind``           its sender was behind the firewall when it was sent: nobody there can be asked
``exception``               by which exception its receiver receives it (``firewall``), and
``exception_until``         until when; earlier, where the exception was ended
``has_ended``               it ended once, and was taken up again: how far it has come never goes back
==========================  ===============================================================================
"""

from datetime import datetime

from contracts.codes import ReferralStatus, Side
from contracts.progress import Progress, SentReferral, is_firewalled
from contracts.rpc import Actor
from services.referrals.document import Document
from services.referrals.statuses import TERMINAL


def progress_of(doc: Document) -> Progress:
    """Return how far a referral that was sent has come."""
    if doc.get("has_ended") or doc["status"] in TERMINAL:
        return Progress.ENDED
    return Progress.SENT if doc["status"] == ReferralStatus.SENT else Progress.RECEIVED


def progressed(before: Document, after: Document) -> Progress | None:
    """Return how far a change has brought it; None where that is no further than it was."""
    if before["status"] == ReferralStatus.DRAFT:
        return Progress.SENT if after["status"] == ReferralStatus.SENT else None
    come = progress_of(after)
    return None if come is progress_of(before) else come


def outline_of(doc: Document) -> SentReferral:
    """Return all that a sender sees that sees no more of it than how far it has come."""
    return SentReferral(folio=doc["folio"], progress=progress_of(doc))


# To a receiver that would ask a sender who sees none of it.
NOBODY_ANSWERS = (
    "The sender is behind the firewall: it is told that this was received and that it ended, no more. Decide "
    "without it; once you have accepted you may refer on. A coordinator can speak with it."
)


def is_behind(doc: Document) -> bool:
    """Whether its sender was behind the firewall when it sent it."""
    return bool(doc.get("sender_behind"))


def sent_by(actor: Actor) -> Document:
    """Return the fields of a referral that this actor sends."""
    return {"sender_behind": True} if is_firewalled(actor) else {}


def is_let_in(doc: Document, now: datetime) -> bool:
    """Whether an exception lets its receiver through the firewall now."""
    until: datetime | None = doc.get("exception_until")
    return until is not None and now < until


def sides(doc: Document, at: datetime) -> tuple[tuple[Side, ...], tuple[Side, ...]]:
    """Return of which sides an event of that moment tells the outline only, and which it does not tell."""
    outlined = [Side.SENDER] if is_behind(doc) else []
    if doc.get("exception_until") is None:
        return tuple(outlined), ()
    if is_let_in(doc, at):
        return (*outlined, Side.RECEIVER), ()
    return tuple(outlined), (Side.RECEIVER,)
