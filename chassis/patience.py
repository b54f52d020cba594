"""An HTTP connection that ends where its client does not read its answers, or never finishes its question.

uvicorn waits for both for ever: a few clients that ask and do not read would hold whatever an answer holds,
and many that never finish a question would use up the process's files.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# How long nothing at all of an answer may be read, and how long the head of a question may take.
UNREAD_SECONDS = 60.0
HEAD_SECONDS = 30.0


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with both bounds."""

    _unread: asyncio.TimerHandle | None = None
    _head: asyncio.TimerHandle | None = None
    _is_another_protocols = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A head has to come."""
        super().connection_made(transport)
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

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self._look, left)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._look_again()
        else:
            self.transport.abort()

    def _end_timers(self) -> None:
        self._end_head()
        self._end_unread()

    def _end_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _end_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
