"""The receiver's calendar: when its clock runs, by its time zone, opening hours and Mexico's public holidays.

What nobody has said never stretches a deadline: a service that gives no hours is taken to be always open, one
that gives no days works from Monday to Friday.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import msgspec

from chassis import opening
from chassis.opening import DAY, ZONE, Hours

COUNTRY = "MX"
# Hours that say nothing of the next two weeks are out of date.
KNOWN_AHEAD = timedelta(days=14)
# Further ahead nobody looks: every deadline that needs a calendar has an end that needs none.
FURTHEST_DAYS = 60
_SATURDAY = 5

Span = tuple[datetime, datetime]


class Runs(StrEnum):
    """When a clock runs: always, while the service is open, or on its working days, midnight to midnight."""

    ALWAYS = "always"
    OPEN = "open"
    WORKING = "working"


@lru_cache(maxsize=64)
def public_holidays(year: int) -> frozenset[date]:
    """Return the days off of Mexico's labour law in that year."""
    return frozenset(holidays.country_holidays(COUNTRY, years=year))


# The library reads its tables once, which takes half a second: now, and not when somebody refers.
public_holidays(datetime.now(UTC).year)


@dataclass(frozen=True)
class Calendar:
    """The zone of a service, and its hours where it has said any."""

    zone: tzinfo
    hours: Hours | None

    def advance(self, runs: Runs, start: datetime, amount: timedelta) -> datetime:
        """Return when the clock has run for that long, in UTC; where it never does, as far as is looked."""
        left, end = amount, start
        for begins, ends in self._spans(runs, start):
            if ends - begins >= left:
                return begins + left
            left, end = left - (ends - begins), ends
        return max(end, start + FURTHEST_DAYS * DAY)

    def elapsed(self, runs: Runs, start: datetime, end: datetime) -> timedelta:
        """Return for how long the clock runs between two moments; nothing where the end comes first."""
        total = timedelta(0)
        for begins, ends in self._spans(runs, start):
            if begins >= end:
                break
            total += min(ends, end) - begins
        return total

    def works_on(self, day: date) -> bool:
        """Whether it is a working day: by the service's own word, else no holiday and no weekend.

        A public holiday is none, but for who works every day of the week.
        """
        hours = self.hours
        if hours is not None and day in hours.exceptions:
            return bool(hours.exceptions[day])
        if day in public_holidays(day.year):
            return self._is_daily(day)
        return self._is_on(day) if self._says_days(day) else day.weekday() < _SATURDAY

    def _is_daily(self, day: date) -> bool:
        """Whether it works on each day of that week: then a holiday is no reason to think otherwise."""
        return all(self._is_on(day + number * DAY) for number in range(-3, 4))

    def _is_on(self, day: date) -> bool:
        return self.hours is not None and any(one.is_on(day) for one in self.hours.schedules)

    def _says_days(self, day: date) -> bool:
        """Whether its schedules say anything of the days from that one on: else they are out of date."""
        return any(self._is_on(day + number * DAY) for number in range(KNOWN_AHEAD // DAY))

    def _spans(self, runs: Runs, start: datetime) -> Iterator[Span]:
        """When the clock runs from that moment on, in order and apart from each other."""
        if runs is Runs.OPEN and self._says_times(start):
            yield from _merged(_from(start, self._open_spans(start)))
        elif runs is Runs.WORKING:
            yield from _from(start, self._working_spans(start))
        else:
            yield start, start + 100 * 366 * DAY

    def _says_times(self, start: datetime) -> bool:
        """Whether it is known when it opens in the next days: else it is taken to be open."""
        if self.hours is None:
            return False
        first = start.astimezone(self.zone).date()
        days = [first + number * DAY for number in range(KNOWN_AHEAD // DAY)]
        return any(day in self.hours.exceptions or self.hours.spans(day) for day in days)

    def _open_spans(self, start: datetime) -> Iterator[Span]:
        assert self.hours is not None
        # Since yesterday's may last until this morning.
        first = start.astimezone(self.zone).date() - DAY
        for number in range(FURTHEST_DAYS):
            day = first + number * DAY
            if self.works_on(day):
                yield from sorted(self.hours.spans(day))

    def _working_spans(self, start: datetime) -> Iterator[Span]:
        first = start.astimezone(self.zone).date()
        for number in range(FURTHEST_DAYS):
            day = first + number * DAY
            if self.works_on(day):
                yield self._midnight(day), self._midnight(day + DAY)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


def _from(start: datetime, spans: Iterator[Span]) -> Iterator[Span]:
    """What of the spans is not before the start."""
    return ((max(begins, start), ends) for begins, ends in spans if ends > start)


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    """The same time, each moment once: two schedules of one service may overlap."""
    reached: datetime | None = None
    for begins, ends in spans:
        later = begins if reached is None else max(begins, reached)
        if ends > later:
            yield later, ends
            reached = ends


def calendar(stored: dict[str, Any]) -> Calendar:
    """Return the calendar from what is stored of a service's time zone, schedules and exceptions."""
    return _calendar(msgspec.json.encode(stored, order="deterministic"))


@lru_cache(maxsize=1024)
def _calendar(stored: bytes) -> Calendar:
    fields = msgspec.json.decode(stored)
    hours = opening.read(fields)
    return Calendar(hours.zone if hours else opening.zone_of(fields.get("timezone")) or ZoneInfo(ZONE), hours)
