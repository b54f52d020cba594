"""Every status, every action, every side: the table's change, or a refusal that changes nothing."""

from copy import deepcopy
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from chassis.problems import ForbiddenError, InvalidError, WrongStatusError
from contracts.codes import ReferralStatus, Role, Scope
from contracts.events import REFERRAL_EVENTS
from contracts.reasons import Outcome
from contracts.referrals import Appointment, Places
from contracts.rpc import Actor
from services.referrals.document import Document
from services.referrals.referral import Change, allowed_actions, decide, events_of, permitted
from services.referrals.roles import COORDINATOR, RECEIVER, ROLES, SENDER, SYSTEM, Party
from services.referrals.statuses import ENDED, FHIR_TASK_STATUS
from services.referrals.transitions import ACTIONS, TRANSITIONS, Row
from tests.referrals.cast import NOW, PARTIES, caseworker, client, document, member

S = ReferralStatus

# What the domain's table says, written down once more by hand: status before, action, side, status after.
TABLE: dict[tuple[str, str], dict[str, str]] = {
    ("draft", SENDER): {
        "update_draft": "draft", "send": "sent", "cancel": "cancelled", "void": "entered_in_error",
    },
    ("sent", SENDER): {"correct": "sent", "withdraw_consent": "cancelled",
        "review_basis": "sent",
        "cancel": "cancelled", "void": "entered_in_error",
        "confirm_redirect": "redirected", "refuse_redirect": "sent",
    },
    ("sent", RECEIVER): {
        "receive": "received", "ask": "info_requested", "waitlist": "waitlisted", "accept": "accepted",
        "decline": "declined", "propose_redirect": "sent", "start": "in_progress",
    },
    ("sent", SYSTEM): {"expire": "expired", "lapse_redirect": "sent"},
    ("received", SENDER): {"correct": "received", "withdraw_consent": "cancelled",
        "review_basis": "received",
        "cancel": "cancelled", "void": "entered_in_error",
        "confirm_redirect": "redirected", "refuse_redirect": "received",
    },
    ("received", RECEIVER): {
        "ask": "info_requested", "waitlist": "waitlisted", "accept": "accepted",
        "decline": "declined", "propose_redirect": "received", "start": "in_progress",
    },
    ("received", SYSTEM): {"expire": "expired", "lapse_redirect": "received"},
    ("info_requested", SENDER): {"correct": "info_requested", "withdraw_consent": "cancelled",
        "review_basis": "info_requested",
        "reply": "received", "cancel": "cancelled", "void": "entered_in_error",
        "confirm_redirect": "redirected", "refuse_redirect": "info_requested",
    },
    ("info_requested", RECEIVER): {
        "waitlist": "waitlisted", "accept": "accepted", "decline": "declined",
        "propose_redirect": "info_requested", "start": "in_progress",
    },
    ("info_requested", SYSTEM): {"expire": "expired", "lapse_redirect": "info_requested"},
    ("waitlisted", SENDER): {"correct": "waitlisted", "withdraw_consent": "cancelled",
        "review_basis": "waitlisted",
        "cancel": "cancelled", "void": "entered_in_error",
        "confirm_redirect": "redirected", "refuse_redirect": "waitlisted",
    },
    ("waitlisted", RECEIVER): {
        "accept": "accepted", "decline": "declined", "propose_redirect": "waitlisted", "start": "in_progress",
    },
    ("waitlisted", SYSTEM): {"expire": "expired", "lapse_redirect": "waitlisted"},
    ("accepted", SENDER): {
        "correct": "accepted", "cancel": "cancelled", "void": "entered_in_error",
        "withdraw_consent": "cancelled",
        "review_basis": "accepted",
    },
    ("accepted", RECEIVER): {
        "reschedule": "accepted", "start": "in_progress", "complete": "completed",
        "end": "not_completed", "cancel": "cancelled",
    },
    ("in_progress", SENDER): {
        "correct": "in_progress", "cancel": "cancelled", "void": "entered_in_error",
        "withdraw_consent": "in_progress", "review_basis": "in_progress",
    },
    ("in_progress", RECEIVER): {"confirm_erasure": "in_progress",
        "pause": "on_hold", "complete": "completed", "end": "not_completed", "cancel": "cancelled",
    },
    ("on_hold", SENDER): {
        "correct": "on_hold", "cancel": "cancelled", "void": "entered_in_error",
        "withdraw_consent": "on_hold", "review_basis": "on_hold",
    },
    ("on_hold", RECEIVER): {"confirm_erasure": "on_hold",
        "resume": "in_progress", "complete": "completed", "end": "not_completed", "cancel": "cancelled",
    },
    ("declined", SENDER): {
        "void": "entered_in_error", "acknowledge": "declined", "withdraw_consent": "declined",
        "review_basis": "declined", "erase": "declined",
    },
    ("declined", RECEIVER): {"confirm_erasure": "declined"},
    ("redirected", SENDER): {
        "void": "entered_in_error", "acknowledge": "redirected", "withdraw_consent": "redirected",
        "review_basis": "redirected", "erase": "redirected",
    },
    ("redirected", RECEIVER): {"confirm_erasure": "redirected"},
    ("completed", SENDER): {
        "void": "entered_in_error", "acknowledge": "completed", "withdraw_consent": "completed",
        "review_basis": "completed", "erase": "completed",
    },
    ("completed", RECEIVER): {"confirm_erasure": "completed", "reopen": "in_progress"},
    ("not_completed", SENDER): {
        "void": "entered_in_error", "acknowledge": "not_completed", "withdraw_consent": "not_completed",
        "review_basis": "not_completed", "erase": "not_completed",
    },
    ("not_completed", RECEIVER): {"confirm_erasure": "not_completed", "reopen": "in_progress"},
    ("cancelled", SENDER): {
        "void": "entered_in_error", "acknowledge": "cancelled", "withdraw_consent": "cancelled",
        "review_basis": "cancelled", "erase": "cancelled",
    },
    ("cancelled", RECEIVER): {"confirm_erasure": "cancelled"},
    ("expired", SENDER): {
        "void": "entered_in_error", "acknowledge": "expired", "withdraw_consent": "expired",
        "review_basis": "expired", "erase": "expired",
    },
    ("expired", RECEIVER): {"confirm_erasure": "expired", "start": "in_progress", "complete": "completed"},
}  # fmt: skip

# What a coordinator cannot say for a silent sender.
ITS_OWN_WORD = {"correct", "confirm_redirect"}
SOON = NOW + timedelta(hours=5)
INPUTS: dict[str, dict[str, Any]] = {
    "send": {
        "need": "food",
        "priority": "routine",
        "service": "s",
        "state": "CHP",
        "consent": "c",
        "person": "p",
    },
    "ask": {"question": "¿Cuántas personas?"},
    "reply": {"answer": "Dos."},
    "waitlist": {"review_at": SOON},
    "accept": {"arrive_by": SOON},
    "decline": {"reason": "no_capacity"},
    "propose_redirect": {"service": "otro"},
    "confirm_redirect": {"service": "otro", "consent": "c"},
    "reschedule": {"arrive_by": SOON, "reason": "La doctora no está."},
    "start": {"arrived_at": NOW - timedelta(hours=1)},
    "pause": {"reason": "waiting_for_person", "resume_at": SOON},
    "complete": {"outcome": Outcome.FULLY_MET},
    "end": {"reason": "no_show"},
    "cancel": {"reason": "need_met"},
    "expire": {"deadline": "decide"},
    "void": {"note": "n"},
    "erase": {"note": "n"},
    "reopen": {"reason": "she came back"},
    "review_basis": {"confirm": True},
}
# A redirect is proposed, so that every row may apply.
PAIRS = list(product(S, ACTIONS))


def take(doc: Document, action: str, relation: str, **inputs: Any) -> Change:
    """Decide an action of that side, with the inputs that it needs."""
    return decide(doc, action, PARTIES[relation], {**INPUTS.get(action, {}), **inputs}, NOW)


def ready(status: ReferralStatus, **changes: Any) -> Document:
    """A referral at that status for which every condition of the table holds."""
    duty = {"since": NOW - timedelta(days=2), "by": NOW, "next": SOON}
    owed = {"confirm_erasure": duty, "review_basis": duty}
    review = {"status": "due", "who": "member:another"}
    given = {"proposed_redirect": "otro", "duties": owed, "basis_review": review}
    return document(status, **{**given, **changes})


@pytest.mark.parametrize("relation", PARTIES)
@pytest.mark.parametrize("status", S)
def test_every_status_action_and_side_is_the_tables_change_or_a_refusal(
    status: ReferralStatus, relation: str
) -> None:
    for action in ACTIONS:
        check_pair(status, action, relation)


def check_pair(status: ReferralStatus, action: str, relation: str) -> None:
    """Take the action: the table's change, or a refusal that names the status and changes nothing."""
    doc = ready(status)
    before = deepcopy(doc)
    sides: tuple[str, ...] = (SENDER, RECEIVER) if relation == COORDINATOR else (relation,)
    if relation == COORDINATOR and action in ITS_OWN_WORD:
        sides = ()
    expected = [TABLE.get((status, side), {}).get(action) for side in sides]
    after = next((one for one in expected if one), None)
    if after is None:
        with pytest.raises((WrongStatusError, ForbiddenError)) as refusal:
            take(doc, action, relation)
        if isinstance(refusal.value, WrongStatusError):
            assert f"is {status.upper()}" in refusal.value.detail
    else:
        change = take(doc, action, relation)
        assert change.set["status"] == after
        assert change.set["version"] == doc["version"] + 1
        assert change.history["from_status"] == status
        assert change.history["to_status"] == after
        assert change.history["version"] == doc["version"] + 1
    assert doc == before


def test_every_row_of_the_table_is_in_the_hand_written_one() -> None:
    rows = {
        (status, row.who, row.action) for row in TRANSITIONS for status in row.come_from if status is not None
    }
    assert rows == {
        (S(status), who, action) for (status, who), actions in TABLE.items() for action in actions
    }
    assert {row.number for row in TRANSITIONS} == set(range(21))


def test_at_most_one_row_applies_to_a_status_action_and_side() -> None:
    for (status, action), relation in product(PAIRS, PARTIES):
        for doc in (ready(status), ready(status, n=0)):
            applying = [
                row
                for row in TRANSITIONS
                if row.action == action and row.applies(doc, PARTIES[relation], NOW) and row.who == relation
            ]
            assert len(applying) <= 1


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.needs and None not in row.come_from])
def test_no_action_is_possible_without_what_must_be_given(row: Row) -> None:
    for need in row.needs:
        if need == "arrived_at":
            continue  # is when the action happened, unless said
        doc = ready(next(status for status in row.come_from if status))
        inputs = {name: value for name, value in INPUTS[row.action].items() if name not in need.split("|")}
        inputs.pop("note", None)
        with pytest.raises(InvalidError) as refusal:
            decide(doc, row.action, PARTIES[row.who], inputs, NOW)
        assert {(name,) for name in need.split("|")} <= {field.path for field in refusal.value.fields}


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidError) as refusal:
        take(ready(S.SENT), "decline", RECEIVER, reason="other", occurred_at=NOW - timedelta(days=31))
    assert {field.path for field in refusal.value.fields} == {("note",), ("occurred_at",)}


def test_a_refusal_names_what_is_possible_from_there() -> None:
    with pytest.raises(WrongStatusError) as refusal:
        take(ready(S.DECLINED, duties={}), "accept", RECEIVER)
    assert refusal.value.detail == (
        "ACCEPT is not possible for the receiver while the referral is DECLINED; possible now: nothing."
    )
    with pytest.raises(WrongStatusError, match="possible now: RESCHEDULE, START, COMPLETE, END, CANCEL"):
        take(ready(S.ACCEPTED), "accept", RECEIVER)


@pytest.mark.parametrize("action", ["decline", "end", "cancel", "pause"])
def test_the_reason_other_needs_a_note(action: str) -> None:
    doc = ready(S.SENT if action == "decline" else S.IN_PROGRESS)
    with pytest.raises(InvalidError) as refusal:
        take(doc, action, RECEIVER, reason="other")
    assert [field.path for field in refusal.value.fields] == [("note",)]
    assert take(doc, action, RECEIVER, reason="other", note="por qué").secrets[0].value == "por qué"


def test_accepting_takes_an_arrival_or_an_appointment_and_not_both() -> None:
    appointment = Appointment(start=SOON, timezone="America/Mexico_City", location="l1")
    change = take(ready(S.SENT), "accept", RECEIVER, arrive_by=None, appointment=appointment)
    assert change.set["appointment"] == {"start": SOON, "timezone": "America/Mexico_City", "location": "l1"}
    with pytest.raises(InvalidError):
        take(ready(S.SENT), "accept", RECEIVER, appointment=appointment)
    nowhere = Appointment(start=NOW - timedelta(hours=1), timezone="America/Nowhere")
    with pytest.raises(InvalidError) as refusal:
        take(ready(S.SENT), "accept", RECEIVER, arrive_by=None, appointment=nowhere)
    assert [field.path for field in refusal.value.fields] == [
        ("appointment", "start"),
        ("appointment", "timezone"),
    ]


@pytest.mark.parametrize(("ago", "fits"), [(30, True), (31, False), (-0.003, True), (-0.01, False)])
def test_an_action_happened_within_thirty_days_and_at_most_five_minutes_ahead(ago: float, fits: bool) -> None:
    at = NOW - timedelta(days=ago)
    if not fits:
        with pytest.raises(InvalidError, match="not right"):
            take(ready(S.SENT), "receive", RECEIVER, occurred_at=at)
        return
    change = take(ready(S.SENT), "receive", RECEIVER, occurred_at=at)
    assert abs(change.history["occurred_at"] - at) < timedelta(milliseconds=1)
    assert change.history["recorded_at"] == NOW
    assert change.set["received_at"] == change.history["occurred_at"]


@pytest.mark.parametrize(
    ("action", "status"),
    [("pause", S.IN_PROGRESS), ("resume", S.ON_HOLD), ("complete", S.IN_PROGRESS), ("end", S.ON_HOLD)],
)
def test_nothing_that_follows_an_arrival_happened_before_it(action: str, status: ReferralStatus) -> None:
    arrived = NOW - timedelta(days=10)
    there = ready(status, arrived_at=arrived)
    with pytest.raises(InvalidError) as refusal:
        take(there, action, RECEIVER, occurred_at=arrived - timedelta(days=1))
    assert [field.path for field in refusal.value.fields] == [("occurred_at",)]
    take(there, action, RECEIVER, occurred_at=arrived)
    # Nobody has arrived: it ended when it ended.
    take(ready(status, arrived_at=None), action, RECEIVER, occurred_at=arrived)


def test_a_start_implies_acceptance_and_says_when_she_arrived() -> None:
    change = take(ready(S.RECEIVED), "start", RECEIVER)
    assert change.set["arrived_at"] == INPUTS["start"]["arrived_at"]
    assert change.set["accepted_at"] == NOW
    happened = NOW - timedelta(days=2)
    change = decide(ready(S.RECEIVED), "start", PARTIES[RECEIVER], {"occurred_at": happened}, NOW)
    assert change.set["arrived_at"] == happened


@pytest.mark.parametrize("number", [2, None], ids=["as the second try", "kept already"])
def test_whoever_starts_takes_the_places_that_the_directory_has_for_her(number: int | None) -> None:
    taken = {"places": (Places(unit="bed", count=1),), "hold": number}
    change = decide(ready(S.ACCEPTED, held=False), "start", PARTIES[RECEIVER], taken, NOW)
    assert (change.set["held"], change.set["hold"]) == (True, number)


@pytest.mark.parametrize("status", [S.SENT, S.RECEIVED, S.INFO_REQUESTED, S.WAITLISTED])
def test_an_emergency_and_a_service_by_telephone_never_expire(status: ReferralStatus) -> None:
    for doc in (ready(status, priority="emergency"), ready(status, intake="telephone")):
        with pytest.raises(WrongStatusError):
            take(doc, "expire", SYSTEM)


def test_an_end_can_be_reopened_for_seven_days_and_a_late_truth_told_for_thirty() -> None:
    for status, action, days in (
        (S.COMPLETED, "reopen", 7),
        (S.EXPIRED, "start", 30),
        (S.EXPIRED, "complete", 30),
    ):
        limit = NOW - timedelta(days=days)
        change = take(ready(status, ended_at=limit), action, RECEIVER)
        assert change.set["loop_closed_at"] is None
        with pytest.raises(WrongStatusError):
            take(ready(status, ended_at=limit - timedelta(seconds=1)), action, RECEIVER)


def test_reopening_takes_the_end_back_and_a_late_completion_is_a_new_one() -> None:
    ended = {"ended_at": NOW, "reason": None, "outcome": "fully_met", "loop_closed_at": NOW}
    change = take(ready(S.COMPLETED, **ended), "reopen", RECEIVER)
    assert (change.set["ended_at"], change.set["outcome"]) == (None, None)
    change = take(
        ready(S.EXPIRED, ended_at=NOW - timedelta(days=3), loop_closed_at=NOW), "complete", RECEIVER
    )
    assert (change.set["ended_at"], change.set["loop_closed_at"]) == (NOW, None)


def test_a_day_to_look_again_is_over_when_nobody_waits_for_it() -> None:
    for status, action, field in (
        (S.WAITLISTED, "accept", "review_at"),
        (S.WAITLISTED, "decline", "review_at"),
        (S.ON_HOLD, "resume", "resume_at"),
        (S.ON_HOLD, "complete", "resume_at"),
    ):
        assert take(ready(status, **{field: SOON}), action, RECEIVER).set[field] is None
    assert take(ready(S.SENT), "waitlist", RECEIVER).set["review_at"] == SOON
    assert take(ready(S.IN_PROGRESS), "pause", RECEIVER).set["resume_at"] == SOON
    assert "review_at" not in take(ready(S.WAITLISTED, review_at=SOON), "propose_redirect", RECEIVER).set


def test_who_is_taken_back_after_she_did_not_come_has_arrived() -> None:
    reopened = take(ready(S.NOT_COMPLETED, accepted_at=NOW - timedelta(days=2)), "reopen", RECEIVER).set
    assert (reopened["accepted_at"], reopened["arrived_at"]) == (NOW - timedelta(days=2), NOW)
    before = NOW - timedelta(days=1)
    assert take(ready(S.COMPLETED, arrived_at=before), "reopen", RECEIVER).set["arrived_at"] == before


def test_free_text_that_reads_other_is_a_reason_like_any() -> None:
    assert take(ready(S.COMPLETED), "reopen", RECEIVER, reason="other").secrets[0].value == "other"


def test_the_loop_is_closed_once() -> None:
    for status in ENDED:
        assert take(ready(status), "acknowledge", SENDER).set["loop_closed_at"] == NOW
        with pytest.raises(WrongStatusError):
            take(ready(status, loop_closed_at=NOW), "acknowledge", SENDER)


def test_a_redirect_is_confirmed_or_refused_only_where_one_is_proposed() -> None:
    for action, relation in (
        ("confirm_redirect", SENDER),
        ("refuse_redirect", SENDER),
        ("lapse_redirect", SYSTEM),
    ):
        with pytest.raises(WrongStatusError):
            take(ready(S.SENT, proposed_redirect=None), action, relation)
    assert take(ready(S.SENT), "refuse_redirect", SENDER).set["proposed_redirect"] is None
    assert (
        take(ready(S.SENT, proposed_redirect=None), "propose_redirect", RECEIVER).set["proposed_redirect"]
        == "otro"
    )


def test_nobody_is_told_of_a_draft_that_is_cancelled_or_voided() -> None:
    for action in ("cancel", "void"):
        change = take(ready(S.DRAFT), action, SENDER)
        assert (change.events, change.set["n"]) == ((), 0)
    never_sent = ready(S.CANCELLED, n=0)
    with pytest.raises(WrongStatusError):
        take(never_sent, "acknowledge", SENDER)
    assert take(never_sent, "void", SENDER).events == ()


def test_every_event_is_in_the_catalogue_and_says_no_more_than_it_may() -> None:
    told = {name for row in TRANSITIONS for name in (row.event, row.also)} - {None}
    assert told == set(REFERRAL_EVENTS) - {"flagged", "unflagged"}  # no changes of the referral itself
    doc = ready(S.SENT, need=None, need_group="protection")
    change = take(doc, "accept", RECEIVER, instructions="toque la puerta")
    ((kind, event),) = events_of({**doc, **change.set}, change)
    assert kind.type == "referrals.referral.accepted.v1"
    assert (event.n, event.version, event.from_status, event.to_status) == (8, 8, S.SENT, S.ACCEPTED)
    assert set(event.__struct_fields__) == {
        "id", "n", "at", "version", "folio", "to_status", "need_group", "priority", "state", "sender",
        "receiver", "service", "from_status", "held", "hold", "arrive_by", "progress", "outlined", "untold",
    }  # fmt: skip


def test_free_text_is_a_secret_of_the_change_and_stands_in_nothing_else() -> None:
    cases: list[tuple[ReferralStatus, str, str, dict[str, Any], str]] = [
        (S.SENT, "accept", RECEIVER, {"instructions": "SECRETO"}, "sealed_instructions"),
        (S.SENT, "decline", RECEIVER, {"note": "SECRETO"}, "note"),
        (S.SENT, "ask", RECEIVER, {"question": "SECRETO"}, "note"),
        (S.INFO_REQUESTED, "reply", SENDER, {"answer": "SECRETO"}, "note"),
        (S.IN_PROGRESS, "complete", RECEIVER, {"services_given": ("SECRETO",)}, "sealed_given"),
        (S.ACCEPTED, "reschedule", RECEIVER, {"reason": "SECRETO"}, "note"),
        (S.COMPLETED, "reopen", RECEIVER, {"reason": "SECRETO"}, "note"),
    ]
    for status, action, relation, inputs, place in cases:
        change = take(ready(status), action, relation, **inputs)
        assert [secret.place for secret in change.secrets] == [place]
        assert "SECRETO" not in repr((change.set, change.history))


def test_roles_and_scopes_say_who_may_do_what() -> None:
    doc = ready(S.SENT)
    for actor in (
        member("clinica", Role.VIEWER),
        member("clinica", Role.INTAKE),
        client("clinica", "referrals:send"),
    ):
        with pytest.raises(ForbiddenError, match=r"caseworker|referrals:answer"):
            decide(doc, "accept", Party(RECEIVER, actor), INPUTS["accept"], NOW)
        assert allowed_actions(doc, Party(RECEIVER, actor), NOW) == ()
    for actor in (
        caseworker("clinica"),
        member("clinica", Role.MANAGER),
        client("clinica", Scope.REFERRALS_ANSWER),
    ):
        assert (
            decide(doc, "accept", Party(RECEIVER, actor), INPUTS["accept"], NOW).set["status"] == "accepted"
        )
    with pytest.raises(ForbiddenError, match="No client can void a referral"):
        decide(doc, "void", Party(SENDER, client("casa", *Scope)), INPUTS["void"], NOW)
    with pytest.raises(ForbiddenError):
        decide(doc, "void", Party(SENDER, caseworker("casa")), INPUTS["void"], NOW)


def test_every_action_and_side_of_the_table_is_in_the_table_of_roles() -> None:
    assert {(row.action, row.who) for row in TRANSITIONS} == set(ROLES) - {("refer_on", RECEIVER)}


def test_a_coordinator_acts_for_a_silent_party_and_the_history_says_so() -> None:
    change = take(ready(S.SENT), "accept", COORDINATOR)
    assert change.history["acted_for"] == RECEIVER
    assert change.history["organization"] == "red"
    for action in ("expire", "lapse_redirect"):
        with pytest.raises(WrongStatusError):
            take(ready(S.SENT), action, COORDINATOR)


def test_allowed_actions_are_those_that_would_succeed_and_say_what_they_need() -> None:
    for status, relation in product(S, (SENDER, RECEIVER)):
        allowed = {one.action: one.needs for one in allowed_actions(ready(status), PARTIES[relation], NOW)}
        expected = TABLE.get((status, relation), {}).keys()
        assert allowed.keys() == expected
    allowed = {one.action: one.needs for one in allowed_actions(ready(S.SENT), PARTIES[RECEIVER], NOW)}
    assert allowed["accept"] == ("arrive_by|appointment",)
    assert allowed["decline"] == ("reason",)


def test_every_status_has_its_fhir_task_status() -> None:
    assert set(FHIR_TASK_STATUS) == set(S)
    assert FHIR_TASK_STATUS[S.NOT_COMPLETED] == "failed"


def test_a_refusal_says_what_the_caller_itself_lacks() -> None:
    weak = Actor(kind="client", id="cl_1", organization="org_b")
    viewer = Actor(kind="member", id="mb_1", organization="org_b", roles=("viewer",))
    with pytest.raises(ForbiddenError, match=r"^This client lacks the scope referrals:answer\.$"):
        permitted("accept", Party(RECEIVER, weak))
    with pytest.raises(ForbiddenError, match=r"^To accept a referral takes one of the roles caseworker"):
        permitted("accept", Party(RECEIVER, viewer))
