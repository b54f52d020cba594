"""``reviewOverride`` and ``reportStep``: what becomes of a mandatory step that a referral lacked."""

from typing import Annotated

import strawberry

from contracts import stepping as contract
from gateway.context import Info
from gateway.ids import part_id_or_nothing
from gateway.schema.change import Done, Payload, carry_out
from gateway.schema.talk import AsideInput

_STEP = "Its whole name, as `Referral.steps` has it."


@strawberry.input(description="A second member's word on an override.")
class ReviewOverrideInput(AsideInput):
    """Becomes ``contracts.stepping.ReviewOverride``."""

    step: str | None = strawberry.field(
        description=f"{_STEP} Needed; but a coordinator, who is shown no step, leaves it out, and reviews "
        "all overrides that are left to it.",
        default=None,
    )
    confirm: bool = strawberry.field(
        description="Whether the reason is good. If not, the step is due within a day from now."
    )
    note: str | None = strawberry.field(
        description="What is to be said to it. Kept encrypted, for the sender's caseworkers and managers.",
        default=None,
    )


@strawberry.input(description="That a mandatory step was taken. Give `by` or `note`.")
class ReportStepInput(AsideInput):
    """Becomes ``contracts.stepping.ReportStep``."""

    step: str = strawberry.field(description=_STEP)
    by: strawberry.ID | None = strawberry.field(
        description="The referral of yours that took it, to an organization of a kind that the step names.",
        default=None,
    )
    note: str | None = strawberry.field(
        description="How it was taken otherwise: by whom, when, under which file. Kept encrypted, for the "
        "sender's caseworkers and managers.",
        default=None,
    )


@strawberry.type(description="What became of `reviewOverride`.")
class ReviewOverridePayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `reportStep`.")
class ReportStepPayload(Payload):
    """See ``Payload``."""


async def review_override(
    info: Info, input: Annotated[ReviewOverrideInput, strawberry.argument(description="The review.")]
) -> Done:
    """A second member of the sender confirms that a mandatory step was overridden, or does not.

    Not for whoever overrode it; a client names the member (`Relevo-On-Behalf-Of`), a caseworker or
    manager among your `members`. A coordinator does it where the sender has no second member, or it is
    overdue. Changes neither status nor `version`; the receiver is not told.
    """
    return await carry_out(info, contract.REVIEW_OVERRIDE, input)


async def report_step(
    info: Info, input: Annotated[ReportStepInput, strawberry.argument(description="The step.")]
) -> Done:
    """The sender has taken a mandatory step that the referral lacked.

    A referral that `follows` it and meets the step says so by itself. Changes neither status nor `version`.
    """
    if input.by is not None:
        input.by = strawberry.ID(part_id_or_nothing("Referral", input.by))
    return await carry_out(info, contract.REPORT_STEP, input)
