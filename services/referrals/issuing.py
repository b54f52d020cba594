"""What a new referral must be: every rule on the request and its service, and the document made of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from chassis.outbox import pending_event
from contracts import patterns
from contracts.ages import CHILDREN, OLDEST_YEARS, YEARS
from contracts.codes import (
    FIREWALLED,
    AgeBand,
    Basis,
    ContactChannel,
    Intake,
    Need,
    ReferralStatus,
    Vulnerability,
)
from contracts.consent_codes import WithheldField
from contracts.directory import Organization, Phone, Service
from contracts.events import REFERRAL_EVENTS
from contracts.needs import GROUP_OF, SENSITIVE_NEEDS
from contracts.progress import Progress
from contracts.referrals import Consent, Household, IssueReferral, Person
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.standing import OrganizationStatus
from services.referrals import basing, childhood
from services.referrals.deadlines.clock import terms, wound
from services.referrals.document import Document
from services.referrals.firewall import naming
from services.referrals.firewall.exception import Passage
from services.referrals.inputs import AHEAD, happened, required, stored_moment
from services.referrals.outlined import sent_by
from services.referrals.referral import event_data, history_entry
from services.referrals.sealed import Said

Problems = Iterator[FieldProblem]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OF_CHILDREN = frozenset(
    {Vulnerability.UNACCOMPANIED_CHILD, Vulnerability.SEPARATED_CHILD, Vulnerability.ACCOMPANIED_CHILD}
)
# What nobody has said of a referral that has just been made.
EMPTY = (
    "external_id_receiver", "received_at", "accepted_at", "arrived_at", "arrive_by", "appointment",
    "review_at", "resume_at", "ended_at", "reason", "outcome", "proposed_redirect", "loop_closed_at",
    "sealed_instructions", "sealed_given", "sealed_places",
)  # fmt: skip
# As in 911.
FEWEST_DIGITS = 3
# Without these a consent is only a word.
CONSENT_NEEDS = ("method", "language", "taken_by", "given_at")


def request_problems(request: IssueReferral, now: datetime) -> list[FieldProblem]:
    """Return all that is wrong with the request itself, whatever its service is."""
    return [*happened("occurred_at", request.occurred_at, now), *content_problems(request, now)]


def content_problems(said: Said, now: datetime) -> list[FieldProblem]:
    """Return all that is wrong with what a sender says; not that something is missing from it."""
    consent, person = said.consent, said.person
    return [
        *(consent_problems(consent, now) if consent else ()),
        *(_person(person, now) if person else ()),
        *_household(said),
        *_places(said),
    ]


def consent_problems(consent: Consent, now: datetime) -> list[FieldProblem]:
    """Return all that is wrong with a consent, or another basis, whoever it is of."""
    return [*_basis(consent), *_consent(consent, now)]


def known_problems(said: Said) -> list[FieldProblem]:
    """Return what is wrong that only whoever may read who they are is told."""
    return [*named_problems(said), *childhood.problems(said)]


def named_problems(said: Said) -> list[FieldProblem]:
    """Return which vulnerabilities a consent names that nobody has of whom it is.

    For whoever may read who they are: to others it would tell that.
    """
    if said.consent is None or said.person is None:
        return []
    there = set(vulnerabilities_of(said.person.vulnerabilities, said.household))
    message = "Is named of nobody: neither of the person, nor of who is with her."
    return [
        _wrong(message, "INVALID", "consent", "vulnerabilities", str(place))
        for place, one in enumerate(said.consent.vulnerabilities)
        if one not in there
    ]


def vulnerabilities_of(
    own: tuple[Vulnerability, ...], household: Household | None
) -> tuple[Vulnerability, ...]:
    """Return the vulnerabilities of a person and of those who are with her."""
    members = household.members if household else ()
    return (*own, *(one for member in members for one in member.vulnerabilities))


def service_problems(
    request: Said,
    sender: str,
    service: Service | None,
    receiver: Organization | None,
    beside: frozenset[Need] = frozenset(),
    *,
    passage: Passage | None = None,
) -> list[FieldProblem]:
    """Return why the service cannot be referred to, as far as the directory knows it.

    ``beside`` are other needs that are known of the person or her group; ``passage`` is what lets this
    through to a receiver behind the firewall.
    """
    if service is None or receiver is None:
        return [_wrong("There is no such service.", "NOT_FOUND", "service")]
    if receiver.kind in FIREWALLED and passage is None:
        return [*_service(sender, service, receiver), naming.BEHIND]
    return [*_service(sender, service, receiver), *firewall_problems(request, receiver, beside)]


def unit_problems(said: Said, service: Service | None) -> list[FieldProblem]:
    """Return which places are asked for by a unit that the service, which counts others, does not know."""
    counted = [one.unit for one in service.capacity] if service else []
    words = Sentence("The service counts no such unit; it counts {units}.", units=", ".join(counted))
    return [
        _wrong(words, "INVALID", "places", str(place), "unit")
        for place, places in enumerate(said.places)
        if counted and places.unit not in counted
    ]


def places_anew(said: Said, service: Service | None) -> list[FieldProblem]:
    """Return what is wrong with places that are asked for in place of others."""
    return [*_places(said), *unit_problems(said, service)]


def withheld_places(said: Said, service: Service | None, *, knows: bool = True) -> list[FieldProblem]:
    """Return what ``lacking_places`` does, for a service that counts places."""
    return lacking_places(said, knows=knows) if service and service.capacity else []


def lacking_places(said: Said, *, knows: bool = True) -> list[FieldProblem]:
    """Return that a household which its receiver is not to know of needs to say how many places it takes.

    Nobody else could say it: an acceptance keeps one place, else. Who does not know who she is (``knows``) is
    asked whenever a household would be withheld: else the refusal would tell that there is one.
    """
    is_withheld = said.consent is not None and WithheldField.HOUSEHOLD in said.consent.withheld
    is_household = said.household is not None and bool(said.household.members)
    if not is_withheld or said.places or (knows and not is_household):
        return []
    message = "Must be given: the receiver is not told of the household, and counts its places."
    return [required("places", message)]


def firewall_problems(
    said: Said, receiver: Organization, beside: frozenset[Need] = frozenset()
) -> list[FieldProblem]:
    """Return why this may not be said to that receiver; ``beside`` are other needs, as above.

    Not whether an exception is needed, and there: that is asked where it is known.
    """
    # A draft that lacks it is refused for that.
    return list(naming.problems(said.consent, beside | {said.need}, receiver)) if said.consent else []


def _wrong(message: str, code: str, *path: str) -> FieldProblem:
    return FieldProblem(path=path, message=message, code=code)


def _basis(consent: Consent) -> Problems:
    if consent.basis is Basis.CONSENT:
        for name in CONSENT_NEEDS:
            if getattr(consent, name) is None:
                yield _wrong("Must be given where the basis is consent.", "REQUIRED", "consent", name)
    elif consent.reason is None:
        yield _wrong("Must be given where the basis is not consent.", "REQUIRED", "consent", "reason")


def _consent(consent: Consent, now: datetime) -> Problems:
    if consent.given_at is not None:
        if consent.given_at > now + AHEAD:
            yield _wrong("Must not be in the future.", "INVALID", "consent", "given_at")
        elif now.year - consent.given_at.year > OLDEST_YEARS:  # as 0026 for 2026
            yield _wrong("Must be within the last 120 years.", "INVALID", "consent", "given_at")
    if consent.until is not None and consent.until <= now:
        yield _wrong("Must be in the future.", "INVALID", "consent", "until")
    for name in ("categories", "vulnerabilities", "withheld"):
        codes = getattr(consent, name)
        if len(set(codes)) < len(codes):
            yield _wrong("Names a code twice.", "INVALID", "consent", name)


def _person(person: Person, now: datetime) -> Problems:
    yield from _vulnerabilities(person.vulnerabilities, person.age_band, ("person",))
    if person.birth_date is not None:
        yield from _birth_date(person.birth_date, person.age_band, now.date())
    contact = person.safe_contact
    if contact is None:
        return
    path = ("person", "safe_contact", "value")
    reaches = contact.channel not in {ContactChannel.NONE, ContactChannel.IN_PERSON}
    if reaches and contact.value is None:
        yield _wrong("Must be given for this channel.", "REQUIRED", *path)
    if contact.channel is ContactChannel.NONE and contact.value is not None:
        yield _wrong("Must not be given where there is no channel.", "INVALID", *path)
    if reaches and contact.value is not None and not _reaches(contact.channel, contact.value):
        pattern = patterns.EMAIL if contact.channel is ContactChannel.EMAIL else patterns.PHONE
        yield _wrong(patterns.WORDS[pattern], "INVALID", *path)


def _reaches(channel: ContactChannel, value: str) -> bool:
    """Whether the value can be one of its channel. Beside a number may stand whose it is."""
    if channel is ContactChannel.EMAIL:
        return re.search(patterns.EMAIL, value) is not None
    return sum(character.isdigit() for character in value) >= FEWEST_DIGITS


def _birth_date(born: date, band: AgeBand, today: date) -> Problems:
    # Here it may be another day than where the person is: either of two ages is right.
    ages = {_years(born, today - timedelta(days=1)), _years(born, today + timedelta(days=1))}
    youngest, oldest = YEARS[band]
    if max(ages) < 0 or min(ages) > OLDEST_YEARS:
        yield _wrong("Must be within the last 120 years.", "INVALID", "person", "birth_date")
    elif not any(youngest <= max(age, 0) <= oldest for age in ages):
        words = Sentence("Does not agree with the age band {band}.", band=band.upper())
        yield _wrong(words, "INVALID", "person", "birth_date")


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _vulnerabilities(codes: tuple[Vulnerability, ...], band: AgeBand, path: tuple[str, ...]) -> Problems:
    if len(set(codes)) < len(codes):
        yield _wrong("Names a code twice.", "INVALID", *path, "vulnerabilities")
    if band not in CHILDREN and not OF_CHILDREN.isdisjoint(codes):
        words = Sentence("Names what only a child can be, and the age band is {band}.", band=band.upper())
        yield _wrong(words, "INVALID", *path, "vulnerabilities")


def _household(request: Said) -> Problems:
    members = request.household.members if request.household else ()
    for place, member in enumerate(members):
        path = ("household", "members", str(place))
        yield from _vulnerabilities(member.vulnerabilities, member.age_band, path)


def _places(request: Said) -> Problems:
    units = [places.unit for places in request.places]
    for place, unit in enumerate(units):
        if unit in units[:place]:
            yield _wrong("Names a unit twice.", "INVALID", "places", str(place), "unit")


def _service(sender: str, service: Service, receiver: Organization) -> Problems:
    if service.status != "active" or receiver.status is OrganizationStatus.DEACTIVATED:
        yield _wrong("The service is not active.", "NOT_ACTIVE", "service")
    if service.intake is Intake.NONE:
        yield _wrong("The service takes no referrals.", "NO_INTAKE", "service")
    if service.intake is Intake.NETWORK and not receiver.verified:
        yield _wrong("Nobody has verified its organization: it would not hear.", "NOT_VERIFIED", "service")
    if service.organization == sender:
        yield _wrong("Is a service of your own organization.", "OWN_SERVICE", "service")


@dataclass(frozen=True)
class Issue:
    """What a new document is made of, all of it checked; ``sealed`` holds its encrypted fields."""

    id: str
    folio: str
    request: IssueReferral
    fingerprint: str
    service: Service
    emergency_phone: Phone
    follows: str | None
    external_mark: str | None
    sealed: dict[str, Any]
    sender: str | None
    # Fields that tie it to other referrals.
    links: Mapping[str, Any] = field(default_factory=dict)
    # What the network says of its deadlines in place of the domain's table.
    overrides: Mapping[str, Any] | None = None


def issued(issue: Issue, actor: Actor, now: datetime) -> Document:
    """Return the document of a new referral as it is stored, with the event that tells of it to be sent."""
    request = issue.request
    sent = ReferralStatus.SENT.value
    given = {"occurred_at": _moment(request.occurred_at)}
    entry = {**history_entry((None, "issue", sent), actor, given, now), "n": 1, "version": 1}
    document = {
        "_id": issue.id,
        "folio": issue.folio,
        "status": sent,
        "version": 1,
        "revision": 1,
        "n": 1,
        "created_at": now,
        "updated_at": now,
        "place": place_of(now, issue.id),
        "fingerprint": issue.fingerprint,
        **outline(request),
        "sender": issue.sender,
        **sent_by(actor),
        "receiver": issue.service.organization,
        "service": issue.service.id,
        "intake": issue.service.intake.value,
        "counted": bool(issue.service.capacity),
        "held": False,
        "emergency_phone": msgspec.to_builtins(issue.emergency_phone),
        "external_marks": [issue.external_mark] if issue.external_mark else [],
        "follows": issue.follows,
        **dict.fromkeys(EMPTY),
        **issue.sealed,
        **issue.links,
        "terms": terms(issue.service, issue.overrides),
        "history": [entry],
        "idempotency": [],
    }
    document |= basing.begun(document, request.consent, actor, now)
    document |= wound(None, document, now, now)
    told = event_data(document, None, now, Progress.SENT)
    document["pending"] = [pending_event(REFERRAL_EVENTS["sent"].type, issue.id, 1, now, told)]
    document["pending_since"] = now
    return document


def outline(said: Said) -> Document:
    """Return what of a sender's words stands in the clear, the consent in outline with it."""
    consent = said.consent
    return {
        "need_group": GROUP_OF[said.need].value,
        "need": None if said.need in SENSITIVE_NEEDS else said.need.value,
        "priority": said.priority and said.priority.value,
        "state": said.state and said.state.value,
        "external_id_sender": said.external_id,
        "basis": consent and consent.basis.value,
        "given_at": _moment(consent.given_at) if consent else None,
        "until": _moment(consent.until) if consent else None,
    }


def _moment(at: datetime | None) -> datetime | None:
    return None if at is None else stored_moment(at)


def place_of(created_at: datetime, referral: str) -> str:
    """Return the referral's place in every list, as one string that sorts as its time and then its id."""
    milliseconds = (created_at - EPOCH) // timedelta(milliseconds=1)
    return f"{milliseconds:013d}-{referral}"
