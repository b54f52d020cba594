"""Consent withdrawn: the referral ends or the care goes on, the person's name and notes are gone for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import (
    Accept,
    Acknowledge,
    Cancel,
    Complete,
    Decline,
    Pause,
    Reopen,
    Start,
    Void,
)
from contracts.codes import Basis, Channel, PersonAccess, Role
from contracts.consents import ConfirmErasure, WithdrawConsent
from contracts.correcting import CORRECT, CorrectReferral
from contracts.events import EVENTS, ReferralEvent
from contracts.reasons import Outcome
from contracts.referrals import HISTORY, GetHistory, HistoryEntry
from contracts.rpc import Actor, Page
from services.referrals.erasing import LEFT_OVER, turns
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.deadlines.test_firing import told_of
from tests.referrals.test_drafts import drafted
from tests.servers import eventually


async def last_of(case: Case, actor: Actor) -> HistoryEntry:
    """The last entry of the history, as somebody sees it."""
    request = GetHistory(referral=case.id, page=Page(last=1))
    (entry,) = (await case.network.ask(HISTORY, request, actor)).items
    return entry


async def keys_left(store: Store, vault: Vault, case: Case) -> tuple[bool, bool]:
    """Whether the key for T2 is there, and that for T3 and T4."""
    doc = await store.load(case.id)
    assert doc is not None
    with await vault.fetch([doc["key_t2"], doc["key_t3"]]) as keys:
        return doc["key_t2"] in keys, doc["key_t3"] in keys


def knows_nothing(seen: Any) -> bool:
    """Whether nothing of the person stands in what somebody sees."""
    return (seen.household, seen.places, seen.acceptance_instructions) == (None, None, None) and (
        "canari" not in repr(seen).lower()
    )


async def test_before_the_receiver_has_begun_it_is_cancelled_and_her_name_and_notes_are_erased(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon(), instructions="canario en la puerta")
    allowed = {one.action: one.needs for one in (await case.seen(case.sender)).allowed_actions}
    assert allowed["withdraw_consent"] == ()
    reply = (await case.take(WithdrawConsent, case.sender)).referral
    assert (reply.status, reply.reason, reply.version) == ("cancelled", "person_withdrew", 3)
    assert reply.person_access is PersonAccess.ERASED
    assert await keys_left(store, vault, case) == (True, False)
    of_sender, of_receiver = await case.seen(case.sender), await case.seen(case.receiver)
    assert of_sender.person is not None
    assert (of_sender.person.age_band, of_sender.person.name, of_sender.person.notes) == ("adult", None, None)
    assert of_sender.acceptance_instructions is None
    assert of_receiver.person is None
    assert knows_nothing(of_receiver)
    assert (of_receiver.person_access, of_receiver.reason) == (PersonAccess.ERASED, "person_withdrew")
    for seen in (of_sender, of_receiver):
        assert seen.consent is not None
        assert seen.consent.withdrawn_at is not None
        assert seen.consent.erasure_due_at is not None
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 4)
    assert [(name, event.n, event.version) for name, event in told[2:]] == [
        ("cancelled", 3, 3),
        ("consent_withdrawn", 4, 3),
    ]
    assert "canari" not in repr(await store.load(case.id)).lower()
    entry = await last_of(case, case.receiver)
    assert (entry.action, entry.from_status, entry.to_status, entry.reason, entry.note) == (
        "withdraw_consent", "accepted", "cancelled", "person_withdrew", None,
    )  # fmt: skip
    assert (await case.take(Acknowledge, case.sender)).referral.loop_closed_at is not None


async def test_after_the_start_the_care_goes_on_and_the_receiver_is_shown_nothing_more(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Start)
    gone = (await case.take(WithdrawConsent, case.sender)).referral
    assert (gone.status, gone.reason, gone.arrived_at is not None) == ("in_progress", None, True)
    assert await keys_left(store, vault, case) == (True, False)
    assert knows_nothing(await case.seen(case.receiver))
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 3)
    assert [name for name, _ in told] == ["sent", "started", "consent_withdrawn"]
    # What it can say of its own work it still says; nothing more is written down of her.
    later = soon()
    assert await case.refused(Pause, reason="other", note="n", resume_at=later) == "ERASED"
    await case.take(Pause, reason="waiting_for_person", resume_at=later)
    corrected = CorrectReferral(referral=case.id, idempotency_key="w-correct", notes=cast.NOTES)
    with pytest.raises(RefusedError) as refusal:
        await network.ask(CORRECT, corrected, case.sender)
    assert refusal.value.problem.code == "WRONG_STATUS"
    done = (await case.take(Complete, outcome=Outcome.FULLY_MET)).referral
    assert (done.status, knows_nothing(done)) == ("completed", True)
    assert await case.refused(Reopen, reason="volvió") == "WRONG_STATUS"
    assert "reopen" not in {one.action for one in done.allowed_actions}


async def test_it_is_withdrawn_once_by_key_or_not_at_all(network: Network, store: Store) -> None:
    case = await new_case(network)
    for replayed in (False, True):
        reply = await case.take(WithdrawConsent, case.sender, idempotency_key="w-once")
        assert (reply.replayed, reply.referral.version) == (replayed, 2)
    assert await case.refused(WithdrawConsent, case.sender) == "WRONG_STATUS"
    assert await case.refused(WithdrawConsent, case.sender, idempotency_key="w-once", note="n") == (
        "IDEMPOTENCY_KEY_REUSED"
    )
    doc = await store.load(case.id)
    assert doc is not None
    assert "erase_since" not in doc
    assert len(doc["history"]) == 2


async def test_an_end_is_withdrawn_too_and_stays_what_it_was(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Decline, reason="no_capacity")
    gone = (await case.take(WithdrawConsent, case.sender)).referral
    assert (gone.status, gone.reason) == ("declined", "no_capacity")
    assert await keys_left(store, vault, case) == (True, False)
    assert gone.consent is not None
    assert gone.consent.erasure_due_at is not None


@pytest.mark.parametrize("basis", [Basis.LEGAL_OBLIGATION, Basis.BEST_INTERESTS_OF_THE_CHILD])
async def test_what_no_withdrawal_ends_goes_on_and_shows_that_she_objects(
    network: Network, store: Store, vault: Vault, basis: Basis
) -> None:
    consent = cast.consent(datetime.now(UTC), basis=basis, reason="orden de un juzgado", vulnerabilities=())
    person = msgspec.structs.replace(cast.PERSON, age_band="child", vulnerabilities=())
    case = await new_case(network, consent=consent, person=person)
    await case.take(Accept, arrive_by=soon())
    reply = (await case.take(WithdrawConsent, case.sender, note="no quiere ir")).referral
    assert (reply.status, reply.reason, reply.person_access) == ("accepted", None, PersonAccess.FULL)
    assert await keys_left(store, vault, case) == (True, True)
    for actor in (case.sender, case.receiver):
        consent_seen = (await case.seen(actor)).consent
        assert consent_seen is not None
        assert consent_seen.objected_at is not None
        assert (consent_seen.withdrawn_at, consent_seen.erasure_due_at) == (None, None)
        assert (await last_of(case, actor)).note == "no quiere ir"
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 3)
    assert told[-1][0] == "objected"
    assert await case.refused(WithdrawConsent, case.sender) == "WRONG_STATUS"
    assert await case.refused(ConfirmErasure) == "WRONG_STATUS"


async def test_vital_interest_ends_with_her_word_once_she_can_give_it(network: Network) -> None:
    consent = cast.consent(datetime.now(UTC), basis=Basis.VITAL_INTEREST, reason="estaba inconsciente")
    case = await new_case(network, consent=consent)
    assert (await case.take(WithdrawConsent, case.sender)).referral.status == "cancelled"


async def test_nobody_has_to_say_why_and_nothing_of_it_is_kept(network: Network, store: Store) -> None:
    case = await new_case(network)
    with pytest.raises(RefusedError) as refusal:
        await case.take(WithdrawConsent, case.sender, note="tiene miedo")
    assert [field.path for field in refusal.value.fields] == [("note",)]
    doc = await store.load(case.id)
    assert doc is not None
    assert (doc["status"], doc["version"]) == ("sent", 1)


async def test_the_senders_own_withdraw_or_a_coordinator_and_nobody_else(network: Network) -> None:
    case = await new_case(network)
    for actor in (
        network.member("casa", Role.VIEWER),
        network.client("casa", "referrals:read"),
    ):
        assert await case.refused(WithdrawConsent, actor) == "FORBIDDEN"
    assert await case.refused(WithdrawConsent, network.member("casa", Role.INTAKE)) == "NOT_FOUND"
    assert await case.refused(WithdrawConsent, case.receiver) == "WRONG_STATUS"
    assert await case.refused(WithdrawConsent, network.caseworker("tercera")) == "NOT_FOUND"
    reply = await case.take(WithdrawConsent, cast.coordinator())
    assert reply.referral.status == "cancelled"
    entry = await last_of(case, case.sender)
    assert entry.acted_for == "sender"


async def test_a_draft_has_nothing_to_take_back(network: Network) -> None:
    case = Case(network, await drafted(network))
    assert await case.refused(WithdrawConsent, case.sender) == "WRONG_STATUS"
    await case.take(Cancel, case.sender, reason="person_withdrew")
    assert await case.refused(WithdrawConsent, case.sender) == "WRONG_STATUS"


async def test_the_receiver_confirms_once_that_its_copies_are_erased(network: Network) -> None:
    case = await new_case(network)
    assert await case.refused(ConfirmErasure) == "WRONG_STATUS"
    await case.take(WithdrawConsent, case.sender)
    seen = await case.seen(case.receiver)
    assert "confirm_erasure" in {one.action for one in seen.allowed_actions}
    assert await case.refused(ConfirmErasure, case.sender) == "WRONG_STATUS"
    assert await case.refused(ConfirmErasure, network.member("clinica", Role.VIEWER)) == "FORBIDDEN"
    for replayed in (False, True):
        reply = await case.take(ConfirmErasure, idempotency_key="erased-once")
        assert (reply.replayed, reply.referral.version) == (replayed, 3)
    for actor in (case.sender, case.receiver):
        consent = (await case.seen(actor)).consent
        assert consent is not None
        assert consent.erasure_confirmed_at is not None
        assert consent.erasure_due_at is None
    assert await case.refused(ConfirmErasure) == "WRONG_STATUS"
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 4)
    assert told[-1][0] == "erasure_confirmed"


async def test_for_who_answers_by_telephone_the_sender_records_that_it_has_erased(network: Network) -> None:
    case = await new_case(network, "telefono")
    await case.take(WithdrawConsent, case.sender)
    assert await case.refused(ConfirmErasure, case.sender) == "INVALID"
    said = {"reported_by": "la doctora canaria", "channel": Channel.TELEPHONE}
    confirmed = (await case.take(ConfirmErasure, case.sender, **said)).referral
    assert confirmed.consent is not None
    assert confirmed.consent.erasure_confirmed_at is not None
    entry = await last_of(case, case.sender)
    assert (entry.acted_for, entry.reported_by) == ("receiver", "la doctora canaria")


async def test_until_her_key_is_gone_nothing_of_it_is_opened_and_what_a_crash_left_is_erased(
    network: Network, store: Store, vault: Vault
) -> None:
    """As in the moment between the word that it is withdrawn and the deletion of the key."""
    case = await new_case(network)
    await case.take(Start)
    now = datetime.now(UTC).replace(microsecond=0)
    later = now + timedelta(hours=1)
    died = {"withdrawn_at": now, "erase_since": later, "erased": ["t3"]}
    await store.referrals.update_one({"_id": case.id}, {"$set": died})
    assert await keys_left(store, vault, case) == (True, True)
    seen = await case.seen(case.sender)
    assert (seen.person_access, seen.person and seen.person.name) == (PersonAccess.ERASED, None)
    assert seen.person is not None
    assert (seen.person.age_band, seen.person.notes) == ("adult", None)
    assert knows_nothing(await case.seen(case.receiver))
    assert await case.refused(Cancel, reason="other", note="n") == "ERASED"
    assert await turns(store, vault, lambda: now).turn() == 0
    assert await turns(store, vault, lambda: later + LEFT_OVER).turn() == 1
    assert await keys_left(store, vault, case) == (True, False)
    doc = await store.load(case.id)
    assert doc is not None
    assert "erase_since" not in doc


async def test_what_is_voided_while_a_withdrawal_is_carried_out_loses_both_keys(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    now = datetime.now(UTC).replace(microsecond=0)
    half = {"_id": case.id, "erase_since": now, "erased": ["t3"]}
    await case.take(WithdrawConsent, case.sender)
    more = {"erase_since": now, "erased": ["t2", "t3"]}
    await store.referrals.update_one({"_id": case.id}, {"$set": more})
    await store.erased(half)
    assert [one["_id"] for one in (await store.to_erase.page(now, None, 10)).found] == [case.id], (
        "the void's own word stands"
    )
    manager = network.member("casa", Role.MANAGER)
    gone = (await case.take(Void, manager, note="otra mujer")).referral
    assert (gone.status, await keys_left(store, vault, case)) == ("entered_in_error", (False, False))
    assert await case.refused(ConfirmErasure) == "WRONG_STATUS"


async def test_what_is_told_of_a_withdrawal_names_nothing_of_her(network: Network) -> None:
    case = await new_case(network)
    await case.take(WithdrawConsent, case.sender)
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 3)
    names = set(ReferralEvent.__struct_fields__)
    for name, event in told:
        assert EVENTS[f"referrals.referral.{name}.v1"].data is type(event)
        assert set(event.__struct_fields__) == names
