"""How a resolver becomes a field: its type is GraphQL's, its description the resolver's own docstring."""

import inspect
from collections.abc import Callable
from typing import Any

import strawberry


def published(resolver: Callable[..., Any], kind: Any) -> Any:
    """A field of ``Query`` or ``Mutation``, or one that has to be worked out from its ``parent``.

    The resolver returns what the type's fields are read from (a struct of ``contracts/``, mostly); what
    clients see is ``kind``.
    """
    return strawberry.field(resolver=resolver, graphql_type=kind, description=inspect.getdoc(resolver))


def streamed(resolver: Callable[..., Any], kind: Any) -> Any:
    """A field of ``Subscription``, in the same way."""
    return strawberry.subscription(resolver=resolver, graphql_type=kind, description=inspect.getdoc(resolver))
