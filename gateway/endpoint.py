"""The GraphQL endpoint: one URL for requests, event streams and WebSockets."""

import asyncio
import time

from opentelemetry.trace import SpanKind
from starlette.types import Receive, Scope, Send

from chassis import telemetry
from gateway.context import language_of
from gateway.errors import InternalError, MethodError, RequestError, UnauthenticatedError
from gateway.execution import Operation, Params, RefusedDocumentError, Response
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
from gateway.means import Means
from gateway.sse import send_events
from gateway.tokens import Verified
from gateway.websocket import Socket

_duration = telemetry.meter.create_histogram(
    "graphql.request.duration", unit="s", description="Time per query or mutation"
)


class GraphQLEndpoint:
    """An ASGI application. Pure ASGI: middleware in between would hide that a client has gone."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or serve one WebSocket until it closes."""
        headers = headers_of(scope)
        if scope["type"] == "websocket":
            await Socket(self._means, headers, receive, send).serve(scope.get("subprotocols", ()))
            return
        media_type = RESPONSE_JSON
        try:
            if scope["method"] != "POST":
                raise MethodError("Ask by POST; for a stream as well.")
            media_type = negotiate(headers.get("accept"))
            verified = self._means.admission.admit(headers)
            params = await self._read(headers, verified, receive)
            if media_type == EVENTS:
                await self._stream(params, headers, verified, receive, send)
                return
            response = await self._answer(params, headers, verified)
        except RequestError as error:
            await refuse(send, JSON if media_type == EVENTS else media_type, _challenged(error, headers))
            return
        await respond(send, media_type, response)

    async def _read(self, headers: dict[str, str], verified: Verified, receive: Receive) -> Params:
        check_content_type(headers.get("content-type"))
        self._means.admission.count(verified.actor)
        return decode(await read_body(receive, self._means.settings.limit_body))

    async def _answer(self, params: Params, headers: dict[str, str], verified: Verified) -> Response:
        """The response to a query or mutation."""
        began = time.perf_counter()
        with telemetry.span("POST /graphql", SpanKind.SERVER, telemetry.extract(headers)) as span:
            try:
                operation = self._prepare(params)
                span.set_attribute("graphql.operation.type", operation.kind)
                context = self._means.context(verified.actor, language_of(headers.get("accept-language")))
                response = await self._means.engine.execute(operation, context)
            except RefusedDocumentError as refusal:
                return refusal.response
            except RequestError:
                raise
            except Exception as error:
                raise InternalError.of(error) from error
        _duration.record(time.perf_counter() - began, {"type": operation.kind})
        return response

    def _prepare(self, params: Params) -> Operation:
        operation = self._means.engine.prepare(params)
        if operation.is_subscription:
            raise RequestError(f"A subscription needs Accept: {EVENTS}, or a WebSocket.")
        return operation

    async def _stream(
        self, params: Params, headers: dict[str, str], verified: Verified, receive: Receive, send: Send
    ) -> None:
        """Send the responses to any operation as events."""
        actor, means = verified.actor, self._means
        with means.admission.stream(actor):
            stream = means.streams.open()
            timer = asyncio.get_running_loop().call_later(
                means.admission.stream_seconds(verified), stream.end, token_expired()
            )
            try:
                language = language_of(headers.get("accept-language"))
                await send_events(receive, send, stream, means.respond(params, actor, language))
            finally:
                timer.cancel()
                means.streams.close(stream)


def _challenged(error: RequestError, headers: dict[str, str]) -> RequestError:
    """Say how to authenticate (RFC 6750, section 3): an error only where a token was sent."""
    if isinstance(error, UnauthenticatedError):
        why = f', error="invalid_token", error_description="{error.detail}"'
        error.headers["www-authenticate"] = 'Bearer realm="relevo"' + (
            why if "authorization" in headers else ""
        )
    return error
