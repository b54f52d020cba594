"""Writing beside a referral's course, with its event; and again where somebody else wrote in between."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from chassis.problems import ContendedError, IdempotencyKeyReusedError
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.store import KEYS_KEPT_FOR

# Each try that loses has lost to a change that won: with as many writers as this, somebody has won.
TRIES = 50

# Of a side's own: who assigns more often than that within a month has no need of old keys.
KEYS_KEPT = 500

Done = TypeVar("Done")


async def until_written(attempt: Callable[[], Awaitable[Done | None]]) -> Done:
    """Return the first result of ``attempt``, which is None where somebody else wrote in between.

    Raises:
        ContendedError: that happened again and again.
    """
    for _ in range(TRIES):
        done = await attempt()
        if done is not None:
            return done
    raise ContendedError("The referral changed again and again; nothing was done. Try again.")


async def write_beside(
    means: Means,
    doc: Document,
    fields: Document,
    now: datetime,
    *,
    tells: Callable[[Document], Document | list[Document]] | None = None,
    push: Mapping[str, Any] | None = None,
) -> Document | None:
    """Write what is no change of a referral; return the document after it, None where somebody else wrote.

    ``tells`` makes the event for the outbox of the document as it then is, or that and what goes before it;
    without it nobody is told. What is in ``push`` is added to lists, and is not in what is returned.
    """
    added, pending = dict(push or {}), list[Document]()
    if tells is not None:
        fields = {**fields, "n": doc["n"] + 1, "pending_since": now}
        told = tells({**doc, **fields})
        pending = told if isinstance(told, list) else [told]
        added["pending"] = {"$each": pending}
    if not await means.store.beside(doc["_id"], doc["revision"], fields, added):
        return None
    if tells is not None:
        means.relay.kick(doc["_id"], pending)
    return {**doc, **fields}


def aside_keys(side: str) -> str:
    """Return the field for the keys of what a side has asked for, and what was no change."""
    return f"aside_keys_{side}"


def kept_aside(side: str, use: Document) -> Document:
    """Return what keeps a key there, so that neither side's can push out the other's."""
    return {aside_keys(side): {"$each": [use], "$slice": -KEYS_KEPT}}


def used_before(keys: Iterable[Document], use: Document) -> Document | None:
    """Return the use of an idempotency key, of those that are kept, that this ``use`` repeats; None at first.

    Raises:
        IdempotencyKeyReusedError: within 30 days the key was used for another input.
    """
    kept = (one for one in keys if one["key"] == use["key"] and one["at"] > use["at"] - KEYS_KEPT_FOR)
    before = next(kept, None)
    if before is not None and before["fingerprint"] != use["fingerprint"]:
        raise IdempotencyKeyReusedError
    return before
