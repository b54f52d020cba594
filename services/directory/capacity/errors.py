"""The refusals about places."""

from chassis.problems import PartError
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence, together


class NoCapacityError(PartError):
    """There are not as many places as were asked for; nothing is kept."""

    code = "NO_CAPACITY"
    status = 409
    title = "Not enough places"

    def __init__(self, asked: list[tuple[str, int, int | None]]) -> None:
        """``asked`` says of each unit how many were asked for and how many are left (None: any number)."""
        short = [
            (place, Sentence("{unit}: {asked} asked for, {free} free.", unit=unit, asked=count, free=left))
            for place, (unit, count, left) in enumerate(asked)
            if left is not None and left < count
        ]
        super().__init__(
            together([Sentence("Not enough places."), *(words for _, words in short)]),
            tuple(
                FieldProblem(path=("places", str(place), "count"), code=self.code, message=words)
                for place, words in short
            ),
        )


class ServiceNotFoundError(PartError):
    """No such service."""

    code = "NOT_FOUND"
    status = 404
    title = "No such service"

    def __init__(self) -> None:
        super().__init__("There is no such service.", (FieldProblem(path=("service",), message="Unknown."),))
