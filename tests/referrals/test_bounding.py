"""A referral's history has an end: what can come round again and again is refused, what leads on never is."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Acknowledge, Cancel, Complete, Pause, Reopen, Start, Void
from contracts.codes import ReferralStatus, Role, State
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import UPDATE_DRAFT, UpdateDraft
from contracts.reasons import CancelReason, Outcome, PauseReason
from contracts.talk import MARK_READ, SEND_MESSAGE, MarkRead, SendMessage
from services.referrals.bounding import GOES_ROUND, MOST_CHANGES, MOST_OF_A_DRAFT, MOST_OF_A_SIDE
from services.referrals.document import Document
from services.referrals.errors import TooManyError
from services.referrals.referral import allowed_actions, decide
from services.referrals.roles import RECEIVER, SENDER
from services.referrals.store import Store
from services.referrals.transitions import TRANSITIONS
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.cast import NOW, PARTIES
from tests.referrals.conftest import Network
from tests.referrals.test_drafts import drafted, sent
from tests.referrals.test_transitions import INPUTS, ready

S = ReferralStatus
# Each only once: then nothing is proposed any more, the end is acknowledged, the consent is withdrawn, the
# basis is reviewed (another one is said by a correction), the person erased.
ONCE = {
    *("refuse_redirect", "lapse_redirect", "acknowledge", "withdraw_consent", "confirm_erasure"),
    *("review_basis", "erase"),
}


def full(status: ReferralStatus, **changes: Any) -> Document:
    """A referral at that status that both sides have changed as often as they may."""
    taken = {"rounds_sender": MOST_OF_A_SIDE, "rounds_receiver": MOST_OF_A_SIDE}
    return ready(status, **{"version": MOST_CHANGES, **taken, **changes})


def test_without_what_goes_round_every_referral_comes_to_an_end() -> None:
    ways: dict[ReferralStatus, set[ReferralStatus]] = {status: set() for status in S}
    for row in TRANSITIONS:
        for status in row.come_from - {None}:
            if row.action in GOES_ROUND | ONCE:
                continue
            assert row.to not in {None, status}, f"{row.action} can be taken for ever"
            ways[status].add(row.to)  # type: ignore[index]
    while ends := [status for status, onward in ways.items() if not onward]:
        ways = {status: onward - set(ends) for status, onward in ways.items() if status not in ends}
    assert not ways, f"{set(ways)} can come round again and again"


@pytest.mark.parametrize("status", S)
def test_whatever_leads_on_is_possible_however_often_it_was_changed(status: ReferralStatus) -> None:
    for party in PARTIES.values():
        before, then = ready(status), full(status)
        could = {one.action for one in allowed_actions(before, party, NOW)}
        assert {one.action for one in allowed_actions(then, party, NOW)} == could - GOES_ROUND
        for action in could & set(INPUTS):
            if action not in GOES_ROUND:
                decide(then, action, party, INPUTS[action], NOW)


def test_a_refusal_says_how_often_it_was_changed_and_what_is_possible() -> None:
    with pytest.raises(TooManyError) as refusal:
        decide(full(S.ACCEPTED), "correct", PARTIES[SENDER], {"corrected": ("need",)}, NOW)
    assert (refusal.value.code, refusal.value.detail) == (
        "TOO_MANY",
        "CORRECT is not possible any more: such changes were made 125 times for the sender; "
        "possible now: CANCEL, VOID, WITHDRAW_CONSENT, REVIEW_BASIS.",
    )
    with pytest.raises(TooManyError, match="possible now: START, COMPLETE, END, CANCEL"):
        decide(full(S.ACCEPTED), "reschedule", PARTIES[RECEIVER], INPUTS["reschedule"], NOW)


@pytest.mark.parametrize(("one", "action"), [(SENDER, "correct"), (RECEIVER, "propose_redirect")])
def test_one_side_uses_up_nothing_of_the_others(one: str, action: str) -> None:
    doc = ready(S.RECEIVED)
    inputs = {"service": "otro"} if one == RECEIVER else {"corrected": ("need",)}
    for _ in range(MOST_OF_A_SIDE):
        doc |= decide(doc, action, PARTIES[one], inputs, NOW).set
    with pytest.raises(TooManyError):
        decide(doc, action, PARTIES[one], inputs, NOW)
    if one == RECEIVER:
        with pytest.raises(TooManyError):  # a coordinator acts for a side, and has no room of its own
            decide(doc, action, PARTIES["coordinator"], inputs, NOW)
    other, then = (RECEIVER, "ask") if one == SENDER else (SENDER, "correct")
    assert then in {allowed.action for allowed in allowed_actions(doc, PARTIES[other], NOW)}
    decide(doc, then, PARTIES[other], {"question": "?"} if one == SENDER else {"corrected": ("need",)}, NOW)


async def is_now(store: Store, case: Case, **fields: int) -> None:
    """Let the referral have been changed so often."""
    await store.referrals.update_one({"_id": case.id}, {"$set": fields})


async def too_many(taken: Any) -> str:
    """The words of the refusal."""
    with pytest.raises(RefusedError) as refusal:
        await taken
    assert refusal.value.code == "TOO_MANY"
    return refusal.value.detail


async def test_a_referral_is_worked_on_to_its_end_and_is_then_corrected_and_reopened_no_more(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    await is_now(store, case, version=300, rounds_sender=MOST_OF_A_SIDE, rounds_receiver=MOST_OF_A_SIDE)
    correction = CorrectReferral(referral=case.id, idempotency_key="full", state=State.OAX)
    words = await too_many(network.ask(CORRECT, correction, case.sender))
    assert words.endswith("possible now: CANCEL, WITHDRAW_CONSENT.")
    assert "correct" not in {one.action for one in (await case.seen(case.sender)).allowed_actions}
    await case.take(Accept, arrive_by=soon())
    await case.take(Start)
    await too_many(case.take(Pause, reason=PauseReason.OTHER, note="n", resume_at=soon()))
    await case.take(Complete, outcome=Outcome.FULLY_MET)
    await too_many(case.take(Reopen, reason="volvió"))
    await case.take(Acknowledge, case.sender)
    await case.take(Void, network.member("casa", Role.MANAGER), note="era otra")
    stored = await store.load(case.id)
    assert stored is not None
    assert (stored["status"], stored["version"]) == ("entered_in_error", 300 + 5)


async def test_who_repeats_the_last_change_that_had_room_hears_what_it_did(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    await is_now(store, case, rounds_sender=MOST_OF_A_SIDE - 1)
    correction = CorrectReferral(referral=case.id, idempotency_key="last", state=State.OAX)
    await network.ask(CORRECT, correction, case.sender)
    other = CorrectReferral(referral=case.id, idempotency_key="one-more", state=State.CHP)
    await too_many(network.ask(CORRECT, other, case.sender))
    assert (await network.ask(CORRECT, correction, case.sender)).replayed


def others(many: int) -> Document:
    """So many keys of the other side's, to be added to those that are kept."""
    now = datetime.now(UTC)
    return {"$each": [{"key": f"other-{one}", "fingerprint": "f", "at": now} for one in range(many)]}


async def test_no_key_of_a_change_is_pushed_out_by_the_other_side(network: Network, store: Store) -> None:
    case = await new_case(network)
    correction = CorrectReferral(referral=case.id, idempotency_key="first", state=State.OAX)
    await network.ask(CORRECT, correction, case.sender)
    again = msgspec.structs.replace(correction, idempotency_key="second", state=State.CHP)
    await network.ask(CORRECT, again, case.sender)
    await store.referrals.update_one({"_id": case.id}, {"$push": {"idempotency": others(500)}})
    await case.take(Accept, arrive_by=soon())
    reply = await network.ask(CORRECT, correction, case.sender)
    assert (reply.replayed, reply.referral.state) == (True, State.CHP)


async def test_no_key_of_a_message_or_mark_is_pushed_out_by_the_other_side(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    send = SendMessage(referral=case.id, idempotency_key="said", text="llega con dos niñas")
    await network.ask(SEND_MESSAGE, send, case.sender)
    await network.ask(SEND_MESSAGE, msgspec.structs.replace(send, idempotency_key="heard"), case.receiver)
    read = MarkRead(referral=case.id, idempotency_key="read", up_to=2)
    await network.ask(MARK_READ, read, case.sender)
    # As many as the receiver likes: by assigning and taking back.
    many = {name: others(600) for name in ("aside_keys", "aside_keys_receiver")}
    await store.referrals.update_one({"_id": case.id}, {"$push": many})
    await network.ask(MARK_READ, msgspec.structs.replace(read, up_to=1), case.receiver)
    assert (await network.ask(SEND_MESSAGE, send, case.sender)).replayed
    assert (await network.ask(MARK_READ, read, case.sender)).replayed
    stored = await store.load(case.id)
    assert stored is not None
    assert len(stored["messages"]) == 2
    assert len(stored["aside_keys_receiver"]) == 500, "its own are bounded"


async def test_a_draft_takes_half_of_them_and_is_sent_all_the_same(network: Network, store: Store) -> None:
    draft = await drafted(network)
    case = Case(network, draft)
    await is_now(store, case, version=MOST_OF_A_DRAFT)
    edit = UpdateDraft(referral=draft.id, idempotency_key="one-more", state=State.OAX)
    words = await too_many(network.ask(UPDATE_DRAFT, edit, case.sender))
    assert "the draft was changed 250 times; possible now: SEND, CANCEL" in words
    assert (await sent(network, draft)).referral.version == MOST_OF_A_DRAFT + 1
    correction = CorrectReferral(referral=case.id, idempotency_key="after", state=State.OAX)
    await network.ask(CORRECT, correction, case.sender)


async def test_each_change_is_one_version_and_one_entry(network: Network, store: Store) -> None:
    draft = await drafted(network)
    await network.ask(
        UPDATE_DRAFT,
        UpdateDraft(referral=draft.id, idempotency_key="a", state=State.OAX),
        network.caseworker("casa"),
    )
    await sent(network, draft)
    await Case(network, draft).take(Cancel, network.caseworker("casa"), reason=CancelReason.NEED_MET)
    stored = await store.load(draft.id)
    assert stored is not None
    assert stored["version"] == len(stored["history"]) == 4
