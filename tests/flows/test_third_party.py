"""A third organization learns nothing of a referral: each answer is that for one which does not exist."""

import json
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, build_schema

from gateway.ids import global_id, split_id
from services.referrals import folio as folios
from tests.flows.cast import Cast, issue_of
from tests.flows.client import Json
from tests.flows.streams import Follower, feed_of, head_of, sse, websocket

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()
CONSENT = {"basis": "VITAL_INTEREST", "reason": "Sangra"}
# What each change of a referral needs beside it. A mutation that is not here fails the test below.
CHANGES: dict[str, Json] = {
    "updateDraft": {"priority": "URGENT", "household": None},
    "sendReferral": {},
    "correctReferral": {"priority": "URGENT"},
    "receiveReferral": {"externalId": "mine"},
    "acceptReferral": {"arriveBy": SOON},
    "waitlistReferral": {"reviewAt": SOON},
    "askAboutReferral": {"question": "¿Cuántas personas?"},
    "replyAboutReferral": {"answer": "Dos"},
    "sendReferralMessage": {"text": "Llega a las seis"},
    "markReferralMessagesRead": {"upTo": 1},
    "assignReferral": {"nobody": True},
    "rescheduleReferral": {"arriveBy": SOON, "reason": "Otro turno"},
    "pauseReferral": {"reason": "WAITING_FOR_DOCUMENTS", "resumeAt": SOON},
    "resumeReferral": {},
    "reopenReferral": {"reason": "Vino después"},
    "declineReferral": {"reason": "NO_CAPACITY"},
    "startReferral": {"arrivedAt": datetime.now(UTC).isoformat()},
    "completeReferral": {"outcome": "FULLY_MET"},
    "endReferral": {"reason": "NO_SHOW"},
    "cancelReferral": {"reason": "NEED_MET"},
    "acknowledgeReferral": {},
    "withdrawConsent": {},
    "confirmErasure": {},
    "reviewBasis": {"confirm": True},
    "reviewOverride": {"step": "pregnancy.card", "confirm": True},
    "reportStep": {"step": "pregnancy.card", "note": "Hecho"},
    "eraseReferral": {"note": "Ella lo pide"},
    "voidReferral": {"note": "Otra persona"},
    "proposeRedirect": {"service": global_id("Service", "otro")},
    "refuseRedirect": {},
    "referOn": {"service": global_id("Service", "otro"), "need": "FOOD", "consent": CONSENT},
    "confirmRedirect": {"service": global_id("Service", "otro"), "consent": CONSENT},
}
# Those that change nothing of the referral, and so know no version.
ASIDES = {
    "reviewOverride",
    "reportStep",
    "assignReferral",
    "sendReferralMessage",
    "markReferralMessagesRead",
    "referOn",
}
FIELDS = """id folio externalId status version need needGroup personAccess person { name alias }
  sender { id } receiver { id } service { id } history(first: 5) { nodes { action } }"""
# How a referral could be asked for: a document, and which of its names is the variable ``it``.
QUERIES = {
    "node": ("query ($it: ID!) { node(id: $it) { id __typename } }", "id"),
    "node with fields": (f"query ($it: ID!) {{ node(id: $it) {{ ... on Referral {{ {FIELDS} }} }} }}", "id"),
    "nodes": ("query ($it: ID!) { nodes(ids: [$it, $it]) { id __typename } }", "id"),
    "by id": (f"query ($it: ID) {{ referral(id: $it) {{ {FIELDS} }} }}", "id"),
    "by folio": (f"query ($it: String) {{ referral(folio: $it) {{ {FIELDS} }} }}", "folio"),
    "sent, by folio": ("query ($it: String!) { sentReferral(folio: $it) { folio progress } }", "folio"),
    "held about the person": ("query ($it: ID!) { personalRecord(referral: $it) { page folios } }", "id"),
    "by external id": (f"query ($it: String) {{ referral(externalId: $it) {{ {FIELDS} }} }}", "externalId"),
}
# Fields of Query that this file covers, and those that know no referral.
COVERED = {
    "personalRecord",
    "node",
    "nodes",
    "referral",
    "referralCounts",
    "referrals",
    "events",
    "sentReferral",
    "sentReferrals",
}
DIRECTORY = {
    "acceptanceRules",
    "agreements",
    "auditEntries",
    "auditHeads",
    "broadcast",
    "broadcastReceipts",
    "broadcasts",
    "clients",
    "codes",
    "corrections",
    "eventTypes",
    "firewallExceptions",
    "matchServices",
    "members",
    "municipalities",
    "organization",
    "organizationProposals",
    "organizations",
    "pathway",
    "pathwayVersions",
    "pathways",
    "screen",
    "screening",
    "service",
    "services",
    "staleServices",
    "states",
    "unusualReadings",
    "viewer",
    "webhookDeliveries",
    "webhookEndpoints",
}
# Mutations that make referrals of the caller's own.
NEW = {"issueReferral", "draftReferral", "draftFromScreening", "issueReferralGroup"}
# Mutations that know no referral.
OTHERS = {
    "acknowledgeBroadcast",
    "endBroadcast",
    "sendBroadcast",
    "acceptAgreement",
    "changeMemberRoles",
    "closeService",
    "confirmNoticeAddress",
    "confirmService",
    "createClient",
    "createService",
    "createWebhookEndpoint",
    "deactivateOrganization",
    "decideCorrection",
    "deleteWebhookEndpoint",
    "editPathway",
    "endAgreement",
    "endFirewallException",
    "forgetNoticeAddress",
    "inviteMember",
    "makeFirewallException",
    "markFeedRead",
    "pauseWebhookEndpoint",
    "proposeAgreement",
    "proposeOrganization",
    "reactivateOrganization",
    "refuseAgreement",
    "rejectOrganization",
    "removeMember",
    "replayWebhookDeliveries",
    "resumeWebhookEndpoint",
    "reviewAcceptanceRules",
    "revokeClient",
    "rotateClientSecret",
    "rotateWebhookSecret",
    "setAcceptanceRules",
    "setCapacity",
    "setNoticePreferences",
    "setLocationVisibility",
    "suggestCorrection",
    "testWebhookEndpoint",
    "updateOrganization",
    "updateService",
    "updateWebhookEndpoint",
    "verifyOrganization",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What a referral can be called by."""

    id: str
    folio: str
    externalId: str  # noqa: N815 - as the API calls it
    key: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A referral between two others, one that is not there, and all that the third party was answered."""

    cast: Cast
    real: Names
    absent: Names
    heard: list[bytes]

    async def answer(self, document: str, variables: Json) -> httpx.Response:
        """What the third party is answered."""
        answer = await self.cast.third.raw(document, variables)
        self.heard.append(answer.content)
        return answer

    async def both(self, document: str, real: Json, absent: Json) -> tuple[Json, Json]:
        """What it is answered for the one and for the other, made comparable: status, headers and body."""
        return _told(await self.answer(document, real)), _told(await self.answer(document, absent))


def _told(answer: httpx.Response) -> Json:
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "traceparent"}}
    return {"status": answer.status_code, "headers": headers, "body": answer.content}


@pytest.fixture(scope="module")
async def scene(cast: Cast) -> Scene:
    ours = f"caso-{uuid.uuid4()}"
    key = str(uuid.uuid4())
    issued = await cast.shelter.change("issueReferral", key=key, **cast.issue(externalId=ours))
    referral = issued["referral"]
    kind, part_id = split_id(referral["id"]) or ("", "")
    # Nobody's, but of the same form.
    absent = Names(global_id(kind, part_id[::-1]), folios.make(), f"caso-{uuid.uuid4()}", str(uuid.uuid4()))
    return Scene(cast, Names(referral["id"], referral["folio"], ours, key), absent, [])


@pytest.fixture(scope="module")
async def schema(cast: Cast) -> GraphQLSchema:
    async with httpx.AsyncClient(trust_env=False) as http:
        return build_schema((await http.get(f"{cast.stack.urls['gateway']}/schema.graphql")).text)


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_answers_as_if_there_were_none(scene: Scene, name: str) -> None:
    document, called = QUERIES[name]
    it, other = ({"it": getattr(names, called)} for names in (scene.real, scene.absent))
    real, absent = await scene.both(document, it, other)
    assert real == absent
    assert b'"errors"' not in real["body"]
    # The same question has another answer for a party: it does ask for the referral.
    party = await scene.cast.shelter.raw(document, it)
    assert party.content != real["body"]


@pytest.mark.parametrize("mutation", CHANGES)
async def test_a_change_answers_as_if_there_were_none(scene: Scene, mutation: str) -> None:
    document = (
        f"mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}(input: $input) "
        f"{{ referral {{ {FIELDS} }} replayed userErrors {{ code path message }} }} }}"
    )
    for more in ({}, {"expectedVersion": 1}, {"expectedVersion": 99})[: 1 if mutation in ASIDES else 3]:
        real, absent = await scene.both(
            document,
            {
                "input": {
                    **CHANGES[mutation],
                    **more,
                    "referral": scene.real.id,
                    "idempotencyKey": scene.real.key,
                }
            },
            {
                "input": {
                    **CHANGES[mutation],
                    **more,
                    "referral": scene.absent.id,
                    "idempotencyKey": "another",
                }
            },
        )
        assert real == absent
        errors = json.loads(real["body"])["data"][mutation]["userErrors"]
        assert [error["code"] for error in errors] == ["NOT_FOUND"]
    still = await scene.cast.shelter.ask(
        "query ($id: ID!) { referral(id: $id) { status version } }", id=scene.real.id
    )
    assert still["referral"] == {"status": "SENT", "version": 1}


def test_every_query_and_mutation_that_takes_a_referral_is_tried(schema: GraphQLSchema) -> None:
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert set(schema.query_type.fields) == COVERED | DIRECTORY
    assert set(schema.mutation_type.fields) == {*CHANGES, *NEW, *OTHERS}
    assert schema.subscription_type is not None
    assert set(schema.subscription_type.fields) == {"events", "capacityChanged"}
    referral = schema.type_map["Referral"]
    assert isinstance(referral, GraphQLObjectType)
    issue = schema.type_map["IssueReferralInput"]
    assert isinstance(issue, GraphQLInputObjectType)


async def test_following_it_is_refused_as_if_there_were_none(scene: Scene) -> None:
    document = (
        "mutation ($input: IssueReferralInput!) { issueReferral(input: $input) "
        "{ referral { id } userErrors { code path message } } }"
    )
    service = scene.cast.services["consulta"]
    for called in ("folio", "id"):
        real, absent = await scene.both(
            document,
            {"input": issue_of(service, follows=getattr(scene.real, called), idempotencyKey="f")},
            {"input": issue_of(service, follows=getattr(scene.absent, called), idempotencyKey="f")},
        )
        assert real == absent
        assert json.loads(real["body"])["data"]["issueReferral"]["referral"] is None


async def test_its_key_and_external_id_are_free_for_the_third_party(scene: Scene) -> None:
    payload = await scene.cast.third.change(
        "issueReferral",
        key=scene.real.key,
        **issue_of(scene.cast.services["consulta"], externalId=scene.real.externalId),
    )
    assert payload["userErrors"] == []
    assert not payload["replayed"]
    assert payload["referral"]["id"] != scene.real.id
    mine = {"id": payload["referral"]["id"]}
    find = "query ($it: String) { referral(externalId: $it) { id } }"
    assert (await scene.cast.third.ask(find, it=scene.real.externalId))["referral"] == mine
    assert (await scene.cast.shelter.ask(find, it=scene.real.externalId))["referral"] == {"id": scene.real.id}


@pytest.mark.parametrize("box", ["INBOX", "OUTBOX", "DRAFTS"])
async def test_no_list_of_the_third_party_has_it_not_even_behind_a_partys_cursor(
    scene: Scene, box: str
) -> None:
    document = """query ($box: Box!, $after: String, $filter: ReferralFilter) {
      referrals(box: $box, first: 100, after: $after, filter: $filter) { nodes { id folio } }
    }"""
    page = "query { referrals(box: OUTBOX, last: 1) { edges { cursor } } }"
    theirs = (await scene.cast.shelter.ask(page))["referrals"]["edges"][0]["cursor"]
    for given in (
        {"after": None},
        {"after": theirs},
        {"filter": {"service": scene.cast.services["consulta"]}},
        {"filter": {"statuses": ["SENT"]}},
    ):
        answer = await scene.answer(document, {"box": box, **given})
        assert "errors" not in answer.json()
        sent = await scene.answer("{ sentReferrals(first: 100) { nodes { folio } } }", {})
        assert scene.real.folio not in sent.text
        assert scene.real.id not in answer.text
        assert scene.real.folio not in answer.text


async def test_a_partys_place_in_the_feed_is_no_place_for_the_third(scene: Scene) -> None:
    theirs = await head_of(scene.cast.shelter)
    document = "query ($after: String) { events(after: $after, first: 100) { nodes { folio } } }"
    foreign, made_up = await scene.both(document, {"after": theirs}, {"after": "x" * len(theirs)})
    for told in (foreign, made_up):
        body = json.loads(told["body"])
        assert body["data"] is None
        assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]


async def test_no_feed_and_no_subscription_of_the_third_party_tells_of_it(scene: Scene) -> None:
    cast = scene.cast
    before = await feed_of(cast.third)
    head = await head_of(cast.third)
    async with AsyncExitStack() as readers:
        third = [
            await readers.enter_async_context(Follower(open_stream, cast.third, head))
            for open_stream in (sse, websocket)
        ]
        party = await readers.enter_async_context(Follower(sse, cast.hospital, await head_of(cast.hospital)))
        for mutation in ("receiveReferral", "acceptReferral", "completeReferral"):
            await cast.hospital.change(mutation, referral=scene.real.id, **CHANGES[mutation])
        await cast.shelter.change("acknowledgeReferral", referral=scene.real.id)
        assert len(await party.until_count(4)) == 4
        # Each feed is in order: once it tells of this, nothing that was told before it is still to come.
        own = await cast.third.change("issueReferral", **issue_of(cast.services["consulta"]))
        for reader in third:
            assert [told.referral for told in await reader.until_count(1)] == [own["referral"]["id"]]
    after = await feed_of(cast.third)
    assert [told.referral for told in after[len(before) :]] == [own["referral"]["id"]]
    assert scene.real.id not in {told.referral for told in after}


async def test_nothing_that_the_third_party_was_ever_answered_names_it(scene: Scene) -> None:
    assert len(scene.heard) > 40, "the tests above have not asked"
    asked = {scene.real.id, scene.real.folio, scene.real.externalId}
    for told in asked:
        assert not [body for body in scene.heard if told.encode() in body]
