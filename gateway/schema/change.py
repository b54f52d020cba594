"""How every mutation on referrals runs: the input becomes a command, the reply or the refusal a payload."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import strawberry

from chassis.problems import RefusedError
from contracts import progress
from contracts import referrals as contract
from contracts.codes import Channel
from contracts.referrals import ReferralReply
from contracts.rpc import Message, Operation
from contracts.warnings import Warned
from gateway.context import Info
from gateway.lookahead import below
from gateway.schema.asking import NONE_INSIDE, asked, key_for, struct_of
from gateway.schema.problems import UserError, UserErrorCode, user_errors
from gateway.schema.referral import Referral, prime
from gateway.schema.sent import SentReferral
from gateway.schema.tiers import tiers_for
from gateway.schema.warnings import ReferralWarning

Answered = TypeVar("Answered", bound=ReferralReply)

# Of the changes that take one with their reason.
NOTE = (
    "What is to be said besides; needed with the reason `OTHER`. "
    "The other party sees it only as long as it may see the person."
)


@dataclass(slots=True)
class Done:
    """What payloads are read from."""

    referral: contract.Referral | None = None
    new_referral: contract.Referral | None = None
    sent_referral: progress.SentReferral | None = None
    replayed: bool = False
    user_errors: list[UserError] = field(default_factory=list)
    reply: ReferralReply | None = None
    warnings: tuple[Warned, ...] = ()


@strawberry.type
class Payload:
    """The fields of every payload."""

    referral: Referral | None = strawberry.field(
        description="The referral as it now is. Null if it was refused, save for `STALE_VERSION`."
    )
    replayed: bool = strawberry.field(
        description="Whether the same key and input had done this before; then it was not done again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was not done: all reasons at once. Empty if it was done."
    )


@strawberry.type
class WarnedPayload(Payload):
    """The same, of what a sender says."""

    warnings: list[ReferralWarning] = strawberry.field(
        description="What may not be right with what the referral says now; it was done all the same."
    )


@strawberry.type
class SentPayload(WarnedPayload):
    """The fields of every payload of what makes or sends a referral."""

    sent_referral: SentReferral | None = strawberry.field(
        description="In place of `referral`, to those who see no more of what they sent than this."
    )


@strawberry.input
class ChangeInput:
    """The inputs of every change of an existing referral."""

    referral: strawberry.ID = strawberry.field(description="Which referral.")
    idempotency_key: str = strawberry.field(description=key_for("change"))
    expected_version: int | None = strawberry.field(
        description="The `version` that you decided upon; if it has another by now, nothing is done.",
        default=None,
    )
    occurred_at: datetime | None = strawberry.field(
        description="When it happened, if not now: up to 30 days back.", default=None
    )


@strawberry.input
class AnswerInput(ChangeInput):
    """The inputs of every change that is the receiver's word."""

    reported_by: str | None = strawberry.field(
        description="Who gave this answer, if you record it for a receiver that answers by telephone, or as "
        "a coordinator for a silent party: name or post, as you were told. Kept encrypted. Needed, with "
        "`channel`, if the service's `intake` is `TELEPHONE`; not to be given with your own answers.",
        default=None,
    )
    channel: Channel | None = strawberry.field(description="How that answer came to you.", default=None)


async def carry_out(
    info: Info,
    operation: Operation[Any, Answered],
    given: Any,
    structs: Mapping[type, type[Message]] = NONE_INSIDE,
) -> Done:
    """Carry a command out for whoever asks, and say what became of it.

    ``given`` is the mutation's input, or the command that was made of it; ``structs`` says what the inputs
    inside of it become.

    Raises:
        As ``asked``.
    """
    command = struct_of(given, {type(given): operation.request, **structs})
    if isinstance(command, contract.Command):
        shown = below(info.raw, "referral") + below(info.raw, "newReferral")
        command = msgspec.structs.replace(command, tiers=tiers_for(info.raw, shown))
    reply = await asked(info, operation, command)
    if isinstance(reply, RefusedError):
        return await _refused(info, command, reply)
    await prime(info.context, info.raw, below(info.raw, "referral"), [reply.shown])
    if reply.made is not None:
        await prime(info.context, info.raw, below(info.raw, "newReferral"), [reply.made])
    return Done(
        referral=reply.shown,
        new_referral=reply.made,
        sent_referral=reply.sent,
        replayed=reply.replayed,
        reply=reply,
        warnings=reply.warnings,
    )


async def _refused(info: Info, command: Any, refusal: RefusedError) -> Done:
    """The refusal; where the referral has changed meanwhile, with the referral as it now is."""
    current: contract.Referral | None = None
    if refusal.code == UserErrorCode.STALE_VERSION:
        selections = below(info.raw, "referral")
        found = await info.context.clients.referrals([command.referral], tiers_for(info.raw, selections))
        await prime(info.context, info.raw, selections, found)
        current = found[0]
    return Done(referral=current, user_errors=user_errors(refusal, info.context.language))
