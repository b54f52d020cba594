"""Who speaks: each part's nkey, and the signed header that says for whom a request is made.

The header is a JWT (EdDSA, by the part's own nkey) bound to one request: audience is the subject, a hash
of the body and ten seconds of life. So a message that is seen on the bus cannot be used for another.
"""

import base64
import hashlib
import json
import secrets
import time
from pathlib import Path

import jwt
import msgspec
import nkeys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.problems import BadActorError
from contracts.rpc import Actor

LIFE_SECONDS = 10
# Clocks of two machines differ; NTP keeps them well within this.
LEEWAY_SECONDS = 2
GATEWAY = "gateway"
OPERATOR = "operator"
# Raw nkey text is base32 of: prefix byte(s), 32 key bytes, two bytes of checksum.
_SEED_KEY = slice(2, 34)
_PUBLIC_KEY = slice(1, 33)


def _raw(text: str, part: slice) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))[part]


def _body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Identity:
    """One part's own key: connects to the bus with it, and signs the actors of its requests."""

    def __init__(self, part: str, seed: str) -> None:
        self.part = part
        self.seed = seed
        self.public: str = nkeys.from_seed(bytearray(seed.encode())).public_key.decode()
        self._key = Ed25519PrivateKey.from_private_bytes(_raw(seed, _SEED_KEY))

    @classmethod
    def load(cls, keys_dir: Path, part: str) -> "Identity":
        """Read ``<keys_dir>/<part>/nkey.seed``.

        Raises:
            SystemExit: the file cannot be read.
        """
        path = keys_dir / part / "nkey.seed"
        try:
            return cls(part, path.read_text(encoding="ascii").strip())
        except OSError as error:
            message = f"relevo: {path} cannot be read ({error.strerror}); `relevo keys init` makes it"
            raise SystemExit(message) from None

    @property
    def actor(self) -> Actor:
        """The part (or the operator) as itself."""
        return Actor(kind="operator" if self.part == OPERATOR else "service", id=self.part)

    def sign(self, actor: Actor, subject: str, body: bytes) -> str:
        """Return the actor header for one request."""
        now = int(time.time())
        claims = {
            "aud": subject,
            "exp": now + LIFE_SECONDS,
            "iat": now,
            "jti": secrets.token_hex(8),
            "body": _body_hash(body),
            "act": msgspec.to_builtins(actor),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self.part})


class Peers:
    """Everybody's public keys: says who really sent a request, and for whom."""

    def __init__(self, public: dict[str, str]) -> None:
        self._keys = {
            part: Ed25519PublicKey.from_public_bytes(_raw(key, _PUBLIC_KEY)) for part, key in public.items()
        }

    @classmethod
    def load(cls, keys_dir: Path) -> "Peers":
        """Read ``<keys_dir>/public.json``.

        Raises:
            SystemExit: the file cannot be read.
        """
        path = keys_dir / "public.json"
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"relevo: {path} cannot be read ({error}); `relevo keys init` makes it"
            ) from None

    def verify(self, header: str, subject: str, body: bytes) -> tuple[str, Actor]:
        """Return the part that asks, and the actor for whom it asks.

        Raises:
            BadActorError: the header is not good for this very request, or names somebody whom this
                part may not speak for: only the gateway speaks for members and clients.
        """
        try:
            part = jwt.get_unverified_header(header).get("kid", "")
            key = self._keys[part]
            claims = jwt.decode(
                header, key, algorithms=["EdDSA"], audience=subject, leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "aud"]},
            )  # fmt: skip
            actor = msgspec.convert(claims["act"], Actor)
        except (jwt.InvalidTokenError, KeyError, msgspec.ValidationError) as error:
            raise BadActorError("The actor header is missing, stale, or made for another request.") from error
        if claims.get("body") != _body_hash(body):
            raise BadActorError("The actor header was made for another body.")
        if actor.kind in {"service", "operator"}:
            trusted = actor.id == part and (actor.kind == "operator") == (part == OPERATOR)
        else:
            trusted = part == GATEWAY
        if not trusted:
            raise BadActorError(f"{part} may not speak for this actor.")
        return part, actor
