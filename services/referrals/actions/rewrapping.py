"""Exchanging the master key: some data keys at a time, as an operator's command asks for it."""

from chassis.problems import PartError
from contracts.keys import RewrapKeys, Rewrapped
from services.referrals.means import Means


class OtherMasterKeyError(PartError):
    """This replica wraps new keys with another master key than the one that was asked for."""

    code = "OTHER_MASTER_KEY"
    status = 409
    title = "Another master key is in force here"

    def __init__(self) -> None:
        super().__init__("This replica has not got the new master key: put it beside the old one everywhere.")


async def rewrap(means: Means, request: RewrapKeys) -> Rewrapped:
    """Wrap some data keys with the master key of that name.

    Raises:
        OtherMasterKeyError: this replica wraps with another one.
    """
    if means.vault.target != request.target:
        raise OtherMasterKeyError
    done, unreadable = await means.vault.rewrap(request.most)
    return Rewrapped(done=done, unreadable=unreadable, left=await means.vault.wrapped_otherwise())
