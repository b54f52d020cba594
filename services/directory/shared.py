"""Equal values as one object: many services are alike in what is kept of them in memory."""

from functools import lru_cache
from typing import TypeVar

ValueT = TypeVar("ValueT")


@lru_cache(maxsize=50_000)
def _one(value: object) -> object:
    return value


def shared(value: ValueT) -> ValueT:
    """Return the one object that stands for all equal ones: many services speak Spanish and open at nine."""
    return _one(value)  # type: ignore[return-value] # it is equal
