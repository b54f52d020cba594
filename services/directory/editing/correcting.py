"""Suggesting corrections, which anybody may, and deciding on them, which the service's organization does."""

from datetime import timedelta
from typing import Any

import msgspec

from chassis.problems import ForbiddenError, WrongStatusError
from contracts.editing import (
    CorrectionList,
    CorrectionReply,
    DecideCorrection,
    ListCorrections,
    SuggestCorrection,
)
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.standing import CorrectionStatus
from services.directory import allowed, changing
from services.directory.changing import Decided
from services.directory.editing import correction, telling
from services.directory.editing.fields import given, marked, refuse
from services.directory.editing.means import Editing
from services.directory.errors import NotFoundError, TooManyError
from services.directory.marks import Call, now

Document = dict[str, Any]

# By one client: nobody sees more mistakes than this in a day, and a broken program stops here.
MOST_A_DAY = 50
_DAY = timedelta(days=1)
_TOO_MANY = Sentence(
    "This client has suggested {most} corrections in a day; go on tomorrow.", most=MOST_A_DAY
)


async def suggest(editing: Editing, request: SuggestCorrection, actor: Actor) -> CorrectionReply:
    """Say that something of a service is not right. Whoever has a token may, verified or not.

    Raises:
        ForbiddenError: the caller acts for no organization.
        NotFoundError: there is no such service.
        TooManyError: the client has suggested as many as it may in a day.
        IdempotencyKeyReusedError: the key was used for another input.
    """
    if actor.organization is None and not allowed.is_operator(actor):
        raise ForbiddenError("Only a member or a client of an organization can suggest a correction.")
    truth, marks = editing.truth, editing.means.marks
    call = marks.call("suggest_correction", request, actor)
    correction_id = marks.new_id("correction", call)
    stored = await truth.corrections.find_one({"_id": correction_id})
    replayed = stored is not None
    if stored is None:
        service = await editing.means.store.get("service", request.service)
        if service is None:
            raise NotFoundError("service")
        of_today = {"client": actor.id, "suggested_at": {"$gt": call.at - _DAY}}
        if await truth.corrections.count_documents(of_today) >= MOST_A_DAY:
            raise TooManyError(_TOO_MANY)
        owner = service["organization"]
        accounts = await truth.has_accounts(owner)
        decider = correction.ORGANIZATION if accounts else correction.COORDINATOR
        made = correction.document(correction_id, request, owner, decider, call)
        stored = await truth.people.insert_within(truth.corrections, made, of_today, MOST_A_DAY)
        if stored is None:
            raise TooManyError(_TOO_MANY)
        editing.means.relays["correction"].kick(correction_id)
    call.check(stored["fingerprint"])
    return CorrectionReply(correction=correction.view(stored, actor), replayed=replayed)


async def list_(editing: Editing, request: ListCorrections, actor: Actor) -> CorrectionList:
    """Return the suggestions that the caller decides on, or those that its organization made, oldest first.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller decides on nothing.
    """
    condition: Document = {} if request.status is None else {"status": request.status}
    if request.box == "suggested":
        condition["suggester"] = actor.organization
    elif allowed.is_operator(actor) or allowed.is_coordinator(actor):
        condition["decider"] = correction.COORDINATOR
    else:
        condition["organization"] = (await allowed.managed(editing.means.store, actor, None))["_id"]
    truth = editing.truth
    found, page = await truth.people.page(truth.corrections, condition, "suggested_at", request.page)
    return CorrectionList(
        items=tuple(correction.view(one, actor) for one in found),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def decide(editing: Editing, request: DecideCorrection, actor: Actor) -> CorrectionReply:
    """Accept or reject a suggestion; accepting edits the service where the text is a value of the field.

    Raises:
        NotFoundError: there is none, or it is not the caller's to decide.
        ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        InvalidError: it is accepted, and the text is no good value, or tells where a hidden place is.
        WrongStatusError: it was decided before.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    truth = editing.truth
    call = editing.means.marks.call("decide_correction", request, actor)
    while True:
        stored = await _to_decide(editing, request.correction, actor)
        if call.was_done(stored):
            return CorrectionReply(correction=correction.view(stored, actor), replayed=True)
        if stored["status"] != CorrectionStatus.OPEN:
            raise WrongStatusError(
                Sentence("The correction is {status} already.", status=stored["status"].upper())
            )
        if request.accept:
            _check_edit(stored)
            await _check_told(editing, stored, actor)
        fields, event = correction.decided(stored, request.accept, request.note, call)
        seen = {"_id": stored["_id"], "n": stored["n"]}
        if await truth.people.save(truth.corrections, seen, fields, call.entry, [event]):
            editing.means.relays["correction"].kick(stored["_id"])
            after = await apply(editing, {**stored, **fields})
            return CorrectionReply(correction=correction.view(after, actor))


async def apply(editing: Editing, stored: Document) -> Document:
    """Make the edit that an accepted suggestion stands for, once; return the suggestion.

    Whoever decided may have crashed before: then the directory's watch comes here again.
    """
    if "unapplied_since" not in stored or (edit := correction.edit(stored)) is None:
        return stored
    by = stored["decided_by"]
    actor = Actor(kind=by["kind"], id=by.get("client", by["kind"]), organization=by.get("organization"))
    # Its key is the suggestion's own, so that it is edited once whoever comes.
    call = Call(actor, now(), key=f"correction:{stored['_id']}", fingerprint=stored["fingerprint"])
    fields = given(edit)

    def decided(service: Document) -> Decided:
        mark = by.get("organization") or by["kind"]
        return Decided(marked(service, fields, call.at, mark), "corrected", author=by)

    try:
        await changing.change(editing.means, "service", stored["service"], call, decided)
        applied = True
    except NotFoundError:
        applied = False
    await editing.truth.applied(stored["_id"], {"applied": applied})
    return {**stored, "applied": applied}


async def _to_decide(editing: Editing, correction_id: str, actor: Actor) -> Document:
    """The suggestion, if it is the actor's to decide; else as if there were none."""
    stored = await editing.truth.corrections.find_one({"_id": correction_id})
    if stored is not None and stored["organization"] == actor.organization:
        await allowed.managed(editing.means.store, actor, actor.organization)
        return stored
    if stored is not None and await _keeps(editing, stored, actor):
        return stored
    if not allowed.is_operator(actor):
        await allowed.managed(editing.means.store, actor, None)
    raise NotFoundError("correction")


async def _keeps(editing: Editing, stored: Document, actor: Actor) -> bool:
    """Whether the actor decides as a coordinator: where nobody of the organization can."""
    try:
        await allowed.coordinated(editing.means.store, actor)
    except ForbiddenError:
        return False
    return allowed.is_operator(actor) or not await editing.truth.has_accounts(stored["organization"])


def _check_edit(stored: Document) -> None:
    try:
        correction.edit(stored)
    except msgspec.ValidationError:
        words = Sentence(
            "The text is no good value of {field}; reject it, and edit the service instead.",
            field=stored["field"],
        )
        refuse([FieldProblem(path=("correction",), message=words)])


async def _check_told(editing: Editing, stored: Document, actor: Actor) -> None:
    """Of the own organization only: a coordinator must not learn from a refusal where another one is."""
    if correction.edit(stored) is not None and stored["organization"] == actor.organization:
        secrets = await telling.secrets(editing, stored["organization"], {})
        secrets.check_text(stored["text"], ("correction",))
