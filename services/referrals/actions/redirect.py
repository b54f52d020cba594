"""Redirecting: the receiver proposes another service; the sender refuses, or confirms with fresh consent.

What confirming makes is a referral of its own, with keys of its own, made from what the sender said in the
old one. Both are one write of the old one.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from chassis.problems import ForbiddenError, InvalidError
from contracts.codes import FIREWALLED
from contracts.directory import Organization
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.referrals import ReferralReply
from contracts.rpc import Actor, FieldProblem
from services.referrals import guarding, redirecting, tiers
from services.referrals.actions import guard, warn
from services.referrals.actions.change import inputs_of, written
from services.referrals.actions.children import Child, prepare
from services.referrals.actions.group import tied
from services.referrals.actions.replying import replied
from services.referrals.actions.saying import said_in
from services.referrals.actions.stepping import of_redirect
from services.referrals.actions.working import Working
from services.referrals.childhood import signer_problems
from services.referrals.document import Document
from services.referrals.fields import NEED, T2
from services.referrals.firewall.exception import Passage, fields_of
from services.referrals.firewall.passing import passage
from services.referrals.issuing import known_problems
from services.referrals.means import Means
from services.referrals.referral import Change, decide, may_know_names
from services.referrals.roles import Party, tiers_of
from services.referrals.store import Write

Problems = tuple[FieldProblem, ...]


async def propose(means: Means, request: ProposeRedirect, actor: Actor) -> ReferralReply:
    """Propose another service for a referral, or replay it.

    Raises:
        As any change; InvalidError also where it cannot be redirected to that service.
        UnreachableError: the directory did not answer.
    """

    async def write(work: Working, doc: Document, party: Party) -> Write:
        _admit(doc, party)
        decided, problems = _decided(doc, work.action, party, inputs_of(request), work.now)
        found = await means.directory.service(request.service)
        passed = None
        if NEED in tiers.open_tiers(doc, party, work.now):
            passed = await _passage(means, doc, request.service, found[1])
        change = _right(decided, [*problems, *redirecting.proposal_problems(doc, *found, passed)])
        return await written(work, doc, party, change)

    return await Working.of(means, "propose_redirect", request, actor).run(write)


def _admit(doc: Document, party: Party) -> None:
    """Let nobody try services who may not know which ones they are."""
    if not may_know_names(doc, party):
        raise ForbiddenError(
            "The need of this referral is sensitive, and a service's name may tell it: to redirect it takes "
            "a caseworker or a manager; of a client, the scope referrals:read_person."
        )


async def _passage(
    means: Means, doc: Document, service: str, receiver: Organization | None
) -> Passage | None:
    """What lets it through to that receiver: of its need, which is looked up only where that matters.

    For whoever may know the need: to others it would tell that it is the one excepted.
    """
    if receiver is None or receiver.kind not in FIREWALLED:
        return None
    return await passage(means, service, receiver, (await said_in(means, doc)).need)


async def confirm(means: Means, request: ConfirmRedirect, actor: Actor) -> ReferralReply:
    """Take the service proposed, with consent for it, or replay it. The reply has the new referral beside it.

    Raises:
        As any change; InvalidError also where the consent, or by now the service, is not right.
        PersonErasedError: there is nobody left to be redirected.
        UnreachableError: the directory did not answer.
    """
    child = means.marks.child(request.referral, "redirect")

    async def write(work: Working, doc: Document, party: Party) -> Write:
        _admit(doc, party)
        decided, problems = _decided(doc, work.action, party, inputs_of(request), work.now)
        said = redirecting.said_anew(await said_in(means, doc), request)
        found = await means.directory.service(said.service)
        beside = await guard.needs_beside(means, said, found[1], doc, actor)
        passed = await passage(means, said.service, found[1], said.need)
        wrong = redirecting.confirmation_problems(doc, said, found, beside, work.now, passage=passed)
        # To whoever may not read who she is, what was said before of a caregiver is not told, either.
        knows = T2 in tiers_of(actor)
        wrong += known_problems(said) if knows else signer_problems(request.consent)
        # Nor what was asked for there.
        before = None if knows else (await means.directory.service(doc["service"]))[0]
        wrong += redirecting.places_problems(said, request, found[0], before, knows=knows)
        change = _right(decided, [*problems, *wrong])
        service, receiver = found
        assert service is not None
        assert receiver is not None
        made = await prepare(
            means,
            Child(
                id=child,
                request=said,
                fingerprint=work.fingerprint,
                sender=doc["sender"],
                service=service,
                receiver=receiver,
                ruling=await of_redirect(means, doc, said, receiver, actor),
                links={
                    **redirecting.links(doc),
                    **tied(means, doc, receiver.id),
                    **guarding.mark(said, receiver, work.now),
                    **fields_of(passed),
                },
            ),
            actor,
            work.now,
        )
        after = {**change.set, "redirected_to": made["folio"]}
        return work.write(doc, replace(change, set=after, children=(made,)), {})

    reply = await Working.of(means, "confirm_redirect", request, actor).run(write)
    return await _with(means, reply, request, child, actor)


async def _with(
    means: Means, reply: ReferralReply, request: ConfirmRedirect, child: str, actor: Actor
) -> ReferralReply:
    """The same reply, with the referral that was made, as the caller may see it."""
    made = await means.store.load(child)
    party = made and tiers.party_of(made, actor, means.now())
    if not made or not party:
        return reply
    shown = await replied(means, made, party, means.now(), request.tiers)
    return msgspec.structs.replace(reply, made=shown.referral, warnings=await warn.of(means, made, actor))


def _decided(
    doc: Document, action: str, party: Party, inputs: dict[str, Any], now: datetime
) -> tuple[Change | None, Problems]:
    """What the table says; or what of the inputs is wrong, to be told with all else that is."""
    try:
        return decide(doc, action, party, inputs, now), ()
    except InvalidError as error:
        return None, error.fields


def _right(decided: Change | None, problems: list[FieldProblem]) -> Change:
    """The change, where nothing is wrong with it."""
    if problems or decided is None:
        raise InvalidError("It was not done: some inputs are not right.", tuple(problems))
    return decided
