"""An endpoint: the stored document, and the pure functions that make and change it.

======================  ===========================================================================
``_id``                 HMAC of the caller and its idempotency key
``organization maker``  whose it is, and the client that changed it last: it is sent what that may know now
``url description``     ``types need_groups``: what of the feed is sent there
``status``              and ``disabled_reason``; ``disabled``: how often it was, ``disabled_at``: when;
                        ``untold``: its organization has to be told of it yet
``secrets``             sealed; the first signs and is shown once, the others sign ``until`` a moment
``key public_key``      the Ed25519 key, sealed, and what verifies it
``after epoch``         up to where its organization's feed was read for it; ``read_at``: when that was
``failing_since``       since when no attempt has succeeded; ``failures``: how many failed in a row;
                        ``failed_at``: when the last one failed; ``delivered_at``: when the last one succeeded
``revision``            grows with every change by its owner; ``idempotency``: keys (hashed) of those
``changed_at``          when its owner changed it, by the database's clock
``deleted_at``          of one that was deleted (``DELETED``): it stays without its secrets until all know
======================  ===========================================================================
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from contracts.codes import NeedGroup
from contracts.narrowing import asked_for
from contracts.notifications import TOLD_TYPES, FeedFilter, FeedTold
from contracts.rpc import FieldProblem
from contracts.webhooks import DisabledReason, Endpoint, EndpointStatus

Document = dict[str, Any]

# An endpoint that never answers is given up then.
FAILING_FOR = timedelta(days=5)
# Where nothing was tried for so long, what fails now is a failure anew: no two attempts are as far apart.
QUIET_FOR = timedelta(hours=30)
# In a row: one blip, which the few that are on their way from its feed meet together, is no outage, and who
# fails now and then is no dead one.
FAILING_FROM = 5
# Beside the statuses that readers are told of.
DELETED = "deleted"
MOST_SECRETS = 4
_PORTS = range(1024, 65_536)
NO_URL = "Must be a URL, as https://example.org/relevo."


def url_problems(url: str, *, http_too: bool) -> list[FieldProblem]:
    """Return what is wrong with an address to send to; whether it may be called is seen when it is."""
    wrong = _wrong_with(url, http_too)
    return [FieldProblem(path=("url",), message=wrong)] if wrong else []


def _wrong_with(url: str, http_too: bool) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")  # what no resolver takes
    except ValueError:
        return NO_URL
    if not parts.hostname or not url.isascii() or any(one.isspace() or not one.isprintable() for one in url):
        return NO_URL
    faults = {
        "Must begin with https://.": parts.scheme != "https" and not (http_too and parts.scheme == "http"),
        "Must hold no user name and no password: what is sent is signed.": parts.username or parts.password,
        "Must hold no fragment (#).": parts.fragment,
        "Must name no port, or 443, or one above 1023.": port not in {None, 443} and port not in _PORTS,
    }
    return next((message for message, is_so in faults.items() if is_so), None)


def type_problems(types: Sequence[str]) -> list[FieldProblem]:
    """Return which types no feed can hold."""
    return [
        FieldProblem(path=("types", str(place)), message="No feed holds this type.")
        for place, one in enumerate(types)
        if one not in TOLD_TYPES
    ]


def fits(doc: Document, entry: FeedTold) -> bool:
    """Whether an entry is one that the endpoint asks for."""
    groups = tuple(map(NeedGroup, doc["need_groups"]))
    return asked_for(entry, FeedFilter(types=tuple(doc["types"]), need_groups=groups))


def rotated(doc: Document, sealed: str, at: datetime, until: datetime) -> list[Document]:
    """Return its secrets with a new one first; what signed before signs on, at most until then."""
    older = [one for one in doc["secrets"] if one["until"] is None or at < one["until"]]
    kept = [{**one, "until": min(one["until"] or until, until)} for one in older if until > at]
    return [{"sealed": sealed, "until": None}, *kept][:MOST_SECRETS]


def failed(doc: Document, at: datetime) -> Document:
    """Return what is written of an endpoint to which an attempt failed at that moment."""
    last = doc.get("failed_at")
    anew = doc["failing_since"] is None or last is None or at - last > QUIET_FOR
    return {
        "failing_since": at if anew else doc["failing_since"],
        "failures": 1 if anew else doc.get("failures", 0) + 1,
        "failed_at": at,
    }


def is_failing(doc: Document) -> bool:
    """Whether there is one attempt at a time to it, until one succeeds."""
    return doc["failing_since"] is not None and doc.get("failures", 0) >= FAILING_FROM


def is_given_up(doc: Document, at: datetime) -> bool:
    """Whether it has failed for so long that it is disabled."""
    return doc["failing_since"] is not None and at - doc["failing_since"] >= FAILING_FOR


def view(doc: Document) -> Endpoint:
    """Return it as its organization sees it."""
    old = [one["until"] for one in doc["secrets"] if one["until"] is not None]
    reason = doc["disabled_reason"]
    return Endpoint(
        id=doc["_id"],
        organization=doc["organization"],
        url=doc["url"],
        status=EndpointStatus.DISABLED if doc["status"] == DELETED else EndpointStatus(doc["status"]),
        created_at=doc["created_at"],
        public_key=doc["public_key"],
        types=tuple(doc["types"]),
        need_groups=tuple(map(NeedGroup, doc["need_groups"])),
        description=doc["description"],
        disabled_reason=reason and DisabledReason(reason),
        failing_since=doc["failing_since"],
        delivered_at=doc["delivered_at"],
        old_secret_until=max(old, default=None),
    )
