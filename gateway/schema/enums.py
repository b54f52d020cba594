"""How a list of codes becomes a GraphQL enum: upper-case names, and a description for every value."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import strawberry

Kind = TypeVar("Kind", bound=StrEnum)


def publish(kind: type[Kind], description: str, meanings: Mapping[StrEnum, str]) -> type[Kind]:
    """Publish an enum, as an open one; ``meanings`` says what each of its values means."""
    strawberry.enum(kind, description=f"{description} More values may come.")
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = meanings[kind(value.value)]
    return kind
