"""A mandatory step through the public API: named where it is missing, overridden, reviewed, or a task."""

from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from gateway.ids import global_id
from tests.flows.cast import (
    Cast,
    _ask,
    _clients,
    _operator,
    _organization,
    _service_record,
    have_members,
)
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_matching import coordinator_of
from tests.servers import eventually

STEP = "unaccompanied_child.child_protection_authority"
SEEN = """query ($id: ID!) { referral(id: $id) { status version follows pathways { code version }
  steps { step status since dueAt reason overriddenBy reviewedAt reviewedBy metAt metBy note } } }"""
BOY = {
    "ageBand": "ADOLESCENT",
    "gender": "MALE",
    "vulnerabilities": ["UNACCOMPANIED_CHILD"],
    "alias": "Muchacho",
}


class Named(Client):
    """A client that says which member acts."""

    member = ""

    async def headers(self, accept: str = "application/graphql-response+json") -> dict[str, str]:
        return {**await super().headers(accept), "relevo-on-behalf-of": self.member}


async def authority(cast: Cast) -> str:
    """A service of the child protection authority."""
    records = (
        ImportRecord(
            kind="organization",
            record=_organization("procuraduria", "Procuraduría Inventada", "child_protection"),
        ),
        ImportRecord(
            kind="service",
            record=_service_record("ninez", "procuraduria", "Protección (ficticia)", ["child_protection"]),
        ),
    )
    async with _operator(cast.stack) as caller:
        request = ImportRecords(source="ninez", records=records, verified=True)
        reply = await _ask(caller, IMPORT_RECORDS, request)
    return global_id("Service", str(reply.outcomes[1].id))


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def test_a_boy_alone_is_not_sent_on_before_the_authority_knows(cast: Cast) -> None:
    service = await authority(cast)
    asked = cast.issue(need="EDUCATION", person=BOY)
    refused = await cast.shelter.change("issueReferral", **asked)
    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("STEP_MISSING", ["overrides"])
    assert STEP in error["message"]
    told = await cast.shelter.change(
        "issueReferral", **{**asked, "service": service, "need": "CHILD_PROTECTION", "priority": "URGENT"}
    )
    assert told["userErrors"] == []
    made = await cast.shelter.change("issueReferral", follows=told["referral"]["folio"], **asked)
    assert made["userErrors"] == []
    sent = await seen(cast.shelter, made["referral"]["id"])
    assert (sent["steps"], [one["code"] for one in sent["pathways"]]) == ([], ["unaccompanied_child"])
    assert (await seen(cast.hospital, made["referral"]["id"]))["pathways"] is None


async def test_his_bed_and_bread_are_not_refused_and_the_step_is_a_task_until_it_is_taken(cast: Cast) -> None:
    service = await authority(cast)
    bed = await cast.shelter.change("issueReferral", **cast.issue(need="FOOD", person=BOY))
    assert bed["userErrors"] == []
    (due,) = (await seen(cast.shelter, bed["referral"]["id"]))["steps"]
    assert (due["step"], due["status"]) == (STEP, "DUE")
    told = await cast.shelter.change(
        "issueReferral",
        **{
            **cast.issue(
                need="CHILD_PROTECTION", priority="URGENT", person=BOY, follows=bed["referral"]["folio"]
            ),
            "service": service,
        },
    )
    (met,) = (await seen(cast.shelter, bed["referral"]["id"]))["steps"]
    assert (met["status"], met["metBy"], met["dueAt"]) == ("MET", told["referral"]["folio"], None)
    other = await cast.shelter.change("issueReferral", **cast.issue(need="FOOD", person=BOY))
    reported = await cast.shelter.change(
        "reportStep", referral=other["referral"]["id"], step=STEP, by=told["referral"]["id"]
    )
    assert reported["userErrors"] == []
    (met,) = (await seen(cast.shelter, other["referral"]["id"]))["steps"]
    assert met["metBy"] == told["referral"]["folio"]


async def test_an_override_takes_a_reason_and_a_second_member(cast: Cast) -> None:
    overrides = [{"step": STEP, "reason": "La Procuraduría ya abrió el expediente por teléfono"}]
    asked = cast.issue(need="EDUCATION", person=BOY, overrides=overrides)
    refused = await cast.shelter.change("issueReferral", **asked)
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    (credentials,) = await _clients(cast.stack, [cast.organizations["refugio"]])
    async with Named(cast.stack.urls["gateway"], credentials) as shelter:
        shelter.member = "inventado-9"
        (error,) = (await shelter.change("issueReferral", **asked))["userErrors"]
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["overrides"])
        assert "inviteMember" in error["message"]
        shelter.member = "turno-1"
        made = await shelter.change("issueReferral", **asked)
        assert made["userErrors"] == []
        referral = made["referral"]["id"]
        review = {"referral": referral, "step": STEP, "confirm": True, "note": "Vi el oficio"}
        refused = await shelter.change("reviewOverride", **review)
        assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
        shelter.member = "inventado-9"
        (error,) = (await shelter.change("reviewOverride", **review))["userErrors"]
        assert (error["code"], "inviteMember" in error["message"]) == ("FORBIDDEN", True)
        shelter.member = "turno-2"
        reviewed = await shelter.change("reviewOverride", **review)
        assert reviewed["userErrors"] == []
        (step,) = (await seen(shelter, referral))["steps"]
    assert (step["status"], step["overriddenBy"], step["reviewedBy"]) == ("CONFIRMED", "turno-1", "turno-2")
    assert (step["reason"], step["note"]) == (overrides[0]["reason"], "Vi el oficio")

    async def told(client: Client) -> list[str]:
        return [entry.event for entry in await feed_of(client) if entry.referral == referral]

    events = ["sent", "overridden", "override_reviewed"]
    assert await eventually(lambda: told(cast.shelter), lambda found: len(found) == 3) == events
    await cast.hospital.change("receiveReferral", referral=referral)
    received = await eventually(lambda: told(cast.hospital), lambda found: "received" in found)
    assert received == ["sent", "received"]


async def test_a_coordinator_reviews_an_override_of_whom_has_no_second_member(cast: Cast) -> None:
    overrides = [{"step": STEP, "reason": "La Procuraduría ya abrió el expediente por teléfono"}]
    async with coordinator_of(cast), cast.another("tercera", member="turno-8") as third:
        await have_members(cast.stack, cast.organizations["coordinacion"], "turno-3")
        await have_members(cast.stack, cast.organizations["tercera"], "turno-8")
        made = await third.change(
            "issueReferral", **cast.issue(need="EDUCATION", person=BOY, overrides=overrides)
        )
        review = {"referral": made["referral"]["id"], "confirm": True}
        for name, step, codes in (("turno-4", None, ["FORBIDDEN"]), ("turno-3", STEP, ["FORBIDDEN"]),
                                  ("turno-3", None, [])):  # fmt: skip
            async with cast.another("coordinacion", member=name) as keeper:
                reviewed = await keeper.change("reviewOverride", **review, step=step)
                assert [error["code"] for error in reviewed["userErrors"]] == codes, (name, step)
                assert (await seen(keeper, review["referral"]))["steps"] is None
        (step,) = (await seen(third, review["referral"]))["steps"]
        assert (step["status"], step["overriddenBy"], step["reviewedBy"]) == ("CONFIRMED", "turno-8", None)
