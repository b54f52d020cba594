"""Withdrawing the consent of a referral: one conditional write, and then the key of T3 and T4 is deleted."""

from chassis.problems import InvalidError
from contracts.consents import WithdrawConsent
from contracts.reasons import CancelReason
from contracts.referrals import ReferralReply
from contracts.rpc import Actor, FieldProblem
from services.referrals import consenting
from services.referrals.actions.change import written
from services.referrals.actions.working import Working
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import decide
from services.referrals.roles import Party
from services.referrals.store import Write

NO_NOTE = "Nobody has to say why she withdraws her consent, and nothing of it would be left: leave it out."


async def withdraw(means: Means, request: WithdrawConsent, actor: Actor) -> ReferralReply:
    """Withdraw the consent, or record that the person objects; or replay it.

    Raises:
        As any change; InvalidError also where a withdrawal has a note.
        PersonErasedError: a note was given, and the person's data is erased.
    """

    async def write(work: Working, doc: Document, party: Party) -> Write:
        binds = consenting.is_binding(doc)
        reason = None if binds else CancelReason.PERSON_WITHDREW
        inputs = {"occurred_at": request.occurred_at, "note": request.note, "reason": reason}
        decided = decide(doc, work.action, party, inputs, work.now)
        if request.note is not None and not binds:
            raise InvalidError("Nothing was done.", (FieldProblem(path=("note",), message=NO_NOTE),))
        return await written(work, doc, party, decided)

    return await Working.of(means, "withdraw_consent", request, actor).run(write)
