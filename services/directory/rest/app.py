"""The public API as an application: refusals as problems, reading from any page, bounded work."""

import asyncio
import time

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pymongo.errors import PyMongoError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import InvalidError, PartError
from contracts.languages import language_of
from contracts.rpc import FieldProblem, Problem
from contracts.sentences import Sentence, of_input, together
from contracts.spanish import SPANISH
from services.directory.rest import answers
from services.directory.rest.answers import NotReadyError
from services.directory.rest.catalogue import Catalogue

log = structlog.get_logger()

# So many at once are made; others wait their turn for so long, and then come again.
AT_ONCE = 16
TURN_SECONDS = 5.0
# So many that are made may wait to be read, some hundred KiB each.
MOST_UNREAD = 128
# Without news from the database for so long, what is here may be what must no longer be shown.
STALE_SECONDS = 30.0
_METHODS = ("GET", "HEAD", "OPTIONS")
_TITLES = {404: "No such thing", 405: "Only reading"}


def application(url: str) -> FastAPI:
    """Return the application without routes; ``url`` is what clients call it."""
    app = FastAPI(
        title="Relevo: the public directory",
        version="3.0",
        summary="Organizations and services by the Human Services Data Specification (HSDS) 3.0, read only",
        servers=[{"url": url}],
        docs_url=None,
        redoc_url=None,
        # Its own spans record the query of a URL, in which a client may have put anything.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_exception_handler(RequestValidationError, _wrong_parameters)
    app.add_exception_handler(PartError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PyMongoError, _out_of_reach)
    app.add_exception_handler(Exception, _failed)
    return app


def guarded(app: ASGIApp, catalogue: Catalogue) -> ASGIApp:
    """Return the application as it is listened for: bounded, and readable from any page."""
    return CORSMiddleware(
        _Turns(_Nosniff(app), catalogue),
        allow_origins=["*"],
        allow_methods=list(_METHODS),
        allow_headers=["if-none-match"],
        expose_headers=["etag", "last-modified", "retry-after"],
        max_age=86_400,
    )


class _Turns:
    """Lets so many requests in at once, and none before the directory has been read.

    A turn ends when the answer is made: whoever does not read it keeps others from nothing. A stream is made
    while it is read, and keeps its turn.
    """

    def __init__(self, app: ASGIApp, catalogue: Catalogue) -> None:
        self._app = app
        self._catalogue = catalogue
        self._free = asyncio.Semaphore(AT_ONCE)
        self._unread = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if time.monotonic() - self._catalogue.followed > STALE_SECONDS:
            detail = "The directory is being read: come again."
            await answers.refusal(NotReadyError(detail).problem, _language(scope))(scope, receive, send)
            return
        if not await self._has_turn():
            detail = "Too many requests at once: come again."
            await answers.refusal(NotReadyError(detail).problem, _language(scope))(scope, receive, send)
            return
        made = False

        async def say(message: Message) -> None:
            nonlocal made
            if not made and _is_whole(message):
                made = True
                self._unread += 1
                self._free.release()
            await send(message)

        try:
            await self._app(scope, receive, say)
        except Exception as error:  # noqa: BLE001 - it has been answered; its words could hold anything
            log.error("rest.failed", kind=type(error).__name__)  # noqa: TRY400
        finally:
            if made:
                self._unread -= 1
            else:
                self._free.release()

    async def _has_turn(self) -> bool:
        if self._unread >= MOST_UNREAD:
            return False
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            return False
        return True


def _is_whole(message: Message) -> bool:
    """Whether an answer begins that is all made: it knows its length, and a stream does not."""
    headers = message.get("headers", ()) if message["type"] == "http.response.start" else ()
    return any(name == b"content-length" for name, _ in headers)


class _Nosniff:
    """Says that what is sent is what it says it is: names in it may hold anything, also HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
            await send(message)

        await self._app(scope, receive, say)


async def _wrong_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = tuple(_field(one["loc"], one["type"], one["msg"]) for one in error.errors())
    detail = together([of_input(field.path[-1], field.words) for field in fields[:5]])
    return answers.refusal(InvalidError(detail, fields).problem, _language(request.scope))


def _language(scope: Scope) -> str:
    return language_of(Headers(scope=scope).get("accept-language"))


def _field(where: tuple[int | str, ...], kind: str, message: str) -> FieldProblem:
    if kind == "extra_forbidden":
        words: str = "There is no such parameter here."
    else:
        # pydantic's own words say more, in English only.
        words = Sentence.in_both(en=f"{message}.", es=SPANISH["Its value is not right."])
    return FieldProblem(path=(str(where[-1])[:100],), message=words)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PartError)
    return answers.refusal(error.problem, _language(request.scope))


async def _out_of_reach(request: Request, error: Exception) -> Response:
    log.warning("rest.database_out_of_reach", kind=type(error).__name__)
    problem = NotReadyError("The directory cannot be read now: come again.").problem
    return answers.refusal(problem, _language(request.scope))


async def _failed(request: Request, _error: Exception) -> Response:
    problem = PartError("It is not your request: tell whoever runs this.").problem
    return answers.refusal(problem, _language(request.scope))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Not possible")
    problem = Problem(
        code=title.upper().replace(" ", "_"), status=error.status_code, title=title, detail=title
    )
    response = answers.refusal(problem, _language(request.scope))
    response.headers.update(error.headers or {})
    return response
