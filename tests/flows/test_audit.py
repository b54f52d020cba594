"""The audit through the public API: an organization reads its own chain, which proves itself."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from tests.cli.running import relevo
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.test_one_referral import changed

ENTRIES = """query ($first: Int, $last: Int, $after: String, $before: String, $filter: AuditFilter,
    $organization: ID) {
  auditEntries(first: $first, last: $last, after: $after, before: $before, filter: $filter,
      organization: $organization) {
    nodes { number at kind action folios subjectIds tiers previous hash text organization { id }
      actor { kind id onBehalfOf organization { id } } }
    edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
PERSON = "query ($id: ID!) { referral(id: $id) { folio person { name notes { text } } } }"


async def entries(client: Client, **which: Any) -> list[Json]:
    """The newest entries that a client sees, oldest first."""
    found = await client.ask(ENTRIES, **{"last": 100, **which})
    nodes: list[Json] = found["auditEntries"]["nodes"]
    return nodes


async def accepted(cast: Cast) -> Json:
    """A referral that the hospital has accepted."""
    made = await cast.shelter.change("issueReferral", **cast.issue())
    referral: Json = made["referral"]
    arrive_by = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await changed(cast.hospital, "acceptReferral", referral["id"], arriveBy=arrive_by)
    return referral


async def test_who_read_the_person_stands_in_the_readers_audit_and_proves_itself(cast: Cast) -> None:
    referral = await accepted(cast)
    about = {"about": referral["folio"]}
    assert await entries(cast.hospital, filter=about) == []
    await cast.hospital.ask(PERSON, id=referral["id"])
    (entry,) = await entries(cast.hospital, filter=about)
    assert (entry["kind"], entry["action"], entry["folios"]) == ("READ", "read", [referral["folio"]])
    assert entry["tiers"] == ["T3"]
    assert entry["subjectIds"] == []
    assert entry["organization"]["id"] == entry["actor"]["organization"]["id"]
    assert hashlib.sha256(entry["text"].encode()).hexdigest() == entry["hash"]
    assert json.loads(entry["text"])["previous"] == entry["previous"]
    # Nobody else's has it: not the other party's, not a third's.
    assert await entries(cast.shelter, filter=about) == []
    assert await entries(cast.third, filter=about) == []
    mine = {"organization": entry["organization"]["id"]}
    assert (await cast.third.ask(ENTRIES, last=1, **mine))["auditEntries"] is None


async def test_what_a_mutation_shows_of_the_person_is_entered_and_what_it_does_not_is_not(cast: Cast) -> None:
    document = """mutation ($input: ReceiveReferralInput!) { receiveReferral(input: $input) {
      referral { status person { ageBand } } userErrors { code } } }"""
    made = (await cast.shelter.change("issueReferral", **cast.issue()))["referral"]
    given = {"referral": made["id"], "idempotencyKey": "audit-receive"}
    await cast.hospital.ask(document, input=given)
    message = """mutation ($input: SendReferralMessageInput!) { sendReferralMessage(input: $input) {
      message { text } referral { person { alias } } userErrors { code } } }"""
    given = {"referral": made["id"], "idempotencyKey": "audit-message", "text": "Llega a las seis"}
    payload = (await cast.shelter.ask(message, input=given))["sendReferralMessage"]
    assert payload["message"]["text"] == "Llega a las seis"
    assert payload["referral"]["person"]["alias"] == "Prueba"
    about = {"about": made["folio"]}
    assert await entries(cast.hospital, filter=about) == []
    assert [entry["tiers"] for entry in await entries(cast.shelter, filter=about)] == [["T3"]]


async def test_a_history_without_notes_and_messages_without_texts_are_no_reads(cast: Cast) -> None:
    referral = await accepted(cast)
    await changed(cast.shelter, "sendReferralMessage", referral["id"], text="Se llama de otro modo")
    document = """query ($id: ID!) { referral(id: $id) { history(first: 9) { nodes { action %s } }
      messages(first: 9) { nodes { n %s } } } }"""
    about = {"about": referral["folio"]}
    await cast.hospital.ask(document % ("", ""), id=referral["id"])
    assert await entries(cast.hospital, filter=about) == []
    await cast.hospital.ask(document % ("note", "text"), id=referral["id"])
    assert [entry["tiers"] for entry in await entries(cast.hospital, filter=about)] == [["T3"]]


async def test_pages_go_both_ways_and_a_filter_leaves_no_entry_out(cast: Cast) -> None:
    referral = await accepted(cast)
    for _ in range(5):
        await cast.hospital.ask(PERSON, id=referral["id"])
    wanted = [entry["number"] for entry in await entries(cast.hospital, filter={"about": referral["folio"]})]
    assert len(wanted) == 5
    for page in ({"first": 2}, {"last": 2}):
        found: list[int] = []
        where: Json = {}
        while True:
            given = {"filter": {"about": referral["folio"]}, **page, **where}
            reply = (await cast.hospital.ask(ENTRIES, **given))["auditEntries"]
            numbers = [node["number"] for node in reply["nodes"]]
            found = [*found, *numbers] if "first" in page else [*numbers, *found]
            info = reply["pageInfo"]
            if not info["hasNextPage" if "first" in page else "hasPreviousPage"]:
                break
            where = {"after": info["endCursor"]} if "first" in page else {"before": info["startCursor"]}
        assert found == wanted
    whole = await entries(cast.hospital, first=100, last=None)
    assert [entry["number"] for entry in whole] == list(range(1, len(whole) + 1))
    since = {"since": whole[-1]["at"]}
    with pytest.raises(AnswerError, match="since"):
        await entries(cast.hospital, filter={**since, "until": whole[0]["at"]})
    assert whole[-1] in await entries(cast.hospital, filter=since)
    assert all(entry["at"] >= whole[-1]["at"] for entry in await entries(cast.hospital, filter=since))
    assert whole[-1] not in await entries(cast.hospital, filter={"until": whole[-1]["at"]})
    # Of this referral: others may have been erased on the network of these tests.
    of_kind = {kind: {"about": referral["folio"], "kinds": [kind]} for kind in ("READ", "ERASURE")}
    assert [one["number"] for one in await entries(cast.hospital, filter=of_kind["READ"])] == wanted
    assert await entries(cast.hospital, filter=of_kind["ERASURE"]) == []
    assert await entries(cast.hospital, filter={"actor": "nobody"}) == []
    by = whole[-1]["actor"]["id"]
    assert whole[-1] in await entries(cast.hospital, filter={"actor": by})


async def test_the_operator_verifies_while_the_network_runs_and_is_told_what_was_changed(cast: Cast) -> None:
    referral = await accepted(cast)
    await cast.shelter.ask(PERSON, id=referral["id"])
    env = {"RELEVO_DATA_DIR": str(cast.stack.data)}
    whole = relevo("audit", "verify", env=env)
    assert (whole.returncode, whole.stderr) == (0, "")
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(cast.stack.urls["mongo"])
    audit = client["relevo_referrals"]["audit"]
    entry = await audit.find_one({"about": referral["folio"]})
    assert entry is not None
    await audit.update_one({"_id": entry["_id"]}, {"$set": {"actor.id": "somebody-else"}})
    try:
        told = relevo("audit", "verify", "--organization", entry["chain"], env=env)
        as_json = relevo("audit", "verify", "--json", env=env)
    finally:
        await audit.replace_one({"_id": entry["_id"]}, entry)
        client.close()
    assert told.returncode == as_json.returncode == 1
    assert f"entry {entry['number']} was edited" in told.stderr
    faults = [one for one in json.loads(as_json.stdout) if one.get("fault")]
    assert [(one["chain"], one["fault"]["number"], one["fault"]["kind"]) for one in faults] == [
        (entry["chain"], entry["number"], "edited")
    ]
    assert relevo("audit", "verify", env=env).returncode == 0


async def test_what_no_entry_can_be_about_is_named_and_a_folio_is_read_as_people_write_it(cast: Cast) -> None:
    referral = await accepted(cast)
    await cast.hospital.ask(PERSON, id=referral["id"])
    for folio in (referral["folio"].lower(), referral["folio"].replace("-", " ")):
        assert len(await entries(cast.hospital, filter={"about": folio})) == 1
    assert await entries(cast.hospital, filter={"about": cast.services["consulta"]}) == []
    for about in ("", " ", "nobodys", "x" * 500, "REL-000000-01", referral["id"]):
        with pytest.raises(AnswerError) as refused:
            await entries(cast.hospital, filter={"about": about})
        (error,) = refused.value.errors
        assert error["extensions"]["code"] == "INVALID", about
        assert error["message"].startswith("filter.about: No es un folio, como REL-7K3F9M-2P, ni el id de")
    with pytest.raises(AnswerError) as refused:
        await entries(cast.hospital, filter={"actor": referral["id"]})
    (error,) = refused.value.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("filter.actor ")
