"""Responses as server-sent events, in the distinct connections mode of GraphQL over SSE.

Each response is an event ``next``; ``complete`` follows the last. Comments in between say that the line is
alive. What is wrong with the operation is told in a ``next``, as the protocol wants it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from starlette.types import Send

from chassis.patience import Line
from gateway.execution import Response, failed
from gateway.http import EVENTS, encode
from gateway.live import Stream, too_slow

_HEADERS = [
    (b"content-type", f"{EVENTS}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that collects would hold the events back
]
_ALIVE = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


async def send_events(
    line: Line,
    send: Send,
    stream: Stream,
    responses: AsyncGenerator[Response, None],
    language: str,
) -> None:
    """Send responses as events until the stream ends, why in that language; close them in any case."""
    async with aclosing(responses):
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        # At once: a client learns that its stream is open before the first event comes.
        await _send(send, _ALIVE)
        stream.alive = partial(_alive, line, send)
        with stream:
            async for response in responses:
                await _send(send, _event(response))
    if stream.ended and stream.reason is None:
        return  # its client has gone
    last = _COMPLETE if stream.reason is None else _event(failed(stream.reason, language)) + _COMPLETE
    if line.paused:
        line.leave(last)
    else:
        await send({"type": "http.response.body", "body": last})


def watch(line: Line, stream: Stream, seconds: float) -> None:
    """End the stream when its client has gone, or reads nothing for so many seconds."""
    line.watch(stream.end, lambda: stream.end(too_slow()), seconds)


async def _alive(line: Line, send: Send) -> None:
    if not line.paused:  # who does not read needs no more to read, and nobody else waits for that
        await _send(send, _ALIVE)


async def _send(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})


def _event(response: Response) -> bytes:
    # JSON has no line breaks of its own here, so that one data line holds it.
    return b"event: next\ndata: " + encode(response) + b"\n\n"
