"""A hospital that has taken somebody in refers her on to legal aid, through the public API."""

from datetime import UTC, datetime

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_one_referral import PERSON, changed, issued, soon
from tests.servers import eventually

SEEN = """query ($folio: String) { referral(folio: $folio) {
  id need referredFrom person { name } allowedActions { action needs } } }"""


async def seen(client: Client, folio: str) -> Json | None:
    found: Json | None = (await client.ask(SEEN, folio=folio))["referral"]
    return found


async def test_a_receiver_refers_on_and_only_the_two_parties_of_each_referral_know_of_it(cast: Cast) -> None:
    first = await issued(cast, person=PERSON)
    await changed(cast.hospital, "acceptReferral", first["id"], arriveBy=soon())
    allowed = (await seen(cast.hospital, first["folio"]) or {})["allowedActions"]
    assert {"action": "REFER_ON", "needs": ["service", "need", "consent"]} in allowed
    consent = {**cast.issue()["consent"], "givenAt": datetime.now(UTC).isoformat()}
    inputs = {"service": cast.services["asesoria"], "need": "LEGAL_ASSISTANCE", "consent": consent}
    new = await changed(cast.hospital, "referOn", first["id"], **inputs)
    mine = await seen(cast.hospital, new["folio"])
    assert mine is not None
    assert (mine["referredFrom"], mine["person"]["name"]) == (first["folio"], PERSON["name"])
    assert await seen(cast.shelter, new["folio"]) is None
    assert await seen(cast.third, first["folio"]) is None
    theirs = await seen(cast.third, new["folio"])
    assert theirs is not None
    assert (theirs["referredFrom"], theirs["person"]["name"]) == (None, None)
    await changed(cast.third, "acceptReferral", new["id"], arriveBy=soon())
    assert (await seen(cast.third, new["folio"]) or {})["person"]["name"] == PERSON["name"]

    async def told() -> list[str]:
        return [entry.event for entry in await feed_of(cast.hospital) if entry.referral == new["id"]]

    assert await eventually(told, lambda events: len(events) > 1) == ["sent", "accepted"]
    assert new["id"] not in {entry.referral for entry in await feed_of(cast.shelter)}
