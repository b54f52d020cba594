"""Who speaks: each part's nkey, and the signed header that says for whom a request is made.

The header is a signed token (JWS compact, EdDSA by the part's own nkey) bound to one request: its audience is
the subject, and it holds a hash of the body and lives for ten seconds. So a message that is seen on the bus
cannot be used for another. A token's own header is compared to the letter and never interpreted: there is
nothing in it to choose.
"""

import base64
import hashlib
import json
import secrets
import time
from pathlib import Path

import msgspec
import nkeys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.problems import BadActorError
from contracts.rpc import Actor, Message
from contracts.sentences import Sentence

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


class _Claims(Message):
    """What is signed: for which subject and body (hashed), until when (Unix time), and who acts."""

    aud: str
    exp: int
    jti: str
    body: str
    act: Actor


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Claims).decode


def _body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _header(part: str) -> str:
    return _base64(_encode({"alg": "EdDSA", "kid": part}))


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
        claims = _Claims(
            aud=subject,
            exp=int(time.time()) + LIFE_SECONDS,
            jti=secrets.token_hex(8),
            body=_body_hash(body),
            act=actor,
        )
        signed = f"{_header(self.part)}.{_base64(_encode(claims))}"
        return f"{signed}.{_base64(self._key.sign(signed.encode()))}"


class Peers:
    """Everybody's public keys: says who really sent a request, and for whom."""

    def __init__(self, public: dict[str, str]) -> None:
        # By the only token header that each part may write.
        self._keys = {
            _header(part): (part, Ed25519PublicKey.from_public_bytes(_raw(key, _PUBLIC_KEY)))
            for part, key in public.items()
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
        part, claims = self._open(header)
        if claims.aud != subject or claims.body != _body_hash(body):
            raise BadActorError("The actor header was made for another request.")
        if claims.exp + LEEWAY_SECONDS <= time.time():
            raise BadActorError("The actor header is stale; clocks may differ by two seconds.")
        if not _may_speak_for(part, claims.act):
            raise BadActorError(Sentence("{part} may not speak for this actor.", part=part))
        return part, claims.act

    def _open(self, token: str) -> tuple[str, _Claims]:
        try:
            header, payload, signature = token.split(".")
            part, key = self._keys[header]
            key.verify(_unbase64(signature), f"{header}.{payload}".encode())
            return part, _decode(_unbase64(payload))
        except (KeyError, ValueError, InvalidSignature) as error:
            raise BadActorError(
                "The actor header is missing, or none of ours (are versions the same?)."
            ) from error


def _may_speak_for(part: str, actor: Actor) -> bool:
    """A part speaks for itself; only the gateway speaks for members and clients."""
    if actor.kind in {"service", "operator"}:
        return actor.id == part and (actor.kind == "operator") == (part == OPERATOR)
    return part == GATEWAY
