"""A client: a system that acts for an organization, and the secret that proves it.

The secret has 256 random bits, so nobody finds it by trying, however fast the hash: a slow password hash
would only make every token request, and every flood of them, cost the service a hundred times as much.
The hash is keyed, so that a stolen database alone does not even say whether a secret is one of ours.
"""

import hmac
import secrets
from datetime import datetime
from typing import Any

from contracts.codes import OrganizationKind, Scope
from contracts.directory import Client, CreateClient
from contracts.membership import OwnClient
from services.directory.organization import is_verified, network_roles

# A prefix of its own lets scanners of code and logs find a secret that got lost.
SECRET_PREFIX = "rs_"  # noqa: S105 - the prefix is no secret
SECRET_BYTES = 32
KEY_BYTES = 32
# So many secrets that were rotated may work at one time.
MOST_SECRETS = 4
_NO_HASH = bytes(32)


def new_secret() -> str:
    """Return a new secret of 256 random bits."""
    return SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(key: bytes, secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hmac.digest(key, secret.encode(), "sha256")


def document(request: CreateClient, secret_hash: bytes, created: datetime) -> dict[str, Any]:
    """Return a new client's document, but for its id."""
    return {
        "organization": request.organization,
        "name": request.name,
        "scopes": list(dict.fromkeys(request.scopes)),
        "secret_hash": secret_hash,
        "created": created,
        "revoked": None,
    }


def is_proven(stored: dict[str, Any] | None, secret_hash: bytes, now: datetime) -> bool:
    """Whether the secret is this client's and good; an unknown client takes as long as a wrong secret.

    A secret that was rotated is good until its moment.
    """
    expected = [stored["secret_hash"] if stored else _NO_HASH]
    expected += [old["hash"] for old in (stored or {}).get("old_secrets", ()) if now < old["until"]]
    same = any(hmac.compare_digest(one, secret_hash) for one in expected)
    return same and stored is not None and stored["revoked"] is None


def rotated(stored: dict[str, Any], secret_hash: bytes, at: datetime, until: datetime) -> dict[str, Any]:
    """Return the fields that a new secret sets: whatever worked before works on, at most until then.

    Also what was rotated a moment ago: whoever lost the new secret's answer rotates again, and the secret
    that its system uses goes on. ``until`` at once ends them all.
    """
    older = [one for one in stored.get("old_secrets", ()) if at < one["until"]]
    last = {"hash": stored["secret_hash"], "until": until}
    kept = [last, *({**one, "until": min(one["until"], until)} for one in older)][:MOST_SECRETS]
    return {"secret_hash": secret_hash, "old_secrets": kept, "old_secret_until": until, "rotated": at}


def view(stored: dict[str, Any], organization: dict[str, Any]) -> Client:
    """Return the client and what of its organization decides on what it may do."""
    return Client(
        id=stored["_id"],
        organization=stored["organization"],
        organization_kind=OrganizationKind(organization["kind"]),
        verified=is_verified(organization),
        name=stored["name"],
        scopes=tuple(Scope(scope) for scope in stored["scopes"]),
        created=stored["created"],
        network_roles=network_roles(organization),
    )


def own_view(stored: dict[str, Any]) -> OwnClient:
    """Return the client as its organization sees it."""
    return OwnClient(
        id=stored["_id"],
        organization=stored["organization"],
        name=stored["name"],
        scopes=tuple(Scope(scope) for scope in stored["scopes"]),
        created=stored["created"],
        revoked=stored["revoked"],
        rotated=stored.get("rotated"),
        old_secret_until=stored.get("old_secret_until"),
    )
