"""When something is sent: at once, at the end of the hour, at her time of the day; and not in quiet hours."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from contracts.notices import NoticeCadence

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def is_zone(name: str) -> bool:
    """Whether it is the name of a time zone of IANA: ``America/Mexico_City``."""
    return name in available_timezones()


def moment_of(
    cadence: NoticeCadence, now: datetime, zone: str, daily_at: str, quiet: dict[str, Any] | None
) -> datetime:
    """Return when what comes now is sent, by a clock in that zone."""
    place = ZoneInfo(zone)
    moment = {
        NoticeCadence.HOURLY: lambda: next_hour(now, place),
        NoticeCadence.DAILY: lambda: next_at(now, place, time.fromisoformat(daily_at)),
    }.get(cadence, lambda: now)()
    return moment if quiet is None else after_quiet(moment, place, quiet)


def next_hour(now: datetime, place: ZoneInfo) -> datetime:
    """The next full hour; some zones are half an hour off."""
    local = now.astimezone(place)
    begun = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return now - begun + HOUR


def next_at(now: datetime, place: ZoneInfo, clock: time) -> datetime:
    """The next moment, not this one, at which clocks there show that time."""
    today = now.astimezone(place).date()
    for days in range(3):
        moment = datetime.combine(today + days * DAY, clock, place).astimezone(UTC)
        if moment > now:
            return moment
    raise AssertionError("clocks go round within a day")


def after_quiet(moment: datetime, place: ZoneInfo, quiet: dict[str, Any]) -> datetime:
    """The moment itself, or the end of the quiet hours in which it lies."""
    begins, ends = time.fromisoformat(quiet["begins"]), time.fromisoformat(quiet["ends"])
    clock = moment.astimezone(place).time()
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    return next_at(moment, place, ends) if inside else moment
