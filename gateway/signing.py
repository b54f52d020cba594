"""The keys that sign access tokens: one, and while it is exchanged two; read anew when a file changes.

====================  =====================================================================================
``token.pem``         signs
``token.next.pem``    takes its place next; accepted already, for another replica may sign with it first
``token.old.pub``     the public half of the one whose place was taken: accepted until its last token has run
                      out, an hour at most after the file was written
====================  =====================================================================================

``relevo keys rotate-tokens`` exchanges them. Files are looked at for each token, so that no message has to
reach the replicas; where they share no folder, the next key is brought to all of them before it signs.
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

ALGORITHM = "EdDSA"
CURRENT, NEXT, OLD = "token.pem", "token.next.pem", "token.old.pub"
# No token lives longer (``GatewaySettings.token_seconds``); and two replicas' clocks may differ a little.
LONGEST_SECONDS = 3600 + 60

_Stamp = tuple[tuple[int, int, int] | None, ...]


class PublicKey:
    """Half a key: what verifies. ``kid`` is its thumbprint by RFC 7638, ``jwk`` how it is published."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self.public = public
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
        # RFC 7638: the required members only, in the order of their names, without white space.
        canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
        self.kid = _base64url(hashlib.sha256(canonical).digest())
        self.jwk = {**members, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}


class TokenKey(PublicKey):
    """A whole key: what signs."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        super().__init__(private.public_key())
        self.private = private


@dataclass(frozen=True)
class Known:
    """The key that signs, and all that verify, by ``kid``; until when (Unix time) the last of them does."""

    signs: TokenKey
    verifies: Mapping[str, PublicKey]
    until: float | None = None

    @classmethod
    def of(cls, signs: TokenKey, *others: PublicKey, until: float | None = None) -> "Known":
        """The signing key, published first, and others that are accepted."""
        return cls(signs, {one.kid: one for one in (signs, *others)}, until)


class TokenKeys:
    """The keys in the gateway's folder."""

    def __init__(self, keys_dir: Path) -> None:
        """Read them.

        Raises:
            SystemExit: a file cannot be read, or holds no Ed25519 key.
        """
        self._folder = keys_dir / "gateway"
        self._stamp = self._look()
        self._known = self._read()

    def known(self) -> Known:
        """Return those that are there now; as long as a file is not as it should be, those known before."""
        stamp = self._look()
        is_over = self._known.until is not None and self._known.until <= time.time()
        if stamp != self._stamp or is_over:
            try:
                self._known = self._read()
            except SystemExit:
                return self._known  # half of a file, or between two names: looked at again
            self._stamp = stamp
        return self._known

    def _look(self) -> _Stamp:
        return tuple(_stamp(self._folder / name) for name in (CURRENT, NEXT, OLD))

    def _read(self) -> Known:
        signs = TokenKey(_private(self._folder / CURRENT))
        others: list[PublicKey] = []
        if (self._folder / NEXT).exists():
            others.append(PublicKey(_private(self._folder / NEXT).public_key()))
        old, until = self._folder / OLD, None
        if old.exists() and old.stat().st_mtime + LONGEST_SECONDS > time.time():
            others.append(PublicKey(_public(old)))
            until = old.stat().st_mtime + LONGEST_SECONDS
        return Known.of(signs, *others, until=until)


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise SystemExit(f"relevo: {path} cannot be read ({error}); `relevo keys init` makes it") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SystemExit(f"relevo: {path} must hold an Ed25519 key")
    return key


def _public(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SystemExit(f"relevo: {path} cannot be read ({error}); it may be removed") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SystemExit(f"relevo: {path} must hold an Ed25519 key")
    return key


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
