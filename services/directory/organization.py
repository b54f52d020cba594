"""An organization: its document from a record or a request, and what everybody may see of it."""

from datetime import datetime
from typing import Any

from contracts.codes import OrganizationKind, State
from contracts.directory import CreateOrganization, Organization
from contracts.events import OrganizationEvent
from services.directory import hsds, location, phone
from services.directory.index import OrganizationRow, named


def from_record(record: hsds.OrganizationRecord, source: str) -> dict[str, Any]:
    """Return the typed fields of an imported organization's document: no record says that it is verified."""
    extension = record.relevo
    places = [
        location.document(place, source, f"organization {record.id} location {number}")
        for number, place in enumerate(record.locations or ())
    ]
    return {
        "name": record.name,
        "alternate_name": record.alternate_name or None,
        "description": record.description or None,
        "email": record.email or None,
        "website": record.website or None,
        "kind": extension.kind,
        "verified": False,
        "emergency_phone": phone.document(extension.emergency_phone),
        "phones": phone.documents(record.phones or ()),
        "states": location.states(places),
        "fictional": extension.fictional,
    }


def from_request(request: CreateOrganization) -> dict[str, Any]:
    """Return the typed fields of an organization that an operator registers."""
    return {
        "name": request.name,
        "description": request.description,
        "kind": request.kind,
        "verified": request.verified,
        "emergency_phone": phone.document(request.emergency_phone),
    }


def view(document: dict[str, Any]) -> Organization:
    """Return what everybody may know of it (T0)."""
    return Organization(
        id=document["_id"],
        name=document["name"],
        kind=OrganizationKind(document["kind"]),
        verified=document["verified"],
        description=document.get("description"),
        alternate_name=document.get("alternate_name"),
        email=document.get("email"),
        website=document.get("website"),
        emergency_phone=phone.view(document.get("emergency_phone")),
        phones=phone.views(document.get("phones")),
        source=document.get("source"),
        source_id=document.get("source_id"),
        fictional=document.get("fictional", False),
    )


def row(document: dict[str, Any]) -> OrganizationRow:
    """Return its row of the index that lists are made from."""
    return OrganizationRow(
        **named(document),
        kind=OrganizationKind(document["kind"]),
        states=frozenset(State(state) for state in document.get("states", ())),
    )


def event(noun_id: str, fields: dict[str, Any], n: int, at: datetime) -> OrganizationEvent:
    """Return the data of the event that says it was registered or changed."""
    return OrganizationEvent(id=noun_id, n=n, at=at, kind=fields["kind"], verified=fields["verified"])
