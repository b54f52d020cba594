"""Reading endpoints and what was delivered to them: each organization its own."""

from functools import partial

from chassis import paging
from contracts.rpc import Actor
from contracts.webhooks import (
    DeliveryList,
    EndpointList,
    ListDeliveries,
    ListEndpoints,
)
from services.notifications.webhooks import delivery, endpoint
from services.notifications.webhooks.actions import admitted, own
from services.notifications.webhooks.means import Means


async def list_endpoints(means: Means, request: ListEndpoints, actor: Actor) -> EndpointList:
    """Return the caller's endpoints, oldest first. There are few: a page is cut out of all.

    Raises:
        InvalidError: the page is not right.
        ForbiddenError, NotVerifiedError: the caller manages no webhooks.
    """
    mine = {doc["_id"]: doc for doc in await means.store.of_organization(admitted(actor))}
    page = paging.cut(sorted((doc["created_at"].isoformat(), one) for one, doc in mine.items()), request.page)
    return EndpointList(
        items=tuple(endpoint.view(mine[one]) for _, one in page.keys),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def list_deliveries(means: Means, request: ListDeliveries, actor: Actor) -> DeliveryList:
    """Return a page of the deliveries to an endpoint, the newest first.

    Raises:
        NotFoundError: there is no such endpoint, or it is another organization's.
        ForbiddenError, NotVerifiedError: the caller manages no webhooks.
    """
    doc = await own(means, request.endpoint, actor)
    page = await paging.newest(request.page, partial(means.store.page, doc["_id"], request.status))
    return DeliveryList(
        items=tuple(map(delivery.view, page.rows)),
        positions=page.positions,
        has_next=page.has_next,
        has_previous=page.has_previous,
    )
