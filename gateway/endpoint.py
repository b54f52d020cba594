"""The GraphQL endpoint: one URL for requests, event streams and WebSockets."""

import asyncio
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from chassis.patience import LINE, Line
from contracts.languages import language_of
from contracts.sentences import Sentence
from gateway.errors import MethodError, RequestError, UnauthenticatedError
from gateway.execution import Operation, Params, Response
from gateway.http import (
    EVENTS,
    JSON,
    RESPONSE_JSON,
    check_content_type,
    decode,
    headers_of,
    negotiate,
    read_body,
    refuse,
    respond,
)
from gateway.live import token_expired
from gateway.means import Asker, Means
from gateway.sse import send_events, watch
from gateway.tokens import Verified
from gateway.websocket import Socket

# The headers that say what a request's span belongs to (W3C Trace Context, Baggage).
TRACE = ("traceparent", "tracestate", "baggage")


class GraphQLEndpoint:
    """An ASGI application. Pure ASGI: middleware in between would hide that a client has gone."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or serve one WebSocket until it closes."""
        line = scope["state"][LINE]
        if scope["type"] == "websocket":
            await Socket(self._means, _taken(scope), receive, send, line).serve(scope.get("subprotocols", ()))
            return
        wanted = await self._answered(_taken(scope), scope["method"], receive, send)
        if wanted is not None:
            try:
                await self._stream(wanted, line, send)
            except RequestError as error:
                await refuse(send, JSON, error, wanted.asker.language)

    async def _answered(
        self, headers: dict[str, str], method: str, receive: Receive, send: Send
    ) -> "_Wanted | None":
        """Answer, or return what is to be streamed: nothing else of the request is held for so long."""
        media_type, language = RESPONSE_JSON, language_of(headers.get("accept-language"))
        try:
            if method != "POST":
                raise MethodError("Ask by POST; for a stream as well.")
            media_type = negotiate(headers.get("accept"))
            verified = await self._means.admission.admit(headers)
            params = await self._read(headers, verified, receive)
            trace = {name: headers[name] for name in TRACE if name in headers}
            asker = Asker(verified.actor, language, "POST /graphql", trace)
            if media_type == EVENTS:
                return _Wanted(params, asker, self._means.admission.stream_seconds(verified))
            response = await self._answer(params, asker)
        except RequestError as error:
            await refuse(
                send, JSON if media_type == EVENTS else media_type, _challenged(error, headers), language
            )
            return None
        await respond(send, media_type, response)
        return None

    async def _read(self, headers: dict[str, str], verified: Verified, receive: Receive) -> Params:
        check_content_type(headers.get("content-type"))
        self._means.admission.count(verified.actor)
        return decode(await read_body(receive, self._means.settings.limit_body))

    async def _answer(self, params: Params, asker: Asker) -> Response:
        """The response to a query or mutation."""
        begun = await self._means.begin(params, asker)
        if isinstance(begun, Operation):
            raise RequestError(
                Sentence("A subscription needs Accept: {media}, or a WebSocket.", media=EVENTS)
            )
        return begun

    async def _stream(self, wanted: "_Wanted", line: Line, send: Send) -> None:
        """Send the responses to any operation as events, for so long at most."""
        params, asker, seconds = wanted
        means, admission = self._means, self._means.admission
        stream = means.streams.open()
        timer = asyncio.get_running_loop().call_later(seconds, stream.end, token_expired())
        try:
            admission.hold(asker.actor, stream)
            watch(line, stream, means.settings.stream_unread_seconds)
            await send_events(line, send, stream, means.respond(params, asker), asker.language)
        finally:
            timer.cancel()
            admission.release(asker.actor, stream)
            means.streams.close(stream)


class _Wanted(NamedTuple):
    """What is to be sent as events, to whom, and for how many seconds at most."""

    params: Params
    asker: Asker
    seconds: float


def _taken(scope: Scope) -> dict[str, str]:
    """A request's headers, which are the scope's no longer: it is there for as long as a stream."""
    headers = headers_of(scope)
    scope["headers"].clear()
    return headers


def _challenged(error: RequestError, headers: dict[str, str]) -> RequestError:
    """Say how to authenticate (RFC 6750, section 3): an error only where a token was sent."""
    if isinstance(error, UnauthenticatedError):
        why = f', error="invalid_token", error_description="{error.detail}"'
        error.headers["www-authenticate"] = 'Bearer realm="relevo"' + (
            why if "authorization" in headers else ""
        )
    return error
