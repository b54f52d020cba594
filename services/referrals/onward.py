"""Referring on: who may, from where, and what of the person goes on from what a receiver sees."""

from datetime import datetime

from contracts.codes import Gender, Priority, State
from contracts.onward import ReferOn
from contracts.referrals import AllowedAction, IssueReferral, Person, PersonView, Referral
from contracts.rpc import FieldProblem
from services.referrals.childhood import still_suspected
from services.referrals.document import Document
from services.referrals.inputs import required
from services.referrals.roles import RECEIVER, Party
from services.referrals.statuses import WORKED_ON

ACTION = "refer_on"
NEEDS = ("service", "need", "consent")


def may_go_on(doc: Document) -> bool:
    """Whether the receiver has accepted, and is at work."""
    return doc["status"] in WORKED_ON


def allowed(doc: Document, party: Party, _now: datetime) -> tuple[AllowedAction, ...]:
    """Return the action, with what it needs, where the party may take it now."""
    if party.relation == RECEIVER and may_go_on(doc) and party.may(ACTION, RECEIVER):
        return (AllowedAction(action=ACTION, needs=NEEDS),)
    return ()


def said_by(request: ReferOn, seen: Referral) -> tuple[IssueReferral | None, list[FieldProblem]]:
    """Return the referral that is to be issued, or what it lacks.

    ``seen`` is the old one, as its receiver's caseworker sees it.
    """
    person = request.person or person_of(seen.person)
    if person is None:
        message = "Must be given: nothing of her may be seen any more in that referral."
        return None, [required("person", message)]
    notes = request.notes
    if notes is None:
        notes = (seen.person and seen.person.notes) or ()
    issued = IssueReferral(
        idempotency_key=request.idempotency_key,
        service=request.service,
        need=request.need,
        priority=request.priority or Priority(str(seen.priority)),
        state=request.state or State(str(seen.state)),
        consent=still_suspected(request.consent, seen.consent),
        person=person,
        household=request.household or seen.household,
        places=request.places,
        notes=notes,
        external_id=request.external_id,
        occurred_at=request.occurred_at,
        tiers=request.tiers,
    )
    return issued, []


def person_of(seen: PersonView | None) -> Person | None:
    """Return the person as a sender says her, from what is seen of her; None where that is too little.

    The first sender's instructions were for the first receiver: they go no further.
    """
    if seen is None or seen.age_band is None:
        return None
    return Person(
        age_band=seen.age_band,
        # She may withhold it.
        gender=seen.gender or Gender.UNKNOWN,
        languages=seen.languages or (),
        needs_interpreter=bool(seen.needs_interpreter),
        vulnerabilities=seen.vulnerabilities or (),
        name=seen.name,
        alias=seen.alias,
        birth_date=seen.birth_date,
        safe_contact=seen.safe_contact,
    )


def links(doc: Document) -> Document:
    """Return what ties the new referral to the one that it goes on from, for its sender only."""
    return {"referred_from_sender": doc["folio"]}
