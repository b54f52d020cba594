"""Referrals through the public API: what a payload says, what a page holds, and how much is asked for it."""

import asyncio
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.directory import GET_CLIENTS
from gateway.ids import global_id
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json, mutation_of

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()


async def issued(cast: Cast, **changes: Any) -> Json:
    payload = await cast.shelter.change("issueReferral", **cast.issue(**changes))
    assert payload["userErrors"] == []
    referral: Json = payload["referral"]
    return referral


async def user_errors(client: Client, mutation: str, **inputs: Any) -> list[Json]:
    payload = await client.change(mutation, **inputs)
    errors: list[Json] = payload["userErrors"]
    return errors


async def test_a_repeated_key_gives_the_same_referral_and_says_so(cast: Cast) -> None:
    key, inputs = str(uuid.uuid4()), cast.issue()
    first = await cast.shelter.change("issueReferral", key=key, **inputs)
    again = await cast.shelter.change("issueReferral", key=key, **inputs)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["referral"]["id"] == again["referral"]["id"]


async def test_a_key_with_another_input_is_refused_at_its_place(cast: Cast) -> None:
    key = str(uuid.uuid4())
    await cast.shelter.change("issueReferral", key=key, **cast.issue())
    refused = await cast.shelter.change("issueReferral", key=key, **cast.issue(priority="URGENT"))
    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    assert refused["referral"] is None


async def test_all_that_is_wrong_is_said_at_once_and_where(cast: Cast) -> None:
    wrong = cast.issue(
        consent={"basis": "CONSENT", "method": "VERBAL", "language": "es", "givenAt": "2026-01-01T00:00:00Z"},
        person={"ageBand": "ADULT", "gender": "FEMALE", "safeContact": {"channel": "SMS"}},
        household={
            "members": [{"ageBand": "ADULT", "gender": "MALE", "vulnerabilities": ["SEPARATED_CHILD"]}]
        },
    )
    found = {
        tuple(error["path"]): error["code"]
        for error in await user_errors(cast.shelter, "issueReferral", **wrong)
    }
    assert found == {
        ("consent", "takenBy"): "REQUIRED",
        ("person", "safeContact", "value"): "REQUIRED",
        ("household", "members", "0", "vulnerabilities"): "INVALID",
    }


async def test_what_the_part_cannot_even_decode_has_its_place_too(cast: Cast) -> None:
    wrong = cast.issue(person={"ageBand": "ADULT", "gender": "FEMALE", "languages": ["es", "not a language"]})
    (error,) = await user_errors(cast.shelter, "issueReferral", **wrong)
    assert (error["code"], error["path"]) == ("INVALID", ["person", "languages", "1"])


async def test_a_location_that_is_none_is_told_with_all_else_that_is_wrong(cast: Cast) -> None:
    appointment = {"start": "2020-01-01T00:00:00Z", "timezone": "Nowhere/City", "location": "x"}
    referral = (await issued(cast))["id"]
    errors = await user_errors(cast.hospital, "acceptReferral", referral=referral, appointment=appointment)
    assert {(error["path"][-1], error["code"]) for error in errors} == {
        ("start", "INVALID"), ("timezone", "INVALID"), ("location", "NOT_FOUND"),
    }  # fmt: skip


async def test_inputs_are_called_as_clients_write_them_in_words_as_well(cast: Cast) -> None:
    errors = await user_errors(cast.hospital, "acceptReferral", referral=(await issued(cast))["id"])
    assert [error["path"] for error in errors] == [["arriveBy"], ["appointment"]]
    assert all("arriveBy" in error["message"] and "arrive_by" not in error["message"] for error in errors)


async def test_a_stale_version_brings_the_referral_as_it_now_is(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    await cast.hospital.change("receiveReferral", referral=referral)
    refused = await cast.hospital.change(
        "acceptReferral", referral=referral, arriveBy=SOON, expectedVersion=1
    )
    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("STALE_VERSION", ["expectedVersion"])
    assert (refused["referral"]["status"], refused["referral"]["version"]) == ("RECEIVED", 2)


async def test_a_wrong_status_is_refused_and_changes_nothing(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    (error,) = await user_errors(cast.shelter, "acknowledgeReferral", referral=referral)
    assert error["code"] == "WRONG_STATUS"
    seen = await cast.shelter.ask("query ($id: ID!) { referral(id: $id) { version } }", id=referral)
    assert seen["referral"]["version"] == 1


@pytest.mark.parametrize("unknown", [
    "nonsense",
    "",
    global_id("Referral", "nothing"),
    global_id("Service", "nothing"),
])  # fmt: skip
async def test_a_third_party_gets_the_answer_for_what_does_not_exist(cast: Cast, unknown: str) -> None:
    real = (await issued(cast))["id"]
    change = {"arriveBy": SOON}
    foreign = await cast.third.change("acceptReferral", referral=real, **change)
    nothing = await cast.third.change("acceptReferral", referral=unknown, **change)
    assert foreign == nothing
    query = "query ($id: ID!) { referral(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"
    assert await cast.third.ask(query, id=real) == await cast.third.ask(query, id=unknown)


async def test_a_payload_shows_what_stands_beside_the_referral(cast: Cast) -> None:
    document = mutation_of("issueReferral").replace(
        "referral { id",
        "referral { sender { name } receiver { name } service { name organization { id } } id",
    )
    data = await cast.shelter.ask(document, input={**cast.issue(), "idempotencyKey": str(uuid.uuid4())})
    referral = data["issueReferral"]["referral"]
    assert referral["sender"]["name"].startswith("Refugio")
    assert referral["receiver"]["name"].startswith("Hospital")
    assert referral["service"]["organization"]["id"]


async def test_a_referral_is_found_by_folio_and_by_the_own_external_id(cast: Cast) -> None:
    own = f"exp-{uuid.uuid4()}"
    referral = await issued(cast, externalId=own)
    by_folio = "query ($f: String) { referral(folio: $f) { id externalId } }"
    spoken = referral["folio"].lower().replace("-", " ")
    assert (await cast.shelter.ask(by_folio, f=spoken))["referral"] == {
        "id": referral["id"],
        "externalId": own,
    }
    assert (await cast.hospital.ask(by_folio, f=referral["folio"]))["referral"]["externalId"] is None
    by_own = "query ($e: String) { referral(externalId: $e) { id } }"
    assert (await cast.shelter.ask(by_own, e=own))["referral"]["id"] == referral["id"]
    assert (await cast.hospital.ask(by_own, e=own))["referral"] is None


@pytest.mark.parametrize("arguments", ["", '(id: "a", folio: "b")', '(folio: "b", externalId: "c")'])
async def test_one_key_and_one_only_finds_a_referral(cast: Cast, arguments: str) -> None:
    with pytest.raises(AnswerError) as refused:
        await cast.shelter.ask(f"{{ referral{arguments} {{ id }} }}")
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_an_emergency_shows_where_to_telephone(cast: Cast) -> None:
    referral = await issued(cast, priority="EMERGENCY")
    query = "query ($id: ID!) { referral(id: $id) { priority emergencyPhone { number } } }"
    assert (await cast.hospital.ask(query, id=referral["id"]))["referral"]["emergencyPhone"]["number"]


async def test_what_may_be_done_is_said_with_what_it_needs(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    query = "query ($id: ID!) { referral(id: $id) { allowedActions { action needs } } }"
    allowed = (await cast.hospital.ask(query, id=referral))["referral"]["allowedActions"]
    assert {"action": "ACCEPT", "needs": ["arriveBy|appointment"]} in allowed
    assert {"action": "DECLINE", "needs": ["reason"]} in allowed


async def test_the_history_is_a_page(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    await cast.hospital.change("receiveReferral", referral=referral)
    await cast.hospital.change("declineReferral", referral=referral, reason="NO_CAPACITY", note="Llenos.")
    query = """query ($id: ID!, $after: String) { referral(id: $id) { reason
      history(first: 2, after: $after) {
      nodes { n action fromStatus toStatus reason note organization { kind } }
      pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""
    first = (await cast.shelter.ask(query, id=referral))["referral"]["history"]
    after = first["pageInfo"]["endCursor"]
    second = (await cast.shelter.ask(query, id=referral, after=after))["referral"]
    assert [change["action"] for change in first["nodes"]] == ["ISSUE", "RECEIVE"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert second["history"]["nodes"] == [{
        "n": 3, "action": "DECLINE", "fromStatus": "RECEIVED", "toStatus": "DECLINED",
        "reason": "NO_CAPACITY", "note": "Llenos.", "organization": {"kind": "HEALTH"},
    }]  # fmt: skip
    assert second["history"]["pageInfo"]["hasNextPage"] is False
    assert second["reason"] == "NO_CAPACITY"


PAGE = """query ($first: Int, $last: Int, $after: String, $before: String) {
  referrals(box: OUTBOX, first: $first, last: $last, after: $after, before: $before) {
    edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def page(client: Client, **arguments: Any) -> Json:
    found: Json = (await client.ask(PAGE, **arguments))["referrals"]
    return found


async def test_pages_go_forth_and_back_and_bear_what_comes_in_between(cast: Cast) -> None:
    newest_first = [(await issued(cast))["id"] for _ in range(5)][::-1]
    first = await page(cast.shelter, first=2)
    await issued(cast)  # a row before the page moves nothing
    second = await page(cast.shelter, first=2, after=first["pageInfo"]["endCursor"])
    ids = [node["id"] for node in first["nodes"] + second["nodes"]]
    assert ids == newest_first[:4]
    assert second["pageInfo"]["hasPreviousPage"] is True
    back = await page(cast.shelter, last=2, before=second["pageInfo"]["startCursor"])
    assert [node["id"] for node in back["nodes"]] == newest_first[:2]
    assert [edge["node"]["id"] for edge in back["edges"]] == newest_first[:2]
    third = await page(cast.shelter, first=1, after=second["edges"][0]["cursor"])
    assert [node["id"] for node in third["nodes"]] == newest_first[3:4]


@pytest.mark.parametrize("arguments", [
    {}, {"first": 1, "last": 1}, {"first": 0}, {"first": -1}, {"first": 101}, {"last": 101},
    {"first": 1, "after": "nonsense"}, {"last": 1, "before": "nonsense"},
])  # fmt: skip
async def test_a_page_that_is_none_is_refused(cast: Cast, arguments: Json) -> None:
    with pytest.raises(AnswerError) as refused:
        await page(cast.shelter, **arguments)
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_a_cursor_of_another_list_is_refused(cast: Cast) -> None:
    listed = await cast.shelter.ask("{ organizations(first: 1) { pageInfo { endCursor } } }")
    with pytest.raises(AnswerError):
        await page(cast.shelter, first=1, after=listed["organizations"]["pageInfo"]["endCursor"])


async def test_a_box_is_filtered(cast: Cast) -> None:
    urgent = (await issued(cast, priority="URGENT"))["id"]
    query = """query ($s: ID!) { referrals(box: INBOX, first: 50, filter: {
      priorities: [URGENT], statuses: [SENT, RECEIVED], needGroups: [HEALTH], service: $s
    }) { nodes { id priority } } }"""
    nodes = (await cast.hospital.ask(query, s=cast.services["consulta"]))["referrals"]["nodes"]
    assert urgent in [node["id"] for node in nodes]
    assert {node["priority"] for node in nodes} == {"URGENT"}
    elsewhere = await cast.hospital.ask(query, s=cast.services["asesoria"])
    assert elsewhere["referrals"]["nodes"] == []


async def requests_of(cast: Cast) -> dict[str, int]:
    """How many requests each operation of directory and referrals has answered so far."""
    counts: dict[str, int] = {}
    async with httpx.AsyncClient(trust_env=False) as http:
        for part in ("directory", "referrals"):
            text = (await http.get(f"{cast.stack.urls[part]}/metrics")).text
            for line in text.splitlines():
                if line.startswith("rpc_server_duration_seconds_count"):
                    operation = re.search(r'operation="rpc\.v1\.([^"]+)"', line)
                    assert operation
                    counts[operation[1]] = counts.get(operation[1], 0) + int(float(line.rsplit(" ", 1)[1]))
    return counts


async def asked_by(cast: Cast, document: str, **variables: Any) -> dict[str, int]:
    """The requests that one query leads to: what other parts ask by themselves is not there each time."""
    tries: list[dict[str, int]] = []
    for _ in range(5):
        before = await requests_of(cast)
        await cast.shelter.ask(document, **variables)
        after = await requests_of(cast)
        tries.append({name: after[name] - before.get(name, 0) for name in after})
    # Every three seconds the gateway asks whether its clients are still good, whatever else it does.
    fewest = {name: min(one.get(name, 0) for one in tries) for name in tries[-1]}
    fewest.pop(GET_CLIENTS.subject.removeprefix("rpc.v1."), None)
    return {name: count for name, count in fewest.items() if count}


async def test_a_list_asks_for_what_stands_beside_it_in_one_batch_each(cast: Cast) -> None:
    await asyncio.gather(*(issued(cast) for _ in range(20)))
    await cast.shelter.token()
    document = """{ referrals(box: OUTBOX, first: 20) { nodes {
      folio sender { name } receiver { name } service { name } } } }"""
    assert await asked_by(cast, document) == {
        "referrals.list": 1, "directory.get_organizations": 1, "directory.get_services": 1,
    }  # fmt: skip


async def test_a_list_asks_for_nothing_that_is_not_selected(cast: Cast) -> None:
    await cast.shelter.token()
    document = """query ($no: Boolean!) { referrals(box: OUTBOX, first: 20) { nodes {
      folio sender @include(if: $no) { name } service @skip(if: true) { name } } } }"""
    assert await asked_by(cast, document, no=False) == {"referrals.list": 1}


async def test_a_document_that_comes_back_selects_anew_by_its_directives(cast: Cast) -> None:
    await issued(cast)
    document = """query ($yes: Boolean!) { referrals(box: OUTBOX, first: 1) { nodes {
      folio version @include(if: $yes) state @skip(if: $yes) } } }"""
    for yes, selected in ((True, "version"), (False, "state"), (True, "version")):
        (node,) = (await cast.shelter.ask(document, yes=yes))["referrals"]["nodes"]
        assert set(node) == {"folio", selected}


async def test_a_page_of_the_feed_shows_its_referrals_in_one_batch(cast: Cast) -> None:
    await asyncio.gather(*(issued(cast) for _ in range(5)))
    await cast.shelter.token()
    document = "{ events(first: 50) { nodes { folio referral { status receiver { name } } } } }"
    assert await asked_by(cast, document) == {"referrals.get": 1, "directory.get_organizations": 1}


async def test_nodes_of_several_types_are_looked_up_in_one_batch_each(cast: Cast) -> None:
    referrals = [(await issued(cast))["id"] for _ in range(3)]
    ids = [*referrals, cast.services["consulta"], cast.services["asesoria"], "nonsense", referrals[0]]
    await cast.shelter.token()
    document = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Service { name organization { name } } } }"
    )
    asked = await asked_by(cast, document, ids=ids)
    assert asked == {"referrals.get": 1, "directory.get_services": 1, "directory.get_organizations": 1}
    found = (await cast.shelter.ask(document, ids=ids))["nodes"]
    assert [node and node["id"] for node in found] == [*ids[:5], None, referrals[0]]


async def test_a_referral_is_the_same_by_whichever_way_it_is_reached(cast: Cast) -> None:
    referral = await issued(cast)
    fields = "folio version need person { ageBand alias } consent { method } sender { name }"
    document = f"""query ($id: ID!, $folio: String) {{
      referral(id: $id) {{ {fields} }} spoken: referral(folio: $folio) {{ {fields} }}
      node(id: $id) {{ ... on Referral {{ {fields} }} }}
      nodes(ids: [$id]) {{ ... on Referral {{ {fields} }} }}
      referrals(box: OUTBOX, first: 1) {{ edges {{ node {{ {fields} }} }} }} }}"""
    found = await cast.shelter.ask(document, id=referral["id"], folio=referral["folio"])
    expected = found["referral"]
    assert expected["person"] == {"ageBand": "ADULT", "alias": "Prueba"}
    assert found["spoken"] == found["node"] == found["nodes"][0] == expected
    assert found["referrals"]["edges"][0]["node"] == expected
