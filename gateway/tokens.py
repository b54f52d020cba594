"""Access tokens: JWTs by RFC 9068, signed with the gateway's own Ed25519 key, and verified strictly."""

import base64
import hashlib
import json
import secrets
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from contracts.directory import Client
from contracts.rpc import Actor
from gateway.errors import TokenExpiredError, UnauthenticatedError

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
# Clocks of two replicas differ; a token may be used at the other one at once.
LEEWAY_SECONDS = 5
REMEMBERED = 2000
_EXPIRED = "The access token has expired; get a fresh one at /oauth/token."
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "client_id", "scope", "jti", "org"]


class TokenKey:
    """The key that signs tokens. ``kid`` is its thumbprint by RFC 7638, ``jwk`` its public half."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private
        self.public = private.public_key()
        raw = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
        # RFC 7638: the required members only, in the order of their names, without white space.
        canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
        self.kid = _base64url(hashlib.sha256(canonical).digest())
        self.jwk = {**members, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    @classmethod
    def load(cls, keys_dir: Path) -> "TokenKey":
        """Read ``<keys_dir>/gateway/token.pem``.

        Raises:
            SystemExit: the file cannot be read, or holds no Ed25519 key.
        """
        path = keys_dir / "gateway" / "token.pem"
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"relevo: {path} cannot be read ({error}); `relevo keys init` makes it"
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SystemExit(f"relevo: {path} must hold an Ed25519 key")
        return cls(key)


class Verified(NamedTuple):
    """Who a good token speaks for, and until when (seconds since the epoch)."""

    actor: Actor
    expires: float


class Tokens:
    """Issues access tokens for ``audience``, and says whose a token is."""

    def __init__(self, key: TokenKey, issuer: str, audience: str, seconds: int) -> None:
        self._key = key
        self._issuer = issuer
        self._audience = audience
        self.seconds = seconds
        self._known: OrderedDict[bytes, Verified] = OrderedDict()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, for whoever wants to verify our tokens (RFC 7517)."""
        return {"keys": [self._key.jwk]}

    def issue(self, client: Client, scopes: tuple[str, ...]) -> str:
        """Return an access token for a client, good for ``scopes`` only."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": client.id,
            "client_id": client.id,
            "iat": now,
            "exp": now + self.seconds,
            "jti": secrets.token_hex(16),
            "scope": " ".join(scopes),
            "org": client.organization,
            "org_kind": client.organization_kind.value,
            "verified": client.verified,
            "net": " ".join(client.network_roles),
        }
        headers = {"typ": TYPE, "kid": self._key.kid}
        return jwt.encode(claims, self._key.private, algorithm=ALGORITHM, headers=headers)

    def verify(self, token: str) -> Verified:
        """Return whose token it is.

        Raises:
            UnauthenticatedError: it was not issued here for this audience.
            TokenExpiredError: it was, and is no longer good.
        """
        # The signature of a token that comes back is not checked again; its time is.
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            known = _verified(self._decode(token))
            self._known[digest] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        if known.expires + LEEWAY_SECONDS <= time.time():
            self._known.pop(digest, None)
            raise TokenExpiredError(_EXPIRED)
        return known

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            self._check_header(jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token, self._key.public, algorithms=[ALGORITHM], audience=self._audience,
                issuer=self._issuer, leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED, "strict_aud": True},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise TokenExpiredError(_EXPIRED) from None
        except (jwt.InvalidTokenError, ValueError):
            raise UnauthenticatedError(
                "The access token is not one of ours; get one at /oauth/token."
            ) from None
        return claims

    def _check_header(self, header: dict[str, Any]) -> None:
        """An access token says that it is one: no other JWT of ours passes for it (RFC 9068, section 4)."""
        if str(header.get("typ", "")).lower() not in {TYPE, f"application/{TYPE}"}:
            raise jwt.InvalidTokenError("typ")
        if header.get("kid") != self._key.kid:
            raise jwt.InvalidTokenError("kid")


def _verified(claims: dict[str, Any]) -> Verified:
    actor = Actor(
        kind="client",
        id=claims["client_id"],
        organization=claims["org"],
        organization_kind=claims.get("org_kind"),
        verified=bool(claims.get("verified")),
        scopes=tuple(claims["scope"].split()),
        network_roles=tuple(claims.get("net", "").split()),
    )
    return Verified(actor, float(claims["exp"]))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
