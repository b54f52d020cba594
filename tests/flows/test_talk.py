"""What the parties of a referral say to one another, through GraphQL."""

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_one_referral import changed, issued
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
