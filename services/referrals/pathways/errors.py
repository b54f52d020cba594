"""The refusals of pathways."""

from chassis.problems import PartError
from contracts.rpc import FieldProblem


class StalePathwayError(PartError):
    """The pathway is not at the version that the edit was made from."""

    code = "STALE_VERSION"
    status = 409
    title = "The pathway has changed"

    def __init__(self, code: str, version: str | None) -> None:
        detail = (
            f"The pathway {code} is at version {version}: read it, and edit that one."
            if version
            else f"There is no pathway {code} yet: leave expected_version out to make one."
        )
        super().__init__(detail, (FieldProblem(path=("expected_version",), message=detail, code=self.code),))
