"""How organizations come and go: proposed by somebody of the network, decided on by its coordinators."""

from typing import Annotated

import strawberry

from contracts import membership as contract
from contracts.codes import OrganizationKind
from contracts.directory import PhoneGiven
from contracts.rpc import NOTHING
from gateway.context import Info
from gateway.ids import split_id
from gateway.schema.deed import Deed, DeedInput, DeedPayload, carry_out, given
from gateway.schema.membership import OrganizationProposal
from gateway.schema.organization import Organization

_SUBJECTS = frozenset({"Organization", "OrganizationProposal"})


@strawberry.input(description="A telephone number.")
class PhoneInput:
    """Becomes ``contracts.membership.PhoneGiven``."""

    number: str = strawberry.field(
        description="The number: 3 to 40 characters with three digits at least, as `911`, `+52 993 000 0000` "
        "or `993 000 0000 ext. 12`."
    )
    extension: str | None = strawberry.field(description="The extension to ask for.", default=None)
    description: str | None = strawberry.field(
        description="What it is for, or when it is answered.", default=None
    )


def phone_of(value: PhoneInput | None) -> PhoneGiven | None:
    """The contract's number."""
    return PhoneGiven(**given(**vars(value))) if value is not None else None


@strawberry.input(description="An organization that should be in the network. No personal data, please.")
class ProposeOrganizationInput(DeedInput):
    """Becomes ``contracts.membership.ProposeOrganization``."""

    name: str = strawberry.field(description="Its name, as people know it.")
    kind: OrganizationKind = strawberry.field(description="What sort of organization it is.")
    description: str | None = strawberry.field(
        description="What it does, and how a coordinator can make sure: up to 1,000 characters.", default=None
    )
    email: str | None = strawberry.field(description="Where to write to.", default=None)
    website: str | None = strawberry.field(description="Its page on the web, http or https.", default=None)
    phone: PhoneInput | None = strawberry.field(description="Its telephone.", default=None)
    emergency_phone: PhoneInput | None = strawberry.field(
        description="The telephone for emergencies.", default=None
    )


@strawberry.input
class DecisionInput(DeedInput):
    """The input of every decision on an organization."""

    organization: strawberry.ID = strawberry.field(
        description="Which organization, or which proposal of one."
    )


@strawberry.input(description="An organization, or a proposal, that is who it says.")
class VerifyOrganizationInput(DecisionInput):
    """Becomes ``contracts.membership.DecideOrganization``."""


@strawberry.input(description="A proposal that is refused.")
class RejectOrganizationInput(DecisionInput):
    """Becomes ``contracts.membership.DecideOrganization``."""

    reason: str = strawberry.field(description="Why: its proposer reads it.")


@strawberry.input(description="An organization that takes part no longer.")
class DeactivateOrganizationInput(DecisionInput):
    """Becomes ``contracts.membership.DecideOrganization``."""

    reason: str = strawberry.field(description="Why: operators read it.")


@strawberry.input(description="An organization that takes part again.")
class ReactivateOrganizationInput(DecisionInput):
    """Becomes ``contracts.membership.DecideOrganization``."""


@strawberry.type(description="What became of `proposeOrganization`.")
class ProposeOrganizationPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    proposal: OrganizationProposal | None = strawberry.field(description="The proposal.")


@strawberry.type
class DecisionPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    organization: Organization | None = strawberry.field(
        description="The organization as it now is; null for a proposal that is not verified."
    )
    proposal: OrganizationProposal | None = strawberry.field(
        description="The proposal, where that was decided on."
    )


@strawberry.type(description="What became of `verifyOrganization`.")
class VerifyOrganizationPayload(DecisionPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `rejectOrganization`.")
class RejectOrganizationPayload(DecisionPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `deactivateOrganization`.")
class DeactivateOrganizationPayload(DecisionPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `reactivateOrganization`.")
class ReactivateOrganizationPayload(DecisionPayload):
    """Read from ``deed.Deed``."""


async def propose_organization(
    info: Info,
    input: Annotated[ProposeOrganizationInput, strawberry.argument(description="What is proposed.")],
) -> Deed:
    """Propose an organization to the coordinators. Your feed says what they decide."""
    phones = {"phone": phone_of(input.phone), "emergency_phone": phone_of(input.emergency_phone)}
    request = contract.ProposeOrganization(**given(**{**vars(input), **phones}))
    done = await carry_out(info, contract.PROPOSE_ORGANIZATION, request)
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(proposal=done.reply.proposal, replayed=done.reply.replayed)


async def verify_organization(
    info: Info, input: Annotated[VerifyOrganizationInput, strawberry.argument(description="The decision.")]
) -> Deed:
    """Say that an organization is who it says; of a proposal it makes the organization. For coordinators."""
    return await _decide(info, "verify", input)


async def reject_organization(
    info: Info, input: Annotated[RejectOrganizationInput, strawberry.argument(description="The decision.")]
) -> Deed:
    """Refuse a proposal. For coordinators."""
    return await _decide(info, "reject", input)


async def deactivate_organization(
    info: Info,
    input: Annotated[DeactivateOrganizationInput, strawberry.argument(description="Which.")],
) -> Deed:
    """Have an organization take part no longer. For coordinators.

    Its tokens and streams end within five seconds, places held for it are released, and its open referrals
    are flagged for the other party.
    """
    return await _decide(info, "deactivate", input)


async def reactivate_organization(
    info: Info,
    input: Annotated[ReactivateOrganizationInput, strawberry.argument(description="Which.")],
) -> Deed:
    """Have an organization take part again, with the clients that it had. For coordinators."""
    return await _decide(info, "reactivate", input)


async def _decide(info: Info, decision: str, input: DecisionInput) -> Deed:
    kind, subject = split_id(input.organization) or ("", NOTHING)
    request = contract.DecideOrganization(
        subject=subject if kind in _SUBJECTS else NOTHING,
        decision=decision,  # type: ignore[arg-type] # one of the four
        idempotency_key=input.idempotency_key,
        reason=getattr(input, "reason", None),
    )
    done = await carry_out(info, contract.DECIDE_ORGANIZATION, request)
    if done.reply is None:
        return Deed(user_errors=done.errors)
    reply = done.reply
    return Deed(organization=reply.organization, proposal=reply.proposal, replayed=reply.replayed)
