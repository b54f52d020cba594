"""One attempt: what is sent, signed for its endpoint, and what came of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.seal import Sealer
from contracts.ids import FEED_CURSOR, global_id
from contracts.notifications import FeedTold
from contracts.subjects import subject_id
from services.notifications.webhooks import delivery
from services.notifications.webhooks.calling import SECONDS, Answered, Caller, NotCalledError
from services.notifications.webhooks.signing import Signer, opened

Document = dict[str, Any]
Outcome = Answered | NotCalledError
AGENT = "Relevo-Webhooks/1"


class Sending:
    """Sends to endpoints. ``keys`` opens what signs for them, ``cursors`` seals as the gateway does."""

    def __init__(self, caller: Caller, keys: Sealer, cursors: Sealer, now: Callable[[], datetime]) -> None:
        self._caller = caller
        self._keys = keys
        self._cursors = cursors
        self.now = now

    def new(self, endpoint: Document, entry: FeedTold, epoch: str) -> Document:
        """Return the delivery of an entry, of which nothing was attempted yet."""
        cursor = self._cursors.seal(FEED_CURSOR, epoch, entry.seq, endpoint["organization"])
        message = delivery.Message(entry.event, entry.type, body_of(entry, cursor))
        made = delivery.new(endpoint["_id"], f"{entry.seq:020d}", message, self.now())
        return {**made, "agreements": list(entry.agreements)} if entry.agreements else made

    async def attempt(
        self, endpoint: Document, doc: Document, seconds: float = SECONDS
    ) -> tuple[Document, Outcome]:
        """Send a delivery once; return it as it is after that, and what came of it within so many seconds."""
        began = self.now()
        headers = self._signer(endpoint, began).headers(doc["message"], began, bytes(doc["body"]))
        headers |= {"content-type": "application/json", "user-agent": AGENT}
        try:
            outcome: Outcome = await self._caller.post(
                endpoint["url"], headers, bytes(doc["body"]), seconds=seconds
            )
        except NotCalledError as error:
            outcome = error
        return delivery.attempted(doc, began, self.now() - began, outcome), outcome

    def _signer(self, endpoint: Document, at: datetime) -> Signer:
        good = [one for one in endpoint["secrets"] if one["until"] is None or at < one["until"]]
        secrets = [opened(self._keys, endpoint["_id"], one["sealed"]) for one in good]
        key = opened(self._keys, endpoint["_id"], endpoint["key"])
        return Signer(secrets, Ed25519PrivateKey.from_private_bytes(key))


def body_of(entry: FeedTold, cursor: str) -> bytes:
    """Return what is sent of an entry: ids, folio, status, version, and from where on to read the feed.

    Whoever wants more asks for it, and is told what it may know then.
    """
    data: dict[str, Any] = {"cursor": cursor}
    if entry.referral is not None:
        one = entry.referral
        data |= {
            "referralId": global_id("Referral", one.id),
            "folio": one.folio,
            "status": one.status.upper(),
            "version": one.version,
        }
    elif entry.sent is not None:
        data |= {"folio": entry.sent.folio, "progress": entry.sent.progress.upper()}
    elif entry.about is not None:
        data |= {"referralId": global_id("Referral", entry.about)}
    elif entry.subject is not None:
        data |= {"kind": entry.subject.kind}
        data |= {"subjectId": found} if (found := subject_id(entry.subject)) else {}
    return msgspec.json.encode({"type": entry.type, "timestamp": entry.at, "data": data})
