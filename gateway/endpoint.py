"""The GraphQL endpoint: one URL for requests, event streams and WebSockets."""

import asyncio
from contextlib import ExitStack

from starlette.types import Receive, Scope, Send

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
from gateway.sse import send_events
from gateway.tokens import Verified
from gateway.websocket import Socket


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
        media_type, language = RESPONSE_JSON, language_of(headers.get("accept-language"))
        try:
            if scope["method"] != "POST":
                raise MethodError("Ask by POST; for a stream as well.")
            media_type = negotiate(headers.get("accept"))
            verified = await self._means.admission.admit(headers)
            params = await self._read(headers, verified, receive)
            asker = Asker(verified.actor, language, "POST /graphql", headers)
            if media_type == EVENTS:
                seconds = self._means.admission.stream_seconds(verified)
                await self._stream(params, asker, seconds, receive, send)
                return
            response = await self._answer(params, asker)
        except RequestError as error:
            await refuse(
                send, JSON if media_type == EVENTS else media_type, _challenged(error, headers), language
            )
            return
        await respond(send, media_type, response)

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

    async def _stream(
        self, params: Params, asker: Asker, seconds: float, receive: Receive, send: Send
    ) -> None:
        """Send the responses to any operation as events, for so long at most."""
        means = self._means
        with ExitStack() as stack:
            stream = means.streams.open()
            stack.callback(means.streams.close, stream)
            stack.enter_context(means.admission.stream(asker.actor, stream))
            timer = asyncio.get_running_loop().call_later(seconds, stream.end, token_expired())
            stack.callback(timer.cancel)
            await send_events(receive, send, stream, means.respond(params, asker), asker.language)


def _challenged(error: RequestError, headers: dict[str, str]) -> RequestError:
    """Say how to authenticate (RFC 6750, section 3): an error only where a token was sent."""
    if isinstance(error, UnauthenticatedError):
        why = f', error="invalid_token", error_description="{error.detail}"'
        error.headers["www-authenticate"] = 'Bearer realm="relevo"' + (
            why if "authorization" in headers else ""
        )
    return error
