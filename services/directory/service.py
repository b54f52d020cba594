"""A service: its document from an imported record, and what everybody may see of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from contracts.codes import Intake, Need, State, Visibility
from contracts.directory import Capacity, Service
from contracts.events import ServiceEvent
from services.directory import hsds, location, phone
from services.directory.index import ServiceRow, named
from services.directory.matching import acceptance


def from_record(record: hsds.ServiceRecord, source: str, organization: str) -> dict[str, Any]:
    """Return the typed fields of an imported service's document; ``organization`` is our id of it."""
    extension = record.relevo
    places = [
        location.document(place.location, source, f"service {record.id} location {number}")
        for number, place in enumerate(record.service_at_locations or ())
        if place.location
    ]
    return {
        "organization": organization,
        "name": record.name,
        "alternate_name": record.alternate_name or None,
        "description": record.description or None,
        "status": record.status,
        "intake": extension.intake,
        "needs": list(dict.fromkeys(extension.needs or ())),
        "states": location.states(places),
        "languages": _languages(record),
        "locations": places,
        "capacity": [_capacity(one) for one in record.capacities or record.service_capacities or ()],
        "phones": phone.documents(_phones(record)),
        "emergency_phone": phone.document(extension.emergency_phone),
        "fictional": extension.fictional,
        "rules": acceptance.seeds(extension.rules or ())[0],
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
        languages=tuple(document["languages"]),
        locations=tuple(location.view(place) for place in document["locations"]),
        capacity=tuple(Capacity(**one) for one in document["capacity"]),
        phones=phone.views(document["phones"]),
        emergency_phone=phone.view(document.get("emergency_phone")),
        source=document.get("source"),
        source_id=document.get("source_id"),
        fictional=document["fictional"],
    )


def row(document: dict[str, Any]) -> ServiceRow:
    """Return its row of the index that lists are made from."""
    return ServiceRow(
        **named(document),
        organization=document["organization"],
        needs=frozenset(Need(need) for need in document["needs"]),
        states=frozenset(State(state) for state in document["states"]),
        has_capacity=any(one["available"] > 0 for one in document["capacity"]),
    )


def event(noun_id: str, fields: dict[str, Any], n: int, at: datetime) -> ServiceEvent:
    """Return the data of the event that says it was registered or changed."""
    return ServiceEvent(id=noun_id, n=n, at=at, organization=fields["organization"])


def _languages(record: hsds.ServiceRecord) -> list[str]:
    """The codes, or where the source has none, the names as it wrote them."""
    given = (language.code or language.name for language in record.languages or ())
    return list(dict.fromkeys(language for language in given if language))


def _phones(record: hsds.ServiceRecord) -> Iterator[hsds.Phone]:
    """The service's own numbers, then those of its places; a confidential place's could betray it."""
    yield from record.phones or ()
    for place in record.service_at_locations or ():
        public = not place.location or place.location.relevo.visibility is Visibility.PUBLIC
        if public:
            yield from place.phones or ()
            yield from (place.location and place.location.phones) or ()


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
