"""What pathways say of a referral: which applied, and which mandatory steps it lacked."""

from datetime import datetime

import strawberry

from contracts.codes import StepStatus


@strawberry.type(description="A pathway that applied to the person of a referral.")
class AppliedPathway:
    """Read from ``contracts.steps.AppliedPathway``."""

    code: str = strawberry.field(description="Its name.")
    version: str = strawberry.field(description="The version that was in force.")


@strawberry.type(description="A mandatory step of a referral that had not been taken when it was sent.")
class ReferralStep:
    """Read from ``contracts.steps.ReferralStep``."""

    step: str = strawberry.field(
        description="Its whole name: `unaccompanied_child.child_protection_authority`. `consent.child`: a "
        "child's own view is not recorded; give it by `correctReferral`."
    )
    status: StepStatus = strawberry.field(description="How it stands.")
    since: datetime = strawberry.field(description="Since when it is due or overridden.")
    due_at: datetime | None = strawberry.field(
        description="Until when it is to be taken, or its override reviewed. Your feed says once that it is "
        "overdue (`referrals.referral.step_overdue.v1`); and at half of the time that a review is awaited "
        "(`reminded.v1` with `Deadline.REVIEW_OVERRIDE`; `escalated.v1` where a coordinator is to review)."
    )
    reason: str | None = strawberry.field(description="Why it was overridden.")
    overridden_by: str | None = strawberry.field(
        description="The member who did, by the opaque reference that your own system gave."
    )
    reviewed_at: datetime | None = strawberry.field(description="When the override was reviewed.")
    reviewed_by: str | None = strawberry.field(
        description="By whom, as `overriddenBy`; null where it was a coordinator."
    )
    met_at: datetime | None = strawberry.field(description="When it was taken.")
    met_by: str | None = strawberry.field(description="The folio of the referral that took it.")
    note: str | None = strawberry.field(description="What was said when it was reviewed, or taken.")
