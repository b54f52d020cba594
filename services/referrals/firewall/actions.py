"""Making, ending and listing exceptions to the firewall; and cutting off what came by one that was ended."""

from datetime import datetime, timedelta
from functools import partial

from chassis.outbox import Relay, pending_event
from chassis.problems import ContendedError, IdempotencyKeyReusedError, InvalidError, WrongStatusError
from chassis.rounds import Rounds, each
from contracts.audit import AuditKind
from contracts.events import EXCEPTION_ENDED, EXCEPTION_MADE, EventType, ExceptionEvent
from contracts.exceptions import (
    EndException,
    ExceptionList,
    ExceptionReply,
    FirewallException,
    ListExceptions,
    MakeException,
)
from contracts.rpc import Actor, FieldProblem
from services.referrals.actions.writing import until_written
from services.referrals.audit.noting import committed
from services.referrals.coordinating import check_coordinator
from services.referrals.document import Document
from services.referrals.firewall.errors import NoExceptionError
from services.referrals.firewall.exception import Said, ended, maker, problems, stands, view
from services.referrals.firewall.passing import opened, passage
from services.referrals.inputs import stored_moment
from services.referrals.issuing import place_of
from services.referrals.means import Means
from services.referrals.newest import page_of
from services.referrals.sealed import seal, unseal

LOOK_SECONDS = 2.0
# Whatever was being sent when an exception was ended is written, or not, long before.
LOOKED_BACK = timedelta(hours=1)
AT_ONCE = 500


async def make(means: Means, relay: Relay, request: MakeException, actor: Actor) -> ExceptionReply:
    """Make an exception, or replay what this caller made under the same key.

    Raises:
        ForbiddenError: the caller is no coordinator.
        IdempotencyKeyReusedError: the key was used for another input.
        InvalidError: fields are wrong, all of them at once.
        UnreachableError: the directory did not answer.
    """
    check_coordinator(actor)
    now, fingerprint = means.now(), means.marks.fingerprint("make_exception", request)
    exception = means.marks.child(means.marks.key(actor, request.idempotency_key), "exception")
    there = await means.store.exceptions.load(exception)
    if there is None:
        document = await _document(means, exception, request, actor, now)
        if await means.store.exceptions.insert(document):
            relay.kick(exception, document["pending"])
            return ExceptionReply(item=(await _views(means, [document], now))[0])
        await means.vault.erase([document["key"]])
        there = await means.store.exceptions.load(exception)
    if there is None:
        raise ContendedError("The exception was there, and is not any more: try again.")
    if there["fingerprint"] != fingerprint:
        raise IdempotencyKeyReusedError
    return ExceptionReply(item=(await _views(means, [there], now))[0], replayed=True)


async def _document(
    means: Means, exception: str, request: MakeException, actor: Actor, now: datetime
) -> Document:
    """A new exception, all of it checked; with its key made durable."""
    service, organization = await means.directory.service(request.service)
    wrong = list(problems(request, service, organization, now))
    if not wrong and await passage(means, request.service, organization, request.need):
        message = "There is one in force for that service and need: end that first."
        wrong.append(FieldProblem(path=("need",), message=message, code="DUPLICATE"))
    if wrong:
        raise InvalidError("No exception was made: some fields are not right.", tuple(wrong))
    coordinators = await _coordinators(means, actor)
    with means.vault.new() as keys:
        key = keys.make()
        await means.vault.keep(keys)
        sealed = seal(keys, key, Said(request.need, request.reason))
    until = stored_moment(request.until)
    document: Document = {
        "_id": exception,
        "place": place_of(now, exception),
        "organization": request.organization,
        "service": request.service,
        "key": key,
        "sealed": sealed,
        "sealed_end": None,
        "made_at": now,
        "made_by": actor.organization,
        "maker": maker(actor),
        "until": until,
        "stands_until": until,
        "ended_at": None,
        "ended_by": None,
        "fingerprint": means.marks.fingerprint("make_exception", request),
        "revision": 1,
        "n": 1,
        "pending_since": now,
    }
    return {**document, "pending": _told(document, EXCEPTION_MADE, actor, now, coordinators)}


async def _coordinators(means: Means, actor: Actor) -> tuple[str, ...]:
    """Those who keep the network, and who acts: what is known of the others may be a minute old."""
    return tuple(dict.fromkeys([*await means.directory.coordinators(), str(actor.organization)]))


def _told(
    doc: Document, kind: EventType, actor: Actor, at: datetime, coordinators: tuple[str, ...]
) -> list[Document]:
    """What is committed with it: an entry of the audit, the authority's as well, and its event."""
    told = ExceptionEvent(
        id=doc["_id"],
        n=doc["n"],
        at=at,
        organization=doc["organization"],
        service=doc["service"],
        coordinators=coordinators,
    )
    entry = committed(
        (doc["_id"], doc["n"]),
        AuditKind.EXCEPTION,
        f"exception_{kind.name}",
        actor,
        (doc["_id"],),
        noun=kind.noun,
        chains=(doc["organization"],),
    )
    return [entry, pending_event(kind.type, doc["_id"], doc["n"], at, told)]


async def end(means: Means, relay: Relay, request: EndException, actor: Actor) -> ExceptionReply:
    """End an exception early, and cut off what came by it; or replay what this caller did under the same key.

    Raises:
        ForbiddenError: the caller is no coordinator.
        NoExceptionError: there is none.
        IdempotencyKeyReusedError: the key was used for another input.
        WrongStatusError: it is not in force.
        UnreachableError: the directory did not answer.
    """
    check_coordinator(actor)
    now, key = means.now(), means.marks.key(actor, request.idempotency_key)
    use = {"key": key, "fingerprint": means.marks.fingerprint("end_exception", request)}

    async def attempt() -> ExceptionReply | None:
        doc = await means.store.exceptions.load(request.exception)
        if doc is None:
            raise NoExceptionError
        before = doc.get("end") or {}
        if before.get("key") == key:
            if before != use:
                raise IdempotencyKeyReusedError
            return ExceptionReply(item=(await _views(means, [doc], now))[0], replayed=True)
        if not stands(doc, now):
            raise WrongStatusError("The exception is not in force any more.")
        fields = {**ended(doc, actor, now), "end": use}
        with await means.vault.fetch([doc["key"]]) as keys:
            fields["sealed_end"] = seal(keys, doc["key"], request.reason)
        coordinators = await _coordinators(means, actor)
        pending = _told({**doc, **fields}, EXCEPTION_ENDED, actor, now, coordinators)
        if not await means.store.exceptions.save(doc["_id"], doc["revision"], fields, pending):
            return None
        relay.kick(doc["_id"])
        await _cut(means, {**doc, **fields})
        return ExceptionReply(item=(await _views(means, [{**doc, **fields}], now))[0])

    return await until_written(attempt)


async def list_(means: Means, request: ListExceptions, actor: Actor) -> ExceptionList:
    """Return a page of the exceptions, newest first.

    Raises:
        ForbiddenError: the caller is no coordinator.
        InvalidError: the page is not one.
    """
    check_coordinator(actor)
    now = means.now()
    only: Document = {"stands_until": {"$gt": now}} if request.in_force else {}
    page = await page_of(means.store.exceptions.collection, request.page, only)
    return ExceptionList(
        items=tuple(await _views(means, page.rows, now)),
        positions=page.positions,
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def _views(means: Means, docs: list[Document], now: datetime) -> list[FirewallException]:
    said = await opened(means, docs)
    with await means.vault.fetch([doc["key"] for doc in docs]) as keys:
        ends = [unseal(keys, doc["sealed_end"], str) for doc in docs]
    return [
        view(doc, inside, reason, now)
        for doc, inside, reason in zip(docs, said, ends, strict=True)
        if inside is not None
    ]


# --- What came by one that was ended --------------------------------------------------------------


async def _cut(means: Means, exception: Document) -> None:
    """Have every referral that came by an exception say that it was ended: its receiver is out at once."""
    while found := await means.store.let_in_by(exception["_id"], exception["ended_at"], AT_ONCE):
        # What cannot be written now is left for the next look.
        if not await each("exceptions", found, partial(_cut_one, means, exception), abreast=8):
            return


async def _cut_one(means: Means, exception: Document, referral: str) -> bool:
    async def attempt() -> bool | None:
        doc = await means.store.load(referral)
        if doc is None or doc.get("exception") != exception["_id"]:
            return False
        fields = {"exception_until": exception["ended_at"]}
        return await means.store.beside(referral, doc["revision"], fields, {}) or None

    return await until_written(attempt)


def rounds(means: Means) -> Rounds:
    """Return the rounds that cut off what was being sent at the moment of the end, or was left by a crash."""

    async def look() -> None:
        for exception in await means.store.exceptions.ended_since(means.now() - LOOKED_BACK):
            await _cut(means, exception)

    return Rounds("exceptions", LOOK_SECONDS, look)
