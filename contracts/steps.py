"""Mandatory steps of pathways on a referral: overridden with a reason, or a task that is due."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from contracts import patterns
from contracts.codes import StepStatus
from contracts.rpc import Message, Reply

# ``<pathway>.<step>``.
StepName = Annotated[str, Meta(pattern=patterns.STEP, max_length=121)]
Why = Annotated[str, Meta(min_length=1, max_length=2000, pattern=patterns.SAID)]


class StepOverride(Message):
    """A mandatory step that the sender goes without, and why. A second member reviews it."""

    step: StepName
    reason: Why


Overrides = Annotated[tuple[StepOverride, ...], Meta(max_length=10)]


class AppliedPathway(Reply):
    """A pathway that applied to the person of a referral, in the version that was then in force."""

    code: str
    version: str


class ReferralStep(Reply):
    """A mandatory step of a referral that had not been taken when it was sent.

    ``due_at`` is until when it is to be taken, or its override reviewed. ``overridden_by`` and
    ``reviewed_by`` are the members' own opaque ids, where their systems named them. ``met_by`` is the folio
    of the referral that took it, if one did; ``note`` what was said when it was taken, or reviewed.
    """

    step: str
    status: StepStatus
    since: datetime
    due_at: datetime | None = None
    reason: str | None = None
    overridden_by: str | None = None
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    met_at: datetime | None = None
    met_by: str | None = None
    note: str | None = None
