"""What the local receiver of webhooks believes, and what it refuses and why."""

import base64
import time
from datetime import UTC, datetime

import pytest
import standardwebhooks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.receiving import NotVerifiedError, Verifier
from services.notifications.webhooks.signing import Signer, public_text

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type":"relevo.webhook.test.v1","data":{}}'
NOW = 1_795_348_800


def signed(body: bytes = BODY, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    """The headers of a message, by the library."""
    moment = datetime.fromtimestamp(at, UTC)
    signature = standardwebhooks.Webhook(secret).sign("msg_1", moment, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature}


def test_what_the_library_signs_is_believed() -> None:
    Verifier(SECRET).verify(signed(), BODY, NOW)


def test_what_the_network_signs_is_believed_by_secret_and_by_public_key() -> None:
    key = Ed25519PrivateKey.generate()
    secrets = [base64.b64decode("b2xk"), base64.b64decode(SECRET.removeprefix("whsec_"))]
    headers = Signer(secrets, key).headers("msg_1", datetime.fromtimestamp(NOW, UTC), BODY)
    for given in (SECRET, public_text(key)):
        Verifier(given).verify(headers, BODY, NOW)
        with pytest.raises(NotVerifiedError, match="is right"):
            Verifier(given).verify(headers, BODY + b" ", NOW)
    other = public_text(Ed25519PrivateKey.generate())
    with pytest.raises(NotVerifiedError, match="none of 1 signatures v1a is right"):
        Verifier(other).verify(headers, BODY, NOW)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"webhook-id": ""}, "no header webhook-id: is it a webhook"),
        ({"webhook-signature": "", "webhook-timestamp": ""}, "webhook-timestamp, webhook-signature"),
        ({"webhook-timestamp": "yesterday"}, "no number of seconds"),
        ({"webhook-timestamp": str(NOW - 301)}, "it is 301 s old, more than 300"),
        ({"webhook-timestamp": str(NOW + 301)}, "it is 301 s ahead"),
        ({"webhook-id": "msg_2"}, "none of 1 signatures v1 is right"),
        ({"webhook-signature": "v1a,AAAA v2,AAAA"}, "no signature v1 among 2"),
        ({"webhook-signature": "v1,=not=base64="}, "none of 1 signatures v1 is right"),
        ({"webhook-signature": "nonsense"}, "no signature v1 among 1"),
    ],
)
def test_a_refusal_says_why_and_never_the_secret(changed: dict[str, str], why: str) -> None:
    with pytest.raises(NotVerifiedError) as refused:
        Verifier(SECRET).verify({**signed(), **changed}, BODY, NOW)
    assert why in str(refused.value)
    assert SECRET.removeprefix("whsec_") not in str(refused.value)


def test_an_old_secret_is_not_right() -> None:
    other = "whsec_" + base64.b64encode(b"another, of the same length").decode()
    with pytest.raises(NotVerifiedError, match="before a rotation"):
        Verifier(other).verify(signed(at=int(time.time())), BODY, time.time())


@pytest.mark.parametrize("text", ["whsec_", "whsec_%%%", "whpk_AAAA", "hello there"])
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="is ") as refused:
        Verifier(text)
    assert text not in str(refused.value)
