"""A recipient's document under any order of events: each entry leaves it once, or waits in it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import Priority
from contracts.notices import NoticeCadence, NoticeChannel, NoticeStopReason, NoticeTopic
from services.notifications.notices import recipient
from tests.notifications.notices.postman import entry_of, person_of

NOON = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("comes"), st.booleans()),
        st.tuples(st.just("passes"), st.integers(1, 3000)),
        st.tuples(st.just("taken"), st.booleans()),
        st.tuples(st.just("later"), st.booleans()),
    ),
    max_size=30,
)


def new(cadence: NoticeCadence) -> dict[str, Any]:
    """A recipient that is written to so soon."""
    doc = recipient.new("m:email", "m", "o", NoticeChannel.EMAIL, "i")
    return {**doc, "address": "sealed", "topics": {NoticeTopic.REFERRALS.value: cadence.value}}


@settings(max_examples=60, deadline=None)
@given(cadence=st.sampled_from([one for one in NoticeCadence if one is not NoticeCadence.NEVER]), steps=STEPS)
def test_each_entry_is_in_one_place_and_leaves_once(cadence: NoticeCadence, steps: list[Any]) -> None:
    doc, now, numbers = new(cadence), NOON, count()
    came: list[str] = []
    left: Counter[str] = Counter()

    def inside() -> Counter[str]:
        held = (one["entry"]["event"] for one in doc["held"])
        sent = (one["event"] for notice in doc["notices"] for one in notice["entries"])
        return Counter([*held, *sent])

    for what, value in steps:
        if what == "comes":
            entry = entry_of(priority=Priority.EMERGENCY if value else Priority.ROUTINE)
            came.append(entry.event)
            doc = recipient.taken(doc, [entry], now, person_of())
        elif what == "passes":
            now += timedelta(minutes=value)
        due = recipient.due_notices(doc := recipient.gathered(doc, now, lambda: f"n{next(numbers)}"), now)
        if due and what == "taken":
            left.update(one["event"] for one in due[0]["entries"])
            doc = recipient.without(doc, due[0]["id"])
        elif due and what == "later" and due[0]["tried"] < 5:
            doc = recipient.later(doc, due[0]["id"], now)
        assert inside() + left == Counter(came)
        moments = [one["due_at"] for one in (*doc["held"], *doc["notices"])]
        assert doc["due_at"] == min(moments, default=None)


def test_a_code_that_is_refused_leaves_the_address_before_it_as_it_was() -> None:
    doc = new(NoticeCadence.AT_ONCE)
    asked = {"sealed": "s", "shown": "x…@example.org", "knows_person": True}
    doc = recipient.asked(doc, asked, "code", "n1", NOON)
    doc = recipient.refused(doc, "n1", NoticeStopReason.REFUSED, NOON)
    assert (doc["asked"], doc["address"], doc["stopped"], doc["notices"]) == (None, "sealed", None, [])
