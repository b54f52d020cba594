"""Drafts: begun, edited, sent and, where nobody sends them, erased. Each is one write of one document."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from chassis.moments import Page, Place
from chassis.problems import (
    ContendedError,
    ForbiddenError,
    InvalidError,
)
from chassis.turns import Turns
from contracts.audit import AuditKind
from contracts.drafts import DraftReferral, SendReferral, UpdateDraft
from contracts.referrals import Command, ReferralReply
from contracts.rpc import Actor, FieldProblem
from contracts.screening import DraftFromScreening
from services.referrals import basing, drafting, following, guarding, tiers
from services.referrals.actions import guard, warn
from services.referrals.actions.replying import count, replayed, replied
from services.referrals.actions.reserving import admit, followed, release, reserve, reserve_external_id
from services.referrals.actions.saying import said_in, sealed_anew
from services.referrals.actions.stepping import judged, recorded, taken, told_of_override
from services.referrals.actions.working import Working
from services.referrals.audit.entry import ITSELF, noted
from services.referrals.audit.store import AuditStore
from services.referrals.deadlines.clock import terms, wound
from services.referrals.document import Document
from services.referrals.errors import NotFoundError
from services.referrals.firewall.exception import fields_of
from services.referrals.firewall.passing import check_draft, passage
from services.referrals.issuing import (
    content_problems,
    known_problems,
    service_problems,
    unit_problems,
    withheld_places,
)
from services.referrals.means import Means
from services.referrals.outlined import sent_by
from services.referrals.pathways import least, steps
from services.referrals.referral import Change, decide, has_drafted, may_work_on
from services.referrals.roles import Party
from services.referrals.store import Write

# All that opens anything of a draft: also why it was voided.
_KEYS = ("key_t2", "key_t3", "key_void")
# Erased at one go.
AT_ONCE = 200
# What sending a draft needs, by the names of the table.
_CONTENT = ("need", "priority", "service", "state", "consent", "person")


async def draft(means: Means, request: DraftReferral, actor: Actor) -> ReferralReply:
    """Begin a draft, or replay what this caller began under the same key.

    Raises:
        NotVerifiedError, ForbiddenError: the caller may not.
        IdempotencyKeyReusedError: the key was used for another input.
        InvalidError: the referral that it is to follow is none of the caller's.
        ExternalIdTakenError: the organization gave its own id to another referral.
    """
    return await begin(means, "draft", request, actor, lambda: request)


async def begin(
    means: Means,
    action: str,
    request: DraftReferral | DraftFromScreening,
    actor: Actor,
    make: Callable[[], DraftReferral],
) -> ReferralReply:
    """Begin the draft that ``make`` makes of a request, or replay what this caller began by that request.

    The request itself is what a retry has to repeat: what is made of it may be another by then.

    Raises:
        As ``draft``, and whatever ``make`` raises.
    """
    admit(actor, "draft")
    now, referral = means.now(), means.marks.referral(actor, request.idempotency_key)
    fingerprint = means.marks.fingerprint(action, request)
    there = await means.store.load(referral)
    if there is not None:
        return await _again(means, there, fingerprint, request, actor)
    said = await _following(means, make(), actor)
    await check_draft(means, said)
    reserved = await reserve(means, referral, said)
    try:
        mark = await reserve_external_id(means, actor, request.external_id, referral, now)
        made = drafting.Draft(
            id=referral,
            folio=reserved.folio,
            said=said,
            fingerprint=fingerprint,
            emergency_phone=means.directory.last_resort,
            external_mark=mark,
            sealed=reserved.sealed,
        )
        document = drafting.drafted(made, actor, now)
    except BaseException:
        await release(means, reserved.keys, reserved.folio)
        raise
    if await means.store.insert(document):
        count("draft", {}, document)
        reply = await replied(means, document, tiers.sender_of(document, actor), now, request.tiers)
        return msgspec.structs.replace(reply, warnings=await warn.of(means, document, actor))
    # Somebody began the same a moment before: leave nothing of ours behind, and show theirs.
    await release(means, reserved.keys, reserved.folio)
    there = await means.store.load(referral)
    if there is None:
        raise ContendedError("The draft was there, and is not any more: try again.")
    return await _again(means, there, fingerprint, request, actor)


async def _again(
    means: Means, there: Document, fingerprint: str, request: Command, actor: Actor
) -> ReferralReply:
    """What was begun by that key, as it is now, and what is to be known of it."""
    reply = await replayed(means, there, fingerprint, request, actor)
    return msgspec.structs.replace(reply, warnings=await warn.of(means, there, actor))


async def _following(means: Means, said: DraftReferral, actor: Actor) -> DraftReferral:
    """The same, with the folio of what it follows."""
    earlier, unknown = await followed(means, actor, said.follows)
    if unknown:
        raise InvalidError("The draft was not kept: some fields are not right.", tuple(unknown))
    return msgspec.structs.replace(said, follows=earlier["folio"] if earlier else None)


async def update(means: Means, request: UpdateDraft, actor: Actor) -> ReferralReply:
    """Edit a draft, or replay what this caller did under the same key.

    Raises:
        NotFoundError: there is none, or the caller may not know of it.
        IdempotencyKeyReusedError, StaleVersionError, ForbiddenError, WrongStatusError: as any change.
        InvalidError, ExternalIdTakenError: as ``draft``.
        PersonErasedError: the draft is being erased.
    """

    async def write(work: Working, doc: Document, party: Party) -> Write:
        _check_it_is_theirs(doc, party)
        decided = decide(doc, "update_draft", party, {}, work.now)
        said = drafting.edited(await said_in(means, doc), request)
        if isinstance(request.follows, str):
            said = await _following(means, said, actor)
        if request.service is not msgspec.UNSET or request.need is not msgspec.UNSET:
            await check_draft(means, said)
        fields = drafting.content(said, await sealed_anew(means, doc, said), work.now)
        if not has_drafted(doc, party):
            # Whoever began it reads it from now on as far as its roles or scopes reach, as any other.
            fields["others_wrote"] = True
        if said.external_id != doc["external_id_sender"]:
            mark = await reserve_external_id(means, actor, said.external_id, doc["_id"], work.now)
            fields["external_marks"] = [mark] if mark else []
        return work.write(doc, decided, fields)

    reply = await Working.of(means, "update_draft", request, actor).run(write)
    return msgspec.structs.replace(reply, warnings=await warn.of_id(means, request.referral, actor))


async def send(means: Means, request: SendReferral, actor: Actor) -> ReferralReply:
    """Send a draft, or replay what this caller did under the same key. Now everything is checked.

    Raises:
        NotFoundError, IdempotencyKeyReusedError, StaleVersionError, ForbiddenError, WrongStatusError: as any
            change.
        InvalidError: something is missing or wrong; ``fields`` says what, all at once.
        PersonErasedError: the draft is being erased.
        UnreachableError: the directory did not answer.
    """

    async def write(work: Working, doc: Document, party: Party) -> Write:
        _check_it_is_theirs(doc, party)
        with contextlib.suppress(InvalidError):
            decide(doc, "send", party, {}, work.now)  # before anything is read of what is no draft
        said = await said_in(means, doc)
        service, receiver, passed = None, None, None
        problems = [*content_problems(said, work.now), *known_problems(said)]
        problems += least.problems(means.pathways, said)
        earlier, _ = await followed(means, actor, said.follows)
        if said.service is not None:
            service, receiver = await means.directory.service(said.service)
            beside = await guard.needs_beside(means, said, receiver, earlier, actor)
            passed = await passage(means, said.service, receiver, said.need)
            problems += service_problems(said, doc["sender"], service, receiver, beside, passage=passed)
            problems += [*unit_problems(said, service), *withheld_places(said, service)]
        ruling = await judged(means, said, receiver, request.overrides, actor, follows=said.follows)
        # Where nobody knows yet to whom it goes, this may be the very referral that takes the step.
        problems += [one for one in ruling.problems if said.service or one.code != steps.STEP_MISSING]
        inputs = {name: getattr(said, name) for name in _CONTENT} | {"occurred_at": request.occurred_at}
        decided = _decided(doc, party, inputs, problems, work.now)
        assert service is not None
        assert receiver is not None
        phone = means.directory.emergency_phone(service, receiver)
        fields = drafting.addressed(doc["_id"], service, receiver, phone, work.now)
        fields |= {**sent_by(actor), **fields_of(passed)}
        fields |= following.ties(earlier, receiver.id)
        if earlier:
            fields |= guarding.mark(said, receiver, work.now)
        fields["terms"] = terms(service, means.overrides.of(service.id, said.priority))
        fields |= basing.begun(doc, said.consent, actor, work.now)
        fields |= wound(None, {**doc, **decided.set, **fields}, work.now, work.now)
        # What is sent says by which versions of the pathways it was judged, not by which it was last edited.
        fields |= await sealed_anew(means, doc, said)
        fields |= await recorded(means, doc["key_t2"], ruling, actor, work.now)
        made = work.write(doc, decided, fields, unset=("erase_at",))
        if not ruling.overridden:
            return made
        after = {**made.fields, "n": made.fields["n"] + 1}
        told = told_of_override({**doc, **after}, actor, work.now)
        return replace(made, fields=after, pending=[*made.pending, *told])

    working = Working.of(means, "send", request, actor)
    try:
        reply = await working.run(write)
    except NotFoundError:
        reply = await working.outlined()
    sent = await means.store.load(request.referral)
    await taken(means, sent, means.now())
    if sent is None:
        return reply
    return msgspec.structs.replace(reply, warnings=await warn.of(means, sent, actor))


def _decided(
    doc: Document, party: Party, inputs: dict[str, Any], problems: list[FieldProblem], now: datetime
) -> Change:
    """What the table says of sending; all that is missing is told together with all that is wrong."""
    try:
        decided = decide(doc, "send", party, inputs, now)
    except InvalidError as error:
        problems = [*error.fields, *problems]
    if problems:
        raise InvalidError("The draft was not sent: it is not all there, or not right.", tuple(problems))
    return decided


def turns(means: Means) -> Turns:
    """Return the turns over what was never sent and whose time is over, by the database's clock.

    Whoever else does the same meanwhile changes nothing by it. What a crash leaves half done is done at the
    next look: it goes only after its keys.
    """

    async def read(after: Place | None) -> Page:
        return await means.store.drafts_due.page(await means.store.now(), after, AT_ONCE)

    async def erase(doc: Document) -> bool:
        # Whoever edits or sends it at this moment is faster, or finds it closed.
        if not await means.store.close_draft(doc["_id"], doc["revision"]):
            return False
        await means.vault.erase([doc[name] for name in _KEYS if doc.get(name)])
        gone = noted(AuditKind.ERASURE, "draft_expired", ITSELF, (doc["folio"],), chains=(doc["sender"],))
        await AuditStore(means.store.db).wait(f"{doc['_id']}:draft_expired", gone)
        await means.store.remove_draft(doc["_id"])
        return True

    return Turns("drafts", read, erase)


def _check_it_is_theirs(doc: Document, party: Party) -> None:
    if not may_work_on(doc, party):
        # What is refused of it would tell of what stands there.
        raise ForbiddenError("Somebody else has written in this draft: it takes who may read it.")
