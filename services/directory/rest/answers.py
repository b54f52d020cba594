"""How the public API answers: pages, single records, streams; what may be kept, and for how long."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from email.utils import format_datetime

import msgspec
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chassis.problems import PartError
from contracts.rpc import Problem
from contracts.sentences import spoken

# For a minute nobody has to ask again; then the ETag tells whether anything has changed. It is also how
# long a shared cache may show a place that has just become confidential, so it is not longer.
KEPT = "public, max-age=60, must-revalidate"
NDJSON = "application/x-ndjson"
NOT_KEPT = "no-store"
# Whoever reads a stream slower than this has to come again: it would hold its place for ever.
STREAM_SECONDS = 600.0


def page(contents: Sequence[bytes], total: int, number: int, size: int) -> bytes:
    """Return the specification's envelope around records that are JSON already."""
    pages = -(-total // size)
    frame = {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
    }
    head = msgspec.json.encode(frame)
    return b'%s,"contents":[%s]}' % (head[:-1], b",".join(contents))


def answer(
    request: Request, body: bytes, modified: datetime | None = None, media_type: str = "application/json"
) -> Response:
    """Return JSON with its ETag and the moment of its last change; 304 where the client has just that."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": KEPT}
    if modified is not None:
        headers["last-modified"] = format_datetime(modified, usegmt=True)
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def may_stream(request: Request, tag: str, modified: datetime | None) -> Response | None:
    """Return the whole answer where there is nothing to stream: it is known, or only asked about."""
    headers = _stream_headers(tag, modified)
    if _has(request, f'"{tag}"'):
        return Response(status_code=304, headers=headers)
    return Response(media_type=NDJSON, headers=headers) if request.method == "HEAD" else None


class Stream(StreamingResponse):
    """Newline-delimited JSON, a record at a time, which ends, also where its reader has stopped reading.

    ``tag`` stands for what it is made from. ``ended`` is called at its end, whichever that is.
    """

    def __init__(
        self,
        lines: AsyncIterator[bytes],
        tag: str,
        modified: datetime | None,
        ended: Callable[[], None],
    ) -> None:
        super().__init__(_lines(lines), media_type=NDJSON, headers=_stream_headers(tag, modified))
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What is cut off has no end in its encoding, so nobody takes it for the whole.
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            return
        finally:
            self._ended()


def refusal(problem: Problem, language: str) -> Response:
    """Return a problem as JSON in that language, which nobody keeps."""
    headers = {"cache-control": NOT_KEPT, "content-language": language, "vary": "accept-language"}
    if problem.status == 503:  # noqa: PLR2004 - the number is the protocol's
        headers["retry-after"] = "1"
    return Response(
        msgspec.json.encode(_told(problem, language)),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


def _told(problem: Problem, language: str) -> dict[str, object]:
    """The problem as clients read it: what is said of it for other languages stays inside."""
    fields = [
        {"path": field.path, "message": spoken(field.words, language, field.code), "code": field.code}
        for field in problem.fields
    ]
    return {
        "code": problem.code,
        "status": problem.status,
        "title": spoken(problem.title, language, problem.code),
        "detail": spoken(problem.words, language, problem.code),
        **({"fields": fields} if fields else {}),
    }


class NoSuchRecordError(PartError):
    """No record of that id: unknown, or none of that kind."""

    code = "NOT_FOUND"
    status = 404
    title = "No such record"


class NotReadyError(PartError):
    """The directory has not been read yet, or cannot be read now."""

    code = "NOT_READY"
    status = 503
    title = "Not ready"


def _stream_headers(tag: str, modified: datetime | None) -> dict[str, str]:
    headers = {"etag": f'W/"{tag}"', "cache-control": KEPT}
    if modified is not None:
        headers["last-modified"] = format_datetime(modified, usegmt=True)
    return headers


async def _lines(records: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for record in records:
        if record:
            yield record + b"\n"


def _has(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    tags = (one.strip().removeprefix("W/") for one in given.split(","))
    return any(one in (tag, "*") for one in tags)
