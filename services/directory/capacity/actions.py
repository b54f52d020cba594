"""What can happen to the places of a service: each a pure decision, carried out at the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from chassis.clock import Clock
from chassis.outbox import Relay
from chassis.problems import ForbiddenError, InvalidError, NotVerifiedError
from contracts.capacity import (
    CapacityReply,
    Held,
    Hold,
    HoldPlaces,
    HoldPutRight,
    Holds,
    ListHolds,
    PutHoldRight,
    SetCapacity,
)
from contracts.referrals import Places
from contracts.rpc import Actor, FieldProblem
from services.directory.allowed import NEEDS_MANAGER, may_manage
from services.directory.capacity import capacity, holds
from services.directory.capacity.capacity import Document
from services.directory.capacity.desk import Decide, Desk, Doing
from services.directory.capacity.errors import ServiceNotFoundError
from services.directory.capacity.store import CapacityStore
from services.directory.marks import Marks

# One page of what is held: a large shelter holds some hundreds.
SERVICES_AT_ONCE = 50
# A hold takes some 200 bytes, of a message's 1 MB; all of one service are told at once.
HOLDS_AT_ONCE = 2000


@dataclass(frozen=True)
class Means:
    """What every action works with; one of each per process."""

    store: CapacityStore
    relay: Relay
    clock: Clock
    marks: Marks

    @cached_property
    def desk(self) -> Desk:
        """Where all changes are carried out."""
        return Desk(self.store, self.relay, self.clock)


async def set_capacity(means: Means, request: SetCapacity, actor: Actor) -> CapacityReply:
    """Note what the service's own organization, or an operator, says of its places.

    Raises:
        ServiceNotFoundError: there is no such service.
        ForbiddenError, NotVerifiedError: the actor may not say so of it.
        IdempotencyKeyReusedError: the key was used on this service for another input.
        InvalidError: some of it is not right; all of it at once.
    """
    seed = await means.store.seed(request.service)
    if seed is None:
        raise ServiceNotFoundError
    _permitted(seed["organization"], actor)
    call = means.marks.call("set_capacity", request, actor)
    by = f"{actor.kind}:{actor.id}"
    replayed = False

    def decide(document: Document, now: datetime) -> Document:
        nonlocal replayed
        replayed = call.was_done(document)
        if replayed:
            return document
        changed = capacity.change_units(document, request.units, by, now)
        if isinstance(changed, tuple):
            raise InvalidError("Some of what was said of the places is not right.", changed)
        return changed

    doing = Doing("set", by, call.entry)
    done = await means.desk.change(request.service, doing, decide)
    return _reply(done.after, done.at, replayed=replayed)


async def hold(means: Means, request: HoldPlaces) -> Held:
    """Keep places for a referral for 60 seconds, all or none; asked again it is the same hold.

    Raises:
        InvalidError: the units are not those of the service, or have to be named.
        NoCapacityError: there are not enough.
    """
    decide = partial(_take, request=request)
    doing = Doing("hold", f"referral:{request.referral}")
    try:
        done = await means.desk.change(request.service, doing, decide)
    except ServiceNotFoundError:
        return _not_counted(request)
    if not done.after["units"]:
        return _not_counted(request)
    number = holds.try_of(done.after, request)
    kept = holds.places_of(done.after, request.referral, number)
    return Held(
        counted=True,
        places=tuple(Places(**one) for one in kept),
        number=number,
        until=done.after["provisional"].get(request.referral, {}).get("until"),
    )


async def list_holds(means: Means, request: ListHolds) -> Holds:
    """Return what is held, of some services at a time: as many as one message has room for."""
    most = len(request.services) or SERVICES_AT_ONCE
    found = await means.store.holding(request.after, request.services, most)
    items, last = list[Hold](), None
    for document in found:
        of_it = [
            _hold(document["_id"], referral, hold)
            for referral, hold in document["holds"].items()
            if hold["state"] in holds.COUNTED
        ]
        if items and len(items) + len(of_it) > HOLDS_AT_ONCE:
            return Holds(items=tuple(items), next=last)
        items, last = [*items, *of_it], document["_id"]
    is_last = bool(request.services) or len(found) < SERVICES_AT_ONCE
    return Holds(items=tuple(items), next=None if is_last else last)


def _hold(service: str, referral: str, hold: Document) -> Hold:
    places = tuple(Places(**one) for one in hold["places"])
    return Hold(service=service, referral=referral, state=hold["state"], n=hold["n"], places=places)


async def put_hold_right(means: Means, request: PutHoldRight) -> HoldPutRight:
    """Have kept for a referral what it says itself; say whether that was anything new."""
    changed = False

    def decide(document: Document, now: datetime) -> Document:
        nonlocal changed
        after = holds.put_right(document, request, now)
        changed = after is not document
        return after

    try:
        await means.desk.change(request.service, Doing("reconcile", f"referral:{request.referral}"), decide)
    except ServiceNotFoundError:
        return HoldPutRight(changed=False)
    return HoldPutRight(changed=changed)


async def change_hold(means: Means, service: str, referral: str, what: str, decide: Decide) -> None:
    """Carry out what a referral's event does to its hold, where the service counts places at all."""
    try:
        await means.desk.change(service, Doing(what, f"referral:{referral}"), decide)
    except ServiceNotFoundError:
        return  # one that was imported once, and is here no more


async def look_after(means: Means, service: str) -> None:
    """Do what is due by the clock: holds that lapsed, numbers that grew stale, persons to be asked about."""

    def decide(document: Document, now: datetime) -> Document:
        document = capacity.grow_stale(holds.lapse(document, now), now)
        for referral in holds.overdue(document, now):
            document = holds.ask(document, referral)
        # Else what is no longer due would be looked at for ever.
        return document if holds.wake_at(document) == document["wake_at"] else {**document}

    await means.desk.change(service, Doing("clock", "system", tell=True), decide)


async def release_all(means: Means, organization: str) -> None:
    """Release every hold on an organization's services, as when it is deactivated; occupancy goes on."""

    for service in await means.store.of_organization(organization):
        await means.desk.change(service, Doing("give_up", "system"), holds.give_up)


async def reimport(means: Means, services: Sequence[str]) -> None:
    """Take over what an import has just said of the places of these services."""
    if not services:
        return
    for seed in await means.store.seeds(services):
        decide = partial(_reimported, seed=seed)
        await means.desk.change(seed["_id"], Doing("import", "import", tell=True), decide)


def _reimported(document: Document, _now: datetime, seed: Document) -> Document:
    changed = capacity.reimported(document, seed)
    # Of one without a document nobody knows what was shown before: it gets one, and is told.
    return document if document["revision"] and changed["units"] == document["units"] else changed


def _take(document: Document, now: datetime, request: HoldPlaces) -> Document:
    if not document["units"]:
        return document
    return holds.take(document, request, now)


def _not_counted(request: HoldPlaces) -> Held:
    if request.places:
        raise InvalidError("The service counts no places: name none.")
    return Held(counted=False)


def _reply(document: Document, now: datetime, replayed: bool = False) -> CapacityReply:
    return CapacityReply(service=document["_id"], capacity=capacity.view(document, now), replayed=replayed)


def _permitted(organization: str, actor: Actor) -> None:
    """Whether the actor may say how many places a service of that organization has."""
    if actor.kind == "operator":
        return
    if actor.organization != organization:
        message = "Only its own organization says how many places a service has."
        raise ForbiddenError(message, (FieldProblem(path=("service",), message=message, code="FORBIDDEN"),))
    if not actor.verified:
        raise NotVerifiedError("No coordinator has verified your organization yet.")
    if not may_manage(actor):
        raise ForbiddenError(NEEDS_MANAGER)
