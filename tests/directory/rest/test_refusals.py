"""What cannot be asked: refused by the parameter's name, and never a failure of ours."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.directory.rest.conftest import Directory

PATHS = [
    "/", "/services", "/organizations", "/service_at_locations", "/taxonomies", "/taxonomy_terms",
    "/services/x", "/organizations/x", "/service_at_locations/x", "/taxonomies/x", "/taxonomy_terms/x",
]  # fmt: skip
PARAMETERS = [
    "search", "page", "per_page", "modified_after", "taxonomy_term_id", "taxonomy_id", "organization_id",
    "postcode", "proximity", "minimal", "full", "full_service", "format", "top_only", "parent_id",
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("/services", "colour=red", "colour"),
        ("/services/x", "full=true", "full"),
        ("/services", "page=0", "page"),
        ("/services", "page=-1", "page"),
        ("/services", "page=one", "page"),
        ("/services", "page=99999999999999999999", "page"),
        ("/services", "per_page=0", "per_page"),
        ("/services", "per_page=101", "per_page"),
        ("/services", "minimal=true&per_page=10001", "per_page"),
        ("/organizations", "full_service=true&per_page=21", "per_page"),
        ("/services", "page=1&page=2", "page"),
        ("/services", "format=xml", "format"),
        ("/services", "format=ndjson&page=2", "page"),
        ("/services", "modified_after=yesterday", "modified_after"),
        ("/services", "modified_after=0001-01-01T00:00:00%2B14:00", "modified_after"),
        ("/services", "organization_id=7", "organization_id"),
        ("/services", "search=!!!", "search"),
        ("/services", f"search={'a' * 201}", "search"),
        ("/services", "postcode=30700", "postcode"),
        ("/service_at_locations", "proximity=100", "proximity"),
        ("/service_at_locations", "postcode=30700&proximity=nan", "proximity"),
        ("/service_at_locations", "postcode=30700&proximity=0", "proximity"),
        ("/service_at_locations", "postcode=99999&proximity=10", "postcode"),
        ("/taxonomy_terms", "parent_id=x", "parent_id"),
    ],
)
async def test_parameter_that_is_not_right_is_named(
    directory: Directory, path: str, query: str, parameter: str
) -> None:
    answer = await directory.http.get(f"{path}?{query}")
    assert answer.status_code == 422
    assert [field["path"] for field in answer.json()["fields"]] == [[parameter]]
    assert parameter in answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_not_there_is_not_found(directory: Directory, path: str) -> None:
    if path.endswith("/x"):
        for unknown in (path, f"{path[:-1]}00000000-0000-4000-8000-000000000000", path + "/y"):
            assert (await directory.get(unknown)).status_code == 404
    assert (await directory.get(path + "nowhere")).status_code == 404


async def test_public_port_has_no_metrics_and_no_health(directory: Directory) -> None:
    for path in ("/metrics", "/livez", "/readyz", "/docs", "/redoc"):
        assert (await directory.get(path)).status_code == 404


WORDS = st.text(max_size=30) | st.sampled_from(
    ["true", "0", "-1", "1e309", "ndjson", "json", "2026-01-01", "NaN", "9" * 400, "00001", "\x00", "é%", "*"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS) | st.text(max_size=20).map(lambda text: f"/services/{text}"),
    query=st.dictionaries(st.sampled_from(PARAMETERS) | st.text(max_size=8), WORDS, max_size=4),
    tag=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
)
async def test_no_question_makes_it_fail(
    directory: Directory, path: str, query: dict[str, Any], tag: str
) -> None:
    try:
        request = directory.http.build_request("GET", path, params=query, headers={"if-none-match": tag})
    except Exception:  # noqa: BLE001 - no URL: nobody could ask this
        return
    answer = await directory.http.send(request)
    assert answer.status_code in {200, 304, 404, 422, 307}, (path, query, answer.text)
