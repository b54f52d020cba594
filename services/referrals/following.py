"""What ties a referral to the earlier one of its sender that it follows, and who of it learns which.

The receiver of a referral learns which one it follows only where that was its own: two receivers to whom one
folio is shown could find out that they help the same person (docs/decisions/0023).
"""

from collections.abc import Mapping
from typing import Any

from services.referrals.document import Document
from services.referrals.guarding import thread_of
from services.referrals.roles import RECEIVER, SUBSCRIBER, Party


def ties(earlier: Mapping[str, Any] | None, receiver: str) -> Document:
    """Return the fields that tie a referral to that receiver to an earlier one; none where there is none."""
    if earlier is None:
        return {}
    known = {"follows_receiver": earlier["folio"]} if earlier["receiver"] == receiver else {}
    return {"thread": thread_of(earlier), **known}


def shown(doc: Mapping[str, Any], party: Party) -> str | None:
    """Return the folio of the earlier one, as far as that party may know it."""
    if party.relation == SUBSCRIBER:
        return None
    folio: str | None = doc.get("follows_receiver") if party.relation == RECEIVER else doc["follows"]
    return folio
