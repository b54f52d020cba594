"""Opaque tokens that only we can make and read: cursors, which must betray neither times nor volumes."""

import base64
import os
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class SealError(ValueError):
    """The token was not made here, not for this purpose, or was changed."""


class Sealer:
    """Seals and opens tokens with AES-256-GCM under one 32-byte key; the purpose is authenticated."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, purpose: str, *values: Any) -> str:
        """Return a URL-safe token that holds ``values`` (anything that is JSON)."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, msgspec.json.encode(values), purpose.encode())
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, purpose: str, token: str) -> tuple[Any, ...]:
        """Return the values of a token.

        Raises:
            SealError: it is not one of ours for this purpose.
        """
        try:
            raw = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
            plain = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError(purpose) from error
        return tuple(msgspec.json.decode(plain))
