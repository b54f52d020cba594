"""The receiver's calendar: hours, nights, weekends, public holidays, its own exceptions, its own zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.deadlines.calendar import FURTHEST_DAYS, Calendar, Runs, calendar, public_holidays

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKDAYS = {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "09:00", "closes_at": "17:00"}
ALWAYS = {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "00:00", "closes_at": "00:00"}
NIGHTS = {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "20:00", "closes_at": "08:00"}
ZONE = "America/Mexico_City"


def of(*schedules: dict[str, Any], **more: Any) -> Calendar:
    return calendar({"schedules": list(schedules), "timezone": ZONE, **more})


def at(text: str, zone: str = ZONE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_the_days_off_of_the_labour_law_are_known() -> None:
    # Ley Federal del Trabajo, art. 74; of a change of government every six years, 1 October since 2024.
    assert sorted(public_holidays(2026)) == [
        date(2026, 1, 1),
        date(2026, 2, 2),
        date(2026, 3, 16),
        date(2026, 5, 1),
        date(2026, 9, 16),
        date(2026, 11, 16),
        date(2026, 12, 25),
    ]
    assert date(2024, 10, 1) in public_holidays(2024)
    assert date(2030, 10, 1) in public_holidays(2030)


@pytest.mark.parametrize(
    ("schedules", "start", "hours", "end"),
    [
        # A Thursday morning; over the night; over a weekend; from before the opening.
        ((WEEKDAYS,), "2026-11-19T10:00", 4, "2026-11-19T14:00"),
        ((WEEKDAYS,), "2026-11-19T15:00", 4, "2026-11-20T11:00"),
        ((WEEKDAYS,), "2026-11-20T15:00", 4, "2026-11-23T11:00"),
        ((WEEKDAYS,), "2026-11-19T03:00", 4, "2026-11-19T13:00"),
        # Over Monday 16 November, the day of the Revolution.
        ((WEEKDAYS,), "2026-11-13T16:00", 4, "2026-11-17T12:00"),
        # Who is always open is so on holidays too.
        ((ALWAYS,), "2026-11-15T23:00", 4, "2026-11-16T03:00"),
        # A night shelter: what began yesterday goes on this morning.
        ((NIGHTS,), "2026-11-19T06:00", 4, "2026-11-19T22:00"),
        ((NIGHTS,), "2026-11-19T23:00", 4, "2026-11-20T03:00"),
        # Two schedules that overlap are not counted twice.
        ((WEEKDAYS, {**WEEKDAYS, "closes_at": "13:00"}), "2026-11-19T10:00", 4, "2026-11-19T14:00"),
        # Nobody said any, or they are long out of date: the clock runs always.
        ((), "2026-11-21T22:00", 4, "2026-11-22T02:00"),
        (({**WEEKDAYS, "valid_to": "2020-01-01"},), "2026-11-21T22:00", 4, "2026-11-22T02:00"),
        (({"freq": "WEEKLY", "byday": "MO"},), "2026-11-21T22:00", 4, "2026-11-22T02:00"),
    ],
)
def test_opening_hours_are_counted(schedules: Any, start: str, hours: int, end: str) -> None:
    assert of(*schedules).advance(Runs.OPEN, at(start), hours * HOUR) == at(end)


@pytest.mark.parametrize(
    ("schedules", "start", "days", "end"),
    [
        # A Tuesday; over a weekend; from a Saturday, whose hours do not count; over a holiday.
        ((), "2026-11-17T10:00", 2, "2026-11-19T10:00"),
        ((), "2026-11-19T10:00", 2, "2026-11-23T10:00"),
        ((), "2026-11-21T10:00", 2, "2026-11-25T00:00"),
        ((), "2026-11-13T10:00", 2, "2026-11-18T10:00"),
        # By the service's own days: Saturday too; and every day, holidays with them.
        (({**WEEKDAYS, "byday": "TU,WE,TH,FR,SA"},), "2026-11-20T10:00", 2, "2026-11-24T10:00"),
        ((NIGHTS,), "2026-11-14T10:00", 2, "2026-11-16T10:00"),
        # Out of date, they say nothing.
        (({**WEEKDAYS, "byday": "SU", "valid_to": "2025-01-01"},), "2026-11-17T10:00", 2, "2026-11-19T10:00"),
    ],
)
def test_working_days_are_counted(schedules: Any, start: str, days: int, end: str) -> None:
    assert of(*schedules).advance(Runs.WORKING, at(start), days * DAY) == at(end)


def test_a_services_own_word_on_a_day_goes_before_all_else() -> None:
    closed = {"date": "2026-11-18", "until": "2026-11-19", "closed": True}
    opened = {"date": "2026-11-16", "until": "2026-11-16", "opens_at": "10:00", "closes_at": "12:00"}
    own = of(WEEKDAYS, exceptions=[closed, opened])
    assert [own.works_on(date(2026, 11, day)) for day in (16, 17, 18, 19, 20, 21)] == [
        True, True, False, False, True, False,
    ]  # fmt: skip
    assert own.advance(Runs.OPEN, at("2026-11-16T09:00"), 3 * HOUR) == at("2026-11-17T10:00")
    assert own.advance(Runs.OPEN, at("2026-11-17T16:00"), 2 * HOUR) == at("2026-11-20T10:00")


def test_each_place_counts_in_its_own_zone() -> None:
    # Tijuana goes with California, and changed its clocks on 1 November; Cancún is an hour ahead.
    starts = {zone: of(WEEKDAYS, timezone=zone) for zone in (ZONE, "America/Tijuana", "America/Cancun")}
    moment = datetime(2026, 11, 19, 14, tzinfo=UTC)
    ends = [one.advance(Runs.OPEN, moment, HOUR) for one in starts.values()]
    assert [end.hour for end in ends] == [16, 18, 15]
    over = of(WEEKDAYS, timezone="America/Tijuana").advance(
        Runs.OPEN, at("2026-10-30T16:00", "America/Tijuana"), 2 * HOUR
    )
    assert over == at("2026-11-02T10:00", "America/Tijuana")


def test_a_clock_that_never_runs_has_an_end_all_the_same() -> None:
    closed = {"date": "2026-11-19", "until": "2027-11-18", "closed": True}
    start = at("2026-11-19T10:00")
    assert of(exceptions=[closed]).advance(Runs.WORKING, start, DAY) == start + FURTHEST_DAYS * DAY
    assert of(exceptions=[closed]).elapsed(Runs.WORKING, start, start + 9 * DAY) == timedelta(0)


_moments = st.timedeltas(timedelta(0), 700 * DAY).map(lambda one: datetime(2026, 1, 1, tzinfo=UTC) + one)
_calendars = st.sampled_from(
    [
        of(),
        of(WEEKDAYS),
        of(ALWAYS),
        of(NIGHTS),
        of(WEEKDAYS, NIGHTS),
        of(WEEKDAYS, timezone="America/Tijuana"),
    ]
)


@given(_calendars, st.sampled_from(Runs), _moments, st.timedeltas(timedelta(seconds=1), 3 * DAY), st.data())
def test_what_has_run_and_what_is_left_are_the_whole(
    one: Calendar, runs: Runs, start: datetime, amount: timedelta, data: st.DataObject
) -> None:
    end = one.advance(runs, start, amount)
    assert end >= start + amount
    assert one.elapsed(runs, start, end) == amount
    part = data.draw(st.floats(0, 1))
    between = start + part * (end - start)
    run = one.elapsed(runs, start, between)
    assert run + one.elapsed(runs, between, end) == amount
    if amount > run:
        assert one.advance(runs, between, amount - run) == end
