"""The override of a mandatory step, where a referral is sent."""

import strawberry

OVERRIDES = (
    "Mandatory steps that you go without, each with its reason. Of a client, it names the member who answers "
    "for it (`Relevo-On-Behalf-Of`), a caseworker or manager among your `members`; a second one, or a "
    "coordinator where there is none, reviews it in a day: see `reviewOverride`."
)


@strawberry.input(description="A mandatory step that the sender goes without.")
class StepOverrideInput:
    """Becomes ``contracts.steps.StepOverride``."""

    step: str = strawberry.field(
        description="Its whole name: `unaccompanied_child.child_protection_authority`."
    )
    reason: str = strawberry.field(
        description="Why, up to 2,000 characters. Kept encrypted, for the sender's caseworkers and managers."
    )
