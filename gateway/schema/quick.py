"""Makes a built schema quick: says which fields are plain, and looks enums up in a table.

Strawberry wraps every field in several calls and finds an enum's name by walking through its values. What
clients see is the same; see ``gateway/quick.py`` for what comes of it.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

from gateway.quick import PLAIN, Read

_FIELD = "strawberry-definition"


def prepare(schema: GraphQLSchema) -> None:
    """Replace the resolvers of plain fields and the enums' serializers of a schema, in place."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            # Fields are read from structs of contracts/, which no type of the schema is an instance of.
            kind.is_type_of = None
            for field in kind.fields.values():
                _read_plainly(field)
        elif isinstance(kind, GraphQLEnumType) and not kind.name.startswith("__"):
            kind.coerce_output_value = _names(kind)  # type: ignore[assignment,method-assign]


def _read_plainly(field: GraphQLField) -> None:
    definition = field.extensions.get(_FIELD)
    if not isinstance(definition, StrawberryField):
        return
    read: Read | None = definition.metadata.get(PLAIN)
    if definition.is_basic_field:
        read = _attribute(definition.python_name)
    if read is not None:
        field.extensions[PLAIN] = read
        field.resolve = _resolver(read)


def _attribute(name: str) -> Read:
    return lambda source, _context: getattr(source, name)


def _resolver(read: Read) -> Callable[..., Any]:
    return lambda source, info: read(source, info.context)


def _names(kind: GraphQLEnumType) -> Callable[[Any], str]:
    """By the code itself, a StrEnum or its bare word: both are equal, and hash the same."""
    table: dict[Any, str] = {value.value: name for name, value in kind.values.items()}

    def name_of(code: Any) -> str:
        try:
            return table[code]
        except (KeyError, TypeError):
            raise GraphQLError(f"Enum {kind.name!r} has no such value.") from None

    return name_of
