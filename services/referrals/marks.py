"""Keyed hashes: ids that the caller's idempotency key chooses, and fingerprints that tell inputs apart.

All are HMAC-SHA-256 under one key of the service, each for its own purpose, so that nobody without it
can tell from a stored hash what was hashed.
"""

import base64
import hashlib
import hmac
from pathlib import Path

import msgspec

from chassis.settings import read_key
from contracts.referrals import HOW_ASKED
from contracts.rpc import Actor, Message

HASH_KEY_BYTES = 32
# 160 bits: 32 characters of base 32, safe as one token of a NATS subject.
_ID_BYTES = 20


class Marks:
    """Makes ids and fingerprints with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _mark(self, purpose: str, *parts: str) -> str:
        # JSON keeps the parts apart: nothing within one can look like the border to the next.
        message = msgspec.json.encode((purpose, *parts))
        digest = hmac.new(self._key, message, hashlib.sha256).digest()
        return base64.b32encode(digest[:_ID_BYTES]).decode().lower()

    def referral(self, actor: Actor, key: str) -> str:
        """The id of the referral that this caller issues under this idempotency key."""
        return self._mark("referral", *_caller(actor), key)

    def group(self, actor: Actor, key: str) -> str:
        """The id of the group that this caller issues under this idempotency key."""
        return self._mark("group", *_caller(actor), key)

    def case(self, group: str, receiver: str) -> str:
        """The id by which a receiver knows the group: another than every other receiver's."""
        return self._mark("case", group, receiver)

    def child(self, parent: str, purpose: str) -> str:
        """The id of the referral that another one, or a group, makes for that purpose."""
        return self._mark("child", parent, purpose)

    def key(self, actor: Actor, key: str) -> str:
        """What is stored of an idempotency key used on an existing referral."""
        return self._mark("key", *_caller(actor), key)

    def fingerprint(self, action: str, request: Message) -> str:
        """The same for the same action and input, whatever the key; another for any other."""
        fields = msgspec.to_builtins(request)
        for name in HOW_ASKED.intersection(fields):
            del fields[name]
        return self._mark("input", action, msgspec.json.encode(fields, order="deterministic").decode())

    def external_id(self, organization: str, external_id: str) -> str:
        """The id under which an organization's own id is reserved."""
        return self._mark("external id", organization, external_id)


def _caller(actor: Actor) -> tuple[str, str, str]:
    return (actor.organization or "", actor.kind, actor.id)


def hash_key(keys_dir: Path) -> bytes:
    """Read the service's hash key; ends the process where it is not as it should be."""
    return read_key(keys_dir / "referrals" / "hash.key", HASH_KEY_BYTES)
