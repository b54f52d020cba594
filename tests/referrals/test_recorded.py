"""What a receiver without an account answers is recorded by the sender or a coordinator, and says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import InvalidError, RefusedError, WrongStatusError
from contracts.changes import (
    Accept,
    Acknowledge,
    Answer,
    Ask,
    Cancel,
    Complete,
    Decline,
    End,
    Pause,
    Receive,
    Reopen,
    Resume,
    Start,
    Waitlist,
)
from contracts.codes import Channel, ReferralStatus, Role, Scope
from contracts.reasons import CancelReason, DeclineReason, EndReason, Outcome
from contracts.referrals import HISTORY, ISSUE, GetHistory, HistoryEntry
from contracts.rpc import Actor, Page
from services.referrals import tiers
from services.referrals.document import Document
from services.referrals.referral import allowed_actions, decide
from services.referrals.roles import COORDINATOR, RECEIVER, SENDER, Party
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.cast import NOW, caseworker, client, document, member
from tests.referrals.conftest import Network

S = ReferralStatus
SAID: dict[str, Any] = {"reported_by": "Dra. Canaria, turno de noche", "channel": Channel.TELEPHONE}
COORDINATES = {"organization": "red", "organization_kind": "un_agency"}


@pytest.fixture
async def case(network: Network) -> Case:
    """A referral to a service that answers by telephone."""
    return await new_case(network, "telefono")


async def problems(case: Case, kind: Any, actor: Actor, **inputs: Any) -> set[tuple[str, str]]:
    """The fields of a refusal, each with its code; all at once."""
    with pytest.raises(RefusedError) as refusal:
        await case.take(kind, actor, **inputs)
    return {(field.path[0], field.code) for field in refusal.value.problem.fields}


async def history(case: Case, actor: Actor) -> list[HistoryEntry]:
    """The history as somebody sees it."""
    request = GetHistory(referral=case.id, page=Page(first=50))
    return list((await case.network.ask(HISTORY, request, actor)).items)


async def test_the_sender_records_each_answer_from_the_first_sign_of_life_to_the_end(case: Case) -> None:
    sender = case.sender
    called = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    received = (await case.take(Receive, sender, **SAID, occurred_at=called)).referral
    assert (received.status, received.version) == ("received", 2)
    await case.take(Ask, sender, **SAID, question="¿Puede caminar?")
    await case.take(Answer, sender, answer="Sí")
    await case.take(Waitlist, sender, **SAID, review_at=soon())
    accepted = (
        await case.take(Accept, sender, **SAID, arrive_by=soon(), instructions="Puerta azul")
    ).referral
    assert (accepted.status, accepted.acceptance_instructions) == ("accepted", "Puerta azul")
    await case.take(Start, sender, **{**SAID, "channel": Channel.IN_PERSON})
    await case.take(Complete, sender, **SAID, outcome=Outcome.FULLY_MET)
    closed = (await case.take(Acknowledge, sender)).referral
    assert closed.loop_closed_at is not None
    entries = await history(case, sender)
    assert [(entry.action, entry.acted_for, entry.reported_by, entry.channel) for entry in entries] == [
        ("issue", None, None, None),
        ("receive", "receiver", SAID["reported_by"], "telephone"),
        ("ask", "receiver", SAID["reported_by"], "telephone"),
        ("reply", None, None, None),
        ("waitlist", "receiver", SAID["reported_by"], "telephone"),
        ("accept", "receiver", SAID["reported_by"], "telephone"),
        ("start", "receiver", SAID["reported_by"], "in_person"),
        ("complete", "receiver", SAID["reported_by"], "telephone"),
        ("acknowledge", None, None, None),
    ]
    assert (entries[1].occurred_at, entries[1].organization) == (called, case.network.ids["casa"])


async def test_who_said_it_and_how_must_be_given_with_all_else_that_is_missing(case: Case) -> None:
    assert await problems(case, Accept, case.sender) == {
        ("reported_by", "REQUIRED"), ("channel", "REQUIRED"),
        ("arrive_by", "REQUIRED"), ("appointment", "REQUIRED"),
    }  # fmt: skip
    assert await problems(case, Receive, case.sender, channel=Channel.EMAIL) == {("reported_by", "REQUIRED")}
    assert await problems(case, Receive, case.sender, **SAID, external_id="X") == {("external_id", "INVALID")}
    allowed = {one.action: one.needs for one in (await case.seen(case.sender)).allowed_actions}
    assert allowed["accept"] == ("arrive_by|appointment", "reported_by", "channel")
    assert allowed["cancel"] == ("reason",)
    assert "refer_on" not in allowed
    assert (await case.seen(case.sender)).version == 1


async def test_the_reply_to_the_issue_says_already_what_may_be_recorded(network: Network) -> None:
    request = cast.request(network.ids["telefono"], datetime.now(UTC), idempotency_key="recorded-issue")
    reply = await network.ask(ISSUE, request, network.caseworker("casa"))
    assert "receive" in {one.action for one in reply.referral.allowed_actions}


async def test_where_the_receiver_has_an_account_its_answers_are_its_own(network: Network) -> None:
    case = await new_case(network)
    for kind, inputs in (
        (Receive, {}),
        (Accept, {"arrive_by": soon()}),
        (Decline, {"reason": "no_capacity"}),
    ):
        assert await case.refused(kind, case.sender, **inputs, **SAID) == "WRONG_STATUS"
    assert await problems(case, Receive, case.receiver, **SAID) == {
        ("reported_by", "INVALID"), ("channel", "INVALID"),
    }  # fmt: skip
    assert await problems(case, Cancel, case.sender, reason=CancelReason.NEED_MET, **SAID) == {
        ("reported_by", "INVALID"), ("channel", "INVALID"),
    }  # fmt: skip
    await case.take(Receive)


async def test_a_receiver_by_telephone_that_has_an_account_may_answer_for_itself(case: Case) -> None:
    assert (await case.take(Receive, external_id="T-9")).referral.external_id == "T-9"
    (_, entry) = await history(case, case.sender)
    assert (entry.acted_for, entry.reported_by) == (None, None)


async def test_roles_and_scopes_of_the_sender_say_who_records(case: Case) -> None:
    network = case.network
    for actor in (
        network.member("casa", Role.VIEWER),
        network.client("casa", Scope.REFERRALS_READ, Scope.REFERRALS_ANSWER),
    ):
        assert await case.refused(Receive, actor, **SAID) == "FORBIDDEN"
    for stranger in (network.caseworker("tercera"), network.member("casa", Role.INTAKE)):
        assert await case.refused(Receive, stranger, **SAID) == "NOT_FOUND"
    await case.take(Receive, network.client("casa", Scope.REFERRALS_SEND), **SAID)


async def test_who_said_it_is_kept_encrypted_and_shown_to_those_who_may_know_the_circumstances(
    case: Case, store: Store, vault: Vault
) -> None:
    await case.take(Decline, case.sender, **SAID, reason=DeclineReason.NO_CAPACITY)
    stored = await store.load(case.id)
    assert stored is not None
    assert "canari" not in repr(stored).lower()
    for actor, expected in (
        (case.sender, (SAID["reported_by"], "telephone", "no_capacity")),
        (case.network.member("casa", Role.VIEWER), (None, None, None)),
        (case.receiver, (None, "telephone", "no_capacity")),
    ):
        entry = (await history(case, actor))[-1]
        assert (entry.reported_by, entry.channel, entry.reason) == expected
        assert entry.acted_for == "receiver"
    await vault.erase([stored["key_t2"]])
    assert (await history(case, case.sender))[-1].reported_by is None


async def test_a_cancellation_is_the_senders_own_unless_the_receiver_said_it(network: Network) -> None:
    own, said = await new_case(network, "telefono"), await new_case(network, "telefono")
    for case, inputs, acted_for in ((own, {}, None), (said, SAID, "receiver")):
        await case.take(Accept, case.sender, **SAID, arrive_by=soon())
        await case.take(Cancel, case.sender, reason=CancelReason.COULD_NOT_CONTACT, **inputs)
        assert (await history(case, case.sender))[-1].acted_for == acted_for
    early = await new_case(network, "telefono")
    assert await problems(early, Cancel, early.sender, reason=CancelReason.NEED_MET, **SAID) == {
        ("reported_by", "INVALID"), ("channel", "INVALID"),
    }  # fmt: skip


async def test_every_row_of_the_receiver_can_be_recorded(network: Network) -> None:
    case = await new_case(network, "telefono")
    sender = case.sender
    await case.take(Start, sender, **SAID)
    await case.take(Pause, sender, **SAID, reason="waiting_for_person", resume_at=soon())
    await case.take(Resume, sender, **SAID)
    await case.take(End, sender, **SAID, reason=EndReason.MOVED_ON)
    await case.take(Reopen, sender, **SAID, reason="volvió")
    statuses = {entry.to_status for entry in await history(case, sender)}
    assert statuses >= {"in_progress", "on_hold", "not_completed"}


# --- coordinators -------------------------------------------------------------------------------


async def test_a_coordinator_acts_for_a_silent_receiver_and_both_parties_see_that(network: Network) -> None:
    case = await new_case(network)
    coordinator = cast.coordinator()
    await case.take(Accept, coordinator, arrive_by=soon(), **SAID)
    for actor in (case.sender, case.receiver):
        entry = (await history(case, actor))[-1]
        assert (entry.action, entry.acted_for, entry.organization) == ("accept", "receiver", "red")
        assert (entry.reported_by, entry.channel) == (SAID["reported_by"], "telephone")
    seen = await case.seen(coordinator)
    assert seen.person is None
    assert (await history(case, coordinator))[-1].reported_by is None


async def test_a_coordinator_acts_for_a_silent_sender_and_needs_say_nothing_more(network: Network) -> None:
    case = await new_case(network)
    await case.take(Ask, question="¿Cuántas?")
    await case.take(Answer, cast.coordinator(), answer="Tres")
    assert (await history(case, case.sender))[-1].acted_for == "sender"
    await case.take(Cancel, cast.coordinator(), reason=CancelReason.MOVED_ON)
    entry = (await history(case, case.receiver))[-1]
    assert (entry.acted_for, entry.reported_by, entry.channel) == ("sender", None, None)


async def test_a_coordinator_says_both_or_neither_and_both_for_who_answers_by_telephone(
    network: Network,
) -> None:
    silent, by_telephone = await new_case(network), await new_case(network, "telefono")
    coordinator = cast.coordinator()
    assert await problems(silent, Receive, coordinator, channel=Channel.EMAIL) == {
        ("reported_by", "REQUIRED")
    }
    assert await problems(silent, Receive, coordinator, external_id="X") == {("external_id", "INVALID")}
    assert await problems(by_telephone, Receive, coordinator) == {
        ("reported_by", "REQUIRED"), ("channel", "REQUIRED"),
    }  # fmt: skip
    await silent.take(Receive, coordinator)
    await by_telephone.take(Receive, coordinator, **SAID)


async def test_a_coordinators_system_acts_as_far_as_its_scopes_reach(network: Network) -> None:
    case = await new_case(network)
    sends = cast.client("red", Scope.REFERRALS_SEND, network_roles=("coordinator",))
    assert await case.refused(Receive, sends) == "FORBIDDEN"
    answers = cast.client("red", Scope.REFERRALS_ANSWER, network_roles=("coordinator",))
    await case.take(Receive, answers)
    assert (await history(case, case.sender))[-1].acted_for == "receiver"


# --- the table ----------------------------------------------------------------------------------


def by_telephone(status: ReferralStatus, **changes: Any) -> Document:
    return document(status, intake="telephone", proposed_redirect="otro", **changes)


def recording(*roles: Role) -> Party:
    party = tiers.party_of(by_telephone(S.SENT), member("casa", *roles), NOW)
    assert party is not None
    assert party.records
    return party


def test_what_is_recorded_is_what_the_receiver_could_have_done_and_no_more() -> None:
    receiver = Party(RECEIVER, member("clinica", Role.CASEWORKER, Role.MANAGER))
    sender = Party(SENDER, member("casa", Role.CASEWORKER, Role.MANAGER))
    both = recording(Role.CASEWORKER, Role.MANAGER)
    for status in S:
        doc = by_telephone(status)
        if status is S.DRAFT:
            continue
        of = {
            name: {one.action for one in allowed_actions(doc, party, NOW)}
            for name, party in (("receiver", receiver), ("sender", sender), ("both", both))
        }
        assert of["both"] == of["receiver"] | of["sender"]


def test_nobody_records_for_a_receiver_of_the_network_or_in_a_draft() -> None:
    for doc in (document(S.SENT), by_telephone(S.DRAFT)):
        party = tiers.party_of(doc, caseworker("casa"), NOW)
        assert party is not None
        assert not party.records
        with pytest.raises(WrongStatusError):
            decide(doc, "receive", party, SAID, NOW)


def test_who_records_and_what_was_said_stand_in_no_clear_text() -> None:
    change = decide(by_telephone(S.SENT), "receive", recording(Role.CASEWORKER), SAID, NOW)
    assert "Canaria" not in repr((change.set, change.history))
    assert [(one.place, one.key) for one in change.secrets] == [("reported_by", "t2")]
    assert (change.history["acted_for"], change.history["channel"]) == (RECEIVER, "telephone")
    assert change.set["received_at"] == NOW


def test_a_client_that_coordinates_takes_the_side_that_it_may() -> None:
    actor = client("red", Scope.REFERRALS_SEND, network_roles=("coordinator",))
    change = decide(document(S.ACCEPTED), "cancel", Party(COORDINATOR, actor), {"reason": "moved_on"}, NOW)
    assert change.history["acted_for"] == SENDER
    answering = client("red", Scope.REFERRALS_ANSWER, network_roles=("coordinator",))
    change = decide(
        document(S.ACCEPTED), "cancel", Party(COORDINATOR, answering), {"reason": "moved_on"}, NOW
    )
    assert change.history["acted_for"] == RECEIVER
    with pytest.raises(InvalidError):
        decide(document(S.SENT), "receive", Party(COORDINATOR, answering), {"channel": "email"}, NOW)
