"""Keys that sign tokens are exchanged while everything goes on: no client is refused."""

import os
import time
from pathlib import Path

import httpx
import pytest

from cli import keys
from cli.signing import TokenRotation
from contracts.codes import OrganizationKind, Scope
from contracts.directory import Client
from gateway.errors import UnauthenticatedError
from gateway.signing import LONGEST_SECONDS, TokenKeys
from gateway.tokens import Tokens
from tests.cli.running import relevo
from tests.flows.cast import Cast

CLIENT = Client(
    id="cl_1",
    organization="org_1",
    organization_kind=OrganizationKind.SHELTER,
    verified=True,
    name="Expedientes",
    scopes=(Scope.FEED_READ,),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.init(tmp_path)
    return tmp_path


def replica(folder: Path) -> Tokens:
    """The tokens of one more gateway."""
    return Tokens(TokenKeys(folder).known, "https://relevo.example", "https://relevo.example/graphql", 600)


def kids(tokens: Tokens) -> list[str]:
    return [one["kid"] for one in tokens.jwks()["keys"]]


def test_tokens_of_the_old_key_and_of_the_new_are_good_at_every_replica_all_the_while(folder: Path) -> None:
    one, other, rotation = replica(folder), replica(folder), TokenRotation(folder)
    before = one.issue(CLIENT, ("feed:read",))
    (old,) = kids(one)
    assert rotation.prepare()
    assert not rotation.prepare(), "a run that was stopped goes on with the same"
    # Published, and accepted, before it signs anything.
    assert kids(other)[0] == old
    assert len(kids(other)) == 2
    rotation.carry_out(forget=False)
    after = other.issue(CLIENT, ("feed:read",))
    new, kept = kids(one)
    assert (new != old, kept) == (True, old)
    for tokens in (one, other, replica(folder)):
        assert tokens.verify(before).actor == tokens.verify(after).actor
    # What is left of the old one signs nothing.
    assert b"PRIVATE" not in (folder / "gateway" / "token.old.pub").read_bytes()
    assert sorted(path.name for path in (folder / "gateway").glob("token*")) == ["token.old.pub", "token.pem"]


def test_the_old_key_is_good_no_longer_than_its_last_token(folder: Path) -> None:
    one, rotation = replica(folder), TokenRotation(folder)
    before = one.issue(CLIENT, ())
    rotation.prepare()
    rotation.carry_out(forget=False)
    assert one.verify(before)
    long_ago = time.time() - LONGEST_SECONDS - 1
    os.utime(folder / "gateway" / "token.old.pub", (long_ago, long_ago))
    assert len(kids(one)) == 1
    with pytest.raises(UnauthenticatedError):
        one.verify(before)


def test_a_key_in_other_hands_is_refused_at_once_also_by_who_had_checked_it(folder: Path) -> None:
    one, rotation = replica(folder), TokenRotation(folder)
    before = one.issue(CLIENT, ())
    assert one.verify(before)
    rotation.prepare()
    rotation.carry_out(forget=True)
    with pytest.raises(UnauthenticatedError):
        one.verify(before)
    assert one.verify(one.issue(CLIENT, ()))


def test_half_a_file_changes_nothing(folder: Path) -> None:
    one = replica(folder)
    before = one.issue(CLIENT, ())
    (folder / "gateway" / "token.next.pem").write_bytes(b"-----BEGIN PRIV")
    assert one.verify(before)
    assert len(kids(one)) == 1


async def test_the_command_exchanges_it_under_a_running_gateway(cast: Cast) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:

        async def published() -> list[str]:
            told = await http.get(f"{cast.stack.urls['gateway']}/.well-known/jwks.json")
            return [one["kid"] for one in told.json()["keys"]]

        held, (before, *_) = await cast.shelter.headers(), await published()
        done = relevo("keys", "rotate-tokens", env={"RELEVO_DATA_DIR": str(cast.stack.data)})
        assert done.returncode == 0, done.stderr
        viewer = "{ viewer { scopes } }"
        for client in (cast.shelter, cast.hospital):
            assert (await client.raw(viewer, {})).status_code == httpx.codes.OK
        assert await cast.shelter.headers() == held, "nobody had to fetch a token"
        new, old = await published()
        assert (new != before, old) == (True, before)
