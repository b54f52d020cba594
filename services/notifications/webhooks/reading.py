"""Reading endpoints and what was delivered to them: each organization its own."""

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

# Before and behind all places.
_FIRST, _LAST = "", "~"


async def list_endpoints(means: Means, request: ListEndpoints, actor: Actor) -> EndpointList:
    """Return the caller's endpoints, oldest first. There are few: a page is cut out of all.

    Raises:
        ForbiddenError, NotVerifiedError: the caller manages no webhooks.
    """
    docs = await means.store.of_organization(admitted(actor))
    places = [(doc["created_at"].isoformat(), doc["_id"]) for doc in docs]
    page = request.page
    begin = places.index(page.after) + 1 if page.after in places else 0
    stop = places.index(page.before) if page.before in places else len(docs)
    if page.first is not None:
        stop = min(stop, begin + page.first)
    elif page.last is not None:
        begin = max(begin, stop - page.last)
    return EndpointList(
        items=tuple(map(endpoint.view, docs[begin:stop])),
        positions=tuple(places[begin:stop]),
        has_next=stop < len(docs),
        has_previous=begin > 0,
    )


async def list_deliveries(means: Means, request: ListDeliveries, actor: Actor) -> DeliveryList:
    """Return a page of the deliveries to an endpoint, the newest first.

    Raises:
        NotFoundError: there is no such endpoint, or it is another organization's.
        ForbiddenError, NotVerifiedError: the caller manages no webhooks.
    """
    doc = await own(means, request.endpoint, actor)
    page, count = request.page, request.page.first or request.page.last or 1
    onwards = page.first is not None
    bounds = (_place(page.before, _FIRST), _place(page.after, _LAST))
    found = await means.store.page(doc["_id"], request.status, bounds, count + 1, newest_first=onwards)
    more, shown = len(found) > count, found[:count]
    if not onwards:
        shown = shown[::-1]
    return DeliveryList(
        items=tuple(map(delivery.view, shown)),
        positions=tuple((one["place"],) for one in shown),
        has_next=more if onwards else page.before is not None,
        has_previous=page.after is not None if onwards else more,
    )


def _place(position: tuple[str, ...] | None, otherwise: str) -> str:
    return position[0] if position else otherwise
