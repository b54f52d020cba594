"""An actor header that is not this very request's own is refused, whatever is wrong with it."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from chassis import identity
from chassis.bus import Bus
from chassis.identity import LEEWAY_SECONDS, LIFE_SECONDS, Identity, Peers
from chassis.problems import BadActorError
from chassis.rpc import ACTOR_HEADER, Server
from cli import keys
from contracts.rpc import Actor, Message, Operation
from tests.chassis.conftest import Connect
from tests.servers import Servers


class Ask(Message):
    """A request of the tests' own."""

    word: str


class Answer(Message):
    """Its reply."""

    word: str


ECHO = Operation("directory", "get_services", Ask, Answer)
OTHER = "rpc.v1.directory.get_organizations"
BODY = b'{"word":"hello"}'
MEMBER = Actor(kind="member", id="m1", organization="org1", verified=True, roles=("manager",))


def _parts(header: str) -> list[str]:
    return header.split(".")


def _text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _read(part: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _changed(header: str, **changes: object) -> str:
    """The same token with other claims, under the old signature."""
    head, claims, signature = _parts(header)
    return ".".join((head, _text({**_read(claims), **changes}), signature))


def _headed(header: str, **head: object) -> str:
    """The same token under another header of its own."""
    return ".".join((_text(head), *_parts(header)[1:]))


@pytest.fixture
async def server(bus_of: Connect, peers: Peers) -> AsyncIterator[Server]:
    async def answer(request: Ask, _actor: Actor) -> Answer:
        return Answer(word=request.word)

    server = Server(await bus_of("directory"), "directory", peers)
    server.add(ECHO, answer)
    await server.start()
    yield server
    await server.drain()


@pytest.fixture
async def gateway(bus_of: Connect) -> Bus:
    return await bus_of("gateway")


@pytest.fixture
def signer(servers: Servers) -> Identity:
    return Identity.load(servers.keys_dir, "gateway")


async def answered(gateway: Bus, header: str | None, body: bytes = BODY) -> bytes:
    headers = None if header is None else {ACTOR_HEADER: header}
    reply = await gateway.nc.request(ECHO.subject, body, timeout=5, headers=headers)
    return bytes(reply.data)


FORGED: dict[str, Callable[[Identity], str]] = {
    "nothing": lambda _: "",
    "nonsense": lambda _: "a.b.c",
    "two parts": lambda by: ".".join(_parts(by.sign(MEMBER, ECHO.subject, BODY))[:2]),
    "no signature": lambda by: ".".join((*_parts(by.sign(MEMBER, ECHO.subject, BODY))[:2], "")),
    "another signature": lambda by: by.sign(MEMBER, ECHO.subject, BODY)[:-4] + "AAAA",
    "another actor": lambda by: _changed(
        by.sign(MEMBER, ECHO.subject, BODY), act=msgspec.to_builtins(MEMBER) | {"organization": "org2"}
    ),
    "a longer life": lambda by: _changed(by.sign(MEMBER, ECHO.subject, BODY), exp=2**40),
    "no algorithm": lambda by: _headed(by.sign(MEMBER, ECHO.subject, BODY), alg="none", kid="gateway"),
    "another algorithm": lambda by: _headed(by.sign(MEMBER, ECHO.subject, BODY), alg="HS256", kid="gateway"),
    "another part's name": lambda by: _headed(
        by.sign(MEMBER, ECHO.subject, BODY), alg="EdDSA", kid="operator"
    ),
    "a key of its own": lambda by: _headed(
        by.sign(MEMBER, ECHO.subject, BODY), alg="EdDSA", kid="gateway", jwk={"kty": "OKP"}
    ),
    "another subject": lambda by: by.sign(MEMBER, OTHER, BODY),
    "another body": lambda by: by.sign(MEMBER, ECHO.subject, b'{"word":"other"}'),
}  # fmt: skip


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("how", FORGED)
async def test_a_header_that_is_forged_or_anothers_is_refused(
    gateway: Bus, signer: Identity, how: str
) -> None:
    assert b"hello" in await answered(gateway, signer.sign(MEMBER, ECHO.subject, BODY))
    refused = await answered(gateway, FORGED[how](signer))
    assert b"BAD_ACTOR" in refused
    assert b"hello" not in refused


@pytest.mark.usefixtures("server")
async def test_a_header_is_good_for_seconds_only(
    gateway: Bus, signer: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (LIFE_SECONDS, LEEWAY_SECONDS) == (10, 2)
    # As one that was signed so much longer ago.
    monkeypatch.setattr(identity, "LIFE_SECONDS", -LEEWAY_SECONDS)
    assert b"BAD_ACTOR" in await answered(gateway, signer.sign(MEMBER, ECHO.subject, BODY))


@pytest.mark.usefixtures("server")
async def test_a_key_that_the_network_does_not_know_signs_nothing(gateway: Bus, tmp_path: Path) -> None:
    keys.init(tmp_path)
    stranger = Identity.load(tmp_path, "gateway")
    assert b"BAD_ACTOR" in await answered(gateway, stranger.sign(MEMBER, ECHO.subject, BODY))


@pytest.mark.parametrize("part", [one for one in keys.USERS if one != "gateway"])
async def test_only_the_gateway_speaks_for_members_and_nobody_for_another_part(
    servers: Servers, peers: Peers, part: str
) -> None:
    signer = Identity.load(servers.keys_dir, part)
    others = [one for one in keys.USERS if one not in {part, "gateway"}]
    wrong = [MEMBER, msgspec.structs.replace(MEMBER, kind="client", roles=())]
    wrong += [Actor(kind="service", id=one) for one in others]
    if part != "operator":
        wrong += [Actor(kind="operator", id=one) for one in ("operator", part)]
    for actor in wrong:
        with pytest.raises(BadActorError, match="may not speak"):
            peers.verify(signer.sign(actor, ECHO.subject, BODY), ECHO.subject, BODY)
    assert peers.verify(signer.sign(signer.actor, ECHO.subject, BODY), ECHO.subject, BODY)[0] == part
