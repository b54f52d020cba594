"""The directory's refusals."""

from chassis.problems import PartError


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
