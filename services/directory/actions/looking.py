"""Looking things up: by id in batches, and by condition in pages."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from chassis import paging
from chassis.problems import InvalidError
from contracts.directory import (
    Clients,
    FindService,
    FoundService,
    ListOrganizations,
    Organization,
    OrganizationList,
    Organizations,
    Service,
    Services,
)
from contracts.rpc import FieldProblem, Ids
from contracts.sentences import Sentence
from contracts.standing import OrganizationStatus
from services.directory import client, organization, service
from services.directory.capacity.viewing import with_places
from services.directory.ids import Noun
from services.directory.index import Index
from services.directory.store import Store

MOST_IDS = 100
_NOWHERE = {"status": OrganizationStatus.DEACTIVATED}

ViewT = TypeVar("ViewT", Organization, Service)


async def get_organizations(store: Store, request: Ids) -> Organizations:
    """Return the organizations with these ids, in their order; null for one that does not exist.

    Raises:
        InvalidError: more than 100 ids.
    """
    _check(request)
    return Organizations(items=await _get(store, "organization", request.ids, organization.view))


async def get_services(store: Store, request: Ids) -> Services:
    """Return the services with these ids, in their order; null for one that does not exist.

    Raises:
        InvalidError: more than 100 ids.
    """
    _check(request)
    return Services(items=await _services(store, request.ids))


async def get_clients(store: Store, request: Ids) -> Clients:
    """Return the clients with these ids as they are now, in their order; null for one unknown or revoked.

    One whose organization was deactivated is null as well: so its tokens and streams end as if revoked.

    Raises:
        InvalidError: more than 100 ids.
    """
    _check(request)
    good = [stored for stored in await store.get_clients(set(request.ids)) if stored["revoked"] is None]
    owners = await store.get_many("organization", {stored["organization"] for stored in good})
    views = {
        stored["_id"]: client.view(stored, owners[stored["organization"]])
        for stored in good
        if organization.is_active(owners.get(stored["organization"], _NOWHERE))
    }
    return Clients(items=tuple(views.get(client_id) for client_id in request.ids))


async def list_organizations(store: Store, index: Index, request: ListOrganizations) -> OrganizationList:
    """Return a page of the organizations that fit every condition, by name; ``index`` is fresh.

    Raises:
        InvalidError: the page is not right.
    """
    keys = index.find_organizations(request)
    page = paging.cut(keys, request.page)
    found = await _get(store, "organization", _ids(page), organization.view)
    return OrganizationList(**_page(page, found), total=len(keys))


async def find_service(store: Store, index: Index, request: FindService) -> FoundService:
    """Return the service that an imported directory knows by an id, or null; ``index`` is fresh."""
    found = index.find_service(request.source_id)
    (item,) = await _services(store, (found,)) if found else (None,)
    return FoundService(item=item)


async def _services(store: Store, ids: Sequence[str]) -> tuple[Service | None, ...]:
    """The services with their places as they are now."""
    found, counted = await asyncio.gather(
        _get(store, "service", ids, service.view), store.capacity.seen(set(ids))
    )
    return with_places(found, counted, datetime.now(UTC))


async def _get(
    store: Store, noun: Noun, ids: Sequence[str], view: Callable[[dict[str, Any]], ViewT]
) -> tuple[ViewT | None, ...]:
    documents = await store.get_many(noun, set(ids))
    views = {noun_id: view(document) for noun_id, document in documents.items()}
    return tuple(views.get(noun_id) for noun_id in ids)


def _ids(page: paging.Slice) -> list[str]:
    return [noun_id for _, noun_id in page.keys]


def _page(page: paging.Slice, found: Sequence[Organization | Service | None]) -> dict[str, Any]:
    """A page's reply but for its total; a row that has gone since is left out with its position."""
    rows = [(item, key) for item, key in zip(found, page.keys, strict=True) if item is not None]
    return {
        "items": tuple(item for item, _ in rows),
        "positions": tuple(key for _, key in rows),
        "has_next": page.has_next,
        "has_previous": page.has_previous,
    }


def _check(request: Ids) -> None:
    if len(request.ids) > MOST_IDS:
        words = Sentence("Ask for {most} ids at most, not {given}.", most=MOST_IDS, given=len(request.ids))
        raise InvalidError(words, (FieldProblem(path=("ids",), message=words),))
