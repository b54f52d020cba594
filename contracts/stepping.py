"""Requests on the mandatory steps of a referral: reviewing an override, and saying that a step was taken."""

from contracts.referrals import PART, Command, Id, Key, ReferralReply
from contracts.rpc import Operation
from contracts.steps import StepName, Why


class ReviewOverride(Command):
    """A second member confirms an override; or does not, and the step is due within a day.

    A coordinator, who is shown no ``step``, names none, and reviews what is left to it.
    """

    referral: Id
    idempotency_key: Key
    confirm: bool
    step: StepName | None = None
    note: Why | None = None


class ReportStep(Command):
    """The sender says that a step was taken: by another referral of its own (its id), or otherwise (how)."""

    referral: Id
    idempotency_key: Key
    step: StepName
    by: Id | None = None
    note: Why | None = None


REVIEW_OVERRIDE = Operation(PART, "review_override", ReviewOverride, ReferralReply)
REPORT_STEP = Operation(PART, "report_step", ReportStep, ReferralReply)
