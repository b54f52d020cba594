"""What a draft is: the document of what a sender has said so far, its edits, and what sending adds to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from contracts.codes import Priority, ReferralStatus, State
from contracts.directory import Organization, Phone, Service
from contracts.drafts import DraftReferral, UpdateDraft
from contracts.referrals import HOW_ASKED, Person
from contracts.rpc import Actor
from services.referrals import edits
from services.referrals.document import Document
from services.referrals.issuing import EMPTY, outline, place_of
from services.referrals.referral import history_entry
from services.referrals.sealed import Opened, consent_said

# From its last change on.
KEPT_FOR = timedelta(days=30)
# No draft is asked for by its key again: what was said stands without it.
_NO_KEY = "-"


@dataclass(frozen=True)
class Draft:
    """What a new document is made of; ``sealed`` holds its encrypted fields."""

    id: str
    folio: str
    said: DraftReferral
    fingerprint: str
    emergency_phone: Phone
    external_mark: str | None
    sealed: Document


def drafted(draft: Draft, actor: Actor, now: datetime) -> Document:
    """Return the document of a new draft: nobody's but its sender's, and nothing to tell of it."""
    status = ReferralStatus.DRAFT.value
    entry = {**history_entry((None, "draft", status), actor, {}, now), "n": 1, "version": 1}
    return {
        "_id": draft.id,
        "folio": draft.folio,
        "status": status,
        "version": 1,
        "revision": 1,
        "n": 0,
        "created_at": now,
        "updated_at": now,
        "place": place_of(now, draft.id),
        "fingerprint": draft.fingerprint,
        "drafter": entry["actor"],
        "sender": actor.organization,
        # The directory is asked whose the service is when it is sent, and nobody is its receiver before.
        "receiver": None,
        "intake": None,
        "counted": None,
        "held": False,
        "emergency_phone": msgspec.to_builtins(draft.emergency_phone),
        "external_marks": [draft.external_mark] if draft.external_mark else [],
        **dict.fromkeys(EMPTY),
        **content(draft.said, draft.sealed, now),
        "history": [entry],
        "idempotency": [],
        "pending": [],
    }


def content(said: DraftReferral, sealed: Document, now: datetime) -> Document:
    """Return the fields that hold what a sender has said so far, and until when they stand."""
    return {
        **outline(said),
        "service": said.service,
        "follows": said.follows,
        **sealed,
        "erase_at": now + KEPT_FOR,
    }


def said_of(doc: Document, opened: Opened) -> DraftReferral:
    """Return what a draft says, from its document and what was decrypted of it."""
    inside, identity = opened.circumstances, opened.identity
    assert inside is not None
    person = None
    if inside.age_band is not None and inside.gender is not None and identity is not None:
        person = Person(
            age_band=inside.age_band,
            gender=inside.gender,
            languages=inside.languages or (),
            needs_interpreter=bool(inside.needs_interpreter),
            vulnerabilities=inside.vulnerabilities,
            **identity.of_person(),
        )
    return DraftReferral(
        idempotency_key=_NO_KEY,
        need=inside.need,
        service=doc["service"],
        priority=doc["priority"] and Priority(doc["priority"]),
        state=doc["state"] and State(doc["state"]),
        consent=consent_said(inside, identity),
        person=person,
        household=inside.household,
        places=inside.places,
        notes=opened.notes or (),
        external_id=doc["external_id_sender"],
        follows=doc["follows"],
    )


def edited(said: DraftReferral, request: UpdateDraft) -> DraftReferral:
    """Return what a draft says after an edit: fields given are replaced, null takes one out."""
    names = (name for name in said.__struct_fields__ if name not in HOW_ASKED)
    given = {name: getattr(request, name) for name in names}
    return edits.edited(said, {name: value for name, value in given.items() if value is not msgspec.UNSET})


def addressed(
    referral: str, service: Service, receiver: Organization, phone: Phone, now: datetime
) -> Document:
    """Return the fields that sending sets: from now on it is a referral as if it were issued now.

    ``phone`` is the telephone for emergencies.
    """
    return {
        "created_at": now,
        "place": place_of(now, referral),
        "receiver": receiver.id,
        "intake": service.intake.value,
        "counted": bool(service.capacity),
        "emergency_phone": msgspec.to_builtins(phone),
    }
