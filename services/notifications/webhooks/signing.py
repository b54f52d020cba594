"""Signatures of the Standard Webhooks specification: HMAC-SHA256 (``v1``) and Ed25519 (``v1a``).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.seal import Sealer

SECRET, PUBLIC_KEY = "whsec_", "whpk_"
# The specification asks for 24 to 64.
SECRET_BYTES = 32


@dataclass(frozen=True)
class Signer:
    """The keys of one endpoint: its secrets, while one takes another's place two, and its own key pair."""

    secrets: Sequence[bytes]
    key: Ed25519PrivateKey

    def headers(self, message: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the headers of one attempt to deliver a message, by its id; ``at`` is when that is."""
        timestamp = str(int(at.timestamp()))
        content = b".".join((message.encode(), timestamp.encode(), body))
        signatures = [f"v1,{_text(hmac.digest(one, content, 'sha256'))}" for one in self.secrets]
        signatures.append(f"v1a,{_text(self.key.sign(content))}")
        return {
            "webhook-id": message,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signatures),
        }


def new_secret() -> bytes:
    """Return a new secret."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """Return a secret as its owner is shown it."""
    return SECRET + _text(secret)


def public_text(key: Ed25519PrivateKey) -> str:
    """Return by what everybody can verify what that key signs."""
    return PUBLIC_KEY + _text(key.public_key().public_bytes_raw())


def sealed(keys: Sealer, endpoint: str, secret: bytes) -> str:
    """Return a secret as it is kept: it opens for this endpoint only."""
    return keys.seal(f"webhook:{endpoint}", _text(secret))


def opened(keys: Sealer, endpoint: str, kept: str) -> bytes:
    """Return a secret that is kept.

    Raises:
        SealError: it is none of this endpoint's.
    """
    (text,) = keys.open(f"webhook:{endpoint}", kept)
    return base64.b64decode(text)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
