"""The refusals of pathways."""

from chassis.problems import PartError
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence


class StalePathwayError(PartError):
    """The pathway is not at the version that the edit was made from."""

    code = "STALE_VERSION"
    status = 409
    title = "The pathway has changed"

    def __init__(self, code: str, version: str | None) -> None:
        detail = (
            Sentence(
                "The pathway {code} is at version {version}: read it, and edit that one.",
                code=code,
                version=version,
            )
            if version
            else Sentence(
                "There is no pathway {code} yet: leave expected_version out to make one.", code=code
            )
        )
        super().__init__(detail, (FieldProblem(path=("expected_version",), message=detail, code=self.code),))
