"""A draft through the public API: its sender's own, until it is sent and the receiver hears of it."""

from contextlib import AsyncExitStack

from tests.flows.cast import Cast
from tests.flows.checker import Told
from tests.flows.client import Client, Json
from tests.flows.streams import Follower, feed_of, head_of, sse

SEEN = """query ($id: ID!) { referral(id: $id) { status version priority state need receiver { id }
  person { alias ageBand } service { id } allowedActions { action needs }
  history(first: 9) { nodes { action } } } }"""
IDS = "query ($box: Box!) { referrals(box: $box, first: 100) { nodes { id } } }"


async def done(client: Client, mutation: str, **inputs: object) -> Json:
    payload = await client.change(mutation, **inputs)  # type: ignore[arg-type]
    assert payload["userErrors"] == [], payload
    told: Json = payload["referral"]
    return told


async def ids_in(client: Client, box: str) -> set[str]:
    return {node["id"] for node in (await client.ask(IDS, box=box))["referrals"]["nodes"]}


async def test_a_draft_grows_in_several_sittings_and_its_receiver_hears_of_it_when_it_is_sent(
    cast: Cast,
) -> None:
    async with AsyncExitStack() as readers:
        shelter, hospital = [
            await readers.enter_async_context(Follower(sse, client, await head_of(client)))
            for client in (cast.shelter, cast.hospital)
        ]
        draft = await done(cast.shelter, "draftReferral", need="PRENATAL_CARE")
        begun = (await cast.shelter.ask(SEEN, id=draft["id"]))["referral"]
        assert (begun["status"], begun["priority"], begun["state"]) == ("DRAFT", None, None)
        assert (begun["receiver"], begun["service"]) == (None, None)
        assert begun["person"] == {"alias": None, "ageBand": None}
        assert [one["action"] for one in begun["allowedActions"]] == ["UPDATE_DRAFT", "SEND", "CANCEL"]
        refused = await cast.shelter.change("sendReferral", referral=draft["id"])
        assert {(error["code"], *error["path"]) for error in refused["userErrors"]} == {
            ("REQUIRED", name) for name in ("priority", "service", "state", "consent", "person")
        }
        whole = cast.issue(priority="EMERGENCY")
        await done(cast.shelter, "updateDraft", referral=draft["id"], **whole)
        await done(cast.shelter, "updateDraft", referral=draft["id"], priority=None, need=None)
        assert draft["id"] in await ids_in(cast.shelter, "DRAFTS")
        assert draft["id"] not in await ids_in(cast.shelter, "OUTBOX")
        for client in (cast.hospital, cast.third):
            assert (await client.ask(SEEN, id=draft["id"]))["referral"] is None
            assert draft["id"] not in await ids_in(client, "INBOX") | await ids_in(client, "DRAFTS")
        await done(cast.shelter, "updateDraft", referral=draft["id"], priority="ROUTINE")
        sent = await done(cast.shelter, "sendReferral", referral=draft["id"])
        told = Told(draft["id"], "sent", 5, sent["folio"])
        assert await shelter.until_count(1) == [told]
        assert await hospital.until_count(1) == [told]
    assert draft["id"] in await ids_in(cast.hospital, "INBOX")
    for client, actions in (
        (cast.shelter, ["DRAFT", "UPDATE_DRAFT", "UPDATE_DRAFT", "UPDATE_DRAFT", "SEND"]),
        (cast.hospital, ["SEND"]),
    ):
        seen = (await client.ask(SEEN, id=draft["id"]))["referral"]
        assert (seen["status"], seen["priority"], seen["need"]) == ("SENT", "ROUTINE", "PRENATAL_CARE")
        assert [one["action"] for one in seen["history"]["nodes"]] == actions


async def test_no_feed_tells_of_a_draft_that_is_given_up(cast: Cast) -> None:
    async with Follower(sse, cast.hospital, await head_of(cast.hospital)) as reader:
        draft = await done(cast.shelter, "draftReferral", **cast.issue())
        given_up = await done(cast.shelter, "cancelReferral", referral=draft["id"], reason="SENT_IN_ERROR")
        assert given_up["status"] == "CANCELLED"
        # Each feed is in order: once it tells of this, nothing that was told before it is still to come.
        after = await done(cast.shelter, "issueReferral", **cast.issue())
        assert [told.referral for told in await reader.until_count(1)] == [after["id"]]
    for client in (cast.shelter, cast.hospital):
        assert draft["id"] not in {told.referral for told in await feed_of(client)}


CONTENT = """query ($id: ID!) { referral(id: $id) { version household { keepTogether members { gender } }
  person { alias name languages needsInterpreter safeContact { channel } }
  consent { basis method purpose withheld reason } } }"""


async def test_inside_a_person_and_a_consent_what_is_left_out_stays_and_null_opens_nothing(
    cast: Cast,
) -> None:
    whole = cast.issue()
    whole["person"] |= {"needsInterpreter": True, "name": "Prueba Uno", "safeContact": {"channel": "NONE"}}
    whole["consent"] |= {"withheld": ["NAME"], "purpose": "atención"}
    whole["household"] = {"members": [{"ageBand": "ADULT", "gender": "MALE"}], "keepTogether": False}
    her = {"ageBand": "ADULT", "gender": "FEMALE"}
    edits = {
        "person": {**her, "alias": "Otra", "name": None, "needsInterpreter": None},
        "consent": {"basis": "CONSENT", "purpose": None, "withheld": None, "caregiverSuspected": None},
        "household": {"members": [{"ageBand": "ADULT", "gender": "FEMALE"}]},
    }
    draft = await done(cast.shelter, "draftReferral", **whole)
    sent = await done(cast.shelter, "issueReferral", **whole)
    for mutation, referral in (("updateDraft", draft["id"]), ("correctReferral", sent["id"])):
        await done(cast.shelter, mutation, referral=referral, **edits)
        seen = (await cast.shelter.ask(CONTENT, id=referral))["referral"]
        assert seen["person"] == {
            "alias": "Otra", "name": None, "languages": ["es"], "needsInterpreter": True,
            "safeContact": {"channel": "NONE"},
        }  # fmt: skip
        assert seen["consent"] == {
            "basis": "CONSENT", "method": "VERBAL", "purpose": None, "withheld": ["NAME"], "reason": None,
        }  # fmt: skip
        assert seen["household"] == {"keepTogether": False, "members": [{"gender": "FEMALE"}]}
    # Once more it is no change.
    assert (await done(cast.shelter, "correctReferral", referral=sent["id"], **edits))["version"] == 2
    await done(
        cast.shelter, "correctReferral", referral=sent["id"], consent={"basis": "CONSENT", "withheld": []}
    )
    assert (await cast.shelter.ask(CONTENT, id=sent["id"]))["referral"]["consent"]["withheld"] == []
