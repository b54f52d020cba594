"""A sender prints for a person what is held about her: by query, and as a page that a browser prints."""

from typing import Any

import httpx

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.test_audit import PERSON, accepted, entries

RECORD = """query ($id: ID!, $language: Language, $form: PageForm) {
  personalRecord(referral: $id, language: $language, form: $form) {
    title folios printedAt page parts { heading items } } }"""


async def record(client: Client, referral: str, **how: Any) -> Json:
    """What is held about the person of a referral."""
    found: Json = (await client.ask(RECORD, id=referral, **how))["personalRecord"]
    return found


async def page(client: Client, **body: Any) -> httpx.Response:
    """The page over HTTP."""
    headers = {**await client.headers("text/html"), "accept-language": "en"}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return await http.post(f"{client.url}/record", json=body, headers=headers)


async def test_the_sender_prints_it_in_both_languages_and_nobody_else_learns_of_it(cast: Cast) -> None:
    referral = await accepted(cast)
    await cast.hospital.ask(PERSON, id=referral["id"])
    found = await record(cast.shelter, referral["id"], language="ES", form="TEXT")
    assert (found["title"], found["folios"]) == ("Lo que guardamos sobre usted", [referral["folio"]])
    said = " ".join(item for part in found["parts"] for item in part["items"])
    for one in ("Prueba", "Hospital El Mangle (ficticio) (Servicio de salud)", "Servicio de salud: "):
        assert one in said
        assert one in found["page"]
    assert "What we hold about you" in (await record(cast.shelter, referral["id"], language="EN"))["page"]
    for other in (cast.hospital, cast.third):
        assert await record(other, referral["id"]) is None
    made = await entries(cast.shelter, filter={"about": referral["folio"], "kinds": ["EXPORT"]})
    assert [(one["action"], one["tiers"]) for one in made] == [("record_printed", ["T3"])] * 2


async def test_the_page_comes_over_http_once_and_is_kept_and_loads_nothing(cast: Cast) -> None:
    referral = await accepted(cast)
    answer = await page(cast.shelter, referral=referral["id"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.text.startswith('<!doctype html><html lang="en">')
    assert "Prueba" in answer.text
    assert 'lang="es"' in (await page(cast.shelter, referral=referral["id"], language="ES")).text
    for other in (cast.hospital, cast.third):
        theirs = await page(other, referral=referral["id"])
        nothing = await page(other, referral="nobodys")
        assert (theirs.status_code, theirs.json()) == (nothing.status_code, nothing.json())
        assert theirs.json()["data"] == {"personalRecord": None}
    assert (await page(cast.shelter)).json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        url = f"{cast.shelter.url}/record"
        bare = await http.post(url, json={"referral": referral["id"]})
        assert (bare.status_code, bare.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        assert (await http.get(url)).status_code == 405
        for content in (b"{", b"[]", b"\xff"):
            headers = {**await cast.shelter.headers("text/html"), "content-type": "application/json"}
            assert (await http.post(url, content=content, headers=headers)).status_code == 400
