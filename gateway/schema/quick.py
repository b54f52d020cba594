"""Makes a built schema quick: what is a plain attribute is read as one, and enums are looked up in a table.

Strawberry wraps every field in two calls and finds an enum's name by walking through its values; a list of
twenty referrals has some three hundred fields. What clients see is the same.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

_FIELD = "strawberry-definition"


def prepare(schema: GraphQLSchema) -> None:
    """Replace the default resolvers and the enums' serializers of a schema, in place."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            _read_plainly(kind)
        elif isinstance(kind, GraphQLEnumType) and not kind.name.startswith("__"):
            kind.coerce_output_value = _names(kind)  # type: ignore[assignment,method-assign]


def _read_plainly(kind: GraphQLObjectType) -> None:
    # Fields are read from structs of contracts/, which no type of the schema is an instance of.
    kind.is_type_of = None
    for field in kind.fields.values():
        definition = field.extensions.get(_FIELD)
        if isinstance(definition, StrawberryField) and definition.is_basic_field:
            field.resolve = _attribute(definition.python_name)


def _attribute(name: str) -> Callable[..., Any]:
    def read(source: Any, _info: Any) -> Any:
        return getattr(source, name)

    return read


def _names(kind: GraphQLEnumType) -> Callable[[Any], str]:
    """By the code itself, a StrEnum or its bare word: both are equal, and hash the same."""
    table: dict[Any, str] = {value.value: name for name, value in kind.values.items()}

    def name_of(code: Any) -> str:
        try:
            return table[code]
        except (KeyError, TypeError):
            raise GraphQLError(f"Enum {kind.name!r} has no such value.") from None

    return name_of
