"""Requests with an idempotency key: keyed hashes of it, ids of what is made under it, and what is kept of it.

All are HMAC-SHA-256 under a key of the part's own, each for its own purpose.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chassis.clock import whole
from chassis.problems import IdempotencyKeyReusedError
from contracts.rpc import Actor, Message

KEYS_KEPT_FOR = timedelta(days=30)
# Of one document so many at most, the last: 65 kB of it.
KEYS_KEPT = 500
_ID_BYTES = 16
_KEY = "idempotency_key"

Document = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request with its idempotency key: who asks, when, and how it is told from any other."""

    actor: Actor
    at: datetime
    key: str
    fingerprint: str

    @property
    def entry(self) -> Document:
        """What is kept of it in the document that it changes."""
        return {"key": self.key, "fingerprint": self.fingerprint, "at": self.at}

    def was_done(self, document: Document) -> bool:
        """Whether this very request has changed the document within the last 30 days.

        Raises:
            IdempotencyKeyReusedError: the key was used on it for another input.
        """
        kept = (one for one in document.get("idempotency") or () if one["at"] > self.at - KEYS_KEPT_FOR)
        used = next((one for one in kept if one["key"] == self.key), None)
        if used is not None:
            self.check(used["fingerprint"])
        return used is not None

    def check(self, fingerprint: str) -> None:
        """Refuse the key if it was used for another input.

        Raises:
            IdempotencyKeyReusedError: it was.
        """
        if fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError


class Calls:
    """Makes calls and ids with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def call(self, action: str, request: Message, actor: Actor) -> Call:
        """Return what a request with an ``idempotency_key`` is known by."""
        fields = msgspec.to_builtins(request)
        key = fields.pop(_KEY)
        inputs = msgspec.json.encode(fields, order="deterministic").decode()
        return Call(
            actor, now(), self._mark("key", *_caller(actor), key), self._mark("input", action, inputs)
        )

    def made_id(self, prefix: str, noun: str, call: Call) -> str:
        """Return the id of what a call makes: the same however often it is repeated."""
        digest = hmac.digest(self._key, msgspec.json.encode((noun, call.key)), "sha256")
        return prefix + base64.b32encode(digest[:_ID_BYTES]).decode().rstrip("=").lower()

    def _mark(self, purpose: str, *parts: str) -> str:
        # JSON keeps the parts apart: nothing within one can look like the border to the next.
        message = msgspec.json.encode((purpose, *parts))
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:32]


def now() -> datetime:
    """The time now in whole milliseconds, as the database keeps it: what is answered is what is stored."""
    return whole(datetime.now(UTC))


def _caller(actor: Actor) -> tuple[str, str, str]:
    return (actor.organization or "", actor.kind, actor.id)
