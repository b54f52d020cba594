"""Whoever opens the gateway's address in a browser learns what it is; whoever errs, that nothing is there."""

import re

import httpx
import pytest

from tests.flows.cast import Cast

LOADS = re.compile(r"<(?:script|img|iframe|link|object|embed|form)\b|https?://|@import|url\(|cookie", re.I)


async def get(cast: Cast, path: str, language: str | None = None, method: str = "GET") -> httpx.Response:
    headers = {"accept-language": language} if language else {}
    async with httpx.AsyncClient(base_url=cast.stack.urls["gateway"], headers=headers) as browser:
        return await browser.request(method, path)


@pytest.mark.parametrize(
    ("language", "tag", "words"), [(None, "es", "Red de referencias"), ("en-US", "en", "A referral network")]
)
async def test_the_page_says_what_this_is_in_the_language_of_its_reader(
    cast: Cast, language: str | None, tag: str, words: str
) -> None:
    answer = await get(cast, "/", language)
    assert (answer.status_code, answer.headers["content-language"]) == (200, tag)
    assert f'<html lang="{tag}">' in answer.text
    assert words in answer.text
    assert "a-referral-by-api.md" in answer.text


async def test_the_page_loads_nothing_and_leaves_nothing(cast: Cast) -> None:
    answer = await get(cast, "/")
    assert LOADS.search(answer.text) is None
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("language", ["es", "en"])
async def test_every_link_of_the_page_leads_somewhere(cast: Cast, language: str) -> None:
    links = re.findall(r'href="([^"]+)"', (await get(cast, "/", language)).text)
    assert set(links) >= {"/schema.graphql"}
    for link in links:
        assert (await get(cast, link)).status_code == 200


@pytest.mark.parametrize(("language", "title"), [(None, "Aquí no hay nada"), ("en", "There is nothing here")])
async def test_an_unknown_path_is_a_problem_that_does_not_repeat_it(
    cast: Cast, language: str | None, title: str
) -> None:
    answer = await get(cast, "/Xochitl?of=Xochitl", language)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (answer.json()["code"], answer.json()["title"]) == ("NOT_FOUND", title)
    assert "Xochitl" not in answer.text


async def test_another_method_is_a_problem_that_names_the_right_ones(cast: Cast) -> None:
    answer = await get(cast, "/schema.graphql", "en", "POST")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer.headers["allow"]
    assert "GET" in answer.json()["detail"]
