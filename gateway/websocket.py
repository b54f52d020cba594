"""GraphQL over WebSocket, by the protocol ``graphql-transport-ws`` and no other.

The access token comes in ``connection_init`` (``{"authorization": "Bearer …"}``) or in a header of the
handshake. A fresh one may be sent in a ``ping`` of the same form: the ``pong`` has ``{"renewed": true}``.
Close codes, besides those of the protocol (4400, 4401, 4403, 4406, 4408, 4409, 4429):

``4401``  also when the client was revoked meanwhile, since libraries do not come back after it.
``4497``  you have read nothing of what you were sent for a while: come back with your cursor.
``4498``  the token expired too long ago, or what it says of you is no longer so: come back with a fresh token
          and your cursor.
``1013``  the client has as many streams as it may: come back later.
``1012``  this server stops: come back at once with your cursor.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar

import msgspec
from starlette.types import Receive, Send

from chassis.patience import Line
from chassis.tasks import end
from contracts.languages import language_of
from contracts.sentences import Sentence
from gateway.errors import RateLimitedError, RequestError, StreamEndedError
from gateway.execution import Params, Response, failed
from gateway.http import encode
from gateway.live import Stream, token_expired, too_slow
from gateway.means import Asker, Means
from gateway.tokens import Verified

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
# What a client may say of itself in connection_init, as it would in headers.
_SPOKEN = frozenset({"authorization", "relevo-on-behalf-of", "accept-language"})
# The protocol of WebSockets has room for 123 bytes of it in a close frame.
_LONGEST_REASON = 120


class Message(msgspec.Struct, frozen=True):
    """One message of the protocol."""

    type: str
    id: str | None = None
    payload: Any = None


class CloseError(Exception):
    """The socket has to be closed, with a code of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_decode = msgspec.json.Decoder(Message).decode
_SUBPROTOCOL = CloseError(4406, "Subprotocol not acceptable")
_BAD_MESSAGE = CloseError(4400, "Invalid message")
_INIT_TIMEOUT = StreamEndedError("INIT_TIMEOUT", "Connection initialisation timeout")
_CODES = {
    "INIT_TIMEOUT": 4408,
    "TOO_SLOW": 4497,
    "TOKEN_EXPIRED": 4498,
    "SHUTTING_DOWN": 1012,
    "REVOKED": 4401,
    "MEMBER_REMOVED": 4403,
}
_TRY_LATER = 1013


class Socket:
    """One WebSocket: who is at its other end, and the operations under way. Thousands are idle at once."""

    __slots__ = (
        "_headers",
        "_initialised",
        "_line",
        "_means",
        "_operations",
        "_receive",
        "_send",
        "_stream",
        "_timer",
        "_verified",
    )

    def __init__(
        self, means: Means, headers: dict[str, str], receive: Receive, send: Send, line: Line
    ) -> None:
        self._means = means
        self._headers = {name: headers[name] for name in _SPOKEN if name in headers}
        self._receive = receive
        self._send = send
        self._line = line
        self._verified: Verified | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stream: Stream | None = None
        self._initialised = False

    async def serve(self, subprotocols: Sequence[str]) -> None:
        """Serve the socket until it closes, for whatever reason."""
        await self._receive()  # websocket.connect
        known = PROTOCOL in subprotocols
        await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL if known else None})
        try:
            if not known:
                raise _SUBPROTOCOL
            self._stream = stream = self._means.streams.open()
            seconds = self._means.settings.stream_unread_seconds
            self._line.watch(stream.end, lambda: stream.end(too_slow()), seconds)
            with stream:
                await self._listen(stream)
            if stream.reason is not None:
                raise stream.reason
        except CloseError as error:
            await self._close(error.code, error.reason)
        except StreamEndedError as error:
            await self._close(_CODES[error.code], error.detail)
        except OSError:
            return  # the client went while something was sent to it
        finally:
            await self._clear()

    async def _listen(self, stream: Stream) -> None:
        """Handle messages until the client goes, or the stream has to end."""
        self._end_in(stream, INIT_SECONDS, _INIT_TIMEOUT)
        while True:
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                return
            message = _read(event.get("text"))
            handler = self._HANDLERS.get(message.type)
            if handler is None:
                raise _BAD_MESSAGE
            await handler(self, stream, message)

    async def _init(self, stream: Stream, message: Message) -> None:
        if self._initialised:
            raise CloseError(4429, "Too many initialisation requests")
        self._initialised = True
        self._headers = {**self._headers, **_spoken(message.payload)}
        verified = await self._admitted()
        try:
            self._means.admission.hold(verified.actor, stream)
        except RateLimitedError as error:
            raise CloseError(_TRY_LATER, error.detail) from None
        self._verified = verified
        self._expect_end(stream)
        await self._say({"type": "connection_ack"})

    async def _ping(self, stream: Stream, message: Message) -> None:
        fresh = _spoken(message.payload)
        if self._verified is None or "authorization" not in fresh:
            await self._say({"type": "pong"})
            return
        self._headers = {**self._headers, **fresh}
        renewed = await self._admitted()
        if (renewed.actor.id, renewed.actor.organization) != (
            self._verified.actor.id,
            self._verified.actor.organization,
        ):
            raise CloseError(4403, "The fresh token is another client's")
        self._verified = renewed
        self._expect_end(stream)
        await self._say({"type": "pong", "payload": {"renewed": True}})

    async def _pong(self, _stream: Stream, _message: Message) -> None:
        """A sign of life; uvicorn's own pings see to the rest."""

    async def _subscribe(self, _stream: Stream, message: Message) -> None:
        if self._verified is None:
            raise CloseError(4401, "Unauthorized")
        if not message.id:
            raise _BAD_MESSAGE
        if message.id in self._operations:
            raise CloseError(4409, "Subscriber for this id already exists")
        try:
            params = msgspec.convert(message.payload, Params)
        except msgspec.ValidationError:
            raise _BAD_MESSAGE from None
        try:
            self._count(self._verified)
        except RateLimitedError as error:
            await self._tell(message.id, failed(error, self._language))
            return
        task = asyncio.create_task(self._operate(message.id, params, self._verified))
        self._operations[message.id] = task

    async def _complete(self, _stream: Stream, message: Message) -> None:
        task = self._operations.pop(message.id or "", None)
        await end(task)

    async def _operate(self, key: str, params: Params, verified: Verified) -> None:
        """Carry one operation out, and say everything that it gives."""
        try:
            # A socket's operations belong to no one trace: what its handshake said would tie them all.
            asker = Asker(verified.actor, self._language, "WebSocket /graphql", {})
            responses = self._means.respond(params, asker)
            async with aclosing(responses):
                async for response in responses:
                    if self._operations.get(key) is not asyncio.current_task():
                        return  # completed, whatever became of the cancellation
                    await self._tell(key, response)
                    if "data" not in response:
                        return
            await self._say({"type": "complete", "id": key})
        except RequestError as error:
            await self._tell(key, failed(error, self._language))
        except OSError:
            return  # the client has gone
        finally:
            # A client may use the id again at once, also for what took this one's place.
            if self._operations.get(key) is asyncio.current_task():
                del self._operations[key]

    def _count(self, verified: Verified) -> None:
        most = self._means.settings.socket_subscriptions
        if len(self._operations) >= most:
            words = Sentence("This socket has {most} operations; that is the limit.", most=most)
            raise RateLimitedError(words, 1, limit=most)
        self._means.admission.count(verified.actor)

    async def _tell(self, key: str, response: Response) -> None:
        if "data" in response:
            await self._say({"type": "next", "id": key, "payload": response})
        else:
            await self._say({"type": "error", "id": key, "payload": response["errors"]})

    @property
    def _language(self) -> str:
        return language_of(self._headers.get("accept-language"))

    async def _admitted(self) -> Verified:
        try:
            return await self._means.admission.admit(self._headers)
        except RequestError as error:
            raise CloseError(4403, error.detail) from None
        finally:
            self._headers.pop("authorization", None)

    def _expect_end(self, stream: Stream) -> None:
        assert self._verified is not None
        self._end_in(stream, self._means.admission.stream_seconds(self._verified), token_expired())

    def _end_in(self, stream: Stream, seconds: float, reason: StreamEndedError) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), stream.end, reason)

    async def _say(self, message: dict[str, Any]) -> None:
        await self._send({"type": "websocket.send", "text": encode(message).decode()})

    async def _close(self, code: int, reason: str) -> None:
        if self._line.paused:
            self._line.leave(code, _cut(reason))
            return
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": _cut(reason)})
        except OSError:
            return  # it is closed already

    async def _clear(self) -> None:
        if self._stream is not None:
            if self._verified is not None:
                self._means.admission.release(self._verified.actor, self._stream)
            self._means.streams.close(self._stream)
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*map(end, list(self._operations.values())))

    _HANDLERS: ClassVar[Mapping[str, Callable[["Socket", Stream, Message], Awaitable[None]]]] = {
        "connection_init": _init,
        "ping": _ping,
        "pong": _pong,
        "subscribe": _subscribe,
        "complete": _complete,
    }


def _cut(reason: str) -> str:
    """As much of a reason as fits, in whole characters."""
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def _read(text: str | None) -> Message:
    try:
        return _decode(text or "")
    except (msgspec.DecodeError, RecursionError):
        raise _BAD_MESSAGE from None


def _spoken(payload: Any) -> dict[str, str]:
    """What a payload says that a header could say as well; its names are free in their case."""
    if not isinstance(payload, dict):
        return {}
    said = {name.lower(): value for name, value in payload.items() if isinstance(name, str)}
    return {name: value for name, value in said.items() if name in _SPOKEN and isinstance(value, str)}
