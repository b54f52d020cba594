"""The service with its usual settings sends nothing to this machine, and nothing but over https."""

import asyncio
import socket
import ssl

import pytest

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts import webhooks
from contracts.rpc import Actor
from contracts.webhooks import CREATE_ENDPOINT, TEST_ENDPOINT, CreateEndpoint
from services.notifications.webhooks.calling import Caller as HttpCaller
from services.notifications.webhooks.calling import NotCalledError
from tests.notifications.conftest import reader_of
from tests.notifications.webhooks.test_addresses import NOT_PUBLIC, OTHER_WORDS
from tests.notifications.webhooks.test_calling import resolving

SCOPES = ("feed:read", "webhooks:manage")
# What a URL can say in place of a name, and the system takes for this machine.
HERE = [
    "127.0.0.1", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1",
    "0", "0.0.0.0",  # noqa: S104 - not to bind to
    "localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]",
]  # fmt: skip


@pytest.fixture
def manager() -> Actor:
    """Whoever manages the webhooks of an organization."""
    return reader_of("org_refused", scopes=SCOPES)


async def listening() -> tuple[asyncio.Server, int, list[bytes]]:
    """Somebody on this machine who must hear nothing, at every address of it."""
    heard: list[bytes] = []

    async def hear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(b"a connection")
        writer.close()

    server = await asyncio.start_server(hear, ["127.0.0.1", "::1"])
    return server, server.sockets[0].getsockname()[1], heard


async def test_plain_http_is_refused_and_this_machine_is_not_called(caller: Caller, manager: Actor) -> None:
    server, port, heard = await listening()
    plain = CreateEndpoint(idempotency_key="plain", url=f"http://receiver.example:{port}/")
    with pytest.raises(RefusedError) as refusal:
        await caller.call(CREATE_ENDPOINT, plain, manager)
    assert [one.path for one in refusal.value.problem.fields] == [("url",)]
    given = CreateEndpoint(idempotency_key="here", url=f"https://127.0.0.1:{port}/")
    made = await caller.call(CREATE_ENDPOINT, given, manager)
    asked = webhooks.TestEndpoint(idempotency_key="try", endpoint=made.endpoint.id)
    attempt = (await caller.call(TEST_ENDPOINT, asked, manager)).attempt
    assert (attempt.status, attempt.error) == (None, "address_not_allowed")
    server.close()
    assert heard == []


@pytest.mark.parametrize("host", HERE)
async def test_nothing_that_a_url_says_for_this_machine_leads_to_it(host: str) -> None:
    server, port, heard = await listening()
    one = HttpCaller()
    for scheme in ("http", "https"):
        with pytest.raises(NotCalledError, match=r"address_not_allowed|unknown_name"):
            await one.post(f"{scheme}://{host}:{port}/", {}, b"{}")
    server.close()
    await one.close()
    assert heard == []


async def test_no_name_leads_to_an_address_of_the_table() -> None:
    called: list[str] = []
    table = [*NOT_PUBLIC, *OTHER_WORDS]
    assert len(table) >= 60
    context = ssl.create_default_context()
    for address in table:
        for answer in ([address], ["1.1.1.1", address], [address, "1.1.1.1"]):
            one = HttpCaller(resolve=resolving(answer), context=context)
            one._network._inner = Counting(called)  # type: ignore[assignment]
            with pytest.raises(NotCalledError, match="address_not_allowed"):
                await one.post("https://receiver.example/", {}, b"{}")
    assert called == []


class Counting:
    """Connects nowhere, and says where to it was asked to."""

    def __init__(self, called: list[str]) -> None:
        self._called = called

    async def connect_tcp(self, host: str, *_: object) -> None:
        self._called.append(host)
        raise NotCalledError("connected")


class Rebinding:
    """A name server that says something else each time it is asked."""

    def __init__(self, *answers: str) -> None:
        self.asked = 0
        self._answers = answers

    def __call__(self, _host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        answer = self._answers[self.asked % len(self._answers)]
        self.asked += 1
        return [(None, None, None, "", (answer, port))]


@pytest.fixture
def rebinding(monkeypatch: pytest.MonkeyPatch) -> Rebinding:
    """The system's resolver, for whoever asks it: an address of the internet's, then this machine."""
    server = Rebinding("1.1.1.1", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", server)
    return server


async def test_what_was_looked_at_is_connected_to_and_no_name_server_is_asked_again(
    rebinding: Rebinding,
) -> None:
    called: list[str] = []
    one = HttpCaller()
    one._network._inner = Counting(called)  # type: ignore[assignment]
    for turn in range(10):
        wanted = "connected" if turn % 2 == 0 else "address_not_allowed"
        with pytest.raises(NotCalledError, match=wanted):
            await one.post("https://receiver.example/", {}, b"{}")
        assert rebinding.asked == turn + 1, "once for each call"
    # The address itself, which nobody has to resolve any more.
    assert called == ["1.1.1.1"] * 5
