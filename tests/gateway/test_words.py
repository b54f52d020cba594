"""Errors name what helps, and never repeat a value: it may be somebody's name."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import schema
from gateway.context import Context
from gateway.errors import RequestError
from gateway.execution import Engine, Params, RefusedDocumentError
from gateway.limits import Limits

ENGINE = Engine(schema.build(), Limits(tokens=1000, depth=8, cost=1000))
MARK = "Xochitl7"
ISSUE = "mutation ($input: IssueReferralInput!) { issueReferral(input: $input) { replayed } }"
RIGHT: dict[str, Any] = {
    "idempotencyKey": "k", "service": "s", "need": "FOOD", "priority": "ROUTINE", "state": "CHP",
    "consent": {"basis": "CONSENT", "categories": ["HEALTH"], "givenAt": "2026-01-01T00:00:00Z"},
    "person": {"ageBand": "ADULT", "gender": "FEMALE", "languages": ["es"], "birthDate": "1990-12-31",
               "needsInterpreter": False, "safeContact": {"channel": "NONE"}},
    "household": {"members": [{"ageBand": "CHILD", "gender": "MALE"}], "keepTogether": True},
    "places": [{"unit": "bed", "count": 2}],
}  # fmt: skip


async def refusal_of(query: str, variables: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The errors with which a request is refused as a whole; none if it is not."""
    try:
        operation = ENGINE.prepare(Params(query=query, variables=variables))
        await ENGINE.execute(operation, cast("Context", SimpleNamespace(language="en")))  # no further
    except RefusedDocumentError as refused:
        errors: list[dict[str, Any]] = refused.response_in("en")["errors"]
        return errors
    except RequestError as error:
        return [error.entry_in("en")]
    return []


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value at which something else could stand."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def with_at(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else at a place."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return copy


WRONG = st.sampled_from([
    MARK, [MARK], {MARK: 1}, {"a": MARK}, [[{MARK: MARK}]], f"{MARK}' does not exist in 'Need' enum.",
    f"x'; found: {MARK}. Did you mean {MARK}?", f"'{MARK}', found: '", 7_700_001, 7.25, True, None,
])  # fmt: skip


@given(st.sampled_from(list(places(RIGHT))), WRONG)
async def test_no_error_repeats_a_value_of_a_variable(path: tuple[Any, ...], wrong: Any) -> None:
    errors = await refusal_of(ISSUE, {"input": with_at(RIGHT, path, wrong)})
    for value in (MARK, "7700001", "7.25"):
        assert value not in str(errors)


@given(st.sampled_from(list(places(RIGHT))), st.sampled_from(["nickname", MARK]), WRONG)
async def test_no_error_repeats_what_should_not_be_there(
    path: tuple[Any, ...], name: str, wrong: Any
) -> None:
    inner = RIGHT
    for key in path:
        inner = inner[key]
    more = {**inner, name: wrong} if isinstance(inner, dict) else wrong
    errors = await refusal_of(ISSUE, {"input": with_at(RIGHT, path, more)})
    assert MARK not in str(errors)


@pytest.mark.parametrize("query", [
    f'{{ referral(folio: "{MARK}") {{ nothing }} }}',
    f'{{ codes(kind: "{MARK}") {{ code }} }}',
    f"{{ codes(kind: {MARK}) {{ code }} }}",
    f'{{ referral(folio: "{MARK} }}',
    f'{{ referral(folio: "{MARK}"',
    f'{{ referral(folio "{MARK}") {{ id }} }}',
    f"{{ referral(folio: {{ {MARK}: 1 }}) {{ id }} }}",
    f'{{ referral(folio: ["{MARK}"]) {{ id }} }}',
    f'{{ events(first: "{MARK}") {{ nodes {{ folio }} }} }}',
    '{ events(first: 7700001000) { nodes { folio } } }',
    f'query ($a: Int = "{MARK}") {{ events(first: $a) {{ nodes {{ folio }} }} }}',
    f'mutation {{ issueReferral(input: {{ need: "{MARK}", nickname: "{MARK}" }}) {{ replayed }} }}',
    f'mutation {{ issueReferral(input: "{MARK}") {{ replayed }} }}',
    f'mutation {{ acceptReferral(input: {{ referral: "a", arriveBy: "{MARK}" }}) {{ replayed }} }}',
    f'{{ referral(id: "\\{MARK}") {{ id }} }}',
    f'"{MARK}" {{ viewer {{ roles }} }}',
    f"{{ referral(folio: '{MARK}') {{ id }} }}",
])  # fmt: skip
async def test_no_error_repeats_a_value_of_the_document(query: str) -> None:
    errors = await refusal_of(query)
    assert errors
    assert MARK not in str(errors)
    assert "7700001" not in str(errors)


@pytest.mark.parametrize(("path", "wrong", "words"), [
    (("person", "gender"), "PHONE", [".person.gender", "in 'Gender' enum. There are FEMALE, "]),
    (("need",), "FOODS", ["'Need' enum", "Did you mean the enum value 'FOOD'? See codes(kind: NEED)."]),
    (("need",), "PRENATAL", ["does not exist in 'Need' enum. See codes(kind: NEED)."]),
    (("person", "ageBand"), None, [".person.ageBand", "non-null type 'AgeBand!'"]),
    (("person", "birthDate"), "31-12-1990", [".person.birthDate", "1990-12-31"]),
    (("consent", "givenAt"), "2026-01-01T00:00:00", ["needs Z or an offset"]),
    (("places", 0, "count"), "two", [".places[0].count", "Int cannot represent non-integer value"]),
    (("household", "members", 0), {}, ["to include required field 'ageBand'"]),
    (("person",), 7, ["'PersonInput' to be an object"]),
    (("person", "nickname"), "x", [".person", "unknown field. Its fields are ageBand, "]),
    (("idempotency",), "x", ["unknown field. Its fields are idempotencyKey, service, "]),
])  # fmt: skip
async def test_errors_say_where_and_what_would_be_right(
    path: tuple[Any, ...], wrong: Any, words: list[str]
) -> None:
    (error, *_) = await refusal_of(ISSUE, {"input": with_at(RIGHT, path, wrong)})
    for word in words:
        assert word in error["message"], error["message"]


@pytest.mark.parametrize(("query", "words"), [
    ("{ codes(kind: NEEDS) { code } }", "Did you mean the enum value 'NEED'? See "),
    ("{ vewer { roles } }", "Did you mean 'viewer'?"),
    ("{ viewer { roles }", "Syntax Error: Expected Name, found <EOF>."),
    ("{ viewer { roles } } nonsense", "Syntax Error: Unexpected Name."),
    ("{ viewer(", "Syntax Error: Expected Name, found <EOF>."),
    ("{ viewer { roles } ) ", "Syntax Error: Expected Name, found ')'."),
    ('{ viewer { roles "x } }', "Syntax Error: Unterminated string."),
])  # fmt: skip
async def test_errors_of_the_document_still_help(query: str, words: str) -> None:
    (error, *_) = await refusal_of(query)
    assert words in error["message"], error["message"]
    assert error["locations"]
