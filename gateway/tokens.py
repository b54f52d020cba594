"""Access tokens: JWTs by RFC 9068, signed with the gateway's own Ed25519 key, and verified strictly."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt

from contracts.directory import Client
from contracts.rpc import Actor
from gateway.errors import TokenExpiredError, UnauthenticatedError
from gateway.signing import ALGORITHM, Known, PublicKey

TYPE = "at+jwt"
# Clocks of two replicas differ; a token may be used at the other one at once.
LEEWAY_SECONDS = 5
REMEMBERED = 2000
_EXPIRED = "The access token has expired; get a fresh one at /oauth/token."
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "client_id", "scope", "jti", "org"]


class Verified(NamedTuple):
    """Who a good token speaks for, and until when (seconds since the epoch)."""

    actor: Actor
    expires: float


class Tokens:
    """Issues access tokens for ``audience``, and says whose one is; ``keys`` returns those of the moment."""

    def __init__(self, keys: Callable[[], Known], issuer: str, audience: str, seconds: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self.seconds = seconds
        self._known: OrderedDict[bytes, Verified] = OrderedDict()
        self._checked_by: Known | None = None

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, for whoever wants to verify our tokens (RFC 7517)."""
        return {"keys": [one.jwk for one in self._keys().verifies.values()]}

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
        key = self._keys().signs
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"typ": TYPE, "kid": key.kid})

    def verify(self, token: str) -> Verified:
        """Return whose token it is.

        Raises:
            UnauthenticatedError: it was not issued here for this audience.
            TokenExpiredError: it was, and is no longer good.
        """
        # The signature of a token that comes back is not checked again, as long as its key is accepted; its
        # time is.
        keys = self._keys()
        if keys is not self._checked_by:
            self._known.clear()
            self._checked_by = keys
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            known = _verified(self._decode(token, keys))
            self._known[digest] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        if known.expires + LEEWAY_SECONDS <= time.time():
            self._known.pop(digest, None)
            raise TokenExpiredError(_EXPIRED)
        return known

    def _decode(self, token: str, keys: Known) -> dict[str, Any]:
        try:
            key = _named(jwt.get_unverified_header(token), keys)
            claims: dict[str, Any] = jwt.decode(
                token, key.public, algorithms=[ALGORITHM], audience=self._audience,
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


def _named(header: dict[str, Any], keys: Known) -> PublicKey:
    """Return the key that a token names, which has to be one of ours.

    An access token says that it is one: no other JWT of ours passes for it (RFC 9068, section 4).
    """
    if str(header.get("typ", "")).lower() not in {TYPE, f"application/{TYPE}"}:
        raise jwt.InvalidTokenError("typ")
    key = keys.verifies.get(str(header.get("kid")))
    if key is None:
        raise jwt.InvalidTokenError("kid")
    return key


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
