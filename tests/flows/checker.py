"""Compares what clients were told with what the parties' feeds say, and names every difference.

Clients write down each change they asked for, in order: with the version they were told, or without one
where the answer was lost for good, so that it may have happened or not, but at most once. Whatever the
network does, every feed must then hold each change that happened once, in the order of its referral, and
nothing else.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

FIRST = "sent"


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that a client asked for, by the name of its event.

    ``version`` is the one it was told; None where the answer was lost. ``referral`` is None where that
    was the answer of an issue: then nobody knows which referral it made, if any.
    """

    referral: str | None
    event: str
    version: int | None
    folio: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of a feed, as far as it says what happened."""

    referral: str
    event: str
    version: int
    folio: str


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be: of which kind, in whose feed, and which entry."""

    kind: Literal["lost", "duplicate", "swapped", "invented"]
    feed: str
    entry: Told


def check(record: Sequence[Asked], feeds: Mapping[str, Sequence[Told]]) -> list[Violation]:
    """Return every violation in the feeds of the parties of all the referrals in the record.

    A change without an answer that shows in one feed has happened: it is lost where another lacks it.
    """
    heard = {entry for feed in feeds.values() for entry in feed}
    happened = _happened(record, heard)
    order = {entry: place for place, entry in enumerate(happened)}
    return [
        violation
        for name, feed in feeds.items()
        for entries in _by_referral(feed, happened).values()
        for violation in _compare(name, entries, order)
    ] + [Violation("lost", name, entry) for name, feed in feeds.items() for entry in _missing(happened, feed)]


def follow(name: str, feed: Sequence[Told], seen: Sequence[Told]) -> list[Violation]:
    """Return every violation in what a live reader saw of a feed: all of it, once, in its very order."""
    order = {entry: place for place, entry in enumerate(feed)}
    lost = [Violation("lost", name, entry) for entry in _missing(feed, seen)]
    return lost + list(_compare(name, seen, order))


def _happened(record: Sequence[Asked], heard: set[Told]) -> list[Told]:
    """The changes that happened, in an order that keeps each referral's own."""
    folios = {asked.referral: asked.folio for asked in record if asked.referral and asked.folio}
    highest = {asked.referral: asked.version or 0 for asked in sorted(record, key=_version)}
    versions: Counter[str] = Counter()
    happened: list[Told] = []
    for asked in record:
        if asked.referral is None:
            continue
        # One after the other: a change that went unanswered can only have made the next version. It did
        # where somebody was told of it, or where a later change was answered with a higher one.
        version = asked.version or versions[asked.referral] + 1
        entry = Told(asked.referral, asked.event, version, folios.get(asked.referral, ""))
        if asked.version is not None or entry in heard or highest[asked.referral] > version:
            happened.append(entry)
            versions[asked.referral] = version
    return happened + _nameless(record, heard)


def _version(asked: Asked) -> int:
    return asked.version or 0


def _nameless(record: Sequence[Asked], heard: set[Told]) -> list[Told]:
    """Referrals that nobody knows by name, as far as there were issues without an answer."""
    known = {asked.referral for asked in record}
    strangers = [entry for entry in heard if entry.referral not in known and _is_issue(entry)]
    allowed = sum(asked.referral is None for asked in record)
    return sorted(strangers, key=lambda entry: entry.folio)[:allowed]


def _is_issue(entry: Told) -> bool:
    return entry.event == FIRST and entry.version == 1


def _by_referral(feed: Iterable[Told], happened: Iterable[Told]) -> dict[str, list[Told]]:
    """The feed of each referral: between two of them there is no order to keep."""
    entries: dict[str, list[Told]] = {entry.referral: [] for entry in happened}
    for entry in feed:
        entries.setdefault(entry.referral, []).append(entry)
    return entries


def _missing(happened: Iterable[Told], feed: Iterable[Told]) -> Iterator[Told]:
    there = set(feed)
    return (entry for entry in happened if entry not in there)


def _compare(name: str, entries: Sequence[Told], order: Mapping[Told, int]) -> Iterator[Violation]:
    """What is there too often, too early or without a reason."""
    for entry, count in Counter(entries).items():
        if entry not in order:
            yield from [Violation("invented", name, entry)] * count
        else:
            yield from [Violation("duplicate", name, entry)] * (count - 1)
    known = [entry for entry in dict.fromkeys(entries) if entry in order]
    for earlier, later in pairwise(known):
        if order[earlier] > order[later]:
            yield Violation("swapped", name, later)
