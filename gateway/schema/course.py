"""What happens to a referral on its way: it waits, moves, rests, goes on, comes back, or never was."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import changes
from contracts.reasons import PauseReason
from gateway.context import Info
from gateway.schema.answers import ARRIVE_BY, STRUCTS, AppointmentInput
from gateway.schema.change import NOTE, AnswerInput, ChangeInput, Done, Payload, carry_out

_WHY = (
    "Why, in your words. It becomes the `note` of the change in the `history`: kept encrypted, and seen by "
    "the other party only as long as it may see the person."
)


@strawberry.input(description="A place on the waiting list.")
class WaitlistReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Waitlist``."""

    review_at: datetime = strawberry.field(description="When you will look at it again: up to 90 days ahead.")
    note: str | None = strawberry.field(
        description="What is to be said besides. The sender sees it.", default=None
    )


@strawberry.input(description="Another time. Give `arriveBy` or `appointment`: it takes the old one's place.")
class RescheduleReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Reschedule``."""

    reason: str = strawberry.field(description=_WHY)
    arrive_by: datetime | None = strawberry.field(description=ARRIVE_BY, default=None)
    appointment: AppointmentInput | None = strawberry.field(
        description="When and where to arrive.", default=None
    )


@strawberry.input(description="A pause of the help.")
class PauseReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Pause``."""

    reason: PauseReason = strawberry.field(description="What it waits for.")
    resume_at: datetime = strawberry.field(description="When you expect to go on: up to 180 days ahead.")
    note: str | None = strawberry.field(description=NOTE, default=None)


@strawberry.input(description="The end of a pause.")
class ResumeReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Resume``."""


@strawberry.input(description="An end that turned out not to be one.")
class ReopenReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Reopen``."""

    reason: str = strawberry.field(description=_WHY)


@strawberry.input(description="The word that it should never have been.")
class VoidReferralInput(ChangeInput):
    """Becomes ``contracts.changes.Void``."""

    note: str = strawberry.field(
        description="Why. It outlives the person's data, for the sender's caseworkers and managers: do not "
        "name her."
    )


@strawberry.type(description="What became of `waitlistReferral`.")
class WaitlistReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `rescheduleReferral`.")
class RescheduleReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `pauseReferral`.")
class PauseReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `resumeReferral`.")
class ResumeReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `reopenReferral`.")
class ReopenReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `voidReferral`.")
class VoidReferralPayload(Payload):
    """See ``Payload``."""


_INPUT = strawberry.argument(description="The change.")


async def waitlist_referral(info: Info, input: Annotated[WaitlistReferralInput, _INPUT]) -> Done:
    """The receiver cannot help yet, and puts it on its waiting list until a day on which it looks again."""
    return await carry_out(info, changes.WAITLIST, input, STRUCTS)


async def reschedule_referral(info: Info, input: Annotated[RescheduleReferralInput, _INPUT]) -> Done:
    """The receiver expects the person at another time; the places kept for her are kept until then."""
    return await carry_out(info, changes.RESCHEDULE, input, STRUCTS)


async def pause_referral(info: Info, input: Annotated[PauseReferralInput, _INPUT]) -> Done:
    """The receiver waits for something; the places that the person has taken stay hers."""
    return await carry_out(info, changes.PAUSE, input, STRUCTS)


async def resume_referral(info: Info, input: Annotated[ResumeReferralInput, _INPUT]) -> Done:
    """The receiver goes on."""
    return await carry_out(info, changes.RESUME, input, STRUCTS)


async def reopen_referral(info: Info, input: Annotated[ReopenReferralInput, _INPUT]) -> Done:
    """The receiver takes the end back, within seven days of it, and is at work again.

    The places that the person had are occupied again, even where they have been given away since; the loop is
    open again. Outcome and services given are told anew at the next end.
    """
    return await carry_out(info, changes.REOPEN, input, STRUCTS)


async def void_referral(info: Info, input: Annotated[VoidReferralInput, _INPUT]) -> Done:
    """It was entered in error: the person's data is erased for good, and the places kept for her are free.

    For a manager of the sender, and for coordinators, whose client names the member who answers for it
    (`Relevo-On-Behalf-Of`) and has the scope `REFERRALS_SEND`. No other client can, whomever it names, and
    members cannot sign in yet: ask a coordinator of the network to do it.
    """
    return await carry_out(info, changes.VOID, input, STRUCTS)
