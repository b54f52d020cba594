"""The catalogue describes all that is told, and what it shows is what comes."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import standardwebhooks

from cli.embedded.stack import Stack
from contracts.catalogue import EXAMPLE_SECRET, body_example, header_example, sent_types, typed_schema
from contracts.event_labels import EVENT_LABELS
from contracts.notifications import TOLD_TYPES
from contracts.webhooks import TEST_TYPE
from gateway import schema
from gateway.catalogue.document import document
from tests import browser
from tests.flows.cast import Cast
from tests.npm import node

DOCUMENT = document(schema.build(), "https://red.example.org")
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def resolved(one: Any) -> Any:
    """A schema of the document by itself, with what it refers to in place."""
    if isinstance(one, dict):
        if "$ref" in one:
            found: Any = DOCUMENT
            for step in one["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return resolved(found)
        return {key: resolved(value) for key, value in one.items()}
    return [resolved(value) for value in one] if isinstance(one, list) else one


def test_every_type_that_is_told_has_words_in_both_languages() -> None:
    assert set(EVENT_LABELS) == set(TOLD_TYPES), (
        "a type that is told has its words in contracts/event_labels.py"
    )
    assert all(label.es.strip() and label.en.strip() for label in EVENT_LABELS.values())


def test_every_type_that_is_told_is_a_message_of_the_webhook() -> None:
    (channel,) = [one for name, one in DOCUMENT["channels"].items() if name == "webhook"]
    names = {resolved(one)["name"] for one in channel["messages"].values()}
    assert names == {*TOLD_TYPES, TEST_TYPE}


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_example_is_right_by_its_own_schema(name: str) -> None:
    message = resolved(MESSAGES[name])
    for example in message["examples"]:
        jsonschema.validate(example["payload"], message["payload"])
        for trait in message.get("traits", ()):
            jsonschema.validate(example["headers"], trait["headers"])


def test_a_schema_refuses_what_is_not_right() -> None:
    payload = resolved(MESSAGES["referrals_referral_accepted_v1"]["payload"])
    right = body_example("referrals.referral.accepted.v1")
    for wrong in (
        {**right, "type": "referrals.referral.sent.v1"},
        {**right, "data": {**right["data"], "version": "three"}},
        {**right, "data": {**right["data"], "folio": "Juana"}},
        {**right, "data": {}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, payload)


@pytest.mark.parametrize("event_type", sent_types())
def test_the_signature_of_an_example_is_that_of_a_library_that_is_not_ours(event_type: str) -> None:
    body = body_example(event_type)
    headers = header_example(body)
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    text = json.dumps(body, separators=(",", ":"))
    signed = standardwebhooks.Webhook(EXAMPLE_SECRET).sign(headers["webhook-id"], at, text)
    assert headers["webhook-signature"] == signed


def test_asyncapis_own_parser_finds_nothing_wrong_and_the_operations() -> None:
    done = subprocess.run(
        node("asyncapi.mjs"),
        input=json.dumps(DOCUMENT),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = json.loads(done.stdout)
    assert said["wrong"] == []
    assert {name: action for name, (action, _) in said["operations"].items()} == dict.fromkeys(
        ("tellFeed", "tellCapacity", "deliverWebhook", "testWebhook"), "send"
    )
    assert set(said["operations"]["deliverWebhook"][1]) == set(TOLD_TYPES)


async def test_the_gateway_publishes_it_under_its_own_address(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.urls["gateway"], trust_env=False) as http:
        answer = await http.get("/asyncapi.json")
        assert answer.headers["content-type"] == "application/json"
        served = answer.json()
        host = stack.urls["gateway"].removeprefix("http://")
        assert served["servers"]["gateway"] | {"description": ""} == {
            "host": host, "protocol": "http", "description": "",
            "security": [{"$ref": "#/components/securitySchemes/client"}],
        }  # fmt: skip
        assert served["components"]["messages"] == MESSAGES


async def test_event_types_say_the_same_by_graphql(cast: Cast) -> None:
    found = await cast.shelter.ask(
        "query ($language: Language) { eventTypes(language: $language) "
        "{ type about label es en webhookSchema webhookExample } }",
        language="ES",
    )
    by_type = {one["type"]: one for one in found["eventTypes"]}
    assert set(by_type) == set(TOLD_TYPES)
    for event_type, one in by_type.items():
        assert one["label"] == one["es"] == EVENT_LABELS[event_type].es
        assert json.loads(one["webhookSchema"]) == typed_schema(event_type)
        jsonschema.validate(json.loads(one["webhookExample"]), typed_schema(event_type))
    assert by_type["referrals.referral.progressed.v1"]["about"] == "PROGRESS"


@pytest.mark.parametrize(
    ("path", "accept", "language", "title"),
    [
        ("/events", "es-MX", "es", "Lo que se avisa"),
        ("/events", "en", "en", "What is told"),
        ("/events?language=en", "es", "en", "What is told"),
        ("/events?language=xx", "es", "es", "Lo que se avisa"),
    ],
)
async def test_the_page_shows_every_type_and_loads_and_runs_nothing(
    stack: Stack, path: str, accept: str, language: str, title: str
) -> None:
    async with httpx.AsyncClient(base_url=stack.urls["gateway"], trust_env=False) as http:
        start = (await http.get("/")).text
        assert 'href="/events"' in start
        assert 'href="/asyncapi.json"' in start
        answer = await http.get(path, headers={"accept-language": accept})
    assert f"<h1>{title}</h1>" in answer.text
    assert answer.headers["content-language"] == language
    # Each is linked to, by an address inside its line: that is what opens the line.
    for one in sent_types():
        assert f'<a href="#{one}">' in answer.text
        assert re.search(rf'<details><summary>[^"]*</summary><p id="{re.escape(one)}">', answer.text)
    for said in ("feed:read", "webhooks:manage", "webhook-signature", "410"):
        assert said in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@browser.NEEDED
def test_a_browser_shows_the_page_with_its_style(stack: Stack, tmp_path: Path) -> None:
    shot = tmp_path / "events.png"
    log = browser.show(f"{stack.urls['gateway']}/events?language=es", tmp_path, f"--screenshot={shot}")
    assert shot.stat().st_size > 10_000
    # Chromium says in its log what the policy kept it from.
    assert "Content Security Policy" not in log
