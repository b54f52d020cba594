"""``referOn``: a receiver that has accepted somebody asks others for help, too."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import onward as contract
from contracts.codes import Need, Priority, State
from gateway.context import Info
from gateway.schema.asking import EXTERNAL_ID, NO_SECOND, key_for
from gateway.schema.change import Done, SentPayload, carry_out
from gateway.schema.issue import (
    STRUCTS,
    ConsentInput,
    HouseholdInput,
    NoteInput,
    PersonInput,
    PlacesInput,
)


@strawberry.input(
    description="A referral onward. What you leave out of the person, her household and the notes is taken "
    "from the referral to you, as far as you may see it; an empty list of `notes` takes none."
)
class ReferOnInput:
    """Becomes ``contracts.onward.ReferOn``."""

    referral: strawberry.ID = strawberry.field(
        description="The referral to you that it goes on from; accepted, and not ended."
    )
    idempotency_key: str = strawberry.field(description=key_for("referral", NO_SECOND))
    service: strawberry.ID = strawberry.field(description="The service that is asked for help.")
    need: Need = strawberry.field(description="What for.")
    consent: ConsentInput = strawberry.field(
        description="On what basis her data is shared with that receiver: the consent to you does not "
        "travel on."
    )
    priority: Priority | None = strawberry.field(
        description="How soon somebody must act; that of the referral to you, if not given.", default=None
    )
    state: State | None = strawberry.field(
        description="The state (entidad) where she is; that of the referral to you, if not given.",
        default=None,
    )
    person: PersonInput | None = strawberry.field(
        description="Whom it is about, if it is to be said anew.", default=None
    )
    household: HouseholdInput | None = strawberry.field(
        description="Who is with her, if it is to be said anew.", default=None
    )
    places: list[PlacesInput] | None = strawberry.field(
        description="Places that are asked for: all of them or none.", default=None
    )
    notes: list[NoteInput] | None = strawberry.field(
        description="Notes, one for each matter; those that you may see, if not given.", default=None
    )
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)
    occurred_at: datetime | None = strawberry.field(
        description="When it happened, if not now: up to 30 days back.", default=None
    )


@strawberry.type(description="What became of `referOn`: `referral` is the new one.")
class ReferOnPayload(SentPayload):
    """Read from ``change.Done``."""


async def refer_on(
    info: Info, input: Annotated[ReferOnInput, strawberry.argument(description="The referral.")]
) -> Done:
    """As the receiver of a referral that you accepted, ask another organization to help the person.

    You are the sender of the new one. The sender of the old one does not learn of it, nor the new receiver of
    the old one: only you see `referredFrom`.
    """
    return await carry_out(info, contract.REFER_ON, input, STRUCTS)
