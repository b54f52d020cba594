"""What an organization does with its own entries: edit them, add and close services, confirm them."""

from datetime import datetime
from typing import Any

from chassis import paging
from contracts.editing import (
    ConfirmService,
    CreateService,
    DirectoryHistory,
    ListHistory,
    ListStale,
    OrganizationEdited,
    ServiceEdited,
    StaleServices,
    UpdateOrganization,
    UpdateService,
)
from contracts.events import SERVICE_REVIEW_DUE
from contracts.rpc import Actor, FieldProblem
from services.directory import allowed, changing, organization, service
from services.directory.changing import Decided
from services.directory.editing import change as changes
from services.directory.editing import placing, telling
from services.directory.editing.fields import check_ages, given, marked, refuse
from services.directory.editing.means import Editing
from services.directory.errors import StaleVersionError
from services.directory.marks import Call, now
from services.directory.store import Known

Document = dict[str, Any]
_SYSTEM = Actor(kind="service", id="directory")
# A service says at least these of itself.
_NEEDED = ("name", "needs", "intake")


async def update_organization(
    editing: Editing, request: UpdateOrganization, actor: Actor
) -> OrganizationEdited:
    """Edit the caller's organization.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller does not manage it.
        InvalidError: fields are not right, all of them at once, or tell where a hidden place is.
        StaleVersionError: it is not at the version that the caller expects.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    owner = await allowed.managed(editing.means.store, actor, request.organization)
    fields = given(request.fields)
    call = editing.means.marks.call("update_organization", request, actor)
    secrets = await telling.secrets(editing, owner["_id"], owner)

    def decide(document: Document) -> Decided:
        _check_version("organization", document, request.expected_version)
        secrets.check(document, request.fields)
        return Decided(marked(document, fields, call.at, _by(actor)), "edited")

    done = await changing.change(editing.means, "organization", owner["_id"], call, decide)
    return OrganizationEdited(organization=organization.view(done.document), replayed=done.replayed)


async def create_service(editing: Editing, request: CreateService, actor: Actor) -> ServiceEdited:
    """Add a service to the caller's organization.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        InvalidError: fields are missing or not right, all of them at once; a place is none of its own; a
            text tells where one is that is hidden.
        IdempotencyKeyReusedError: the key was used for another input.
    """
    means = editing.means
    owner = await allowed.managed(means.store, actor, request.organization)
    fields = given(request.fields)
    missing = [name for name in _NEEDED if fields.get(name) is None]
    words = "It must be given."
    refuse([FieldProblem(path=("fields", name), message=words, code="REQUIRED") for name in missing])
    check_ages({}, fields)
    call = means.marks.call("create_service", request, actor)
    noun_id = means.marks.new_id("service", call)
    if before := (await means.store.known("service", [noun_id])).get(noun_id):
        # The id is made of the caller's key: whoever is there was made by it.
        call.was_done(before.values)
        return ServiceEdited(service=service.view(before.values), replayed=True)
    places = await placing.of_new_service(editing, owner, noun_id, request.locations)
    new = [one.content["place"] for one in places.hidden] if places else []
    (await telling.secrets(editing, owner["_id"], owner, new)).check_new(request.fields, request.locations)
    states = {*request.states, *placing.states(places)}
    whole = service.made(owner["_id"], fields, states)
    known = Known(values={"_id": noun_id})
    stored = {
        **marked({}, whole, call.at, _by(actor)),
        **_reviewed(editing, call.at),
        **(await placing.sealed(editing, places)),
    }
    written = await changing.write(means, "service", known, Decided(stored, "created"), call)
    if written is None:
        there = (await means.store.known("service", [noun_id]))[noun_id].values
        call.was_done(there)
        return ServiceEdited(service=service.view(there), replayed=True)
    return ServiceEdited(service=service.view(written))


async def update_service(editing: Editing, request: UpdateService, actor: Actor) -> ServiceEdited:
    """Edit one of the caller's services, or close it (its ``status``).

    Raises:
        NotFoundError: there is none, or it is another organization's.
        ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        InvalidError: fields are not right, all of them at once, or tell where a hidden place is.
        StaleVersionError: it is not at the version that the caller expects.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    stored = await _own(editing, request.service, actor)
    fields = given(request.fields)
    call = editing.means.marks.call("update_service", request, actor)
    secrets = await telling.secrets(editing, stored["organization"], stored)

    def decide(document: Document) -> Decided:
        _check_version("service", document, request.expected_version)
        secrets.check(document, request.fields)
        check_ages(document, fields)
        return Decided(marked(document, fields, call.at, _by(actor)), "edited")

    done = await changing.change(editing.means, "service", request.service, call, decide)
    return ServiceEdited(service=service.view(done.document), replayed=done.replayed)


async def confirm_service(editing: Editing, request: ConfirmService, actor: Actor) -> ServiceEdited:
    """Note that all of a service is still true; the next review is so many days from now.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: as ``update_service``.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    await _own(editing, request.service, actor)
    call = editing.means.marks.call("confirm_service", request, actor)

    def decide(document: Document) -> Decided:
        reviewed = _reviewed(editing, call.at)
        moments = {name: reviewed[name] for name in ("verified_at", "next_review")}
        return Decided({**marked(document, moments, call.at, _by(actor)), **reviewed}, "confirmed")

    done = await changing.change(editing.means, "service", request.service, call, decide)
    return ServiceEdited(service=service.view(done.document), replayed=done.replayed)


async def remind(editing: Editing, service_id: str, moment: datetime) -> bool:
    """Tell a service's organization, once for each due date, that its review is due; False if it is not.

    ``moment`` is the database's own clock. Any number of replicas may look: the write is conditional.
    """
    known = (await editing.means.store.known("service", [service_id])).get(service_id)
    if known is None or (due := known.values.get("remind_at")) is None or due >= moment:
        return False
    call = Call(_SYSTEM, now(), key=f"review:{due.isoformat()}", fingerprint="")
    decided = Decided({"remind_at": None}, "", SERVICE_REVIEW_DUE)
    return await changing.write(editing.means, "service", known, decided, call) is not None


async def list_history(editing: Editing, request: ListHistory, actor: Actor) -> DirectoryHistory:
    """Return a page of the history of an organization or a service, oldest first.

    Raises:
        InvalidError: the page is not right.
    """
    paging.check(request.page)
    found, has_next, has_previous = await editing.truth.history(request.id, request.page)
    return DirectoryHistory(
        items=tuple(changes.view(entry, actor) for entry in found),
        positions=tuple((str(entry["revision"]),) for entry in found),
        has_next=has_next,
        has_previous=has_previous,
    )


async def list_stale(editing: Editing, request: ListStale, actor: Actor) -> StaleServices:
    """Return the services whose review is due: all to those who keep the network, else the own.

    Raises:
        ForbiddenError, NotVerifiedError: the caller keeps neither the network nor an organization.
    """
    only: str | None = None
    if not (allowed.is_operator(actor) or allowed.is_coordinator(actor)):
        only = (await allowed.managed(editing.means.store, actor, None))["_id"]
    moment = await editing.means.store.now()
    found, page = await editing.truth.stale(moment, only, request.page)
    return StaleServices(
        items=tuple(map(service.view, found)),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def _own(editing: Editing, service_id: str, actor: Actor) -> Document:
    """The service, if the actor manages its organization; else as if there were none."""
    stored = await editing.means.store.get("service", service_id)
    return await allowed.own(editing.means.store, actor, "service", stored)


def _by(actor: Actor) -> str:
    return actor.organization or actor.kind


def _reviewed(editing: Editing, at: datetime) -> Document:
    due = at + editing.review_after
    return {"verified_at": at, "next_review": due, "remind_at": due}


def _check_version(noun: str, document: Document, expected: int | None) -> None:
    if expected is not None and expected != document["revision"]:
        raise StaleVersionError(noun, expected, document["revision"])
