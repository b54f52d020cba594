"""Connections that end where their client does not read its answers, or never finishes its question.

uvicorn waits for both for ever: a few clients that ask and do not read would hold whatever an answer holds,
and many that never finish a question would use up the process's files. It would even wait with the close of
a WebSocket, until there is room for it behind all that nobody reads.

A stream is told when its client reads nothing (``watch``), so that it can end with a word of its own, which
the client finds behind what it has not read, if it ever reads on.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

# How long nothing at all of an answer may be read, and how long the head of a question may take.
UNREAD_SECONDS = 60.0
HEAD_SECONDS = 30.0
# Who was told to go has so long to read that.
LINGER_SECONDS = 5.0
# What waits to be read, in bytes: here, and (twice this, as Linux counts) in the kernel, which else may take
# megabytes for each connection.
WAITING = 64 * 1024
KERNEL = 128 * 1024
# Under this name a request's ``state`` holds its connection.
LINE = "line"


class Line:
    """What a stream sees of the connection beneath it. Mixed into uvicorn's protocols."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _unread: asyncio.TimerHandle | None = None
    _seconds: float | None = None
    _lost: Callable[[], None] | None = None
    _stalled: Callable[[], None] | None = None

    @property
    def paused(self) -> bool:
        """Whether the client reads more slowly than it is written to: more would have to wait."""
        raise NotImplementedError

    def watch(self, lost: Callable[[], None], stalled: Callable[[], None], seconds: float) -> None:
        """Say when the connection is gone, and once when the client has read nothing for so many seconds."""
        self._lost, self._stalled, self._seconds = lost, stalled, seconds

    def leave(self, *last: Any) -> None:
        """Write something behind all that waits, and close: soon, whether it is read or not."""
        self.transport.write(self._last(*last))
        self.transport.close()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _last(self, *last: Any) -> bytes:
        raise NotImplementedError

    def _bound(self) -> None:
        """Let no more wait than it should."""
        self.transport.set_write_buffer_limits(high=WAITING)
        line = self.transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL)

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(self._seconds or UNREAD_SECONDS, self._look, left)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._look_again()
        elif self._stalled is not None:
            stalled, self._stalled = self._stalled, None
            stalled()
            self._look_again()
        else:
            self.transport.abort()

    def _end_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _gone(self) -> None:
        self._end_unread()
        lost, self._lost, self._stalled = self._lost, None, None
        if lost is not None:
            lost()


class Patient(Line, HttpToolsProtocol):
    """uvicorn's protocol of HTTP with these bounds."""

    _head: asyncio.TimerHandle | None = None
    _is_another_protocols = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A head has to come."""
        super().connection_made(transport)
        self._bound()
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Some of a question came; between questions it is the beginning of a head."""
        super().data_received(data)
        if self._is_another_protocols:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_head()
        elif self._head is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The application finds its connection in the request."""
        super().on_headers_complete()
        self.scope["state"][LINE] = self

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered: from now on it has to read something."""
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        """It has read nearly all."""
        self._end_unread()
        super().resume_writing()

    def handle_websocket_upgrade(self) -> None:
        """What follows has bounds of its own."""
        self._is_another_protocols = True
        self._end_timers()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._end_timers()
        super().connection_lost(exc)
        self._gone()

    @property
    def paused(self) -> bool:
        """See ``Line``."""
        return self.flow.write_paused

    def _last(self, *last: bytes) -> bytes:
        """The rest of an answer's body."""
        body = b"".join(last)
        # Nothing more is to be sent of it by the application.
        self.cycle.disconnected = True
        return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if self.cycle.chunked_encoding else body

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _end_timers(self) -> None:
        self._end_head()
        self._end_unread()

    def _end_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class PatientSocket(Line, WebSocketsSansIOProtocol):
    """uvicorn's protocol of WebSockets with these bounds."""

    def handle_connect(self, event: Request) -> None:
        """The application finds its connection in the request."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["state"][LINE] = self

    def watch(self, lost: Callable[[], None], stalled: Callable[[], None], seconds: float) -> None:
        """The handshake is over, and what was said in it weighs more than the rest."""
        super().watch(lost, stalled, seconds)
        del self.request, self.response

    def pause_writing(self) -> None:
        """As of HTTP."""
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        """As of HTTP."""
        self._end_unread()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """As of HTTP."""
        super().connection_lost(exc)
        self._gone()

    @property
    def paused(self) -> bool:
        """See ``Line``."""
        return not self.writable.is_set()

    def _last(self, *last: Any) -> bytes:
        """A close frame of a code and a reason."""
        self.conn.send_close(*last)
        self.close_sent = True
        return b"".join(self.conn.data_to_send())
