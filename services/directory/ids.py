"""Ids: of an imported thing always the same for the same source, of a created one random.

An id is a prefix and 26 letters and digits in lower case (128 bits), so that it is one token of a NATS
subject and says nothing of how many there are.
"""

import base64
import hmac
import secrets
from typing import Literal

Noun = Literal["organization", "service", "location", "client", "member"]

PREFIXES: dict[Noun, str] = {
    "organization": "org_",
    "service": "svc_",
    "location": "loc_",
    "client": "cl_",
    "member": "mb_",
}
_BYTES = 16
# Not a secret, but a name space, as in a version 5 UUID: every installation gives the same ids, and a
# lost key cannot part an import from what the one before it made.
_NAMESPACE = b"relevo/directory/v1"


def derived(noun: Noun, *parts: str) -> str:
    """Return the id that these parts (a source and its id, say) always have."""
    # JSON-like lengths keep ("a", "bc") and ("ab", "c") apart.
    message = b"".join(b"%d:%s" % (len(part), part) for part in (p.encode() for p in (noun, *parts)))
    return PREFIXES[noun] + _encode(hmac.digest(_NAMESPACE, message, "sha256")[:_BYTES])


def fresh(noun: Noun) -> str:
    """Return a new random id."""
    return PREFIXES[noun] + _encode(secrets.token_bytes(_BYTES))


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
