"""Ids: of an imported thing always the same for the same source, of a created one random.

An id is a prefix and 26 letters and digits in lower case (128 bits), so that it is one token of a NATS
subject and says nothing of how many there are.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal
from uuid import UUID

Noun = Literal["organization", "service", "location", "client", "member", "proposal", "correction"]

PREFIXES: dict[Noun, str] = {
    "organization": "org_",
    "service": "svc_",
    "location": "loc_",
    "client": "cl_",
    "member": "mb_",
    "proposal": "prp_",
    "correction": "cor_",
}
_BYTES = 16
# Not a secret, but a name space, as in a version 5 UUID: every installation gives the same ids, and a
# lost key cannot part an import from what the one before it made.
_NAMESPACE = b"relevo/directory/v1"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def derived(noun: Noun, *parts: str) -> str:
    """Return the id that these parts (a source and its id, say) always have."""
    return PREFIXES[noun] + _encode(_digest((noun, *parts)))


def of_location(source: str, given: str) -> str:
    """Return our id of a source's location. What was made in the network has no source, and has ours."""
    return derived("location", source, given) if source else given


def fresh(noun: Noun) -> str:
    """Return a new random id."""
    return PREFIXES[noun] + _encode(secrets.token_bytes(_BYTES))


def to_uuid(noun_id: str) -> str:
    """Return an id as the UUID that HSDS wants: the same 128 bits, in other letters.

    Raises:
        ValueError: it is none of our ids.
    """
    letters = noun_id.partition("_")[2]
    return str(UUID(bytes=base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))))


def from_uuid(noun: Noun, text: str) -> str | None:
    """Return the id of that noun that a UUID stands for; None where it is no UUID."""
    own = canonical_uuid(text)
    return PREFIXES[noun] + _encode(UUID(own).bytes) if own else None


@lru_cache(maxsize=16_384)  # taxonomy terms come again and again
def stable_uuid(*parts: str) -> str:
    """Return the UUID that these parts always have."""
    return str(UUID(bytes=_digest(parts)))


def canonical_uuid(text: str) -> str | None:
    """Return a UUID in its usual form, or None where the text is none."""
    return text.lower() if _UUID.fullmatch(text) else None


def _digest(parts: Iterable[str]) -> bytes:
    # JSON-like lengths keep ("a", "bc") and ("ab", "c") apart.
    message = b"".join(b"%d:%s" % (len(part), part) for part in (p.encode() for p in parts))
    return hmac.digest(_NAMESPACE, message, "sha256")[:_BYTES]


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
