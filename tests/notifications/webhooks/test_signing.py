"""Signatures are the specification's: its published vector, and what foreign libraries verify."""

import base64
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.notifications.webhooks.signing import Signer, new_secret, public_text, secret_text


def test_the_published_vector_comes_out_exactly() -> None:
    # Of the specification's own reference libraries, in all of their languages.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    signer = Signer([secret], Ed25519PrivateKey.generate())
    headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"].split()[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_signs_while_one_takes_the_others_place_and_the_key_pair_too() -> None:
    old, new, key = new_secret(), new_secret(), Ed25519PrivateKey.generate()
    body, at = b"{}", datetime(2026, 11, 22, tzinfo=UTC)
    signatures = Signer([new, old], key).headers("msg_1", at, body)["webhook-signature"].split()
    assert [one.split(",")[0] for one in signatures] == ["v1", "v1", "v1a"]
    assert signatures[0] == Signer([new], key).headers("msg_1", at, body)["webhook-signature"].split()[0]
    public = base64.b64decode(public_text(key).removeprefix("whpk_"))
    signed = f"msg_1.{int(at.timestamp())}.{{}}".encode()
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signatures[2][4:]), signed)
    assert len(base64.b64decode(secret_text(new).removeprefix("whsec_"))) == 32
