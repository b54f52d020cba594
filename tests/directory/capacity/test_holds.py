"""Holds: all or none, through every order of events, and never more than there are places."""

from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.problems import InvalidError
from contracts.capacity import HoldPlaces
from services.directory.capacity import capacity, holds
from services.directory.capacity.errors import NoCapacityError
from tests.directory.capacity.made import NOW, asked, counted, event, numbers, places

MINUTE = timedelta(minutes=1)


def test_a_hold_of_several_units_is_taken_all_or_none() -> None:
    document = counted(bed=(4, 0), room=(1, 1))
    with pytest.raises(NoCapacityError) as refused:
        holds.take(document, asked("r1", places(bed=2, room=1)), NOW)
    assert [field.path for field in refused.value.fields] == [("places", "1", "count")]
    assert "room: 1 asked for, 0 free" in refused.value.detail
    assert numbers(document, "bed") == (4, 0, 0)


def test_asked_again_it_is_the_same_hold_and_other_places_take_its_place() -> None:
    document = holds.take(counted(bed=(4, 0)), asked("r1", places(bed=2)), NOW)
    document = holds.take(document, asked("r1", places(bed=2)), NOW + timedelta(seconds=50))
    assert numbers(document, "bed", NOW + timedelta(seconds=100)) == (2, 2, 0)
    document = holds.take(document, asked("r1", places(bed=4)), NOW)
    assert numbers(document, "bed") == (0, 4, 0)


@pytest.mark.parametrize(
    ("units", "named", "wished", "kept"),
    [
        ({"bed": (4, 0)}, {}, {}, {"bed": 1}),
        ({"bed": (4, 0)}, {}, {"bed": 3}, {"bed": 3}),
        ({"bed": (4, 0)}, {"bed": 2}, {"bed": 3}, {"bed": 2}),
        ({"bed": (4, 0)}, {}, {"cuna": 3}, {"bed": 1}),
        ({"bed": (4, 0), "room": (2, 0)}, {}, {"room": 1}, {"room": 1}),
    ],
)
def test_what_the_receiver_names_counts_then_what_the_sender_wished_then_one_of_the_only_unit(
    units: dict[str, tuple[int, int]], named: dict[str, int], wished: dict[str, int], kept: dict[str, int]
) -> None:
    document = holds.take(counted(**units), asked("r1", places(**named), places(**wished)), NOW)
    assert {one["unit"]: one["count"] for one in holds.places_of(document, "r1")} == kept


def test_of_several_units_some_have_to_be_named_and_they_have_to_be_there() -> None:
    document = counted(bed=(4, 0), room=(2, 0))
    with pytest.raises(InvalidError) as refused:
        holds.take(document, asked("r1"), NOW)
    assert [(field.path, field.code) for field in refused.value.fields] == [(("places",), "REQUIRED")]
    with pytest.raises(InvalidError) as refused:
        holds.take(document, asked("r1", (*places(bed=1, cuna=1), *places(bed=1))), NOW)
    paths = [field.path for field in refused.value.fields]
    assert paths == [("places", "1", "unit"), ("places", "2", "unit")]


def test_of_two_acceptances_at_once_the_one_that_was_written_has_what_it_asked_for() -> None:
    document = counted(bed=(5, 0), room=(2, 0))
    asks = [asked("r1", places(bed=3)), asked("r1", places(bed=1, room=1)), asked("r1", places(bed=3))]
    for ask in asks:
        document = holds.take(document, ask, NOW)
    assert [holds.try_of(document, ask) for ask in asks] == [1, 2, 1]
    # Whichever is written: what it takes is there, and nobody else was promised it.
    assert (numbers(document, "bed"), numbers(document, "room")) == ((2, 3, 0), (1, 1, 0))
    for written, beds, rooms in ((1, 3, 0), (2, 1, 1)):
        after = holds.confirm(document, "r1", {**event(2), "try": written}, NOW)
        assert (numbers(after, "bed")[1], numbers(after, "room")[1]) == (beds, rooms)
        late = holds.lapse(document, NOW + MINUTE)
        after = holds.confirm(late, "r1", {**event(2), "try": written}, NOW + MINUTE)
        assert (numbers(after, "bed")[1], numbers(after, "room")[1]) == (beds, rooms)


def test_of_several_persons_nobody_takes_one_place_for_granted() -> None:
    with pytest.raises(InvalidError) as refused:
        holds.take(counted(bed=(4, 0)), asked("r1", persons=5), NOW)
    assert [(field.path, field.code) for field in refused.value.fields] == [(("places",), "REQUIRED")]


def test_a_provisional_hold_runs_out_by_itself() -> None:
    document = holds.take(counted(bed=(1, 0)), asked("r1", places(bed=1)), NOW)
    with pytest.raises(NoCapacityError):
        holds.take(document, asked("r2", places(bed=1)), NOW + timedelta(seconds=59))
    document = holds.take(document, asked("r2", places(bed=1)), NOW + MINUTE)
    assert numbers(document, "bed", NOW + MINUTE) == (0, 1, 0)


def test_a_late_confirmation_takes_the_places_where_they_are_still_there() -> None:
    document = holds.take(counted(bed=(2, 0)), asked("r1", places(bed=2)), NOW)
    later = NOW + 10 * MINUTE
    document = holds.confirm(holds.lapse(document, later), "r1", event(3), later)
    assert numbers(document, "bed", later) == (0, 2, 0)
    assert document["holds"]["r1"]["overfull"] is False


def test_a_late_confirmation_without_a_place_is_counted_and_flagged() -> None:
    document = holds.take(counted(bed=(2, 0)), asked("r1", places(bed=2)), NOW)
    later = NOW + 10 * MINUTE
    document = holds.take(document, asked("r2", places(bed=1)), later)
    document = holds.confirm(document, "r1", event(3), later)
    assert document["holds"]["r1"]["overfull"] is True
    assert numbers(document, "bed", later) == (0, 3, 0)


def test_a_confirmation_whose_hold_nobody_remembers_takes_one_of_the_only_unit() -> None:
    assert numbers(holds.confirm(counted(bed=(2, 0)), "r1", event(3), NOW), "bed") == (1, 1, 0)
    several = counted(bed=(2, 0), room=(1, 0))
    assert holds.confirm(several, "r1", event(3), NOW) is several


def test_a_hold_goes_from_confirmed_to_occupied_to_free_and_back_when_it_is_reopened() -> None:
    document = holds.take(counted(bed=(3, 1)), asked("r1", places(bed=2)), NOW)
    document = holds.confirm(document, "r1", event(3), NOW)
    assert numbers(document, "bed") == (0, 2, 1)
    document = holds.occupy(document, "r1", event(4), NOW)
    assert numbers(document, "bed") == (0, 0, 3)
    document = holds.release(document, "r1", event(5), NOW)
    assert numbers(document, "bed") == (2, 0, 1)
    document = holds.occupy(document, "r1", event(6), NOW)
    assert numbers(document, "bed") == (0, 0, 3)


def test_who_arrives_without_a_hold_is_counted_also_where_nothing_is_free() -> None:
    document = holds.occupy(counted(bed=(3, 3)), "r1", event(3), NOW)
    assert numbers(document, "bed") == (0, 0, 4)


def test_who_has_arrived_takes_what_was_asked_for_free_or_not_else_a_place_each() -> None:
    full = counted(bed=(3, 2))
    asked_for = HoldPlaces(referral="r1", service="s", wished=(places(bed=4)), arrived=4)
    unsaid = HoldPlaces(referral="r1", service="s", wished=(places(cuna=1)), arrived=3)
    for request, taken in ((asked_for, 6), (unsaid, 5)):
        document = holds.take(full, request, NOW)
        number = holds.try_of(document, request)
        assert holds.are_there(document, "r1")
        document = holds.occupy(document, "r1", {**event(3), "try": number}, NOW)
        assert numbers(document, "bed") == (0, 0, taken)
    # Of several units nobody can tell which.
    several = counted(bed=(3, 2), room=(1, 0))
    assert holds.take(several, unsaid, NOW) is several


def test_an_event_that_comes_again_or_late_changes_nothing() -> None:
    document = holds.take(counted(bed=(3, 0)), asked("r1", places(bed=2)), NOW)
    document = holds.confirm(document, "r1", event(3), NOW)
    document = holds.occupy(document, "r1", event(4), NOW)
    assert holds.confirm(document, "r1", event(3), NOW) is document
    assert holds.occupy(document, "r1", event(4), NOW) is document
    document = holds.release(document, "r1", event(5), NOW)
    assert holds.occupy(document, "r1", event(4), NOW) is document
    assert holds.release(document, "r1", event(5), NOW) is document


def test_of_stale_numbers_only_the_holds_are_bounded() -> None:
    document = counted(bed=(3, 3))
    later = NOW + timedelta(days=2)
    document = holds.take(document, asked("r1", places(bed=2)), later)
    with pytest.raises(NoCapacityError):
        holds.take(document, asked("r2", places(bed=2)), later)


def test_an_arrival_is_asked_about_once_and_again_when_another_was_agreed() -> None:
    document = holds.take(counted(bed=(3, 0)), asked("r1"), NOW)
    document = holds.confirm(document, "r1", event(3, arrive_by=NOW + MINUTE), NOW)
    assert holds.overdue(document, NOW) == []
    assert holds.overdue(document, NOW + MINUTE) == ["r1"]
    document = holds.ask(document, "r1")
    assert holds.overdue(document, NOW + MINUTE) == []
    document = holds.confirm(document, "r1", event(4, arrive_by=NOW + 2 * MINUTE), NOW)
    assert holds.overdue(document, NOW + 2 * MINUTE) == ["r1"]
    assert numbers(document, "bed") == (2, 1, 0), "nothing ends by itself"
    assert holds.overdue(holds.occupy(document, "r1", event(5), NOW), NOW + 2 * MINUTE) == []


def test_a_deactivated_organization_keeps_nothing_for_anybody_and_its_guests_stay() -> None:
    document = counted(bed=(5, 0))
    for referral in ("r1", "r2", "r3"):
        document = holds.take(document, asked(referral), NOW)
    document = holds.confirm(document, "r2", event(3), NOW)
    document = holds.occupy(document, "r3", event(3), NOW)
    assert numbers(holds.give_up(document, NOW), "bed") == (4, 0, 1)


class Machine(RuleBasedStateMachine):
    """Referrals come, are accepted, arrive and end, in every order; events are repeated; minutes pass."""

    referrals = st.sampled_from([f"r{number}" for number in range(6)])

    @initialize(maximum=st.integers(0, 6), occupied=st.integers(0, 8))
    def begin(self, maximum: int, occupied: int) -> None:
        self.now: datetime = NOW
        self.document = counted(bed=(maximum, occupied))
        self.maximum = maximum
        self.n: dict[str, int] = {}

    def _next(self, referral: str) -> int:
        self.n[referral] = self.n.get(referral, 2) + 1
        return self.n[referral]

    @rule(referral=referrals, count=st.integers(1, 3))
    def take(self, referral: str, count: int) -> None:
        left = capacity.view(self.document, self.now)[0].available
        mine = sum(one["count"] for one in holds.places_of(self.document, referral))
        try:
            self.document = holds.take(self.document, asked(referral, places(bed=count)), self.now)
        except NoCapacityError:
            assert left is not None
            assert left < count
        assert mine or sum(one["count"] for one in holds.places_of(self.document, referral)) in {0, count}

    @rule(referral=referrals)
    def confirm(self, referral: str) -> None:
        self.document = holds.confirm(self.document, referral, event(self._next(referral)), self.now)

    @rule(referral=referrals)
    def occupy(self, referral: str) -> None:
        self.document = holds.occupy(self.document, referral, event(self._next(referral)), self.now)

    @rule(referral=referrals)
    def release(self, referral: str) -> None:
        self.document = holds.release(self.document, referral, event(self._next(referral)), self.now)
        assert holds.places_of(self.document, referral) == []

    @rule(referral=referrals, change=st.sampled_from([holds.confirm, holds.occupy, holds.release]))
    def repeat(self, referral: str, change: object) -> None:
        known = self.document["holds"].get(referral, {}).get("n", 0)
        if known:
            assert callable(change)
            assert change(self.document, referral, event(known), self.now) is self.document

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def look(self) -> None:
        before = capacity.view(self.document, self.now)
        self.document = holds.lapse(self.document, self.now)
        assert capacity.view(self.document, self.now) == before

    @invariant()
    def never_more_holds_than_places(self) -> None:
        unit = self.document["units"][0]
        counted = self.document["holds"].values()
        flagged = sum(
            one["places"][0]["count"]
            for one in counted
            if one.get("overfull") and one["state"] == holds.CONFIRMED
        )
        provisional = capacity.provisional_of(self.document, self.now).get("bed", 0)
        assert unit["held"] + provisional - flagged <= self.maximum

    @invariant()
    def every_place_is_counted_once(self) -> None:
        unit = self.document["units"][0]
        confirmed = [
            one["places"][0]["count"]
            for one in self.document["holds"].values()
            if one["state"] == holds.CONFIRMED
        ]
        assert unit["held"] == sum(confirmed)
        assert unit["occupied"] >= 0

    @invariant()
    def something_wakes_it_before_anything_is_due(self) -> None:
        moments = [one["until"] for one in self.document["provisional"].values()]
        assert all(holds.wake_at(self.document) <= moment for moment in moments)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
