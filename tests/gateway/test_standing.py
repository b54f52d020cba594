"""A client that is revoked, or whose organization is verified no longer, is told so within five seconds."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from chassis.bus import connect
from chassis.identity import OPERATOR, Identity
from chassis.problems import UnreachableError
from chassis.rpc import Caller
from cli.embedded.stack import Stack
from contracts import directory as contract
from contracts.codes import OrganizationKind, Scope
from contracts.directory import (
    CREATE_CLIENT,
    CREATE_ORGANIZATION,
    REVOKE_CLIENT,
    VERIFY_ORGANIZATION,
    Clients,
    CreateClient,
    CreateOrganization,
    RevokeClient,
    VerifyOrganization,
)
from contracts.rpc import Actor, Ids
from gateway.errors import RevokedError
from gateway.live import Stream
from gateway.standing import BATCH, LATELY_SECONDS, Standing
from tests.flows.client import AnswerError, Client, Credentials
from tests.gateway.test_admission import Clock
from tests.gateway.test_sse import stream
from tests.gateway.test_websocket import LIVE, talk
from tests.servers import eventually

SOON = 5.0
MINE = "{ viewer { feedHead } }"


class Directory:
    """Stands for the directory at the other end of the bus; ``away`` is what no running one is for long."""

    me = Actor(kind="service", id="gateway")

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.verified = True
        self.away = False
        self.asked: list[tuple[str, ...]] = []

    async def call(self, _operation: object, request: Ids, _actor: Actor) -> Clients:
        if self.away:
            raise UnreachableError("away")
        self.asked.append(request.ids)
        return Clients(items=tuple(self._client(client_id) for client_id in request.ids))

    def _client(self, client_id: str) -> contract.Client | None:
        if client_id in self.revoked:
            return None
        return contract.Client(
            id=client_id, organization="org_1", organization_kind=OrganizationKind.SHELTER,
            verified=self.verified, name="Sistema", scopes=(Scope.FEED_READ,),
        )  # fmt: skip


def actor(client_id: str = "cl_1", **changes: Any) -> Actor:
    return Actor(kind="client", id=client_id, **{"organization_kind": "shelter", "verified": True, **changes})


def standing(directory: Directory, clock: Clock | None = None) -> Standing:
    caller: Any = directory
    return Standing(caller, clock or Clock())


async def test_a_client_is_asked_about_when_it_comes_and_not_again_until_the_next_look() -> None:
    directory = Directory()
    clients = standing(directory)
    for _ in range(3):
        assert await clients.of(actor()) == actor()
    assert directory.asked == [("cl_1",)]
    await clients.look()
    assert directory.asked == [("cl_1",)] * 2


async def test_what_the_directory_says_now_goes_before_the_token() -> None:
    directory = Directory()
    clients = standing(directory)
    found = await clients.of(actor(organization_kind="other", verified=False))
    assert (found.organization_kind, found.verified) == ("shelter", True)
    directory.verified = False
    await clients.look()
    assert not (await clients.of(actor())).verified


async def test_a_revoked_client_is_refused_and_its_streams_end() -> None:
    directory = Directory()
    clients = standing(directory)
    held, other = Stream(), Stream()
    await clients.of(actor())
    clients.hold(actor(), held)
    clients.hold(actor("cl_2"), other)
    directory.revoked.add("cl_1")
    await clients.look()
    assert reason_of(held) == "REVOKED"
    assert not other.ended
    with pytest.raises(RevokedError):
        await clients.of(actor())


async def test_a_client_that_was_revoked_before_it_came_never_gets_in() -> None:
    directory = Directory()
    directory.revoked.add("cl_1")
    with pytest.raises(RevokedError):
        await standing(directory).of(actor())


async def test_a_stream_ends_when_its_organization_is_verified_no_longer() -> None:
    directory = Directory()
    clients, held = standing(directory), Stream()
    clients.hold(actor(), held)
    await clients.look()
    assert not held.ended
    directory.verified = False
    await clients.look()
    assert reason_of(held) == "TOKEN_EXPIRED"


async def test_while_the_directory_is_away_what_is_known_holds() -> None:
    directory = Directory()
    clients, held = standing(directory), Stream()
    directory.revoked.add("cl_2")
    await clients.of(actor())
    with pytest.raises(RevokedError):
        await clients.of(actor("cl_2"))
    directory.away = True
    clients.hold(actor(), held)
    with pytest.raises(UnreachableError):
        await clients.look()
    assert not held.ended
    assert await clients.of(actor()) == actor()
    assert await clients.of(actor("cl_3")) == actor("cl_3")
    with pytest.raises(RevokedError):
        await clients.of(actor("cl_2"))


async def test_many_clients_are_asked_about_in_batches() -> None:
    directory = Directory()
    clients = standing(directory)
    for number in range(BATCH + 1):
        await clients.of(actor(f"cl_{number}"))
    directory.asked.clear()
    await clients.look()
    assert sorted(map(len, directory.asked)) == [1, BATCH]


async def test_a_client_that_was_not_seen_lately_is_forgotten_unless_it_holds_a_stream() -> None:
    directory, clock = Directory(), Clock()
    clock.now = 1000.0
    clients = standing(directory, clock)
    for one in ("cl_1", "cl_2"):
        await clients.of(actor(one))
    clock.now += LATELY_SECONDS + 1
    directory.asked.clear()
    held = Stream()
    clients.hold(actor("cl_2"), held)
    await clients.look()
    assert directory.asked == [("cl_2",)]
    assert clients.streams_of(actor("cl_2")) == 1
    clients.release(actor("cl_2"), held)
    assert clients.streams_of(actor("cl_2")) == 0
    await clients.of(actor())
    assert directory.asked == [("cl_2",), ("cl_1",)]


def reason_of(held: Stream) -> str:
    assert held.reason is not None
    return held.reason.code


@pytest.fixture
async def operator(stack: Stack) -> AsyncIterator[Caller]:
    """Whoever sits at the command line of the session's network."""
    identity = Identity.load(stack.data / "keys", OPERATOR)
    bus = await connect(stack.urls["nats"], identity, on_lost=lambda: None)
    yield Caller(bus)
    await bus.close()


@pytest.fixture
async def newcomer(stack: Stack, operator: Caller) -> AsyncIterator[tuple[Client, str]]:
    """A client of an organization of its own, and the organization's id."""
    wanted = CreateOrganization(name="Clínica de paso (ficticia)", kind=OrganizationKind.HEALTH)
    organization = await operator.call(CREATE_ORGANIZATION, wanted, operator.me)
    request = CreateClient(organization=organization.id, name="Sistema de prueba", scopes=tuple(Scope))
    new = await operator.call(CREATE_CLIENT, request, operator.me)
    async with Client(stack.urls["gateway"], Credentials(new.client.id, new.secret)) as client:
        yield client, organization.id


async def test_a_revoked_clients_streams_end_and_its_token_is_refused_within_five_seconds(
    newcomer: tuple[Client, str], operator: Caller
) -> None:
    client, _ = newcomer
    token = (await client.headers())["authorization"]
    async with stream(client) as heard, talk(client) as socket:
        await socket.init()
        await socket.ask("1", LIVE)
        await operator.call(REVOKE_CLIENT, RevokeClient(client=client._credentials.id), operator.me)
        began = time.monotonic()
        name, data = await heard.next()
        assert data is not None
        assert (name, codes_of(data["errors"])) == ("next", ["REVOKED"])
        assert (await heard.next())[0] == "complete"
        assert await socket.closed() == 4401
        assert time.monotonic() - began < SOON
    answer = await client.raw("{ viewer { scopes } }", {})
    assert (await client.headers())["authorization"] == token
    assert (answer.status_code, codes_of(answer.json()["errors"])) == (401, ["REVOKED"])


async def test_withdrawn_verification_reaches_streams_and_tokens_within_five_seconds(
    newcomer: tuple[Client, str], operator: Caller
) -> None:
    client, organization = newcomer
    assert await client.ask(MINE)
    async with stream(client) as heard:
        withdrawn = VerifyOrganization(organization=organization, verified=False)
        await operator.call(VERIFY_ORGANIZATION, withdrawn, operator.me)
        began = time.monotonic()
        _, data = await heard.next()
        assert data is not None
        assert codes_of(data["errors"]) == ["TOKEN_EXPIRED"]
        with pytest.raises(AnswerError):
            await client.ask(MINE)
        assert time.monotonic() - began < SOON
    await operator.call(VERIFY_ORGANIZATION, VerifyOrganization(organization=organization), operator.me)

    async def admitted() -> bool:
        try:
            await client.ask(MINE)
        except AnswerError:
            return False
        return True

    await eventually(admitted, within=SOON)


def codes_of(errors: Sequence[dict[str, Any]]) -> list[str]:
    return [error["extensions"]["code"] for error in errors]
