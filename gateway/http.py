"""``POST /graphql`` by the GraphQL-over-HTTP specification: what is asked, and in which form to answer."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from starlette.types import Receive, Scope, Send

from chassis.decoding import problem_of
from contracts.sentences import Sentence, of_input, together
from gateway.errors import (
    BodyTooLargeError,
    BodyTooSlowError,
    MediaTypeError,
    NotAcceptableError,
    RequestError,
)
from gateway.execution import Params, Response

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
OFFERED = (RESPONSE_JSON, JSON, EVENTS)
# A body is 64 KiB at most: on a bad line a matter of seconds.
BODY_SECONDS = 15
OK = 200
BAD_REQUEST = 400

_params = msgspec.json.Decoder(Params).decode
encode = msgspec.json.Encoder().encode


class _Wanted(NamedTuple):
    """One entry of an ``Accept`` header."""

    media_type: str
    quality: float


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers; names are in lower case, and one that is repeated is joined by commas."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def negotiate(accept: str | None) -> str:
    """Return the media type to answer in: of those that the client wants most, our first.

    Raises:
        NotAcceptableError: it wants none that we have.
    """
    if not accept or not accept.strip():
        return RESPONSE_JSON
    wanted = [_wanted(entry) for entry in accept.split(",") if entry.strip()]
    best = max(OFFERED, key=lambda offered: (_quality(offered, wanted), -OFFERED.index(offered)))
    if _quality(best, wanted) <= 0:
        raise NotAcceptableError(Sentence("Accept one of {media}.", media=", ".join(OFFERED)))
    return best


def _wanted(entry: str) -> _Wanted:
    media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
    values = dict(parameter.partition("=")[::2] for parameter in parameters)
    if values.get("charset", "utf-8").strip('"') not in {"utf-8", "utf8"}:
        return _Wanted(media_type, 0.0)
    try:
        return _Wanted(media_type, float(values.get("q", "1")))
    except ValueError:
        return _Wanted(media_type, 0.0)


def _quality(offered: str, wanted: list[_Wanted]) -> float:
    """The quality that the most specific entry gives a media type; a stream has to be asked for by name."""
    family = offered.partition("/")[0]
    ranges = (offered,) if offered == EVENTS else (offered, f"{family}/*", "*/*")
    for media_range in ranges:
        found = [entry.quality for entry in wanted if entry.media_type == media_range]
        if found:
            return max(found)
    return 0.0


def check_content_type(content_type: str | None) -> None:
    """Raise MediaTypeError unless a body is JSON in UTF-8."""
    media_type, _, parameters = (content_type or "").lower().partition(";")
    charset = parameters.partition("charset=")[2].split(";")[0].strip(' "') or "utf-8"
    if media_type.strip() != JSON or charset not in {"utf-8", "utf8"}:
        raise MediaTypeError("Send the request as application/json, in UTF-8.")


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return a request's body.

    Raises:
        BodyTooLargeError: it is longer than ``limit`` bytes; the rest is not read.
        BodyTooSlowError: it did not arrive in time: a place is not held for who only begins.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_body(receive, limit)
    except TimeoutError:
        words = Sentence("The body did not arrive within {seconds} seconds.", seconds=BODY_SECONDS)
        raise BodyTooSlowError(words) from None


async def _read_body(receive: Receive, limit: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > limit:
            words = Sentence("The body has more than {limit} bytes; that is the limit.", limit=limit)
            raise BodyTooLargeError(words, limit=limit, value=len(body))
        if not message.get("more_body"):
            return body


def decode(body: bytes) -> Params:
    """Return the request that a body holds.

    Raises:
        RequestError: it is no well-formed GraphQL request.
    """
    try:
        return _params(body)
    except msgspec.ValidationError as error:
        wrong = problem_of(error)
        place = of_input(".".join(wrong.path) or "body", wrong.words)
        raise RequestError(together(["The body is not a GraphQL request.", place])) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RequestError("The body is not JSON in UTF-8.") from None
    except RecursionError:
        raise RequestError("The body nests too deep.") from None


async def respond(send: Send, media_type: str, response: Response) -> None:
    """Send the response to a well-formed request; the media type decides about the status."""
    status = BAD_REQUEST if media_type == RESPONSE_JSON and "data" not in response else OK
    await _send(send, status, media_type, response, {})


async def refuse(send: Send, media_type: str, error: RequestError, language: str) -> None:
    """Send a refusal of a request as a whole."""
    status = error.status if error.always or media_type == RESPONSE_JSON else OK
    await _send(send, status, media_type, {"errors": [error.entry_in(language)]}, error.headers)


async def _send(
    send: Send, status: int, media_type: str, body: dict[str, Any], headers: Mapping[str, str]
) -> None:
    content = encode(body)
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", f"{media_type}; charset=utf-8".encode()),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"no-store"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": content})
