"""What an action is given: whether it is right, which fields it sets, and what of it is a secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chassis.clock import whole
from chassis.problems import InvalidError
from contracts.referrals import Appointment
from contracts.rpc import NOTHING, FieldProblem
from contracts.sentences import Sentence
from services.referrals import consenting
from services.referrals.keeping import OF_THE_PERSON, unlinked

HAPPENED_WITHIN = timedelta(days=30)
# Clocks of callers run ahead a little.
AHEAD = timedelta(minutes=5)

# A year that was mistyped would keep a referral quiet, and a place, for ever.
FURTHEST = {
    "arrive_by": timedelta(days=90),
    "review_at": timedelta(days=90),
    "resume_at": timedelta(days=180),
}
FURTHEST_APPOINTMENT = timedelta(days=366)

# What the service knows itself where the caller does not say it.
SUPPLIED = frozenset({"arrived_at"})

# What is done for somebody who is there; where nobody has arrived, it may end at any time.
AFTER_ARRIVAL = frozenset({"pause", "resume", "complete", "end"})

# What is said of a redirect while one is proposed.
NO_PROPOSAL: dict[str, Any] = dict.fromkeys(
    ("proposed_redirect", "redirect_proposed_at", "redirect_decide_by")
)

Given = Mapping[str, Any]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """Something to be encrypted with one of the referral's keys, and put at ``place``.

    ``place`` is a field of the document, or ``note``: the note of this change's history entry.
    """

    place: str
    key: str
    value: Any


def required(name: str, message: str = "Must be given.") -> FieldProblem:
    """A field that is missing."""
    return FieldProblem(path=(name,), message=message, code="REQUIRED")


def happened(name: str, at: datetime | None, now: datetime) -> list[FieldProblem]:
    """Whether a moment may be when something happened: up to 30 days back, five minutes ahead."""
    if at is None or now - HAPPENED_WITHIN <= at <= now + AHEAD:
        return []
    return [FieldProblem(path=(name,), message="Must be within the last 30 days, and not in the future.")]


def not_before_arrival(action: str, doc: Fields, at: datetime | None) -> list[FieldProblem]:
    """Whether what comes after the person's arrival is said to have happened before it."""
    arrived = doc["arrived_at"]
    if action not in AFTER_ARRIVAL or at is None or arrived is None or at >= arrived:
        return []
    return [FieldProblem(path=("occurred_at",), message="Must not be before the person arrived.")]


def checked(
    action: str, needs: tuple[str, ...], inputs: Given, found: list[FieldProblem], now: datetime
) -> Fields:
    """Return the inputs that were given.

    ``needs`` names what must be given, alternatives with a bar between them. What is ``SUPPLIED`` is when
    the action happened where nothing else is said. ``found`` is what is wrong with them already.

    Raises:
        InvalidError: some are missing or wrong; ``fields`` says which, all at once.
    """
    given = {name: _stored(value) for name, value in inputs.items() if value is not None}
    for name in SUPPLIED & set(needs):
        given.setdefault(name, given.get("occurred_at", now))
    problems = [*found, *(problem for need in needs for problem in _missing(need, given))]
    problems += happened("occurred_at", given.get("occurred_at"), now)
    problems += happened("arrived_at", given.get("arrived_at"), now)
    if given.get("reason") == "other" and "note" not in given and not is_secret(action, "reason"):
        problems.append(required("note", "The reason `OTHER` needs a note."))
    for name, most in FURTHEST.items():
        problems += _ahead((name,), given.get(name), now, most)
    problems += [*_appointment(given.get("appointment"), now), *_places(given)]
    if problems:
        raise InvalidError("Some inputs are not right.", tuple(problems))
    return given


def stored_moment(at: datetime) -> datetime:
    """Return a moment as the database keeps it, UTC in whole milliseconds: so every reply says the same."""
    return whole(at.astimezone(UTC))


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return stored_moment(value)
    if isinstance(value, Appointment):
        return msgspec.structs.replace(value, start=stored_moment(value.start))
    return str(value) if isinstance(value, StrEnum) else value


def _missing(need: str, given: Given) -> list[FieldProblem]:
    names = need.split("|")
    found = [name for name in names if name in given]
    if len(found) == 1:
        return []
    if len(names) == 1:
        return [required(need)]
    message = Sentence(
        "Give one of {inputs}, not both." if found else "Give one of {inputs}.", inputs=", ".join(names)
    )
    return [FieldProblem(path=(name,), message=message, code="REQUIRED") for name in names]


def _ahead(path: tuple[str, ...], at: datetime | None, now: datetime, most: timedelta) -> list[FieldProblem]:
    if at is None or now < at <= now + most:
        return []
    words = Sentence("Must be in the future, within {days} days.", days=most.days)
    return [FieldProblem(path=path, message=words)]


def _appointment(appointment: Appointment | None, now: datetime) -> list[FieldProblem]:
    if appointment is None:
        return []
    problems = _ahead(("appointment", "start"), appointment.start, now, FURTHEST_APPOINTMENT)
    if appointment.location == NOTHING:
        path, message = ("appointment", "location"), "There is no such location."
        problems.append(FieldProblem(path=path, message=message, code="NOT_FOUND"))
    try:
        ZoneInfo(appointment.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        path = ("appointment", "timezone")
        problems.append(FieldProblem(path=path, message="Must be an IANA name, as America/Mexico_City."))
    return problems


def _places(given: Given) -> list[FieldProblem]:
    if not given.get("without_hold"):
        return []
    problems = []
    if "without_hold_reason" not in given:
        problems.append(required("without_hold_reason", "To accept with `withoutHold` needs a reason."))
    if given.get("places"):
        problems.append(FieldProblem(path=("places",), message="Give `places` or `withoutHold`, not both."))
    return problems


def effects(doc: Fields, action: str, who: str, given: Given, at: datetime) -> Fields:
    """Return the fields that the action itself sets; ``at`` is when it happened.

    The receiver's first action is its first sign of life, whatever it is.
    """
    fields: Fields = {}
    if who == "receiver" and doc["received_at"] is None:
        fields["received_at"] = at
    if action in _EFFECTS:
        fields |= _EFFECTS[action](doc, given, at)
    if given.get("external_id") is not None:
        fields[f"external_id_{who}"] = given["external_id"]
    return fields


def _expected(_doc: Fields, given: Given, _at: datetime) -> Fields:
    appointment = given.get("appointment")
    return {
        "arrive_by": given.get("arrive_by"),
        "appointment": None if appointment is None else msgspec.structs.asdict(appointment),
    }


def _accept(doc: Fields, given: Given, at: datetime) -> Fields:
    return {
        "accepted_at": at,
        "held": bool(given.get("places")),
        "hold": given.get("hold"),
        **_expected(doc, given, at),
    }


def _start(doc: Fields, given: Given, at: datetime) -> Fields:
    # Whoever takes the person in has accepted her; without a hold, she takes places all the same: new ones,
    # or (then without a number) those that the directory keeps for her already.
    taken = {"held": True, "hold": given.get("hold")} if given.get("places") else {}
    return {"accepted_at": doc["accepted_at"] or at, "arrived_at": given["arrived_at"], **taken}


def _reopen(doc: Fields, _given: Given, at: datetime) -> Fields:
    # Also where it had ended because she did not come: it is reopened since she has.
    return {"accepted_at": doc["accepted_at"] or at, "arrived_at": doc["arrived_at"] or at}


def _reason(_doc: Fields, given: Given, _at: datetime) -> Fields:
    return {"reason": given["reason"]}


def _proposed(_doc: Fields, given: Given, at: datetime) -> Fields:
    # Until when the sender decides, the clock says.
    return {"proposed_redirect": given["service"], "redirect_proposed_at": at}


_EFFECTS: dict[str, Callable[[Fields, Given, datetime], Fields]] = {
    "waitlist": lambda _doc, given, _at: {"review_at": given["review_at"]},
    "accept": _accept,
    "decline": _reason,
    "propose_redirect": _proposed,
    "refuse_redirect": lambda _doc, _given, _at: NO_PROPOSAL,
    "lapse_redirect": lambda _doc, _given, _at: NO_PROPOSAL,
    "reschedule": _expected,
    "start": _start,
    "pause": lambda _doc, given, _at: {"resume_at": given["resume_at"]},
    "reopen": _reopen,
    "complete": lambda _doc, given, _at: {"outcome": given["outcome"]},
    "end": _reason,
    "cancel": _reason,
    "void": lambda doc, _given, _at: {**dict.fromkeys((*OF_THE_PERSON, "outcome")), **unlinked(doc)},
    "acknowledge": lambda _doc, _given, at: {"loop_closed_at": at},
    "withdraw_consent": lambda doc, _given, at: consenting.effects(doc, at),
    "confirm_erasure": lambda _doc, _given, at: {"erasure_at": at},
}


# Free text may hold a name; a service given may be a sensitive need. Questions and answers before
# acceptance are T2, so that they outlive T3 as the rest of T2 does.
_SECRETS: dict[tuple[str, str], tuple[str, str]] = {
    ("*", "note"): ("note", "t3"),
    ("*", "reported_by"): ("reported_by", "t2"),
    ("ask", "question"): ("note", "t2"),
    ("reply", "answer"): ("note", "t2"),
    # The receiver is to read why its proposal was refused, and has not accepted.
    ("refuse_redirect", "note"): ("note", "t2"),
    ("accept", "instructions"): ("sealed_instructions", "t3"),
    ("accept", "places"): ("sealed_places", "t2"),
    ("start", "places"): ("sealed_places", "t2"),
    ("accept", "without_hold_reason"): ("note", "t3"),
    ("complete", "services_given"): ("sealed_given", "t2"),
    ("reschedule", "reason"): ("note", "t3"),
    ("reopen", "reason"): ("note", "t3"),
    # Why there is nothing left of her has to outlive her own two keys.
    ("void", "note"): ("note", "void"),
    ("erase", "note"): ("note", "void"),
}


def is_secret(action: str, name: str) -> bool:
    """Whether that input of the action is to be encrypted."""
    return (action, name) in _SECRETS or ("*", name) in _SECRETS


def secrets_of(action: str, given: Given) -> tuple[Secret, ...]:
    """Return what of the inputs is to be encrypted, and where it goes."""
    # One for each place: what is said of an action itself goes before what is said of all.
    secrets = {
        place: Secret(place, key, given[name])
        for (where, name), (place, key) in _SECRETS.items()
        if where in {"*", action} and given.get(name)
    }
    return tuple(secrets.values())
