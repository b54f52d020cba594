"""When a service is open: its schedules, the exceptions to them, and the time zone that both are told in."""

import re
from collections.abc import Iterable
from datetime import date, time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from contracts.codes import State
from services.directory.details import HoursException, Schedule
from services.directory.geography.states import STATES
from services.directory.notes import Notes, Path

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_DAY = re.compile(r"[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)")
_FURTHEST_HOURS = 14
# What of a schedule says when, and nothing else: of a confidential place its words could say where.
HOURS = frozenset(
    {
        "valid_from", "valid_to", "dtstart", "until", "timezone", "count", "wkst", "freq", "interval",
        "byday", "byweekno", "bymonthday", "byyearday", "opens_at", "closes_at",
    }
)  # fmt: skip


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Whether it is the name of a time zone of IANA: ``America/Mexico_City``."""
    return name in _zones()


def zone(said: Iterable[tuple[Path, Any]], states: Iterable[State], notes: Notes) -> str | None:
    """Return the time zone: the first that was said and exists, else that of the first state, else None."""
    for path, name in said:
        if name is None or name == "":
            continue
        if isinstance(name, str) and is_zone(name):
            return name
        notes.add(path, "It is no time zone of IANA, such as America/Mexico_City: left out.")
    return next((STATES[state].zone for state in states), None)


def schedules(given: Any, path: Path, notes: Notes) -> list[dict[str, Any]]:
    """Return the good schedules as they are stored; one that ends before it begins is left out.

    Closing earlier than opening is the next morning: a night shelter opens at 20:00 and closes at 8:00.
    Closing when it opens is all day long.
    """
    return [
        {field: value for field in one.__struct_fields__ if (value := _kept(one, field)) is not None}
        for place, one in notes.items(given, Schedule, path)
        if _is_good(one, place, notes)
    ]


def exceptions(given: Any, notes: Notes) -> list[dict[str, Any]]:
    """Return the good exceptions as they are stored: ``date`` to ``until`` (the same day without it),
    ``closed`` or ``opens_at`` to ``closes_at``, ``note``."""
    path = ("relevo", "exceptions")
    kept = []
    for place, one in notes.items(given, HoursException, path):
        first, last = _date(one.date), _date(one.until or one.date)
        opens, closes = _time(one.opens_at), _time(one.closes_at)
        if first is None or last is None or last < first:
            notes.add(place, "It needs a date, and may not end before it begins: left out.")
        elif not one.closed and (opens is None or closes is None):
            notes.add(place, "It is closed, or has hours from opens_at to closes_at: left out.")
        else:
            kept.append(
                {
                    "date": first.isoformat(),
                    "until": last.isoformat(),
                    "closed": one.closed,
                    "opens_at": None if one.closed or opens is None else opens.isoformat(),
                    "closes_at": None if one.closed or closes is None else closes.isoformat(),
                    "note": one.note,
                }
            )
    return kept


def _is_good(one: Schedule, path: Path, notes: Notes) -> bool:
    for first, last in (("valid_from", "valid_to"), ("dtstart", "until")):
        begins, ends = _checked(one, first, path, notes), _checked(one, last, path, notes)
        if begins and ends and ends < begins:
            notes.add((*path, last), "It ends before it begins: the schedule is left out.")
            return False
    for field in ("opens_at", "closes_at"):
        text = getattr(one, field)
        if text and _time(text) is None:
            notes.add((*path, field), "It is no time of day, such as 08:30: the schedule is left out.")
            return False
    return _has_good_rule(one, path, notes)


def _has_good_rule(one: Schedule, path: Path, notes: Notes) -> bool:
    if one.freq and one.freq.upper() not in _FREQUENCIES:
        notes.add((*path, "freq"), "It is WEEKLY, MONTHLY, DAILY or YEARLY: the schedule is left out.")
        return False
    if one.byday and not all(_DAY.fullmatch(day.strip().upper()) for day in one.byday.split(",")):
        notes.add((*path, "byday"), "Its days are MO to SU, separated by commas: the schedule is left out.")
        return False
    if one.timezone is not None and not _is_offset_or_zone(one.timezone):
        notes.add((*path, "timezone"), "It is neither hours from UTC nor a zone of IANA: left out.")
        one.timezone = None
    return True


def _checked(one: Schedule, field: str, path: Path, notes: Notes) -> date | None:
    text = getattr(one, field)
    moment = _date(text) if text else None
    if text and moment is None:
        notes.add((*path, field), "It is no date, such as 2026-03-01: left out.")
        setattr(one, field, None)
    return moment


def _kept(one: Schedule, field: str) -> Any:
    value = getattr(one, field)
    if field in {"opens_at", "closes_at"} and value:
        moment = _time(value)
        return moment.isoformat() if moment else None
    if field in {"valid_from", "valid_to", "dtstart", "until"} and value:
        day = _date(value)
        return day.isoformat() if day else None
    if field in {"freq", "byday", "wkst"} and value:
        return value.upper().replace(" ", "")
    return None if value == "" else value


def _is_offset_or_zone(given: float | str) -> bool:
    return is_zone(given) if isinstance(given, str) else abs(given) <= _FURTHEST_HOURS


def _date(text: str) -> date | None:
    """The day of a date or moment in the ISO forms that sources write."""
    found = _DATE.match(text.strip())
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def _time(text: str | None) -> time | None:
    """A time of day, without seconds' fractions and without the zone that some sources add."""
    bare = (text or "").strip().removesuffix("Z")
    bare = re.split(r"[+\-]", bare)[0].strip() if bare else ""
    if re.fullmatch(r"24:00(:00)?", bare):
        return time(0, 0)
    try:
        return time.fromisoformat(bare.zfill(5) if ":" in bare else bare).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return None
