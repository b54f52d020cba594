"""A referral that is redirected: proposed, refused, proposed again and taken, through the public API."""

from datetime import UTC, datetime

from gateway.ids import global_id
from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_one_referral import PERSON, changed, issued, soon
from tests.servers import eventually

SEEN = """query ($id: ID, $folio: String) { referral(id: $id, folio: $folio) {
  id folio status version personAccess redirectDecideBy redirectedTo redirectedFrom
  proposedRedirect { id organization { id } } receiver { id } service { id }
  person { name ageBand } allowedActions { action needs } history(last: 1) { nodes { action note } } } }"""
KNOWN = "query ($id: ID!) { referral(id: $id) { need person { ageBand } } }"
MATCHING = "query ($input: MatchInput!) { matchServices(input: $input) { verdict service { id } } }"
CONFIRM = """mutation ($input: ConfirmRedirectInput!) { confirmRedirect(input: $input) {
  referral { status redirectedTo } newReferral { id folio receiver { id } service { id } person { name } }
  replayed userErrors { code path } } }"""


def fresh() -> Json:
    """A consent of this moment."""
    return {
        "basis": "CONSENT", "method": "VERBAL", "language": "es", "takenBy": "Turno de tarde",
        "givenAt": datetime.now(UTC).isoformat(),
    }  # fmt: skip


async def seen(client: Client, **named: str) -> Json | None:
    found: Json | None = (await client.ask(SEEN, **named))["referral"]
    return found


async def confirmed(client: Client, referral: str, service: str, key: str, **more: object) -> Json:
    inputs = {"referral": referral, "service": service, "idempotencyKey": key, "consent": fresh(), **more}
    payload: Json = (await client.ask(CONFIRM, input=inputs))["confirmRedirect"]
    return payload


async def test_the_sender_decides_whether_another_service_is_asked_and_all_three_hear_of_it(
    cast: Cast,
) -> None:
    referral = (await issued(cast, person=PERSON, need="LEGAL_ASSISTANCE"))["id"]
    # Whoever cannot help looks for who can, by what it may know of her.
    known = (await cast.hospital.ask(KNOWN, id=referral))["referral"]
    said = {"needs": [known["need"]], "ageBand": known["person"]["ageBand"]}
    matches = (await cast.hospital.ask(MATCHING, input=said))["matchServices"]
    other = cast.services["asesoria"]
    assert other in {one["service"]["id"] for one in matches if one["verdict"] != "INELIGIBLE"}
    await changed(cast.hospital, "proposeRedirect", referral, service=other, note="Allá tienen lugar")
    sees = await seen(cast.shelter, id=referral)
    assert sees is not None
    assert sees["proposedRedirect"] == {
        "id": other, "organization": {"id": global_id("Organization", cast.organizations["tercera"])},
    }  # fmt: skip
    assert sees["redirectDecideBy"] is not None
    assert sees["history"]["nodes"] == [{"action": "PROPOSE_REDIRECT", "note": "Allá tienen lugar"}]
    assert {"action": "CONFIRM_REDIRECT", "needs": ["service", "consent"]} in sees["allowedActions"]
    await changed(cast.shelter, "refuseRedirect", referral, note="Está muy lejos")
    told = await seen(cast.hospital, id=referral)
    assert told is not None
    assert (told["proposedRedirect"], told["history"]["nodes"][0]["note"]) == (None, "Está muy lejos")
    await changed(cast.hospital, "proposeRedirect", referral, service=other)
    old = {**fresh(), "givenAt": "2026-01-01T00:00:00Z"}
    refused = await confirmed(cast.shelter, referral, cast.services["consulta"], "no", consent=old)
    assert refused["userErrors"] == [{"code": "NOT_PROPOSED", "path": ["service"]}]
    refused = await confirmed(cast.shelter, referral, other, "no", consent=old)
    assert refused["userErrors"] == [{"code": "NOT_FRESH", "path": ["consent", "givenAt"]}]
    payload = await confirmed(cast.shelter, referral, other, f"confirm-{referral}")
    assert payload["userErrors"] == []
    new = payload["newReferral"]
    assert payload["referral"] == {"status": "REDIRECTED", "redirectedTo": new["folio"]}
    assert (new["service"]["id"], new["person"]["name"]) == (other, PERSON["name"])
    # The old receiver knows that, and where, it went on; and nothing of it.
    lost = await seen(cast.hospital, id=referral)
    assert lost is not None
    assert (lost["person"], lost["personAccess"], lost["redirectedTo"]) == (None, "ENDED", new["folio"])
    assert await seen(cast.hospital, folio=new["folio"]) is None
    assert await seen(cast.third, id=referral) is None
    asked = await seen(cast.third, folio=new["folio"])
    assert asked is not None
    assert (asked["redirectedFrom"], asked["person"]["name"]) == (lost["folio"], None)
    await changed(cast.third, "acceptReferral", new["id"], arriveBy=soon())
    helped = await seen(cast.third, id=new["id"])
    assert helped is not None
    assert helped["person"]["name"] == PERSON["name"]
    path = ["sent", "redirect_proposed", "redirect_refused", "redirect_proposed", "redirected"]
    for client, which, expected in (
        (cast.shelter, referral, path),
        (cast.hospital, referral, path),
        (cast.shelter, new["id"], ["sent", "accepted"]),
        (cast.third, new["id"], ["sent", "accepted"]),
    ):

        async def events(client: Client = client, which: str = which) -> list[str]:
            return [entry.event for entry in await feed_of(client) if entry.referral == which]

        assert await eventually(events, lambda found, path=expected: len(found) >= len(path)) == expected  # type: ignore[misc]
    assert new["id"] not in {entry.referral for entry in await feed_of(cast.hospital)}


async def test_a_service_is_not_proposed_to_itself_nor_in_a_circle(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    own = cast.services["consulta"]
    refused = await cast.hospital.change("proposeRedirect", referral=referral, service=own)
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("CIRCLE", ["service"])]
    other = cast.services["asesoria"]
    await changed(cast.hospital, "proposeRedirect", referral, service=other)
    new = (await confirmed(cast.shelter, referral, other, f"circle-{referral}"))["newReferral"]
    # The receiver does not learn where she was asked for before; her sender does.
    await changed(cast.third, "proposeRedirect", new["id"], service=own)
    refused = await confirmed(cast.shelter, new["id"], own, f"back-{referral}")
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("CIRCLE", ["service"])]
