"""What the two parties of a referral write to one another, beside its course: no change of status or version.

A message is sealed with the key of what the receiver may read at that moment: T2 before acceptance, T3 after.
Where it may read nothing any more, nothing can be written, since nobody would ever read it. In the document:

==========================  ===============================================================================
``messages``                one for each, oldest first, never rewritten: whose, when, ``note`` (encrypted)
``read_marks``              up to which message a side has read the other's, and when; each goes further
``unread_sender`` …         how many of the other's messages a side has not marked as read
==========================  ===============================================================================
"""

from datetime import datetime
from typing import Any

from chassis.problems import FirewalledError, InvalidError, WrongStatusError
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.talk import ReferralMessage
from services.referrals.document import Document
from services.referrals.errors import ByTelephoneError, TooManyError
from services.referrals.fields import T2, T3
from services.referrals.outlined import NOBODY_ANSWERS, is_behind
from services.referrals.reported import answers_by_telephone
from services.referrals.roles import RECEIVER, SENDER, Party
from services.referrals.tiers import entry_tiers, masked, receivers_stage

# For each side, so that neither can fill the other's room; and a document stays of a size to be written.
MOST_OF_A_SIDE = 100


def key_for(doc: Document, side: str, now: datetime) -> str:
    """Return the name of the key that seals a message which that side writes now: ``t2`` or ``t3``.

    Raises:
        WrongStatusError: the receiver may read nothing of the referral: it has ended, or consent ran out.
        ByTelephoneError: the receiver answers by telephone.
        FirewalledError: the sender is behind the firewall, and reads nothing.
        TooManyError: that side has written as many as it may.
    """
    stage = receivers_stage(doc, now)
    if T2 not in stage or doc["n"] == 0:
        raise WrongStatusError(
            Sentence(
                "The referral is {status}, or its consent has run out: "
                "the receiver would not read the message. Telephone.",
                status=doc["status"].upper(),
            )
        )
    if side == RECEIVER and is_behind(doc):
        raise FirewalledError(NOBODY_ANSWERS)
    if answers_by_telephone(doc) and side == SENDER:
        raise ByTelephoneError("The receiver answers by telephone and would not read the message.")
    if sum(one["side"] == side for one in messages_of(doc)) >= MOST_OF_A_SIDE:
        words = "Your side has written {most} messages on this referral: telephone."
        raise TooManyError(Sentence(words, most=MOST_OF_A_SIDE))
    return "t3" if T3 in stage else "t2"


def messages_of(doc: Document) -> list[Document]:
    """Return a referral's messages; there may be none yet."""
    found: list[Document] = doc.get("messages") or []
    return found


def marks_of(doc: Document) -> list[Document]:
    """Return the marks of what was read."""
    found: list[Document] = doc.get("read_marks") or []
    return found


def written(doc: Document, side: str, actor: Actor, note: bytes, now: datetime) -> Document:
    """Return a new message as it is stored."""
    return {
        "n": len(messages_of(doc)) + 1,
        "at": now,
        "side": side,
        "organization": actor.organization,
        "actor": f"{actor.kind}:{actor.id}",
        "on_behalf_of": actor.on_behalf_of,
        "note": note,
    }


def marked(doc: Document, side: str, up_to: int, now: datetime) -> Document | None:
    """Return a mark as it is stored; None where it says nothing new.

    Raises:
        InvalidError: there are not as many messages.
    """
    count = len(messages_of(doc))
    if up_to > count:
        message = Sentence("There are {count} messages.", count=count)
        raise InvalidError(message, (FieldProblem(path=("up_to",), message=message),))
    if _unread(doc, side, up_to) == doc.get(f"unread_{side}", 0):
        return None
    return {"side": side, "up_to": up_to, "at": now}


def unread_after(doc: Document, mark: Document) -> Document:
    """Return the field that a mark changes."""
    return {f"unread_{mark['side']}": _unread(doc, mark["side"], mark["up_to"])}


def _unread(doc: Document, side: str, up_to: int) -> int:
    """How many of the other's messages that side has not read, once it has read up to there."""
    before = [mark["up_to"] for mark in marks_of(doc) if mark["side"] == side]
    furthest = max([up_to, *before])
    return sum(one["side"] != side and one["n"] > furthest for one in messages_of(doc))


def view(doc: Document, message: Document, party: Party, text: str | None, now: datetime) -> ReferralMessage:
    """Make one message as that party may see it now; ``text`` is what was decrypted of it."""
    is_own = message["organization"] == party.actor.organization
    values: dict[str, Any] = {
        **{name: message[name] for name in ("n", "at", "side", "organization")},
        "on_behalf_of": message["on_behalf_of"] if is_own else None,
        "text": text,
        "read_at": _read_at(doc, message),
    }
    return masked(ReferralMessage, values, entry_tiers(doc, message, party, now))


def _read_at(doc: Document, message: Document) -> datetime | None:
    """When the other side first said that it has read it."""
    marks = (
        mark["at"]
        for mark in marks_of(doc)
        if mark["side"] != message["side"] and mark["up_to"] >= message["n"]
    )
    return next(marks, None)
