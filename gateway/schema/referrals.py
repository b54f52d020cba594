"""The queries for referrals: one by its id, folio or external id, and the lists of the own boxes."""

from typing import Annotated

import strawberry

from contracts import referrals as contract
from contracts.codes import Box, NeedGroup, Priority, ReferralStatus
from gateway.context import Info
from gateway.errors import BadArgumentError
from gateway.ids import part_id_of, part_id_or_nothing
from gateway.lookahead import below, of_rows
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.schema.referral import Referral, prime
from gateway.schema.tiers import tiers_for

LIST = "referrals"


@strawberry.type(description="A referral in a page.")
class ReferralEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Referral = strawberry.field(description="The referral.")


@strawberry.type(description="A page of referrals.")
class ReferralConnection:
    """Read from ``pages.Rows``."""

    edges: list[ReferralEdge] = strawberry.field(description="The referrals with their cursors.")
    nodes: list[Referral] = strawberry.field(description="The referrals.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="Which referrals: those that fit every condition given.")
class ReferralFilter:
    """Conditions of a list of referrals."""

    statuses: list[ReferralStatus] | None = strawberry.field(
        description="In one of these statuses.", default=None
    )
    need_groups: list[NeedGroup] | None = strawberry.field(
        description="With a need of one of these groups.", default=None
    )
    priorities: list[Priority] | None = strawberry.field(
        description="Of one of these priorities.", default=None
    )
    service: strawberry.ID | None = strawberry.field(description="To this service.", default=None)
    assignee: strawberry.ID | None = strawberry.field(
        description="That this member of your organization works on.", default=None
    )
    unassigned: bool = strawberry.field(
        description="That nobody of your organization works on.", default=False
    )


async def referral(
    info: Info,
    *,
    id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")] = None,
    folio: Annotated[
        str | None, strawberry.argument(description="Its folio, as people say it: case and hyphens are free.")
    ] = None,
    external_id: Annotated[
        str | None, strawberry.argument(description="Your own organization's id for it.")
    ] = None,
) -> contract.Referral | None:
    """One referral; null where there is none, or you may not know of it: the same answer for both."""
    if sum(key is not None for key in (id, folio, external_id)) != 1:
        raise BadArgumentError("Give id, folio or externalId: one of them.")
    selections = below(info.raw)
    tiers = tiers_for(info.raw, selections)
    clients = info.context.clients
    found: contract.Referral | None
    if id is not None:
        part_id = part_id_of("Referral", id)
        found = (await clients.referrals([part_id], tiers))[0] if part_id else None
    else:
        request = contract.FindReferral(folio=folio, external_id=external_id, tiers=tiers)
        reply = await clients.find(contract.FIND, request)
        found = reply.item if reply else None
    await prime(info.context, info.raw, selections, [found])
    return found


async def referrals(
    info: Info,
    box: Annotated[Box, strawberry.argument(description="To your organization, from it, or its drafts.")],
    *,
    filter: Annotated[
        ReferralFilter | None, strawberry.argument(description="Which ones; all without it.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.Referral]:
    """The referrals of your organization, newest first.

    `OUTBOX` has what was sent. `DRAFTS` has the drafts; with `statuses: [CANCELLED]` those given up.
    """
    chosen = filter or ReferralFilter()
    selections = of_rows(info.raw)
    request = contract.ListReferrals(
        page=page_of(info, LIST, first=first, last=last, after=after, before=before),
        box=box,
        statuses=tuple(chosen.statuses or ()),
        need_groups=tuple(chosen.need_groups or ()),
        priorities=tuple(chosen.priorities or ()),
        service=part_id_or_nothing("Service", chosen.service) if chosen.service else None,
        assignee=part_id_or_nothing("Member", chosen.assignee) if chosen.assignee else None,
        unassigned=chosen.unassigned,
        tiers=tiers_for(info.raw, selections),
    )
    reply = await info.context.clients.ask(contract.LIST, request)
    await prime(info.context, info.raw, selections, reply.items)
    return Rows(info.context.cursors, LIST, reply)
