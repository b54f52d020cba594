"""A referral on its way: it waits, moves to another day, rests, comes back; and the late truth counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import (
    Accept,
    Acknowledge,
    Complete,
    End,
    Pause,
    Receive,
    Reopen,
    Reschedule,
    Resume,
    Start,
    Waitlist,
)
from contracts.codes import PersonAccess, ReferralStatus
from contracts.events import ReferralEvent
from contracts.reasons import EndReason, Outcome, PauseReason
from contracts.referrals import HISTORY, Appointment, GetHistory, HistoryEntry
from contracts.rpc import Actor, Page
from services.referrals.store import Store
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import eventually

NAMING = "nota canaria: Abigail Canaria viene el jueves"


async def last_entry(case: Case, actor: Actor) -> HistoryEntry:
    """The last entry of the history, as somebody sees it."""
    request = GetHistory(referral=case.id, page=Page(last=1))
    (entry,) = (await case.network.ask(HISTORY, request, actor)).items
    return entry


async def event(case: Case, name: str) -> ReferralEvent:
    """The event of that name, once it is the last one."""

    async def last() -> ReferralEvent | None:
        message = await case.network.last_event(case.id)
        if message is None or f".{name}." not in (message.subject or ""):
            return None
        return msgspec.json.decode(message.data or b"", type=ReferralEvent)

    told = await eventually(last)
    assert told is not None
    return told


async def stands(store: Store, case: Case, **fields: Any) -> None:
    """Put the stored referral where no action of today brings it."""
    await store.referrals.update_one({"_id": case.id}, {"$set": fields})


def actions(case_seen: Any) -> set[str]:
    return {one.action for one in case_seen.allowed_actions}


async def test_what_waits_says_until_when_and_is_accepted_from_there(network: Network) -> None:
    case = await new_case(network)
    review = soon()
    waits = (await case.take(Waitlist, review_at=review, note=NAMING)).referral
    assert (waits.status, waits.version, waits.review_at) == ("waitlisted", 2, review)
    assert {"accept", "decline", "start"} <= actions(waits)
    assert "waitlist" not in actions(waits)
    viewer = await case.seen(network.member("casa", "viewer"))
    assert viewer.review_at == review
    assert (await last_entry(case, case.sender)).note == NAMING
    assert (await event(case, "waitlisted")).to_status is ReferralStatus.WAITLISTED
    assert await case.refused(Waitlist, review_at=review) == "WRONG_STATUS"
    accepted = (await case.take(Accept, arrive_by=soon())).referral
    assert (accepted.status, accepted.review_at) == ("accepted", None)


async def test_a_day_that_is_past_is_no_day_to_look_again(network: Network) -> None:
    case = await new_case(network)
    past = datetime.now(UTC) - timedelta(minutes=1)
    with pytest.raises(RefusedError) as refusal:
        await case.take(Waitlist, review_at=past)
    assert [field.path for field in refusal.value.problem.fields] == [("review_at",)]
    await case.take(Start)
    with pytest.raises(RefusedError) as refusal:
        await case.take(Pause, reason=PauseReason.OTHER, resume_at=past)
    assert {field.path for field in refusal.value.problem.fields} == {("note",), ("resume_at",)}


async def test_another_time_is_told_without_its_reason(network: Network, store: Store) -> None:
    case = await new_case(network)
    first, later = soon(), soon() + timedelta(days=1)
    await case.take(Accept, arrive_by=first)
    assert (await event(case, "accepted")).arrive_by == first
    moved = (await case.take(Reschedule, arrive_by=later, reason=NAMING)).referral
    assert (moved.status, moved.version, moved.arrive_by) == ("accepted", 3, later)
    told = await event(case, "rescheduled")
    assert (told.arrive_by, told.from_status, told.to_status) == (later, "accepted", "accepted")
    at = Appointment(start=later, timezone="America/Mexico_City")
    moved = (await case.take(Reschedule, appointment=at, reason="Cita con la doctora")).referral
    assert (moved.arrive_by, moved.appointment) == (None, at)
    assert "canari" not in repr(await store.load(case.id)).lower()
    request = GetHistory(referral=case.id, page=Page(first=10))
    notes = [(one.reason, one.note) for one in (await network.ask(HISTORY, request, case.sender)).items]
    assert notes == [(None, None), (None, None), (None, NAMING), (None, "Cita con la doctora")]


async def test_to_move_it_takes_one_time_in_the_future_and_the_receiver(network: Network) -> None:
    case = await new_case(network)
    assert await case.refused(Reschedule, arrive_by=soon(), reason="r") == "WRONG_STATUS"
    await case.take(Accept, arrive_by=soon())
    for by in (None, datetime.now(UTC) - timedelta(hours=1)):
        assert await case.refused(Reschedule, reason="r", arrive_by=by) == "INVALID"
    assert await case.refused(Reschedule, case.sender, arrive_by=soon(), reason="r") == "WRONG_STATUS"
    viewer = network.member("clinica", "viewer")
    assert await case.refused(Reschedule, viewer, arrive_by=soon(), reason="r") == "FORBIDDEN"


async def test_it_rests_and_goes_on_and_can_end_while_it_rests(network: Network) -> None:
    case = await new_case(network)
    await case.take(Start)
    on = soon()
    resting = (await case.take(Pause, reason=PauseReason.WAITING_FOR_DOCUMENTS, resume_at=on)).referral
    assert (resting.status, resting.resume_at) == ("on_hold", on)
    assert resting.person is not None
    assert resting.person.name == "Abigail Canaria"
    entry = await last_entry(case, case.sender)
    assert (entry.action, entry.reason) == ("pause", "waiting_for_documents")
    assert (await event(case, "paused")).held is False
    assert actions(resting) == {"resume", "complete", "end", "cancel", "refer_on"}
    going = (await case.take(Resume)).referral
    assert (going.status, going.resume_at) == ("in_progress", None)
    await event(case, "resumed")
    await case.take(Pause, reason=PauseReason.OTHER, resume_at=on, note="n")
    ended = (await case.take(End, reason=EndReason.MOVED_ON)).referral
    assert (ended.status, ended.resume_at) == ("not_completed", None)


async def test_an_end_is_taken_back_within_a_week_and_ends_anew(network: Network, store: Store) -> None:
    case = await new_case(network)
    await case.take(Start)
    await case.take(Complete, outcome=Outcome.FULLY_MET)
    await case.take(Acknowledge, case.sender)
    assert actions(await case.seen(case.receiver)) == {"reopen"}
    assert await case.refused(Reopen, case.sender, reason="r") == "WRONG_STATUS"
    again = (await case.take(Reopen, reason=NAMING)).referral
    assert (again.status, again.outcome, again.loop_closed_at) == ("in_progress", None, None)
    assert again.person is not None
    assert again.person.name == "Abigail Canaria"
    assert (await last_entry(case, case.sender)).note == NAMING
    assert "canari" not in repr(await store.load(case.id)).lower()
    assert (await event(case, "reopened")).from_status is ReferralStatus.COMPLETED
    await case.take(End, reason=EndReason.MOVED_ON)
    assert (await case.take(Acknowledge, case.sender)).referral.loop_closed_at is not None
    await stands(store, case, ended_at=datetime.now(UTC) - timedelta(days=7, minutes=1))
    assert await case.refused(Reopen, reason="r") == "WRONG_STATUS"
    assert actions(await case.seen(case.receiver)) == set()


async def expired(network: Network, store: Store, ago: timedelta) -> Case:
    """A referral that nobody answered in time, and that its sender has read the end of."""
    case = await new_case(network)
    at = datetime.now(UTC) - ago
    await stands(store, case, status="expired", ended_at=at, loop_closed_at=at)
    return case


async def test_who_came_after_all_has_arrived_and_is_open_to_the_receiver(
    network: Network, store: Store
) -> None:
    case = await expired(network, store, timedelta(days=29))
    seen = await case.seen(case.receiver)
    assert (seen.person, seen.person_access) == (None, PersonAccess.ENDED)
    assert actions(seen) == {"start", "complete"}
    came = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    started = (await case.take(Start, arrived_at=came, occurred_at=came)).referral
    assert (started.status, started.arrived_at, started.loop_closed_at) == ("in_progress", came, None)
    assert started.person is not None
    assert started.person.name == "Abigail Canaria"
    told = await event(case, "started")
    assert (told.from_status, told.to_status) == ("expired", "in_progress")
    entry = await last_entry(case, case.sender)
    assert (entry.occurred_at, entry.recorded_at > came) == (came, True)


async def test_help_that_was_given_after_all_is_an_end_of_its_own(network: Network, store: Store) -> None:
    case = await expired(network, store, timedelta(days=29))
    done = (await case.take(Complete, outcome=Outcome.PARTIALLY_MET)).referral
    assert (done.status, done.outcome, done.loop_closed_at) == ("completed", "partially_met", None)
    assert (await event(case, "completed")).from_status is ReferralStatus.EXPIRED
    assert (await case.take(Acknowledge, case.sender)).referral.loop_closed_at is not None


async def test_the_late_truth_is_told_for_thirty_days_and_by_the_receiver(
    network: Network, store: Store
) -> None:
    case = await expired(network, store, timedelta(days=30, minutes=1))
    for kind in (Start, Receive):
        assert await case.refused(kind) == "WRONG_STATUS"
    assert await case.refused(Complete, outcome=Outcome.FULLY_MET) == "WRONG_STATUS"
    recent = await expired(network, store, timedelta(days=1))
    assert await recent.refused(Start, recent.sender) == "WRONG_STATUS"
