"""What is not right in the lesser fields of a record: each is left out and named, and the record taken."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from contracts.rpc import FieldProblem

Path = tuple[str, ...]
StructT = TypeVar("StructT", bound=Struct)
ValueT = TypeVar("ValueT")

# So many lines say what is wrong with a record; a table that is broken throughout needs no more.
MOST = 20


class Notes:
    """Collects what was left out or mended while one record is read."""

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def add(self, path: Path, words: str, code: str = "LEFT_OUT") -> None:
        """Note what was done with a field: ``LEFT_OUT`` or ``MENDED``. Never what stood in it."""
        if len(self._problems) < MOST:
            self._problems.append(FieldProblem(path=path, message=words, code=code))

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """Everything noted, in the order of the record."""
        return tuple(self._problems)

    def items(self, given: Any, kind: type[StructT], path: Path) -> list[tuple[Path, StructT]]:
        """Return the good ones of a list of objects, each with its path; none where there is no list."""
        if given is None:
            return []
        if not isinstance(given, list):
            self.add(path, "It should be a list; the record keeps it, and nothing else sees it.")
            return []
        read = [((*path, str(number)), one) for number, one in enumerate(given)]
        good = [(place, self.value(one, kind, place)) for place, one in read]
        return [(place, one) for place, one in good if one is not None]

    def value(self, given: Any, kind: type[ValueT], path: Path) -> ValueT | None:
        """Return a value as the type that it should have, numbers also from text; None where it has not."""
        if given is None:
            return None
        try:
            return msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at `$")
            steps = place.rstrip("`").replace("[", ".").replace("]", "").split(".")
            # msgspec names types; only of an enumeration it repeats what was given, which stays out.
            words = what.split(" '")[0]
            self.add((*path, *(step for step in steps if step)), f"{words}: left out.")
            return None
