"""How mutations on the directory run: the reply to a command, or its refusal, becomes a payload."""

from dataclasses import dataclass, field
from typing import Any, Generic

import strawberry

from chassis.problems import RefusedError
from contracts import directory, membership
from contracts.rpc import Operation, Rep, Req
from gateway.context import Info
from gateway.schema.asking import asked, key_for
from gateway.schema.problems import UserError, user_errors


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
    agreement: Any = None
    endpoint: Any = None
    broadcast: Any = None
    attempt: Any = None
    count: int | None = None
    preferences: Any = None
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

    idempotency_key: str = strawberry.field(description=key_for("change"))


@dataclass(frozen=True, slots=True)
class Answer(Generic[Rep]):
    """The reply to a command, or why there is none."""

    reply: Rep | None
    errors: list[UserError]


async def carry_out(info: Info, operation: Operation[Req, Rep], command: Req) -> Answer[Rep]:
    """Return the reply to a command, or why it was refused.

    Raises:
        As ``asked``.
    """
    reply = await asked(info, operation, command)
    if isinstance(reply, RefusedError):
        return Answer(None, user_errors(reply, info.context.language))
    return Answer(reply, [])


def given(**values: Any) -> dict[str, Any]:
    """The values that are given; what is null keeps the contract's default. Lists become tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if value is not None
    }
