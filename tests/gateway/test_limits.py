"""What a document may ask for is measured before it is validated, and in linear time."""

import contextlib
import time
from typing import Any

import pytest
from graphql import Lexer, Source, TokenKind, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway import limits
from gateway.errors import (
    DocumentError,
    FragmentCycleError,
    TooCostlyError,
    TooDeepError,
    TooManyTokensError,
)
from gateway.limits import Limits, Shape

LIMITS = Limits(tokens=1000, depth=8, cost=1000)
SHAPE = Shape(lists={"codes": 50, "phones": 5}, costs={"issueReferral": limits.MUTATION})


def cost(source: str, variables: dict[str, Any] | None = None, name: str | None = None) -> int:
    limits.check_tokens(source, LIMITS)
    measured = limits.measure(parse(source), SHAPE)
    return limits.check(measured[name], variables or {}, LIMITS)


def doubling_fragments(levels: int) -> str:
    """Each fragment spreads the next one twice: 2**levels fields, in a few hundred bytes."""
    chain = " ".join(f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ x {{ ...F0 }} }} {chain} fragment F{levels} on T {{ y {{ z }} }}"


def test_a_plain_document_costs_one_for_each_object_and_a_tenth_for_each_leaf() -> None:
    assert cost("{ viewer { organization { name } } }") == 3  # two objects and a leaf, rounded up


def test_a_page_costs_as_much_as_it_is_long() -> None:
    short = cost("{ referrals(first: 10) { nodes { sender { name } } } }")
    long = cost("{ referrals(first: 100) { nodes { sender { name } } } }")
    assert (short, long) == (22, 211)


def test_what_stands_beside_the_rows_of_a_page_is_paid_for_once() -> None:
    rows = cost("{ referrals(first: 100) { nodes { folio } } }")
    assert cost("{ referrals(first: 100) { nodes { folio } pageInfo { endCursor } } }") == rows + 2


def test_a_page_within_a_page_multiplies() -> None:
    with pytest.raises(TooCostlyError) as refused:
        cost("{ referrals(first: 50) { nodes { history(first: 50) { nodes { organization { id } } } } } }")
    assert refused.value.extensions["limit"] == 1000
    assert refused.value.extensions["value"] > 5000
    assert str(refused.value.extensions["value"]) in refused.value.detail


def test_rows_inside_a_fragment_are_multiplied_too() -> None:
    inline = cost("{ referrals(first: 100) { nodes { sender { name } } } }")
    spread = cost(
        "{ referrals(first: 100) { ...Page } } fragment Page on C { ... on C { nodes { sender { name } } } }"
    )
    assert spread == inline


def test_a_variable_decides_when_it_is_known() -> None:
    document = "query ($n: Int = 10) { referrals(first: $n) { nodes { sender { name } } } }"
    assert cost(document) == 22
    assert cost(document, {"n": 100}) == 211
    assert cost(document, {"n": None}) == cost(document, {"n": 1})
    with pytest.raises(TooCostlyError):
        cost(document, {"n": 1_000_000})


def test_a_variable_that_is_no_number_counts_as_a_full_page() -> None:
    document = "query ($n: Int) { referrals(last: $n) { nodes { sender { name } } } }"
    assert cost(document, {"n": "many"}) == cost(document, {"n": 100})


def test_a_negative_page_lowers_no_cost() -> None:
    assert cost("{ a: referrals(first: -1000) { nodes { x { y } } } b { c } }") > 3


def test_ids_count_one_by_one() -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(document, {"ids": ["a"] * 100}) == 110
    assert cost('{ nodes(ids: ["a", "b"]) { id } }') == 3


def test_aliases_are_paid_for() -> None:
    many = " ".join(f"a{n}: codes(kind: NEED) {{ code es en }}" for n in range(40))
    with pytest.raises(TooCostlyError):
        cost(f"{{ {many} }}")


def test_a_mutation_costs_ten_also_inside_a_fragment() -> None:
    assert cost("mutation { issueReferral(input: {}) { replayed } }") == 11
    twice = "fragment F on M { a: issueReferral { replayed } b: issueReferral { replayed } }"
    assert cost("mutation { ...F } " + twice) == 21


def test_depth_is_counted_through_fragments() -> None:
    assert cost("{ a { b { c { d { e { f { g { h } } } } } } } }")
    with pytest.raises(TooDeepError) as refused:
        cost("{ a { b { c { ...D } } } } fragment D on T { d { e { f { g { h { i } } } } } }")
    assert refused.value.extensions == {"limit": 8, "value": 9}


def test_introspection_is_allowed_and_has_a_cost() -> None:
    query = get_introspection_query(descriptions=True, input_value_deprecation=True)
    assert 100 < cost(query, name="IntrospectionQuery") < 1000
    with pytest.raises(TooCostlyError):
        cost(
            "{ a: __schema { ...S } b: __schema { ...S } c: __schema { ...S } }"
            + query[query.index("fragment") :]
            + "fragment S on __Schema { types { ...FullType } directives { args { ...InputValue } } }"
        )


def test_exponential_fragments_take_no_time() -> None:
    document = doubling_fragments(60)
    began = time.perf_counter()
    with pytest.raises(TooCostlyError) as refused:
        cost(document)
    assert time.perf_counter() - began < 0.5
    assert refused.value.extensions["value"] > 2**60


def test_exponential_fragments_with_an_open_variable_take_no_time() -> None:
    chain = doubling_fragments(60).replace("y { z }", "y(first: $n) { nodes { z } }")
    document = "query ($n: Int) " + chain
    began = time.perf_counter()
    with pytest.raises(TooCostlyError):
        cost(document, {"n": 3})
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("source", [
    "{ ...A } fragment A on T { ...A }",
    "{ ...A } fragment A on T { b { ...B } } fragment B on T { ...A }",
])  # fmt: skip
def test_a_fragment_that_contains_itself_is_refused(source: str) -> None:
    with pytest.raises(FragmentCycleError):
        cost(source)


def test_tokens_are_counted_before_the_parser_sees_them() -> None:
    with pytest.raises(TooManyTokensError) as refused:
        cost("{ " + "a " * 2000 + "}")
    assert refused.value.extensions == {"limit": 1000, "value": 1001}


@pytest.mark.parametrize(
    "bit", ['"\\', '"', '\\"', '"""\\', '"a', '""', '"""', "#", '"\\\n', "- ", "1-", "\ufeff"]
)
def test_counting_tokens_takes_no_time_whatever_the_text(bit: str) -> None:
    source = (bit * 65_536)[:65_536]
    began = time.perf_counter()
    with contextlib.suppress(DocumentError):
        limits.check_tokens(source, LIMITS)
    assert time.perf_counter() - began < 0.05


@pytest.mark.parametrize(("open_", "close"), ["{}", "[]", "()"])
def test_brackets_too_deep_for_the_parser_never_reach_it(open_: str, close: str) -> None:
    with pytest.raises(TooDeepError):
        limits.check_tokens("{ a " + open_ * 400 + close * 400 + " }", LIMITS)


def test_fragments_nested_too_deep_to_measure_are_refused() -> None:
    deep = "a { " * 50
    fragments = " ".join(f"fragment F{n} on T {{ {deep} ...F{n + 1} {'}' * 50} }}" for n in range(5))
    with pytest.raises(DocumentError):
        cost(f"{{ ...F0 }} {fragments} fragment F5 on T {{ z }}")


@pytest.mark.parametrize("source", [
    "{a,b , c}",
    '{ a(x: "one # { \\" two", y: """three " { \\""" """) # four { five\n}',
    "query ($n: Int = -1.5e3) @x { ...F }",
    get_introspection_query(),
])  # fmt: skip
def test_tokens_are_those_of_the_grammar(source: str) -> None:
    lexer = Lexer(Source(source))
    count = 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    assert limits.check_tokens(source, LIMITS) == count


@given(st.text(alphabet='{}[]()"\\#.a1:$@!|&=,\n ', max_size=200))
def test_counting_tokens_never_fails_on_any_text(source: str) -> None:
    assert limits.check_tokens(source, LIMITS) <= len(source)
