"""Exchanging the master key: some data keys at a time, as an operator's command asks for it."""

from contracts.keys import RewrapKeys, Rewrapped
from services.referrals.errors import OtherMasterKeyError
from services.referrals.means import Means


async def rewrap(means: Means, request: RewrapKeys) -> Rewrapped:
    """Wrap some data keys with the master key of that name.

    Raises:
        OtherMasterKeyError: this replica wraps with another one.
    """
    if means.vault.target != request.target:
        raise OtherMasterKeyError
    done, unreadable = await means.vault.rewrap(request.most)
    return Rewrapped(done=done, unreadable=unreadable, left=await means.vault.wrapped_otherwise())
