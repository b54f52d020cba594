"""How a mutation's input becomes a part's command, and how that is asked: the reply, or the refusal."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from strawberry import UNSET

from chassis.problems import RefusedError
from contracts.rpc import Message, Operation, Rep, Req
from gateway.context import Info
from gateway.errors import FaultError
from gateway.ids import part_id_or_nothing

# Inputs that are ids, by their name, and the type of thing that they name.
_IDS = {"referral": "Referral", "service": "Service", "location": "Location", "member": "Member"}
# For inputs that hold no others.
NONE_INSIDE: Mapping[type, type[Message]] = MappingProxyType({})
# Refusals of this status and above say nothing of the input: nobody answered, or the part failed.
_NOT_THE_INPUT = 500
# What a part says of the gateway, not of its client: nothing is refused to a client in these words.
_OURS = frozenset({"BAD_ACTOR", "NOT_ALLOWED"})
NO_SECOND = "no second one is made"
# What is said of every input of these names.
EXTERNAL_ID = "Your own id for it, up to 100 characters, unique in your organization; nobody else sees it."


def key_for(what: str, repeated: str = "it is not done twice") -> str:
    """The description of an ``idempotencyKey``: what it is made for, and what a repeated call comes to."""
    return (
        f"Made by you for this one {what}, up to 255 characters, a ULID or UUID by habit. If the answer is "
        f"lost, repeat the call with the same key and input: {repeated}. Kept 30 days."
    )


def struct_of(value: Any, structs: Mapping[type, type[Message]]) -> Any:
    """An input as the contract's struct of the same field names; what was not given keeps its default."""
    if isinstance(value, list):
        return tuple(struct_of(item, structs) for item in value)
    struct = structs.get(type(value))
    if struct is None or isinstance(value, struct):
        return value
    said = {name: item for name, item in vars(value).items() if item is not None and item is not UNSET}
    return struct(**{name: given(name, item, structs) for name, item in said.items()})


def given(name: str, value: Any, structs: Mapping[type, type[Message]]) -> Any:
    """The value of an input of that name, as the contract has it."""
    # What is no id of ours is asked for all the same: so the answer is the one for an unknown thing.
    if name == "names":
        return tuple(part_id_or_nothing("Organization", one) for one in value)
    return part_id_or_nothing(_IDS[name], value) if name in _IDS else struct_of(value, structs)


async def asked(info: Info, operation: Operation[Req, Rep], command: Req) -> Rep | RefusedError:
    """Return the reply to a command, or why its client is refused.

    Raises:
        RefusedError, UnreachableError: it is not known whether it was done; shown as ``UNAVAILABLE``.
        FaultError: the gateway asked in a way that the part bears from nobody; masked.
    """
    try:
        return await info.context.clients.ask(operation, command)
    except RefusedError as refusal:
        if refusal.status >= _NOT_THE_INPUT:
            raise
        if refusal.code in _OURS:
            raise FaultError(refusal.code) from refusal
        return refusal
