"""Consent withdrawn through the public API: what ends, what is gone, who is told, which place is free."""

from typing import Any

from tests.flows.cast import Cast, _clients, issue_of
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_capacity import new_service, numbers, said
from tests.flows.test_one_referral import soon
from tests.servers import eventually

SEEN = """query ($id: ID!) { referral(id: $id) { status version reason personAccess
  person { ageBand alias } allowedActions { action }
  consent { basis givenAt withdrawnAt objectedAt erasureDueAt erasureConfirmedAt }
  history(last: 1) { nodes { action reason note } } } }"""
PERSON = {"ageBand": "ADULT", "gender": "FEMALE", "alias": "La que se arrepintió"}


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def done(client: Client, mutation: str, referral: str, **inputs: Any) -> Json:
    """Change a referral; return it."""
    payload = await client.change(mutation, referral=referral, **inputs)
    assert payload["userErrors"] == [], payload
    changed: Json = payload["referral"]
    return changed


async def types_of(client: Client, referral: str) -> list[str]:
    """What a feed has told of a referral."""
    return [told.event for told in await feed_of(client) if told.referral == referral]


async def test_a_withdrawal_ends_it_frees_the_place_and_asks_the_receiver_to_erase_its_copies(
    cast: Cast,
) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "available": 1, "maximum": 1})
    asked = issue_of(service, need="EMERGENCY_SHELTER", person=PERSON, places=[{"unit": "bed", "count": 1}])
    referral = (await cast.shelter.change("issueReferral", **asked))["referral"]["id"]
    await done(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 1, 0)])
    assert (await seen(cast.hospital, referral))["person"]["alias"] == PERSON["alias"]
    await done(cast.shelter, "withdrawConsent", referral)
    of_shelter, of_hospital = await seen(cast.shelter, referral), await seen(cast.hospital, referral)
    for one in (of_shelter, of_hospital):
        assert (one["status"], one["reason"], one["personAccess"]) == (
            "CANCELLED", "PERSON_WITHDREW", "ERASED",
        )  # fmt: skip
        assert one["consent"]["withdrawnAt"]
        assert one["history"]["nodes"] == [
            {"action": "WITHDRAW_CONSENT", "reason": "PERSON_WITHDREW", "note": None}
        ]
    assert (of_shelter["person"], of_hospital["person"]) == ({"ageBand": "ADULT", "alias": None}, None)
    assert "CONFIRM_ERASURE" in {one["action"] for one in of_hospital["allowedActions"]}
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 1, 0, 0)])
    await done(cast.hospital, "confirmErasure", referral)
    consent = (await seen(cast.shelter, referral))["consent"]
    assert (consent["erasureDueAt"], consent["erasureConfirmedAt"] is not None) == (None, True)
    told = ["sent", "accepted", "cancelled", "consent_withdrawn", "erasure_confirmed"]
    await eventually(lambda: types_of(cast.shelter, referral), lambda found: found == told)
    await eventually(lambda: types_of(cast.hospital, referral), lambda found: found == told)


async def test_after_the_start_the_place_stays_hers_and_nothing_more_is_shown(cast: Cast) -> None:
    service = await new_service(cast)
    await said(cast.hospital, service, {"unit": "bed", "available": 1, "maximum": 1})
    asked = issue_of(service, need="EMERGENCY_SHELTER", person=PERSON, places=[{"unit": "bed", "count": 1}])
    referral = (await cast.shelter.change("issueReferral", **asked))["referral"]["id"]
    await done(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    await done(cast.hospital, "startReferral", referral)
    withdrawn = await done(cast.shelter, "withdrawConsent", referral)
    assert withdrawn["status"] == "IN_PROGRESS"
    assert (await seen(cast.hospital, referral))["person"] is None
    told = ["sent", "accepted", "started", "consent_withdrawn"]
    await eventually(lambda: types_of(cast.hospital, referral), lambda found: found == told)
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, 1)])
    await done(cast.hospital, "completeReferral", referral, outcome="FULLY_MET")
    await eventually(lambda: numbers(cast, service), lambda found: found == [("KNOWN", 1, 0, 0)])


async def test_an_objection_against_what_the_law_asks_for_is_recorded_and_shown(cast: Cast) -> None:
    consent = {"basis": "LEGAL_OBLIGATION", "reason": "Orden de un juzgado"}
    made = await cast.shelter.change("issueReferral", **cast.issue(consent=consent, person=PERSON))
    referral = made["referral"]["id"]
    still = await done(cast.shelter, "withdrawConsent", referral, note="No quiere")
    assert still["status"] == "SENT"
    for client in (cast.shelter, cast.hospital):
        consent_seen = (await seen(client, referral))["consent"]
        assert consent_seen["objectedAt"]
        assert consent_seen["withdrawnAt"] is None
    assert (await seen(cast.shelter, referral))["person"]["alias"] == PERSON["alias"]


class Named(Client):
    """A client that says which member acts."""

    member = ""

    async def headers(self, accept: str = "application/graphql-response+json") -> dict[str, str]:
        return {**await super().headers(accept), "relevo-on-behalf-of": self.member}


REVIEW = """query ($id: ID!) { referral(id: $id) { personAccess person { ageBand alias }
  allowedActions { action needs } consent { reviewStatus reviewDueAt reviewedAt reviewedBy } } }"""


async def test_another_basis_is_reviewed_by_a_second_member_and_closes_what_is_not_confirmed(
    cast: Cast,
) -> None:
    (credentials,) = await _clients(cast.stack, [cast.organizations["refugio"]])
    consent = {"basis": "LEGAL_OBLIGATION", "reason": "Orden de un juzgado"}
    async with Named(cast.stack.urls["gateway"], credentials) as system:
        system.member = "turno-1"
        made = await system.change("issueReferral", **cast.issue(consent=consent, person=PERSON))
        referral = made["referral"]["id"]
        await done(cast.hospital, "acceptReferral", referral, arriveBy=soon())
        refused = await system.change("reviewBasis", referral=referral, confirm=True)
        assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
        system.member = "inventado-9"
        (error,) = (await system.change("reviewBasis", referral=referral, confirm=True))["userErrors"]
        assert (error["code"], "inviteMember" in error["message"]) == ("FORBIDDEN", True)
        system.member = "turno-2"
        seen_by_second = (await system.ask(REVIEW, id=referral))["referral"]
        assert {"action": "REVIEW_BASIS", "needs": ["confirm"]} in seen_by_second["allowedActions"]
        await done(system, "reviewBasis", referral, confirm=False, note="No hay tal orden")
    of_shelter = (await cast.shelter.ask(REVIEW, id=referral))["referral"]["consent"]
    assert (of_shelter["reviewStatus"], of_shelter["reviewedBy"]) == ("NOT_CONFIRMED", "turno-2")
    of_hospital = (await cast.hospital.ask(REVIEW, id=referral))["referral"]
    assert of_hospital["person"] == {"ageBand": "ADULT", "alias": None}
    assert (of_hospital["personAccess"], of_hospital["consent"]["reviewedBy"]) == ("NOT_CONSENTED", None)
    await done(cast.shelter, "correctReferral", referral, consent=cast.issue()["consent"])
    of_hospital = (await cast.hospital.ask(REVIEW, id=referral))["referral"]
    assert (of_hospital["person"]["alias"], of_hospital["consent"]["reviewStatus"]) == (PERSON["alias"], None)
