"""Reviewing a basis that is not consent: a second member of the sender does, or else a coordinator."""

from dataclasses import replace
from datetime import datetime

from chassis.problems import ForbiddenError
from contracts.consents import ReviewBasis
from contracts.referrals import ReferralReply
from contracts.rpc import Actor
from services.referrals import basing
from services.referrals.actions import reviewing
from services.referrals.actions.change import inputs_of, written
from services.referrals.actions.working import Working
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import decide
from services.referrals.roles import COORDINATOR, Party, tiers_of
from services.referrals.store import Write

THE_FIRST = "Whoever said that this is the basis does not review it: a second member does."


async def review(means: Means, request: ReviewBasis, actor: Actor) -> ReferralReply:
    """Confirm the basis, or not; or replay it.

    Raises:
        As any change; ForbiddenError also for whoever said that this is the basis, whom the directory does
            not know, and for a coordinator while the sender has somebody who can, and time.
        PersonErasedError: a note was given, and the person's data is erased.
        UnreachableError: a coordinator asks, and the directory did not say who else there is; or it is not
            confirmed, and the directory did not say of which kind its receiver is.
    """

    async def write(work: Working, doc: Document, party: Party) -> Write:
        decided = decide(doc, work.action, party, inputs_of(request), work.now)
        await _admit(means, doc, party, work.now)
        at = decided.history["occurred_at"]
        kind = (
            None if request.confirm else (await means.directory.kinds([doc["receiver"]])).get(doc["receiver"])
        )
        after = basing.reviewed({**doc, **decided.set}, request.confirm, actor, at, work.now, receiver=kind)
        return await written(work, doc, party, replace(decided, set={**decided.set, **after}))

    return await Working.of(means, "review_basis", request, actor).run(write)


async def _admit(means: Means, doc: Document, party: Party, now: datetime) -> None:
    await reviewing.check(means, doc["basis_review"]["who"], party.actor, THE_FIRST)
    if party.relation == COORDINATOR:
        if not basing.is_overdue(doc, now) and await reviewing.has_second(means, doc):
            raise ForbiddenError(reviewing.NOT_YET)
    elif basing.READS not in tiers_of(party.actor):
        raise ForbiddenError("That is for those of its sender who may read the referral.")
