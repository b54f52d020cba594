"""A child's own view, what is withheld, and the overview of consents, through the public API."""

from tests.flows.cast import Cast
from tests.flows.client import Json
from tests.flows.test_consent import done
from tests.flows.test_one_referral import soon

GIRL = {"ageBand": "CHILD", "gender": "FEMALE", "alias": "La de las trenzas", "name": "Nombre Inventado"}
CONSENT = {
    "basis": "CONSENT",
    "method": "VERBAL",
    "language": "es",
    "takenBy": "Turno de noche",
    "givenAt": "2026-01-01T00:00:00Z",
}
CHILD = {"view": "AGREES", "explained": True, "explanation": "Con dibujos", "why": "Quiere ir a la escuela"}
SEEN = """query ($id: ID!) { referral(id: $id) { personAccess person { ageBand gender name alias }
  steps { step status } consent { state receiverHolds withheld caregiverSuspected until
    child { view explained explanation why } } } }"""
COUNT = """query ($filter: ReferralFilter) { referralCounts(box: OUTBOX, filter: $filter) { total }
  referrals(box: OUTBOX, filter: $filter, first: 50) { nodes { folio consent { state } } } }"""


async def test_a_child_is_heard_and_what_it_withholds_is_not_told(cast: Cast) -> None:
    asked = cast.issue(need="EDUCATION", person=GIRL, consent=CONSENT)
    refused = await cast.shelter.change("issueReferral", **asked)
    assert [(one["code"], one["path"]) for one in refused["userErrors"]] == [
        ("REQUIRED", ["consent", "child"])
    ]
    consent = {**CONSENT, "child": CHILD, "withheld": ["NAME", "GENDER"], "caregiverSuspected": True}
    asked |= {"consent": {**consent, "method": "CAREGIVER"}}
    refused = await cast.shelter.change("issueReferral", **asked)
    assert [one["path"] for one in refused["userErrors"]] == [["consent", "method"]]
    made = await cast.shelter.change("issueReferral", **{**asked, "consent": consent})
    assert made["userErrors"] == []
    referral = made["referral"]["id"]
    await done(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    of_shelter: Json = (await cast.shelter.ask(SEEN, id=referral))["referral"]
    of_hospital: Json = (await cast.hospital.ask(SEEN, id=referral))["referral"]
    assert of_shelter["person"]["name"] == GIRL["name"]
    assert of_hospital["person"] == {
        "ageBand": "CHILD", "gender": None, "name": None, "alias": GIRL["alias"],
    }  # fmt: skip
    assert (of_shelter["steps"], of_hospital["steps"]) == ([], None)
    assert (of_shelter["personAccess"], of_hospital["personAccess"]) == ("FULL", "NOT_CONSENTED")
    common = {
        "state": "IN_FORCE", "receiverHolds": "SHOWN", "caregiverSuspected": True, "until": None,
        "child": CHILD,
    }  # fmt: skip
    assert of_hospital["consent"] == {**common, "withheld": None}
    assert of_shelter["consent"] == {**common, "withheld": ["NAME", "GENDER"]}


async def test_a_sender_sees_which_consents_run_out_and_what_is_still_out_there(cast: Cast) -> None:
    state = "ROO"
    until = soon()
    ends = await cast.shelter.change(
        "issueReferral", **cast.issue(state=state, consent={**CONSENT, "until": until})
    )
    gone = await cast.shelter.change("issueReferral", **cast.issue(state=state))
    await done(cast.shelter, "withdrawConsent", gone["referral"]["id"])

    async def found(**which: object) -> list[str]:
        reply = await cast.shelter.ask(COUNT, filter={"states": [state], **which})
        nodes = reply["referrals"]["nodes"]
        assert reply["referralCounts"]["total"] == len(nodes)
        return [one["folio"] for one in nodes]

    assert await found(consentEndsBefore="2100-01-01T00:00:00Z") == [ends["referral"]["folio"]]
    assert await found(consentEndsBefore=until) == []
    assert await found(erasureUnconfirmed=True) == [gone["referral"]["folio"]]
    assert await found(consentStates=["WITHDRAWN"]) == [gone["referral"]["folio"]]
    assert await found(consentStates=["UNDER_REVIEW"]) == []
    await done(cast.hospital, "confirmErasure", gone["referral"]["id"])
    assert await found(erasureUnconfirmed=True) == []
    codes = await cast.shelter.ask("query { codes(kind: CONSENT_STATE, language: ES) { code label } }")
    assert {"code": "IN_FORCE", "label": "Vigente"} in codes["codes"]
