"""How mutations on the directory run: the reply to a command, or its refusal, becomes a payload."""

from dataclasses import dataclass, field
from typing import Any, Generic

import strawberry

from chassis.problems import RefusedError
from contracts import directory, membership
from contracts.rpc import Operation, Rep, Req
from gateway.context import Info
from gateway.errors import FaultError
from gateway.schema.problems import UserError, user_errors

# Refusals of this status and above say nothing of the input: nobody answered, or the part failed.
_NOT_THE_INPUT = 500
# What the directory says of the gateway, not of its client.
_OURS = frozenset({"BAD_ACTOR", "NOT_ALLOWED"})


@dataclass(slots=True)
class Deed:
    """What payloads are read from."""

    organization: directory.Organization | None = None
    proposal: membership.Proposal | None = None
    client: membership.OwnClient | None = None
    secret: str | None = None
    member: membership.OwnMember | None = None
    service: directory.Service | None = None
    location: directory.Location | None = None
    correction: Any = None
    pathway: Any = None
    exception: Any = None
    replayed: bool = False
    user_errors: list[UserError] = field(default_factory=list)


@strawberry.type
class DeedPayload:
    """The fields of every payload."""

    replayed: bool = strawberry.field(
        description="Whether the same key and input had done this before; then it was not done again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was not done: all reasons at once. Empty if it was done."
    )


@strawberry.input
class DeedInput:
    """The input of every change of the directory."""

    idempotency_key: str = strawberry.field(
        description="Made by you for this one change, up to 255 characters, a ULID or UUID by habit. If the "
        "answer is lost, repeat the call with the same key and input: it is not done twice. Kept 30 days."
    )


@dataclass(frozen=True, slots=True)
class Answer(Generic[Rep]):
    """The reply to a command, or why there is none."""

    reply: Rep | None
    errors: list[UserError]


async def carry_out(info: Info, operation: Operation[Req, Rep], command: Req) -> Answer[Rep]:
    """Return the reply to a command, or why it was refused.

    Raises:
        RefusedError, UnreachableError: it is not known whether it was done; shown as ``UNAVAILABLE``.
        FaultError: the gateway asked in a way that the part bears from nobody; masked.
    """
    try:
        reply: Rep = await info.context.clients.ask(operation, command)
    except RefusedError as refusal:
        if refusal.status >= _NOT_THE_INPUT:
            raise
        if refusal.code in _OURS:
            raise FaultError(refusal.code) from refusal
        return Answer(None, user_errors(refusal, info.context.language))
    return Answer(reply, [])


def given(**values: Any) -> dict[str, Any]:
    """The values that are given; what is null keeps the contract's default. Lists become tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if value is not None
    }
