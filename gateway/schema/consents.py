"""``withdrawConsent`` and ``confirmErasure``: what becomes of a consent after it was given."""

from typing import Annotated

import strawberry

from contracts import consents as contract
from gateway.context import Info
from gateway.schema.change import AnswerInput, ChangeInput, Done, Payload, carry_out


@strawberry.input(description="That the person takes back that her data is shared with this receiver.")
class WithdrawConsentInput(ChangeInput):
    """Becomes ``contracts.consents.WithdrawConsent``."""

    note: str | None = strawberry.field(
        description="What she says, where it is an objection. Kept encrypted. Refused with a withdrawal: "
        "nobody has to say why.",
        default=None,
    )


@strawberry.input(description="That the receiver has erased its own copies of the person's data.")
class ConfirmErasureInput(AnswerInput):
    """Becomes ``contracts.consents.ConfirmErasure``."""


@strawberry.input(description="A second member's word on a basis that is not consent.")
class ReviewBasisInput(ChangeInput):
    """Becomes ``contracts.consents.ReviewBasis``."""

    confirm: bool = strawberry.field(description="Whether the basis is a good one.")
    note: str | None = strawberry.field(description="What is to be said to it. Kept encrypted.", default=None)


@strawberry.type(description="What became of `reviewBasis`.")
class ReviewBasisPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `withdrawConsent`.")
class WithdrawConsentPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `confirmErasure`.")
class ConfirmErasurePayload(Payload):
    """See ``Payload``."""


async def withdraw_consent(
    info: Info, input: Annotated[WithdrawConsentInput, strawberry.argument(description="The withdrawal.")]
) -> Done:
    """The person withdraws her consent. Her name, contact, instructions and notes are erased for good.

    Until the receiver has begun it is `CANCELLED` with the reason `PERSON_WITHDREW`, and a place that was
    kept is free; after that, or after its end, its status stays, and the receiver's own care goes on. The
    receiver is told, is shown nothing of her from then on, and is asked to erase its own copies until it
    confirms it (`confirmErasure`). Other referrals of hers have consents of their own.

    On the basis `LEGAL_OBLIGATION` or `BEST_INTERESTS_OF_THE_CHILD` nothing is cancelled or erased: both
    parties are told that she objects (`consent.objectedAt`).
    """
    return await carry_out(info, contract.WITHDRAW_CONSENT, input)


async def review_basis(
    info: Info, input: Annotated[ReviewBasisInput, strawberry.argument(description="The review.")]
) -> Done:
    """A second member of the sender reviews, within 24 h, a basis that is not consent: confirms it, or not.

    Not whoever sent the referral on it; a client names the member (`Relevo-On-Behalf-Of`), a caseworker or
    manager among your `members`. A coordinator does it where the sender has no second member, or it is
    overdue. What is not confirmed shows the receiver no name, contact or notes any more, save in an
    emergency, and needs another basis within a day (`correctReferral` with `consent`), or an end
    (`withdrawConsent`, `cancelReferral`).
    """
    return await carry_out(info, contract.REVIEW_BASIS, input)


async def confirm_erasure(
    info: Info, input: Annotated[ConfirmErasureInput, strawberry.argument(description="The confirmation.")]
) -> Done:
    """The receiver has erased what it had copied of a person who withdrew her consent, on paper, too.

    What it has to keep as her own carer is not meant. For a receiver that answers by telephone whoever asked
    it records this.
    """
    return await carry_out(info, contract.CONFIRM_ERASURE, input)
