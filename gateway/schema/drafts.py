"""``draftReferral``, ``updateDraft``, ``sendReferral``: a referral written in more than one sitting."""

from typing import Annotated, Any

import strawberry

from contracts import correcting, edited
from contracts import drafts as contract
from contracts.codes import Need, Priority, State
from contracts.rpc import Message
from gateway.context import Info
from gateway.schema.asking import EXTERNAL_ID, NO_SECOND, key_for
from gateway.schema.asking import given as as_given
from gateway.schema.change import ChangeInput, Done, SentPayload, WarnedPayload, carry_out
from gateway.schema.issue import (
    STRUCTS,
    ConsentInput,
    HouseholdInput,
    NoteInput,
    PersonInput,
    PlacesInput,
    id_of,
)
from gateway.schema.overrides import OVERRIDES, StepOverrideInput

_UNSET = strawberry.UNSET
# What an empty list says of these, null says as well.
_LISTS = frozenset({"places", "notes", "languages", "vulnerabilities", "categories", "names"})
# What always says something, or protects her: null does not take that out.
_STAY_INSIDE = frozenset({"needs_interpreter", "keep_together", "withheld", "caregiver_suspected"})
_STAY_IN_A_DRAFT = _STAY_INSIDE | {"need"}
_STAY_ONCE_SENT = _STAY_IN_A_DRAFT | {"priority", "state", "consent", "person"}

# What these leave out is not nothing.
_EDITS: dict[type, type[Message]] = {
    ConsentInput: edited.EditedConsent,
    PersonInput: edited.EditedPerson,
    HouseholdInput: edited.EditedHousehold,
}
# Of every edit. Many clients send null for what is empty: by that nothing is shown that she withheld.
_INSIDE = (
    "The same inside `consent`, `person` and `household`: what you leave out there stays, and null takes it "
    "out; but `withheld` and `caregiverSuspected` are taken back by `[]` and `false` only. A list, "
    "`safeContact` and `child` are replaced whole. Where you give another `basis` than there was, how it was "
    "given (`purpose` to `names`) begins anew; a child's view goes where you say that she is no child."
)


@strawberry.input(description="A draft. Give what you know: the rest can follow until it is sent.")
class DraftReferralInput:
    """Becomes ``contracts.drafts.DraftReferral``."""

    idempotency_key: str = strawberry.field(description=key_for("draft", NO_SECOND))
    need: Need = strawberry.field(description="What for.")
    service: strawberry.ID | None = strawberry.field(
        description="The service that is to be asked for help.", default=None
    )
    priority: Priority | None = strawberry.field(
        description="How soon somebody must act. In an emergency telephone first.", default=None
    )
    state: State | None = strawberry.field(
        description="The state (entidad) where the person is.", default=None
    )
    consent: ConsentInput | None = strawberry.field(
        description="On what basis her data is to be shared.", default=None
    )
    person: PersonInput | None = strawberry.field(description="Whom it is about.", default=None)
    household: HouseholdInput | None = strawberry.field(description="Who is with her.", default=None)
    places: list[PlacesInput] | None = strawberry.field(
        description="Places that are asked for: all of them or none.", default=None
    )
    notes: list[NoteInput] | None = strawberry.field(description="Notes, one for each matter.", default=None)
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)
    follows: str | None = strawberry.field(
        description="The folio of an earlier referral of yours that it follows.", default=None
    )


@strawberry.input
class SaidInput:
    """What a sender says: what is left out stays as it was."""

    need: Need | None = strawberry.field(
        description="What for. There always is one: null leaves it.", default=_UNSET
    )
    priority: Priority | None = strawberry.field(description="How soon somebody must act.", default=_UNSET)
    state: State | None = strawberry.field(
        description="The state (entidad) where the person is.", default=_UNSET
    )
    consent: ConsentInput | None = strawberry.field(
        description="On what basis her data is to be shared.", default=_UNSET
    )
    person: PersonInput | None = strawberry.field(description="Whom it is about.", default=_UNSET)
    household: HouseholdInput | None = strawberry.field(description="Who is with her.", default=_UNSET)
    places: list[PlacesInput] | None = strawberry.field(
        description="Places that are asked for: all of them or none.", default=_UNSET
    )
    notes: list[NoteInput] | None = strawberry.field(
        description="Notes, one for each matter.", default=_UNSET
    )


@strawberry.input(
    description="An edit of a draft. What you give replaces what stood there; null takes it out; what you "
    f"leave out stays. {_INSIDE}"
)
class UpdateDraftInput(SaidInput):
    """Becomes ``contracts.drafts.UpdateDraft``."""

    referral: strawberry.ID = strawberry.field(description="Which draft.")
    idempotency_key: str = strawberry.field(description=key_for("edit"))
    expected_version: int | None = strawberry.field(
        description="The `version` that you decided upon; if it has another by now, nothing is done.",
        default=None,
    )
    service: strawberry.ID | None = strawberry.field(
        description="The service that is to be asked for help.", default=_UNSET
    )
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=_UNSET)
    follows: str | None = strawberry.field(
        description="The folio of an earlier referral of yours that it follows.", default=_UNSET
    )


@strawberry.input(
    description="A correction of a referral that was sent. What you give replaces what stood there; what you "
    "leave out stays. Null takes out `household`, `places` and `notes`; the others stay. "
    f"{_INSIDE}"
)
class CorrectReferralInput(ChangeInput, SaidInput):
    """Becomes ``contracts.correcting.CorrectReferral``."""


@strawberry.input(description="The sending of a draft.")
class SendReferralInput(ChangeInput):
    """Becomes ``contracts.drafts.SendReferral``."""

    overrides: list[StepOverrideInput] | None = strawberry.field(description=OVERRIDES, default=None)


@strawberry.type(description="What became of `draftReferral`.")
class DraftReferralPayload(SentPayload):
    """Read from ``change.Done``, as all payloads."""


@strawberry.type(description="What became of `updateDraft`.")
class UpdateDraftPayload(WarnedPayload):
    """See ``Payload``."""


@strawberry.type(description="What became of `correctReferral`.")
class CorrectReferralPayload(WarnedPayload):
    """See ``Payload``."""


@strawberry.type(description="What became of `sendReferral`.")
class SendReferralPayload(SentPayload):
    """See ``Payload``."""


async def draft_referral(
    info: Info, input: Annotated[DraftReferralInput, strawberry.argument(description="The draft.")]
) -> Done:
    """Begin a referral, and tell nobody yet: only your organization sees it.

    What it says is checked when it is sent. It is erased 30 days after its last change.
    """
    if input.follows is not None:
        input.follows = await id_of(info, input.follows)
    return await carry_out(info, contract.DRAFT, input, STRUCTS)


async def update_draft(
    info: Info, input: Annotated[UpdateDraftInput, strawberry.argument(description="The edit.")]
) -> Done:
    """Edit a draft of your organization. What was sent is not edited."""
    given = _all_given(input, _STAY_IN_A_DRAFT)
    if input.follows:
        given["follows"] = await id_of(info, input.follows)
    return await carry_out(info, contract.UPDATE_DRAFT, contract.UpdateDraft(**given))


async def correct_referral(
    info: Info, input: Annotated[CorrectReferralInput, strawberry.argument(description="The correction.")]
) -> Done:
    """The sender corrects what it said, while the referral is open: the receiver is told, and reads it anew.

    The history says which fields were corrected, and never what stood there. Another service is another
    referral, with its own consent. Once the receiver has accepted, `places` are agreed upon with it.
    """
    command = correcting.CorrectReferral(**_all_given(input, _STAY_ONCE_SENT))
    return await carry_out(info, correcting.CORRECT, command)


def _all_given(given: object, stay: frozenset[str]) -> dict[str, Any]:
    """What was given, as the contract has it; null leaves what must ``stay``."""
    return {
        name: _given(name, value)
        for name, value in vars(given).items()
        if value is not _UNSET and not (value is None and name in stay)
    }


def _given(name: str, value: Any) -> Any:
    if value is None:
        return () if name in _LISTS else None
    edit = _EDITS.get(type(value))
    return as_given(name, value, STRUCTS) if edit is None else edit(**_all_given(value, _STAY_INSIDE))


async def send_referral(
    info: Info, input: Annotated[SendReferralInput, strawberry.argument(description="The sending.")]
) -> Done:
    """Send a draft: the receiver learns of it at once. Everything that `issueReferral` needs is checked now.

    What is missing or wrong comes all at once, each with the `path` that the input of `updateDraft` has.
    """
    return await carry_out(info, contract.SEND, input, STRUCTS)
