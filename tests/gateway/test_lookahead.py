"""Looking ahead: what was selected, through fragments and directives, and nothing that was not."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from gateway.lookahead import below, names, of_rows
from gateway.schema.tiers import tiers_for


def info_of(source: str, **variables: Any) -> Any:
    """As a resolver of the document's first field gets it."""
    document = parse(source)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    return SimpleNamespace(field_nodes=fields[:1], fragments=fragments, variable_values=variables)


def test_names_come_from_fields_and_fragments_not_from_aliases() -> None:
    info = info_of("{ r { a: folio ...F ... on R { status } } } fragment F on R { b: need ...F2 } "
                   "fragment F2 on R { version }")  # fmt: skip
    assert names(info, below(info)) == {"folio", "need", "version", "status"}


def test_rows_are_found_by_either_way() -> None:
    info = info_of("{ r { nodes { folio } edges { cursor node { ...F } } pageInfo { endCursor } } } "
                   "fragment F on R { need }")  # fmt: skip
    assert names(info, of_rows(info)) == {"folio", "need"}


@pytest.mark.parametrize(("directive", "variables", "selected"), [
    ("@skip(if: true)", {}, False),
    ("@skip(if: false)", {}, True),
    ("@include(if: false)", {}, False),
    ("@include(if: $v)", {"v": True}, True),
    ("@include(if: $v)", {"v": False}, False),
    ("@skip(if: $v)", {"v": True}, False),
    ("@include(if: true) @skip(if: true)", {}, False),
])  # fmt: skip
def test_what_is_skipped_is_not_selected(directive: str, variables: dict[str, bool], selected: bool) -> None:
    info = info_of(f"{{ r {{ folio person {directive} {{ name }} }} }}", **variables)
    assert ("person" in names(info, below(info))) is selected
    assert tiers_for(info, below(info)) == (("T3",) if selected else ())


@pytest.mark.parametrize(("fields", "tiers"), [
    ("folio status sender { name } personAccess allowedActions { action }", ()),
    ("need", ("T2",)),
    ("household { keepTogether }", ("T2",)),
    ("person { ageBand }", ("T2",)),
    ("person { name notes { text } }", ("T3", "T4")),
    ("consent { basis givenAt }", ()),
    ("consent { method }", ("T2",)),
    ("consent { state receiverHolds }", ()),
    ("consent { withheld child { view } }", ("T2",)),
    ("consent { child { why } }", ("T2", "T3")),
    ("consent { caregiverSuspected }", ("T3",)),
    ("acceptanceInstructions", ("T3",)),
    ("sender { name } service { name }", ()),
])  # fmt: skip
def test_only_the_tiers_that_are_selected_are_opened(fields: str, tiers: tuple[str, ...]) -> None:
    info = info_of(f"{{ r {{ {fields} }} }}")
    assert tiers_for(info, below(info)) == tiers


def test_fragments_that_spread_each_other_twice_take_no_time() -> None:
    chain = " ".join(f"fragment F{n} on R {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    info = info_of(f"{{ r {{ ...F0 }} }} {chain} fragment F60 on R {{ folio }}")
    began = time.perf_counter()
    assert names(info, below(info)) == {"folio"}
    assert time.perf_counter() - began < 0.5
