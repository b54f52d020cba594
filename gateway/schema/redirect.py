"""``proposeRedirect``, ``refuseRedirect``, ``confirmRedirect``: another service, if the sender agrees."""

from typing import Annotated

import strawberry

from contracts import redirects as contract
from gateway.context import Info
from gateway.schema.change import AnswerInput, ChangeInput, Done, Payload, WarnedPayload, carry_out
from gateway.schema.issue import STRUCTS, ConsentInput, PlacesInput
from gateway.schema.referral import Referral


@strawberry.input(description="A proposal to ask another service.")
class ProposeRedirectInput(AnswerInput):
    """Becomes ``contracts.redirects.ProposeRedirect``."""

    service: strawberry.ID = strawberry.field(
        description="The service that you propose; `matchServices` finds some. Not one of the sender's own, "
        "nor one that was asked before."
    )
    note: str | None = strawberry.field(
        description="What is to be said besides. The sender sees it.", default=None
    )


@strawberry.input(description="A refusal of the service proposed.")
class RefuseRedirectInput(ChangeInput):
    """Becomes ``contracts.redirects.RefuseRedirect``."""

    note: str | None = strawberry.field(description="Why. The receiver sees it.", default=None)


@strawberry.input(description="The word that the service proposed is to be asked.")
class ConfirmRedirectInput(ChangeInput):
    """Becomes ``contracts.redirects.ConfirmRedirect``."""

    service: strawberry.ID = strawberry.field(
        description="The service that the consent is for: `proposedRedirect` as you saw it. If another one "
        "is proposed by now, nothing is done (`NOT_PROPOSED`)."
    )
    consent: ConsentInput = strawberry.field(
        description="On what basis the person's data is shared with the new receiver. The old consent does "
        "not travel on: one given before the proposal is refused (`NOT_FRESH`)."
    )
    places: list[PlacesInput] | None = strawberry.field(
        description="Places that are asked for there, in place of those asked for before. Needed where there "
        "were none, the service counts them, and the consent withholds the household.",
        default=None,
    )


@strawberry.type(description="What became of `proposeRedirect`.")
class ProposeRedirectPayload(Payload):
    """Read from ``change.Done``, as all payloads."""


@strawberry.type(description="What became of `refuseRedirect`.")
class RefuseRedirectPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `confirmRedirect`.")
class ConfirmRedirectPayload(WarnedPayload):
    """See ``Payload``."""

    new_referral: Referral | None = strawberry.field(
        name="newReferral",
        description="The referral to the service proposed, which takes the old one's place.",
    )


_INPUT = strawberry.argument(description="The change.")


async def propose_redirect(info: Info, input: Annotated[ProposeRedirectInput, _INPUT]) -> Done:
    """The receiver proposes another service; the sender decides until `redirectDecideBy`.

    The status stays, and so does what the receiver may do. A new proposal takes an earlier one's place.
    """
    return await carry_out(info, contract.PROPOSE_REDIRECT, input, STRUCTS)


async def refuse_redirect(info: Info, input: Annotated[RefuseRedirectInput, _INPUT]) -> Done:
    """The sender does not want the service proposed: the receiver goes on with the referral."""
    return await carry_out(info, contract.REFUSE_REDIRECT, input, STRUCTS)


async def confirm_redirect(info: Info, input: Annotated[ConfirmRedirectInput, _INPUT]) -> Done:
    """The sender takes the service proposed, with fresh consent: `newReferral` asks it, with the same words.

    The old one is `REDIRECTED`, and its receiver loses sight of the person at once. Each names the other's
    folio: `redirectedTo`, `redirectedFrom`.
    """
    return await carry_out(info, contract.CONFIRM_REDIRECT, input, STRUCTS)
