"""Changing a referral over the bus: the whole way, once for each key, and one winner where two race."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from nats.js.api import RawStreamMsg

from chassis.problems import RefusedError
from contracts.changes import (
    Accept,
    Acknowledge,
    Cancel,
    Complete,
    Decline,
    End,
    Receive,
    Start,
)
from contracts.codes import Need, PersonAccess, Priority
from contracts.reasons import CancelReason, DeclineReason, EndReason, Outcome
from contracts.referrals import (
    FIND,
    GET,
    HISTORY,
    FindReferral,
    GetHistory,
    GetReferrals,
    ReferralReply,
    ServiceGiven,
)
from contracts.rpc import Page
from services.referrals.marks import Marks, hash_key
from services.referrals.opening import ALL, open_all, open_history
from services.referrals.roles import Party
from services.referrals.sealed import Opened
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.audit.chains import opening
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import Servers, eventually

_keys = (f"change-{number}" for number in itertools.count())


@pytest.fixture
async def case(network: Network) -> Case:
    """A new referral."""
    return await new_case(network)


async def test_a_reply_opens_no_more_than_was_asked_for_and_a_retry_may_ask_for_more(case: Case) -> None:
    key = next(_keys)
    outline = await case.take(Accept, arrive_by=soon(), idempotency_key=key, tiers=("T2",))
    assert outline.referral.person is not None
    assert (outline.referral.person.age_band, outline.referral.person.name) == ("adult", None)
    again = await case.take(Accept, arrive_by=outline.referral.arrive_by, idempotency_key=key, tiers=("T3",))
    assert again.replayed
    assert again.referral.person is not None
    assert (again.referral.person.age_band, again.referral.person.name) == (None, "Abigail Canaria")


async def test_a_referral_goes_all_the_way_and_each_side_sees_what_it_may(case: Case) -> None:
    received = (await case.take(Receive, external_id="C-1")).referral
    assert (received.status, received.version, received.external_id) == ("received", 2, "C-1")
    accepted = (await case.take(Accept, arrive_by=soon(), instructions="canario en la puerta")).referral
    assert accepted.person_access is PersonAccess.NOT_CONSENTED  # a note on violence is not named
    assert accepted.person is not None
    assert accepted.person.name == "Abigail Canaria"
    assert [note.text for note in accepted.person.notes or ()] == [
        "nota canaria de salud", "otra nota canaria de salud",
    ]  # fmt: skip
    told = await case.seen(case.sender)
    assert (told.acceptance_instructions, told.external_id) == ("canario en la puerta", None)
    assert told.arrive_by == accepted.arrive_by
    started = (await case.take(Start)).referral
    assert started.arrived_at is not None
    given = (ServiceGiven(code=Need.SEXUAL_REPRODUCTIVE_HEALTH, quantity=2),)
    await case.take(Complete, outcome=Outcome.FULLY_MET, services_given=given, note="nota canaria")
    ended = await case.seen(case.sender)
    assert (ended.status, ended.outcome, ended.services_given) == ("completed", "fully_met", given)
    assert [action.action for action in ended.allowed_actions] == ["acknowledge", "withdraw_consent"]
    closed = (await case.take(Acknowledge, case.sender)).referral
    assert (closed.loop_closed_at is not None, closed.version) == (True, 6)


async def test_a_decline_closes_the_person_to_the_receiver_at_once(case: Case) -> None:
    assert (await case.seen(case.receiver)).person is not None
    reply = await case.take(Decline, reason=DeclineReason.OTHER, note="nota canaria")
    assert (reply.referral.person, reply.referral.person_access) == (None, PersonAccess.ENDED)
    sender = await case.seen(case.sender)
    assert (sender.reason, sender.person_access) == ("other", PersonAccess.FULL)


async def test_an_end_has_its_reason_and_a_cancellation_its_own(network: Network) -> None:
    ended, cancelled = await new_case(network), await new_case(network)
    await ended.take(Accept, arrive_by=soon())
    assert (await ended.take(End, reason=EndReason.NO_SHOW)).referral.reason == "no_show"
    await cancelled.take(Cancel, cancelled.sender, reason=CancelReason.MOVED_ON)
    seen = await cancelled.seen(cancelled.receiver)
    assert (seen.status, seen.reason, seen.person) == ("cancelled", "moved_on", None)


async def test_a_key_repeats_a_change_once_and_refuses_another_input(case: Case) -> None:
    key = next(_keys)
    first = await case.take(Receive, idempotency_key=key)
    again = await case.take(Receive, idempotency_key=key)
    assert (first.replayed, again.replayed, again.referral.version) == (False, True, 2)
    assert await case.refused(Receive, idempotency_key=key, external_id="x") == "IDEMPOTENCY_KEY_REUSED"
    assert await case.refused(Accept, idempotency_key=key, arrive_by=soon()) == "IDEMPOTENCY_KEY_REUSED"
    await case.take(Accept, arrive_by=soon())
    late = await case.take(Receive, idempotency_key=key)
    assert (late.replayed, late.referral.status) == (True, "accepted")
    other = case.network.caseworker("clinica", id="another")
    assert await case.refused(Receive, other, idempotency_key=key) == "WRONG_STATUS"


async def test_fifty_at_once_with_one_key_are_one_change(case: Case, store: Store) -> None:
    key, by = next(_keys), soon()
    replies = await asyncio.gather(
        *(case.take(Accept, idempotency_key=key, arrive_by=by, external_id="C-50") for _ in range(50))
    )
    assert [reply.replayed for reply in replies].count(False) == 1
    assert {reply.referral.version for reply in replies} == {2}
    doc = await store.load(case.id)
    assert doc is not None
    assert [entry["action"] for entry in doc["history"]] == ["issue", "accept"]


async def test_of_two_at_once_with_the_same_expected_version_one_wins(network: Network) -> None:
    for _ in range(10):
        case = await new_case(network)
        results = await asyncio.gather(
            case.take(Accept, arrive_by=soon(), expected_version=1),
            case.take(Cancel, case.sender, reason=CancelReason.NEED_MET, expected_version=1),
            return_exceptions=True,
        )
        won = [result for result in results if isinstance(result, ReferralReply)]
        lost = [result.problem.code for result in results if isinstance(result, RefusedError)]
        assert (len(won), lost) == (1, ["STALE_VERSION"])


async def test_of_many_at_once_each_is_decided_on_what_the_one_before_left(case: Case, store: Store) -> None:
    results = await asyncio.gather(
        *(case.take(Receive) for _ in range(20)),
        *(case.take(Accept, arrive_by=soon()) for _ in range(20)),
        return_exceptions=True,
    )
    codes = [result.problem.code for result in results if isinstance(result, RefusedError)]
    won = [result for result in results if isinstance(result, ReferralReply)]
    assert set(codes) == {"WRONG_STATUS"}
    assert len(won) in {1, 2}
    doc = await store.load(case.id)
    assert doc is not None
    assert doc["status"] == "accepted"
    assert doc["version"] == doc["n"] == len(doc["history"]) == len(won) + 1
    assert [entry["n"] for entry in doc["history"]] == list(range(1, len(won) + 2))
    assert doc["revision"] == len(won) + 1


async def test_a_refusal_changes_nothing(case: Case, store: Store) -> None:
    async def settled() -> bool:
        doc = await store.load(case.id)
        return doc is not None and not doc["pending"]

    await eventually(settled)
    before = await store.load(case.id)
    assert await case.refused(Complete, outcome=Outcome.FULLY_MET) == "WRONG_STATUS"
    assert await case.refused(Accept) == "INVALID"
    assert await case.refused(Accept, case.sender, arrive_by=soon()) == "WRONG_STATUS"
    assert await case.refused(Receive, expected_version=4) == "STALE_VERSION"
    assert await case.refused(Receive, case.network.member("clinica", "viewer")) == "FORBIDDEN"
    assert await store.load(case.id) == before


async def test_who_may_neither_read_nor_act_is_not_told_where_a_referral_stands(case: Case) -> None:
    nobody = case.network.client("clinica", "feed:read")
    assert await case.refused(Receive, nobody, expected_version=77) == "NOT_FOUND"
    reader = case.network.client("clinica", "referrals:read")
    assert await case.refused(Receive, reader, expected_version=77) == "FORBIDDEN"


async def test_for_a_third_organization_nothing_is_there(case: Case) -> None:
    network = case.network
    refusals = []
    for actor in (
        network.caseworker("tercera"), network.client("tercera", *cast.ALL_SCOPES),
        network.caseworker("clinica", verified=False), network.caseworker("policia"),
    ):  # fmt: skip
        for referral in (case.id, "nowhere"):
            for kind, inputs in ((Receive, {}), (Accept, {"arrive_by": soon()}), (Acknowledge, {})):
                with pytest.raises(RefusedError) as refusal:
                    await case.take(kind, actor, referral=referral, **inputs)
                refusals.append(refusal.value.problem)
            with pytest.raises(RefusedError) as refusal:
                await network.ask(HISTORY, GetHistory(referral=referral, page=Page(first=10)), actor)
            refusals.append(refusal.value.problem)
            (item,) = (await network.ask(GET, GetReferrals(ids=(referral,)), actor)).items
            assert item is None
        assert (await network.ask(FIND, FindReferral(folio=case.folio), actor)).item is None
    assert len(set(map(repr, refusals))) == 1
    assert refusals[0].code == "NOT_FOUND"


async def test_the_receivers_external_id_is_its_own_and_cannot_change(network: Network) -> None:
    one, other = await new_case(network), await new_case(network)
    await one.take(Receive, external_id="C-9")
    assert await other.refused(Receive, external_id="C-9") == "EXTERNAL_ID_TAKEN"
    assert await one.refused(Accept, external_id="C-10", arrive_by=soon()) == "EXTERNAL_ID_TAKEN"
    assert (await one.take(Accept, external_id="C-9", arrive_by=soon())).referral.external_id == "C-9"
    found = await network.ask(FIND, FindReferral(external_id="C-9"), one.receiver)
    assert found.item is not None
    assert found.item.id == one.id


async def test_a_reservation_alone_finds_nothing(case: Case, store: Store, servers: Servers) -> None:
    marks = Marks(hash_key(servers.keys_dir))
    mark = marks.external_id(case.network.ids["clinica"], "C-ahead")
    assert await store.reserve_external_id(mark, case.id, datetime.now(UTC))
    found = await case.network.ask(FIND, FindReferral(external_id="C-ahead"), case.receiver)
    assert found.item is None


async def test_history_keeps_when_it_happened_beside_when_it_was_recorded(case: Case) -> None:
    happened = datetime.now(UTC) - timedelta(days=3)
    await case.take(Receive, occurred_at=happened)
    await case.take(Decline, reason=DeclineReason.NO_CAPACITY, note="nota canaria")
    page = await case.network.ask(HISTORY, GetHistory(referral=case.id, page=Page(first=2)), case.sender)
    assert [entry.action for entry in page.items] == ["issue", "receive"]
    assert abs(page.items[1].occurred_at - happened) < timedelta(milliseconds=1)
    assert page.items[1].recorded_at > happened + timedelta(days=2)
    assert (page.has_next, page.has_previous) == (True, False)
    rest = await case.network.ask(
        HISTORY, GetHistory(referral=case.id, page=Page(first=2, after=page.positions[-1])), case.sender
    )
    assert [(entry.n, entry.reason, entry.note) for entry in rest.items] == [
        (3, "no_capacity", "nota canaria")
    ]
    assert (rest.has_next, rest.has_previous) == (False, True)
    viewer = case.network.member("clinica", "viewer")
    outline = await case.network.ask(HISTORY, GetHistory(referral=case.id, page=Page(last=1)), viewer)
    assert [(entry.n, entry.reason, entry.note) for entry in outline.items] == [(3, None, None)]


async def test_nothing_is_decrypted_that_its_reader_may_not_have(
    case: Case, store: Store, vault: Vault
) -> None:
    await case.take(Decline, reason=DeclineReason.OTHER, note="nota canaria")
    doc = await store.load(case.id)
    assert doc is not None
    now = datetime.now(UTC)
    means = opening(vault)
    viewer = Party("receiver", case.network.member("clinica", "viewer"))
    assert await open_history(means, doc, viewer, doc["history"], now) == Opened()
    caseworker = Party("receiver", case.receiver)
    assert (await open_history(means, doc, caseworker, doc["history"], now)).history == {2: "nota canaria"}
    assert await open_all(means, [(doc, caseworker)], ALL, now) == [Opened()]


async def test_notes_and_instructions_are_encrypted_where_they_are_stored(case: Case, store: Store) -> None:
    await case.take(Accept, arrive_by=soon(), instructions="canario en la puerta")
    await case.take(End, reason=EndReason.OTHER, note="nota canaria")
    assert "canari" not in repr(await store.load(case.id)).lower()


async def test_once_her_data_is_erased_both_sides_are_told_so_and_nothing_can_be_added(
    case: Case, store: Store, vault: Vault
) -> None:
    await case.take(Accept, arrive_by=soon())
    doc = await store.load(case.id)
    assert doc is not None
    await vault.erase([doc["key_t3"]])
    for actor in (case.sender, case.receiver):
        seen = await case.seen(actor)
        assert seen.person_access is PersonAccess.ERASED
        assert seen.person is not None
        assert (seen.person.age_band, seen.person.name, seen.person.notes) == ("adult", None, None)
    assert await case.refused(End, reason=EndReason.OTHER, note="n") == "ERASED"
    assert (await case.take(End, reason=EndReason.NO_SHOW)).referral.status == "not_completed"


async def test_a_client_answers_by_its_scope_for_the_member_it_names(case: Case) -> None:
    scopes = ("referrals:answer", "referrals:read", "referrals:read_person")
    system = case.network.client("clinica", *scopes, on_behalf_of="enf-7")
    reply = await case.take(Accept, system, arrive_by=soon())
    assert reply.referral.person_access is PersonAccess.ROLE
    assert reply.referral.person is not None
    assert (reply.referral.person.name, reply.referral.person.notes) == ("Abigail Canaria", None)
    page = GetHistory(referral=case.id, page=Page(last=1))
    assert (await case.network.ask(HISTORY, page, case.receiver)).items[0].on_behalf_of == "enf-7"
    assert (await case.network.ask(HISTORY, page, case.sender)).items[0].on_behalf_of is None


async def test_vital_interest_in_an_emergency_opens_the_person_from_received(network: Network) -> None:
    vital = cast.consent(datetime.now(UTC), basis="vital_interest", reason="r", categories=())
    case = await new_case(network, priority=Priority.EMERGENCY, consent=msgspec.convert(vital, type(vital)))
    assert (await case.seen(case.receiver)).person_access is PersonAccess.NOT_YET_ACCEPTED
    received = (await case.take(Receive)).referral
    assert received.person is not None
    assert received.person.name == "Abigail Canaria"
    assert {note.category for note in received.person.notes or ()} == {"health"}


async def test_every_change_is_told_once_and_in_order(case: Case) -> None:
    await case.take(Receive)
    await case.take(Accept, arrive_by=soon())
    await case.take(Start)
    await case.take(Complete, outcome=Outcome.PARTIALLY_MET)
    await case.take(Acknowledge, case.sender)

    def is_last(message: RawStreamMsg | None) -> bool:
        return message is not None and (message.headers or {}).get("n") == "6"

    last = await eventually(lambda: case.network.last_event(case.id), is_last)
    assert last is not None
    assert last.subject == f"evt.referrals.referral.{case.id}.acknowledged.v1"
    stream = case.network.referrals.js
    names: list[str] = []
    seq = 1
    while len(names) < 6:
        message = await stream.get_msg(
            "EVT", seq=seq, subject=f"evt.referrals.referral.{case.id}.>", next=True
        )
        names.append((message.subject or "").split(".")[-2])
        seq = (message.seq or 0) + 1
    assert names == ["sent", "received", "accepted", "started", "completed", "acknowledged"]
