"""Compares what clients were told with what the parties' feeds say, and names every difference.

Clients write down each change they asked for, in order: with the version they were told, or without one
where the answer was lost for good, so that it may have happened or not, but at most once. Whatever the
network does, every feed must then hold each change that happened and is for it once, in the order of its
referral, and nothing else: least of all what is for another.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

FIRST = "sent"
# Of what is asked where nothing is said of who hears of it: everybody whose feed is compared.
EVERYBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that a client asked for, by the name of its event.

    ``version`` is the one it was told; None where the answer was lost. ``referral`` is None where that
    was the answer of an issue: then nobody knows which referral it made, if any. ``told`` are the feeds that
    hear of it. What is ``aside`` leaves the version as it is.
    """

    referral: str | None
    event: str
    version: int | None
    folio: str | None = None
    told: frozenset[str] = EVERYBODY
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of a feed, as far as it says what happened."""

    referral: str
    event: str
    version: int
    folio: str


# An entry, and the feeds that hear of it. What is told to one side may look like what is told to the other.
Happened = tuple[Told, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be: of which kind, in whose feed, and which entry."""

    kind: Literal["lost", "duplicate", "swapped", "invented", "leaked"]
    feed: str
    entry: Told


def check(record: Sequence[Asked], feeds: Mapping[str, Sequence[Told]]) -> list[Violation]:
    """Return every violation in the feeds of the parties of all the referrals in the record.

    A change without an answer that shows in one feed has happened: it is lost where another lacks it.
    """
    heard = {entry for feed in feeds.values() for entry in feed}
    happened = _happened(record, heard)
    return [violation for name, feed in feeds.items() for violation in _of_feed(name, feed, happened)]


def _of_feed(name: str, feed: Sequence[Told], happened: Sequence[Happened]) -> list[Violation]:
    mine = [entry for entry, told in happened if told == EVERYBODY or name in told]
    order = {entry: place for place, entry in enumerate(mine)}
    others = {entry for entry, _ in happened} - set(mine)
    found = [
        violation
        for entries in _by_referral((entry for entry in feed if entry not in others), mine).values()
        for violation in _compare(name, entries, order)
    ]
    found += [Violation("leaked", name, entry) for entry in feed if entry in others]
    return found + [Violation("lost", name, entry) for entry in _missing(mine, feed)]


def awaited(record: Sequence[Asked], name: str) -> int:
    """Return how many entries a feed has to hold at least: what was answered, and is for it."""
    return sum(one.version is not None and (one.told == EVERYBODY or name in one.told) for one in record)


def follow(name: str, feed: Sequence[Told], seen: Sequence[Told]) -> list[Violation]:
    """Return every violation in what a live reader saw of a feed: all of it, once, in its very order."""
    order = {entry: place for place, entry in enumerate(feed)}
    lost = [Violation("lost", name, entry) for entry in _missing(feed, seen)]
    return lost + list(_compare(name, seen, order))


def _happened(record: Sequence[Asked], heard: set[Told]) -> list[Happened]:
    """The changes that happened, in an order that keeps each referral's own, and who hears of each."""
    folios = {asked.referral: asked.folio for asked in record if asked.referral and asked.folio}
    highest = {asked.referral: asked.version or 0 for asked in sorted(record, key=_version)}
    versions: Counter[str] = Counter()
    happened: list[Happened] = []
    for asked in record:
        if asked.referral is None:
            continue
        # One after the other: a change that went unanswered can only have made the next version. It did
        # where somebody was told of it, or where a later change was answered with a higher one.
        version = asked.version or versions[asked.referral] + (not asked.aside)
        entry = Told(asked.referral, asked.event, version, folios.get(asked.referral, ""))
        went_on = not asked.aside and highest[asked.referral] > version
        if asked.version is not None or entry in heard or went_on:
            happened.append((entry, asked.told))
            versions[asked.referral] = version
    return happened + _nameless(record, heard)


def _version(asked: Asked) -> int:
    return asked.version or 0


def _nameless(record: Sequence[Asked], heard: set[Told]) -> list[Happened]:
    """Referrals that nobody knows by name, as far as there were issues without an answer."""
    known = {asked.referral for asked in record}
    strangers = [entry for entry in heard if entry.referral not in known and _is_issue(entry)]
    allowed = [asked.told for asked in record if asked.referral is None]
    return list(zip(sorted(strangers, key=lambda entry: entry.folio), allowed, strict=False))


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
