"""The refusals of acceptance rules and matching. What is not allowed answers exactly as what is not there."""

from chassis.problems import PartError
from contracts.rpc import FieldProblem


class NotFoundError(PartError):
    """No such service, or it is another organization's: the same words for both."""

    code = "NOT_FOUND"
    status = 404
    title = "Not found"

    def __init__(self) -> None:
        message = "There is no such service of yours."
        super().__init__(message, (FieldProblem(path=("service",), message=message, code=self.code),))


class ForbiddenError(PartError):
    """The caller's roles or scopes do not reach that far; says nothing of any service."""

    code = "FORBIDDEN"
    status = 403
    title = "Not with these roles or scopes"


class FirewalledError(PartError):
    """Organizations of this kind see the public directory only."""

    code = "FIREWALLED"
    status = 403
    title = "Behind the firewall"


class NotVerifiedError(PartError):
    """No coordinator has verified the organization yet."""

    code = "NOT_VERIFIED"
    status = 403
    title = "The organization is not verified"


class StaleVersionError(PartError):
    """The rules changed since the caller looked."""

    code = "STALE_VERSION"
    status = 409
    title = "The rules have changed"

    def __init__(self, expected: int, version: int) -> None:
        super().__init__(f"The rules are at version {version}, not {expected}: read them, and decide again.")


class IdempotencyKeyReusedError(PartError):
    """The key was used for another input within the last 30 days."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 409
    title = "The key was used for something else"

    def __init__(self) -> None:
        message = "This idempotencyKey was used for another input: take a new key for a new request."
        super().__init__(message, (FieldProblem(path=("idempotency_key",), message=message, code=self.code),))


class ContendedError(PartError):
    """The service changed again and again while this change was tried; nothing was done."""

    code = "CONTENDED"
    status = 503
    title = "Too many changes at once"
