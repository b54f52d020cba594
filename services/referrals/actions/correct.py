"""Correcting a referral that was sent: what its sender said is replaced, encrypted anew with the same keys.

The receiver is told that it was, and only the names of the fields stand in the history: what was wrong about
a person is not kept.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from chassis.problems import ForbiddenError, InvalidError
from contracts.codes import FIREWALLED, Priority
from contracts.correcting import CorrectedConsent, CorrectReferral
from contracts.drafts import DraftReferral
from contracts.referrals import ReferralReply
from contracts.rpc import Actor, FieldProblem
from services.referrals import basing, childhood, consenting, guarding
from services.referrals.actions import guard, warn
from services.referrals.actions.saying import said_in, sealed_anew
from services.referrals.actions.stepping import after_correction
from services.referrals.actions.working import Working
from services.referrals.deadlines import points
from services.referrals.deadlines.clock import wound
from services.referrals.document import Document
from services.referrals.fields import T4
from services.referrals.firewall.exception import fields_of
from services.referrals.firewall.naming import BEHIND
from services.referrals.firewall.passing import passage
from services.referrals.issuing import content_problems, firewall_problems, named_problems, outline
from services.referrals.means import Means
from services.referrals.pathways import least
from services.referrals.referral import decide, may_correct
from services.referrals.roles import Party, tiers_of
from services.referrals.statuses import WORKED_ON
from services.referrals.store import Write

FIELDS = ("need", "priority", "state", "consent", "person", "household", "places", "notes")
# With these it depends on who receives whether they may be so.
_OF_THE_FIREWALL = frozenset({"need", "consent"})
_OF_THE_PATHWAY = frozenset({"need", "priority"})
_OF_A_CHILD = frozenset({"consent", "person", "household"})

Given = Mapping[str, object]


async def correct(means: Means, request: CorrectReferral, actor: Actor) -> ReferralReply:
    """Correct what the sender said, or replay what this caller did under the same key.

    Raises:
        NotFoundError, IdempotencyKeyReusedError, StaleVersionError, ForbiddenError, WrongStatusError: as any
            change.
        InvalidError: something would be wrong afterwards; ``fields`` says what, all at once.
        PersonErasedError: the person's data is erased.
        UnreachableError: the need or the consent is corrected, and the directory did not answer.
    """
    given = {name: value for name in FIELDS if (value := getattr(request, name)) is not msgspec.UNSET}

    async def write(work: Working, doc: Document, party: Party) -> Write:
        inputs = {"occurred_at": request.occurred_at, "corrected": tuple(given)}
        decided = decide(doc, "correct", party, inputs, work.now)
        if not may_correct(party):
            # What is refused of it would tell of what stands there.
            raise ForbiddenError("Only those of its sender may correct a referral who may read it.")
        said = _corrected(await said_in(means, doc), given)
        problems = [*_of_consent(said, request, actor), *_problems(means, doc, said, given, work.now)]
        marks: Document = {}
        if not _OF_THE_FIREWALL.isdisjoint(given):
            _, receiver = await means.directory.service(doc["service"])
            beside = await guard.needs_beside(means, said, receiver, doc, actor)
            problems += firewall_problems(said, receiver, beside) if receiver else []
            passed = await passage(means, doc["service"], receiver, said.need)
            if receiver is not None and receiver.kind in FIREWALLED and passed is None:
                problems.append(msgspec.structs.replace(BEHIND, path=("need",)))
            marks = {**guarding.mark(said, receiver, work.now), **guarding.shown_again(doc, said.consent)}
            marks |= fields_of(passed)
        if problems:
            raise InvalidError("Nothing was corrected: some fields are not right.", tuple(problems))
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


def _corrected(stood: DraftReferral, given: Given) -> DraftReferral:
    """What is said after the correction."""
    said = msgspec.structs.replace(stood, **{**given, "consent": stood.consent})
    consent = given.get("consent")
    if not isinstance(consent, CorrectedConsent):
        return said
    return msgspec.structs.replace(said, consent=consenting.corrected(stood.consent, consent, said.person))


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
