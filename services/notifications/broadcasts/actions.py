"""What is done with a broadcast: coordinators send it and take it back, whom it reaches acknowledges it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.calls import Calls
from chassis.problems import (
    ContendedError,
    ForbiddenError,
    InvalidError,
    WrongStatusError,
)
from chassis.seal import Sealer
from contracts.broadcasts import (
    AcknowledgeBroadcast,
    Broadcast,
    BroadcastReply,
    EndBroadcast,
    SendBroadcast,
)
from contracts.codes import Role
from contracts.progress import is_firewalled, may_change_network
from contracts.rpc import Actor
from services.notifications.broadcasts import broadcast
from services.notifications.broadcasts.audience import Audience
from services.notifications.broadcasts.broadcast import Document
from services.notifications.broadcasts.store import BroadcastStore
from services.notifications.broadcasts.telling import Telling
from services.notifications.errors import NotFoundError
from services.notifications.policy import NOT_A_READER, may_read

TRIES = 20
COORDINATORS = "Only a coordinator of the network may do that; of a client, with directory:write."
ENDED = "The alert is not in force any more."
CONTENDED = "The alert changed again and again; nothing was done. Try again."
NO_VIEWER = "A viewer cannot do that."


@dataclass(frozen=True)
class Means:
    """The store, what seals the words, whom it asks and who tells; ``calls`` knows idempotency keys."""

    store: BroadcastStore
    keys: Sealer
    audience: Audience
    telling: Telling
    calls: Calls

    def words(self, doc: Document) -> str:
        """Return the words of a broadcast."""
        (text,) = self.keys.open(_purpose(doc["_id"]), doc["text"])
        return str(text)

    async def shown(self, doc: Document, actor: Actor, at: datetime) -> Broadcast:
        """Return a broadcast as the actor may see it."""
        receipt = await self.store.receipt(broadcast.receipt_id(doc["_id"], actor.organization or ""))
        return broadcast.view(doc, self.words(doc), at, receipt, await self.acknowledged(doc["_id"], actor))

    async def acknowledged(self, broadcast_id: str, actor: Actor) -> int | None:
        """Return how many organizations have acknowledged it; None to whoever is no coordinator."""
        if not may_change_network(actor):
            return None
        receipts = await self.store.of_broadcast(broadcast_id)
        return sum(one["acknowledged_at"] is not None for one in receipts)


def check_coordinator(actor: Actor) -> None:
    """Let nobody else.

    Raises:
        ForbiddenError: the actor is no coordinator.
    """
    if not may_change_network(actor):
        raise ForbiddenError(COORDINATORS)


async def send(means: Means, request: SendBroadcast, actor: Actor) -> BroadcastReply:
    """Alert organizations: they are told beside the answer, and, where that is interrupted, a moment later.

    Raises:
        ForbiddenError: the caller is no coordinator.
        IdempotencyKeyReusedError: the key was used for another input.
        InvalidError: fields are wrong, all of them at once; it is for nobody, or for too many.
        UnreachableError: the directory did not answer.
    """
    check_coordinator(actor)
    call = means.calls.call("send_broadcast", request, actor)
    made_id = means.calls.made_id("brd_", "broadcast", call)
    doc, replayed = await means.store.load(made_id), True
    if doc is None:
        if wrong := broadcast.problems(request, call.at):
            raise InvalidError("Nobody was alerted.", tuple(wrong))
        addressed = await means.audience.of(request)
        sealed = means.keys.seal(_purpose(made_id), request.text)
        doc = broadcast.made(made_id, request, call, sealed, addressed)
        replayed = not await means.store.insert(doc)
        if replayed:
            doc = await means.store.load(made_id) or doc
    call.check(doc["fingerprint"])
    if not replayed:
        means.telling.begin(doc)
    return BroadcastReply(broadcast=await means.shown(doc, actor, call.at), replayed=replayed)


async def end(means: Means, request: EndBroadcast, actor: Actor) -> BroadcastReply:
    """Take an alert back before its time; whom it reached is told.

    Raises:
        ForbiddenError: the caller is no coordinator.
        NotFoundError: there is none.
        IdempotencyKeyReusedError: the key was used for another input.
        WrongStatusError: it is not in force.
    """
    check_coordinator(actor)
    call = means.calls.call("end_broadcast", request, actor)
    for _ in range(TRIES):
        doc = await means.store.load(request.broadcast)
        if doc is None:
            raise NotFoundError
        if call.was_done(doc):
            return BroadcastReply(broadcast=await means.shown(doc, actor, call.at), replayed=True)
        if not broadcast.is_in_force(doc, call.at):
            raise WrongStatusError(ENDED)
        fields = {"ended_at": call.at, "n": doc["n"] + 1, "tell_since": call.at}
        if await means.store.save(doc, fields, call.entry):
            doc = {**doc, **fields}
            means.telling.begin(doc)
            return BroadcastReply(broadcast=await means.shown(doc, actor, call.at))
    raise ContendedError(CONTENDED)


async def acknowledge(means: Means, request: AcknowledgeBroadcast, actor: Actor) -> BroadcastReply:
    """Note that the caller's organization knows of an alert. Who says so first is noted; then it is said.

    Raises:
        ForbiddenError: the caller may not read the feed, or only look.
        NotFoundError: there is none that was sent to its organization.
    """
    check_reader(actor)
    if actor.kind == "member" and set(actor.roles) == {Role.VIEWER}:
        raise ForbiddenError(NO_VIEWER)
    call = means.calls.call("acknowledge_broadcast", request, actor)
    own = actor.organization or ""
    receipt, doc = broadcast.receipt_id(request.broadcast, own), await means.store.load(request.broadcast)
    if doc is None or own not in doc["addressed"]:
        raise NotFoundError
    if await means.store.receipt(receipt) is None:  # quicker than whoever tells it
        await means.store.keep(broadcast.receipts(doc, own))
    said = {"acknowledged_at": call.at, "acknowledged_by": f"{actor.kind}:{actor.id}"}
    is_new = await means.store.acknowledge(receipt, said)
    return BroadcastReply(broadcast=await means.shown(doc, actor, call.at), replayed=not is_new)


def check_reader(actor: Actor) -> None:
    """Let whoever may read its organization's feed, and is not behind the firewall.

    Raises:
        ForbiddenError: nobody else.
    """
    if not may_read(actor) or is_firewalled(actor):
        raise ForbiddenError(NOT_A_READER)


def _purpose(broadcast_id: str) -> str:
    return f"broadcast:{broadcast_id}"
