"""Places kept for referrals: taken all or none, then moved through their states by the referral's events.

A hold is *provisional* for a minute, while the referral is being accepted; the acceptance makes it
*confirmed*, the arrival *occupied*, any end *released*. Nobody compensates: what no event confirms has
*lapsed* by itself. Three cases are decided here, and in docs/decisions/0008:

* An acceptance that comes after its hold has lapsed is confirmed all the same, since a person was promised
  a place. Where no place is left by then the hold is ``overfull``: it is counted, so that nothing is promised
  on top, and everybody sees more held and occupied than there is: the one way to more holds than places.
* Of a unit whose numbers are too old nobody knows how many are occupied: then only the holds themselves may
  not exceed the maximum. The receiver, who accepts, is the one who sees the beds.
* Who arrives without a hold takes what was asked for, free or not, else a place of the service's only unit
  for each person; of several units nobody could tell which.

Two acceptances of one referral at once may ask for different places, and nobody knows here which of them is
written. So what was asked for is kept, *tries* in order, and of each unit as many places as the most that any
of them takes; the event says which try it was. Its number tells nothing: places are no part of an event.

``n`` is the count of the last event of the referral that was applied, so that an old event is passed over. Of
released and lapsed holds the last hundred stay, for those that come back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.problems import InvalidError
from contracts.capacity import HoldPlaces, PutHoldRight
from contracts.events import ReferralEvent
from contracts.referrals import Places
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.directory.capacity import capacity
from services.directory.capacity.capacity import (
    Document,
    Unit,
    free,
    is_stale,
    provisional_of,
)
from services.directory.capacity.errors import NoCapacityError

PROVISIONAL_FOR = timedelta(seconds=60)
PAST_KEPT = 100

PROVISIONAL, LAPSED = "provisional", "lapsed"
CONFIRMED, OCCUPIED, RELEASED = "confirmed", "occupied", "released"
COUNTED = frozenset({CONFIRMED, OCCUPIED})

Hold = dict[str, Any]
PlaceList = list[dict[str, Any]]


def take(document: Document, request: HoldPlaces, now: datetime) -> Document:
    """Return the document with places kept provisionally, or the same where they are kept already.

    Raises:
        InvalidError: no such unit, a unit twice, or none named where there are several.
        NoCapacityError: there are not enough, and nobody has arrived yet.
    """
    referral = request.referral
    if document["holds"].get(referral, {}).get("state") in COUNTED:
        return document
    places = _resolved(document, request)
    before = {**document, "provisional": _without(document["provisional"], referral)}
    if not places:
        return document
    if not request.arrived and not _fits(before, places, now):
        raise NoCapacityError(
            [(one["unit"], one["count"], left_of(before, one["unit"], now)) for one in places]
        )
    tries = _tries(document["provisional"].get(referral, {}))
    if places not in tries:
        tries = [*tries, places]
    kept = {"places": _most(tries), "tries": tries, "until": now + PROVISIONAL_FOR}
    if request.arrived:
        kept["arrived"] = True
    return {**before, "provisional": {**before["provisional"], referral: kept}}


def try_of(document: Document, request: HoldPlaces) -> int | None:
    """Return by which number the event is to name what was just asked for; None where it is kept already."""
    tries = _tries(document["provisional"].get(request.referral, {}))
    places = _resolved(document, request) if tries else []
    return tries.index(places) + 1 if places in tries else None


def _tries(hold: Hold) -> list[PlaceList]:
    """What acceptances asked for, in order."""
    return list(hold.get("tries") or ([hold["places"]] if hold else []))


def _most(tries: list[PlaceList]) -> PlaceList:
    """Of each unit as many places as the most that any of them takes."""
    counts: dict[str, int] = {}
    for place in (place for places in tries for place in places):
        counts[place["unit"]] = max(place["count"], counts.get(place["unit"], 0))
    return [{"unit": unit, "count": count} for unit, count in counts.items()]


def left_of(document: Document, name: str, now: datetime) -> int | None:
    """Return how many places of a unit can still be promised; None where only the receiver can tell."""
    unit = next((unit for unit in document["units"] if unit["unit"] == name), None)
    if unit is None:  # it was taken away, and somebody is on her way
        return None
    provisional = provisional_of(document, now).get(name, 0)
    if not is_stale(unit, now):
        return free(unit, provisional)
    return None if unit["maximum"] is None else max(0, unit["total"] - unit["held"] - provisional)


def are_there(document: Document, referral: str) -> bool:
    """Whether they have come, as was asked just now; an event from before that may still be on its way."""
    return bool(document["provisional"].get(referral, {}).get("arrived"))


def places_of(document: Document, referral: str, number: int | None = None) -> PlaceList:
    """Return the places that are kept for a referral, or for a numbered try of it, or taken by it."""
    hold = document["holds"].get(referral, {})
    if hold.get("state") in COUNTED:
        return list(hold["places"])
    kept = document["provisional"].get(referral)
    return _tried(kept, number) if kept else []


def confirm(document: Document, referral: str, about: Hold, now: datetime) -> Document:
    """The referral was accepted, or is expected at another time; ``about`` is what its event says of it."""
    if _is_old(document, referral, about["n"]):
        return document
    document, hold = _claimed(document, referral, about.get("try"), now)
    if hold["state"] == OCCUPIED or not hold["places"]:
        return document
    if hold["state"] == CONFIRMED:
        return _put(document, referral, {**hold, **about})
    confirmed = {
        **about,
        "places": hold["places"],
        "state": CONFIRMED,
        "since": now,
        "asked": hold["asked"],
        "overfull": hold["state"] != PROVISIONAL and not _fits(document, hold["places"], now),
    }
    return _put(_counted(document, hold["places"], held=1), referral, confirmed)


def occupy(document: Document, referral: str, about: Hold, now: datetime) -> Document:
    """The person arrived, or came back: her places are occupied, whether they were free or not."""
    if _is_old(document, referral, about["n"]):
        return document
    document, hold = _claimed(document, referral, about.get("try"), now)
    if hold["state"] == OCCUPIED or not hold["places"]:
        return document
    held = -1 if hold["state"] == CONFIRMED else 0
    taken = _counted(document, hold["places"], held=held, occupied=1)
    occupied = {
        "places": hold["places"],
        "state": OCCUPIED,
        "since": now,
        "n": about["n"],
        "asked": hold["asked"],
    }
    return _put(taken, referral, occupied)


def release(document: Document, referral: str, about: Hold, now: datetime) -> Document:
    """It ended: whatever was kept for it or taken by it is free again."""
    return (
        document if _is_old(document, referral, about["n"]) else _freed(document, referral, about["n"], now)
    )


def put_right(document: Document, request: PutHoldRight, now: datetime) -> Document:
    """Return the document with that kept for a referral which it says itself; the same where it is so."""
    referral, places = request.referral, [{"unit": one.unit, "count": one.count} for one in request.places]
    hold = document["holds"].get(referral, {})
    is_counted = hold.get("state") in COUNTED
    stands = (hold["state"], hold["places"]) if is_counted else (None, [])
    if stands == (request.state, places) or hold.get("n", 0) > request.n:
        return document
    document = _freed(document, referral, request.n, now)
    if request.state is None:
        return document
    taken = {"held": 1} if request.state == CONFIRMED else {"occupied": 1}
    about = about_of(request.event) if request.event and request.state == CONFIRMED else {}
    right = {
        **about,
        "n": request.n,
        "places": places,
        "state": request.state,
        "since": now,
        "asked": hold.get("asked", 0),
        "overfull": not _fits(document, places, now),
    }
    return _put(_counted(document, places, **taken), referral, right)


def about_of(event: ReferralEvent) -> Hold:
    """Return what a hold keeps of the event: its count, when the person is expected, and its outline."""
    return {
        "n": event.n,
        "arrive_by": event.arrive_by or capacity.NEVER,
        "try": event.hold,
        "about": {
            "folio": event.folio,
            "version": event.version,
            "to": event.to_status.value,
            "need_group": event.need_group.value,
            "priority": event.priority.value,
            "state": event.state.value,
        },
    }


def give_up(document: Document, now: datetime) -> Document:
    """Return the document with every hold released; who has arrived stays where she is."""
    waiting = [(one, hold["n"]) for one, hold in document["holds"].items() if hold["state"] == CONFIRMED]
    for referral, n in (*waiting, *((one, 0) for one in document["provisional"])):
        document = _freed(document, referral, n, now)
    return document


def lapse(document: Document, now: datetime) -> Document:
    """Return the document with those provisional holds put aside that have run out."""
    over = {one: hold for one, hold in document["provisional"].items() if hold["until"] <= now}
    if not over:
        return document
    kept = {one: hold for one, hold in document["provisional"].items() if one not in over}
    lapsed = {
        referral: {
            "places": hold["places"],
            "tries": _tries(hold),
            "state": LAPSED,
            "since": hold["until"],
            "n": document["holds"].get(referral, {}).get("n", 0),
            "asked": document["holds"].get(referral, {}).get("asked", 0),
        }
        for referral, hold in over.items()
    }
    return {**document, "provisional": kept, "holds": _bounded({**document["holds"], **lapsed})}


def overdue(document: Document, now: datetime) -> list[str]:
    """Return the referrals whose persons should have arrived, and of whom nobody was asked yet."""
    return [one for one, hold in document["holds"].items() if _is_awaited(hold) and hold["arrive_by"] <= now]


def ask(document: Document, referral: str) -> Document:
    """Return the document with one more question noted: where is she?"""
    hold = document["holds"][referral]
    return _put(document, referral, {**hold, "asked": hold["asked"] + 1, "asked_for": hold["arrive_by"]})


def wake_at(document: Document) -> datetime:
    """Return when something has to be done next that nobody asks for."""
    moments: list[datetime] = [hold["until"] for hold in document["provisional"].values()]
    moments += [hold["arrive_by"] for hold in document["holds"].values() if _is_awaited(hold)]
    moments += [unit["valid_until"] for unit in document["units"] if not unit.get("told_stale")]
    return min(moments, default=capacity.NEVER)


def _freed(document: Document, referral: str, n: int, now: datetime) -> Document:
    if referral in document["provisional"]:
        document = {**document, "provisional": _without(document["provisional"], referral)}
    hold = document["holds"].get(referral)
    if hold is None or hold["state"] not in COUNTED:
        return document
    what = {"held": -1} if hold["state"] == CONFIRMED else {"occupied": -1}
    released = {
        "places": hold["places"],
        "state": RELEASED,
        "since": now,
        "n": n,
        "asked": hold["asked"],
    }
    return _put(_counted(document, hold["places"], **what), referral, released)


def _is_awaited(hold: Hold) -> bool:
    return bool(hold["state"] == CONFIRMED and hold.get("asked_for") != hold["arrive_by"])


def _is_old(document: Document, referral: str, n: int) -> bool:
    return bool(document["holds"].get(referral, {}).get("n", 0) >= n)


def _claimed(document: Document, referral: str, number: int | None, now: datetime) -> tuple[Document, Hold]:
    """The referral's hold, out of the provisional ones, as the numbered try; without one what it would be."""
    hold = document["holds"].get(referral)
    if hold is not None and hold["state"] in COUNTED:
        return document, hold
    asked = hold["asked"] if hold else 0
    kept = document["provisional"].get(referral)
    if kept is not None:
        document = {**document, "provisional": _without(document["provisional"], referral)}
        state = PROVISIONAL if kept["until"] > now else LAPSED
        return document, {"places": _tried(kept, number), "state": state, "asked": asked}
    if hold is not None:
        return document, {**hold, "places": _tried(hold, number)}
    return document, {"places": _only_place(document), "state": LAPSED, "asked": asked}


def _tried(hold: Hold, number: int | None) -> PlaceList:
    """What the try of that number asked for; all that is kept where it is not known."""
    tries = _tries(hold)
    return tries[number - 1] if number is not None and number <= len(tries) else list(hold["places"])


def _fits(document: Document, places: PlaceList, now: datetime) -> bool:
    lefts = [(left_of(document, one["unit"], now), one["count"]) for one in places]
    return all(left is None or left >= count for left, count in lefts)


def _resolved(document: Document, request: HoldPlaces) -> PlaceList:
    units = [unit["unit"] for unit in document["units"]]
    if request.places:
        return _checked(units, request.places)
    if request.wished and all(one.unit in units for one in request.wished):
        return _checked(units, request.wished)
    if request.arrived:
        return _only_place(document, request.arrived)
    only = _only_place(document, request.of_the_only) if request.of_the_only else []
    if not only:
        words = Sentence("Say how many of which unit: {units}.", units=", ".join(units))
        raise InvalidError(words, (FieldProblem(path=("places",), message=words, code="REQUIRED"),))
    return only


def _checked(units: list[str], places: Sequence[Places]) -> PlaceList:
    problems: list[tuple[int, str]] = []
    for number, one in enumerate(places):
        if one.unit not in units:
            words = Sentence("The service counts no such unit; it counts {units}.", units=", ".join(units))
            problems.append((number, words))
        elif one.unit in [other.unit for other in places[:number]]:
            problems.append((number, "Names a unit twice."))
    if problems:
        fields = [FieldProblem(path=("places", str(at), "unit"), message=words) for at, words in problems]
        raise InvalidError("Some of the places are not right.", tuple(fields))
    return [{"unit": one.unit, "count": one.count} for one in places]


def _only_place(document: Document, count: int = 1) -> PlaceList:
    units: list[Unit] = document["units"]
    return [{"unit": units[0]["unit"], "count": count}] if len(units) == 1 else []


def _counted(document: Document, places: PlaceList, held: int = 0, occupied: int = 0) -> Document:
    """Count places up or down; a manager's count in between may have left fewer than are now taken off."""
    counts = {one["unit"]: one["count"] for one in places}
    units = [
        {
            **unit,
            "held": max(0, unit["held"] + held * counts[unit["unit"]]),
            "occupied": max(0, unit["occupied"] + occupied * counts[unit["unit"]]),
        }
        if unit["unit"] in counts
        else unit
        for unit in document["units"]
    ]
    return {**document, "units": units}


def _put(document: Document, referral: str, hold: Hold) -> Document:
    return {**document, "holds": _bounded({**document["holds"], referral: hold})}


def _bounded(holds: dict[str, Hold]) -> dict[str, Hold]:
    past = sorted(
        (one for one, hold in holds.items() if hold["state"] not in COUNTED),
        key=lambda one: holds[one]["since"],
    )
    return {one: hold for one, hold in holds.items() if one not in past[:-PAST_KEPT]}


def _without(holds: dict[str, Hold], referral: str) -> dict[str, Hold]:
    return {one: hold for one, hold in holds.items() if one != referral}
