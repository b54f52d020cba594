"""Who of an organization is written to about a deadline: the table, for everybody who may be there."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.codes import Deadline, Priority, Side
from contracts.deadlines import Awaited
from contracts.events import ARRIVAL_OVERDUE
from services.notifications.notices.escalation import (
    ASKED,
    ESCALATED,
    OVERDUE,
    REMINDED,
    Hearer,
    chain_of,
    holds,
    is_written,
)
from tests.notifications.notices.postman import SENT, entry_of

NOON = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)
END = NOON + timedelta(hours=2)
TONIGHT, NEVER, GONE = NOON + timedelta(hours=9), None, NOON - timedelta(days=1)
EVERYBODY = {"ana", "berta", "carla"}
D = Deadline


def written(
    event_type: str,
    priority: Priority = Priority.URGENT,
    deadline: Deadline = D.DECIDE,
    *,
    assigned: str | None = "ana",
    relation: str = "receiver",
    **at: datetime | None,
) -> set[str]:
    """Who is written to, of Ana and Berta, caseworkers, and Carla, a manager; each hears now, or then."""
    there = [
        Hearer(name, name, name != "vera", name == "carla", at.get(name, NOON))
        for name in sorted({*EVERYBODY, *at})
    ]
    there = [one for one in there if one.at != GONE]
    entry = entry_of(event_type, priority=priority, deadline=deadline, relation=relation)
    awaited = Awaited(
        near={deadline: END} if event_type != OVERDUE else {},
        overdue=(deadline,),
        assignees={Side.RECEIVER: assigned, Side.SENDER: "berta"} if assigned else {},
    )
    return {one.member for one in there if is_written(one.recipient, entry, awaited, there, NOON)}


@pytest.mark.parametrize("event_type", [REMINDED, ASKED, ARRIVAL_OVERDUE.type])
def test_a_reminder_is_the_assigned_members_where_she_hears_of_it_in_time(event_type: str) -> None:
    assert written(event_type, deadline=D.ARRIVE) == {"ana"}
    assert written(event_type, deadline=D.ARRIVE, relation="sender") == {"berta"}, "each side has its own"
    assert written(event_type, deadline=D.ARRIVE, assigned=None) == EVERYBODY
    assert written(event_type, deadline=D.ARRIVE, ana=GONE) == EVERYBODY - {"ana"}
    assert written(event_type, deadline=D.ARRIVE, ana=NEVER) == EVERYBODY - {"ana"}
    assert written(event_type, deadline=D.ARRIVE, ana=END) == {"ana"}
    assert written(event_type, deadline=D.ARRIVE, ana=TONIGHT) == EVERYBODY, "her digest comes too late"
    a_viewers = written(event_type, deadline=D.ARRIVE, assigned="vera", vera=NOON)
    assert a_viewers == {*EVERYBODY, "vera"}, "who works on referrals no more"


def test_what_is_overdue_goes_to_her_and_to_the_managers() -> None:
    assert written(OVERDUE) == {"ana", "carla"}
    assert written(OVERDUE, assigned=None) == {"carla"}
    assert written(OVERDUE, ana=GONE, carla=TONIGHT) == {"carla"}
    assert written(OVERDUE, ana=GONE, carla=GONE) == {"berta"}
    assert written(OVERDUE, ana=NEVER, carla=NEVER) == {"berta"}
    assert written(OVERDUE, ana=NEVER, berta=NEVER, carla=NEVER) == set()


def test_what_nobody_acts_on_goes_to_everybody() -> None:
    assert written(ESCALATED) == EVERYBODY
    assert written(ESCALATED, berta=NEVER) == EVERYBODY - {"berta"}


def test_an_emergency_waits_for_nobodys_digest_and_in_the_end_for_nobodys_wish() -> None:
    emergency = Priority.EMERGENCY
    assert written(OVERDUE, emergency) == {"ana", "carla"}
    assert written(OVERDUE, emergency, ana=TONIGHT, carla=GONE) == {"ana", "berta"}
    assert written(OVERDUE, emergency, ana=NEVER, carla=GONE) == {"berta"}
    for event_type, told in ((OVERDUE, EVERYBODY), (ESCALATED, EVERYBODY), (REMINDED, set())):
        assert written(event_type, emergency, ana=NEVER, berta=NEVER, carla=NEVER) == told
    of_others = written(OVERDUE, emergency, relation="coordinator", ana=NEVER, berta=NEVER, carla=NEVER)
    assert of_others == set()


def test_whose_word_it_is_may_not_be_the_one_who_is_reminded_of_its_review() -> None:
    for deadline in (D.REVIEW_BASIS, D.REVIEW_OVERRIDE):
        assert written(REMINDED, deadline=deadline) == written(OVERDUE, deadline=deadline) == EVERYBODY


def test_coordinators_and_what_is_no_deadline_have_no_chain_but_everybody() -> None:
    assert written(OVERDUE, relation="coordinator") == EVERYBODY
    assert chain_of(entry_of(SENT)) is None
    assert chain_of(entry_of("referrals.referral.unchanged.v1", deadline=D.ACTIVITY)) is None


@pytest.mark.parametrize(
    ("event_type", "near", "overdue", "nothing"),
    [
        (REMINDED, True, False, False),
        (ASKED, True, True, False),
        (OVERDUE, False, True, False),
        (ESCALATED, True, True, False),
    ],
)
def test_what_an_entry_says_holds_as_long_as_it_is_so(
    event_type: str, near: bool, overdue: bool, nothing: bool
) -> None:
    states = (Awaited(near={D.DECIDE: END, D.REPLY: END}), Awaited(overdue=(D.DECIDE,)), Awaited())
    assert [holds(event_type, D.DECIDE, one) for one in states] == [near, overdue, nothing]


def test_a_proposal_that_nobody_decided_on_stays_told_when_it_is_gone() -> None:
    assert holds(OVERDUE, D.REDIRECT, Awaited())
