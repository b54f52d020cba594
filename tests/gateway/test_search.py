"""Searching by GraphQL: words, facets, reasons, and cursors that belong to another query."""

from typing import Any

import pytest

from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Json
from tests.servers import eventually

SEARCH = """query ($filter: ServiceFilter, $near: GeoInput, $by: ServiceOrder, $first: Int, $after: String) {
  services(filter: $filter, near: $near, orderBy: $by, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    facets { kind counts { code label count } }
    edges { distanceKm reasons { code field word found value text } node { id name organization { name } } }
  }
}"""


async def ask(cast: Cast, **variables: Any) -> Json:
    found: Json = (await cast.shelter.ask(SEARCH, **{"first": 10, **variables}))["services"]
    return found


async def test_words_facets_and_reasons(cast: Cast) -> None:
    async def asked() -> Json:
        return await ask(cast, filter={"text": "asesorias tercero "})

    page = await eventually(asked, lambda found: bool(found["totalCount"]))
    edge = page["edges"][0]
    assert edge["node"]["organization"]["name"] == "Consultorio Tercero (ficticio)"
    assert edge["distanceKm"] is None
    assert edge["reasons"][0] == {
        "code": "WORD", "field": "NAME", "word": "asesorias", "found": "asesoria", "value": None,
        "text": "«asesorias» en el nombre",
    }  # fmt: skip
    counts = {facet["kind"]: facet["counts"] for facet in page["facets"]}
    assert counts["KIND"] == [{"code": "LEGAL_AID", "label": "Asistencia jurídica", "count": 1}]
    assert counts["NEED"][0]["code"] == "LEGAL_ASSISTANCE"


async def test_a_cursor_is_good_for_its_own_query(cast: Cast) -> None:
    await eventually(lambda: ask(cast), lambda found: found["totalCount"] > 1)
    page = await ask(cast, by="RELEVANCE", first=1)
    after = page["pageInfo"]["endCursor"]
    assert (await ask(cast, by="RELEVANCE", first=1, after=after))["pageInfo"]["hasPreviousPage"]
    with pytest.raises(AnswerError) as refusal:
        await ask(cast, by="RELEVANCE", first=1, after=after, filter={"needs": ["FOOD"]})
    assert "otra consulta" in refusal.value.errors[0]["message"]


async def test_where_distances_begin_has_to_be_somewhere(cast: Cast) -> None:
    assert (await ask(cast, near={"latitude": 16.0, "longitude": -93.0}))["totalCount"] > 1
    with pytest.raises(AnswerError) as refusal:
        await ask(cast, near={"latitude": 16.0})
    assert refusal.value.codes == ["INVALID"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"filter": {"age": -1}}, "age: Debe ser 0 o más."),
        ({"filter": {"text": "x" * 10_000}}, "text: Debe tener como máximo 200 caracteres."),
        (
            {"filter": {"openNow": True, "openAt": "2026-01-01T00:00:00Z"}},
            "openAt: Indique un momento, o pida lo que está abierto ahora: no ambos.",
        ),
    ],
)
async def test_a_question_that_is_not_right_is_told_which_input_it_is(
    cast: Cast, asked: Json, told: str
) -> None:
    with pytest.raises(AnswerError) as refusal:
        await ask(cast, **asked)
    assert refusal.value.errors[0]["message"] == told
