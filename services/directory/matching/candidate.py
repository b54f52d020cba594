"""What matching keeps of each service and its organization: small, shared where services are alike."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from chassis import opening
from chassis.opening import Hours
from contracts.acceptance import RuleSource
from contracts.codes import Intake, Need, OrganizationKind, State
from contracts.directory import Phone
from services.directory import location, organization, phone
from services.directory.matching import acceptance
from services.directory.matching.rule import Rule
from services.directory.search.near import Place, Point
from services.directory.shared import shared
from services.directory.states import find_state
from services.directory.text import fold

ACTIVE = "active"
_DIGITS_OF_MUNICIPALITY = 5
_COUNTRY = frozenset({"mexico", "mx", "mex"})
_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Provider:
    """What matching knows of an organization."""

    kind: OrganizationKind
    verified: bool
    phone: Phone | None
    there: bool = True


@dataclass(frozen=True, slots=True)
class Area:
    """Where a service helps people, as far as its source says it in states and municipalities."""

    states: frozenset[State]
    municipalities: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """What matching knows of a service."""

    id: str
    organization: str
    status: str
    intake: Intake
    needs: frozenset[Need]
    states: frozenset[State]
    municipalities: frozenset[str]
    places: tuple[Place, ...]
    ages: tuple[float, float] | None
    spoken: frozenset[str]
    interpreted: frozenset[str]
    hours: Hours | None
    zone: str | None
    area: Area | None
    documents: tuple[str, ...]
    rules: tuple[Rule, ...]
    phone: Phone | None
    looks: tuple[RuleSource, ...]


def provider(document: dict[str, Any]) -> Provider:
    """Return what matching keeps of a stored organization."""
    return Provider(
        kind=OrganizationKind(document["kind"]),
        verified=organization.is_verified(document),
        phone=phone.view(document.get("emergency_phone")),
        there=organization.is_there(document),
    )


def candidate(document: dict[str, Any]) -> Candidate:
    """Return what matching keeps of a stored service."""
    spoken, interpreted = _languages(document.get("languages") or ())
    ages = shared(_ages(document.get("minimum_age"), document.get("maximum_age")))
    area = shared(_area(document.get("service_areas") or ()))
    documents = shared(tuple(map(str, document.get("required_documents") or ())))
    open_hours = _hours(document)
    # Most services say little: only what they do say is looked at for each request.
    said = {
        RuleSource.STATUS: document["status"] != ACTIVE,
        RuleSource.INTAKE: document["intake"] == Intake.NONE,
        RuleSource.AGE_LIMITS: ages,
        RuleSource.LANGUAGES: spoken or interpreted,
        RuleSource.OPENING_HOURS: open_hours,
        RuleSource.SERVICE_AREA: area,
        RuleSource.REQUIRED_DOCUMENTS: documents,
    }
    return Candidate(
        id=document["_id"],
        organization=document["organization"],
        status=document["status"],
        intake=Intake(document["intake"]),
        needs=shared(frozenset(Need(need) for need in document["needs"])),
        states=shared(frozenset(State(state) for state in document["states"])),
        municipalities=shared(frozenset(document.get("municipalities") or ())),
        places=_places(document),
        ages=ages,
        spoken=shared(spoken),
        interpreted=shared(interpreted),
        hours=open_hours,
        zone=document.get("timezone"),
        area=area,
        documents=documents,
        rules=shared(acceptance.applied(document)),
        phone=phone.view(document.get("emergency_phone")),
        looks=shared(tuple(source for source, says in said.items() if says)),
    )


def _places(document: dict[str, Any]) -> tuple[Place, ...]:
    """Where it is for distances; of a confidential place no more than ``location.position`` lets out."""
    found = []
    for stored in document["locations"]:
        point = location.position(stored)
        if point is not None:
            found.append(Place(Point(*point), stored["visibility"] == "public"))
    return tuple(dict.fromkeys(found))


def _ages(least: float | None, most: float | None) -> tuple[float, float] | None:
    if least is None and most is None:
        return None
    return least or 0.0, float("inf") if most is None else most


def _languages(stored: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The languages of its staff, and those of its interpreters, as they are compared."""
    spoken: set[str] = set()
    interpreted: set[str] = set()
    for one in stored:
        given = one if isinstance(one, dict) else {"code": one}
        code = fold(given.get("code") or given.get("name") or "").partition("-")[0].strip()
        if code:
            (interpreted if given.get("interpreter") else spoken).add(code)
    return frozenset(spoken), frozenset(interpreted - spoken)


def _hours(document: dict[str, Any]) -> Hours | None:
    told = {name: document.get(name) for name in ("schedules", "exceptions", "timezone")}
    return _read_hours(_encode(told)) if told["schedules"] or told["exceptions"] else None


@lru_cache(maxsize=20_000)
def _read_hours(told: bytes) -> Hours | None:
    return opening.read(_decode(told))


def _area(stored: Any) -> Area | None:
    """The area, if all of it is said in states or municipalities; an area in other words decides nothing."""
    states: set[State] = set()
    municipalities: set[str] = set()
    for one in stored:
        name = str(one.get("name") or one.get("description") or "").strip()
        # "México" is the country here, and the state of that name is written "Estado de México".
        state = None if fold(name) in _COUNTRY else find_state(name, None)
        if len(name) == _DIGITS_OF_MUNICIPALITY and name.isdecimal():
            municipalities.add(name)
        elif state is not None:
            states.add(State(state))
        else:
            return None
    return Area(frozenset(states), frozenset(municipalities)) if stored else None
