"""A broadcast: the stored document, and the pure functions that make it and show it.

======================  ===========================================================================
``_id``                 HMAC of the caller and its idempotency key
``organization``        the coordinator that sent it
``kind text service``   what it says (``text`` sealed), and about which service
``sent_at until``       ``ended_at``: when it was taken back before ``until``
``kinds states needs``  to whom; ``addressed``: the organizations that this was when it was sent
``n``                   counts what is told of it: that it was sent, that it was taken back
``tell_since``          since when that is still to be told; not there where all is told
``gone_at``             when it is forgotten, with its receipts
``revision``            grows with every change; ``fingerprint``, ``idempotency``: keys (hashed) of those
======================  ===========================================================================

A receipt is one organization's: ``_id`` of both, ``organization broadcast sent_at``, and ``acknowledged_at``
with ``acknowledged_by`` once somebody there has.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.calls import Call
from contracts.broadcasts import MOST_DAYS, Broadcast, BroadcastKind, Receipt, SendBroadcast
from contracts.codes import FIREWALLED, Need, OrganizationKind, State
from contracts.notifications import BROADCAST_ENDED, BROADCAST_SENT, FeedSubject, FeedTold
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence

Document = dict[str, Any]

# As long as the feed is kept that names it.
KEPT_FOR = timedelta(days=90)
_FIREWALL = "Behind the firewall nobody is told where people on the move arrive, or find no place."


def problems(request: SendBroadcast, now: datetime) -> list[FieldProblem]:
    """Return what is wrong with an alert."""
    found = []
    if request.until <= now:
        found.append(FieldProblem(path=("until",), message="Must be in the future."))
    elif request.until > now + timedelta(days=MOST_DAYS):
        words = Sentence("Must be within {most} days.", most=MOST_DAYS)
        found.append(FieldProblem(path=("until",), message=words))
    found += [
        FieldProblem(path=("kinds", str(place)), message=_FIREWALL, code="FIREWALLED")
        for place, kind in enumerate(request.kinds)
        if kind in FIREWALLED
    ]
    return found


def made(
    broadcast: str, request: SendBroadcast, call: Call, sealed: str, addressed: Sequence[str]
) -> Document:
    """Return a new one, of which nobody has been told yet."""
    return {
        "_id": broadcast,
        "organization": call.actor.organization,
        "kind": request.kind.value,
        "text": sealed,
        "service": request.service,
        "sent_at": call.at,
        "until": request.until,
        "ended_at": None,
        "kinds": [one.value for one in request.kinds],
        "states": [one.value for one in request.states],
        "needs": [one.value for one in request.needs],
        "addressed": list(addressed),
        "n": 1,
        "tell_since": call.at,
        "gone_at": request.until + KEPT_FOR,
        "revision": 1,
        "fingerprint": call.fingerprint,
        "idempotency": [],
    }


def receipt_id(broadcast: str, organization: str) -> str:
    """Return under which id an organization's receipt is."""
    return f"{broadcast}:{organization}"


def receipts(doc: Document, *organizations: str) -> list[Document]:
    """Return what organizations are to answer; each that it is addressed to, where none is named."""
    return [
        {
            "_id": receipt_id(doc["_id"], one),
            "organization": one,
            "broadcast": doc["_id"],
            "sent_at": doc["sent_at"],
            "acknowledged_at": None,
        }
        for one in organizations or doc["addressed"]
    ]


def entries(doc: Document, ids: Sequence[str]) -> list[FeedTold]:
    """Return what the feeds say of it, the first first; ``ids`` are those of the entries.

    Its words are not among them: who may read them is asked when they are read.
    """
    moments = ((BROADCAST_SENT, doc["sent_at"]), (BROADCAST_ENDED, doc["ended_at"]))[: doc["n"]]
    subject = FeedSubject(kind="broadcast", id=doc["_id"], service=doc["service"], status=doc["kind"])
    return [
        FeedTold(event=event, type=told, at=at, relation="addressed", subject=subject)
        for event, (told, at) in zip(ids, moments, strict=True)
    ]


def is_in_force(doc: Document, now: datetime) -> bool:
    """Whether it has neither run out nor been taken back."""
    return doc["ended_at"] is None and now < doc["until"]


def view(
    doc: Document, text: str, now: datetime, receipt: Document | None, acknowledged: int | None = None
) -> Broadcast:
    """Return it as its reader may know it; ``acknowledged`` is given for a coordinator."""
    return Broadcast(
        id=doc["_id"],
        kind=BroadcastKind(doc["kind"]),
        text=text,
        sender=doc["organization"],
        sent_at=doc["sent_at"],
        until=doc["until"],
        in_force=is_in_force(doc, now),
        ended_at=doc["ended_at"],
        service=doc["service"],
        acknowledged_at=receipt["acknowledged_at"] if receipt else None,
        addressed=None if acknowledged is None else len(doc["addressed"]),
        acknowledged=acknowledged,
        all_told=None if acknowledged is None else "tell_since" not in doc,
        kinds=tuple(map(OrganizationKind, doc["kinds"])),
        states=tuple(map(State, doc["states"])),
        needs=tuple(map(Need, doc["needs"])),
    )


def receipt_view(receipt: Document) -> Receipt:
    """Return it as coordinators see it."""
    return Receipt(organization=receipt["organization"], acknowledged_at=receipt["acknowledged_at"])
