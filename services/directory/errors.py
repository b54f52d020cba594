"""The directory's refusals."""

from chassis.problems import PartError
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence


class InvalidClientError(PartError):
    """Unknown, revoked or with another secret: one answer, so that nobody learns which."""

    code = "INVALID_CLIENT"
    status = 401
    title = "The client's id or secret is not right"


class OrganizationNotFoundError(PartError):
    """No such organization."""

    code = "ORGANIZATION_NOT_FOUND"
    status = 404
    title = "No such organization"


class ClientNotFoundError(PartError):
    """No such client."""

    code = "CLIENT_NOT_FOUND"
    status = 404
    title = "No such client"


class MemberExistsError(PartError):
    """The organization has this member already, with other roles."""

    code = "MEMBER_EXISTS"
    status = 409
    title = "The member is there already"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, (FieldProblem(path=("reference",), message=detail, code=self.code),))


class NotFoundError(PartError):
    """There is no such thing, or it is not the caller's: the same words for both."""

    code = "NOT_FOUND"
    status = 404
    title = "Not found"

    def __init__(self, what: str) -> None:
        super().__init__(Sentence("There is no such {what}.", what=Sentence(what)))


class StaleVersionError(PartError):
    """Somebody changed it since the caller looked."""

    code = "STALE_VERSION"
    status = 409
    title = "It has changed"

    def __init__(self, what: str, expected: int, version: int) -> None:
        super().__init__(
            Sentence(
                "The {what} is at version {version}, not {expected}: read it, and decide again.",
                what=Sentence(what),
                version=version,
                expected=expected,
            )
        )


class TooManyError(PartError):
    """A limit of how many is reached; ``detail`` says which."""

    code = "TOO_MANY"
    status = 429
    title = "Too many"
