"""Responses as server-sent events, in the distinct connections mode of GraphQL over SSE.

Each response is an event ``next``; ``complete`` follows the last. Comments in between say that the line is
alive. What is wrong with the operation is told in a ``next``, as the protocol wants it.
"""

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Receive, Send

from chassis.tasks import end
from gateway.errors import StreamEndedError
from gateway.execution import Response, failed
from gateway.http import EVENTS, encode
from gateway.live import Stream, until_ended

_HEADERS = [
    (b"content-type", f"{EVENTS}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that collects would hold the events back
]
_ALIVE = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


async def send_events(
    receive: Receive,
    send: Send,
    stream: Stream,
    responses: AsyncGenerator[Response, None],
    language: str,
) -> None:
    """Send responses as events until the stream ends, why in that language; close them in any case."""
    watcher = asyncio.create_task(_watch(receive, stream))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        # At once: a client learns that its stream is open before the first event comes.
        await _send(send, _ALIVE)
        await _pass_on(send, stream, responses, language)
        await send({"type": "http.response.body", "body": _COMPLETE})
    finally:
        await end(watcher)


async def _pass_on(
    send: Send, stream: Stream, responses: AsyncGenerator[Response, None], language: str
) -> None:
    try:
        async for response in until_ended(stream, responses):
            await _send(send, _ALIVE if response is None else _event(response))
    except StreamEndedError as reason:
        await _send(send, _event(failed(reason, language)))


async def _watch(receive: Receive, stream: Stream) -> None:
    """End the stream when its client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


async def _send(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})


def _event(response: Response) -> bytes:
    # JSON has no line breaks of its own here, so that one data line holds it.
    return b"event: next\ndata: " + encode(response) + b"\n\n"
