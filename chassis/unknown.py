"""What a part says at a path that it has not, or by a method that it does not take: a problem (RFC 9457)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.problems import PartError
from contracts.languages import language_of
from contracts.sentences import Sentence, spoken

_METHOD_NOT_ALLOWED = 405


class NothingHereError(PartError):
    """No such path."""

    code = "NOT_FOUND"
    status = 404
    title = "There is nothing here"


class NotByThisMethodError(PartError):
    """The path is there, for other methods."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    title = "Not by this method"


async def nothing_here(request: Request, error: Exception) -> Response:
    """Say so in the language of the request. The path is not repeated: it may hold anything."""
    assert isinstance(error, HTTPException)
    language = language_of(request.headers.get("accept-language"))
    headers = dict(error.headers or {})
    refusal = _refusal(error.status_code, headers.get("Allow", ""))
    body = {
        "code": refusal.code,
        "status": refusal.status,
        "title": spoken(refusal.title, language, refusal.code),
        "detail": spoken(refusal.detail, language, refusal.code),
    }
    headers |= {"cache-control": "no-store", "vary": "accept-language", "content-language": language}
    return JSONResponse(body, refusal.status, headers, media_type="application/problem+json")


def _refusal(status: int, allow: str) -> PartError:
    if status == _METHOD_NOT_ALLOWED:
        return NotByThisMethodError(Sentence("This path answers {methods} only.", methods=allow))
    return NothingHereError("There is nothing at this path.")
