"""Refusals: the one family of exceptions that reaches a caller as words, and not as a failure."""

from typing import ClassVar

from contracts.rpc import FieldProblem, Problem


class PartError(Exception):
    """A refusal. Each part has one subclass for each of its own, with ``code``, ``status``, ``title``.

    ``detail`` names the thing and says what would be right; it holds no personal data, since it is
    logged and shown. ``fields`` say which inputs were wrong, all at once.
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong here"

    def __init__(self, detail: str, fields: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields

    @property
    def problem(self) -> Problem:
        """The refusal as it crosses the bus."""
        return Problem(
            code=self.code, status=self.status, title=self.title, detail=self.detail, fields=self.fields
        )


class InvalidError(PartError):
    """The request is not of its type, or a field of it is wrong."""

    code = "INVALID"
    status = 422
    title = "The request is not right"


class NotAllowedError(PartError):
    """The caller may not use this operation at all."""

    code = "NOT_ALLOWED"
    status = 403
    title = "Not allowed"


class BadActorError(PartError):
    """The actor header is missing, forged, stale, or made for another request."""

    code = "BAD_ACTOR"
    status = 401
    title = "The actor cannot be verified"


class TooLargeError(PartError):
    """The reply does not fit into one message."""

    code = "REPLY_TOO_LARGE"
    status = 413
    title = "The reply is too large"


class OverloadedError(PartError):
    """The part has as many requests in hand as it takes; nothing was done."""

    code = "OVERLOADED"
    status = 503
    title = "Too many requests at once"


class UnreachableError(PartError):
    """Nobody answered in time. Whether the request was carried out is unknown: repeat it with its key."""

    code = "UNREACHABLE"
    status = 503
    title = "A part of the network did not answer"


class RefusedError(PartError):
    """Another part's refusal, as it came back; ``code`` and ``status`` are that part's."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, problem.fields)
        self.code = problem.code  # type: ignore[misc] # the remote refusal's own, not this class's
        self.status = problem.status  # type: ignore[misc]
        self.title = problem.title  # type: ignore[misc]
