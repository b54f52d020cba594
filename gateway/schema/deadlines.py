"""The deadlines of a referral: what is awaited now, whose word it is, and by when."""

from datetime import datetime

import strawberry

from contracts.codes import Deadline, Side


@strawberry.type(
    description="What a side still owes beside a referral's course, also after its end: to confirm that it "
    "has erased, to review a basis that is not consent, or to give another."
)
class ReferralDuty:
    """Read from ``contracts.deadlines.Duty``."""

    awaited: Deadline = strawberry.field(description="What is owed.")
    waiting_for: Side = strawberry.field(description="Who owes it; as in `Deadlines`.")
    due_at: datetime = strawberry.field(description="By when.")
    overdue: bool = strawberry.field(description="Whether it has not come in time.")


@strawberry.type(
    description="What is awaited of a referral now, by the network's times for its priority and by the "
    "opening hours, working days and holidays of the service. Where nobody's word is awaited all is null but "
    "`duties`."
)
class Deadlines:
    """Read from ``contracts.deadlines.Deadlines``."""

    awaited: Deadline | None = strawberry.field(description="What is awaited.")
    waiting_for: Side | None = strawberry.field(
        description="Whose word it is. Of a service without an account it is the sender's, who records it."
    )
    due_at: datetime | None = strawberry.field(
        description="By when; of a day that was agreed, that day. Of an arrival it is for those only who may "
        "know the person's circumstances."
    )
    receive_by: datetime | None = strawberry.field(
        description="Until the receiver has given a first sign of life: by when it should."
    )
    expires_at: datetime | None = strawberry.field(
        description="When it expires if nothing happens; null if it never does, as every emergency."
    )
    overdue: list[Deadline] = strawberry.field(description="What has not come in time, and is still awaited.")
    duties: list[ReferralDuty] = strawberry.field(
        description="What is owed beside that, the first to come first. Mandatory steps that were not taken "
        "are `Referral.steps`."
    )
