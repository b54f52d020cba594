"""How a resolver becomes a field: its type is GraphQL's, its description the resolver's own docstring.

Resolvers return what a type's fields are read from (a struct of ``contracts/``, mostly); what clients see
is ``kind``.
"""

import inspect
from collections.abc import Callable
from typing import Any

import strawberry

from gateway.context import Context, Info
from gateway.quick import PLAIN


def published(resolver: Callable[..., Any], kind: Any) -> Any:
    """A field that is asked for: it has arguments, or waits for something."""
    return strawberry.field(resolver=resolver, graphql_type=kind, description=inspect.getdoc(resolver))


def streamed(resolver: Callable[..., Any], kind: Any) -> Any:
    """A field of ``Subscription``."""
    return strawberry.subscription(resolver=resolver, graphql_type=kind, description=inspect.getdoc(resolver))


def computed(read: Callable[[Any], Any], kind: Any) -> Any:
    """A plain field, worked out at once from its parent."""

    def resolve(parent: strawberry.Parent[Any]) -> Any:
        return read(parent)

    metadata = {PLAIN: lambda parent, _context: read(parent)}
    return strawberry.field(
        resolver=resolve, graphql_type=kind, description=inspect.getdoc(read), metadata=metadata
    )


def beside(read: Callable[[Any, Context], Any], kind: Any) -> Any:
    """A plain field that stands beside its parent: looked ahead for, or else waited for."""

    def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        return read(parent, info.context)

    return strawberry.field(
        resolver=resolve, graphql_type=kind, description=inspect.getdoc(read), metadata={PLAIN: read}
    )
