"""Executing a document: what fails is said with a code, and what is unknown is masked and logged bare."""

import contextlib
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    get_introspection_query,
)
from structlog.testing import capture_logs

from chassis.problems import InvalidError, RefusedError, UnreachableError
from contracts.rpc import Problem
from gateway import schema
from gateway.context import Context
from gateway.errors import DocumentError, NoOperationError, TooCostlyError
from gateway.execution import Engine, Params, RefusedDocumentError
from gateway.limits import Limits

CANARY = "Xóchitl-Canary-42"
BOUNDS = Limits(tokens=1000, depth=8, cost=1000)


def raising(error: Exception) -> Any:
    async def resolve(_source: Any, _info: Any, **_arguments: Any) -> str:
        raise error

    return resolve


def refused(code: str, status: int) -> RefusedError:
    return RefusedError(Problem(code=code, status=status, title="", detail="In words."))


FIELDS = {
    "fine": GraphQLField(GraphQLString, resolve=lambda *_: "yes"),
    "unknown": GraphQLField(
        GraphQLString, {"name": GraphQLArgument(GraphQLString)}, resolve=raising(ValueError(CANARY))
    ),
    "badValue": GraphQLField(GraphQLInt, resolve=lambda *_: CANARY),
    "refused": GraphQLField(GraphQLString, resolve=raising(refused("FORBIDDEN", 403))),
    "invalid": GraphQLField(GraphQLString, resolve=raising(InvalidError("In words."))),
    "unreachable": GraphQLField(GraphQLString, resolve=raising(UnreachableError("In words."))),
    "overloaded": GraphQLField(GraphQLString, resolve=raising(refused("OVERLOADED", 503))),
    "contended": GraphQLField(GraphQLString, resolve=raising(refused("CONTENDED", 503))),
    "internal": GraphQLField(GraphQLString, resolve=raising(refused("INTERNAL", 500))),
    "badActor": GraphQLField(GraphQLString, resolve=raising(refused("BAD_ACTOR", 401))),
}
RENAME = GraphQLField(GraphQLString, {"name": GraphQLArgument(GraphQLString)}, resolve=lambda *_, **__: "")
SCHEMA = GraphQLSchema(GraphQLObjectType("Query", FIELDS), GraphQLObjectType("Mutation", {"rename": RENAME}))
ENGINE = Engine(SCHEMA, BOUNDS)
REAL = Engine(schema.build(), BOUNDS)


async def ask(source: str, engine: Engine = ENGINE, **variables: Any) -> dict[str, Any]:
    operation = engine.prepare(Params(query=source, variables=variables))
    return await engine.execute(operation, cast("Context", SimpleNamespace(language="en")))


async def code_of(field: str) -> str:
    response = await ask(f"{{ fine {field} }}")
    assert response["data"] == {"fine": "yes", field: None}
    (error,) = response["errors"]
    assert error["path"] == [field]
    code: str = error["extensions"]["code"]
    return code


async def test_an_unknown_failure_is_masked_and_logged_without_a_word_of_it() -> None:
    with capture_logs() as logs:
        response = await ask(f'{{ fine secret: unknown(name: "{CANARY}") }}')
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["trace"] in error["message"]
    assert CANARY not in str(response)
    (line,) = logs
    assert CANARY not in str(line)
    assert (line["event"], line["kind"], line["path"]) == ("graphql.failed", "ValueError", "secret")
    assert "test_execution.py" in line["where"]


async def test_a_value_that_is_not_of_its_type_is_not_shown() -> None:
    with capture_logs() as logs:
        response = await ask("{ badValue }")
    assert CANARY not in str(response) + str(logs)
    assert response["errors"][0]["extensions"]["code"] == "INTERNAL"


@pytest.mark.parametrize(("field", "code"), [
    ("refused", "FORBIDDEN"),
    ("invalid", "INVALID"),
    ("unreachable", "UNAVAILABLE"),
    ("overloaded", "UNAVAILABLE"),
    ("contended", "UNAVAILABLE"),
    ("internal", "INTERNAL"),
    ("badActor", "INTERNAL"),
])  # fmt: skip
async def test_a_refusal_keeps_its_code_unless_it_is_ours(field: str, code: str) -> None:
    assert await code_of(field) == code


@pytest.mark.parametrize(("source", "code"), [
    ("{", "GRAPHQL_PARSE_FAILED"),
    ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
])  # fmt: skip
async def test_a_document_that_is_not_right_is_refused_as_a_whole(source: str, code: str) -> None:
    with pytest.raises(RefusedDocumentError) as refusal:
        await ask(source)
    response = refusal.value.response_in("en")
    assert "data" not in response
    assert {error["extensions"]["code"] for error in response["errors"]} == {code}


@pytest.mark.parametrize("source", ["{ fine } { fine }", "fragment F on Query { fine }"])
async def test_which_operation_is_asked_for_has_to_be_known(source: str) -> None:
    with pytest.raises(NoOperationError):
        await ask(source)


async def test_variables_that_are_not_of_their_types_are_refused() -> None:
    with pytest.raises(RefusedDocumentError) as refusal:
        await ask("query ($name: String) { unknown(name: $name) }", name={"a": 1})
    (error,) = refusal.value.response_in("en")["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_limits_come_before_validation() -> None:
    chain = " ".join(f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    with pytest.raises(TooCostlyError):
        await ask(f"{{ ...F0 }} {chain} fragment F40 on T {{ nothing {{ nothing }} }}")


async def test_introspection_is_answered() -> None:
    response = await ask(get_introspection_query(), REAL)
    assert not response.get("errors")
    assert len(response["data"]["__schema"]["types"]) > 50


async def test_introspection_cannot_be_made_exponential() -> None:
    deep = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"
    with pytest.raises((RefusedDocumentError, DocumentError)):
        await ask(deep, REAL)


async def test_a_document_that_comes_back_is_not_parsed_again() -> None:
    first = ENGINE.prepare(Params(query="{ fine again: fine }"))
    assert ENGINE.prepare(Params(query="{ fine again: fine }")).document is first.document


def test_what_is_kept_of_documents_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.KEPT_WEIGHT", 100)
    engine = Engine(SCHEMA, BOUNDS)
    for number in range(50):
        engine.prepare(Params(query=f"{{ a{number}: fine }}"))
    assert 0 < engine._weight <= 100
    assert engine._weight == sum(document.weight for document in engine._documents.values())


@pytest.mark.parametrize("filler", ["# {}\n{{ fine }}", '{{ unknown(name: "{}") }}'])
def test_comments_and_literals_are_weighed_as_well(filler: str) -> None:
    engine = Engine(SCHEMA, BOUNDS)
    for number in range(200):
        engine.prepare(Params(query=filler.format("x" * 8000 + str(number))))
    assert 0 < sum(len(text) for text in engine._documents) < 1_000_000


@pytest.mark.parametrize("source", [
    "{ fine } #" + "x" * 8192,
    "{ nothing }",
    'mutation { rename(name: "Xóchitl") }',
    "{ matchServices(input: {needs: [HUMAN_TRAFFICKING]}) { verdict } }",
    "{ matchServices ( input : {needs: $needs, vulnerabilities: [PREGNANT]}) { verdict } }",
    "query ($input: MatchInput! = {needs: [FOOD]}) { matchServices(input: $input) { verdict } }",
    'mutation { ...M } fragment M on Mutation { rename(name: """Xóchitl""") }',
])  # fmt: skip
def test_what_is_long_or_wrong_or_changes_something_by_inline_text_is_not_kept(source: str) -> None:
    engine = Engine(SCHEMA, BOUNDS)
    with contextlib.suppress(RefusedDocumentError):
        engine.prepare(Params(query=source))
    assert (len(engine._documents), engine._weight) == (0, 0)


def test_a_change_with_variables_is_kept() -> None:
    engine = Engine(SCHEMA, BOUNDS)
    engine.prepare(Params(query="mutation ($name: String) { rename(name: $name) }"))
    assert len(engine._documents) == 1


@pytest.mark.parametrize("source", [
    "{ " + "fine " * 990 + "}",
    "{ " + " ".join(f"a{n}: nothing" for n in range(300)) + "}",
    "{ " + "...F " * 60 + "} fragment F on Query { " + "fine " * 150 + "}",
])  # fmt: skip
async def test_no_document_within_the_limits_takes_long_to_validate(source: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(RefusedDocumentError):
        await ask(source)
    assert time.perf_counter() - began < 1.0
