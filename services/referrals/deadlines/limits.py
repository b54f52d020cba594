"""How long each step may take: the domain's table by priority, and what a network says instead.

A network changes the table, for all or for one service, by a file that its operators give to every replica
(``RELEVO_DEADLINES``, TOML)::

    [urgent]
    receive = {open_hours = 3}
    expire = {days = 5}

    [services.svc_4k7q.routine]
    decide = {working_days = 2}

What applied when a referral was sent stays on it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from contracts.codes import Priority
from services.referrals.deadlines.calendar import Calendar, Runs

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Nothing expires before it has been known for so long to be overdue.
KNOWN_OVERDUE_FOR = timedelta(hours=12)
# "At most 24 h", whatever the opening hours are.
MOST_OPEN = DAY
LONGEST = 366 * DAY
# Sixty days, as far as calendars are looked at (``calendar.FURTHEST_DAYS``), have some more.
MOST_WORKING_DAYS = 35


@dataclass(frozen=True)
class Limit:
    """For how long a clock may run, and when it runs."""

    amount: timedelta
    runs: Runs = Runs.ALWAYS

    @property
    def most(self) -> timedelta:
        """How long that is at most by the wall: a week at least for working days, twice as many and two."""
        if self.runs is Runs.ALWAYS:
            return self.amount
        return MOST_OPEN if self.runs is Runs.OPEN else max(7 * DAY, 2 * self.amount + 2 * DAY)

    def end(self, calendar: Calendar, start: datetime, of: timedelta | None = None) -> datetime:
        """Return when the time is up, or a part ``of`` it; never later than ``most`` allows."""
        amount = self.amount if of is None else of
        return min(calendar.advance(self.runs, start, amount), start + self.most)

    def left(self, calendar: Calendar, now: datetime, end: datetime) -> timedelta:
        """Return for how long the clock would still run until its end."""
        return calendar.elapsed(self.runs, now, end)

    def half(self, calendar: Calendar, start: datetime, end: datetime) -> datetime:
        """Return when half of the running time from the start to the end is over."""
        whole = calendar.elapsed(self.runs, start, end)
        if not whole:
            return start + (end - start) / 2
        return calendar.advance(self.runs, start, whole / 2)


@dataclass(frozen=True)
class Limits:
    """The limits of one priority; ``expire`` is None where nothing ever expires."""

    receive: Limit
    decide: Limit
    arrive: Limit
    expire: Limit | None

    @property
    def known(self) -> timedelta:
        """How long it is known to be overdue before it expires: less only where the network gives less."""
        if self.expire is None:
            return KNOWN_OVERDUE_FOR
        return min(KNOWN_OVERDUE_FOR, self.expire.most - self.decide.most)


def _always(amount: timedelta) -> Limit:
    return Limit(amount)


def _open(hours: int) -> Limit:
    return Limit(hours * HOUR, Runs.OPEN)


def _working(days: int) -> Limit:
    return Limit(days * DAY, Runs.WORKING)


# The domain's table.
LIMITS: Mapping[Priority, Limits] = {
    Priority.EMERGENCY: Limits(_always(HOUR / 2), _always(2 * HOUR), _always(DAY), None),
    Priority.URGENT: Limits(_open(4), _always(DAY), _always(3 * DAY), _always(3 * DAY)),
    Priority.ROUTINE: Limits(_working(2), _working(4), _always(14 * DAY), _always(14 * DAY)),
}


class Written(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A limit as it is written: one of these."""

    minutes: Annotated[int, Meta(ge=1)] | None = None
    hours: Annotated[int, Meta(ge=1)] | None = None
    days: Annotated[int, Meta(ge=1)] | None = None
    open_hours: Annotated[int, Meta(ge=1)] | None = None
    working_days: Annotated[int, Meta(ge=1)] | None = None

    def __post_init__(self) -> None:
        said = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError("Give one of minutes, hours, days, open_hours and working_days")
        if self.read().most > LONGEST:
            raise ValueError("Give a year at most")
        if self.working_days is not None and self.working_days > MOST_WORKING_DAYS:
            raise ValueError(f"Give {MOST_WORKING_DAYS} working days at most, or days")

    def read(self) -> Limit:
        """Return the limit."""
        if self.open_hours is not None:
            return _open(self.open_hours)
        if self.working_days is not None:
            return _working(self.working_days)
        return _always(timedelta(days=self.days or 0, hours=self.hours or 0, minutes=self.minutes or 0))


class Row(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What is said of one priority; the table holds for the rest."""

    receive: Written | None = None
    decide: Written | None = None
    arrive: Written | None = None
    expire: Written | None = None


class _Emergency(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """An emergency never expires."""

    receive: Written | None = None
    decide: Written | None = None
    arrive: Written | None = None


class _Rows(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    emergency: _Emergency | None = None
    urgent: Row | None = None
    routine: Row | None = None


class _File(_Rows, frozen=True):
    services: dict[str, _Rows] = {}


def limits(priority: Priority, row: Mapping[str, Any] | None) -> Limits:
    """Return the limits of a priority, with what is stored in place of the table's."""
    table = LIMITS[priority]
    if not row:
        return table
    said = {name: msgspec.convert(limit, Written).read() for name, limit in row.items()}
    return Limits(**{name: said.get(name, getattr(table, name)) for name in table.__dataclass_fields__})


class Overrides:
    """What the network says instead of the table."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self._rows = rows

    def of(self, service: str, priority: Priority | None) -> dict[str, Any] | None:
        """Return what holds for a referral to that service in place of the table's; None: nothing."""
        if priority is None:
            return None
        both = (self._rows, self._rows.get("services", {}).get(service, {}))
        row = {name: limit for rows in both for name, limit in rows.get(priority.value, {}).items()}
        return row or None


def overrides(file: Path | None) -> Overrides:
    """Read the network's file; without one the domain's table holds.

    Raises:
        ValueError: it cannot be read, or says what cannot be; in words for whoever wrote it.
    """
    if file is None:
        return Overrides({})
    try:
        rows = msgspec.to_builtins(msgspec.convert(tomllib.loads(file.read_text("utf-8")), _File))
    except OSError as error:
        raise ValueError(f"it cannot be read ({type(error).__name__})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from error
    found = Overrides(_without_nothing(rows))
    for service in ("", *rows.get("services", {})):
        for priority in Priority:
            _check(service, priority, limits(priority, found.of(service, priority)))
    return found


def _without_nothing(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    return {name: _without_nothing(value) for name, value in said.items() if value is not None}


def _check(service: str, priority: Priority, said: Limits) -> None:
    """Each step has its time: first the sign of life, then the decision, and then only the end."""
    where = f"services.{service}.{priority}" if service else str(priority)
    if said.receive.most > said.decide.most:
        raise ValueError(f"{where}: receive may take longer than decide")
    if said.expire is not None and said.decide.most >= said.expire.most:
        raise ValueError(f"{where}: expire comes no later than decide may")
