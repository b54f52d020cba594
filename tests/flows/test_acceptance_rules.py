"""Whom a service is for, through the public API: said, refused, explained, and by nobody else."""

import uuid

from tests.flows.cast import Cast
from tests.flows.client import Client, Json

RULE = "id dimension operator effect values note status words { text es en } justification"
SEEN = f"""query ($service: ID!) {{ acceptanceRules(service: $service) {{
  version edited rules {{ {RULE} }} history {{ version action by added {{ id }} }} }} }}"""
SET = f"""mutation ($input: SetAcceptanceRulesInput!) {{ setAcceptanceRules(input: $input) {{
  acceptanceRules {{ version rules {{ {RULE} }} }} warnings {{ path message }} replayed
  userErrors {{ code path message }} }} }}"""
WOMEN: Json = {
    "dimension": "GENDER",
    "operator": "IN",
    "effect": "REQUIRE",
    "values": ["FEMALE"],
    "note": "Y sus hijas.",
}
HONDURAS: Json = {
    "dimension": "NATIONALITY", "operator": "IN", "effect": "REQUIRE", "values": ["HN"],
    "justification": "Convenio con el consulado.",
}  # fmt: skip


async def set_rules(client: Client, service: str, *rules: Json, **more: object) -> Json:
    given = {"service": service, "rules": rules, "idempotencyKey": str(uuid.uuid4()), **more}
    payload: Json = (await client.ask(SET, input=given))["setAcceptanceRules"]
    return payload


async def test_an_organization_says_whom_its_service_is_for_and_everybody_reads_it(cast: Cast) -> None:
    service = cast.services["consulta"]
    payload = await set_rules(cast.hospital, service, WOMEN, HONDURAS)
    assert payload["userErrors"] == []
    assert [rule["status"] for rule in payload["acceptanceRules"]["rules"]] == ["ACTIVE", "PENDING"]
    (seen,) = (await cast.third.ask(SEEN, service=service))["acceptanceRules"]["rules"]
    assert seen["words"] == {"text": "Solo mujeres", "es": "Solo mujeres", "en": "Women only"}
    assert (seen["values"], seen["note"], seen["justification"]) == (["FEMALE"], "Y sus hijas.", None)
    own = (await cast.hospital.ask(SEEN, service=service))["acceptanceRules"]
    assert [rule["justification"] for rule in own["rules"]] == [None, "Convenio con el consulado."]
    assert own["history"][0]["action"] == "set"
    emptied = await set_rules(cast.hospital, service, expectedVersion=own["version"])
    assert emptied["acceptanceRules"]["rules"] == []


async def test_every_mistake_has_its_code_and_path(cast: Cast) -> None:
    wrong: list[Json] = [
        {**WOMEN, "values": ["WOMAN"]},
        {**WOMEN, "operator": "AT_LEAST"},
        {**HONDURAS, "justification": None},
        {"dimension": "AGE", "operator": "AT_LEAST", "effect": "REQUIRE", "values": ["18"]},
        {"dimension": "AGE", "operator": "AT_MOST", "effect": "REQUIRE", "values": ["17"]},
    ]
    payload = await set_rules(cast.hospital, cast.services["consulta"], *wrong)
    assert payload["acceptanceRules"] is None
    assert {(error["code"], *error["path"]) for error in payload["userErrors"]} == {
        ("INVALID", "rules", "0", "values", "0"),
        ("INVALID", "rules", "1", "operator"),
        ("REQUIRED", "rules", "2", "justification"),
        ("CONTRADICTION", "rules", "4"),
    }


async def test_a_third_organization_can_neither_edit_nor_review(cast: Cast) -> None:
    service = cast.services["consulta"]
    theirs = await set_rules(cast.third, service, WOMEN)
    nobodys = await set_rules(cast.third, cast.organizations["refugio"], WOMEN)
    assert theirs == nobodys
    assert [error["code"] for error in theirs["userErrors"]] == ["NOT_FOUND"]
    review = """mutation ($input: ReviewAcceptanceRulesInput!) { reviewAcceptanceRules(input: $input) {
      acceptanceRules { version } userErrors { code } } }"""
    given = {"service": service, "rules": ["rul_x"], "decision": "APPROVE", "idempotencyKey": "x"}
    told = (await cast.third.ask(review, input=given))["reviewAcceptanceRules"]
    assert [error["code"] for error in told["userErrors"]] == ["FORBIDDEN"]


async def test_a_warning_names_the_rule_that_says_nothing(cast: Cast) -> None:
    nothing = {"dimension": "AGE", "operator": "AT_LEAST", "effect": "REQUIRE", "values": ["0"]}
    payload = await set_rules(cast.third, cast.services["asesoria"], nothing)
    assert [warning["path"] for warning in payload["warnings"]] == [["rules", "0"]]
    await set_rules(cast.third, cast.services["asesoria"])


async def test_rules_decided_on_an_older_version_come_back_as_they_are(cast: Cast) -> None:
    await set_rules(cast.third, cast.services["asesoria"], WOMEN)
    stale = await set_rules(cast.third, cast.services["asesoria"], expectedVersion=0)
    assert [error["code"] for error in stale["userErrors"]] == ["STALE_VERSION"]
    assert len(stale["acceptanceRules"]["rules"]) == 1
    await set_rules(cast.third, cast.services["asesoria"])
