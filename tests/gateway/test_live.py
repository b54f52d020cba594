"""Streams as they live and end, without a network."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
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
from gateway.live import HEARTBEAT_SECONDS, Stream, Streams
from gateway.sse import send_events, watch
from gateway.websocket import Socket
from tests.servers import eventually


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


class Line:
    """Stands for a connection: what was sent over it, and whether its client reads."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.left: list[Any] = []
        self.gone: Callable[[], None] = lambda: None
        self.stalled: Callable[[], None] = lambda: None

    @property
    def paused(self) -> bool:
        return not self.reads.is_set()

    def watch(self, lost: Callable[[], None], stalled: Callable[[], None], seconds: float) -> None:
        assert seconds > 0
        self.gone, self.stalled = lost, stalled

    def leave(self, *last: Any) -> None:
        self.left.append(last)

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(message)

    @property
    def text(self) -> str:
        """What came of an event stream."""
        return "".join(one.get("body", b"").decode() for one in self.sent)


async def carry(line: Any, stream: Stream, source: Source) -> None:
    """Send a source's responses as events."""
    watch(line, stream, 1.0)
    await send_events(line, line.send, stream, source.responses(), "en")


async def test_a_stream_passes_on_what_comes_until_there_is_no_more() -> None:
    source, line = Source(), Line()
    for response in ({"data": 1}, {"data": 2}, None):
        source.queue.put_nowait(response)
    await carry(line, Stream(), source)
    assert line.text == (
        ':\n\nevent: next\ndata: {"data":1}\n\nevent: next\ndata: {"data":2}\n\nevent: complete\ndata:\n\n'
    )
    assert source.closed


async def test_a_silent_stream_gives_signs_of_life_unless_its_client_does_not_read() -> None:
    source, line, deaf, streams = Source(), Line(), Line(), Streams()
    opened = [streams.open(), streams.open()]
    carrying = [
        asyncio.create_task(carry(one, stream, source))
        for one, stream in zip((line, deaf), opened, strict=True)
    ]
    await eventually(lambda: one_after_the_other(line.sent and deaf.sent))
    deaf.reads.clear()
    for _ in range(3 * HEARTBEAT_SECONDS):
        await streams.beat()
    assert (line.text, deaf.text) == (":\n\n" * 4, ":\n\n")
    for stream in opened:
        stream.end()
    await asyncio.gather(*carrying)


async def one_after_the_other(found: object) -> object:
    await asyncio.sleep(0)
    return found


async def test_a_stream_whose_client_has_gone_ends_quietly() -> None:
    source, line = Source(), Line()

    def go() -> None:
        line.gone()

    asyncio.get_running_loop().call_soon(go)
    await carry(line, Stream(), source)
    assert line.text == ":\n\n"
    assert source.closed


async def test_the_first_reason_to_end_stands_and_is_said() -> None:
    source, line, stream = Source(), Line(), Stream()
    stream.end(live.token_expired())
    stream.end(live.shutting_down())
    await carry(line, stream, source)
    assert '"code":"TOKEN_EXPIRED"' in line.text
    assert line.text.endswith("event: complete\ndata:\n\n")


@pytest.mark.parametrize("reason", [live.revoked, None])
async def test_a_stream_whose_client_does_not_read_ends_all_the_same(reason: Any) -> None:
    source, line, stream = Source(), Line(), Stream()
    carrying = asyncio.create_task(carry(line, stream, source))
    await eventually(lambda: one_after_the_other(line.text))
    line.reads.clear()
    source.queue.put_nowait({"data": 1})
    await asyncio.sleep(0)
    if reason is None:
        line.stalled()
    else:
        stream.end(reason())
    async with asyncio.timeout(5):
        await carrying
    ((last,),) = line.left
    assert (b'"code":"REVOKED"' if reason else b'"code":"TOO_SLOW"') in last
    assert last.endswith(b"event: complete\ndata:\n\n")
    assert source.closed


async def test_a_stream_ends_although_a_cancellation_is_swallowed() -> None:
    async def stubborn() -> AsyncGenerator[Any, None]:
        # As Python 3.11's wait_for does, by which nats-py waits, where both come in the same moment.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)
        yield {}

    line, stream = Line(), Stream()
    carrying = asyncio.create_task(send_events(cast(Any, line), line.send, stream, stubborn(), "en"))
    await eventually(lambda: one_after_the_other(line.text))
    stream.end(live.shutting_down())
    done, _ = await asyncio.wait({carrying}, timeout=5)
    assert done
    assert "SHUTTING_DOWN" in line.text
    assert carrying.cancelling() == 0


async def test_a_failing_source_is_closed_and_says_so() -> None:
    async def failing() -> AsyncGenerator[Any, None]:
        yield {"data": 1}
        raise ZeroDivisionError

    line = Line()
    with pytest.raises(ZeroDivisionError):
        await send_events(cast(Any, line), line.send, Stream(), failing(), "en")


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
    assert stream.reason is not None
    assert stream.reason.code == "SHUTTING_DOWN"
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

    means: Any = SimpleNamespace(streams=Streams(), settings=SimpleNamespace(stream_unread_seconds=1.0))
    line: Any = Line()
    await Socket(means, {}, incoming.get, send, line).serve([websocket.PROTOCOL])
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
    line: Any = Line()
    await Socket(nothing, {}, nothing, send, line)._close(4409, reason)
    assert sent[0]["reason"] == said
