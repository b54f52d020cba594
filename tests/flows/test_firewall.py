"""Behind the firewall nothing is learned but that what was sent was received, and that it ended."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.ids import global_id, split_id
from services.referrals import folio as folios
from tests.flows.cast import Cast, issue_of
from tests.flows.client import Client, Json
from tests.flows.posts import (
    FEED,
    PROGRESSED,
    at_the_hospital,
    organization_id,
    post_of,
    progress_of,
    sending,
    told,
)
from tests.flows.streams import Follower, head_of, sse, websocket
from tests.flows.test_capacity import codes
from tests.flows.test_day import seen
from tests.flows.test_group import ISSUE as ISSUE_GROUP
from tests.flows.test_group import need
from tests.flows.test_one_referral import changed, issued, soon
from tests.flows.test_third_party import ASIDES, CHANGES, FIELDS, QUERIES, Names
from tests.servers import eventually

LISTS = (
    """query ($box: Box!) { referrals(box: $box, first: 50) {
      nodes { id folio } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }""",
    """query ($box: Box!) { referrals(box: $box, last: 50, orderBy: DEADLINE, filter: { overdue: true }) {
      nodes { id } } }""",
    """query ($box: Box!) { referralCounts(box: $box) { total byStatus { status count } } }""",
    """query ($box: Box!) { referralCounts(box: $box, filter: { statuses: [SENT, COMPLETED] }) { total } }""",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a border post sent, as nobody there may call it; one that is not there; and a stranger."""

    cast: Cast
    post: Client
    stranger: Client
    real: Names
    absent: Names

    async def both(self, document: str, real: Json, absent: Json) -> tuple[Json, Json]:
        """What the post is answered for the one and for the other."""
        return _told(await self.post.raw(document, real)), _told(await self.post.raw(document, absent))


def _told(answer: httpx.Response) -> Json:
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "traceparent"}}
    return {"status": answer.status_code, "headers": headers, "body": answer.content}


@pytest.fixture(scope="module")
async def scene(cast: Cast) -> AsyncIterator[Scene]:
    async with post_of(cast) as stranger, post_of(cast) as post:
        ours, key = f"caso-{uuid.uuid4()}", str(uuid.uuid4())
        payload = await sending(post, "issueReferral", key=key, **cast.issue(externalId=ours))
        folio = payload["sentReferral"]["folio"]
        referral = await at_the_hospital(cast, folio)
        kind, part_id = split_id(referral) or ("", "")
        absent = Names(global_id(kind, part_id[::-1]), folios.make(), f"caso-{uuid.uuid4()}", "another")
        yield Scene(cast, post, stranger, Names(referral, folio, ours, key), absent)


async def test_issuing_is_answered_by_folio_and_progress_and_again_by_its_key(cast: Cast) -> None:
    async with post_of(cast) as post:
        key = str(uuid.uuid4())
        sent = await sending(
            post, "issueReferral", key=key, **cast.issue(need="HUMAN_TRAFFICKING", priority="URGENT")
        )
        assert (sent["userErrors"], sent["referral"], sent["replayed"]) == ([], None, False)
        folio = sent["sentReferral"]["folio"]
        assert sent["sentReferral"] == {"folio": folio, "progress": "SENT"}
        referral = await at_the_hospital(cast, folio)
        await changed(cast.hospital, "declineReferral", referral, reason="NO_CAPACITY")
        again = await sending(
            post, "issueReferral", key=key, **cast.issue(need="HUMAN_TRAFFICKING", priority="URGENT")
        )
        assert (again["referral"], again["replayed"]) == (None, True)
        assert again["sentReferral"] == {"folio": folio, "progress": "ENDED"}
        # Another post's, or nobody's: the same.
        async with post_of(cast) as other:
            assert await progress_of(other, folio) is None
            assert await progress_of(other, folios.make()) is None
            assert (await other.ask("{ sentReferrals(first: 5) { nodes { folio } } }"))["sentReferrals"] == {
                "nodes": []
            }


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - {"sent, by folio"}))
async def test_a_query_for_what_it_sent_answers_as_if_there_were_none(scene: Scene, name: str) -> None:
    document, called = QUERIES[name]
    real, absent = await scene.both(
        document, {"it": getattr(scene.real, called)}, {"it": getattr(scene.absent, called)}
    )
    assert real == absent
    assert b'"errors"' not in real["body"]


@pytest.mark.parametrize("mutation", CHANGES)
async def test_a_change_of_what_it_sent_answers_as_if_there_were_none(scene: Scene, mutation: str) -> None:
    document = (
        f"mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}(input: $input) "
        f"{{ referral {{ {FIELDS} }} replayed userErrors {{ code path message }} }} }}"
    )
    for more in ({}, {"expectedVersion": 1}, {"expectedVersion": 99})[: 1 if mutation in ASIDES else 3]:
        inputs = [
            {"input": {**CHANGES[mutation], **more, "referral": names.id, "idempotencyKey": f"{names.key} 2"}}
            for names in (scene.real, scene.absent)
        ]
        real, absent = await scene.both(document, *inputs)
        assert real == absent
        errors = json.loads(real["body"])["data"][mutation]["userErrors"]
        assert [error["code"] for error in errors] == ["NOT_FOUND"]
    still = await seen(scene.cast.hospital, scene.real.id)
    assert (still["status"], still["version"]) == ("SENT", 1)


@pytest.mark.parametrize("box", ["INBOX", "OUTBOX", "DRAFTS"])
async def test_its_lists_and_counts_are_those_of_one_that_has_sent_nothing(scene: Scene, box: str) -> None:
    for document in LISTS:
        real = _told(await scene.post.raw(document, {"box": box}))
        assert real == _told(await scene.stranger.raw(document, {"box": box}))
        assert b'"errors"' not in real["body"]


async def test_what_it_sent_is_followed_by_nothing_and_its_folio_is_no_links(scene: Scene) -> None:
    for called in ("folio", "id"):
        refused = [
            await sending(scene.post, "issueReferral", **scene.cast.issue(follows=getattr(names, called)))
            for names in (scene.real, scene.absent)
        ]
        assert refused[0] == refused[1]
        assert codes(refused[0]) == [("NOT_FOUND", ("follows",))]


async def test_of_a_whole_life_three_words_are_told_and_nothing_between_them(cast: Cast) -> None:
    async with post_of(cast) as post, AsyncExitStack() as readers:
        live = [
            await readers.enter_async_context(Follower(open_stream, post, await head_of(post)))
            for open_stream in (sse, websocket)
        ]
        folio = (await sending(post, "issueReferral", **cast.issue()))["sentReferral"]["folio"]
        referral = await at_the_hospital(cast, folio)
        waits = {"reviewAt": soon()}
        paused = {"reason": "WAITING_FOR_DOCUMENTS", "resumeAt": soon()}
        for mutation, inputs, progress in (
            ("waitlistReferral", waits, "RECEIVED"),
            ("acceptReferral", {"arriveBy": soon()}, "RECEIVED"),
            ("rescheduleReferral", {"arriveBy": soon(), "reason": "Otro turno"}, "RECEIVED"),
            ("startReferral", {}, "RECEIVED"),
            ("pauseReferral", paused, "RECEIVED"),
            ("resumeReferral", {}, "RECEIVED"),
            ("completeReferral", {"outcome": "FULLY_MET"}, "ENDED"),
            ("reopenReferral", {"reason": "Volvió"}, "ENDED"),
            ("endReferral", {"reason": "MOVED_ON"}, "ENDED"),
        ):
            await changed(cast.hospital, mutation, referral, **inputs)
            assert await progress_of(post, folio) == progress
        # A feed is in order: once it tells of this one, nothing before it is still to come.
        last = (await sending(post, "issueReferral", **cast.issue()))["sentReferral"]["folio"]
        entries = await eventually(lambda: told(post), lambda entries: len(entries) == 4)
        assert [one["sentReferral"] for one in entries] == [
            *({"folio": folio, "progress": progress} for progress in ("SENT", "RECEIVED", "ENDED")),
            {"folio": last, "progress": "SENT"},
        ]
        said = {"cursor", "event", "type", "at", "relation", "sentReferral"}
        for one in entries:
            assert {name for name, value in one.items() if value is not None} == said
            assert (one["type"], one["relation"]) == (PROGRESSED, "SENDER")
        for reader in live:
            assert [one.event for one in await reader.until_count(4)] == ["progressed"] * 4
            assert not [one for one in reader.entries if one.referral or one.version or one.folio]
        # What is asked for by its type is what is told.
        accepted = "referrals.referral.accepted.v1"
        page = (await post.ask(FEED, after=None, first=9, types=[accepted]))["events"]
        assert (page["nodes"], page["pageInfo"]["hasNextPage"]) == ([], False)
        assert len(await told(post, types=[PROGRESSED])) == 4
        listed = await post.ask(
            "{ sentReferrals(first: 1) { nodes { folio progress } pageInfo { endCursor } } }"
        )
        assert listed["sentReferrals"]["nodes"] == [{"folio": last, "progress": "SENT"}]
        rest = (
            "query ($after: String) { sentReferrals(first: 9, after: $after) { nodes { folio progress } } }"
        )
        after = listed["sentReferrals"]["pageInfo"]["endCursor"]
        assert (await post.ask(rest, after=after))["sentReferrals"]["nodes"] == [
            {"folio": folio, "progress": "ENDED"}
        ]


async def test_a_receiver_cannot_ask_whoever_may_not_answer(cast: Cast) -> None:
    async with post_of(cast) as post:
        folio = (await sending(post, "issueReferral", **cast.issue()))["sentReferral"]["folio"]
        referral = await at_the_hospital(cast, folio)
        for mutation, inputs in (
            ("askAboutReferral", {"question": "¿Viene sola?"}),
            ("proposeRedirect", {"service": cast.services["asesoria"]}),
            ("sendReferralMessage", {"text": "Llega a las seis"}),
        ):
            payload = await cast.hospital.change(mutation, referral=referral, **inputs)
            assert codes(payload) == [("FIREWALLED", ())]
        possible = "query ($id: ID!) { referral(id: $id) { status allowedActions { action } } }"
        found = (await cast.hospital.ask(possible, id=referral))["referral"]
        assert found["status"] == "SENT"
        actions = {one["action"] for one in found["allowedActions"]}
        assert {"RECEIVE", "ACCEPT", "DECLINE", "WAITLIST", "START"} <= actions
        assert actions.isdisjoint({"ASK", "PROPOSE_REDIRECT"})
        # Once it has accepted it goes on by itself, and the post hears nothing of that either.
        await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
        consent = {"basis": "VITAL_INTEREST", "reason": "Amenazas"}
        onward = await cast.hospital.change(
            "referOn", referral=referral, service=cast.services["asesoria"], need="LEGAL_ASSISTANCE",
            consent=consent,
        )  # fmt: skip
        assert onward["userErrors"] == []
        assert [one["sentReferral"]["progress"] for one in await told(post)] == ["SENT", "RECEIVED"]


async def test_a_draft_is_the_officers_own_until_it_is_sent(cast: Cast) -> None:
    async with post_of(cast) as post, cast.another("garita") as colleague:
        content = {name: value for name, value in cast.issue().items() if name != "service"}
        begun_by, sent_by = str(uuid.uuid4()), str(uuid.uuid4())
        begun = await sending(post, "draftReferral", key=begun_by, **content)
        assert (begun["userErrors"], begun["sentReferral"]) == ([], None)
        draft = begun["referral"]["id"]
        mine = "query ($id: ID!) { referral(id: $id) { status person { alias } } }"
        assert (await post.ask(mine, id=draft))["referral"] == {
            "status": "DRAFT",
            "person": {"alias": "Prueba"},
        }
        assert (await colleague.ask(mine, id=draft))["referral"] is None
        drafts = "{ referrals(box: DRAFTS, first: 5) { nodes { id } } referralCounts(box: DRAFTS) { total } }"
        assert await post.ask(drafts) == {
            "referrals": {"nodes": [{"id": draft}]}, "referralCounts": {"total": 1},
        }  # fmt: skip
        assert await colleague.ask(drafts) == {
            "referrals": {"nodes": []}, "referralCounts": {"total": 0},
        }  # fmt: skip
        edit = await post.change("updateDraft", referral=draft, service=cast.services["consulta"])
        assert edit["userErrors"] == []
        for _ in range(2):
            sent = await sending(post, "sendReferral", key=sent_by, referral=draft)
            assert (sent["userErrors"], sent["referral"]) == ([], None)
            assert sent["sentReferral"] == {"folio": begun["referral"]["folio"], "progress": "SENT"}
        again = await sending(post, "draftReferral", key=begun_by, **content)
        assert (again["referral"], again["sentReferral"], again["replayed"]) == (
            None,
            sent["sentReferral"],
            True,
        )
        assert (await post.ask(mine, id=draft))["referral"] is None
        assert codes(await colleague.change("sendReferral", key=sent_by, referral=draft)) == [
            ("NOT_FOUND", ())
        ]


async def test_a_group_is_answered_by_its_folios(cast: Cast) -> None:
    async with post_of(cast) as post:
        asked = {
            "needs": [
                need(cast, "consulta", need="MEDICAL_CARE"), need(cast, "asesoria", need="LEGAL_ASSISTANCE"),
            ],
            **{name: cast.issue()[name] for name in ("state", "person", "priority")},
            "idempotencyKey": str(uuid.uuid4()),
        }  # fmt: skip
        document = ISSUE_GROUP.replace("replayed", "replayed sentReferrals { folio progress }", 1)
        for replayed in (False, True):
            payload = (await post.ask(document, input=asked))["issueReferralGroup"]
            assert (payload["userErrors"], payload["group"], payload["replayed"]) == ([], None, replayed)
            assert [one["progress"] for one in payload["sentReferrals"]] == ["SENT", "SENT"]


async def service_of_the_post(post: Client) -> str:
    """A service that an authority offers to everybody."""
    fields = {"name": "Ventanilla (ficticia)", "needs": ["MIGRATION_REGULARIZATION"], "intake": "NETWORK"}
    document = """mutation ($input: CreateServiceInput!) { createService(input: $input) {
      service { id } userErrors { code path message } } }"""
    payload = (await post.ask(document, input={**fields, "idempotencyKey": str(uuid.uuid4())}))[
        "createService"
    ]
    assert payload["userErrors"] == []
    return str(payload["service"]["id"])


async def test_it_is_chosen_as_receiver_in_no_way(cast: Cast) -> None:
    async with post_of(cast) as post:
        theirs = await service_of_the_post(post)
        refused = [("FIREWALLED", ("service",))]
        named = {**cast.issue()["consent"], "method": "WRITTEN", "names": [organization_id(cast, "garita")]}
        for consent in (cast.issue()["consent"], named, {"basis": "LEGAL_OBLIGATION", "reason": "Oficio"}):
            issue = cast.issue(service=theirs, consent=consent)
            assert codes(await cast.shelter.change("issueReferral", **issue)) == refused
            assert codes(await cast.shelter.change("draftReferral", **issue)) == refused
        draft = (await cast.shelter.change("draftReferral", **cast.issue()))["referral"]["id"]
        assert codes(await cast.shelter.change("updateDraft", referral=draft, service=theirs)) == refused
        group = await cast.shelter.ask(
            ISSUE_GROUP,
            input={
                "needs": [need(cast, "consulta", need="MEDICAL_CARE"), need(cast, theirs)],
                **{name: cast.issue()[name] for name in ("state", "person", "priority")},
                "idempotencyKey": str(uuid.uuid4()),
            },
        )  # fmt: skip
        assert codes(group["issueReferralGroup"]) == [("FIREWALLED", ("needs", "1", "service"))]
        referral = (await issued(cast))["id"]
        assert (
            codes(await cast.hospital.change("proposeRedirect", referral=referral, service=theirs)) == refused
        )
        await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
        onward: dict[str, Any] = {"service": theirs, "need": "INFORMATION", "consent": named}
        assert codes(await cast.hospital.change("referOn", referral=referral, **onward)) == refused
        assert await told(post) == []


async def test_a_stranger_may_send_as_well_and_sees_its_own(cast: Cast) -> None:
    """The outline is for those behind the firewall: who is not sees what it sent as ever."""
    payload = await sending(cast.third, "issueReferral", **issue_of(cast.services["consulta"]))
    assert (payload["sentReferral"], payload["referral"] is None) == (None, False)
    assert await progress_of(cast.third, payload["referral"]["folio"]) == "SENT"
