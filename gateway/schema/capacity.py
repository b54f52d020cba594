"""How many places a service has: what everybody sees of them, and what its own organization says."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import strawberry

from contracts import capacity, directory
from contracts.rpc import Message
from gateway.context import Info
from gateway.schema.asking import key_for, struct_of
from gateway.schema.deed import carry_out
from gateway.schema.problems import UserError
from gateway.schema.service import Service


@strawberry.input(description="What is said of one unit now. Give `available` or `occupied`, or `remove` it.")
class UnitCapacityInput:
    """Becomes ``contracts.capacity.UnitCapacity``."""

    unit: str = strawberry.field(
        description="What is counted, in your own words: `bed`, `family_room`, `consultation`."
    )
    maximum: int | None = strawberry.field(
        description="How many there are in all. May be left out if it was said before.", default=None
    )
    available: int | None = strawberry.field(
        description="How many can still be promised: free now, and not held for anybody.", default=None
    )
    occupied: int | None = strawberry.field(
        description="How many are taken now. May be more than `maximum`: shelters overfill in need.",
        default=None,
    )
    waiting: int | None = strawberry.field(description="How many persons wait for a place.", default=None)
    valid_until: datetime | None = strawberry.field(
        description="How long this can be trusted, up to 31 days; 24 hours if you do not say. After that it "
        "is shown as `UNKNOWN`.",
        default=None,
    )
    remove: bool = strawberry.field(
        description="Whether the service does not count this unit any more. Give no numbers then; no import "
        "brings it back.",
        default=False,
    )
    even_if_taken: bool = strawberry.field(
        description="Whether to remove it although places of it are held or occupied.", default=False
    )


@strawberry.input(description="What is said of a service's places. Units that you do not name stay.")
class SetCapacityInput:
    """Becomes ``contracts.capacity.SetCapacity``."""

    service: strawberry.ID = strawberry.field(description="Which service; one of your organization's.")
    units: list[UnitCapacityInput] = strawberry.field(description="The units, 1 to 20.")
    idempotency_key: str = strawberry.field(description=key_for("change"))


@dataclass(slots=True)
class Counted:
    """What the payload is read from."""

    service: directory.Service | None = None
    replayed: bool = False
    user_errors: list[UserError] = field(default_factory=list)


@strawberry.type(description="What became of `setCapacity`.")
class SetCapacityPayload:
    """Read from ``Counted``."""

    service: Service | None = strawberry.field(
        description="The service with its places as they now are. Null if it was refused."
    )
    replayed: bool = strawberry.field(
        description="Whether the same key and input had done this before; then it was not done again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was not done: all reasons at once. Empty if it was done."
    )


STRUCTS: dict[type, type[Message]] = {
    UnitCapacityInput: capacity.UnitCapacity,
    SetCapacityInput: capacity.SetCapacity,
}


async def set_capacity(
    info: Info, input: Annotated[SetCapacityInput, strawberry.argument(description="What is said.")]
) -> Counted:
    """Say how many places a service of your organization has now.

    It takes the scope `directory:write`; of a member, the role manager. What referrals hold is not yours to
    say: it is counted beside.
    """
    done = await carry_out(info, capacity.SET_CAPACITY, struct_of(input, STRUCTS))
    if done.reply is None:
        return Counted(user_errors=done.errors)
    service = await info.context.services.load(done.reply.service)
    return Counted(service=service, replayed=done.reply.replayed)
