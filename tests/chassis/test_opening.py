"""Opening hours: weeks and months, nights, changes of the clock, holidays, and what nobody has said."""

from datetime import date, datetime
from typing import Any

import pytest

from chassis import opening
from chassis.opening import Hours

WEEKDAYS = {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "09:00", "closes_at": "17:30"}
NIGHT = {"freq": "WEEKLY", "byday": "SA", "opens_at": "20:00", "closes_at": "06:00"}


def read(*schedules: dict[str, Any], **more: Any) -> Hours:
    found = opening.read({"schedules": list(schedules), "timezone": "America/Mexico_City", **more})
    assert found is not None
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T08:59-06:00", False),  # a Friday
        ("2026-11-20T09:00-06:00", True),
        ("2026-11-20T15:30:00+00:00", True),
        ("2026-11-20T17:29-06:00", True),
        ("2026-11-20T17:30-06:00", False),
        ("2026-11-21T10:00-06:00", False),
    ],
)
def test_weekly_hours_are_those_of_the_place(moment: str, is_open: bool) -> None:
    assert read(WEEKDAYS).is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-21T19:59-06:00", False),  # a Saturday
        ("2026-11-21T23:59-06:00", True),
        ("2026-11-22T00:00-06:00", True),
        ("2026-11-22T05:59-06:00", True),
        ("2026-11-22T06:00-06:00", False),
        ("2026-11-22T21:00-06:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(moment: str, is_open: bool) -> None:
    assert read(NIGHT).is_open(at(moment)) is is_open


def test_from_midnight_to_midnight_is_the_whole_day() -> None:
    found = read({"freq": "WEEKLY", "byday": "SU", "opens_at": "00:00", "closes_at": "24:00"})
    assert found.is_open(at("2026-11-22T00:00-06:00"))
    assert found.is_open(at("2026-11-22T23:59-06:00"))
    assert not found.is_open(at("2026-11-23T00:00-06:00"))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        # Tijuana goes to summer time on 8 March 2026 at two: 09:00 is 17:00 UTC before, 16:00 after.
        ("2026-03-06T16:30+00:00", False),
        ("2026-03-06T17:00+00:00", True),
        ("2026-03-09T16:00+00:00", True),
        ("2026-03-09T15:59+00:00", False),
        ("2026-11-02T16:59+00:00", False),  # and back on 1 November
        ("2026-11-02T17:00+00:00", True),
    ],
)
def test_clocks_that_change_keep_the_hours_on_the_door(moment: str, is_open: bool) -> None:
    assert read(WEEKDAYS, timezone="America/Tijuana").is_open(at(moment)) is is_open


def test_the_night_in_which_clocks_change_is_an_hour_shorter() -> None:
    found = read(NIGHT, timezone="America/Tijuana")
    opens, closes = at("2026-03-08T04:00+00:00"), at("2026-03-08T13:00+00:00")
    assert found.is_open(opens)
    assert not found.is_open(closes)
    assert found.is_open(closes.replace(hour=12, minute=59))


def test_a_holiday_stands_in_place_of_the_week() -> None:
    found = read(
        WEEKDAYS,
        exceptions=[
            {"date": "2026-11-16", "closed": True},
            {"date": "2026-12-28", "until": "2027-01-02", "closed": True},
            {"date": "2026-12-24", "until": "2026-12-24", "opens_at": "09:00", "closes_at": "12:00"},
        ],
    )
    assert not found.is_open(at("2026-11-16T10:00-06:00"))
    assert found.is_open(at("2026-12-24T11:00-06:00"))
    assert not found.is_open(at("2026-12-24T13:00-06:00"))
    assert not found.is_open(at("2026-12-31T11:00-06:00"))
    assert found.is_open(at("2027-01-04T11:00-06:00"))
    assert not found.happens(date(2026, 11, 16), date(2026, 11, 16))


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ({"freq": "MONTHLY", "byday": "2MO"}, {9}),
        ({"freq": "MONTHLY", "byday": "-1FR"}, {27}),
        ({"freq": "MONTHLY", "bymonthday": "1,-1"}, {1, 30}),
        ({"freq": "MONTHLY", "dtstart": "2026-10-05"}, {5}),
        ({"freq": "WEEKLY", "interval": 2, "byday": "TU", "dtstart": "2026-11-03"}, {3, 17}),
        ({"freq": "WEEKLY", "dtstart": "2026-11-18"}, {18, 25}),
        ({"freq": "DAILY", "interval": "10", "dtstart": "2026-11-02"}, {2, 12, 22}),
        ({"freq": "YEARLY", "dtstart": "2020-11-20"}, {20}),
        ({"freq": "WEEKLY", "byday": "MO,TU", "dtstart": "2026-11-02", "count": 3}, {2, 3, 9}),
        ({"dtstart": "2026-11-07"}, {7}),
        ({"dtstart": "2026-11-07T10:00:00Z", "until": "2026-11-09"}, {7, 8, 9}),
        ({"valid_from": "2026-11-28", "valid_to": "2026-12-03"}, {28, 29, 30}),
        ({"freq": "WEEKLY", "byday": "SA", "valid_to": "2026-11-14"}, {7, 14}),
        ({"byday": "SU"}, {1, 8, 15, 22, 29}),
        ({"freq": "DAILY", "valid_from": "someday"}, set(range(1, 31))),
        ({"description": "call first"}, set()),
    ],
)
def test_days_on_which_something_happens(schedule: dict[str, Any], days: set[int]) -> None:
    found = read(schedule)
    november = [date(2026, 11, number) for number in range(1, 31)]
    assert {day.day for day in november if found.happens(day, day)} == days


def test_hours_that_nobody_said_are_not_open_though_it_happens() -> None:
    found = read({"freq": "WEEKLY", "byday": "FR", "opens_at": None, "closes_at": "soon"})
    assert not found.is_open(at("2026-11-20T12:00-06:00"))
    assert found.happens(date(2026, 11, 20), date(2026, 11, 20))
    assert opening.read({"schedules": []}) is None


def test_a_time_with_an_offset_of_its_own_is_believed() -> None:
    found = read({"byday": "FR", "opens_at": "15:00Z", "closes_at": "16:00Z"})
    assert found.is_open(at("2026-11-20T09:30-06:00"))


@pytest.mark.parametrize("zone", [-5, "America/Cancun"])
def test_a_schedule_may_have_a_zone_of_its_own(zone: object) -> None:
    found = read({**WEEKDAYS, "timezone": zone})
    assert found.is_open(at("2026-11-20T14:00+00:00"))
    assert not found.is_open(at("2026-11-20T22:30+00:00"))


def test_a_zone_that_there_is_not_is_taken_as_central_mexico() -> None:
    assert read(WEEKDAYS, timezone="America/Nowhere").is_open(at("2026-11-20T09:00-06:00"))
