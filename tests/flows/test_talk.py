"""What the parties of a referral say to one another, through GraphQL."""

import uuid

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_capacity import new_service, numbers, said
from tests.flows.test_membership import deed
from tests.flows.test_one_referral import changed, issued, soon
from tests.servers import eventually

ASKED = """query ($id: ID!) { referral(id: $id) {
  status version questions { question askedAt answer answeredAt } allowedActions { action needs } } }"""


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(ASKED, id=referral))["referral"]
    return found


async def events_of(client: Client, referral: str) -> list[str]:
    """What an organization was told of a referral."""
    return [entry.event for entry in await feed_of(client) if entry.referral == referral]


PATH = ["sent", "info_requested", "replied"]


async def test_the_receiver_asks_and_the_sender_answers(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    await changed(cast.hospital, "askAboutReferral", referral, question="¿Cuántas semanas?")
    waits = await seen(cast.shelter, referral)
    assert (waits["status"], waits["questions"][0]["answer"]) == ("INFO_REQUESTED", None)
    assert {"action": "REPLY", "needs": ["answer"]} in waits["allowedActions"]
    await changed(cast.shelter, "replyAboutReferral", referral, answer="Treinta")
    told = await seen(cast.hospital, referral)
    assert (told["status"], told["version"]) == ("RECEIVED", 3)
    (question,) = told["questions"]
    assert (question["question"], question["answer"]) == ("¿Cuántas semanas?", "Treinta")
    for client in (cast.shelter, cast.hospital):

        async def told_of(client: Client = client) -> list[str]:
            return await events_of(client, referral)

        assert await eventually(told_of, lambda events: len(events) == len(PATH)) == PATH


async def test_a_question_that_says_nothing_is_refused_by_its_field(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    for wrong in (" ", "\u0007", "x" * 4001):
        refused = await cast.hospital.change("askAboutReferral", referral=referral, question=wrong)
        assert [error["path"] for error in refused["userErrors"]] == [["question"]]
    assert (await seen(cast.shelter, referral))["questions"] == []


WRITE = """mutation ($input: SendReferralMessageInput!) { sendReferralMessage(input: $input) {
  message { n text side } referral { version unreadMessages } replayed userErrors { code path } } }"""
TALK = """query ($id: ID!, $after: String) { referral(id: $id) { status version unreadMessages
  messages(first: 2, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { n at side text readAt onBehalfOf organization { name } } } } }"""


async def test_the_parties_write_to_one_another_and_the_other_side_only_is_told(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    given = {"referral": referral, "idempotencyKey": "m1", "text": "¿A qué hora abren?\nGracias"}
    for replayed in (False, True):
        written = (await cast.shelter.ask(WRITE, input=given))["sendReferralMessage"]
        assert written["message"] == {"n": 1, "text": given["text"], "side": "SENDER"}
        assert (written["referral"]["version"], written["replayed"]) == (1, replayed)
    for text in ("A las ocho", "Traiga agua"):
        await changed(cast.hospital, "sendReferralMessage", referral, text=text)
    first = (await cast.shelter.ask(TALK, id=referral))["referral"]
    assert (first["status"], first["unreadMessages"]) == ("SENT", 2)
    connection = first["messages"]
    assert [one["text"] for one in connection["nodes"]] == [given["text"], "A las ocho"]
    assert connection["nodes"][1]["organization"]["name"].startswith("Hospital")
    rest = (await cast.shelter.ask(TALK, id=referral, after=connection["pageInfo"]["endCursor"]))["referral"]
    assert [one["n"] for one in rest["messages"]["nodes"]] == [3]
    assert not rest["messages"]["pageInfo"]["hasNextPage"]
    await changed(cast.shelter, "markReferralMessagesRead", referral, upTo=3)
    read = (await cast.hospital.ask(TALK, id=referral))["referral"]
    assert [one["readAt"] is not None for one in read["messages"]["nodes"]] == [False, True]
    await changed(cast.hospital, "receiveReferral", referral)
    for client, heard in ((cast.shelter, 2), (cast.hospital, 1)):

        async def told_of(client: Client = client) -> list[str]:
            return await events_of(client, referral)

        events = await eventually(told_of, lambda events: "received" in events)
        assert events == ["sent", *["message_sent"] * heard, "received"]


WHOSE = """query ($id: ID!) { referral(id: $id) { version assignedAt assignee { id reference status } } }"""
MINE = """query ($filter: ReferralFilter) { referrals(box: INBOX, first: 5, filter: $filter) {
  nodes { id assignee { reference } } } }"""


async def test_a_referral_is_given_to_a_member_and_only_its_own_side_knows(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    reference = f"persona-{uuid.uuid4()}"
    invited = await deed(cast.hospital, "inviteMember", reference=reference, roles=["CASEWORKER"])
    await changed(cast.hospital, "assignReferral", referral, reference=reference)
    seen_by = [(await client.ask(WHOSE, id=referral))["referral"] for client in (cast.hospital, cast.shelter)]
    assert seen_by[0]["assignee"]["reference"] == reference
    assert (seen_by[0]["version"], seen_by[0]["assignedAt"] is not None) == (1, True)
    assert seen_by[1] == {"version": 1, "assignedAt": None, "assignee": None}
    mine = await cast.hospital.ask(MINE, filter={"assignee": invited["member"]["id"]})
    assert mine["referrals"]["nodes"] == [{"id": referral, "assignee": {"reference": reference}}]
    free = (await cast.hospital.ask(MINE, filter={"unassigned": True}))["referrals"]["nodes"]
    assert referral not in [node["id"] for node in free]
    refused = await cast.hospital.change("assignReferral", referral=referral, reference="nadie-1")
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [
        ("NOT_FOUND", ["reference"])
    ]
    await changed(cast.hospital, "receiveReferral", referral)
    for client, path in (
        (cast.hospital, ["sent", "assigned", "received"]),
        (cast.shelter, ["sent", "received"]),
    ):

        async def told_of(client: Client = client) -> list[str]:
            return await events_of(client, referral)

        assert await eventually(told_of, lambda events: "received" in events) == path


async def test_a_message_in_between_leaves_the_places_that_are_kept_as_they_are(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "maximum": 1, "occupied": 0})
    referral = (await issued(cast, service=service))["id"]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    for client in (cast.shelter, cast.hospital):
        await changed(client, "sendReferralMessage", referral, text="Vamos en camino")
    await changed(cast.hospital, "startReferral", referral)
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, 1)])
    await changed(cast.shelter, "sendReferralMessage", referral, text="¿Llegó bien?")
    await changed(cast.hospital, "endReferral", referral, reason="LEFT_BEFORE_SERVICE")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 1, 0, 0)])
