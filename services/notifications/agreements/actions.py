"""What two organizations can do about an agreement: propose, accept, refuse, end and list it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from chassis import paging
from chassis.problems import (
    ContendedError,
    ForbiddenError,
    InvalidError,
    NotVerifiedError,
    WrongStatusError,
)
from contracts.agreements import (
    MOST_OPEN,
    MOST_PROPOSALS_A_DAY,
    AcceptAgreement,
    AgreementList,
    AgreementReply,
    AgreementsInForce,
    EndAgreement,
    InForce,
    ListAgreements,
    ProposeAgreement,
    RefuseAgreement,
)
from contracts.codes import NEVER_SUBSCRIBERS, Role, Scope
from contracts.progress import is_firewalled
from contracts.rpc import Actor
from contracts.sentences import Sentence
from contracts.standing import AgreementEnd, AgreementStatus
from services.notifications.agreements import agreement
from services.notifications.agreements.means import Means
from services.notifications.errors import NotFoundError, TooManyError

Document = dict[str, Any]
TRIES = 20
_SCOPE = Scope.AGREEMENTS_MANAGE
_TOO_MANY = Sentence("The organization has {most} agreements or proposals; end one.", most=MOST_OPEN)

_TOO_MANY_TODAY = Sentence(
    "{most} proposals a day to one organization; try tomorrow.", most=MOST_PROPOSALS_A_DAY
)


def admitted(actor: Actor) -> str:
    """Return whose agreements the actor manages.

    Raises:
        ForbiddenError, NotVerifiedError: none.
    """
    if is_firewalled(actor):
        raise ForbiddenError("An organization of this kind has no agreements.")
    if actor.kind == "client" and _SCOPE not in actor.scopes:
        raise ForbiddenError(Sentence("It takes the scope {scope}.", scope=_SCOPE))
    if actor.kind != "client" and Role.MANAGER not in actor.roles:
        raise ForbiddenError(Sentence("It takes the role {role}.", role=Role.MANAGER))
    if actor.organization is None or not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization first.")
    return actor.organization


async def propose(means: Means, request: ProposeAgreement, actor: Actor) -> AgreementReply:
    """Propose an agreement, or replay what this caller proposed under the same key.

    Raises:
        ForbiddenError, NotVerifiedError: the caller manages no agreements, or may not be a subscriber.
        InvalidError: fields are wrong, all of them at once.
        TooManyError: the organization has as many as it may have, or proposed as many to that one today.
        IdempotencyKeyReusedError: the key was used for another input.
        UnreachableError: the directory did not answer.
    """
    own = admitted(actor)
    if actor.organization_kind in NEVER_SUBSCRIBERS:
        raise ForbiddenError("An organization of this kind hears of no others' referrals.")
    call = means.calls.call("propose_agreement", request, actor)
    made_id = means.calls.made_id("agr_", "agreement", call)
    async with means.making.hold(made_id):
        there = await means.store.load(made_id)
        if there is None:
            now = means.now()
            grantor = (await means.organizations.now([request.grantor]))[request.grantor]
            wrong = tuple(agreement.problems(request, own, grantor, now))
            if wrong:
                raise InvalidError("Nothing was proposed: some fields are not right.", wrong)
            if await means.store.open_of(own) >= MOST_OPEN:
                raise TooManyError(_TOO_MANY)
            if not await means.daily.take({f"proposals of {own} to {request.grantor}": MOST_PROPOSALS_A_DAY}):
                raise TooManyError(_TOO_MANY_TODAY)
            made = agreement.proposed(made_id, request, call, now)
            pending = [agreement.event_of(made, "proposed", actor, now)]
            if await means.store.insert({**made, "pending": pending}):
                means.relay.kick(made_id, pending)
                return AgreementReply(agreement=agreement.view(made))
            there = await means.store.load(made_id) or made
    call.check(there["fingerprint"])
    return AgreementReply(agreement=agreement.view(there), replayed=True)


async def accept(means: Means, request: AcceptAgreement, actor: Actor) -> AgreementReply:
    """Accept a proposal: its subscriber hears of what happens from a few seconds later on.

    Raises:
        NotFoundError: there is none, or it is others'.
        ForbiddenError, NotVerifiedError: the caller manages no agreements, or it is not its to answer; or the
            subscriber may not hear of anything any more.
        WrongStatusError: it is not a proposal that waits.
        IdempotencyKeyReusedError: the key was used for another input.
        UnreachableError: the directory did not answer.
    """
    doc = await _own(means, request.agreement, actor)
    said = await means.organizations.now([doc["subscriber"]])
    is_eligible = agreement.may_subscribe(said[doc["subscriber"]])

    def fields(doc: Document, own: str, at: datetime) -> Document:
        _check_waits(doc, own)
        if not is_eligible:
            raise ForbiddenError("The subscriber may hear of no others' referrals now.")
        if doc["until"] is not None and doc["until"] <= at:
            raise WrongStatusError("Its last day is over.")
        return agreement.accepted(at)

    return await _change(means, "accepted", request, actor, fields)


async def refuse(means: Means, request: RefuseAgreement, actor: Actor) -> AgreementReply:
    """Refuse a proposal.

    Raises:
        As ``accept``.
    """

    def fields(doc: Document, own: str, at: datetime) -> Document:
        _check_waits(doc, own)
        return agreement.refused(at)

    return await _change(means, "refused", request, actor, fields)


def _check_waits(doc: Document, own: str) -> None:
    if doc["grantor"] != own:
        raise ForbiddenError("Only the organization whose referrals they are answers it.")
    if doc["status"] != AgreementStatus.PROPOSED:
        raise WrongStatusError(
            Sentence("The agreement is {status}: there is nothing to answer.", status=doc["status"].upper())
        )


async def end(means: Means, request: EndAgreement, actor: Actor) -> AgreementReply:
    """End an agreement at once, as either of the two; or take a proposal back.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError, IdempotencyKeyReusedError: as ``accept``.
        WrongStatusError: it has ended, or was refused; or it waits for the caller's answer.
    """

    def fields(doc: Document, own: str, at: datetime) -> Document:
        is_subscriber = doc["subscriber"] == own
        if doc["status"] == AgreementStatus.PROPOSED and not is_subscriber:
            raise WrongStatusError("The agreement waits for your answer: refuse it.")
        if doc["status"] not in agreement.OPEN:
            words = "The agreement is {status}: there is nothing to end."
            raise WrongStatusError(Sentence(words, status=doc["status"].upper()))
        by = AgreementEnd.SUBSCRIBER if is_subscriber else AgreementEnd.GRANTOR
        return agreement.ended(at, by)

    return await _change(means, "ended", request, actor, fields)


async def list_(means: Means, request: ListAgreements, actor: Actor) -> AgreementList:
    """Return a page of the caller's, newest first.

    Raises:
        InvalidError: the page is not right.
        ForbiddenError, NotVerifiedError: the caller manages no agreements.
    """
    sides = {None: ("subscriber", "grantor"), True: ("subscriber",), False: ("grantor",)}
    read = partial(means.store.page, admitted(actor), sides[request.as_subscriber], request.statuses)
    page = await paging.newest(request.page, read)
    return AgreementList(
        items=agreement.views(page.rows),
        positions=page.positions,
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def in_force(means: Means, request: InForce, _actor: Actor) -> AgreementsInForce:
    """Return what is in force now for a subscriber: for the referrals service."""
    return AgreementsInForce(items=agreement.views(await means.subscribers.agreements(request.subscriber)))


async def _own(means: Means, agreement_id: str, actor: Actor) -> Document:
    """Return an agreement of which the actor's organization is one of the two.

    Raises:
        NotFoundError: there is none, or it is others'.
        ForbiddenError, NotVerifiedError: the actor manages no agreements.
    """
    own = admitted(actor)
    doc = await means.store.load(agreement_id)
    if doc is None or own not in {doc["subscriber"], doc["grantor"]}:
        raise NotFoundError
    return doc


async def _change(
    means: Means,
    name: str,
    request: Any,
    actor: Actor,
    fields_of: Callable[[Document, str, datetime], Document],
) -> AgreementReply:
    """Write a change with its event, once for its key."""
    call = means.calls.call(f"agreement_{name}", request, actor)
    for _ in range(TRIES):
        doc = await _own(means, request.agreement, actor)
        if call.was_done(doc):
            return AgreementReply(agreement=agreement.view(doc), replayed=True)
        at = means.now()
        changed = fields_of(doc, actor.organization or "", at)
        after = await write(means, doc, changed, name, actor, at=at, use=call.entry)
        if after is not None:
            return AgreementReply(agreement=agreement.view(after))
    raise ContendedError("The agreement changed again and again; nothing was done. Try again.")


async def write(
    means: Means,
    doc: Document,
    changed: Document,
    name: str,
    actor: Actor | None,
    *,
    at: datetime,
    use: Document | None = None,
) -> Document | None:
    """Write a change with its event; return the agreement after it, None where somebody else wrote.

    ``at`` is the moment of both: by the event alone a restore makes the change again.
    """
    fields = {
        **changed,
        "revision": doc["revision"] + 1,
        "n": doc["n"] + 1,
        "gone_at": agreement.gone_at({**doc, **changed}, at),
        "pending_since": at,
        "changed_at": at,
    }
    after = {**doc, **fields}
    event = agreement.event_of(after, name, actor, at)
    if not await means.store.save(doc, fields, event, use):
        return None
    means.known.learn(after)
    means.relay.kick(doc["_id"], [event])
    return after
