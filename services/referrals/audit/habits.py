"""How much a reader usually reads, and what is unusual: pure functions over the entries of a chain.

What is counted are persons: the referrals of which T3 or T4 was opened, each once in an hour of the clock.
A day counts as its busiest hour; ``usual`` is the middle one of the days on which she read anything, of the
last four weeks, today left out. Flagged is, once in a day, whoever reads in one hour of more persons than

* ``times`` her usual, and never of fewer than the ``floor``: who reads little may well read a little more;
* ten times the floor, as long as she has read on fewer than three days: nothing is known of her yet.

A system that names the member for whom it reads is as many readers as it names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import Any

import msgspec

from contracts.audit import AuditActor, AuditKind
from services.referrals.audit.entry import REFERRAL
from services.referrals.document import Document

# What is printed was read.
OF_PERSONS = frozenset({AuditKind.READ, AuditKind.EXPORT})
REMEMBERED = timedelta(days=28)
DAYS_KNOWN = 3
OF_THE_UNKNOWN = 10
# Of an hour no more folios are kept: what counts is far less.
MOST_SEEN = 5_000


class Reading(msgspec.Struct, frozen=True):
    """What is looked at of an entry; what somebody has put there that is none is passed over."""

    kind: AuditKind
    noun: str
    at: datetime
    actor: AuditActor
    about: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """What the network calls unusual; a ``floor`` of 0 is nothing at all."""

    floor: int
    times: int


@dataclass(frozen=True)
class Unusual:
    """Somebody read of ``persons`` in the ``hour`` that began then: of more than ``most``."""

    reader: AuditActor
    hour: datetime
    persons: int
    most: int
    usual: int | None


@dataclass
class Habit:
    """One reader: the busiest hours of her days, and of whom she has read in the last hour."""

    who: AuditActor
    days: dict[date, int] = field(default_factory=dict)
    hour: datetime | None = None
    seen: set[str] = field(default_factory=set)
    flagged: date | None = None

    @classmethod
    def from_document(cls, row: Mapping[str, Any]) -> "Habit":
        """Return what was stored."""
        return msgspec.convert(row, cls)

    def to_document(self) -> Document:
        """Return it as it is stored."""
        document: Document = msgspec.to_builtins(self)
        return document

    def usual(self, day: date) -> int | None:
        """What she reads in the busiest hour of a day, before that day; None where too little is known."""
        known = [most for one, most in self.days.items() if day - REMEMBERED <= one < day]
        return median_low(known) if len(known) >= DAYS_KNOWN else None

    def take(self, reading: Reading, rule: Rule) -> Unusual | None:
        """Count a reading of hers, and say what is unusual by it, the first time on its day."""
        hour, day = reading.at.replace(minute=0, second=0, microsecond=0), reading.at.date()
        if hour != self.hour:
            self.hour, self.seen = hour, set()
        self.seen.update(reading.about[: MOST_SEEN - len(self.seen)])
        persons = len(self.seen)
        self.days[day] = max(persons, self.days.get(day, 0))
        usual = self.usual(day)
        most = rule.floor * OF_THE_UNKNOWN if usual is None else max(rule.floor, rule.times * usual)
        if not rule.floor or persons <= most or self.flagged == day:
            return None
        self.flagged = day
        return Unusual(self.who, hour, persons, most, usual)

    def forget(self, day: date) -> bool:
        """Forget what is older than is remembered on that day; return whether anything is left."""
        self.days = {one: most for one, most in self.days.items() if one >= day - REMEMBERED}
        if self.hour is not None and self.hour.date() != day:
            self.seen = set()
        return bool(self.days)


def learned(
    habits: Iterable[Habit], chain: str, entries: Iterable[Mapping[str, Any]], rule: Rule
) -> tuple[list[Habit], list[Unusual]]:
    """Return the readers of an organization after more of its entries, in order, and what was unusual."""
    known = {_key(habit.who): habit for habit in habits}
    found: list[Unusual] = []
    last: date | None = None
    for entry in entries:
        reading = _reading(entry, chain)
        if reading is None:
            continue
        habit = known.setdefault(_key(reading.actor), Habit(reading.actor))
        unusual = habit.take(reading, rule)
        found += [unusual] if unusual else []
        last = reading.at.date()
    return [habit for habit in known.values() if last is None or habit.forget(last)], found


def _reading(entry: Mapping[str, Any], chain: str) -> Reading | None:
    """The reading of an organization's own that an entry tells of."""
    try:
        reading = msgspec.convert(entry, Reading)
    except msgspec.ValidationError:
        return None
    is_own = reading.actor.organization == chain and reading.noun == REFERRAL
    return reading if is_own and reading.kind in OF_PERSONS else None


def _key(who: AuditActor) -> tuple[str, ...]:
    """By whom a reader is known: the member that a system names, or else who asks."""
    return ("for", who.on_behalf_of) if who.on_behalf_of else (who.kind, who.id)
