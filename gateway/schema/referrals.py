"""The query for one referral by its id, folio or external id, and the connection of many."""

from typing import Annotated

import strawberry

from contracts import referrals as contract
from gateway.context import Info
from gateway.errors import BadArgumentError
from gateway.ids import part_id_of
from gateway.lookahead import below
from gateway.schema.pages import PageInfo
from gateway.schema.referral import Referral, prime
from gateway.schema.tiers import tiers_for


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
