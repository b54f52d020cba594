"""Access tokens by RFC 9068: what is issued, and that nothing else passes for it."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codes import OrganizationKind, Scope
from contracts.directory import Client
from gateway import tokens as module
from gateway.errors import TokenExpiredError, UnauthenticatedError
from gateway.signing import Known, TokenKey
from gateway.tokens import Tokens

ISSUER = "https://relevo.example"
AUDIENCE = f"{ISSUER}/graphql"
KEY = TokenKey(Ed25519PrivateKey.generate())
CLIENT = Client(
    id="cl_1",
    organization="org_1",
    organization_kind=OrganizationKind.SHELTER,
    verified=True,
    name="Expedientes",
    scopes=(Scope.REFERRALS_SEND, Scope.FEED_READ),
)
SCOPES = ("referrals:send", "feed:read")


def issuer(key: TokenKey = KEY, audience: str = AUDIENCE, name: str = ISSUER, seconds: int = 600) -> Tokens:
    keys = Known.of(key)
    return Tokens(lambda: keys, name, audience, seconds)


def forged(headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token like ours, with our own key, but for what is changed; None leaves a claim out."""
    claims = jwt.decode(issuer().issue(CLIENT, SCOPES), options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(
        claims, KEY.private, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": KEY.kid, **(headers or {})}
    )


def test_a_good_token_says_who_acts_and_what_they_may() -> None:
    verified = issuer().verify(issuer().issue(CLIENT, SCOPES))
    actor = verified.actor
    assert (actor.kind, actor.id, actor.organization) == ("client", "cl_1", "org_1")
    assert (actor.organization_kind, actor.verified, actor.scopes) == ("shelter", True, SCOPES)
    assert 590 < verified.expires - time.time() <= 600


def test_an_issued_token_has_all_that_rfc_9068_asks_for() -> None:
    token = issuer().issue(CLIENT, SCOPES)
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "typ": "at+jwt", "kid": KEY.kid}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.keys() >= {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"}
    assert (claims["iss"], claims["aud"], claims["scope"]) == (ISSUER, AUDIENCE, "referrals:send feed:read")


def test_anybody_can_verify_a_token_with_the_published_key() -> None:
    key = jwt.PyJWKSet.from_dict(issuer().jwks())[KEY.kid]
    claims = jwt.decode(issuer().issue(CLIENT, SCOPES), key, algorithms=["EdDSA"], audience=AUDIENCE)
    assert claims["sub"] == "cl_1"


def test_the_published_key_is_public() -> None:
    assert set(issuer().jwks()["keys"][0]) == {"kty", "crv", "x", "kid", "alg", "use"}


def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    # The example of RFC 8037, appendix A.
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = TokenKey(Ed25519PrivateKey.from_private_bytes(seed))
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("token", [
    "",
    "nonsense",
    "a.b.c",
    forged(headers={"typ": "JWT"}),
    forged(headers={"typ": ""}),
    forged(headers={"kid": "another"}),
    forged(aud="https://relevo.example"),
    forged(aud=[AUDIENCE, "another"]),
    forged(iss="https://another.example"),
    forged(exp=int(time.time()) - 10),
    forged(iat=int(time.time()) + 86_400),
    *(forged(**{claim: None}) for claim in ("iss", "aud", "exp", "iat", "sub")),
    *(forged(**{claim: None}) for claim in ("client_id", "scope", "jti", "org")),
    issuer(TokenKey(Ed25519PrivateKey.generate())).issue(CLIENT, SCOPES),
])  # fmt: skip
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        issuer().verify(token)


def test_a_token_without_a_signature_is_refused() -> None:
    claims = jwt.decode(issuer().issue(CLIENT, SCOPES), options={"verify_signature": False})
    bare = jwt.encode(claims, "", algorithm="none", headers={"typ": "at+jwt", "kid": KEY.kid})
    with pytest.raises(UnauthenticatedError):
        issuer().verify(bare)


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused() -> None:
    claims = jwt.decode(issuer().issue(CLIENT, SCOPES), options={"verify_signature": False})
    secret = KEY.public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    confused = jwt.encode(claims, secret, algorithm="HS256", headers={"typ": "at+jwt", "kid": KEY.kid})
    with pytest.raises(UnauthenticatedError):
        issuer().verify(confused)


def test_a_changed_token_is_refused() -> None:
    head, body, signature = issuer().issue(CLIENT, SCOPES).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["org"] = "org_2"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(UnauthenticatedError):
        issuer().verify(f"{head}.{changed}.{signature}")


def test_a_token_that_was_seen_before_still_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = issuer()
    token = tokens.issue(CLIENT, SCOPES)
    tokens.verify(token)
    later = time.time() + 606
    monkeypatch.setattr("gateway.tokens.time.time", lambda: later)
    with pytest.raises(TokenExpiredError):
        tokens.verify(token)


def test_verified_tokens_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    tokens = issuer()
    for _ in range(5):
        tokens.verify(tokens.issue(CLIENT, SCOPES))
    assert len(tokens._known) == 3
