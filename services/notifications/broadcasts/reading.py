"""Reading broadcasts: each organization those sent to it, coordinators all, and who has acknowledged them."""

from datetime import datetime

from chassis import paging
from chassis.calls import now
from contracts.broadcasts import (
    BroadcastList,
    BroadcastReply,
    GetBroadcast,
    ListBroadcasts,
    ListReceipts,
    ReceiptList,
)
from contracts.progress import may_change_network
from contracts.rpc import Actor
from services.notifications.broadcasts import broadcast
from services.notifications.broadcasts.actions import Means, check_coordinator, check_reader
from services.notifications.errors import NotFoundError


async def get(means: Means, request: GetBroadcast, actor: Actor) -> BroadcastReply:
    """Return an alert that was sent to the caller's organization; to a coordinator any.

    Raises:
        ForbiddenError: the caller may not read a feed.
        NotFoundError: there is none for it.
    """
    check_reader(actor)
    doc = await means.store.load(request.broadcast)
    keeps = may_change_network(actor)
    if doc is None or not (keeps or actor.organization in doc["addressed"]):
        raise NotFoundError
    return BroadcastReply(broadcast=await means.shown(doc, actor, now()))


async def list_broadcasts(means: Means, request: ListBroadcasts, actor: Actor) -> BroadcastList:
    """Return those sent to the caller's organization, or for a coordinator all, newest first.

    There are few, since each is forgotten: a page is cut out of all.

    Raises:
        ForbiddenError: the caller may not read a feed; or keeps no network, and asks for all.
        InvalidError: the page is not right.
    """
    check_coordinator(actor) if request.of_network else check_reader(actor)
    at = now()
    mine = {one["broadcast"]: one for one in await means.store.of_organization(actor.organization or "")}
    found = await means.store.outlines(None if request.of_network else mine)
    outlines = {one["_id"]: one for one in found}
    wanted = [
        one
        for one in outlines
        if (not request.in_force or broadcast.is_in_force(outlines[one], at))
        and (not request.unacknowledged or (one in mine and mine[one]["acknowledged_at"] is None))
    ]
    page = paging.cut(sorted((_order(outlines[one]["sent_at"]), one) for one in wanted), request.page)
    docs = await means.store.load_many(one for _, one in page.keys)
    known = {one: await means.acknowledged(one, actor) for one in docs}
    return BroadcastList(
        items=tuple(
            broadcast.view(docs[one], means.words(docs[one]), at, mine.get(one), known.get(one))
            for _, one in page.keys
        ),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def list_receipts(means: Means, request: ListReceipts, actor: Actor) -> ReceiptList:
    """Return to whom an alert was sent, and when each acknowledged it.

    Raises:
        ForbiddenError: the caller is no coordinator.
        NotFoundError: there is no such alert.
        InvalidError: the page is not right.
    """
    check_coordinator(actor)
    doc = await means.store.load(request.broadcast)
    if doc is None:
        raise NotFoundError
    # Of those that were not told yet nothing is kept.
    found = {one["organization"]: one for one in broadcast.receipts(doc)}
    found |= {one["organization"]: one for one in await means.store.of_broadcast(request.broadcast)}
    wanted = [
        one for one in found if request.acknowledged in {None, found[one]["acknowledged_at"] is not None}
    ]
    page = paging.cut(sorted((one, one) for one in wanted), request.page)
    return ReceiptList(
        items=tuple(broadcast.receipt_view(found[one]) for _, one in page.keys),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


def _order(moment: datetime) -> str:
    return paging.newest_first(int(moment.timestamp() * 1000))
