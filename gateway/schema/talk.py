"""What the parties of a referral say to one another: questions before the decision, and their answers."""

from typing import Annotated

import strawberry

from contracts import referrals as contract
from gateway.context import Info
from gateway.schema.change import ChangeInput, Done, Payload, carry_out

_SEEN = "Kept encrypted, up to 4,000 characters. Say what is needed to decide; who the person is comes later."


@strawberry.input(description="A question of the receiver.")
class AskAboutReferralInput(ChangeInput):
    """Becomes ``contracts.referrals.Ask``."""

    question: str = strawberry.field(description=f"What you need to know. {_SEEN}")


@strawberry.input(description="The sender's answer to the question.")
class ReplyAboutReferralInput(ChangeInput):
    """Becomes ``contracts.referrals.Answer``."""

    answer: str = strawberry.field(description=f"The answer. {_SEEN}")


@strawberry.type(description="What became of `askAboutReferral`.")
class AskAboutReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `replyAboutReferral`.")
class ReplyAboutReferralPayload(Payload):
    """See ``Payload``."""


async def ask_about_referral(
    info: Info, input: Annotated[AskAboutReferralInput, strawberry.argument(description="The question.")]
) -> Done:
    """The receiver needs to know more before it decides; its clock stands still until it is told.

    Up to 20 times for one referral: whoever needs more should telephone.
    """
    return await carry_out(info, contract.ASK, input)


async def reply_about_referral(
    info: Info, input: Annotated[ReplyAboutReferralInput, strawberry.argument(description="The answer.")]
) -> Done:
    """The sender answers what was asked; the receiver decides now."""
    return await carry_out(info, contract.REPLY, input)
