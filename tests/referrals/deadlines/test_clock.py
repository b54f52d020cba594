"""A referral's clock: what is told when, what stops it, and what comes neither early nor in a flood.

A referral lives here without a database: actions by the table, and all that comes due, to the millisecond.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.problems import InvalidError, WrongStatusError
from contracts.codes import Deadline, ReferralStatus, Side
from contracts.deadlines import Awaited
from contracts.referrals import Appointment
from services.notifications.notices.escalation import ASKED, ESCALATED, OVERDUE, REMINDED, holds
from services.referrals.deadlines.awaiting import awaited
from services.referrals.deadlines.clock import wound
from services.referrals.deadlines.points import (
    Kind,
    Point,
    audience,
    deadlines_of,
    next_at,
    next_step,
    points,
)
from services.referrals.document import Document
from services.referrals.referral import decide
from tests.referrals.cast import PARTIES, document

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("America/Mexico_City")
SENT_AT = datetime(2026, 11, 17, 10, tzinfo=ZONE).astimezone(UTC)  # a Tuesday
OFFICE = {
    "timezone": "America/Mexico_City",
    "schedules": [{"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "09:00", "closes_at": "17:00"}],
}
MOVES = {Kind.LAPSE: "lapse_redirect", Kind.EXPIRE: "expire"}


class Life:
    """One referral and its clock; ``told`` is all that came due, and when it was told."""

    def __init__(
        self, priority: str, at: datetime = SENT_AT, limits: dict[str, Any] | None = None, **more: Any
    ) -> None:
        terms = {**OFFICE, "limits": limits}
        doc = document(
            ReferralStatus.SENT, priority=priority, terms=terms, created_at=at, updated_at=at, **more
        )
        self.doc: Document = doc | wound(None, doc, at, at)
        self.now = at
        self.told: list[tuple[timedelta, Kind, Deadline]] = []

    def take(self, action: str, side: str, at: datetime | None = None, **inputs: Any) -> None:
        change = decide(self.doc, action, PARTIES[side], {**inputs, "occurred_at": at}, self.now)
        self.doc = {**self.doc, **change.set, "history": [*self.doc["history"], change.history]}

    def until(self, moment: datetime) -> list[tuple[timedelta, Kind, Deadline]]:
        """Let time go on, looking as soon as something is due; return what was told."""
        before = len(self.told)
        while (due := self.doc["due_at"]) is not None and due <= moment:
            self.look(max(due, self.now))
        self.now = moment
        return self.told[before:]

    def away(self, moment: datetime) -> list[tuple[timedelta, Kind, Deadline]]:
        """Let time go on with nobody looking until then; return what was told then."""
        before = len(self.told)
        while self.look(moment) is not None:
            pass
        return self.told[before:]

    def look(self, now: datetime) -> Point | None:
        """Look once, as a replica does, at that moment."""
        self.now = now
        found = next_step(self.doc, now)
        if found is None:
            return None
        assert found.point.at <= now, "early"
        if found.point.kind in MOVES:
            self.take(MOVES[found.point.kind], "system", deadline=found.point.deadline)
        else:
            self.doc = {**self.doc, **found.fields}
            assert is_still_so(found.point, self.doc, now), "a mail about it would not be sent"
            self.doc["due_at"] = next_at(self.doc["clock"], self.doc)
        self.told.append((now - self.doc["created_at"], found.point.kind, found.point.deadline))
        return found.point


_TYPES = {Kind.REMIND: REMINDED, Kind.ASK: ASKED, Kind.OVERDUE: OVERDUE, Kind.ALARM: ESCALATED}


def is_still_so(point: Point, doc: Document, now: datetime) -> bool:
    """Whether those who write to members of what was just told find that it holds."""
    return point.kind not in _TYPES or holds(_TYPES[point.kind], point.deadline, awaited(doc, now))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def test_of_an_urgent_one_all_comes_when_the_domain_says() -> None:
    life = Life("urgent")
    assert life.until(SENT_AT + 10 * DAY) == [
        (2 * HOUR, Kind.REMIND, Deadline.RECEIVE),
        (4 * HOUR, Kind.OVERDUE, Deadline.RECEIVE),
        (12 * HOUR, Kind.REMIND, Deadline.DECIDE),
        (24 * HOUR, Kind.OVERDUE, Deadline.DECIDE),
        (72 * HOUR, Kind.EXPIRE, Deadline.DECIDE),
    ]
    assert (life.doc["status"], life.doc["due_at"], life.doc["deadline_at"]) == ("expired", None, None)


def test_where_a_network_gives_less_than_half_a_day_before_the_end_that_is_what_holds() -> None:
    hours = {"receive": {"hours": 1}, "decide": {"hours": 2}, "expire": {"hours": 3}}
    last = (3 * HOUR, Kind.EXPIRE, Deadline.DECIDE)
    assert Life("urgent", limits=hours).until(SENT_AT + DAY)[-1] == last
    # Nobody looked for long: it is told first, and known for as long before it ends.
    away = Life("urgent", limits=hours)
    away.look(SENT_AT + 2 * DAY)
    assert away.until(SENT_AT + 3 * DAY)[-1] == (2 * DAY + HOUR, Kind.EXPIRE, Deadline.DECIDE)
    asked = Life("urgent", limits=hours)
    asked.take("ask", "receiver", question="q")
    asked.until(SENT_AT + HOUR / 2)
    asked.take("reply", "sender", answer="a")
    assert asked.until(SENT_AT + DAY)[-1] == (3 * HOUR + HOUR / 2, Kind.EXPIRE, Deadline.DECIDE)


def test_of_a_routine_one_working_days_are_counted() -> None:
    # Sent on Tuesday at ten: received by Thursday, decided by Monday; expired on the fourteenth day.
    life = Life("routine")
    life.until(SENT_AT + 20 * DAY)
    assert [(SENT_AT + after, kind) for after, kind, _ in life.told] == [
        (local("2026-11-18T10:00"), Kind.REMIND),
        (local("2026-11-19T10:00"), Kind.OVERDUE),
        (local("2026-11-23T10:00"), Kind.OVERDUE),
        (local("2026-12-01T10:00"), Kind.EXPIRE),
    ]


def test_an_emergency_escalates_until_somebody_acts_and_never_expires() -> None:
    life = Life("emergency")
    assert life.until(SENT_AT + 2 * HOUR) == [
        (15 * MINUTE, Kind.REMIND, Deadline.RECEIVE),
        (30 * MINUTE, Kind.OVERDUE, Deadline.RECEIVE),
        (60 * MINUTE, Kind.ALARM, Deadline.RECEIVE),
        (120 * MINUTE, Kind.OVERDUE, Deadline.DECIDE),
    ]
    later = life.until(SENT_AT + 3 * DAY)
    hours = [after / HOUR for after, kind, _ in later if kind is Kind.ALARM]
    assert hours[:6] == [2.5, 3.5, 5.5, 9.5, 13.5, 17.5]
    assert {kind for _, kind, _ in later} == {Kind.ALARM}
    life.take("receive", "receiver")
    assert life.until(SENT_AT + 4 * DAY), "who only looks at it has not decided"
    life.take("accept", "receiver", arrive_by=life.now + 5 * HOUR)
    assert Kind.ALARM not in [kind for _, kind, _ in life.until(life.now + 5 * HOUR)]
    assert life.doc["status"] == "accepted"


def test_the_first_sign_of_life_ends_what_was_told_of_its_absence() -> None:
    life = Life("emergency")
    life.until(SENT_AT + 40 * MINUTE)
    life.take("receive", "receiver")
    assert life.until(SENT_AT + 110 * MINUTE) == [(60 * MINUTE, Kind.REMIND, Deadline.DECIDE)]


def test_a_question_stops_the_receivers_clock_and_starts_the_senders() -> None:
    life = Life("urgent")
    life.until(SENT_AT + 10 * HOUR)
    life.take("ask", "receiver", question="?")
    told = life.until(SENT_AT + 25 * HOUR)
    assert told == [(22 * HOUR, Kind.REMIND, Deadline.REPLY)], "nothing of the receiver's"
    assert audience(Point(life.now, Kind.REMIND, Deadline.REPLY), life.doc) == ((Side.SENDER,), False)
    life.take("reply", "sender", answer="!")
    # Fourteen hours were left to decide, and sixty-two to expire.
    assert life.until(SENT_AT + 100 * HOUR) == [
        (32 * HOUR, Kind.REMIND, Deadline.DECIDE),
        (39 * HOUR, Kind.OVERDUE, Deadline.DECIDE),
        (87 * HOUR, Kind.EXPIRE, Deadline.DECIDE),
    ]


def test_a_question_that_nobody_answers_expires_by_its_own_clock() -> None:
    life = Life("urgent")
    life.until(SENT_AT + 23 * HOUR)
    life.take("ask", "receiver", question="?")
    assert life.until(SENT_AT + 200 * HOUR) == [
        (35 * HOUR, Kind.REMIND, Deadline.REPLY),
        (47 * HOUR, Kind.OVERDUE, Deadline.REPLY),
        (95 * HOUR, Kind.EXPIRE, Deadline.REPLY),
    ]


def test_who_asked_at_the_last_moment_has_some_time_after_the_answer() -> None:
    life = Life("urgent")
    life.until(SENT_AT + 23 * HOUR + 59 * MINUTE)
    life.take("ask", "receiver", question="?")
    life.now += HOUR
    life.take("reply", "sender", answer="!")
    assert life.doc["deadline_at"] == life.now + 6 * HOUR


def test_a_question_that_was_asked_earlier_stopped_the_clock_then() -> None:
    life = Life("urgent")
    life.until(SENT_AT + 20 * HOUR)
    life.take("ask", "receiver", at=SENT_AT + 4 * HOUR, question="?")
    life.take("reply", "sender", answer="!")
    assert life.doc["deadline_at"] == life.now + 20 * HOUR
    life.take("ask", "receiver", at=SENT_AT - 20 * DAY, question="?")
    life.take("reply", "sender", answer="!")
    assert life.doc["deadline_at"] == life.now + 20 * HOUR, "no question was asked before it went on"


def test_a_redirect_that_the_sender_leaves_lapses_and_the_receivers_clock_goes_on() -> None:
    life = Life("urgent")
    life.until(SENT_AT + 6 * HOUR)
    life.take("propose_redirect", "receiver", service="otro")
    told = life.until(SENT_AT + 31 * HOUR)
    assert told == [
        (18 * HOUR, Kind.REMIND, Deadline.REDIRECT),
        (30 * HOUR, Kind.LAPSE, Deadline.REDIRECT),
    ]
    assert (life.doc["status"], life.doc["proposed_redirect"]) == ("sent", None)
    assert life.doc["deadline_at"] == SENT_AT + 48 * HOUR


def test_a_sender_decides_on_a_redirect_as_soon_as_a_receiver_must() -> None:
    friday = datetime(2026, 5, 8, 18, 0, tzinfo=UTC)
    within = {"emergency": 2 * HOUR, "urgent": DAY, "routine": 6 * DAY}  # Thursday
    for priority, time in within.items():
        life = Life(priority, at=friday)
        life.take("propose_redirect", "receiver", service="otro")
        assert life.doc["redirect_decide_by"] == friday + time


def test_in_an_emergency_a_proposal_stops_nothing_and_no_further_one_gives_more_time() -> None:
    life = Life("emergency")
    for hour in range(11):
        life.until(SENT_AT + hour * HOUR + 50 * MINUTE)
        life.take("propose_redirect", "receiver", service=f"otro-{hour % 2}")
        assert life.doc["redirect_decide_by"] <= life.now + 2 * HOUR
        stand = deadlines_of(life.doc, life.now)
        assert (stand["awaited"], stand["waiting_for"]) == (Deadline.REDIRECT, Side.SENDER)
        assert stand["due_at"] == life.doc["redirect_decide_by"]
        assert stand["overdue"] == ((Deadline.DECIDE,) if hour >= 2 else ())
    told = [(round(after / MINUTE), kind) for after, kind, what in life.told if what is Deadline.DECIDE]
    # The receiver's own clock, as if nothing had been proposed.
    assert told[:6] == [
        (60, Kind.REMIND), (120, Kind.OVERDUE), (150, Kind.ALARM), (210, Kind.ALARM), (330, Kind.ALARM),
        (570, Kind.ALARM),
    ]  # fmt: skip
    lapsed = [round(after / MINUTE) for after, kind, _ in life.told if kind is Kind.LAPSE]
    assert lapsed == [170, 290, 410, 530, 650], (
        "two hours after the first that was proposed, whatever came after it"
    )
    assert life.doc["overdue_at"] == SENT_AT + 2 * HOUR


def test_who_was_told_overdue_in_an_emergency_is_not_silenced_by_a_first_proposal() -> None:
    life = Life("emergency")
    life.until(SENT_AT + 3 * HOUR)
    life.take("propose_redirect", "receiver", service="otro")
    assert (3.5 * HOUR, Kind.ALARM, Deadline.DECIDE) in life.until(SENT_AT + 4 * HOUR)
    life.take("refuse_redirect", "sender")
    assert (5.5 * HOUR, Kind.ALARM, Deadline.DECIDE) in life.until(SENT_AT + 6 * HOUR)
    life.take("accept", "receiver", arrive_by=life.now + HOUR)
    assert life.doc["clock"]["redirect"] is None


def test_coordinators_hear_of_a_proposal_in_an_emergency_that_nobody_decided_on() -> None:
    for looks in (True, False):
        life = Life("emergency")
        life.take("propose_redirect", "receiver", service="otro")
        life.take("ask", "receiver", question="?")
        life.until(SENT_AT + 100 * MINUTE)
        life.take("reply", "sender", answer="!")
        # Also where nobody could look for hours: what was due is told once, and then it lapses.
        told = life.until(SENT_AT + 3 * HOUR) if looks else life.away(SENT_AT + 3 * HOUR)
        ended = [one[1:] for one in told if one[1] is not Kind.REMIND]
        assert ended == [
            (Kind.OVERDUE, Deadline.REDIRECT),
            (Kind.LAPSE, Deadline.REDIRECT),
        ]
        assert audience(Point(life.now, *ended[0]), life.doc) == ((Side.SENDER, Side.RECEIVER), True)
        assert life.until(SENT_AT + 4 * HOUR)[0][1:] == (Kind.OVERDUE, Deadline.DECIDE)


def test_after_a_stop_an_emergency_is_told_overdue_once_though_another_service_is_proposed() -> None:
    life = Life("emergency")
    life.take("propose_redirect", "receiver", service="otro")
    life.until(SENT_AT + 70 * MINUTE)
    told = life.away(SENT_AT + 5 * HOUR)
    assert [one[1:] for one in told] == [
        (Kind.OVERDUE, Deadline.REDIRECT),
        (Kind.LAPSE, Deadline.REDIRECT),
        (Kind.OVERDUE, Deadline.DECIDE),
    ]
    assert (5.5 * HOUR, Kind.ALARM, Deadline.DECIDE) in life.until(SENT_AT + 6 * HOUR)


def test_a_further_proposal_gives_the_sender_no_more_time() -> None:
    life = Life("urgent")
    life.take("propose_redirect", "receiver", service="otro")
    life.until(SENT_AT + 20 * HOUR)
    life.take("propose_redirect", "receiver", service="tercero")
    assert life.doc["redirect_decide_by"] == SENT_AT + DAY
    assert life.until(SENT_AT + DAY) == [
        (22 * HOUR, Kind.REMIND, Deadline.REDIRECT),
        (24 * HOUR, Kind.LAPSE, Deadline.REDIRECT),
    ]
    life.take("propose_redirect", "receiver", service="tercero")
    assert life.doc["redirect_decide_by"] == SENT_AT + 2 * DAY, "a new one has its own time"


def test_a_redirect_lapses_when_its_own_moment_says() -> None:
    life = Life("urgent")
    change = decide(life.doc, "propose_redirect", PARTIES["receiver"], {"service": "otro"}, SENT_AT)
    by = SENT_AT + 3 * HOUR
    life.doc |= {**change.set, "redirect_decide_by": by}
    life.doc |= wound(None, life.doc, SENT_AT, SENT_AT)
    assert [one[:2] for one in life.until(SENT_AT + 4 * HOUR)] == [
        (1.5 * HOUR, Kind.REMIND),
        (3 * HOUR, Kind.LAPSE),
    ]


def test_on_the_waiting_list_the_clock_begins_anew_on_the_day_that_was_said() -> None:
    life = Life("urgent")
    review = SENT_AT + 9 * DAY
    life.take("waitlist", "receiver", review_at=review)
    told = life.until(SENT_AT + 13 * DAY)
    assert told == [
        (9 * DAY, Kind.REMIND, Deadline.REVIEW),
        (10 * DAY, Kind.OVERDUE, Deadline.REVIEW),
        (12 * DAY, Kind.EXPIRE, Deadline.REVIEW),
    ]


def test_an_emergency_cannot_be_put_to_sleep() -> None:
    life = Life("emergency")
    life.take("waitlist", "receiver", review_at=SENT_AT + 9 * DAY)
    assert (2 * HOUR, Kind.OVERDUE, Deadline.DECIDE) in life.until(SENT_AT + 3 * HOUR)


@pytest.mark.parametrize(
    ("priority", "by", "asked", "overdue"),
    [
        ("emergency", 2 * HOUR, 2 * HOUR, 2.5 * HOUR),
        ("emergency", 5 * DAY, 1 * DAY, 1 * DAY + 0.5 * HOUR),
        ("urgent", 2 * DAY, 2 * DAY, 2 * DAY + 4 * HOUR),
        ("routine", 20 * DAY, 14 * DAY, 16 * DAY),
    ],
)
def test_who_accepted_is_asked_whether_she_arrived(
    priority: str, by: timedelta, asked: timedelta, overdue: timedelta
) -> None:
    life = Life(priority)
    life.take("accept", "receiver", arrive_by=SENT_AT + by)
    told = life.until(SENT_AT + 20 * DAY)
    ahead = max(asked - DAY, asked / 2)
    assert told[:3] == [
        (ahead, Kind.REMIND, Deadline.ARRIVE),
        (asked, Kind.ASK, Deadline.ARRIVE),
        (overdue, Kind.OVERDUE, Deadline.ARRIVE),
    ]
    assert life.doc["status"] == "accepted", "nothing ends silently"


def test_before_an_appointment_both_are_reminded_and_another_one_moves_all() -> None:
    life = Life("routine")
    first, then = SENT_AT + 20 * DAY, SENT_AT + 30 * DAY
    life.take("accept", "receiver", appointment=Appointment(start=first, timezone="America/Mexico_City"))
    assert life.until(first - HOUR) == [(19 * DAY, Kind.REMIND, Deadline.ARRIVE)]
    assert audience(Point(first, Kind.REMIND, Deadline.ARRIVE), life.doc) == (
        (Side.SENDER, Side.RECEIVER),
        False,
    )
    moved = Appointment(start=then, timezone="America/Mexico_City")
    life.take("reschedule", "receiver", appointment=moved, reason="La doctora no está.")
    assert life.until(then) == [
        (29 * DAY, Kind.REMIND, Deadline.ARRIVE),
        (30 * DAY, Kind.ASK, Deadline.ARRIVE),
    ]
    life.take("start", "receiver", arrived_at=life.now)
    assert life.until(then + 80 * DAY) == []


def test_where_places_are_kept_the_directory_asks_and_nobody_twice() -> None:
    life = Life("urgent")
    life.take("accept", "receiver", arrive_by=SENT_AT + DAY, places=("bed",))
    assert Kind.ASK not in [kind for _, kind, _ in life.until(SENT_AT + 3 * DAY)]
    by_phone = Life("urgent", intake="telephone")
    by_phone.take("accept", "receiver", arrive_by=SENT_AT + DAY, places=("bed",))
    assert Kind.ASK in [kind for _, kind, _ in by_phone.until(SENT_AT + 3 * DAY)]


def test_what_rests_is_asked_about_on_its_day() -> None:
    life = Life("urgent")
    life.take("start", "receiver", arrived_at=SENT_AT)
    assert life.until(SENT_AT + 5 * DAY) == []
    life.take("pause", "receiver", reason="waiting_for_person", resume_at=SENT_AT + 7 * DAY)
    assert life.until(SENT_AT + 9 * DAY) == [
        (7 * DAY, Kind.REMIND, Deadline.RESUME),
        (8 * DAY, Kind.OVERDUE, Deadline.RESUME),
    ]


def test_where_nobody_has_an_account_only_the_sender_hears_and_nothing_expires() -> None:
    life = Life("urgent", intake="telephone")
    told = life.until(SENT_AT + 30 * DAY)
    assert Kind.EXPIRE not in [kind for _, kind, _ in told]
    assert len(told) == 4
    for kind in Kind:
        for deadline in Deadline:
            assert audience(Point(life.now, kind, deadline), life.doc)[0] == (Side.SENDER,)


def test_what_nobody_changes_for_months_is_asked_about_and_its_person_erased_in_the_end() -> None:
    life = Life("urgent")
    life.take("start", "receiver", arrived_at=SENT_AT)
    assert life.until(SENT_AT + 300 * DAY) == [
        (90 * DAY, Kind.QUIET, Deadline.ACTIVITY),
        (180 * DAY, Kind.UNDECIDED, Deadline.ACTIVITY),
        (194 * DAY, Kind.ERASE, Deadline.ACTIVITY),
    ]
    again = Life("urgent")
    again.take("start", "receiver", arrived_at=SENT_AT)
    again.until(SENT_AT + 185 * DAY)
    again.take("pause", "receiver", reason="waiting_for_person", resume_at=again.now + HOUR)
    told = again.until(again.now + 100 * DAY)
    assert [one for one in told if one[2] is Deadline.ACTIVITY] == [
        (275 * DAY, Kind.QUIET, Deadline.ACTIVITY)
    ], "who changes it begins anew"


def test_after_a_stop_there_is_one_word_and_nothing_expires_at_once() -> None:
    life = Life("urgent")
    back = SENT_AT + 5 * DAY
    first = life.look(back)
    assert first is not None
    assert (first.kind, first.deadline) == (Kind.OVERDUE, Deadline.DECIDE)
    assert life.look(back) is None
    assert life.until(back + 2 * DAY) == [(5 * DAY + 12 * HOUR, Kind.EXPIRE, Deadline.DECIDE)]
    alarm = Life("emergency")
    first = alarm.look(back)
    assert first is not None
    assert (first.kind, first.deadline) == (Kind.OVERDUE, Deadline.DECIDE)
    assert [kind for _, kind, _ in alarm.until(back + 2 * HOUR)] == [Kind.ALARM, Kind.ALARM]
    quiet = Life("urgent")
    quiet.take("start", "receiver", arrived_at=SENT_AT)
    assert [
        one and one.kind for one in (quiet.look(SENT_AT + 400 * DAY), quiet.look(SENT_AT + 401 * DAY))
    ] == [
        Kind.UNDECIDED,
        None,
    ], "nobody's data goes before a coordinator has heard"


def test_what_came_due_while_nobody_looked_is_told_though_somebody_acts_first() -> None:
    life = Life("urgent")
    life.now = SENT_AT + 30 * HOUR
    life.take("receive", "receiver")
    found = life.look(life.now)
    assert found is not None
    assert (found.kind, found.deadline) == (Kind.OVERDUE, Deadline.DECIDE)


def test_what_was_done_in_time_and_told_late_is_not_told_of() -> None:
    life = Life("emergency")
    life.now = SENT_AT + 10 * HOUR
    life.take("start", "receiver", at=SENT_AT + 20 * MINUTE, arrived_at=SENT_AT + 20 * MINUTE)
    assert life.look(life.now) is None


def test_what_is_awaited_is_said_with_its_end_and_whose_it_is_and_no_more_once_it_is_done() -> None:
    life = Life("emergency", assignee_receiver="mem_a", assignee_sender=None)
    assert awaited(life.doc, SENT_AT) == Awaited(assignees={Side.RECEIVER: "mem_a"})
    assert awaited(life.doc, SENT_AT + 15 * MINUTE).near == {Deadline.RECEIVE: SENT_AT + 30 * MINUTE}
    late = awaited(life.doc, SENT_AT + 90 * MINUTE)
    assert (late.near, late.overdue) == ({Deadline.DECIDE: SENT_AT + 2 * HOUR}, (Deadline.RECEIVE,))
    life.take("receive", "receiver")
    assert awaited(life.doc, SENT_AT + 90 * MINUTE).overdue == ()
    life.take("start", "receiver", arrived_at=SENT_AT)
    assert awaited(life.doc, SENT_AT + DAY) == Awaited(assignees={Side.RECEIVER: "mem_a"})
    duties = {"give_basis": {"since": SENT_AT, "by": SENT_AT + DAY, "next": SENT_AT + 12 * HOUR}}
    owes = {**life.doc, "duties": duties}
    assert awaited(owes, SENT_AT + HOUR).near == {}
    assert awaited(owes, SENT_AT + 12 * HOUR).near == {Deadline.GIVE_BASIS: SENT_AT + DAY}
    assert awaited(owes, SENT_AT + DAY).overdue == (Deadline.GIVE_BASIS,)
    step = {"status": "overridden", "since": SENT_AT, "due_at": SENT_AT + DAY}
    reviews = {**life.doc, "steps": [step, {**step, "status": "confirmed", "due_at": None}]}
    assert awaited(reviews, SENT_AT + 11 * HOUR).near == {}
    assert awaited(reviews, SENT_AT + 12 * HOUR).near == {Deadline.REVIEW_OVERRIDE: SENT_AT + DAY}
    assert awaited({**reviews, "status": "cancelled"}, SENT_AT + 12 * HOUR).near == {}


_ACTIONS = st.sampled_from(
    [
        ("receive", "receiver", {}),
        ("ask", "receiver", {"question": "?"}),
        ("reply", "sender", {"answer": "!"}),
        ("waitlist", "receiver", {"review_at": 9 * HOUR}),
        ("propose_redirect", "receiver", {"service": "otro"}),
        ("refuse_redirect", "sender", {}),
        ("accept", "receiver", {"arrive_by": 8 * HOUR}),
        ("reschedule", "receiver", {"arrive_by": 30 * HOUR, "reason": "r"}),
        ("start", "receiver", {}),
        ("pause", "receiver", {"reason": "waiting_for_person", "resume_at": 20 * HOUR}),
        ("resume", "receiver", {}),
        ("complete", "receiver", {"outcome": "fully_met"}),
        ("reopen", "receiver", {"reason": "r"}),
        ("cancel", "sender", {"reason": "need_met"}),
        ("look", "", {}),
    ]
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["emergency", "urgent", "routine"]),
    st.sampled_from(["network", "telephone"]),
    st.lists(st.tuples(_ACTIONS, st.timedeltas(timedelta(0), 3 * DAY)), max_size=25),
)
def test_whatever_happens_nothing_is_early_and_the_clock_says_what_comes(
    priority: str, intake: str, happenings: list[Any]
) -> None:
    life = Life(priority, intake=intake)
    for (action, side, inputs), passed in happenings:
        if action == "look":
            life.until(life.now + passed)
        else:
            life.now += passed
            given_ = {
                name: life.now + value if isinstance(value, timedelta) else value
                for name, value in inputs.items()
            }
            with contextlib.suppress(WrongStatusError, InvalidError):  # the table refuses most of it
                life.take(action, side, **given_)
        is_open = life.doc["status"] in {
            "sent", "received", "info_requested", "waitlisted", "accepted", "in_progress", "on_hold",
        }  # fmt: skip
        assert (life.doc["due_at"] is not None) == is_open
        coming = points(life.doc["clock"], life.doc)
        assert [one.at for one in coming] == sorted(one.at for one in coming)
        assert (life.doc["clock"] is not None) == is_open
    life.until(life.now + 40 * DAY)
    if life.doc["status"] in {"sent", "received", "info_requested", "waitlisted"}:
        assert priority == "emergency" or intake == "telephone", "what nobody decides comes to an end"
