"""The changes of a referral: what receivers answer, and what senders do about it."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import changes
from contracts import referrals as contract
from contracts.codes import Need
from contracts.reasons import CancelReason, DeclineReason, EndReason, Outcome
from contracts.rpc import Message
from gateway.context import Info
from gateway.schema.asking import EXTERNAL_ID
from gateway.schema.change import NOTE, AnswerInput, ChangeInput, Done, Payload, carry_out
from gateway.schema.issue import PlacesInput

ARRIVE_BY = "By when to arrive: in the future, up to 90 days ahead."


@strawberry.input(description="A first sign of life.")
class ReceiveReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Receive``."""

    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)


@strawberry.input(description="When and where the person is expected.")
class AppointmentInput:
    """Becomes ``contracts.referrals.Appointment``."""

    start: datetime = strawberry.field(description="When: in the future, up to 366 days ahead.")
    timezone: str = strawberry.field(
        description="The place's time zone, as an IANA name: `America/Mexico_City`."
    )
    location: strawberry.ID | None = strawberry.field(
        description="One of the service's locations.", default=None
    )


@strawberry.input(description="An acceptance. Give `arriveBy` or `appointment`.")
class AcceptReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Accept``."""

    arrive_by: datetime | None = strawberry.field(description=ARRIVE_BY, default=None)
    appointment: AppointmentInput | None = strawberry.field(
        description="When and where to arrive.", default=None
    )
    places: list[PlacesInput] | None = strawberry.field(
        description="The places that you keep for the person: all of them, or it is not accepted "
        "(`NO_CAPACITY`). If you name none, those that the sender asked for; else one, if one person comes "
        "and your service counts one unit only. Fewer than the sender asked for takes its word first "
        "(`FEWER_PLACES`). Leave it out if your service counts no places, or if you may not read what the "
        "sender asked for: then as many are kept.",
        default=None,
    )
    without_hold: bool = strawberry.field(
        description="Accept without keeping a place, if the network cannot say whether there is one "
        "(`CAPACITY_UNREACHABLE`), or against its numbers.",
        default=False,
    )
    without_hold_reason: str | None = strawberry.field(
        description="Why; needed with `withoutHold`.", default=None
    )
    instructions: str | None = strawberry.field(
        description="What the person should know, bring or do.", default=None
    )
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)


@strawberry.input(description="A refusal, with its reason.")
class DeclineReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Decline``."""

    reason: DeclineReason = strawberry.field(description="Why.")
    note: str | None = strawberry.field(description=NOTE, default=None)


@strawberry.input(description="An arrival.")
class StartReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Start``."""

    arrived_at: datetime | None = strawberry.field(description="When, if not now.", default=None)


@strawberry.input(description="Something that was given.")
class ServiceGivenInput:
    """Becomes ``contracts.referrals.ServiceGiven``."""

    code: Need = strawberry.field(description="The need that it was for.")
    quantity: int = strawberry.field(description="How many times.", default=1)


@strawberry.input(description="A good end.")
class CompleteReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Complete``."""

    outcome: Outcome = strawberry.field(description="How the need was met.")
    services_given: list[ServiceGivenInput] | None = strawberry.field(
        description="What was given.", default=None
    )
    note: str | None = strawberry.field(description=NOTE, default=None)


@strawberry.input(description="An end without completion.")
class EndReferralInput(AnswerInput):
    """Becomes ``contracts.changes.End``."""

    reason: EndReason = strawberry.field(description="Why.")
    note: str | None = strawberry.field(description=NOTE, default=None)


@strawberry.input(description="A withdrawal.")
class CancelReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Cancel``."""

    reason: CancelReason = strawberry.field(description="Why.")
    note: str | None = strawberry.field(description=NOTE, default=None)


@strawberry.input(description="The sender's word that it has read the end.")
class AcknowledgeReferralInput(ChangeInput):
    """Becomes ``contracts.changes.Acknowledge``."""


@strawberry.type(description="What became of `receiveReferral`.")
class ReceiveReferralPayload(Payload):
    """Read from ``change.Done``, as all payloads."""


@strawberry.type(description="What became of `acceptReferral`.")
class AcceptReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `declineReferral`.")
class DeclineReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `startReferral`.")
class StartReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `completeReferral`.")
class CompleteReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `endReferral`.")
class EndReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `cancelReferral`.")
class CancelReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `acknowledgeReferral`.")
class AcknowledgeReferralPayload(Payload):
    """See ``Payload``."""


# What stands inside of the inputs: what each of them is as a whole, its operation says.
STRUCTS: dict[type, type[Message]] = {
    AppointmentInput: contract.Appointment,
    PlacesInput: contract.Places,
    ServiceGivenInput: contract.ServiceGiven,
}
_INPUT = strawberry.argument(description="The change.")


async def receive_referral(info: Info, input: Annotated[ReceiveReferralInput, _INPUT]) -> Done:
    """The receiver's first sign of life: somebody looks at it."""
    return await carry_out(info, changes.RECEIVE, input, STRUCTS)


async def accept_referral(info: Info, input: Annotated[AcceptReferralInput, _INPUT]) -> Done:
    """The receiver will help; from now on it sees who the person is."""
    return await carry_out(info, changes.ACCEPT, input, STRUCTS)


async def decline_referral(info: Info, input: Annotated[DeclineReferralInput, _INPUT]) -> Done:
    """The receiver cannot help; it loses sight of the person at once."""
    return await carry_out(info, changes.DECLINE, input, STRUCTS)


async def start_referral(info: Info, input: Annotated[StartReferralInput, _INPUT]) -> Done:
    """The person arrived. Accepts the referral, if that was not said before."""
    return await carry_out(info, changes.START, input, STRUCTS)


async def complete_referral(info: Info, input: Annotated[CompleteReferralInput, _INPUT]) -> Done:
    """The receiver has helped."""
    return await carry_out(info, changes.COMPLETE, input, STRUCTS)


async def end_referral(info: Info, input: Annotated[EndReferralInput, _INPUT]) -> Done:
    """The receiver could not complete it, and says why."""
    return await carry_out(info, changes.END, input, STRUCTS)


async def cancel_referral(info: Info, input: Annotated[CancelReferralInput, _INPUT]) -> Done:
    """The sender takes it back; from acceptance the receiver may, too."""
    return await carry_out(info, changes.CANCEL, input, STRUCTS)


async def acknowledge_referral(info: Info, input: Annotated[AcknowledgeReferralInput, _INPUT]) -> Done:
    """The sender has read the end: the loop is closed."""
    return await carry_out(info, changes.ACKNOWLEDGE, input, STRUCTS)
