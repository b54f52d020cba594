"""Referring on: after acceptance the receiver issues a referral of its own, of the same person.

It is one document, as any referral that is issued. Nothing is written to the one that it goes on from: its
sender is no party of this one, and learns nothing of it.
"""

import msgspec

from chassis.problems import ForbiddenError, InvalidError, WrongStatusError
from contracts.codes import Role
from contracts.onward import ReferOn
from contracts.referrals import Referral, ReferralReply
from contracts.rpc import Actor
from contracts.sentences import Sentence
from services.referrals import guarding, onward, tiers
from services.referrals.actions import warn
from services.referrals.actions.issue import Issuing
from services.referrals.actions.replying import replayed
from services.referrals.actions.reserving import admit
from services.referrals.actions.working import loaded
from services.referrals.childhood import signer_problems
from services.referrals.document import Document
from services.referrals.fields import T2
from services.referrals.means import Means
from services.referrals.opening import open_as
from services.referrals.roles import RECEIVER, Party, lacking, tiers_of


async def refer_on(means: Means, request: ReferOn, actor: Actor) -> ReferralReply:
    """Issue a referral that goes on from another one, or replay it.

    Raises:
        NotVerifiedError, ForbiddenError: the caller may not.
        NotFoundError: there is no such referral, or the caller may not know of it.
        WrongStatusError: its receiver has not accepted, or has ended it.
        IdempotencyKeyReusedError, InvalidError, ExternalIdTakenError, UnreachableError: as issuing.
    """
    admit(actor, "issue")
    now, fingerprint = means.now(), means.marks.fingerprint(onward.ACTION, request)
    there = await means.store.load(means.marks.referral(actor, request.idempotency_key))
    if there is not None:
        reply = await replayed(means, there, fingerprint, request, actor)
        return msgspec.structs.replace(reply, warnings=await warn.of(means, there, actor))
    doc, party = await loaded(means, request.referral, actor)
    _check(doc, party)
    seen = await _seen(means, doc, party)
    said, problems = onward.said_by(request, seen)
    if said is None:
        raise InvalidError("It was not referred on: some inputs are missing.", tuple(problems))
    knows = T2 in tiers_of(actor)
    return await Issuing(
        means=means,
        request=said,
        actor=actor,
        now=now,
        referral=means.marks.referral(actor, request.idempotency_key),
        fingerprint=fingerprint,
        links=onward.links(doc),
        # What else she needs is known to others, and no refusal may tell it.
        beside=guarding.ANYTHING,
        knows=knows,
        wrong=() if knows else tuple(signer_problems(request.consent)),
    ).run()


def _check(doc: Document, party: Party) -> None:
    if party.relation != RECEIVER:
        raise ForbiddenError("Only who receives a referral can refer on from it.")
    if not party.may(onward.ACTION, RECEIVER):
        raise ForbiddenError(lacking(onward.ACTION, RECEIVER, party))
    if not onward.may_go_on(doc):
        raise WrongStatusError(
            Sentence(
                "REFER_ON is not possible for the receiver while the referral is {status}: "
                "it takes one that is accepted, and not ended.",
                status=doc["status"].upper(),
            )
        )


async def _seen(means: Means, doc: Document, party: Party) -> Referral:
    """The referral as the receiver's caseworkers see it.

    Whoever acts may see less of her; the receiver knows it all the same, and so what goes on is whole.
    """
    caseworker = msgspec.structs.replace(party.actor, kind="member", roles=(Role.CASEWORKER.value,))
    reader = Party(RECEIVER, caseworker)
    now = means.now()
    return tiers.view(doc, reader, await open_as(means.vault, doc, reader, now), now)
