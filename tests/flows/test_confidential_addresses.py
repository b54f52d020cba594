"""A confidential address stays in the directory: canaries are imported, and looked for in the whole network.

What the directory itself shows and stores is searched by tests/directory/confidential. Here: the public API,
asked for everything by everybody; the feed; streams, logs and files; spans and metrics. A new way out joins
by asking it in ``shown_to``.
"""

from collections.abc import Iterator

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from contracts.directory import IMPORT_RECORDS, ImportRecords
from gateway import schema
from tests.directory.confidential.canaries import Canaries
from tests.flows.cast import SOURCE, Cast, _ask, _operator
from tests.flows.client import Client, Json
from tests.flows.collector import Collector
from tests.flows.search import Hit, in_bytes, in_files
from tests.flows.streams import feed_of
from tests.metrics import metrics_of
from tests.servers import eventually

SERVICE = "s-canario"
DEPTH = 4


def everything(kind: GraphQLObjectType, depth: int = DEPTH) -> str:
    """A selection of every field that needs no argument, with what is below it."""
    return " ".join(_fields(kind, depth))


def _fields(kind: GraphQLObjectType, depth: int) -> Iterator[str]:
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if field.args:
            continue
        if is_leaf_type(inner):
            yield name
        elif isinstance(inner, GraphQLObjectType) and depth > 1:
            yield f"{name} {{ {everything(inner, depth - 1)} }}"


_TYPE = schema.build().type_map["Service"]
assert isinstance(_TYPE, GraphQLObjectType)
WHOLE = everything(_TYPE)


def of(cast: Cast, said: Canaries) -> tuple[ImportRecords, str]:
    """The shelter's beds at two confidential places, as the source of the cast says them."""
    _, _, beds = said.records().records
    record = {**beds.record, "id": SERVICE, "organization_id": "refugio"}
    return ImportRecords(source=SOURCE, records=(type(beds)(kind="service", record=record),)), SERVICE


async def shown_to(client: Client) -> list[bytes]:
    """All that the public API says of the service, whichever way it is asked for."""
    one = f"query ($id: String) {{ service(sourceId: $id) {{ {WHOLE} }} }}"
    many = (
        "{ services(first: 50) { nodes { id locations { id name street postalCode latitude longitude } } } }"
    )
    told = [await client.raw(one, {"id": SERVICE}), await client.raw(many, {})]
    assert all(b'"errors"' not in answer.content for answer in told), told[0].content
    return [answer.content for answer in told]


@pytest.fixture(scope="module")
async def said(watched: Cast) -> Canaries:
    """A network that was told of it, and in which a referral went there."""
    canaries = Canaries()
    request, _ = of(watched, canaries)
    async with _operator(watched.stack) as caller:
        reply = await _ask(caller, IMPORT_RECORDS, request)
    assert [one.outcome for one in reply.outcomes] == ["created"]
    found = await watched.hospital.ask("query ($id: String) { service(sourceId: $id) { id } }", id=SERVICE)
    issued = await watched.hospital.change(
        "issueReferral", **{**watched.issue(), "service": found["service"]["id"], "need": "FOOD"}
    )
    assert issued["userErrors"] == []
    return canaries


async def test_others_are_shown_the_municipality_and_nothing_more(watched: Cast, said: Canaries) -> None:
    for client in (watched.third, watched.hospital):
        told = await shown_to(client)
        assert b"Suchiate" in told[0]
        assert hits_in("GraphQL", told, said) == []


async def test_its_own_organization_is_shown_the_address_and_only_there(
    watched: Cast, said: Canaries
) -> None:
    document = "query ($id: String) { service(sourceId: $id) { locations { street address { street } } } }"
    own = (await watched.shelter.ask(document, id=SERVICE))["service"]["locations"]
    assert [place["street"] for place in own] == [None, None]
    assert all(said.mark in place["address"]["street"] for place in own)
    other: Json = await watched.third.ask(document, id=SERVICE)
    assert [place["address"] for place in other["service"]["locations"]] == [None, None]


async def test_public_directory_says_the_municipality_and_nothing_more(watched: Cast, said: Canaries) -> None:
    url = watched.stack.urls["hsds"]
    async with httpx.AsyncClient(trust_env=False, base_url=url, timeout=30) as http:

        async def services() -> bytes:
            return (await http.get("/services", params={"format": "ndjson", "full": "true"})).content

        told = [await eventually(services, lambda text: SERVICE.encode() in text)]
        assert b"Suchiate" in told[0]
        paths = ("/service_at_locations", "/organizations", "/services")
        queries: tuple[dict[str, str], ...] = ({"full": "true"}, {"search": said.mark}, {})
        told += [(await http.get(path, params=query)).content for path in paths for query in queries]
    assert hits_in("the public directory", told, said) == []


async def test_no_feed_file_stream_log_span_or_metric_holds_it(
    watched: Cast, said: Canaries, collector: Collector
) -> None:
    feeds = [repr(await feed_of(client)).encode() for client in (watched.shelter, watched.hospital)]
    assert hits_in("feeds", feeds, said) == []
    assert in_files(watched.stack.data, said.wanted) == []
    await collector.receives("rpc.v1.directory.get_addresses")
    assert hits_in("spans", collector.bodies, said) == []
    assert hits_in("metrics", await metrics_of(watched.stack), said) == []


def hits_in(place: str, texts: list[bytes], said: Canaries) -> list[Hit]:
    return [hit for text in texts for hit in in_bytes(place, text, said.wanted)]
