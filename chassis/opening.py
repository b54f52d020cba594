"""When something is open, from schedules with a time zone and exceptions to them: pure functions.

A schedule says on which days something happens, and from when to when. It closes on the next day if it
closes no later than it opens (RFC 5545, as HSDS writes it). A day's exceptions stand in place of all
schedules for that day. What a schedule does not say is unknown, and unknown is not open.
"""

import calendar
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Most of Mexico, where nobody says which.
ZONE = "America/Mexico_City"
DAY = timedelta(days=1)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.IGNORECASE)
_DAYS_OF_WEEK = 7
_HOURS_OF_DAY = 24
_LONGEST_COUNTED = 3 * 366
# A year of holidays in one line; a longer one is no exception any more.
_MOST_EXCEPTIONAL = 366


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when on a day, if that is known; ``zone`` where it has one of its own."""

    opens: time | None
    closes: time | None
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One HSDS schedule, read. ``weekdays`` are (which of the month or 0 for each, day of the week)."""

    span: Span
    first: date | None
    last: date | None
    start: date | None
    freq: str | None
    interval: int
    weekdays: tuple[tuple[int, int], ...]
    monthdays: tuple[int, ...]

    def is_on(self, day: date) -> bool:
        """Whether it happens on that day."""
        if (self.first and day < self.first) or (self.last and day > self.last):
            return False
        if self.start and day < self.start:
            return False
        if self.freq is None and not self.weekdays and not self.monthdays:
            # One day, or every day of a span of days.
            return day == self.start if self.start and not self.last else bool(self.first or self.last)
        return self._is_day(day) and self._is_turn(day)

    def _is_day(self, day: date) -> bool:
        if self.weekdays and not any(_is_weekday(day, which, number) for which, number in self.weekdays):
            return False
        if self.monthdays:
            length = calendar.monthrange(day.year, day.month)[1]
            return any(day.day == (one if one > 0 else length + 1 + one) for one in self.monthdays)
        return bool(self.weekdays) or self._is_day_of_start(day)

    def _is_day_of_start(self, day: date) -> bool:
        """Without days of its own it happens on that of its start."""
        anchor = self.start or self.first
        if self.freq == "DAILY" or anchor is None:
            return True
        if self.freq == "WEEKLY":
            return day.weekday() == anchor.weekday()
        if self.freq == "MONTHLY":
            return day.day == anchor.day
        return (day.month, day.day) == (anchor.month, anchor.day)

    def _is_turn(self, day: date) -> bool:
        """Whether the interval (every second week, say) comes to that day."""
        anchor = self.start or self.first
        if self.interval <= 1 or anchor is None:
            return True
        if self.freq == "DAILY":
            passed = (day - anchor).days
        elif self.freq == "WEEKLY":
            passed = (_monday(day) - _monday(anchor)).days // _DAYS_OF_WEEK
        else:
            passed = (day.year - anchor.year) * 12 + day.month - anchor.month
        return passed % self.interval == 0


@dataclass(frozen=True, slots=True)
class Hours:
    """All schedules of a place, its exceptions by day (no spans: closed), and its time zone."""

    zone: tzinfo
    schedules: tuple[Schedule, ...]
    exceptions: dict[date, tuple[Span, ...]]

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment, by what is known."""
        today = at.astimezone(self.zone).date()
        # A time with an offset of its own may lie on the day before or after.
        return any(
            self._covers(day, span, at)
            for day in (today - DAY, today, today + DAY)
            for span in self._spans(day)
        )

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """From when to when it is open on that day, as far as it is known; the end may be the next day."""
        return [(opens, closes) for span in self._spans(day) for opens, closes in self._moments(day, span)]

    def happens(self, first: date, last: date) -> bool:
        """Whether it happens on any day from the first to the last."""
        days = (first + number * DAY for number in range((last - first).days + 1))
        return any(self._happens_on(day) for day in days)

    def _happens_on(self, day: date) -> bool:
        if day in self.exceptions:
            return bool(self.exceptions[day])
        return any(schedule.is_on(day) for schedule in self.schedules)

    def _spans(self, day: date) -> Iterable[Span]:
        if day in self.exceptions:
            return self.exceptions[day]
        return [schedule.span for schedule in self.schedules if schedule.is_on(day)]

    def _covers(self, day: date, span: Span, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self._moments(day, span))

    def _moments(self, day: date, span: Span) -> list[tuple[datetime, datetime]]:
        """When that is, in UTC; nothing where it is not known."""
        if span.opens is None or span.closes is None:
            return []
        until = day + DAY if span.closes.replace(tzinfo=None) <= span.opens.replace(tzinfo=None) else day
        zone = span.zone or self.zone
        return [(_moment(day, span.opens, zone), _moment(until, span.closes, zone))]


def read(stored: dict[str, Any]) -> Hours | None:
    """Return the hours from what is stored of them, or None where nobody has said any."""
    schedules = tuple(_schedule(one) for one in stored.get("schedules") or ())
    exceptions: dict[date, tuple[Span, ...]] = {}
    for one in stored.get("exceptions") or ():
        spans = () if one.get("closed") else (_span(one),)
        for day in _days(one):
            exceptions[day] = exceptions.get(day, ()) + spans
    if not schedules and not exceptions:
        return None
    return Hours(zone_of(stored.get("timezone")) or ZoneInfo(ZONE), schedules, exceptions)


def _days(exception: dict[str, Any]) -> list[date]:
    first = _day(exception.get("date"))
    if first is None:
        return []
    last = _day(exception.get("until")) or first
    return [first + number * DAY for number in range(min((last - first).days, _MOST_EXCEPTIONAL) + 1)]


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    """In UTC: within one zone Python compares clocks, and not moments."""
    return datetime.combine(day, at, tzinfo=at.tzinfo or zone).astimezone(UTC)


def _schedule(stored: dict[str, Any]) -> Schedule:
    last = [day for day in (_day(stored.get("valid_to")), _day(stored.get("until"))) if day]
    freq = str(stored.get("freq") or "").upper() or None
    schedule = Schedule(
        span=_span(stored),
        first=_day(stored.get("valid_from")),
        last=min(last) if last else None,
        start=_day(stored.get("dtstart")),
        freq=freq,
        interval=_number(stored.get("interval")) or 1,
        weekdays=_weekdays(stored.get("byday")),
        monthdays=_monthdays(stored.get("bymonthday")),
    )
    return replace(schedule, last=_last_of(schedule, _number(stored.get("count"))))


def _last_of(schedule: Schedule, count: int | None) -> date | None:
    """The day on which something happens for the last time that happens so often, within some years."""
    if not count or schedule.start is None:
        return schedule.last
    days = (schedule.start + number * DAY for number in range(_LONGEST_COUNTED))
    happening = (day for day in days if schedule.is_on(day))
    return next(itertools.islice(happening, count - 1, None), schedule.last)


def _weekdays(byday: Any) -> tuple[tuple[int, int], ...]:
    found = _BYDAY.findall(_joined(byday))
    return tuple((int(which or 0), _DAYS.index(day.upper())) for which, day in found)


def _monthdays(bymonthday: Any) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"-?\d{1,2}", _joined(bymonthday)) if int(one))


def _joined(given: Any) -> str:
    return (
        ",".join(map(str, given))
        if isinstance(given, Sequence) and not isinstance(given, str)
        else str(given or "")
    )


def _is_weekday(day: date, which: int, number: int) -> bool:
    if day.weekday() != number:
        return False
    if which > 0:
        return (day.day - 1) // _DAYS_OF_WEEK + 1 == which
    if which < 0:
        length = calendar.monthrange(day.year, day.month)[1]
        return (length - day.day) // _DAYS_OF_WEEK + 1 == -which
    return True


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _span(stored: dict[str, Any]) -> Span:
    return Span(
        _time(stored.get("opens_at")), _time(stored.get("closes_at")), zone_of(stored.get("timezone"))
    )


def _time(given: Any) -> time | None:
    """A time of the day in any ISO form; midnight may be written 24:00."""
    text = str(given or "")
    try:
        return time.fromisoformat(text.replace("24:00", "00:00", 1) if text.startswith("24:00") else text)
    except ValueError:
        return None


def _day(given: Any) -> date | None:
    if isinstance(given, datetime):
        return given.date()
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given or "")[:10])
    except ValueError:
        return None


def _number(given: Any) -> int | None:
    try:
        return int(given)
    except (TypeError, ValueError):
        return None


def zone_of(given: Any) -> tzinfo | None:
    """A zone by its IANA name, or by hours from UTC, as HSDS 3.0 has it."""
    if isinstance(given, int | float):
        return timezone(timedelta(hours=given)) if abs(given) < _HOURS_OF_DAY else None
    try:
        return ZoneInfo(given) if given else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
