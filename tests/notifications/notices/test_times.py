"""When something is sent, by clocks that change in summer and those that do not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import State
from contracts.notices import NoticeCadence
from contracts.zones import zone_of
from services.notifications.notices.times import DAY, HOUR, is_zone, moment_of

MEXICO = "America/Mexico_City"
TIJUANA = "America/Tijuana"  # has summer time
KATHMANDU = "Asia/Kathmandu"  # 45 minutes off
NIGHT = {"begins": "22:00", "ends": "07:00"}
SIESTA = {"begins": "14:00", "ends": "16:30"}


def at(text: str, zone: str = MEXICO) -> datetime:
    """A moment by the clock of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("cadence", "now", "quiet", "zone", "then"),
    [
        (NoticeCadence.AT_ONCE, "2026-11-22 13:05", None, MEXICO, "2026-11-22 13:05"),
        (NoticeCadence.HOURLY, "2026-11-22 13:05", None, MEXICO, "2026-11-22 14:00"),
        (NoticeCadence.HOURLY, "2026-11-22 13:00", None, MEXICO, "2026-11-22 14:00"),
        (NoticeCadence.HOURLY, "2026-11-22 13:05", None, KATHMANDU, "2026-11-22 14:00"),
        (NoticeCadence.DAILY, "2026-11-22 07:59", None, MEXICO, "2026-11-22 08:00"),
        (NoticeCadence.DAILY, "2026-11-22 08:00", None, MEXICO, "2026-11-23 08:00"),
        (NoticeCadence.AT_ONCE, "2026-11-22 21:59", NIGHT, MEXICO, "2026-11-22 21:59"),
        (NoticeCadence.AT_ONCE, "2026-11-22 22:00", NIGHT, MEXICO, "2026-11-23 07:00"),
        (NoticeCadence.AT_ONCE, "2026-11-23 06:59", NIGHT, MEXICO, "2026-11-23 07:00"),
        (NoticeCadence.AT_ONCE, "2026-11-23 07:00", NIGHT, MEXICO, "2026-11-23 07:00"),
        (NoticeCadence.HOURLY, "2026-11-22 21:30", NIGHT, MEXICO, "2026-11-23 07:00"),
        (NoticeCadence.AT_ONCE, "2026-11-22 14:30", SIESTA, MEXICO, "2026-11-22 16:30"),
        # On that night clocks go back from two to one, and forth from two to three.
        (NoticeCadence.AT_ONCE, "2026-10-31 23:00", NIGHT, TIJUANA, "2026-11-01 07:00"),
        (NoticeCadence.DAILY, "2027-03-13 12:00", None, TIJUANA, "2027-03-14 08:00"),
    ],
)
def test_each_is_sent_at_its_time(
    cadence: NoticeCadence, now: str, quiet: dict[str, str] | None, zone: str, then: str
) -> None:
    assert moment_of(cadence, at(now, zone), zone, "08:00", quiet) == at(then, zone)


CLOCKS = st.builds(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}", st.integers(0, 1439))


@given(
    cadence=st.sampled_from([NoticeCadence.AT_ONCE, NoticeCadence.HOURLY, NoticeCadence.DAILY]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from([MEXICO, TIJUANA, KATHMANDU]),
    daily=CLOCKS,
    quiet=st.none() | st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]),
)
def test_nothing_waits_for_more_than_two_days_or_is_sent_in_quiet_hours(
    cadence: NoticeCadence, now: datetime, zone: str, daily: str, quiet: tuple[str, str] | None
) -> None:
    hours = quiet and {"begins": quiet[0], "ends": quiet[1]}
    then = moment_of(cadence, now, zone, daily, hours)
    assert now <= then <= now + 2 * DAY + 2 * HOUR
    if quiet:
        clock = then.astimezone(ZoneInfo(zone)).strftime("%H:%M")
        begins, ends = quiet
        inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
        # At the hour that summer time leaves out, clocks show the next one.
        assert not inside or zone == TIJUANA


def test_every_state_has_a_zone_that_there_is() -> None:
    assert all(is_zone(zone_of(state)) for state in State)
    assert not is_zone("Mexico/City")
