"""Streams that are open: each ends when its client goes, or should no longer have it, or the gateway stops.

``TOKEN_EXPIRED``   the token ran out a while ago, or what it says of you is no longer so: get a fresh one,
                    and come back with your cursor.
``REVOKED``         the client was revoked: it gets no token any more.
``SHUTTING_DOWN``   the gateway stops: come back with your cursor at once.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

from chassis import telemetry
from chassis.tasks import end
from gateway.errors import StreamEndedError
from gateway.execution import Response

HEARTBEAT_SECONDS = 15.0
_NO_MORE: Final = object()

_open = telemetry.meter.create_up_down_counter("graphql.streams", description="Streams open now")


def token_expired() -> StreamEndedError:
    """The token that opened a stream ran out longer ago than is borne."""
    return StreamEndedError("TOKEN_EXPIRED", "The token expired; come back with a fresh one and your cursor.")


def access_changed() -> StreamEndedError:
    """The organization has been verified, or no longer is, or is of another kind."""
    return StreamEndedError(
        "TOKEN_EXPIRED", "What you may do has changed; come back with a fresh token and your cursor."
    )


def revoked() -> StreamEndedError:
    """The client that opened a stream was revoked."""
    return StreamEndedError("REVOKED", "The client was revoked.")


def shutting_down() -> StreamEndedError:
    """The gateway stops."""
    return StreamEndedError("SHUTTING_DOWN", "This server stops; come back at once with your cursor.")


class Stream:
    """One stream. ``ending`` is done when it has to end, with the reason unless its client has gone."""

    def __init__(self) -> None:
        self.ending: asyncio.Future[StreamEndedError | None] = asyncio.get_running_loop().create_future()

    def end(self, reason: StreamEndedError | None = None) -> None:
        """End it. The first reason stands."""
        if not self.ending.done():
            self.ending.set_result(reason)


class Streams:
    """All streams of this process, so that it can end them when it stops."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._stopping = False

    async def stop(self) -> None:
        """End every stream, and let none begin."""
        self._stopping = True
        for stream in list(self._streams):
            stream.end(shutting_down())

    def open(self) -> Stream:
        """Return a new stream.

        Raises:
            StreamEndedError: the gateway is stopping.
        """
        if self._stopping:
            raise shutting_down()
        stream = Stream()
        self._streams.add(stream)
        _open.add(1)
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream."""
        stream.end()
        self._streams.discard(stream)
        _open.add(-1)


async def until_ended(
    stream: Stream, responses: AsyncGenerator[Response, None]
) -> AsyncGenerator[Response | None, None]:
    """Yield responses until the stream ends, and None whenever a sign of life is due.

    Raises:
        StreamEndedError: it has to end although its client is there.
    """
    coming: asyncio.Task[Any] | None = None
    try:
        while not stream.ending.done():
            coming = coming or asyncio.create_task(_next(responses))
            await asyncio.wait(
                {coming, stream.ending}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if coming.done():
                response, coming = coming.result(), None
                if response is _NO_MORE:
                    return
                yield response
            elif not stream.ending.done():
                yield None
        reason = stream.ending.result()
        if reason is not None:
            raise reason
    finally:
        await end(coming)
        await responses.aclose()


async def _next(responses: AsyncGenerator[Response, None]) -> Any:
    return await anext(responses, _NO_MORE)
