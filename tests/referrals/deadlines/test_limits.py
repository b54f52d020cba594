"""The domain's table of limits, and what a network's file says instead of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.codes import Priority
from services.referrals.deadlines.calendar import Runs, calendar
from services.referrals.deadlines.limits import LIMITS, Limit, limits, overrides

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
P = Priority
NOON = datetime(2026, 11, 19, 18, tzinfo=UTC)  # a Thursday, noon in Mexico City


def written(folder: Path, text: str) -> Path:
    file = folder / "deadlines.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_table_is_the_domains() -> None:
    said = {
        priority: [(one.amount, one.runs) if one else None for one in vars(row).values()]
        for priority, row in LIMITS.items()
    }
    always, opened, working = Runs.ALWAYS, Runs.OPEN, Runs.WORKING
    assert said == {
        P.EMERGENCY: [(HOUR / 2, always), (2 * HOUR, always), (24 * HOUR, always), None],
        P.URGENT: [(4 * HOUR, opened), (24 * HOUR, always), (72 * HOUR, always), (72 * HOUR, always)],
        P.ROUTINE: [(2 * DAY, working), (4 * DAY, working), (14 * DAY, always), (14 * DAY, always)],
    }


def test_four_opening_hours_are_never_more_than_a_day() -> None:
    hour_a_week = {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "10:00"}
    seldom = calendar({"schedules": [hour_a_week], "timezone": "America/Mexico_City"})
    assert LIMITS[P.URGENT].receive.end(seldom, NOON) == NOON + DAY
    assert LIMITS[P.ROUTINE].receive.end(seldom, NOON) == NOON + 7 * DAY
    assert LIMITS[P.ROUTINE].decide.end(seldom, NOON) == NOON + 10 * DAY


def test_half_is_half_of_the_time_in_which_the_clock_runs() -> None:
    weekdays = {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "09:00", "closes_at": "17:00"}
    office = calendar({"schedules": [weekdays], "timezone": "America/Mexico_City"})
    evening = NOON + 4 * HOUR  # 16:00: one hour today, three tomorrow
    end = LIMITS[P.URGENT].receive.end(office, evening)
    assert end == NOON + 24 * HOUR
    assert LIMITS[P.URGENT].receive.half(office, evening, end) == NOON + 22 * HOUR
    closed = {"date": "2026-11-19", "until": "2026-12-31", "closed": True}
    never = calendar({"schedules": [weekdays], "exceptions": [closed], "timezone": "America/Mexico_City"})
    # It does not open before the day is over: half of the day, then.
    assert LIMITS[P.URGENT].receive.end(never, evening) == evening + DAY
    assert LIMITS[P.URGENT].receive.half(never, evening, evening + DAY) == evening + 12 * HOUR


def test_without_a_file_the_table_holds() -> None:
    assert overrides(None).of("svc_1", P.URGENT) is None
    assert limits(P.URGENT, None) is LIMITS[P.URGENT]


def test_a_network_changes_some_limits_for_all_and_some_for_one_service(tmp_path: Path) -> None:
    said = overrides(
        written(
            tmp_path,
            """
            [urgent]
            receive = {open_hours = 3}
            expire = {days = 5}
            [emergency]
            receive = {minutes = 15}
            [services.svc_1.urgent]
            receive = {hours = 1}
            """,
        )
    )
    everywhere = limits(P.URGENT, said.of("svc_2", P.URGENT))
    assert everywhere.receive == Limit(3 * HOUR, Runs.OPEN)
    assert everywhere.expire == Limit(5 * DAY)
    assert everywhere.decide == LIMITS[P.URGENT].decide
    there = limits(P.URGENT, said.of("svc_1", P.URGENT))
    assert (there.receive, there.expire) == (Limit(HOUR), Limit(5 * DAY))
    assert limits(P.EMERGENCY, said.of("svc_1", P.EMERGENCY)).receive == Limit(timedelta(minutes=15))
    assert said.of("svc_1", P.ROUTINE) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[urgent", "Expected"),
        ("[soon]", "soon"),
        ("[urgent]\nanswer = {hours = 1}", "answer"),
        ("[urgent]\nreceive = {hours = 1, days = 1}", "one of"),
        ("[urgent]\nreceive = {}", "one of"),
        ("[urgent]\nreceive = {hours = 0}", "receive"),
        ("[urgent]\nreceive = {days = 400}", "a year"),
        ("[routine]\ndecide = {working_days = 45}", "working days"),
        ("[emergency]\nexpire = {days = 3}", "expire"),
        ("[emergency]\nreceive = {hours = 3}", "emergency: receive may take longer"),
        ("[services.svc_1.routine]\nexpire = {days = 9}", r"services\.svc_1\.routine: expire"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        overrides(written(tmp_path, text))


def test_a_file_that_is_not_there_is_an_error_and_not_the_table(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        overrides(tmp_path / "none.toml")


def test_it_is_known_to_be_overdue_for_half_a_day_or_for_as_long_as_the_network_says() -> None:
    assert {limits(priority, None).known for priority in P} == {12 * HOUR}
    short = {"decide": {"hours": 2}, "expire": {"hours": 3}}
    assert limits(P.URGENT, short).known == HOUR
    assert limits(P.URGENT, {"expire": {"hours": 30}}).known == 6 * HOUR
