"""Who speaks: each part's nkey, and the signed header that says for whom a request is made.

The header is a signed token (JWS compact, EdDSA by the part's own nkey) bound to one request: its audience is
the subject, and it holds a hash of the body and lives for ten seconds. So a message that is seen on the bus
cannot be used for another. A token's own header is compared to the letter and never interpreted: there is
nothing in it to choose.
"""

import base64
import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Sequence
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
    """One part's own key: connects to the bus with it, and signs the actors of its requests.

    Where another is put in its file's place, it is that from the next request, and the next connection, on.
    """

    def __init__(self, path: Path, part: str) -> None:
        self.part = part
        self._path = path
        self._seen = 0
        self.renew()

    @classmethod
    def load(cls, keys_dir: Path, part: str) -> "Identity":
        """Read ``<keys_dir>/<part>/nkey.seed``.

        Raises:
            SystemExit: the file cannot be read.
        """
        path = keys_dir / part / "nkey.seed"
        try:
            return cls(path, part)
        except OSError as error:
            message = f"relevo: {path} cannot be read ({error.strerror}); `relevo keys init` makes it"
            raise SystemExit(message) from None

    def renew(self) -> None:
        """Read the file, if it has changed.

        Raises:
            OSError, ValueError, nkeys.NkeysError: it cannot be read, or holds no seed; then all stays.
        """
        changed = self._path.stat().st_mtime_ns
        if changed == self._seen:
            return
        seed = self._path.read_text(encoding="ascii").strip()
        self.public: str = nkeys.from_seed(bytearray(seed.encode())).public_key.decode()
        self._key = Ed25519PrivateKey.from_private_bytes(_raw(seed, _SEED_KEY))
        self.seed, self._seen = seed, changed

    def try_to_renew(self) -> None:
        """The same, where what is known is good enough."""
        with contextlib.suppress(OSError, ValueError, nkeys.NkeysError):
            self.renew()

    @property
    def actor(self) -> Actor:
        """The part (or the operator) as itself."""
        return Actor(kind="operator" if self.part == OPERATOR else "service", id=self.part)

    def sign(self, actor: Actor, subject: str, body: bytes) -> str:
        """Return the actor header for one request."""
        self.try_to_renew()
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
    """Everybody's public keys: says who really sent a request, and for whom.

    Of a part there are two while its key is exchanged; what the file says anew counts from the next request.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        # By the only token header that each part may write.
        self._keys: dict[str, tuple[str, list[Ed25519PublicKey]]] = {}

    @classmethod
    def load(cls, keys_dir: Path) -> "Peers":
        """Read ``<keys_dir>/public.json``.

        Raises:
            SystemExit: the file cannot be read.
        """
        peers = cls(keys_dir / "public.json")
        try:
            peers._read()
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"relevo: {peers._path} cannot be read ({error}); `relevo keys init` makes it"
            ) from None
        return peers

    def _read(self) -> None:
        changed = self._path.stat().st_mtime_ns
        if changed == self._seen:
            return
        public: dict[str, str | list[str]] = json.loads(self._path.read_text(encoding="utf-8"))
        self._keys = {
            _header(part): (part, [_public_key(key) for key in ([keys] if isinstance(keys, str) else keys)])
            for part, keys in public.items()
        }
        self._seen = changed

    def verify(self, header: str, subject: str, body: bytes) -> tuple[str, Actor]:
        """Return the part that asks, and the actor for whom it asks.

        Raises:
            BadActorError: the header is not good for this very request, or names somebody whom this
                part may not speak for: only the gateway speaks for members and clients.
        """
        with contextlib.suppress(OSError, ValueError):
            self._read()  # what was known stays known where the file is away
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
            part, keys = self._keys[header]
            _check(keys, _unbase64(signature), f"{header}.{payload}".encode())
            return part, _decode(_unbase64(payload))
        except (KeyError, ValueError, InvalidSignature) as error:
            raise BadActorError(
                "The actor header is missing, or none of ours (are versions the same?)."
            ) from error


def _public_key(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_raw(key, _PUBLIC_KEY))


def _check(keys: Sequence[Ed25519PublicKey], signature: bytes, signed: bytes) -> None:
    """Raise InvalidSignature unless one of the keys has signed it."""
    for other in keys[:-1]:
        with contextlib.suppress(InvalidSignature):
            other.verify(signature, signed)
            return
    keys[-1].verify(signature, signed)


def _may_speak_for(part: str, actor: Actor) -> bool:
    """A part speaks for itself; only the gateway speaks for members and clients."""
    if actor.kind in {"service", "operator"}:
        return actor.id == part and (actor.kind == "operator") == (part == OPERATOR)
    return part == GATEWAY
