"""A proposal of an organization: its document, what becomes of it, and what is told of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chassis.outbox import pending_event
from contracts.codes import OrganizationKind
from contracts.events import PROPOSAL_DECIDED, PROPOSAL_MADE, EventType, ProposalEvent
from contracts.membership import Proposal, ProposeOrganization
from contracts.standing import ProposalStatus
from services.directory import ids, phone
from services.directory.marks import Call

Document = dict[str, Any]


def document(
    proposal_id: str, request: ProposeOrganization, call: Call, coordinators: Iterable[str]
) -> Document:
    """Return the document of a new proposal, with its event pending, of which ``coordinators`` are told.

    The organization's id is fixed with it, so that creating it twice is the same as once.
    """
    made: Document = {
        "_id": proposal_id,
        "organization": ids.derived("organization", "proposal", proposal_id),
        "proposer": call.actor.organization,
        "status": ProposalStatus.PROPOSED,
        "name": request.name,
        "kind": request.kind,
        "description": request.description,
        "email": request.email,
        "website": request.website,
        "phone": phone.document(request.phone),
        "emergency_phone": phone.document(request.emergency_phone),
        "proposed_at": call.at,
        "fingerprint": call.fingerprint,
        "n": 1,
        "idempotency": [],
    }
    event = _event(made, PROPOSAL_MADE, call.at, coordinators)
    return {**made, "pending": [event], "pending_since": call.at}


def decided(
    stored: Document, status: ProposalStatus, reason: str | None, call: Call
) -> tuple[Document, Document]:
    """Return the fields that a decision sets, and the event that tells of it.

    Until ``unfinished_since`` goes, the decision has not had its effect yet.
    """
    fields = {
        "status": status,
        "reason": reason,
        "decided_at": call.at,
        "n": stored["n"] + 1,
        "pending_since": call.at,
        **({"unfinished_since": call.at} if status is ProposalStatus.VERIFIED else {}),
    }
    return fields, _event({**stored, **fields}, PROPOSAL_DECIDED, call.at)


def organization_fields(stored: Document) -> Document:
    """Return the typed fields of the organization that a verified proposal becomes."""
    return {
        "name": stored["name"],
        "kind": stored["kind"],
        "verified": True,
        "description": stored["description"],
        "email": stored["email"],
        "website": stored["website"],
        "phones": [stored["phone"]] if stored["phone"] else [],
        "emergency_phone": stored["emergency_phone"],
    }


def view(stored: Document) -> Proposal:
    """Return the proposal as its proposer and the coordinators may know it."""
    status = ProposalStatus(stored["status"])
    return Proposal(
        id=stored["_id"],
        name=stored["name"],
        kind=OrganizationKind(stored["kind"]),
        status=status,
        proposed_at=stored["proposed_at"],
        organization=stored["organization"] if status is ProposalStatus.VERIFIED else None,
        proposer=stored["proposer"],
        description=stored["description"],
        email=stored["email"],
        website=stored["website"],
        phone=phone.view(stored["phone"]),
        emergency_phone=phone.view(stored["emergency_phone"]),
        decided_at=stored.get("decided_at"),
        reason=stored.get("reason"),
    )


def _event(stored: Document, kind: EventType, at: datetime, coordinators: Iterable[str] = ()) -> Document:
    data = ProposalEvent(
        id=stored["_id"],
        n=stored["n"],
        at=at,
        status=ProposalStatus(stored["status"]),
        organization=stored["organization"],
        proposer=stored["proposer"],
        coordinators=tuple(coordinators),
    )
    return pending_event(kind.type, stored["_id"], stored["n"], at, data)
