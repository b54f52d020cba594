"""Requests on the consent of a referral that was sent: withdrawing it, and that one's copies are erased."""

from contracts.changes import Change, Reportable
from contracts.referrals import PART, ReferralReply, Text
from contracts.rpc import Operation


class WithdrawConsent(Change):
    """The person takes back that her data is shared: T3 and T4 are erased, and a referral not begun ends.

    Where it rests on what her word does not end, that she objects is recorded; ``note`` is what she says to
    it. Nobody has to say why consent is withdrawn, and nothing of that is kept.
    """

    note: Text | None = None


class ConfirmErasure(Reportable):
    """The receiver has erased what it had of the person, but for what it keeps as her own carer."""


class ReviewBasis(Change, kw_only=True):
    """A second member confirms a basis that is not consent; or not, and another is needed within a day."""

    confirm: bool
    note: Text | None = None


WITHDRAW_CONSENT = Operation(PART, "withdraw_consent", WithdrawConsent, ReferralReply)
CONFIRM_ERASURE = Operation(PART, "confirm_erasure", ConfirmErasure, ReferralReply)
REVIEW_BASIS = Operation(PART, "review_basis", ReviewBasis, ReferralReply)
