"""Every way in has its span and its time."""

import re
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from chassis import telemetry
from contracts.rpc import Actor
from gateway import schema
from gateway.execution import Engine, Params
from gateway.limits import Limits
from gateway.means import Asker, Means
from tests.flows.cast import Cast
from tests.gateway.conftest import StartGateway, elsewhere
from tests.gateway.test_sse import Events, posted
from tests.gateway.test_websocket import talk

QUERY = "{ __typename }"


async def counted(gateways: StartGateway, url: str) -> int:
    """How many queries the gateway has timed."""
    found = re.findall(
        r'^graphql_request_duration_seconds_count\{.*type="query".*\} (\S+)$',
        await gateways.metrics(url),
        re.MULTILINE,
    )
    return sum(int(float(value)) for value in found)


async def test_operations_are_timed_whichever_way_they_come(
    cast: Cast, another_gateway: StartGateway
) -> None:
    url = another_gateway()
    async with elsewhere(cast, url) as other:
        await other.shelter.ask(QUERY)
        assert await counted(another_gateway, url) == 1
        async with posted(other.shelter, QUERY) as answer:
            assert (await Events(answer).next())[0] == "next"
        assert await counted(another_gateway, url) == 2
        async with talk(other.shelter) as socket:
            await socket.init()
            await socket.ask("1", QUERY)
            assert (await socket.hear())["type"] == "next"
        assert await counted(another_gateway, url) == 3


async def test_what_is_counted_is_told_at_no_port_that_everybody_reaches(
    another_gateway: StartGateway,
) -> None:
    url = another_gateway()
    there = another_gateway.metrics_at[url]
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{url}/metrics")).status_code == httpx.codes.NOT_FOUND
        assert b"# HELP" in (await http.get(there)).content
        for path in ("/graphql", "/readyz", "/oauth/token"):
            assert (await http.get(there.replace("/metrics", path))).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("query", [QUERY, "subscription { events { folio } }", "{ nothing }"])
async def test_operations_that_are_streamed_have_a_span(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("test"))
    engine = Engine(schema.build(), Limits(tokens=1000, depth=8, cost=1000))
    nothing: Any = None
    means = Means(nothing, nothing, engine, nothing, nothing, nothing, nothing)
    asker = Asker(Actor(kind="client", id="cl_1"), "es", "WebSocket /graphql", {})
    responses = means.respond(Params(query=query), asker)
    await anext(responses)
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind) == ("WebSocket /graphql", SpanKind.SERVER)
    await responses.aclose()
