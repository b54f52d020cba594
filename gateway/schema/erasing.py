"""``eraseReferral``: a person is erased from a referral that has ended, because she asks for it."""

from typing import Annotated

import strawberry

from contracts import erasing as contract
from gateway.context import Info
from gateway.schema.change import ChangeInput, Done, Payload, carry_out


@strawberry.input(description="That the person is to be erased.")
class EraseReferralInput(ChangeInput):
    """Becomes ``contracts.erasing.Erase``."""

    note: str = strawberry.field(
        description="Why, for the sender's caseworkers and managers. It outlives the person's data until a "
        "year after the end: do not name her."
    )


@strawberry.type(description="What became of `eraseReferral`.")
class EraseReferralPayload(Payload):
    """See ``Payload``."""


async def erase_referral(
    info: Info, input: Annotated[EraseReferralInput, strawberry.argument(description="The erasure.")]
) -> Done:
    """Erase all that is known of the person, for good and in every backup: what remains are codes and times.

    For a referral that has ended, by a manager of the sender or a coordinator, whose client names the member
    who answers for it (`Relevo-On-Behalf-Of`) and has the scope `REFERRALS_SEND`. No other client can, and
    members cannot sign in yet: ask a coordinator of the network. While it is open, `withdrawConsent` or
    `voidReferral` do it. Both parties are told, and the receiver should erase what it has copied. Nobody can
    take it back, nor say afterwards whom it was about.
    """
    return await carry_out(info, contract.ERASE, input)
