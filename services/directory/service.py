"""A service: its document from an imported record, and what everybody may see of it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from contracts.codes import Intake, Need, State, Visibility
from contracts.details import CostOption, HoursException, Schedule, ServiceArea, TaxonomyTerm
from contracts.directory import Service
from contracts.events import ServiceEvent
from services.directory import details, hours, hsds, language, location, phone
from services.directory.capacity import capacity as counted
from services.directory.matching import acceptance
from services.directory.notes import Notes
from services.directory.reading import Reading
from services.directory.text import one_line

# What a record says in words, kept as it stands.
_WORDS = (
    "interpretation_services", "application_process", "fees_description", "wait_time", "accreditations",
    "licenses", "eligibility_description", "alert",
)  # fmt: skip


def from_record(record: hsds.ServiceRecord, organization: str, reading: Reading) -> dict[str, Any]:
    """Return the typed fields of an imported service's document; ``organization`` is our id of it."""
    extension, notes = record.relevo, reading.notes
    places = _places(record, reading)
    words = {field: details.words(getattr(record, field), (field,), notes) for field in _WORDS}
    minimum_age, maximum_age = details.ages(record.minimum_age, record.maximum_age, notes)
    return {
        "organization": organization,
        "name": one_line(record.name),
        "alternate_name": one_line(record.alternate_name or "") or None,
        "description": record.description or None,
        "status": record.status,
        "intake": extension.intake,
        "needs": list(dict.fromkeys(extension.needs or ())),
        "states": location.states(places),
        "municipalities": location.municipalities(places),
        "languages": language.documents(record.languages or ()),
        "locations": places,
        "capacity": [_capacity(one) for one in record.capacities or record.service_capacities or ()],
        "phones": phone.documents(_phones(record)),
        "emergency_phone": phone.document(extension.emergency_phone),
        "fictional": extension.fictional,
        "rules": acceptance.seeds(extension.rules or ())[0],
        "url": details.line(record.url, ("url",), notes),
        "email": details.line(record.email, ("email",), notes),
        **words,
        "minimum_age": minimum_age,
        "maximum_age": maximum_age,
        "certified": details.is_certified(
            extension.certified, words["accreditations"], words["licenses"], notes
        ),
        "accessibility": _accessibility(record, places, notes),
        "schedules": _schedules(record, notes),
        "exceptions": hours.exceptions(extension.exceptions, notes),
        "timezone": _zone(record, places, notes),
        "service_areas": details.areas(record.service_areas, notes),
        "required_documents": details.documents(record.required_documents, notes),
        "cost_options": details.costs(record.cost_options, notes),
        "taxonomy_terms": details.terms(record.attributes, notes),
        "assured_date": details.line(record.assured_date, ("assured_date",), notes),
        "last_modified": _moment(details.line(record.last_modified, ("last_modified",), notes)),
    }


def made(organization: str, fields: dict[str, Any], states: Iterable[State]) -> dict[str, Any]:
    """Return the typed fields of a service that its organization makes: of no source, and without places."""
    return {
        "organization": organization,
        "status": "active",
        "needs": [],
        "languages": [],
        "locations": [],
        "municipalities": [],
        "capacity": [],
        "phones": [],
        "fictional": False,
        **fields,
        "states": sorted(set(states)),
    }


def view(document: dict[str, Any]) -> Service:
    """Return what everybody may know of it (T0)."""
    return Service(
        id=document["_id"],
        organization=document["organization"],
        name=document["name"],
        status=document["status"],
        intake=Intake(document["intake"]),
        description=document.get("description"),
        alternate_name=document.get("alternate_name"),
        needs=tuple(Need(need) for need in document["needs"]),
        states=tuple(State(state) for state in document["states"]),
        languages=language.codes(document["languages"]),
        locations=tuple(location.view(place) for place in document["locations"]),
        capacity=counted.view(counted.seeded(document), datetime.now(UTC)),
        phones=phone.views(document["phones"]),
        emergency_phone=phone.view(document.get("emergency_phone")),
        source=document.get("source"),
        source_id=document.get("source_id"),
        fictional=document["fictional"],
        version=document.get("revision", 0),
        **_further(document),
    )


def event(noun_id: str, fields: dict[str, Any], n: int, at: datetime) -> ServiceEvent:
    """Return the data of the event that says it was registered or changed."""
    return ServiceEvent(id=noun_id, n=n, at=at, organization=fields["organization"])


def _further(document: dict[str, Any]) -> dict[str, Any]:
    """What a document may lack: one from before these fields, until its record is read anew."""

    def each(field: str) -> list[Any]:
        return document.get(field) or []

    plain = (
        "url", "email", *_WORDS, "minimum_age", "maximum_age", "timezone", "assured_date",
        "last_modified", "verified_at", "next_review",
    )  # fmt: skip
    return {
        **{field: document.get(field) for field in plain},
        "municipalities": tuple(each("municipalities")),
        "spoken": language.views(document["languages"]),
        "certified": document.get("certified", False),
        "accessibility": tuple(each("accessibility")),
        "schedules": tuple(Schedule(**one) for one in each("schedules")),
        "exceptions": tuple(HoursException(**one) for one in each("exceptions")),
        "service_areas": tuple(ServiceArea(**one) for one in each("service_areas")),
        "required_documents": tuple(each("required_documents")),
        "cost_options": tuple(CostOption(**one) for one in each("cost_options")),
        "taxonomy_terms": tuple(TaxonomyTerm(**one) for one in each("taxonomy_terms")),
    }


def places_made(joints: Any, owner: str, reading: Reading) -> list[dict[str, Any]]:
    """Return the places of a service that its organization makes, from HSDS ``service_at_locations``."""
    given = msgspec.convert(joints, list[hsds.ServiceAtLocation], strict=False)
    return [
        location.document(one.location, f"{owner} {number}", ("locations", str(number)), reading)
        for number, one in enumerate(given)
        if one.location
    ]


def _places(record: hsds.ServiceRecord, reading: Reading) -> list[dict[str, Any]]:
    path = ("service_at_locations",)
    return [
        location.document(
            place.location,
            f"service {record.id} location {number}",
            (*path, str(number), "location"),
            reading,
        )
        for number, place in enumerate(record.service_at_locations or ())
        if place.location
    ]


def _phones(record: hsds.ServiceRecord) -> Iterator[hsds.Phone]:
    """The service's own numbers, then those of its places; a confidential place's could betray it."""
    yield from record.phones or ()
    for place in record.service_at_locations or ():
        public = not place.location or place.location.relevo.visibility is Visibility.PUBLIC
        if public:
            yield from place.phones or ()
            yield from (place.location and place.location.phones) or ()


def _schedules(record: hsds.ServiceRecord, notes: Notes) -> list[dict[str, Any]]:
    """The service's own hours; else those of it at its places; else those of the places themselves."""
    own = hours.schedules(record.schedules, ("schedules",), notes)
    if own:
        return own
    places = list(enumerate(record.service_at_locations or ()))
    path = ("service_at_locations",)
    there = [
        one
        for number, place in places
        for one in hours.schedules(place.schedules, (*path, str(number), "schedules"), notes)
    ]
    return there or [
        one
        for number, place in places
        if place.location
        for one in location.schedules(place.location, (*path, str(number), "location"), notes)
    ]


def _zone(record: hsds.ServiceRecord, places: list[dict[str, Any]], notes: Notes) -> str | None:
    said: list[tuple[tuple[str, ...], Any]] = [(("relevo", "timezone"), record.relevo.timezone)]
    for number, place in enumerate(record.service_at_locations or ()):
        if place.location:
            path = ("service_at_locations", str(number), "location", "relevo", "timezone")
            said.append((path, place.location.relevo.timezone))
    return hours.zone(said, [place["state"] for place in places if place["state"]], notes)


def _accessibility(record: hsds.ServiceRecord, places: list[dict[str, Any]], notes: Notes) -> list[str]:
    """What the service says itself, then what its public places say."""
    said = details.said(record.relevo.accessibility, ("relevo", "accessibility"), notes)
    return list(
        dict.fromkeys([*said, *(text for place in places for text in place.get("accessibility", ()))])
    )


def _capacity(capacity: hsds.ServiceCapacity) -> dict[str, Any]:
    unit = capacity.unit or hsds.Unit()
    return {
        "unit": unit.name or unit.identifier or capacity.unit_id or "place",
        "available": int(capacity.available),
        "maximum": None if capacity.maximum is None else int(capacity.maximum),
        "updated": _moment(capacity.updated),
    }


def _moment(text: str | None) -> datetime | None:
    """A moment in any ISO form, taken as UTC where it names no zone; None where it is no moment."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
