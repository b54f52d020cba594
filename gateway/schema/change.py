"""How every mutation on referrals runs: the input becomes a command, the reply or the refusal a payload."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
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
from gateway.errors import BadArgumentError, FaultError
from gateway.ids import part_id_of, part_id_or_nothing
from gateway.lookahead import below
from gateway.schema.problems import UserError, UserErrorCode, user_errors
from gateway.schema.referral import Referral, prime
from gateway.schema.sent import SentReferral
from gateway.schema.tiers import tiers_for
from gateway.schema.warnings import ReferralWarning

Command = TypeVar("Command", bound=Message)
Answered = TypeVar("Answered", bound=ReferralReply)

# Inputs that are ids, by their name, and the type of thing that they name.
_IDS = {"referral": "Referral", "service": "Service", "location": "Location", "member": "Member"}
# For inputs that hold no others.
NONE_INSIDE: Mapping[type, type[Message]] = MappingProxyType({})
# Refusals of this status and above say nothing of the input: nobody answered, or the part failed.
NOT_THE_INPUT = 500
# What a part says of the gateway, not of its client: no referral is refused in these words.
OURS = frozenset({"BAD_ACTOR", "NOT_ALLOWED"})


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
    idempotency_key: str = strawberry.field(
        description="Made by you for this one change, up to 255 characters, a ULID or UUID by habit. If the "
        "answer is lost, repeat the call with the same key and input: it is not done twice. Kept 30 days."
    )
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


def struct_of(value: Any, structs: Mapping[type, type[Message]]) -> Any:
    """An input as the contract's struct of the same field names; what was not given keeps its default."""
    if isinstance(value, list):
        return tuple(struct_of(item, structs) for item in value)
    struct = structs.get(type(value))
    if struct is None or isinstance(value, struct):
        return value
    given = {name: _given(name, item, structs) for name, item in vars(value).items() if item is not None}
    return struct(**given)


def _given(name: str, value: Any, structs: Mapping[type, type[Message]]) -> Any:
    if name == "names":
        return tuple(part_id_or_nothing("Organization", one) for one in value)
    if name not in _IDS:
        return struct_of(value, structs)
    if name == "location" and part_id_of("Location", value) is None:
        # Nobody looks it up, so that nobody else would say so.
        raise BadArgumentError("appointment.location is not the id of a location.")
    # Any other is asked for, also if it is no id of ours: so the answer is the one for an unknown thing.
    return part_id_or_nothing(_IDS[name], value)


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
        RefusedError, UnreachableError: it is not known whether it was done; shown as ``UNAVAILABLE``.
        FaultError: the gateway asked in a way that the part bears from nobody; masked.
    """
    command = struct_of(given, {type(given): operation.request, **structs})
    if isinstance(command, contract.Command):
        shown = below(info.raw, "referral") + below(info.raw, "newReferral")
        command = msgspec.structs.replace(command, tiers=tiers_for(info.raw, shown))
    try:
        reply = await info.context.clients.ask(operation, command)
    except RefusedError as refusal:
        if refusal.status >= NOT_THE_INPUT:
            raise
        if refusal.code in OURS:
            raise FaultError(refusal.code) from refusal
        return await _refused(info, command, refusal)
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
