"""A suggested correction of a service: its document, what it would edit, and what is told of it."""

from typing import Any

import msgspec

from chassis.outbox import pending_event
from contracts.editing import Correction, ServiceFields, SuggestCorrection
from contracts.events import CORRECTION_DECIDED, CORRECTION_SUGGESTED, CorrectionEvent, EventType
from contracts.rpc import Actor
from contracts.standing import CorrectionStatus
from services.directory import allowed
from services.directory.marks import Call

Document = dict[str, Any]

ORGANIZATION, COORDINATOR = "organization", "coordinator"
# Fields that the suggestion's text is itself a value of: accepting edits the service at once. Of the others
# somebody has to make a value first, with ``updateService``.
_PLAIN = frozenset({"name", "alternate_name", "description", "status", "intake", "url", "email"})


def document(
    correction_id: str, request: SuggestCorrection, organization: str, decider: str, call: Call
) -> Document:
    """Return the document of a new suggestion, with its event pending."""
    made: Document = {
        "_id": correction_id,
        "service": request.service,
        "organization": organization,
        "decider": decider,
        "suggester": call.actor.organization,
        "client": call.actor.id,
        "field": request.field,
        "text": request.text,
        "status": CorrectionStatus.OPEN,
        "suggested_at": call.at,
        "fingerprint": call.fingerprint,
        "n": 1,
        "idempotency": [],
    }
    return {**made, "pending": [_event(made, CORRECTION_SUGGESTED, call)], "pending_since": call.at}


def decided(stored: Document, accept: bool, note: str | None, call: Call) -> tuple[Document, Document]:
    """Return the fields that a decision sets, and the event that tells of it.

    Until ``unapplied_since`` goes, what was accepted has not been edited yet.
    """
    status = CorrectionStatus.ACCEPTED if accept else CorrectionStatus.REJECTED
    fields = {
        "status": status,
        "note": note,
        "decided_at": call.at,
        "decided_by": allowed.author(call.actor),
        "n": stored["n"] + 1,
        "pending_since": call.at,
        **({"unapplied_since": call.at} if accept and stored["field"] in _PLAIN else {}),
    }
    return fields, _event({**stored, **fields}, CORRECTION_DECIDED, call)


def edit(stored: Document) -> ServiceFields | None:
    """Return the edit that accepting it makes; None where its text is no value of the field.

    Raises:
        msgspec.ValidationError: the text is no good value of a field that takes one.
    """
    if stored["field"] not in _PLAIN:
        return None
    return msgspec.convert({stored["field"]: stored["text"].strip()}, ServiceFields)


def view(stored: Document, actor: Actor) -> Correction:
    """Return the suggestion; who made it is told to itself and to those who keep the network."""
    own = stored["suggester"] is not None and stored["suggester"] == actor.organization
    tells = own or allowed.is_operator(actor) or allowed.is_coordinator(actor)
    return Correction(
        id=stored["_id"],
        service=stored["service"],
        field=stored["field"],
        text=stored["text"],
        status=CorrectionStatus(stored["status"]),
        suggested_at=stored["suggested_at"],
        suggester=stored["suggester"] if tells else None,
        decided_at=stored.get("decided_at"),
        note=stored.get("note"),
        applied=stored.get("applied", False),
    )


def _event(stored: Document, kind: EventType, call: Call) -> Document:
    data = CorrectionEvent(
        id=stored["_id"],
        n=stored["n"],
        at=call.at,
        status=CorrectionStatus(stored["status"]),
        service=stored["service"],
        organization=stored["organization"],
        suggester=stored["suggester"] or "",
    )
    return pending_event(kind.type, stored["_id"], stored["n"], call.at, data)
