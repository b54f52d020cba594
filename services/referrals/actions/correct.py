"""Correcting a referral that was sent: what its sender said is replaced, encrypted anew with the same keys.

The receiver is told that it was, and only the names of the fields stand in the history: what was wrong about
a person is not kept.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from chassis.problems import ForbiddenError, InvalidError
from contracts.codes import FIREWALLED, Priority
from contracts.correcting import CorrectReferral
from contracts.directory import Organization
from contracts.drafts import DraftReferral
from contracts.referrals import ReferralReply, Tier
from contracts.rpc import Actor, FieldProblem
from services.referrals import basing, childhood, edits, guarding
from services.referrals.actions import guard, warn
from services.referrals.actions.saying import said_in, sealed_anew
from services.referrals.actions.stepping import after_correction
from services.referrals.actions.working import Unchanged, Working
from services.referrals.deadlines import points
from services.referrals.deadlines.clock import wound
from services.referrals.document import Document
from services.referrals.fields import T4
from services.referrals.firewall.exception import fields_of
from services.referrals.firewall.naming import BEHIND
from services.referrals.firewall.passing import passage
from services.referrals.issuing import (
    content_problems,
    firewall_problems,
    lacking_places,
    named_problems,
    outline,
    unit_problems,
)
from services.referrals.means import Means
from services.referrals.pathways import least
from services.referrals.referral import decide, may_correct
from services.referrals.roles import Party, tiers_of
from services.referrals.sealed import categories_of, circumstances_of, identity_of
from services.referrals.statuses import WORKED_ON
from services.referrals.store import Write

FIELDS = ("need", "priority", "state", "consent", "person", "household", "places", "notes")
# With these it depends on who receives whether they may be so.
_OF_THE_FIREWALL = frozenset({"need", "consent"})
_OF_THE_PATHWAY = frozenset({"need", "priority"})
# What is kept for whom nobody sees: once it is accepted, that was decided.
_OF_A_HOUSEHOLD = frozenset({"consent", "household", "places"})
_OF_A_CHILD = frozenset({"consent", "person", "household"})

# What it tells that nothing was changed, beyond what whoever may correct (``may_correct``) reads in any case.
_TELLS: Mapping[str, Tier] = {"person": "T3", "consent": "T3", "notes": "T4"}
# Marks by which its receiver is let in; the others say that something is to be looked at.
_LETS_IN = ("withheld_since", "exception", "exception_until")

Given = Mapping[str, object]


async def correct(means: Means, request: CorrectReferral, actor: Actor) -> ReferralReply:
    """Correct what the sender said, or replay what this caller did under the same key.

    Raises:
        NotFoundError, IdempotencyKeyReusedError, StaleVersionError, ForbiddenError, WrongStatusError: as any
            change.
        InvalidError: something would be wrong afterwards; ``fields`` says what, all at once.
        PersonErasedError: the person's data is erased.
        UnreachableError: the need, the consent or places are corrected, and the directory did not answer.
    """
    given = {name: value for name in FIELDS if (value := getattr(request, name)) is not msgspec.UNSET}

    async def write(work: Working, doc: Document, party: Party) -> Write | Unchanged:
        inputs = {"occurred_at": request.occurred_at, "corrected": tuple(given)}
        decided = decide(doc, "correct", party, inputs, work.now)
        if not may_correct(party):
            # What is refused of it would tell of what stands there.
            raise ForbiddenError("Only those of its sender may correct a referral who may read it.")
        stood = await said_in(means, doc)
        said = edits.edited(stood, given)
        problems = [*_of_consent(said, request, actor), *_problems(means, doc, said, given, work.now)]
        more, marks = await _of_service(means, doc, said, given, actor, now=work.now)
        problems += more
        if problems:
            raise InvalidError("Nothing was corrected: some fields are not right.", tuple(problems))
        is_same = _kept(said) == _kept(stood) and not _says_again(doc, given, marks)
        if is_same and _may_be_told(given, actor):
            return Unchanged(frozenset(_TELLS[name] for name in given if name in _TELLS))
        fields = {**outline(said), **marks, **await sealed_anew(means, doc, said)}
        if fields["priority"] != doc["priority"]:
            fields |= _clock(means, {**doc, **decided.set, **fields}, work.now)
        if "consent" in given:
            fields |= basing.begun(doc, said.consent, actor, work.now)
            after = {**doc, **decided.set, **fields}
            fields |= points.marks(after["clock"], after)
        fields |= await after_correction(means, doc, said, actor, work.now)
        return work.write(doc, decided, fields)

    reply = await Working.of(means, "correct", request, actor).run(write)
    return msgspec.structs.replace(reply, warnings=await warn.of_id(means, request.referral, actor))


async def _of_service(
    means: Means, doc: Document, said: DraftReferral, given: Given, actor: Actor, *, now: datetime
) -> tuple[list[FieldProblem], Document]:
    """What does not go with its service: the units of places, or what may not be said to its receiver."""
    is_of_receiver = doc.get("withheld_since") or not _OF_THE_FIREWALL.isdisjoint(given)
    if not is_of_receiver and not given.get("places"):
        return [], {}
    service, receiver = await means.directory.service(doc["service"])
    problems = unit_problems(said, service) if given.get("places") else []
    if not is_of_receiver:
        return problems, {}
    more, marks = await _of_receiver(means, doc, said, receiver, actor, now=now)
    return [*problems, *more], marks


async def _of_receiver(
    means: Means,
    doc: Document,
    said: DraftReferral,
    receiver: Organization | None,
    actor: Actor,
    *,
    now: datetime,
) -> tuple[list[FieldProblem], Document]:
    """What may not be said to its receiver now; and the fields that depend on whom that is."""
    # What has run out is corrected by no less than what opens it again: neither is this.
    is_withheld = bool(doc.get("withheld_since"))
    beside = guarding.ANYTHING if is_withheld else await guard.needs_beside(means, said, receiver, doc, actor)
    problems = firewall_problems(said, receiver, beside) if receiver else []
    passed = await passage(means, doc["service"], receiver, said.need)
    if receiver is not None and receiver.kind in FIREWALLED and passed is None:
        problems.append(msgspec.structs.replace(BEHIND, path=("need",)))
    marks = {**guarding.mark(said, receiver, now), **guarding.shown_again(doc, said.consent)}
    return problems, {**marks, **fields_of(passed)}


def _kept(said: DraftReferral) -> tuple[object, ...]:
    """What is kept of it: of the order of notes only that of each category."""
    return outline(said), circumstances_of(said), identity_of(said), categories_of(said)


def _may_be_told(given: Given, actor: Actor) -> bool:
    """Whether all is open to the actor that "nothing has changed" tells: that it stands there like that."""
    return {_TELLS[name] for name in given if name in _TELLS} <= tiers_of(actor)


def _says_again(doc: Document, given: Given, marks: Document) -> bool:
    """Whether the same words do something: what a review did not confirm, or what is let through anew."""
    lets_in = any(doc.get(name) != marks[name] for name in _LETS_IN if name in marks)
    return lets_in or ("consent" in given and basing.is_refused(doc))


def _of_consent(said: DraftReferral, request: CorrectReferral, actor: Actor) -> list[FieldProblem]:
    """What is wrong with what a corrected consent says of what may be known."""
    given = request.consent
    if given is msgspec.UNSET:
        return []
    # What she has consented to stays what it was where something else of her is corrected.
    problems = [] if given.vulnerabilities is msgspec.UNSET else named_problems(said)
    if given.categories is not msgspec.UNSET and T4 not in tiers_of(actor):
        message = "Is for those who may read the notes. Leave it out: then it stays as it was."
        problems.append(FieldProblem(path=("consent", "categories"), message=message, code="FORBIDDEN"))
    return problems


def _problems(
    means: Means, doc: Document, said: DraftReferral, given: Given, now: datetime
) -> list[FieldProblem]:
    """What is wrong with what is said now, whoever receives it."""
    if not given:
        return [FieldProblem(path=(), message="Give at least one field that is to be corrected.")]
    problems = [*content_problems(said, now), *_of_places(doc, given)]
    if not _OF_A_HOUSEHOLD.isdisjoint(given) and doc.get("counted") and doc["status"] not in WORKED_ON:
        problems += lacking_places(said)
    if not _OF_A_CHILD.isdisjoint(given):
        problems += childhood.problems(said)
    if not _OF_THE_PATHWAY.isdisjoint(given):
        problems += least.problems(means.pathways, said)
    return problems


def _clock(means: Means, after: Document, now: datetime) -> Document:
    """Another priority has other times: they begin now."""
    overrides = means.overrides.of(after["service"], Priority(after["priority"]))
    terms = {**(after.get("terms") or {}), "limits": dict(overrides) if overrides else None}
    return {"terms": terms, **wound(None, {**after, "terms": terms}, now, now)}


def _of_places(doc: Document, given: Given) -> list[FieldProblem]:
    if "places" not in given or doc["status"] not in WORKED_ON:
        return []
    message = (
        "The receiver has accepted and keeps the places that were asked for: write to it, and if it needs to "
        "keep others, cancel this referral (cancelReferral) and issue a new one."
    )
    return [FieldProblem(path=("places",), message=message)]
