"""Agreements through the public API: who may have one, what its subscriber hears, and how it ends."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from contracts.codes import OrganizationKind
from contracts.directory import CREATE_ORGANIZATION, CreateOrganization
from gateway.ids import global_id
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import AnswerError, Client, Json
from tests.flows.hooks import listening
from tests.flows.posts import organization_id
from tests.flows.streams import Follower, head_of, sse, websocket
from tests.flows.test_one_referral import changed, issued, soon
from tests.flows.test_webhooks import do, made
from tests.servers import eventually

SHOWN = """agreement { id status subscriber { id } grantor { id } needGroups needs states kinds sides
  until since answeredAt endedAt end } replayed userErrors { code path message }"""
LIST = """query ($filter: AgreementFilter, $after: String) {
  agreements(filter: $filter, first: 1, after: $after) {
    nodes { id status } pageInfo { hasNextPage endCursor } } }"""
FEED = """query ($after: String) { events(after: $after, first: 100) {
  nodes { type relation subjectId referralId folio status version needGroup state } } }"""
READ = """query ($id: ID, $folio: String) { referral(id: $id, folio: $folio) {
  id folio status version need needGroup state priority personAccess externalId
  sender { id } receiver { id } service { id } person { ageBand } group { id } reason
  deadlines { awaited } allowedActions { action } arriveBy consent { basis method }
  history(first: 9) { nodes { action toStatus organization { id } note } }
  messages(first: 9) { nodes { n } } } }"""
AUDIT = """query ($it: String) { auditEntries(first: 50, filter: {kinds: [AGREEMENT], about: $it}) {
  nodes { action subjectIds actor { organization { id } } } } }"""
# Nobody else's referrals are of this state.
STATE = "BCN"


@asynccontextmanager
async def organization_of(cast: Cast, name: str, kind: OrganizationKind) -> AsyncIterator[Client]:
    """A client of a new organization, with every scope that it may have."""
    async with _operator(cast.stack) as caller:
        request = CreateOrganization(name=f"{name} (ficticia)", kind=kind)
        cast.organizations[name] = (await _ask(caller, CREATE_ORGANIZATION, request)).id
    async with cast.another(name) as client:
        yield client


@pytest.fixture(scope="module")
async def agency(cast: Cast) -> AsyncIterator[Client]:
    """Who funds the shelter."""
    async with organization_of(cast, "agencia", OrganizationKind.UN_AGENCY) as client:
        yield client


async def agree(client: Client, name: str, key: str | None = None, **inputs: Any) -> Json:
    """A mutation on agreements; its payload."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {SHOWN} }} }}"
    given = {**inputs, "idempotencyKey": key or str(uuid.uuid4())}
    payload: Json = (await client.ask(document, input=given))[name]
    return payload


async def done(client: Client, name: str, **inputs: Any) -> Json:
    """The agreement after a mutation that is not refused."""
    payload = await agree(client, name, **inputs)
    assert payload["userErrors"] == [], payload
    agreement: Json = payload["agreement"]
    return agreement


def errors(payload: Json) -> list[tuple[str, str]]:
    """Code and path of why something was refused."""
    assert payload["agreement"] is None
    return [(one["code"], ".".join(one["path"])) for one in payload["userErrors"]]


async def in_force(agency: Client, grantor: Client, by: str, **terms: Any) -> Json:
    """An agreement that is in force now, on referrals of the organization with that id."""
    proposed = await done(agency, "proposeAgreement", grantor=by, states=[STATE], **terms)
    accepted = await done(grantor, "acceptAgreement", agreement=proposed["id"])
    since = datetime.fromisoformat(accepted["since"])

    async def is_so() -> bool:
        return datetime.now(UTC) > since

    await eventually(is_so)
    return accepted


async def read(client: Client, referral: str) -> Json | None:
    """What somebody may read of a referral."""
    found: Json | None = (await client.ask(READ, id=referral))["referral"]
    return found


async def test_it_is_proposed_accepted_and_ended_by_the_two_and_nobody_else(
    cast: Cast, agency: Client
) -> None:
    shelter, own = cast.shelter, organization_id(cast, "refugio")
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    terms = {"needGroups": ["HEALTH"], "needs": ["PRENATAL_CARE"], "states": [STATE], "sides": ["SENDER"]}
    key = str(uuid.uuid4())
    first = await agree(agency, "proposeAgreement", key, grantor=own, **terms, until=until)
    again = await agree(agency, "proposeAgreement", key, grantor=own, **terms, until=until)
    assert (first["userErrors"], first["replayed"], again["replayed"]) == ([], False, True)
    assert again["agreement"] == first["agreement"]
    other = await agree(agency, "proposeAgreement", key, grantor=own)
    assert errors(other)[0][0] == "IDEMPOTENCY_KEY_REUSED"
    proposed = first["agreement"]
    assert {name: proposed[name] for name in terms} == terms
    assert (proposed["status"], proposed["kinds"], proposed["since"]) == ("PROPOSED", [], None)
    assert proposed["grantor"] == {"id": own}
    assert proposed["subscriber"] == {"id": organization_id(cast, "agencia")}
    it = {"agreement": proposed["id"]}
    # The other side sees it as it is; a third organization sees none, and cannot answer or end it.
    listed = await shelter.ask(LIST, filter={"asSubscriber": False, "statuses": ["PROPOSED"]})
    assert listed["agreements"]["nodes"] == [{"id": proposed["id"], "status": "PROPOSED"}]
    for mutation in ("acceptAgreement", "refuseAgreement", "endAgreement"):
        assert errors(await agree(cast.hospital, mutation, **it)) == [("NOT_FOUND", "")]
        absent = await agree(cast.hospital, mutation, agreement=global_id("Agreement", "agr_none"))
        assert errors(absent) == [("NOT_FOUND", "")]
    assert (await cast.hospital.ask(LIST))["agreements"]["nodes"] == []
    assert errors(await agree(agency, "acceptAgreement", **it)) == [("FORBIDDEN", "")]
    assert errors(await agree(shelter, "endAgreement", **it)) == [("WRONG_STATUS", "")]
    accepted = await done(shelter, "acceptAgreement", **it)
    assert accepted["status"] == "IN_FORCE"
    assert errors(await agree(shelter, "refuseAgreement", **it)) == [("WRONG_STATUS", "")]
    key = str(uuid.uuid4())
    ended = await agree(agency, "endAgreement", key, **it)
    assert ended["agreement"]["end"] == "SUBSCRIBER"
    assert (await agree(agency, "endAgreement", key, **it))["replayed"]
    assert errors(await agree(shelter, "endAgreement", **it)) == [("WRONG_STATUS", "")]
    refused = await done(agency, "proposeAgreement", grantor=own)
    assert (await done(shelter, "refuseAgreement", agreement=refused["id"]))["status"] == "REFUSED"
    taken_back = await done(agency, "proposeAgreement", grantor=own)
    assert (await done(agency, "endAgreement", agreement=taken_back["id"]))["status"] == "ENDED"
    # Newest first, page by page.
    pages, after = [], None
    for _ in range(3):
        page = (await agency.ask(LIST, after=after))["agreements"]
        pages += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert pages == [taken_back["id"], refused["id"], proposed["id"]]


async def test_both_hear_what_becomes_of_it_and_it_is_in_the_audit_of_both(
    cast: Cast, agency: Client
) -> None:
    shelter = organization_id(cast, "refugio")
    heads = {client: await head_of(client) for client in (agency, cast.shelter)}
    it = (await done(agency, "proposeAgreement", grantor=shelter))["id"]
    await done(cast.shelter, "acceptAgreement", agreement=it)
    await done(cast.shelter, "endAgreement", agreement=it)

    async def heard(client: Client) -> list[tuple[str, str]]:
        nodes = (await client.ask(FEED, after=heads[client]))["events"]["nodes"]
        mine = [one for one in nodes if one["subjectId"] == it]
        return [(one["type"].split(".")[2], one["relation"]) for one in mine]

    async def audited(client: Client) -> list[Json]:
        nodes: list[Json] = (await client.ask(AUDIT, it=it))["auditEntries"]["nodes"]
        return nodes

    for client, relation in ((agency, "SUBSCRIBER"), (cast.shelter, "GRANTOR")):
        want = [(name, relation) for name in ("proposed", "accepted", "ended")]
        await eventually(partial(heard, client), want.__eq__)
        entries = await eventually(partial(audited, client), lambda found: len(found) == 3)
        assert [one["action"] for one in entries] == ["proposed", "accepted", "ended"]
        assert {one["subjectIds"][0] for one in entries} == {it}
        assert [one["actor"]["organization"]["id"] for one in entries] == [
            organization_id(cast, "agencia"), shelter, shelter,
        ]  # fmt: skip


async def test_what_is_wrong_with_a_proposal_is_said_all_at_once(cast: Cast, agency: Client) -> None:
    own = organization_id(cast, "agencia")
    wrong = await agree(
        agency,
        "proposeAgreement",
        grantor=own,
        needGroups=["BASIC"],
        needs=["FOOD", "MENTAL_HEALTH", "PRENATAL_CARE"],
        until="2026-01-01T00:00:00Z",
    )
    assert errors(wrong) == [
        ("INVALID", "grantor"), ("INVALID", "until"), ("INVALID", "needs.1"), ("INVALID", "needs.2"),
    ]  # fmt: skip
    nobody = await agree(agency, "proposeAgreement", grantor=global_id("Organization", "nobody"))
    assert errors(nobody) == [("NOT_FOUND", "grantor")]


async def test_authorities_prosecutors_and_consulates_can_have_none(cast: Cast, agency: Client) -> None:
    shelter = organization_id(cast, "refugio")
    for kind in ("POLICE", "MIGRATION_AUTHORITY", "PROSECUTOR", "CONSULATE"):
        async with organization_of(cast, kind.lower(), OrganizationKind[kind]) as client:
            assert errors(await agree(client, "proposeAgreement", grantor=shelter)) == [("FORBIDDEN", "")]
            behind = await agree(agency, "proposeAgreement", grantor=organization_id(cast, kind.lower()))
            if kind in {"POLICE", "MIGRATION_AUTHORITY"}:
                assert errors(behind) == [("FIREWALLED", "grantor")]
                with pytest.raises(AnswerError) as refused:
                    await client.ask(LIST)
                assert refused.value.codes == ["FORBIDDEN"]


async def test_a_subscriber_hears_on_every_channel_and_reads_the_outline_until_it_ends(
    cast: Cast, agency: Client
) -> None:
    async with AsyncExitStack() as streams:
        hook = await streams.enter_async_context(listening())
        endpoint = await made(agency, hook)
        agreement = await in_force(
            agency, cast.shelter, organization_id(cast, "refugio"), needGroups=["HEALTH"]
        )
        live = [
            await streams.enter_async_context(Follower(way, agency, await head_of(agency)))
            for way in (sse, websocket)
        ]
        head = await head_of(agency)
        referral = await issued(cast, state=STATE)
        elsewhere = await issued(cast, state="GRO")
        it = referral["id"]
        await changed(cast.hospital, "receiveReferral", it)
        await changed(cast.hospital, "acceptReferral", it, arriveBy=soon(), instructions="Traiga su cartilla")
        await cast.shelter.change("sendReferralMessage", referral=it, text="Llega a las seis")
        await changed(cast.hospital, "startReferral", it, arrivedAt=datetime.now(UTC).isoformat())
        told = ["sent", "received", "accepted", "started"]

        async def heard() -> list[Json]:
            nodes = (await agency.ask(FEED, after=head))["events"]["nodes"]
            assert elsewhere["id"] not in {one["referralId"] for one in nodes}
            return [one for one in nodes if one["referralId"]]

        paged = await eventually(heard, lambda found: len(found) == len(told))
        assert [one["type"].split(".")[2] for one in paged] == told
        assert {one["relation"] for one in paged} == {"SUBSCRIBER"}
        assert paged[0] == {
            "type": "referrals.referral.sent.v1", "relation": "SUBSCRIBER", "subjectId": None,
            "referralId": it, "folio": referral["folio"], "status": "SENT", "version": 1,
            "needGroup": "HEALTH", "state": STATE,
        }  # fmt: skip
        for one in live:
            await eventually(partial(_events, one, it), told.__eq__)

        async def carried() -> list[str]:
            return [
                one["type"].split(".")[2] for _, one in hook.messages if one["data"].get("referralId") == it
            ]

        await eventually(carried, lambda got: sorted(got) == sorted(told))
        seen = await read(agency, it)
        assert seen is not None
        assert (seen["folio"], seen["status"], seen["state"], seen["needGroup"]) == (
            referral["folio"], "IN_PROGRESS", STATE, "HEALTH"
        )  # fmt: skip
        hidden = ("need", "externalId", "person", "group", "reason", "arriveBy", "messages")
        assert {name for name in hidden if seen[name]} == set()
        assert seen["sender"] == {"id": organization_id(cast, "refugio")}
        assert (seen["personAccess"], seen["allowedActions"]) == ("ROLE", [])
        assert seen["consent"] == {"basis": "CONSENT", "method": None}
        assert [one["action"] for one in seen["history"]["nodes"]] == ["ISSUE", "RECEIVE", "ACCEPT", "START"]
        assert (await agency.ask(READ, folio=referral["folio"]))["referral"] == seen
        assert await read(agency, elsewhere["id"]) is None
        # It may look, and nothing else.
        refused = await agency.change("cancelReferral", referral=it, reason="NEED_MET")
        assert [one["code"] for one in refused["userErrors"]] == ["NOT_FOUND"]
        # From its end on nothing is told, not even what was told before.
        await done(cast.shelter, "endAgreement", agreement=agreement["id"])
        assert await heard() == []
        await eventually(lambda: read(agency, it), lambda found: found is None, within=5)
        count = len(hook.messages)
        await changed(cast.hospital, "completeReferral", it, outcome="FULLY_MET")
        await eventually(partial(_told_of, cast.shelter, it), lambda got: "completed" in got)
        assert await heard() == []
        for one in live:
            assert await _events(one, it) == told
        assert len([one for _, one in hook.messages[count:] if "referralId" in one["data"]]) == 0
        await do(agency, "deleteWebhookEndpoint", endpoint=endpoint)


async def _events(follower: Follower, referral: str) -> list[str]:
    return [one.event for one in follower.entries if one.referral == referral]


async def _told_of(client: Client, referral: str) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        document = """query ($after: String) { events(after: $after, first: 100) {
          nodes { type referralId } pageInfo { hasNextPage endCursor } } }"""
        page = (await client.ask(document, after=after))["events"]
        found += [one["type"].split(".")[2] for one in page["nodes"] if one["referralId"] == referral]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
