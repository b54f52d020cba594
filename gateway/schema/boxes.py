"""The lists that people work from: pages of the own boxes, filtered, in order, and how many stand where."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from contracts import lists
from contracts import referrals as contract
from contracts.codes import Box, Need, NeedGroup, Priority, ReferralStatus, State
from contracts.consent_codes import ConsentState
from contracts.lists import ReferralOrder
from gateway.context import Info
from gateway.ids import part_id_or_nothing
from gateway.lookahead import of_rows
from gateway.schema.enums import publish
from gateway.schema.pages import After, Before, First, Last, Rows, page_of
from gateway.schema.referral import prime
from gateway.schema.tiers import tiers_for

# A cursor is good in the order that it was given in.
LISTS = {ReferralOrder.NEWEST: "referrals", ReferralOrder.DEADLINE: "referrals by deadline"}

publish(
    ReferralOrder,
    "In which order referrals are listed.",
    {
        ReferralOrder.NEWEST: "Newest first.",
        ReferralOrder.DEADLINE: "By when somebody has to act (`deadlines`), the first to come first; then "
        "those that wait for nobody, newest first. Who does not see when somebody is to arrive finds "
        "accepted referrals among the latter.",
    },
)


@strawberry.input(description="Which referrals: those that fit every condition given.")
class ReferralFilter:
    """Conditions of a list of referrals."""

    statuses: list[ReferralStatus] | None = strawberry.field(
        description="In one of these statuses.", default=None
    )
    need_groups: list[NeedGroup] | None = strawberry.field(
        description="With a need of one of these groups.", default=None
    )
    needs: list[Need] | None = strawberry.field(
        description="With one of these needs. A sensitive need is kept encrypted, and refused here: ask for "
        "its group.",
        default=None,
    )
    priorities: list[Priority] | None = strawberry.field(
        description="Of one of these priorities.", default=None
    )
    states: list[State] | None = strawberry.field(
        description="In one of these federal entities.", default=None
    )
    service: strawberry.ID | None = strawberry.field(description="To this service.", default=None)
    assignee: strawberry.ID | None = strawberry.field(
        description="That this member of your organization works on.", default=None
    )
    unassigned: bool = strawberry.field(
        description="That nobody of your organization works on; also what was given to a member who was "
        "removed, or whose roles let it work on no referral any more.",
        default=False,
    )
    deadline_before: datetime | None = strawberry.field(
        description="By whose deadline somebody has to act before this moment. Who does not see when "
        "somebody is to arrive finds no accepted referral by it.",
        default=None,
    )
    overdue: bool = strawberry.field(
        description="Whose deadline has passed: as `deadlineBefore` with the present moment.", default=False
    )
    unacknowledged: bool = strawberry.field(
        description="That have ended without the sender having acknowledged it (`acknowledgeReferral`): in "
        "your outbox those whose end you still have to confirm, in your inbox those that wait for it.",
        default=False,
    )
    unread: bool = strawberry.field(
        description="With messages that your organization has not marked as read (`unreadMessages`).",
        default=False,
    )
    folio: str | None = strawberry.field(
        description="With this in its folio, as people say or write it: `7k3`, `rel 7K3F`, `9M-2P`.",
        default=None,
    )
    consent_states: list[ConsentState] | None = strawberry.field(
        description="Whose consent, or other basis, stands so. As `consentEndsBefore`, of your outbox only: "
        "the consents that you have taken.",
        default=None,
    )
    consent_ends_before: datetime | None = strawberry.field(
        description="Whose consent is in force, and runs out (`Consent.until`) before this moment.",
        default=None,
    )
    erasure_unconfirmed: bool = strawberry.field(
        description="Whose consent was withdrawn, without the receiver having said that its copies are "
        "erased: in your inbox those that you still have to erase (`confirmErasure`; by when, says "
        "`Consent.erasureDueAt`), in your outbox those that you wait for.",
        default=False,
    )


@strawberry.type(description="How many referrals stand at one status.")
class ReferralStatusCount:
    """Read from ``contracts.lists.StatusCount``."""

    status: ReferralStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many referrals a box has, by status.")
class ReferralCounts:
    """Read from ``contracts.lists.ReferralCounts``."""

    total: int = strawberry.field(description="How many in all.")
    by_status: list[ReferralStatusCount] = strawberry.field(
        description="In the order of a referral's course; a status at which nothing stands is left out."
    )


InBox = Annotated[Box, strawberry.argument(description="To your organization, from it, or its drafts.")]
Filter = Annotated[ReferralFilter | None, strawberry.argument(description="Which ones; all without it.")]


async def referrals(
    info: Info,
    box: InBox,
    *,
    filter: Filter = None,
    order_by: Annotated[
        ReferralOrder, strawberry.argument(description="In which order.")
    ] = ReferralOrder.NEWEST,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.Referral]:
    """The referrals of your organization.

    `OUTBOX` has what was sent. `DRAFTS` has the drafts; with `statuses: [CANCELLED]` those given up.
    """
    selections = of_rows(info.raw)
    name = LISTS[order_by]
    request = lists.ListReferrals(
        page=page_of(info, name, first=first, last=last, after=after, before=before),
        order=order_by,
        tiers=tiers_for(info.raw, selections),
        **_conditions(box, filter),
    )
    reply = await info.context.clients.ask(lists.LIST, request)
    await prime(info.context, info.raw, selections, reply.items)
    return Rows(info.context.cursors, name, reply)


async def referral_counts(info: Info, box: InBox, *, filter: Filter = None) -> lists.ReferralCounts:
    """How many referrals of your organization's box stand at which status: the whole box, in one go."""
    return await info.context.clients.ask(lists.COUNT, lists.CountReferrals(**_conditions(box, filter)))


def _conditions(box: Box, chosen: ReferralFilter | None) -> dict[str, Any]:
    if chosen is None:
        return {"box": box}
    return {
        "box": box,
        "statuses": tuple(chosen.statuses or ()),
        "need_groups": tuple(chosen.need_groups or ()),
        "needs": tuple(chosen.needs or ()),
        "priorities": tuple(chosen.priorities or ()),
        "states": tuple(chosen.states or ()),
        "service": part_id_or_nothing("Service", chosen.service) if chosen.service else None,
        "assignee": part_id_or_nothing("Member", chosen.assignee) if chosen.assignee else None,
        "unassigned": chosen.unassigned,
        "deadline_before": chosen.deadline_before,
        "overdue": chosen.overdue,
        "unacknowledged": chosen.unacknowledged,
        "unread": chosen.unread,
        "folio": chosen.folio,
        "consent_states": tuple(chosen.consent_states or ()),
        "consent_ends_before": chosen.consent_ends_before,
        "erasure_unconfirmed": chosen.erasure_unconfirmed,
    }
