"""Which media type an answer has, by the GraphQL-over-HTTP specification."""

import pytest

from gateway.errors import MediaTypeError, NotAcceptableError, RequestError
from gateway.http import EVENTS, JSON, RESPONSE_JSON, check_content_type, decode, negotiate


@pytest.mark.parametrize(("accept", "answer"), [
    (None, RESPONSE_JSON),
    ("", RESPONSE_JSON),
    ("*/*", RESPONSE_JSON),
    ("application/*", RESPONSE_JSON),
    ("application/json", JSON),
    ("APPLICATION/JSON; charset=UTF-8", JSON),
    ("application/graphql-response+json", RESPONSE_JSON),
    ("application/graphql-response+json, application/json;q=0.9", RESPONSE_JSON),
    ("application/json, application/graphql-response+json;q=0.5", JSON),
    ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", RESPONSE_JSON),
    ("application/json;q=0, */*", RESPONSE_JSON),
    ("application/graphql-response+json;q=0, */*;q=0.1", JSON),
    ("text/event-stream", EVENTS),
    ("text/event-stream, application/json;q=0.1", EVENTS),
    ("text/html, application/xhtml+xml, */*;q=0.8", RESPONSE_JSON),
    ("application/json;q=nonsense, application/graphql-response+json;q=0.1", RESPONSE_JSON),
])  # fmt: skip
def test_the_answer_is_what_the_client_wants_most(accept: str | None, answer: str) -> None:
    assert negotiate(accept) == answer


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json; charset=iso-8859-1", "application/json;q=0", "text/*"]
)
def test_whoever_accepts_nothing_that_there_is_learns_what_there_is(accept: str) -> None:
    with pytest.raises(NotAcceptableError) as refused:
        negotiate(accept)
    assert RESPONSE_JSON in refused.value.detail


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json;charset=utf-8", 'Application/JSON; Charset="UTF-8"'],
)
def test_json_in_utf_8_is_taken(content_type: str) -> None:
    check_content_type(content_type)


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/graphql", "application/json; charset=latin-1"]
)
def test_nothing_else_is_taken(content_type: str | None) -> None:
    with pytest.raises(MediaTypeError):
        check_content_type(content_type)


@pytest.mark.parametrize("body", [
    b"",
    b"nonsense",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b'{"qeury": "{ __typename }"}',
    b'{"query": 1}',
    b'{"query": "{ __typename }", "variables": [7]}',
    b'{"query": "{ __typename }", "operationName": 7}',
    b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}}",
])  # fmt: skip
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        decode(body)


def test_nulls_stand_for_what_is_left_out() -> None:
    body = b'{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": null}'
    assert decode(body).variables is None
