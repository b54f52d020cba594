"""The places of one service: the stored document, what its units say now, and what everybody may see of them.

One document for each service, under the service's id, so that every change of its places is one conditional
write, whichever replica makes it:

=======================  ===================================================================================
``_id organization``     the service, and whose it is
``revision``             grows with every save; ``n`` counts events; ``changed_at``: the database clock
``units``                a list: ``unit maximum total occupied held waiting valid_until updated by …``
``provisional``          by referral: ``places until``; after ``until`` they count no more
``holds``                by referral: ``places state since n`` and more (``holds.py``)
``wake_at``              when something has to be done that nobody asks for (``watch.py``)
``removed``              units that were taken away: no import brings them back
``history``              the last 50 changes, who and when; ``idempotency``: keys (hashed) of ``setCapacity``
``pending …``            the outbox
=======================  ===================================================================================

``total`` is the maximum where that is known, else what an import called available. ``held`` counts confirmed
holds. The documents are never changed in place: every function returns another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.clock import whole
from contracts.capacity import UnitCapacity
from contracts.codes import CapacityStatus
from contracts.directory import Capacity
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence

Document = dict[str, Any]
Unit = dict[str, Any]

VALID_FOR = timedelta(hours=24)
VALID_AT_MOST = timedelta(days=31)
MOST_UNITS = 20
# A moment that never comes; a number and no null, since the sweep asks by range.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def noun_id(service: str) -> str:
    """Return the places' own id in events: the service has events of its own, counted apart."""
    return "cap_" + service.removeprefix("svc_")


def service_of(noun: str) -> str:
    """Return the service whose places have that id in events."""
    return "svc_" + noun.removeprefix("cap_")


def empty(service: str, organization: str) -> Document:
    """Return the document of a service that counts no places yet."""
    return {
        "_id": service,
        "organization": organization,
        "revision": 0,
        "n": 0,
        "units": [],
        "provisional": {},
        "holds": {},
        "wake_at": NEVER,
    }


def seeded(service: Mapping[str, Any]) -> Document:
    """Return the document that an imported service begins with, from the HSDS capacity of its own document.

    What a source said at a moment is good for 24 hours from then, and from when it came where it names none.
    """
    document = empty(service["_id"], service["organization"])
    came = service.get("changed_at") or datetime.now(UTC)
    units: dict[str, Unit] = {}
    for given in service.get("capacity") or ():
        units.setdefault(given["unit"], _imported(given, came))
    document["units"] = list(units.values())[:MOST_UNITS]
    return document


def imported(service: Mapping[str, Any]) -> Document | None:
    """Return the same where an import said anything of its places; else None."""
    return seeded(service) if service.get("capacity") else None


def _imported(given: Mapping[str, Any], came: datetime) -> Unit:
    # A clock that runs ahead makes nothing true for longer.
    updated = min(given.get("updated") or came, came)
    maximum, available = given.get("maximum"), given["available"]
    total = max(available if maximum is None else maximum, available)
    return {
        "unit": given["unit"],
        "maximum": maximum,
        "total": total,
        "occupied": total - available,
        "held": 0,
        "waiting": None,
        "valid_until": updated + VALID_FOR,
        "updated": updated,
        "by": "import",
        "told_stale": updated + VALID_FOR <= came,
    }


def reimported(document: Document, service: Mapping[str, Any]) -> Document:
    """Return the document with what a later import says of units that nobody but an import has spoken of."""
    mine = {unit["unit"]: unit for unit in document["units"]}
    for unit in seeded(service)["units"]:
        before = mine.get(unit["unit"])
        if unit["unit"] in document.get("removed", ()):
            continue
        if before is None and len(mine) < MOST_UNITS:
            mine[unit["unit"]] = unit
        elif before is not None and before["by"] == "import" and before["updated"] < unit["updated"]:
            # What is held is still to come, so it cannot be among what the source calls occupied.
            occupied = max(0, unit["occupied"] - before["held"])
            mine[unit["unit"]] = {**unit, "held": before["held"], "occupied": occupied}
    return {**document, "units": list(mine.values())}


def is_stale(unit: Unit, now: datetime) -> bool:
    """Whether what was said of a unit is too old to be trusted."""
    return bool(unit["valid_until"] <= now)


def provisional_of(document: Document, now: datetime) -> dict[str, int]:
    """Return how many places of each unit are held provisionally now."""
    counts: dict[str, int] = {}
    for hold in document["provisional"].values():
        if hold["until"] > now:
            for places in hold["places"]:
                counts[places["unit"]] = counts.get(places["unit"], 0) + places["count"]
    return counts


def free(unit: Unit, provisional: int) -> int:
    """Return how many places of a unit are free and not held; its numbers are taken at their word."""
    return max(0, int(unit["total"] - unit["occupied"] - unit["held"]) - provisional)


def view(document: Document, now: datetime) -> tuple[Capacity, ...]:
    """Return what everybody may know of the places (T0); nothing of a unit whose numbers are too old."""
    provisional = provisional_of(document, now)
    return tuple(_view(unit, provisional.get(unit["unit"], 0), now) for unit in document["units"])


def _view(unit: Unit, provisional: int, now: datetime) -> Capacity:
    about = {"unit": unit["unit"], "valid_until": unit["valid_until"], "updated": unit["updated"]}
    if is_stale(unit, now):
        return Capacity(status=CapacityStatus.UNKNOWN, **about)
    return Capacity(
        available=free(unit, provisional),
        maximum=unit["maximum"],
        held=unit["held"] + provisional,
        # Where nobody said how many there are, nobody knows how many are taken.
        occupied=None if unit["maximum"] is None else unit["occupied"],
        waiting=unit["waiting"],
        **about,
    )


def grow_stale(document: Document, now: datetime) -> Document:
    """Return the document with those units marked whose numbers have become too old: once, to be told."""
    if not any(is_stale(unit, now) and not unit.get("told_stale") for unit in document["units"]):
        return document
    units = [{**unit, "told_stale": True} if is_stale(unit, now) else unit for unit in document["units"]]
    return {**document, "units": units}


def change_units(
    document: Document, given: Sequence[UnitCapacity], by: str, now: datetime
) -> Document | tuple[FieldProblem, ...]:
    """Return the document with what was said of some units, or every input that is not right."""
    units = {unit["unit"]: unit for unit in document["units"]}
    removed = set(document.get("removed", ()))
    held = provisional_of(document, now)
    problems: list[FieldProblem] = []
    named: set[str] = set()
    for place, one in enumerate(given):
        before = units.get(one.unit)
        kept = before["held"] if before else _confirmed(document, one.unit)
        on_hold = held.get(one.unit, 0) + kept
        judged = _removal(one, before, on_hold) if one.remove else _numbers(one, before, on_hold)
        wrong = [*_twice(one, named), *judged, *_validity(one, now)]
        problems += [_at(place, field, words) for field, words in wrong]
        if wrong:
            continue
        removed.discard(one.unit)
        if one.remove:
            del units[one.unit]
            removed.add(one.unit)
        else:
            units[one.unit] = {**_said(one, before, on_hold, by, now), "held": kept}
    if len(units) > MOST_UNITS:
        words = Sentence("A service has {most} units at most.", most=MOST_UNITS)
        problems.append(FieldProblem(path=("units",), message=words))
    return tuple(problems) or {**document, "units": list(units.values()), "removed": sorted(removed)}


def _at(place: int, field: str, words: str) -> FieldProblem:
    return FieldProblem(path=("units", str(place), field), message=words)


def _twice(one: UnitCapacity, named: set[str]) -> Iterable[tuple[str, str]]:
    if one.unit in named:
        yield "unit", "Names a unit twice."
    named.add(one.unit)


def _numbers(one: UnitCapacity, before: Unit | None, on_hold: int) -> Iterable[tuple[str, str]]:
    if (one.available is None) == (one.occupied is None):
        yield "available", "Give available or occupied: one of them, not both."
    maximum = _maximum(one, before)
    if maximum is None:
        yield "maximum", "Must be given: nobody has said yet how many there are."
    elif one.available is not None and one.available + on_hold > maximum:
        yield (
            "available",
            Sentence(
                "{free} free and {held} held would be more than the maximum of {maximum}.",
                free=one.available,
                held=on_hold,
                maximum=maximum,
            ),
        )


def _removal(one: UnitCapacity, before: Unit | None, on_hold: int) -> Iterable[tuple[str, str]]:
    if before is None:
        yield "unit", "The service counts no such unit."
    elif (on_hold or before["occupied"]) and not one.even_if_taken:
        yield (
            "remove",
            Sentence(
                "{held} held and {occupied} occupied: say evenIfTaken, too, if it is to go all the same.",
                held=on_hold,
                occupied=before["occupied"],
            ),
        )
    if any(n is not None for n in (one.available, one.occupied, one.maximum, one.waiting, one.valid_until)):
        yield "remove", "What is removed has no numbers: give none."


def _confirmed(document: Document, unit: str) -> int:
    """How many places of a unit that was away for a while are kept for persons who are on their way."""
    holds = [hold for hold in document["holds"].values() if hold["state"] == "confirmed"]
    return sum(one["count"] for hold in holds for one in hold["places"] if one["unit"] == unit)


def _maximum(one: UnitCapacity, before: Unit | None) -> int | None:
    return one.maximum if one.maximum is not None or before is None else before["maximum"]


def _validity(one: UnitCapacity, now: datetime) -> Iterable[tuple[str, str]]:
    if one.valid_until is not None and not now < one.valid_until <= now + VALID_AT_MOST:
        yield "valid_until", Sentence("Must be in the future, within {days} days.", days=VALID_AT_MOST.days)


def _said(one: UnitCapacity, before: Unit | None, on_hold: int, by: str, now: datetime) -> Unit:
    maximum = _maximum(one, before) or 0
    occupied = one.occupied if one.available is None else maximum - on_hold - one.available
    until = (one.valid_until or now + VALID_FOR).astimezone(UTC)
    return {
        "unit": one.unit,
        "maximum": maximum,
        "total": maximum,
        "occupied": occupied,
        "waiting": one.waiting,
        # In whole milliseconds, as it is stored: what was written is what will be read.
        "valid_until": whole(until),
        "updated": now,
        "by": by,
    }
