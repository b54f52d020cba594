"""Walks the public schema from a referral: every field that it reaches, and the word of each."""

from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type, is_leaf_type

import gateway
from tests.flows.matrix.knowing import DIRECTORY, INSIDE, WHOLE, WORD_OF

SDL = Path(gateway.__file__).with_name("schema.graphql")
# What would lead back to a referral: its own rows say what is there.
_BACK = {"ReferralGroup.items": "items { id }"}


class NoWordError(Exception):
    """A field that a referral reaches has no word: nobody has said who may know it."""


def schema() -> GraphQLSchema:
    """The public schema as it is committed."""
    return build_schema(SDL.read_text(encoding="utf-8"))


def word_of(kind: str, name: str, around: str) -> str:
    """Return the word of a field; ``around`` is that of the field in which its type stands.

    Raises:
        NoWordError: it has none.
    """
    if kind in WHOLE or kind in DIRECTORY:
        return around
    found = WORD_OF.get(f"{kind}.{name}")
    if found is None:
        raise NoWordError(f"{kind}.{name}")
    return found


def fields(known: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield each field that a referral reaches, as ``Type.field``, with its word.

    What the directory says of itself is not walked into: it is everybody's, and has tests of its own.

    Raises:
        NoWordError: a field has no word.
    """
    seen: set[tuple[str, str]] = set()
    to_do = [("Referral", INSIDE)]
    while to_do:
        kind, around = to_do.pop()
        if (kind, around) in seen or kind in DIRECTORY:
            continue
        seen.add((kind, around))
        for name, one in object_type(known, kind).fields.items():
            word = word_of(kind, name, around)
            yield f"{kind}.{name}", word
            inner = get_named_type(one.type)
            if not is_leaf_type(inner):
                to_do.append((inner.name, word))


def object_type(known: GraphQLSchema, kind: str) -> GraphQLObjectType:
    """Return a type of the schema, which has fields."""
    found = known.type_map[kind]
    assert isinstance(found, GraphQLObjectType), kind
    return found


def fragment(known: GraphQLSchema) -> str:
    """Return ``fragment All on Referral``: every field, and of what the directory says, who it is."""
    return f"fragment All on Referral {_selected(known, 'Referral')}"


def _selected(known: GraphQLSchema, kind: str) -> str:
    if kind in DIRECTORY:
        return "{ id name }"
    found = []
    for name, one in object_type(known, kind).fields.items():
        inner = get_named_type(one.type)
        if f"{kind}.{name}" in _BACK:
            found.append(_BACK[f"{kind}.{name}"])
        elif name == "nodes" and "edges" in object_type(known, kind).fields:
            continue  # the same rows as in edges
        elif is_leaf_type(inner):
            found.append(name)
        else:
            page = "(first: 50)" if "first" in one.args else ""
            found.append(f"{name}{page} {_selected(known, inner.name)}")
    return f"{{ {' '.join(found)} }}"
