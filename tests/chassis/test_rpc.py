"""Requests between parts: typed, signed, refused in words, and never a leak or a silence."""

import asyncio
import time
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated

import pytest
from msgspec import Meta

from chassis.bus import Bus
from chassis.identity import Peers
from chassis.problems import PartError, RefusedError, UnreachableError
from chassis.rpc import BEAT_SECONDS, Caller, Server
from contracts.rpc import Actor, Message, Operation, Problem
from tests.chassis.conftest import Connect


class Colour(StrEnum):
    """An enumeration of the tests' own."""

    RED = "red"


class Ask(Message):
    """A request of the tests' own."""

    word: Annotated[str, Meta(max_length=20)]
    colour: Colour = Colour.RED


class Coloured(Message):
    """The request with a field more."""

    word: str
    colour: str


class Answer(Message):
    """Its reply."""

    word: str
    actor: str


# Names that the permissions know, so that real keys may use them.
ECHO = Operation("directory", "get_services", Ask, Answer)
CLIENT = Actor(kind="client", id="client1", organization="org1", verified=True, scopes=("feed:read",))


class TeapotError(PartError):
    """A refusal of the tests' own."""

    code = "TEAPOT"
    status = 418
    title = "A teapot"


async def answer(request: Ask, actor: Actor) -> Answer:
    if request.word == "refuse":
        raise TeapotError("Coffee is not made here; ask for tea.")
    if request.word == "much":
        return Answer(word="x" * 2_000_000, actor=actor.id)
    if request.word == "fail":
        raise ValueError("canary-name")
    return Answer(word=request.word, actor=actor.id)


@pytest.fixture
async def server(bus_of: Connect, peers: Peers) -> AsyncIterator[Server]:
    server = Server(await bus_of("directory"), "directory", peers, concurrency=8)
    server.add(ECHO, answer)
    await server.start()
    yield server
    await server.drain()


@pytest.fixture
async def gateway(bus_of: Connect) -> Bus:
    return await bus_of("gateway")


@pytest.mark.usefixtures("server")
async def test_a_request_is_answered_for_its_actor(gateway: Bus) -> None:
    assert await Caller(gateway).call(ECHO, Ask(word="hello"), CLIENT) == Answer(
        word="hello", actor="client1"
    )


async def test_it_has_started_when_the_server_has_seen_what_it_answers(
    bus_of: Connect, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = await bus_of("directory")
    written: list[bytes] = []
    line = directory.nc._transport
    assert line is not None
    write, write_lines = line.write, line.writelines

    def noted(data: bytes) -> None:
        written.append(data)
        write(data)

    def all_noted(lines: list[bytes]) -> None:
        written.extend(lines)
        write_lines(lines)

    monkeypatch.setattr(line, "write", noted)
    monkeypatch.setattr(line, "writelines", all_noted)
    server = Server(directory, "directory", peers)
    server.add(ECHO, answer)
    await server.start()
    # The server answers in order: the ping whose answer was waited for is behind the last subscription.
    kinds = [command[:4] for command in written if command[:4] in {b"SUB ", b"PING"}]
    assert b"SUB " in kinds
    assert kinds[-1] == b"PING"
    await server.drain()


@pytest.mark.usefixtures("server")
async def test_a_refusal_comes_back_as_its_problem(gateway: Bus) -> None:
    with pytest.raises(RefusedError) as refusal:
        await Caller(gateway).call(ECHO, Ask(word="refuse"), CLIENT)
    assert (refusal.value.code, refusal.value.status) == ("TEAPOT", 418)
    assert refusal.value.detail == "Coffee is not made here; ask for tea."


@pytest.mark.usefixtures("server")
async def test_an_unknown_failure_is_masked(gateway: Bus) -> None:
    with pytest.raises(RefusedError) as refusal:
        await Caller(gateway).call(ECHO, Ask(word="fail"), CLIENT)
    assert refusal.value.code == "INTERNAL"
    assert "canary" not in refusal.value.detail


@pytest.mark.usefixtures("server")
async def test_a_field_that_is_wrong_is_named(gateway: Bus) -> None:
    with pytest.raises(RefusedError) as refusal:
        await Caller(gateway).call(ECHO, Ask(word="x" * 21), CLIENT)
    assert refusal.value.code == "INVALID"
    assert [(field.path, field.message) for field in refusal.value.fields] == [
        (("word",), "Must have at most 20 characters.")
    ]


async def test_nobody_there_is_unreachable(gateway: Bus) -> None:
    with pytest.raises(UnreachableError):
        await Caller(gateway).call(ECHO, Ask(word="hello"), CLIENT)


@pytest.mark.usefixtures("server")
async def test_a_part_that_may_not_ask_is_refused(bus_of: Connect) -> None:
    referrals = Caller(await bus_of("referrals"))
    with pytest.raises(RefusedError) as refusal:
        await referrals.call(ECHO, Ask(word="hello"), referrals.me)
    assert refusal.value.code == "NOT_ALLOWED"


@pytest.mark.usefixtures("server")
async def test_a_part_may_not_speak_for_a_client(bus_of: Connect) -> None:
    with pytest.raises(RefusedError) as refusal:
        await Caller(await bus_of("referrals")).call(ECHO, Ask(word="hello"), CLIENT)
    assert refusal.value.code == "BAD_ACTOR"


async def test_what_is_concealed_goes_out_at_a_beat(bus_of: Connect, peers: Peers, gateway: Bus) -> None:
    asked: list[object] = []

    def conceals(reply: object) -> bool:
        asked.append(reply)
        return isinstance(reply, Problem)

    server = Server(await bus_of("directory"), "directory", peers, conceals=conceals)
    server.add(ECHO, answer)
    await server.start()
    caller = Caller(gateway)
    began = time.monotonic()
    with pytest.raises(RefusedError):
        await caller.call(ECHO, Ask(word="refuse"), CLIENT)
    assert time.monotonic() - began >= BEAT_SECONDS
    assert (await caller.call(ECHO, Ask(word="hello"), CLIENT)).word == "hello"
    assert len(asked) == 2
    await server.drain()


async def test_draining_finishes_what_is_in_hand(bus_of: Connect, peers: Peers, gateway: Bus) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request: Ask, actor: Actor) -> Answer:
        asked.set()
        await go_on.wait()
        return Answer(word=request.word, actor=actor.id)

    server = Server(await bus_of("directory"), "directory", peers)
    server.add(ECHO, slow)
    await server.start()
    call = asyncio.create_task(Caller(gateway).call(ECHO, Ask(word="late"), CLIENT))
    await asked.wait()
    draining = asyncio.create_task(server.drain())
    await asyncio.sleep(0)
    go_on.set()
    assert (await call).word == "late"
    await draining


@pytest.mark.usefixtures("server")
async def test_the_part_is_a_nats_micro_service_and_shows_no_failure_text(bus_of: Connect) -> None:
    gateway = Caller(await bus_of("gateway"))
    with pytest.raises(RefusedError):
        await gateway.call(ECHO, Ask(word="fail"), CLIENT)
    operator = await bus_of("operator")
    reply = await operator.nc.request("$SRV.STATS.relevo-directory", b"", timeout=5)
    assert ECHO.subject.encode() in reply.data
    assert b"canary" not in reply.data


@pytest.mark.usefixtures("server")
async def test_a_reply_that_does_not_fit_is_refused_at_once(gateway: Bus) -> None:
    with pytest.raises(RefusedError) as refusal:
        await Caller(gateway).call(ECHO, Ask(word="much"), CLIENT)
    assert (refusal.value.code, refusal.value.status) == ("REPLY_TOO_LARGE", 413)


@pytest.mark.usefixtures("server")
async def test_a_refusal_of_a_value_does_not_repeat_it(gateway: Bus) -> None:
    colour = Operation("directory", "get_services", Coloured, Answer)
    with pytest.raises(RefusedError) as refusal:
        await Caller(gateway).call(colour, Coloured(word="x", colour="canary' - at `$.name"), CLIENT)
    assert "canary" not in refusal.value.detail
