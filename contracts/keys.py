"""The master key of the referrals' vault, exchanged while everything goes on; for operators."""

from typing import Annotated

from msgspec import Meta

from contracts.rpc import Message, Operation, Reply

PART = "referrals"


class RewrapKeys(Message):
    """Wrap some data keys with the new master key, ``target`` by its name.

    Refused (``OTHER_MASTER_KEY``) by a replica that has not got it, or wraps with another.
    """

    target: Annotated[str, Meta(max_length=100)]
    most: Annotated[int, Meta(ge=1, le=1000)] = 200


class Rewrapped(Reply):
    """How many were wrapped anew, how many open with no master key that is there, and how many are left.

    ``unreadable`` are among those that are left.
    """

    done: int
    unreadable: int
    left: int


REWRAP_KEYS = Operation(PART, "rewrap_keys", RewrapKeys, Rewrapped)
