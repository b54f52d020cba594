"""The deadlines of a referral: what is awaited now, whose word it is, and by when."""

from datetime import datetime

import strawberry

from contracts.codes import Deadline, Side


@strawberry.type(
    description="What is awaited of a referral now, by the network's times for its priority and by the "
    "opening hours, working days and holidays of the service. All is null where nobody's word is awaited."
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
