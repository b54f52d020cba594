"""An organization: its document from a record or a request, and what everybody may see of it."""

from datetime import datetime
from typing import Any

from contracts.codes import FIREWALLED, NetworkRole, OrganizationKind, State
from contracts.details import Identifier, TaxonomyTerm
from contracts.directory import CreateOrganization, Organization
from contracts.events import OrganizationEvent
from contracts.standing import OrganizationStatus
from services.directory import details, hsds, ids, location, phone
from services.directory.reading import Reading
from services.directory.text import one_line


def from_record(record: hsds.OrganizationRecord, reading: Reading) -> dict[str, Any]:
    """Return the typed fields of an imported organization's document: no record says that it is verified."""
    extension, notes = record.relevo, reading.notes
    places = [
        location.document(
            place, f"organization {record.id} location {number}", ("locations", str(number)), reading
        )
        for number, place in enumerate(record.locations or ())
    ]
    parent = details.line(record.parent_organization_id, ("parent_organization_id",), notes)
    return {
        "name": one_line(record.name),
        "alternate_name": one_line(record.alternate_name or "") or None,
        "description": record.description or None,
        "email": record.email or None,
        "website": record.website or None,
        "kind": extension.kind,
        "verified": False,
        "emergency_phone": phone.document(extension.emergency_phone),
        "phones": phone.documents(record.phones or ()),
        "states": location.states(places),
        "municipalities": location.municipalities(places),
        "locations": places,
        "fictional": extension.fictional,
        "uri": details.line(record.uri, ("uri",), notes),
        "logo": details.line(record.logo, ("logo",), notes),
        "legal_status": details.line(record.legal_status, ("legal_status",), notes),
        "year_incorporated": notes.value(record.year_incorporated, int, ("year_incorporated",)),
        "parent": ids.derived("organization", reading.source, parent) if parent else None,
        "identifiers": details.identifiers(record.organization_identifiers, notes),
        "taxonomy_terms": details.terms(record.attributes, notes),
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
        verified=is_verified(document),
        description=document.get("description"),
        alternate_name=document.get("alternate_name"),
        email=document.get("email"),
        website=document.get("website"),
        emergency_phone=phone.view(document.get("emergency_phone")),
        phones=phone.views(document.get("phones")),
        source=document.get("source"),
        source_id=document.get("source_id"),
        fictional=document.get("fictional", False),
        states=tuple(State(state) for state in document.get("states") or ()),
        municipalities=tuple(document.get("municipalities") or ()),
        locations=tuple(location.view(place) for place in document.get("locations") or ()),
        uri=document.get("uri"),
        logo=document.get("logo"),
        legal_status=document.get("legal_status"),
        year_incorporated=document.get("year_incorporated"),
        parent=document.get("parent"),
        identifiers=tuple(Identifier(**one) for one in document.get("identifiers") or ()),
        taxonomy_terms=tuple(TaxonomyTerm(**one) for one in document.get("taxonomy_terms") or ()),
        status=status(document),
        network_roles=network_roles(document),
        version=document.get("revision", 0),
    )


def status(document: dict[str, Any]) -> OrganizationStatus:
    """Return whether it takes part."""
    return OrganizationStatus(document.get("status", OrganizationStatus.ACTIVE))


def is_active(document: dict[str, Any]) -> bool:
    """Whether it takes part: one that was deactivated does not, whoever had verified it."""
    return status(document) is OrganizationStatus.ACTIVE


def is_there(document: dict[str, Any]) -> bool:
    """Whether it can help: it takes part, and its source, where it has one, still knows it."""
    return is_active(document) and not document.get("disappeared")


def is_verified(document: dict[str, Any]) -> bool:
    """Whether a coordinator has verified it, and it takes part."""
    return bool(document["verified"]) and is_active(document)


def network_roles(document: dict[str, Any]) -> tuple[NetworkRole, ...]:
    """Return what it is in the network, as an operator said.

    Nothing while it does not take part, nor behind the firewall.
    """
    if not is_verified(document) or document["kind"] in FIREWALLED:
        return ()
    return tuple(map(NetworkRole, document.get("network_roles") or ()))


def event(noun_id: str, fields: dict[str, Any], n: int, at: datetime) -> OrganizationEvent:
    """Return the data of the event that says it was registered or changed."""
    return OrganizationEvent(id=noun_id, n=n, at=at, kind=fields["kind"], verified=is_verified(fields))
