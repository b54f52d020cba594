"""What a coordinator lets through the firewall: one service, one need, for a time, and by her consent."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.ids import global_id
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.posts import PROGRESSED, organization_id, post_of, told
from tests.flows.test_capacity import codes
from tests.flows.test_firewall import service_of_the_post
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.servers import eventually

MADE = """exception { id organization { id } service { id } need reason until inForce endedAt endReason
  madeBy { id } endedBy { id } } replayed userErrors { code path message }"""
LIST = """query ($inForce: Boolean!, $after: String) {
  firewallExceptions(inForce: $inForce, first: 1, after: $after) {
    nodes { id need inForce } pageInfo { hasNextPage endCursor } } }"""
NEED = "MIGRATION_REGULARIZATION"
WHY = "Convenio de 2026: solo trámites, en ventanilla"
MINE = "query ($id: ID!) { referral(id: $id) { status need person { alias } consent { names } } }"


async def deciding(client: Client, mutation: str, key: str | None = None, **inputs: Any) -> Json:
    """Make or end an exception; return the payload."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {MADE} }} }}"
    payload: Json = (
        await client.ask(document, input={**inputs, "idempotencyKey": key or str(uuid.uuid4())})
    )[mutation]
    return payload


@dataclass(frozen=True, slots=True)
class Office:
    """An authority with a service, and a coordinator."""

    cast: Cast
    post: Client
    coordinator: Client
    organization: str
    service: str

    def exception(self, **changes: Any) -> Json:
        """What it takes to make one."""
        until = (datetime.now(UTC) + timedelta(days=300)).isoformat()
        inputs = {"organization": self.organization, "service": self.service, "need": NEED}
        return {**inputs, "reason": WHY, "until": until, **changes}

    async def made(self, **changes: Any) -> str:
        """Make one; return its id."""
        payload = await deciding(self.coordinator, "makeFirewallException", **self.exception(**changes))
        assert payload["userErrors"] == []
        return str(payload["exception"]["id"])

    async def ended(self, exception: str) -> None:
        """End one."""
        inputs = {"exception": exception, "reason": "Se usó para otra cosa"}
        payload = await deciding(self.coordinator, "endFirewallException", **inputs)
        assert payload["userErrors"] == []

    def issue(self, **consent: Any) -> Json:
        """A referral to it, with her consent that names it."""
        given = {**self.cast.issue()["consent"], "names": [self.organization], **consent}
        return self.cast.issue(service=self.service, need=NEED, consent=given)


@pytest.fixture(scope="module")
async def office(cast: Cast) -> AsyncIterator[Office]:
    async with post_of(cast) as post, coordinator_of(cast) as coordinator:
        service = await service_of_the_post(post)
        yield Office(cast, post, coordinator, organization_id(cast, "garita"), service)


async def test_it_receives_what_the_exception_says_with_consent_that_names_it_and_no_longer(
    office: Office,
) -> None:
    cast, post = office.cast, office.post
    assert codes(await cast.shelter.change("issueReferral", **office.issue())) == [
        ("FIREWALLED", ("service",))
    ]
    exception = await office.made()
    for consent, wrong in (
        ({"names": None}, ("consent", "names")),
        ({"basis": "LEGAL_OBLIGATION", "reason": "Oficio"}, ("consent", "basis")),
    ):
        refused = await cast.shelter.change("issueReferral", **office.issue(**consent))
        assert codes(refused) == [("CONSENT_NEEDED", wrong)]
    another = office.issue(names=[organization_id(cast, "hospital")])
    assert codes(await cast.shelter.change("issueReferral", **another)) == [
        ("INVALID", ("consent", "names", "0")),
        ("CONSENT_NEEDED", ("consent", "names")),
    ]
    other = await cast.shelter.change("issueReferral", **{**office.issue(), "need": "INFORMATION"})
    assert codes(other) == [("FIREWALLED", ("service",))]
    first, second = [(await issued(cast, **office.issue()))["id"] for _ in range(2)]
    # It answers as any receiver; its feed names the referral, and asks the rest of it.
    await changed(post, "receiveReferral", first)
    await changed(post, "acceptReferral", first, arriveBy=soon())
    inside = (await post.ask(MINE, id=first))["referral"]
    assert inside == {
        "status": "ACCEPTED", "need": NEED, "person": {"alias": "Prueba"},
        "consent": {"names": [office.organization]},
    }  # fmt: skip
    entries = await eventually(lambda: told(post), lambda entries: len(entries) == 4)
    said = {"cursor", "event", "type", "at", "relation", "referralId", "referral"}
    for one in entries:
        assert {name for name, value in one.items() if value is not None} == said
        assert (one["type"], one["relation"]) == (PROGRESSED, "RECEIVER")
    assert {one["referralId"] for one in entries} == {first, second}
    box = "{ referrals(box: INBOX, first: 9) { nodes { id } } referralCounts(box: INBOX) { total } }"
    there = await post.ask(box)
    assert ({one["id"] for one in there["referrals"]["nodes"]}, there["referralCounts"]) == (
        {first, second}, {"total": 2},
    )  # fmt: skip
    # Corrected, it is looked at again: what the exception does not let in is not said to it.
    need = await cast.shelter.change("correctReferral", referral=first, need="FOOD")
    assert codes(need) == [("FIREWALLED", ("need",))]
    unnamed = {**cast.issue()["consent"], "givenAt": datetime.now(UTC).isoformat(), "names": []}
    consent = await cast.shelter.change("correctReferral", referral=first, consent=unnamed)
    assert codes(consent) == [("CONSENT_NEEDED", ("consent", "names"))]
    # Ended, it sees nothing any more, is told nothing, and nothing more is let in.
    await office.ended(exception)
    for referral in (first, second):
        assert (await post.ask(MINE, id=referral))["referral"] is None
    assert await post.ask(box) == {"referrals": {"nodes": []}, "referralCounts": {"total": 0}}
    assert codes(await post.change("declineReferral", referral=second, reason="OTHER", note="x")) == [
        ("NOT_FOUND", ())
    ]
    refused = await cast.shelter.change("issueReferral", **office.issue())
    assert codes(refused) == [("FIREWALLED", ("service",))]
    await changed(cast.shelter, "cancelReferral", first, reason="MOVED_ON")
    mark = (await issued(cast))["id"]
    await changed(cast.hospital, "receiveReferral", mark)
    assert len(await told(post)) == 4
    # What it was told of before names what it can no longer ask for.
    assert {one["referral"] and one["referral"]["id"] for one in await told(post)} == {None}


async def test_a_redirect_and_a_draft_and_a_group_pass_by_it_as_well(office: Office) -> None:
    cast = office.cast
    exception = await office.made()
    referral = (await issued(cast, need=NEED))["id"]
    await changed(cast.hospital, "proposeRedirect", referral, service=office.service)
    fresh = {**cast.issue()["consent"], "givenAt": datetime.now(UTC).isoformat()}
    inputs = {"referral": referral, "service": office.service}
    refused = await cast.shelter.change("confirmRedirect", **inputs, consent=fresh)
    assert codes(refused) == [("CONSENT_NEEDED", ("consent", "names"))]
    named = {**fresh, "names": [office.organization]}
    taken = await cast.shelter.change("confirmRedirect", **inputs, consent=named)
    assert taken["userErrors"] == []
    draft = (await cast.shelter.change("draftReferral", **office.issue()))["referral"]["id"]
    sent = await cast.shelter.change("sendReferral", referral=draft)
    assert sent["userErrors"] == []
    assert (await office.post.ask(MINE, id=draft))["referral"]["status"] == "SENT"
    await office.ended(exception)
    assert (await office.post.ask(MINE, id=draft))["referral"] is None
    # A referral that was for something else is no way round it.
    other = (await issued(cast, need="FOOD"))["id"]
    again = await office.made()
    refused = await cast.hospital.change("proposeRedirect", referral=other, service=office.service)
    assert codes(refused) == [("FIREWALLED", ("service",))]
    await office.ended(again)


async def test_coordinators_alone_make_end_and_see_them_each_with_its_reason_and_end(office: Office) -> None:
    cast, keeper = office.cast, office.coordinator
    key, given = str(uuid.uuid4()), office.exception(need="INFORMATION")
    head = (await keeper.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"]
    made = await deciding(keeper, "makeFirewallException", key, **given)
    assert (made["userErrors"], made["replayed"], made["exception"]["inForce"]) == ([], False, True)
    one = made["exception"]
    assert (one["organization"]["id"], one["service"]["id"], one["reason"]) == (
        office.organization, office.service, WHY,
    )  # fmt: skip
    assert one["madeBy"]["id"] == organization_id(cast, "coordinacion")
    again = await deciding(keeper, "makeFirewallException", key, **given)
    assert (again["replayed"], again["exception"]["id"]) == (True, one["id"])
    reused = await deciding(keeper, "makeFirewallException", key, **{**given, "reason": "Otra"})
    assert codes(reused) == [("IDEMPOTENCY_KEY_REUSED", ("idempotencyKey",))]
    twice = await deciding(keeper, "makeFirewallException", **given)
    assert codes(twice) == [("DUPLICATE", ("need",))]
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    late = (datetime.now(UTC) + timedelta(days=367)).isoformat()
    for changes, wrong in (
        ({"until": past}, [("INVALID", ("until",))]),
        ({"until": late, "organization": organization_id(cast, "hospital")},
         [("INVALID", ("organization",)), ("INVALID", ("until",))]),
        ({"service": global_id("Service", "nada"), "until": late},
         [("NOT_FOUND", ("service",)), ("INVALID", ("until",))]),
        ({"service": cast.services["consulta"], "organization": organization_id(cast, "hospital")},
         [("INVALID", ("organization",))]),
    ):  # fmt: skip
        refused = await deciding(keeper, "makeFirewallException", **office.exception(**changes))
        assert (refused["exception"], codes(refused)) == (None, wrong)
    # It is told to those who keep the network, without a word of why.
    events = (
        "query($after: String) { events(first: 100, after: $after) "
        "{ nodes { type relation subjectId serviceId folio } } }"
    )

    async def heard() -> list[Json]:
        nodes = (await keeper.ask(events, after=head))["events"]["nodes"]
        return [node for node in nodes if node["subjectId"] == one["id"]]

    assert await eventually(heard, bool) == [
        {"type": "referrals.exception.made.v1", "relation": "COORDINATOR", "subjectId": one["id"],
         "serviceId": office.service, "folio": None}
    ]  # fmt: skip
    page = (await keeper.ask(LIST, inForce=True, after=None))["firewallExceptions"]
    assert [node["id"] for node in page["nodes"]] == [one["id"]]
    ending, why = str(uuid.uuid4()), {"exception": one["id"], "reason": "Ya no hace falta"}
    for replayed in (False, True):
        done = await deciding(keeper, "endFirewallException", ending, **why)
        assert (done["userErrors"], done["replayed"]) == ([], replayed)
        assert (done["exception"]["inForce"], done["exception"]["endReason"]) == (False, "Ya no hace falta")
    assert codes(await deciding(keeper, "endFirewallException", **why)) == [("WRONG_STATUS", ())]
    unknown = {**why, "exception": global_id("FirewallException", "nada")}
    assert codes(await deciding(keeper, "endFirewallException", **unknown)) == [("NOT_FOUND", ())]
    page = (await keeper.ask(LIST, inForce=False, after=None))["firewallExceptions"]
    assert ([node["id"] for node in page["nodes"]], page["nodes"][0]["inForce"]) == ([one["id"]], False)
    if page["pageInfo"]["hasNextPage"]:
        older = await keeper.ask(LIST, inForce=False, after=page["pageInfo"]["endCursor"])
        assert older["firewallExceptions"]["nodes"][0]["id"] != one["id"]
    audited = "{ auditEntries(last: 9, filter: { kinds: [EXCEPTION] }) { nodes { action subjectIds } } }"

    async def entries() -> list[Json]:
        nodes = (await keeper.ask(audited))["auditEntries"]["nodes"]
        return [node for node in nodes if node["subjectIds"] == [one["id"]]]

    found = await eventually(entries, lambda nodes: len(nodes) == 2)
    assert [node["action"] for node in found] == ["exception_made", "exception_ended"]
    for client in (cast.shelter, office.post):
        for mutation, inputs in (("makeFirewallException", given), ("endFirewallException", why)):
            assert codes(await deciding(client, mutation, **inputs)) == [("FORBIDDEN", ())]
        with pytest.raises(AnswerError) as refused_list:
            await client.ask(LIST, inForce=False, after=None)
        assert refused_list.value.codes == ["FORBIDDEN"]
