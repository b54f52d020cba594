"""Which fields a client selected below a field, so that what they need is fetched once, in one batch.

``@skip`` and ``@include`` are honoured: reading protected data that nobody asked for would still be a read.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, SelectionSetNode, VariableNode

Selections = list[SelectionSetNode]


def below(info: GraphQLResolveInfo[Any], *path: str) -> Selections:
    """The selection sets of the field being resolved, or of what stands below it along ``path``."""
    selections = [node.selection_set for node in info.field_nodes if node.selection_set]
    for step in path:
        selections = deeper(info, selections, step)
    return selections


def of_rows(info: GraphQLResolveInfo[Any], *path: str) -> Selections:
    """The selection sets of a connection's rows, by whichever way they were selected."""
    start = below(info, *path)
    return deeper(info, start, "nodes") + deeper(info, deeper(info, start, "edges"), "node")


def deeper(info: GraphQLResolveInfo[Any], selections: Selections, step: str) -> Selections:
    """The selection sets of the fields named ``step`` in selection sets."""
    return [
        node.selection_set
        for node in _fields(info, selections)
        if node.selection_set and node.name.value == step
    ]


def names(info: GraphQLResolveInfo[Any], selections: Selections) -> frozenset[str]:
    """The names of the fields that selection sets select (not their aliases)."""
    return frozenset(node.name.value for node in _fields(info, selections))


def _fields(info: GraphQLResolveInfo[Any], selections: Selections) -> Iterator[FieldNode]:
    """The fields of selection sets, through fragments, each fragment once."""
    seen: set[str] = set()
    waiting = [node for selection in selections for node in selection.selections]
    while waiting:
        node = waiting.pop()
        if not _included(node.directives or (), info.variable_values):
            continue
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in seen:
                seen.add(name)
                waiting.extend(info.fragments[name].selection_set.selections)
        else:
            waiting.extend(node.selection_set.selections)  # type: ignore[attr-defined] # an inline fragment


def _included(directives: Iterable[Any], variables: Any) -> bool:
    for directive in directives:
        name = directive.name.value
        if name in {"skip", "include"} and _truth(directive.arguments[0].value, variables) == (
            name == "skip"
        ):
            return False
    return True


def _truth(value: Any, variables: Any) -> bool:
    if isinstance(value, VariableNode):
        coerced: Mapping[str, Any] = getattr(variables, "coerced", variables)
        return bool(coerced.get(value.name.value))
    return bool(value.value)
