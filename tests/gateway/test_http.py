"""``POST /graphql`` by the GraphQL-over-HTTP specification, and the limits of a request."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from starlette.types import Message

from gateway import http
from gateway.errors import BodyTooSlowError
from tests.flows.cast import Cast
from tests.gateway.conftest import StartGateway, elsewhere

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
TYPENAME = {"query": "{ __typename }"}


async def send(cast: Cast, method: str = "POST", **request: Any) -> httpx.Response:
    """A request as the shelter, with some headers replaced; None leaves one out."""
    own = await cast.shelter.headers()
    given = {**own, **request.pop("headers", {})}
    headers = {name: value for name, value in given.items() if value is not None}
    async with httpx.AsyncClient(base_url=cast.shelter.url, trust_env=False) as client:
        return await client.request(method, "/graphql", headers=headers, **request)


def code_of(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize(("accept", "answered"), [
    (RESPONSE_JSON, RESPONSE_JSON),
    (JSON, JSON),
    ("*/*", RESPONSE_JSON),
])  # fmt: skip
async def test_a_good_request_is_answered_in_the_media_type_that_was_asked_for(
    cast: Cast, accept: str, answered: str
) -> None:
    answer = await send(cast, json=TYPENAME, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{answered}; charset=utf-8"
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(("body", "code"), [
    ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_NOT_FOUND"),
    ({"query": "query ($id: ID!) { node(id: $id) { id } }"}, "BAD_USER_INPUT"),
    ({"query": "{ " + "a: __typename " * 400 + "}"}, "TOO_MANY_TOKENS"),
    ({"query": "{ organizations(first: 100) { nodes { " + "a { b " * 7 + "}" * 10}, "TOO_DEEP"),
    ({"query": "{ " + " ".join(f"a{n}: referrals(box: INBOX, first: 100) {{ nodes {{ sender {{ id }} }} }}"
                               for n in range(10)) + " }"}, "TOO_COSTLY"),
    ({"query": "{ ...A } fragment A on Query { ...A }"}, "FRAGMENT_CYCLE"),
])  # fmt: skip
async def test_a_request_that_cannot_be_executed_has_the_status_of_its_media_type(
    cast: Cast, body: dict[str, Any], code: str
) -> None:
    modern = await send(cast, json=body, headers={"accept": RESPONSE_JSON})
    legacy = await send(cast, json=body, headers={"accept": JSON})
    assert (modern.status_code, legacy.status_code) == (400, 200)
    assert code_of(modern) == code_of(legacy) == code
    assert "data" not in modern.json()


async def test_a_refused_limit_says_what_it_is_and_how_far_the_count_went(cast: Cast) -> None:
    answer = await send(cast, json={"query": "{ " + "x " * 1200 + "}"})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "TOO_MANY_TOKENS", "limit": 1000, "value": 1001}


async def test_a_field_that_fails_does_not_change_the_status(cast: Cast) -> None:
    answer = await send(cast, json={"query": '{ events(first: 1, after: "x") { nodes { id: event } } }'})
    assert (answer.status_code, answer.json()["data"], code_of(answer)) == (200, None, "BAD_USER_INPUT")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_allowed(cast: Cast, method: str) -> None:
    answer = await send(cast, method, params={"query": "{ __typename }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert code_of(answer) == "METHOD_NOT_ALLOWED"


async def test_whoever_accepts_nothing_of_ours_is_told(cast: Cast) -> None:
    assert (await send(cast, json=TYPENAME, headers={"accept": "text/html"})).status_code == 406


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/graphql"])
async def test_a_body_of_another_media_type_is_refused(cast: Cast, content_type: str | None) -> None:
    answer = await send(cast, content=b'{"query": "{ __typename }"}', headers={"content-type": content_type})
    assert answer.status_code == 415


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"qeury": ""}', b'{"query": "", "variables": []}'])
async def test_a_body_that_is_no_request_is_refused_whatever_the_media_type(
    cast: Cast, content: bytes
) -> None:
    for accept in (RESPONSE_JSON, JSON):
        answer = await send(cast, content=content, headers={"content-type": JSON, "accept": accept})
        assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_a_body_that_is_too_large_is_refused(cast: Cast) -> None:
    answer = await send(cast, json={"query": "{ __typename }" + " " * 70_000})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["limit"] == 65_536


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nonsense", "Basic abc"])
async def test_without_a_good_token_there_is_no_answer(cast: Cast, authorization: str | None) -> None:
    answer = await send(cast, json=TYPENAME, headers={"authorization": authorization})
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="relevo"')
    assert ("invalid_token" in answer.headers["www-authenticate"]) == (authorization is not None)


async def test_a_subscription_is_not_answered_at_once(cast: Cast) -> None:
    answer = await send(cast, json={"query": "subscription { events { cursor } }"})
    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
    assert "text/event-stream" in answer.json()["errors"][0]["message"]


async def test_the_member_behind_a_client_is_passed_on(cast: Cast) -> None:
    body = {"query": "{ viewer { onBehalfOf } }"}
    answer = await send(cast, json=body, headers={"relevo-on-behalf-of": "turno-noche-7"})
    assert answer.json()["data"]["viewer"]["onBehalfOf"] == "turno-noche-7"


@pytest.mark.parametrize("member", ["", "con espacio", "x" * 101])
async def test_a_malformed_member_is_refused(cast: Cast, member: str) -> None:
    answer = await send(cast, json=TYPENAME, headers={"relevo-on-behalf-of": member})
    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_nested_fragments_of_800_bytes_take_no_time(cast: Cast) -> None:
    chain = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(20))
    query = f"{{...F0}}{chain}fragment F20 on Query{{viewer{{__typename}}}}"
    assert len(query) < 900
    began = time.perf_counter()
    assert code_of(await send(cast, json={"query": query})) == "TOO_COSTLY"
    assert time.perf_counter() - began < 1.0


async def test_whoever_asks_too_often_is_told_to_wait(cast: Cast, another_gateway: StartGateway) -> None:
    async with elsewhere(cast, another_gateway(rate_per_second=1, rate_burst=5)) as other:
        answers = [await send(other, json=TYPENAME) for _ in range(7)]
        assert [answer.status_code for answer in answers][:5] == [200] * 5
        refused = answers[-1]
        assert (refused.status_code, code_of(refused)) == (429, "RATE_LIMITED")
        assert int(refused.headers["retry-after"]) >= 1
        # Another client is not slowed down by it.
        assert (await other.hospital.ask("{ __typename }"))["__typename"] == "Query"


async def test_the_schema_is_served_to_everybody(cast: Cast) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{cast.shelter.url}/schema.graphql")
    assert answer.status_code == 200
    assert "type Mutation {" in answer.text


async def test_a_slow_client_holds_up_nobody(cast: Cast) -> None:
    """A body that never ends is one connection's matter."""
    port = int(cast.shelter.url.rsplit(":", 1)[1])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = "".join(f"{name}: {value}\r\n" for name, value in (await cast.shelter.headers()).items())
    start = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\n{headers}content-type: {JSON}\r\ncontent-length: 99\r\n\r\n{{"
    )
    writer.write(start.encode())
    await writer.drain()
    assert (await cast.shelter.ask("{ __typename }"))["__typename"] == "Query"
    writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(BodyTooSlowError) as refusal:
        await http.read_body(receive, 100)
    assert refusal.value.status == 408


async def test_an_empty_cursor_is_refused_and_not_taken_for_now_or_for_the_beginning(cast: Cast) -> None:
    answer = await send(cast, json={"query": '{ events(after: "", first: 1) { nodes { cursor } } }'})
    assert code_of(answer) == "BAD_USER_INPUT"
