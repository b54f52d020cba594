"""Streams that are open: each ends when its client goes, or should no longer have it, or the gateway stops.

``TOKEN_EXPIRED``   the token ran out a while ago, or what it says of you is no longer so: get a fresh one,
                    and come back with your cursor.
``REVOKED``         the client was revoked: it gets no token any more.
``TOO_SLOW``        you have read nothing of what you were sent for a while: come back with your cursor.
``MEMBER_REMOVED``  the member for whom it was opened is one no longer: come back for somebody else.
``SHUTTING_DOWN``   the gateway stops: come back with your cursor at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from chassis import telemetry
from chassis.rounds import Rounds
from chassis.tasks import CANCEL_AGAIN_SECONDS
from gateway.errors import StreamEndedError

# How often a silent stream gives a sign of life. Each second has its share of them.
HEARTBEAT_SECONDS = 15
BEAT_SECONDS = 1.0

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


def too_slow() -> StreamEndedError:
    """The client does not read."""
    return StreamEndedError("TOO_SLOW", "You have read nothing for a while; come back with your cursor.")


def member_removed() -> StreamEndedError:
    """The member whom the client named was removed."""
    return StreamEndedError("MEMBER_REMOVED", "The member whom you named was removed from your organization.")


def shutting_down() -> StreamEndedError:
    """The gateway stops."""
    return StreamEndedError("SHUTTING_DOWN", "This server stops; come back at once with your cursor.")


class Stream:
    """One stream, and the task that carries it: no other watches over it while nothing happens."""

    __slots__ = ("_again", "_task", "alive", "ended", "reason", "turn")

    def __init__(self, turn: int = 0) -> None:
        self.turn = turn
        self.ended = False
        # Why it has to end; None where its client has gone.
        self.reason: StreamEndedError | None = None
        # Gives a sign of life at once; None where it does not wait for one from here.
        self.alive: Callable[[], Awaitable[None]] | None = None
        self._task: asyncio.Task[object] | None = None
        self._again: asyncio.TimerHandle | None = None

    def end(self, reason: StreamEndedError | None = None) -> None:
        """End it. The first reason stands."""
        if not self.ended:
            self.ended, self.reason = True, reason
            self._stop()

    def __enter__(self) -> Self:
        """Within, whatever waits is stopped when the stream has to end; then it goes on behind it."""
        self._task = asyncio.current_task()
        if self.ended:
            self._stop()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        task, self._task = self._task, None
        if self._again is not None:
            self._again.cancel()
        while self.ended and task is not None and task.cancelling():
            task.uncancel()
        return self.ended and isinstance(error, asyncio.CancelledError)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            # Once is not enough, as chassis.tasks says.
            self._again = asyncio.get_running_loop().call_later(CANCEL_AGAIN_SECONDS, self._stop)


class Streams:
    """All streams of this process, so that it can end them when it stops, and say that they live."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._stopping = False
        self._opened = self._turn = 0
        self._beats = Rounds("heartbeats", BEAT_SECONDS, self.beat)

    async def start(self) -> None:
        """Begin to give signs of life."""
        await self._beats.start()

    async def stop(self) -> None:
        """End every stream, and let none begin."""
        self._stopping = True
        await self._beats.stop()
        for stream in list(self._streams):
            stream.end(shutting_down())

    async def beat(self) -> None:
        """Give a sign of life on this second's share of the streams."""
        self._turn = (self._turn + 1) % HEARTBEAT_SECONDS
        for stream in [one for one in self._streams if one.turn == self._turn]:
            if stream.alive is not None and not stream.ended:
                await stream.alive()

    def open(self) -> Stream:
        """Return a new stream.

        Raises:
            StreamEndedError: the gateway is stopping.
        """
        if self._stopping:
            raise shutting_down()
        self._opened += 1
        stream = Stream(self._opened % HEARTBEAT_SECONDS)
        self._streams.add(stream)
        _open.add(1)
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream."""
        stream.end()
        self._streams.discard(stream)
        _open.add(-1)
