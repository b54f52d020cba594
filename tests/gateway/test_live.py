"""Streams as they live and end, without a network."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis.seal import Sealer
from contracts.codes import NeedGroup, Priority, ReferralStatus, State
from contracts.notifications import FeedReferral, FeedTold
from contracts.rpc import Actor
from gateway import live, schema, websocket
from gateway.clients import Clients
from gateway.context import Context
from gateway.errors import StreamEndedError
from gateway.execution import Engine, Params
from gateway.ids import Cursors
from gateway.limits import Limits
from gateway.live import Stream, Streams, until_ended
from gateway.websocket import Socket


class Source:
    """Responses that come when they are put in."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = False

    async def responses(self) -> AsyncGenerator[Any, None]:
        try:
            while (response := await self.queue.get()) is not None:
                yield response
        finally:
            self.closed = True


async def collected(stream: Stream, source: Source) -> list[Any]:
    return [response async for response in until_ended(stream, source.responses())]


async def test_a_stream_passes_on_what_comes_until_there_is_no_more() -> None:
    source = Source()
    for response in ({"data": 1}, {"data": 2}, None):
        source.queue.put_nowait(response)
    assert await collected(Stream(), source) == [{"data": 1}, {"data": 2}]
    assert source.closed


async def test_a_silent_stream_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)
    source, stream = Source(), Stream()
    signs = 0
    async for response in until_ended(stream, source.responses()):
        assert response is None
        signs += 1
        if signs == 3:
            stream.end()
    assert signs == 3
    assert source.closed


async def test_nothing_is_lost_between_two_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)
    source, stream = Source(), Stream()
    heard: list[Any] = []
    async for response in until_ended(stream, source.responses()):
        if response is not None:
            heard.append(response)
        elif len(heard) < 3:
            source.queue.put_nowait(len(heard))
        else:
            source.queue.put_nowait(None)
    assert heard == [0, 1, 2]


async def test_a_stream_whose_client_has_gone_ends_quietly() -> None:
    source, stream = Source(), Stream()
    asyncio.get_running_loop().call_soon(stream.end)
    assert await collected(stream, source) == []
    assert source.closed


async def test_the_first_reason_to_end_stands() -> None:
    source, stream = Source(), Stream()
    stream.end(live.token_expired())
    stream.end(live.shutting_down())
    with pytest.raises(StreamEndedError) as ended:
        await collected(stream, source)
    assert ended.value.code == "TOKEN_EXPIRED"


async def test_a_failing_source_is_closed_and_says_so() -> None:
    async def failing() -> AsyncGenerator[Any, None]:
        yield {"data": 1}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        [response async for response in until_ended(Stream(), failing())]


class FeedOfOne:
    """Stands for the live feed: one entry, and then silence."""

    def __init__(self) -> None:
        self.closed = False

    def public(self, *_: object) -> Any:
        raise NotImplementedError

    async def entries(self, *_: object) -> AsyncGenerator[tuple[str, FeedTold], None]:
        referral = FeedReferral(
            id="ref_1", folio="F", version=1, status=ReferralStatus.SENT, need_group=NeedGroup.HEALTH,
            priority=Priority.ROUTINE, state=State.CHP,
        )  # fmt: skip
        entry = FeedTold(
            event="e", type="t", at=datetime(2026, 1, 1, tzinfo=UTC), relation="sender", referral=referral
        )
        try:
            yield "epoch", entry
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_a_subscription_that_is_closed_leaves_the_feed_at_once() -> None:
    feed, nothing = FeedOfOne(), cast(Any, None)
    clients = Clients(nothing, Actor(kind="client", id="cl_1", organization="org_1"))
    engine = Engine(schema.build(), Limits(tokens=1000, depth=8, cost=1000))
    operation = engine.prepare(Params(query="subscription { events { folio } }"))
    responses = engine.subscribe(operation, Context(clients, Cursors(Sealer(bytes(32))), feed, "es"))
    assert await anext(responses) == {"data": {"events": {"folio": "F"}}}
    await responses.aclose()
    assert feed.closed


async def test_a_stopping_gateway_ends_every_stream_and_opens_none() -> None:
    streams = Streams()
    stream = streams.open()
    await streams.stop()
    reason = stream.ending.result()
    assert reason is not None
    assert reason.code == "SHUTTING_DOWN"
    with pytest.raises(StreamEndedError):
        streams.open()
    streams.close(stream)


async def test_a_socket_that_never_says_who_it_is_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.01)
    sent: list[dict[str, Any]] = []
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})

    async def send(message: Any) -> None:
        sent.append(message)

    means: Any = SimpleNamespace(streams=Streams())
    await Socket(means, {}, incoming.get, send).serve([websocket.PROTOCOL])
    assert sent[0] == {"type": "websocket.accept", "subprotocol": websocket.PROTOCOL}
    assert (sent[1]["type"], sent[1]["code"]) == ("websocket.close", 4408)


@pytest.mark.parametrize(
    ("reason", "said"), [("x" * 200, "x" * 120), ("€" * 100, "€" * 40), ("a" + "€" * 99, "a" + "€" * 39)]
)
async def test_the_reason_of_a_close_is_cut_to_what_fits(reason: str, said: str) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    nothing: Any = None
    await Socket(nothing, {}, nothing, send)._close(4409, reason)
    assert sent[0]["reason"] == said
