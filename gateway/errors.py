"""The gateway's own refusals, and how any failure is shown: with a code, and never with what was asked.

Refusals of the domain are ``userErrors`` of a mutation's payload (``schema/problems.py``). What stands here
goes into the top-level ``errors`` of a response, or ends a request before it is executed.
"""

from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from graphql import GraphQLError

from chassis import telemetry
from chassis.logs import place_of
from chassis.problems import PartError
from contracts.sentences import Sentence, spoken
from gateway import explaining, words

log = structlog.get_logger()

# Remote refusals of what a part thinks of the gateway, not of its client: they are our own failure.
_OURS = frozenset({"BAD_ACTOR", "INTERNAL"})


class RequestError(PartError):
    """A request that is not carried out. ``extensions`` are shown beside the code: a limit, a value."""

    code = "BAD_REQUEST"
    status = 400
    title = "The request cannot be read"
    # Whether the status stands although the client asked for application/json, where the specification
    # wants 200 for every well-formed request.
    always: ClassVar[bool] = True

    def __init__(self, detail: str, **extensions: Any) -> None:
        super().__init__(detail)
        self.extensions = extensions
        self.headers: dict[str, str] = {}

    def entry_in(self, language: str) -> dict[str, Any]:
        """The refusal as an entry of a response's ``errors``, in that language."""
        message = spoken(self.detail, language, self.code)
        return {"message": message, "extensions": {"code": self.code, **self.extensions}}


class MethodError(RequestError):
    """GraphQL is asked by POST."""

    code = "METHOD_NOT_ALLOWED"
    status = 405

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.headers["allow"] = "POST"


class NotAcceptableError(RequestError):
    """None of the media types that the client accepts can be given."""

    code = "NOT_ACCEPTABLE"
    status = 406


class MediaTypeError(RequestError):
    """The body is not application/json in UTF-8."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class BodyTooLargeError(RequestError):
    """The body is longer than the limit."""

    code = "BODY_TOO_LARGE"
    status = 413


class BodyTooSlowError(RequestError):
    """The body did not arrive in time."""

    code = "BODY_TOO_SLOW"
    status = 408


class UnauthenticatedError(RequestError):
    """There is no access token, or it is none of ours."""

    code = "UNAUTHENTICATED"
    status = 401


class TokenExpiredError(UnauthenticatedError):
    """The access token was good, and ran out: the code is that with which it ends a stream."""

    code = "TOKEN_EXPIRED"


class RevokedError(UnauthenticatedError):
    """The client was revoked: the code is that with which its streams end."""

    code = "REVOKED"


class MemberRemovedError(RequestError):
    """The client names a member whom its organization removed: the code is that with which streams end."""

    code = "MEMBER_REMOVED"
    status = 403


class RateLimitedError(RequestError):
    """The client asks too often. ``retryAfter`` is in seconds."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, detail: str, retry_after: int, **extensions: Any) -> None:
        super().__init__(detail, retryAfter=retry_after, **extensions)
        self.headers["retry-after"] = str(retry_after)


class DocumentError(RequestError):
    """The document breaks a limit, and is not looked at further."""

    always = False


class TooManyTokensError(DocumentError):
    """The document has more lexical tokens than the limit."""

    code = "TOO_MANY_TOKENS"


class TooDeepError(DocumentError):
    """The document nests fields, or brackets, deeper than the limit."""

    code = "TOO_DEEP"


class TooCostlyError(DocumentError):
    """What the document asks for would cost more than the limit."""

    code = "TOO_COSTLY"


class FragmentCycleError(DocumentError):
    """A fragment contains itself."""

    code = "FRAGMENT_CYCLE"


class NoOperationError(DocumentError):
    """The document has not the operation that is asked for, or none was named."""

    code = "OPERATION_NOT_FOUND"


class BadArgumentError(RequestError):
    """An argument is of its type, and yet not right: shown at the field, with the others answered."""

    code = "BAD_USER_INPUT"
    always = False


class StreamEndedError(RequestError):
    """A live stream ends before its client wanted; ``code`` says whether and how to come back."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc] # one of the documented few, see live.py


class InternalError(RequestError):
    """Something unknown went wrong here; it is logged, and the client learns no more than where."""

    code = "INTERNAL"
    status = 500

    @classmethod
    def of(cls, cause: BaseException) -> "InternalError":
        """Log a failure, and return what is said of it."""
        return cls(_logged(cause, ""), trace=telemetry.trace_id())


class FaultError(Exception):
    """A part refused the gateway itself, by ``code``: a fault between the parts, masked as any other."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def shown(error: GraphQLError, language: str) -> dict[str, Any]:
    """One entry of a response's ``errors``: refusals in words, everything unknown masked and logged.

    What graphql-core says of a document stays in English, and is explained beside it.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        cause = cause or error
        if error.message.startswith("Argument "):
            # graphql-core speaks of what the client wrote. Of a value of ours it would show the value.
            message = words.of_variables(error.message)
            extensions = explaining.extensions(message, "BAD_USER_INPUT", language)
            return {**error.formatted, "message": message, "extensions": extensions}
    if isinstance(cause, PartError) and cause.code not in _OURS:
        message, extensions = _refusal(cause, language)
    else:
        message, extensions = _masked(error, cause, language)
    return {**error.formatted, "message": message, "extensions": extensions}


def _refusal(cause: PartError, language: str) -> tuple[str, dict[str, Any]]:
    # Nothing was wrong with the request: it may be repeated, with its key where it has one.
    if cause.status == HTTPStatus.SERVICE_UNAVAILABLE:
        message = "A part of the network did not answer. Repeat the request, with the same idempotencyKey."
        return spoken(message, language, cause.code), {"code": "UNAVAILABLE"}
    detail = spoken(cause.detail, language, cause.code)
    if cause.code == "INVALID" and cause.fields:
        detail = words.of_fields(
            (field.path, spoken(field.words, language, field.code)) for field in cause.fields
        )
    return detail, {"code": cause.code, **getattr(cause, "extensions", {})}


def _masked(error: GraphQLError, cause: BaseException, language: str) -> tuple[str, dict[str, Any]]:
    path = ".".join(str(step) for step in error.path or ())
    return spoken(_logged(cause, path), language, "INTERNAL"), {
        "code": "INTERNAL",
        "trace": telemetry.trace_id(),
    }


def _logged(cause: BaseException, path: str) -> Sentence:
    """Log code, place and path only: arguments, and an exception's own words, may hold a name."""
    code = getattr(cause, "code", "INTERNAL")
    log.error("graphql.failed", code=code, kind=type(cause).__name__, path=path, where=place_of(cause))
    return Sentence("Something went wrong here; it is logged as trace {trace}.", trace=telemetry.trace_id())
