"""A quick way through plain results; whatever is not plain is left to graphql-core.

graphql-core asks of every single field whether it is awaitable, a list, an error, and remembers the path to
it in case it is; a page of twenty referrals has some two hundred fields. Most of ours are known beforehand
to be read at once from a struct (``PLAIN``): a selection of only such fields is compiled into a function,
and a whole page is one call of it.

Nothing is decided here: a null where none may be, an exception, a value that has to be waited for make the
object go the long way instead, with all that graphql-core says about it. Tests compare the two ways.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

from graphql import (
    Executor,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    TypeNameMetaFieldDef,
    is_leaf_type,
)

from gateway.context import Context

# Where a field's extensions hold how it is read: (source, context) -> value, at once or awaitable.
PLAIN: Final = "relevo-plain"

Read = Callable[[Any, Context], Any]
# Makes of a value what is sent: (value, context) -> JSON.
Complete = Callable[[Any, Context], Any]
# By type and selection (the fields' nodes); nothing where not all of it is plain.
Compiled = dict[tuple[str, tuple[int, ...]], Complete | None]


class NotPlainError(Exception):
    """This value has to go the long way."""


class QuickExecutor(Executor[None]):
    """graphql-core's executor, with the quick way for objects of which only plain fields are selected.

    ``compiled`` may be kept with a document, and so for as long as its nodes: but only if it has no
    directives, since those may select other fields the next time.
    """

    def __init__(self, *arguments: Any, compiled: Compiled | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._compiled: Compiled = {} if compiled is None else compiled

    def complete_object_value(  # noqa: PLR0917 - overrides graphql-core's
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: None,
    ) -> Any:
        """Complete an object, the quick way if there is one."""
        complete = self._object(return_type, field_details_list)
        if complete is not None:
            try:
                return complete(result, self.context_value)
            except Exception:  # noqa: BLE001, S110 - graphql-core meets it again, and says what it is
                pass
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _object(self, kind: GraphQLObjectType, details: Any) -> Complete | None:
        """How objects of a type are completed for a selection, or nothing if not all of it is plain."""
        key = (kind.name, tuple([id(detail.node) for detail in details]))
        if key not in self._compiled:
            self._compiled[key] = self._compile(kind, details)
        return self._compiled[key]

    def _compile(self, kind: GraphQLObjectType, details: Any) -> Complete | None:
        fields: list[tuple[str, Read, Complete]] = []
        for name, inner in self.collect_subfields(kind, details).grouped_field_set.items():
            definition = self.schema.get_field(kind, inner[0].node.name.value)
            compiled = self._field(kind, definition, inner) if definition else None
            if compiled is None:
                return None
            fields.append((name, compiled[0], compiled[1]))

        def complete(source: Any, context: Context) -> dict[str, Any]:
            return {name: done(read(source, context), context) for name, read, done in fields}

        return complete

    def _field(
        self, kind: GraphQLObjectType, definition: GraphQLField, details: Any
    ) -> tuple[Read, Complete] | None:
        if definition is TypeNameMetaFieldDef:
            return (lambda _source, _context: kind.name), lambda value, _context: value
        read = definition.extensions.get(PLAIN)
        complete = self._value(definition.type, details)
        return (read, complete) if read is not None and complete is not None else None

    def _value(self, kind: GraphQLOutputType, details: Any) -> Complete | None:
        """How values of a type are completed."""
        if isinstance(kind, GraphQLNonNull):
            inner = self._present(kind.of_type, details)
            return None if inner is None else _never_null(inner)
        inner = self._present(kind, details)
        return None if inner is None else _perhaps_null(inner)

    def _present(self, kind: GraphQLOutputType, details: Any) -> Complete | None:
        """How values of a type are completed where there is one."""
        if is_leaf_type(kind):
            serialize = kind.coerce_output_value
            return lambda value, _context: serialize(value)
        if isinstance(kind, GraphQLList):
            item = self._value(kind.of_type, details)
            return None if item is None else _each(item)
        if isinstance(kind, GraphQLObjectType):
            inner = self._object(kind, details)
            return None if inner is None else _at_hand(inner)
        return None  # of an interface only its value knows the type


def _never_null(inner: Complete) -> Complete:
    def complete(value: Any, context: Context) -> Any:
        if value is None:
            raise NotPlainError
        return inner(value, context)

    return complete


def _perhaps_null(inner: Complete) -> Complete:
    return lambda value, context: None if value is None else inner(value, context)


def _each(item: Complete) -> Complete:
    return lambda values, context: [item(value, context) for value in values]


def _at_hand(inner: Complete) -> Complete:
    def complete(value: Any, context: Context) -> Any:
        if inspect.iscoroutine(value):
            value.close()  # it was not begun; the long way asks for another
            raise NotPlainError
        return inner(value, context)

    return complete
