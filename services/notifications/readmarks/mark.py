"""A read mark: the stored document, and the pure functions that make and move it.

==================  ===============================================================================
``_id``             keyed hash of the organization and of who has read: what a client calls a person
                    is the person's
``organization``    whose feed
``epoch seq``       up to where, in which life of the stream
``marked_at``       when; ``gone_at``: when all that it says is kept no longer
``revision``        grows with every mark; ``idempotency``: keys (hashed) of the last
==================  ===============================================================================
"""

import base64
import hmac
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chassis.calls import Call
from contracts.notifications import KEPT_DAYS
from contracts.readmarks import FeedReading, MarkFeedRead
from contracts.rpc import Actor

Document = dict[str, Any]

KEPT_FOR = timedelta(days=KEPT_DAYS)
_PURPOSE = "read mark"


class Readers:
    """Ids of readers, under a key of the part's own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, actor: Actor) -> str:
        """Return the id of whoever acts: the member, whom a client names, or the client itself."""
        if actor.on_behalf_of is not None:
            return self.named(actor.organization or "", actor.on_behalf_of)
        return self._id(actor.organization or "", actor.kind, actor.id)

    def named(self, organization: str, reference: str) -> str:
        """Return the id of whom an organization's systems call so: the same for all of them."""
        return self._id(organization, "named", reference)

    def member(self, organization: str, member: str) -> str:
        """Return the id of a member who acts herself."""
        return self._id(organization, "member", member)

    def _id(self, *parts: str) -> str:
        digest = hmac.digest(self._key, msgspec.json.encode((_PURPOSE, *parts)), "sha256")
        return base64.b32encode(digest[:20]).decode().lower()


def new(reader: str, actor: Actor, request: MarkFeedRead, call: Call) -> Document:
    """Return somebody's first mark."""
    return {
        "_id": reader,
        "organization": actor.organization,
        **_place(request, call.at),
        "revision": 1,
        "idempotency": [call.entry],
    }


def moved(doc: Document, request: MarkFeedRead, at: datetime) -> Document:
    """Return the fields that change: none where more was marked before, unless it is to go back."""
    forward = doc["epoch"] != request.epoch or request.seq > doc["seq"]
    return _place(request, at) if forward or request.back else {}


def _place(request: MarkFeedRead, at: datetime) -> Document:
    return {"epoch": request.epoch, "seq": request.seq, "marked_at": at, "gone_at": at + KEPT_FOR}


def view(doc: Document | None, epoch: str) -> FeedReading:
    """Return it as its reader sees it; as none where the stream was made anew since."""
    if doc is None or doc["epoch"] != epoch:
        return FeedReading()
    return FeedReading(epoch=doc["epoch"], seq=doc["seq"], marked_at=doc["marked_at"])
