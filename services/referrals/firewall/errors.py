"""The refusals of exceptions to the firewall."""

from chassis.problems import PartError


class NoExceptionError(PartError):
    """There is no such exception."""

    code = "NOT_FOUND"
    status = 404
    title = "Not found"

    def __init__(self) -> None:
        super().__init__("There is no such exception.")
