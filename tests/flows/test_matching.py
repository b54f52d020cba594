"""Which services are there for a person, through the public API: judged, explained, and not kept."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from contracts.codes import NetworkRole, OrganizationKind
from contracts.directory import CREATE_ORGANIZATION, CreateOrganization
from contracts.membership import SET_NETWORK_ROLE, SetNetworkRole
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import AnswerError, Client, Json
from tests.flows.collector import Collector
from tests.flows.search import all_forms, in_bytes, in_files
from tests.metrics import metrics_of

MATCH = """query ($input: MatchInput!) { matchServices(input: $input) {
  service { id name organization { name } } verdict fit free distanceKm emergencyPhone { number }
  decisions { source outcome words { text es en } ask { text } rule dimension note } } }"""
SET = """mutation ($input: SetAcceptanceRulesInput!) { setAcceptanceRules(input: $input) {
  acceptanceRules { version } userErrors { code } } }"""
REVIEW = """mutation ($input: ReviewAcceptanceRulesInput!) { reviewAcceptanceRules(input: $input) {
  acceptanceRules { rules { status } } userErrors { code message } } }"""
WOMEN: Json = {"dimension": "GENDER", "operator": "IN", "effect": "REQUIRE", "values": ["FEMALE"]}
HONDURAS: Json = {
    "dimension": "NATIONALITY", "operator": "IN", "effect": "REQUIRE", "values": ["HN"],
    "justification": "Convenio con el consulado.",
}  # fmt: skip
# Codes and words that nobody else in this network has.
CANARIES = ("HUMAN_TRAFFICKING", "SURVIVOR_OF_TORTURE", "COMPLEMENTARY_PROTECTION")
SECRET: Json = {
    "needs": ["HUMAN_TRAFFICKING", "MEDICAL_CARE"],
    "age": 31,
    "vulnerabilities": ["SURVIVOR_OF_TORTURE"],
    "languages": ["kek"],
    "nationality": "ZW",
    "migrationStatus": "COMPLEMENTARY_PROTECTION",
    "documents": ["CRIME_REPORT"],
    "household": [{"ageBand": "INFANT", "gender": "NON_BINARY"}],
    "place": {"latitude": 14.907613, "longitude": -92.265307},
    "withinKm": 5000,
    "nights": 3,
}


async def match(client: Client, service: str, **given: Any) -> Json | None:
    """What is said of one service."""
    found = await client.ask(MATCH, input={"needs": ["MEDICAL_CARE"], "includeIneligible": True, **given})
    return next((one for one in found["matchServices"] if one["service"]["id"] == service), None)


def of_rules(found: Json) -> list[tuple[str, str]]:
    return [(one["outcome"], one["words"]["es"]) for one in found["decisions"] if one["rule"]]


async def set_rules(client: Client, service: str, *rules: Json) -> None:
    given = {"service": service, "rules": list(rules), "idempotencyKey": str(uuid.uuid4())}
    payload = (await client.ask(SET, input=given))["setAcceptanceRules"]
    assert payload["userErrors"] == []


@asynccontextmanager
async def coordinator_of(cast: Cast) -> AsyncIterator[Client]:
    """A client of an organization that keeps the network."""
    async with _operator(cast.stack) as caller:
        request = CreateOrganization(name="Coordinación (ficticia)", kind=OrganizationKind.OTHER)
        made = await _ask(caller, CREATE_ORGANIZATION, request)
        role = SetNetworkRole(organization=made.id, role=NetworkRole.COORDINATOR)
        await _ask(caller, SET_NETWORK_ROLE, role)
    cast.organizations["coordinacion"] = made.id
    async with cast.another("coordinacion") as client:
        yield client


async def test_a_rule_decides_as_soon_as_it_is_set_and_says_so_in_words(cast: Cast) -> None:
    service = cast.services["consulta"]
    before = await match(cast.shelter, service, gender="MALE")
    assert before is not None
    assert (before["verdict"], of_rules(before)) == ("ELIGIBLE", [])
    await set_rules(cast.hospital, service, {**WOMEN, "note": "Consulta de mujeres."})
    him, her, somebody = [
        await match(cast.shelter, service, **known)
        for known in ({"gender": "MALE"}, {"gender": "FEMALE"}, {})
    ]
    assert him is not None
    assert her is not None
    assert somebody is not None
    assert (him["verdict"], of_rules(him)) == ("INELIGIBLE", [("NOT_MET", "Solo mujeres")])
    assert (her["verdict"], of_rules(her)) == ("ELIGIBLE", [("MET", "Solo mujeres")])
    assert somebody["verdict"] == "ASSESS"
    (asked,) = [one for one in somebody["decisions"] if one["outcome"] == "ASK"]
    assert (asked["ask"]["text"], asked["note"]) == (
        "¿Cuál es su género, y el de quienes la acompañan?",
        "Consulta de mujeres.",
    )
    assert him["emergencyPhone"]["number"]
    assert await match(cast.shelter, service, gender="MALE", includeIneligible=False) is None
    await set_rules(cast.hospital, service)


async def test_a_rule_on_nationality_decides_only_once_a_coordinator_has_approved_it(cast: Cast) -> None:
    service = cast.services["consulta"]
    await set_rules(cast.hospital, service, HONDURAS)
    waiting = await match(cast.shelter, service, nationality="GT")
    assert waiting is not None
    assert (waiting["verdict"], of_rules(waiting)) == ("ELIGIBLE", [])
    seen = "query ($service: ID!) { acceptanceRules(service: $service) { rules { id status } } }"
    (rule,) = (await cast.hospital.ask(seen, service=service))["acceptanceRules"]["rules"]
    async with coordinator_of(cast) as coordinator:
        given = {
            "service": service,
            "rules": [rule["id"]],
            "decision": "APPROVE",
            "idempotencyKey": str(uuid.uuid4()),
        }
        payload = (await coordinator.ask(REVIEW, input=given))["reviewAcceptanceRules"]
        assert payload["userErrors"] == []
        assert [one["status"] for one in payload["acceptanceRules"]["rules"]] == ["APPROVED"]
    approved = await match(cast.shelter, service, nationality="GT")
    assert approved is not None
    assert (approved["verdict"], of_rules(approved)) == (
        "INELIGIBLE",
        [("NOT_MET", "Solo personas de Honduras")],
    )
    await set_rules(cast.hospital, service)


async def test_mistakes_in_the_request_are_named_without_what_was_said(cast: Cast) -> None:
    with pytest.raises(AnswerError) as error:
        await match(cast.shelter, "x", age=30, ageBand="CHILD")
    assert error.value.codes == ["INVALID"]
    with pytest.raises(AnswerError):
        await match(cast.shelter, "x", languages=["no es un idioma"])
    assert "idioma" not in str(error.value)


@pytest.fixture(scope="module")
async def matched(watched: Cast) -> Cast:
    """A network that was asked for matches, rightly and wrongly, as variables and within documents."""
    shelter = watched.shelter
    found = await match(shelter, watched.services["consulta"], **SECRET)
    assert found is not None
    inline = (
        "{ matchServices(input: {needs: [HUMAN_TRAFFICKING], vulnerabilities: [SURVIVOR_OF_TORTURE], "
        'migrationStatus: COMPLEMENTARY_PROTECTION, nationality: "ZW"}) { verdict } }'
    )
    assert "errors" not in (await shelter.raw(inline, {})).json()
    for wrong in ({"age": -31}, {"languages": ["SURVIVOR_OF_TORTURE!"]}, {"ageBand": "CHILD"}):
        told = await shelter.raw(MATCH, {"input": {**SECRET, **wrong}})
        assert b"error" in told.content
        assert not [word for word in CANARIES if word.encode() in told.content]
    return watched


async def test_nothing_of_a_match_is_in_any_file_log_or_stream(matched: Cast) -> None:
    await asyncio.to_thread(matched.stack.restart, "database")
    await asyncio.to_thread(matched.stack.wait_ready, within=30.0)
    wanted = {**all_forms(CANARIES), **all_forms(["14.907613", "-92.265307"])}
    assert in_files(matched.stack.data, wanted) == []


async def test_nothing_of_a_match_is_in_a_span_or_metric(matched: Cast, collector: Collector) -> None:
    wanted = all_forms([*CANARIES, "14.907613"])
    await collector.receives("rpc.v1.directory.match_services")
    for told in (*collector.bodies, *await metrics_of(matched.stack)):
        assert list(in_bytes("told", told, wanted)) == []
