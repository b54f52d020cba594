"""What a redirect must be: which service may be proposed, what confirming takes, and what it makes."""

from datetime import datetime

import msgspec

from contracts.codes import Basis, Need
from contracts.directory import Organization, Service
from contracts.drafts import DraftReferral
from contracts.redirects import ConfirmRedirect
from contracts.referrals import Consent, IssueReferral
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.referrals import guarding
from services.referrals.childhood import still_suspected
from services.referrals.document import Document
from services.referrals.firewall.exception import Passage
from services.referrals.inputs import AHEAD, required
from services.referrals.issuing import consent_problems, places_anew, service_problems, withheld_places

# Nothing is said yet of what only a consent allows: that is looked at when there is one.
_NO_CONSENT_YET = DraftReferral(idempotency_key="-", need=Need.OTHER)


def proposal_problems(
    doc: Document, service: Service | None, receiver: Organization | None, passage: Passage | None
) -> list[FieldProblem]:
    """Return why a referral cannot be redirected to a service, whatever consent there will be."""
    if service is not None and service.id == doc["service"]:
        return [_circle("Is the service that was asked.")]
    # Where she was asked for before is the sender's to know: it is told when it confirms.
    found = service_problems(_NO_CONSENT_YET, doc["sender"], service, receiver, passage=passage)
    return [_told(problem) for problem in found]


def _circle(message: str) -> FieldProblem:
    return FieldProblem(path=("service",), message=message, code="CIRCLE")


def _told(problem: FieldProblem) -> FieldProblem:
    """The same to one whose own service it is not: the sender's is meant."""
    if problem.code != "OWN_SERVICE":
        return problem
    return msgspec.structs.replace(problem, message="Is a service of the sender itself.")


def confirmation_problems(
    doc: Document,
    said: IssueReferral,
    found: tuple[Service | None, Organization | None],
    beside: frozenset[Need],
    now: datetime,
    *,
    passage: Passage | None,
) -> list[FieldProblem]:
    """Return why the sender cannot confirm with that consent; ``beside`` are the needs of the group."""
    if doc["proposed_redirect"] != said.service:
        message = "Another service is proposed now: ask for consent for that one."
        return [FieldProblem(path=("service",), message=message, code="NOT_PROPOSED")]
    if said.service in (doc.get("been_at") or ()):
        return [_circle("Has redirected it already: refuse it.")]
    return [
        *consent_problems(said.consent, now),
        *_freshness(said.consent, doc["redirect_proposed_at"]),
        *service_problems(said, doc["sender"], *found, beside, passage=passage),
    ]


def _freshness(consent: Consent, proposed_at: datetime) -> list[FieldProblem]:
    """Nobody can have consented to a receiver before it was proposed."""
    given_at = consent.given_at
    if consent.basis is not Basis.CONSENT or given_at is None or given_at >= proposed_at - AHEAD:
        return []
    message = "Was given before the service was proposed: it is for another receiver."
    return [FieldProblem(path=("consent", "given_at"), message=message, code="NOT_FRESH")]


def places_problems(
    said: IssueReferral,
    request: ConfirmRedirect,
    service: Service | None,
    before: Service | None,
    *,
    knows: bool,
) -> list[FieldProblem]:
    """Return what is wrong with the places that are asked for at the new service.

    Those that were asked for at the one ``before`` go on, where such units are counted: else they are said
    anew. Who does not know which those were (``knows``) is asked whenever the two count by other units: else
    the refusal would tell.
    """
    if request.places:
        return places_anew(said, service)
    counted = _units(service)
    asked = [one.unit for one in said.places] if knows else _units(before)
    # Where the one before counts none, nobody has looked by which units was asked.
    if counted and (not set(asked) <= set(counted) or not (asked or knows)):
        words = (
            "Must be given: this service may not count the places that were asked for before; "
            "it counts {units}."
        )
        return [required("places", Sentence(words, units=", ".join(counted)))]
    shown = said if knows else msgspec.structs.replace(said, places=())
    return withheld_places(shown, service, knows=knows)


def _units(service: Service | None) -> list[str]:
    return [one.unit for one in service.capacity] if service else []


def said_anew(said: DraftReferral, request: ConfirmRedirect) -> IssueReferral:
    """Return what a sender said, to another service on another consent."""
    assert said.priority is not None
    assert said.state is not None
    assert said.person is not None
    return IssueReferral(
        idempotency_key=said.idempotency_key,
        service=request.service,
        need=said.need,
        priority=said.priority,
        state=said.state,
        consent=still_suspected(request.consent, said.consent),
        person=said.person,
        household=said.household,
        places=request.places or said.places,
        notes=said.notes,
    )


def links(doc: Document) -> Document:
    """Return what ties the new referral to the one whose place it takes."""
    return {
        "redirected_from": doc["folio"],
        "been_at": [*(doc.get("been_at") or ()), doc["service"]],
        "thread": guarding.thread_of(doc),
    }
