"""Several referrals of one person issued at once: ``issueReferralGroup``, and the group that they are."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import strawberry

from chassis.problems import InvalidError
from contracts import groups as contract
from contracts import progress, referrals
from contracts.codes import Need, Priority, State
from contracts.groups import GROUP_LABELS, CaseCategory, GroupState
from contracts.rpc import Message
from contracts.warnings import Warned
from gateway.context import Info
from gateway.lookahead import below
from gateway.schema.asking import EXTERNAL_ID, NO_SECOND, key_for, struct_of
from gateway.schema.deed import carry_out
from gateway.schema.enums import publish
from gateway.schema.fields import published
from gateway.schema.issue import (
    STRUCTS,
    ConsentInput,
    HouseholdInput,
    NoteInput,
    PersonInput,
    PlacesInput,
)
from gateway.schema.node import Node
from gateway.schema.overrides import OVERRIDES, StepOverrideInput
from gateway.schema.problems import UserError, user_errors
from gateway.schema.referral import Referral, prime
from gateway.schema.sent import SentReferral
from gateway.schema.tiers import tiers_for
from gateway.schema.warnings import ReferralWarning

publish(
    GroupState,
    "Where a case stands, from those of its referrals that you see.",
    {
        GroupState.OPEN: "One of them at least is open.",
        GroupState.ENDED: "All have ended; the sender has not acknowledged every end.",
        GroupState.CLOSED: "All have ended, and the sender has acknowledged each.",
    },
)
publish(
    CaseCategory,
    "What a case is counted as, by the gravest of its needs and vulnerabilities.",
    {code: label.en for code, label in GROUP_LABELS[CaseCategory].items()},
)


async def _items(parent: strawberry.Parent[contract.Group], info: Info) -> list[referrals.Referral]:
    """Its referrals that you may see, oldest first: all of them to their sender, your own to a receiver."""
    selections = below(info.raw)
    found = await info.context.referrals(tiers_for(info.raw, selections)).prime(parent.referrals)
    await prime(info.context, info.raw, selections, found)
    return [one for one in found if one is not None]


@strawberry.type(
    description="Referrals of one person or household that were issued together: a case. Its id is another "
    "one for each organization that receives some of them."
)
class ReferralGroup(Node):
    """Read from ``contracts.groups.Group``."""

    created_at: datetime = strawberry.field(description="When it was issued.")
    state: GroupState = strawberry.field(description="Where it stands.")
    category: CaseCategory | None = strawberry.field(
        description="What it is counted as. Null to all but the sender's caseworkers and managers."
    )
    items = published(_items, list[Referral])


@strawberry.input(description="One need: a referral of its own, on a consent of its own.")
class GroupNeedInput:
    """Becomes ``contracts.groups.GroupNeed``."""

    service: strawberry.ID = strawberry.field(description="The service that is asked for help.")
    need: Need = strawberry.field(description="What for.")
    consent: ConsentInput = strawberry.field(
        description="On what basis her data is shared with that receiver, and with no other. `givenAt` is "
        "shown to it as you give it: one moment for all needs ties them."
    )
    priority: Priority | None = strawberry.field(
        description="How soon somebody must act, if it is another than the group's.", default=None
    )
    places: list[PlacesInput] | None = strawberry.field(
        description="Places that are asked for: all of them or none.", default=None
    )
    notes: list[NoteInput] | None = strawberry.field(
        description="Notes for this need only, beside those for all.", default=None
    )
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)
    overrides: list[StepOverrideInput] | None = strawberry.field(description=OVERRIDES, default=None)


@strawberry.input(description="Several needs of one person or household, to be issued at once.")
class IssueReferralGroupInput:
    """Becomes ``contracts.groups.IssueGroup``."""

    idempotency_key: str = strawberry.field(description=key_for("group", NO_SECOND))
    needs: list[GroupNeedInput] = strawberry.field(
        description="Up to ten. Each becomes a referral with a receiver of its own."
    )
    state: State = strawberry.field(description="The state (entidad) where the person is.")
    person: PersonInput = strawberry.field(description="Whom it is about.")
    priority: Priority | None = strawberry.field(
        description="How soon somebody must act, for the needs that do not say it. In an emergency telephone "
        "first.",
        default=None,
    )
    household: HouseholdInput | None = strawberry.field(description="Who is with her.", default=None)
    notes: list[NoteInput] | None = strawberry.field(
        description="Notes for every need; each receiver sees the categories that its consent names.",
        default=None,
    )
    partial: bool = strawberry.field(
        description="Issue those that are right, and say in `userErrors` which are not. Without it, all or "
        "none.",
        default=False,
    )
    occurred_at: datetime | None = strawberry.field(
        description="When it happened, if not now: up to 30 days back.", default=None
    )


@dataclass(slots=True)
class Issued:
    """What the payload is read from."""

    group: contract.Group | None = None
    sent_referrals: tuple[progress.SentReferral, ...] = ()
    replayed: bool = False
    user_errors: list[UserError] = field(default_factory=list)
    warnings: tuple[Warned, ...] = ()


@strawberry.type(description="What became of `issueReferralGroup`.")
class IssueReferralGroupPayload:
    """Read from ``Issued``."""

    group: ReferralGroup | None = strawberry.field(
        description="The group; its `items` are the referrals. Null if nothing was issued."
    )
    sent_referrals: list[SentReferral] = strawberry.field(
        description="In place of `group`, to those who see no more of what they sent than this: in the order "
        "of the needs that were issued. Empty to all others."
    )
    replayed: bool = strawberry.field(
        description="Whether the same key and input had done this before; then it was not done again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="What is wrong, all of it at once, each with its `path`: `needs`, the place from 0, the "
        "input. With `partial`, why those needs were not issued."
    )
    warnings: list[ReferralWarning] = strawberry.field(
        description="What may not be right with what was issued; each with its `path`, as in `userErrors`."
    )


_STRUCTS: dict[type, type[Message]] = {
    **STRUCTS,
    GroupNeedInput: contract.GroupNeed,
    IssueReferralGroupInput: contract.IssueGroup,
}


async def issue_referral_group(
    info: Info, input: Annotated[IssueReferralGroupInput, strawberry.argument(description="The group.")]
) -> Issued:
    """Ask several organizations to help one person or household: up to ten needs, each a referral of its own.

    Everything is checked before anything is issued. Receivers do not learn of each other.
    """
    done = await carry_out(info, contract.ISSUE_GROUP, struct_of(input, _STRUCTS))
    reply = done.reply
    if reply is None:
        return Issued(user_errors=done.errors)
    # Also whoever may issue and not read learns what it has issued, as of a single referral.
    items = info.context.referrals(tiers_for(info.raw, below(info.raw, "group", "items")))
    read = await items.prime(one.id for one in reply.referrals)
    items.put({told.id: told for told, one in zip(reply.referrals, read, strict=True) if one is None})
    refused = user_errors(InvalidError("", reply.refused), info.context.language) if reply.refused else []
    return Issued(
        group=reply.shown,
        sent_referrals=reply.sent,
        replayed=reply.replayed,
        user_errors=refused,
        warnings=reply.warnings,
    )
