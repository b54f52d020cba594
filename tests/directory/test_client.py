"""Clients' secrets: long, kept as a keyed hash, and told apart from wrong ones only by being right."""

from datetime import UTC, datetime

import pytest

from contracts.codes import Scope
from contracts.directory import CreateClient
from services.directory import client

KEY = bytes(range(32))
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def stored(secret: str, **changes: object) -> dict[str, object]:
    request = CreateClient(organization="org_1", name="Sistema", scopes=(Scope.FEED_READ, Scope.FEED_READ))
    return {**client.document(request, client.hash_secret(KEY, secret), NOW), **changes}


def test_a_secret_has_256_random_bits_and_a_prefix_of_its_own() -> None:
    secrets = {client.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("rs_") and len(secret) == 46 for secret in secrets)


def test_nothing_of_the_secret_is_kept() -> None:
    secret = client.new_secret()
    assert secret not in repr(stored(secret))
    assert stored(secret)["scopes"] == [Scope.FEED_READ]


def test_the_right_secret_proves_the_client() -> None:
    secret = client.new_secret()
    assert client.is_proven(stored(secret), client.hash_secret(KEY, secret), NOW)


@pytest.mark.parametrize("wrong", ["", "rs_", "rs_" + "x" * 43])
def test_another_secret_does_not(wrong: str) -> None:
    assert not client.is_proven(stored(client.new_secret()), client.hash_secret(KEY, wrong), NOW)


def test_a_hash_under_another_key_does_not() -> None:
    secret = client.new_secret()
    assert not client.is_proven(stored(secret), client.hash_secret(bytes(32), secret), NOW)


def test_neither_an_unknown_nor_a_revoked_client_is_proven() -> None:
    secret = client.new_secret()
    assert not client.is_proven(None, client.hash_secret(KEY, secret), NOW)
    assert not client.is_proven(None, bytes(32), NOW)
    assert not client.is_proven(stored(secret, revoked=NOW), client.hash_secret(KEY, secret), NOW)
