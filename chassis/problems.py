"""Refusals: the one family of exceptions that reaches a caller as words, and not as a failure."""

from typing import ClassVar

from contracts.rpc import FieldProblem, Problem


class PartError(Exception):
    """A refusal, with ``code``, ``status``, ``title``. Those that any part may give stand here.

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


class ForbiddenError(PartError):
    """The caller's organization, roles or scopes do not reach that far; says nothing of what is there."""

    code = "FORBIDDEN"
    status = 403
    title = "Not with this organization, these roles or scopes"


class FirewalledError(PartError):
    """Organizations of this kind are behind the firewall."""

    code = "FIREWALLED"
    status = 403
    title = "Behind the firewall"


class NotVerifiedError(PartError):
    """No coordinator has verified the organization, or it was deactivated."""

    code = "NOT_VERIFIED"
    status = 403
    title = "The organization is not verified"


class WrongStatusError(PartError):
    """Not possible from where the thing stands; ``detail`` says where that is."""

    code = "WRONG_STATUS"
    status = 409
    title = "Not possible from this status"


class IdempotencyKeyReusedError(PartError):
    """The caller used the key for another input within the last 30 days."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 409
    title = "The key was used for something else"

    def __init__(self) -> None:
        message = "This idempotencyKey was used for another input: take a new key for a new request."
        super().__init__(message, (FieldProblem(path=("idempotency_key",), message=message, code=self.code),))


class ContendedError(PartError):
    """Others changed it again and again while this change was tried; nothing was done."""

    code = "CONTENDED"
    status = 503
    title = "Too many changes at once"


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
        super().__init__(problem.words, problem.fields)
        self.code = problem.code  # type: ignore[misc] # the remote refusal's own, not this class's
        self.status = problem.status  # type: ignore[misc]
        self.title = problem.title  # type: ignore[misc]
