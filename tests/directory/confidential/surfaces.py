"""Everywhere that the directory shows something: each gives all that it can show, as bytes to be searched.

A capability that shows more adds a function here, and is in the canary test. It is given the running
network of the test (``Shown``), and says everything that it can about every organization and service.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec

from chassis.bus import Bus
from contracts.codes import Need, State
from contracts.directory import (
    GET_ADDRESSES,
    GET_ORGANIZATIONS,
    GET_SERVICES,
    LIST_ORGANIZATIONS,
    STATUS,
    ListOrganizations,
)
from contracts.exchange import (
    EXPORT_RECORDS,
    LIST_CONFLICTS,
    LIST_DUPLICATES,
    ExportRecords,
    ListConflicts,
    ListDuplicates,
)
from contracts.matching import MATCH_SERVICES, MatchServices, Place
from contracts.rpc import Ids, Nothing, Page
from contracts.search import SEARCH_SERVICES, FacetKind, Near, SearchServices
from services.directory.capacity.board import Board
from services.directory.hiding import Hiding
from services.directory.mirror import Mirror
from services.directory.rest.catalogue import Catalogue
from services.directory.rest.rendering import SHAPES, Renderer, Wanted
from services.directory.store import Store
from tests.directory.conftest import Ask


@dataclass(frozen=True)
class Shown:
    """Who asks whom, and what there is to ask about."""

    operator: Ask
    gateway: Ask
    store: Store
    bus: Bus
    organizations: tuple[str, ...]
    services: tuple[str, ...]
    locations: tuple[str, ...]


Surface = Callable[[Shown], Awaitable[list[bytes]]]


def encoded(replies: Iterable[object]) -> list[bytes]:
    """What replies look like on the bus."""
    return [msgspec.json.encode(reply) for reply in replies]


async def look_ups(shown: Shown) -> list[bytes]:
    """Organizations and services by id."""
    services = Ids(ids=shown.services)
    found = await shown.gateway(GET_ORGANIZATIONS, Ids(ids=shown.organizations))
    for_parts = await shown.gateway(GET_SERVICES, services)
    for_operator = await shown.operator(GET_SERVICES, services)
    return encoded([found, for_parts, for_operator])


async def lists(shown: Shown) -> list[bytes]:
    """Organizations and services by pages."""
    organizations = await shown.gateway(LIST_ORGANIZATIONS, ListOrganizations(page=Page(first=100)))
    services = await shown.gateway(SEARCH_SERVICES, SearchServices(page=Page(first=100)))
    status = await shown.operator(STATUS, Nothing())
    return encoded([organizations, services, status])


async def addresses_for_nobody(shown: Shown) -> list[bytes]:
    """Addresses, asked for by the gateway for nobody in particular."""
    addresses = await shown.gateway(GET_ADDRESSES, Ids(ids=shown.locations))
    return encoded([addresses])


async def documents(shown: Shown) -> list[bytes]:
    """The stored documents, whole."""
    collections = await shown.store.db.list_collection_names()
    return [
        repr(document).encode() for name in collections async for document in shown.store.db[name].find({})
    ]


async def public_records(shown: Shown) -> list[bytes]:
    """Every record of the public API, in every shape."""
    hiding, board = Hiding(), Board()
    catalogue = Catalogue(shown.store, hiding, board)
    mirror = Mirror(shown.store, shown.bus, (board, hiding, catalogue))
    await mirror.fresh()
    await catalogue.settle()
    rows = {"organization": catalogue.organizations.ordered, "service": catalogue.services.ordered}
    wanted = [
        Wanted(shape, row, site)
        for shape in SHAPES
        for row in rows["organization" if shape.startswith("organization") else "service"]
        for site in ([one.id for one in row.sites] if shape.startswith("service_at") else [""])
    ]
    told = repr([rows, catalogue.taxonomies.terms, catalogue.taxonomies.taxonomies])
    return [told.encode(), *(await Renderer(shown.store, catalogue).render(wanted))]


async def searches(shown: Shown) -> list[bytes]:
    """Pages of search with reasons, facets and distances, by words that the places would be found by."""
    asked = [
        SearchServices(page=Page(first=50), text=text, near=near, reasons=True, facets=tuple(FacetKind))
        for text in (None, "Canario", "Suchiate", "camas")
        for near in (None, Near(latitude=15.9, longitude=-92.7))
    ]
    asked += [SearchServices(page=Page(first=50), organization=one) for one in shown.organizations]
    pages = [await shown.gateway(SEARCH_SERVICES, request) for request in asked]
    return encoded(pages)


async def exports(shown: Shown) -> list[bytes]:
    """Everything that is given out, and what waits for a person to decide."""
    told: list[object] = []
    for kind in ("organization", "service"):
        after: str | None = None
        while True:
            page = await shown.operator(EXPORT_RECORDS, ExportRecords(kind=kind, after=after))
            told.append(page)
            after = page.after
            if after is None:
                break
    conflicts = await shown.operator(LIST_CONFLICTS, ListConflicts())
    duplicates = await shown.operator(LIST_DUPLICATES, ListDuplicates())
    return encoded([*told, conflicts, duplicates])


async def matches(shown: Shown) -> list[bytes]:
    """What is there for a person, near and far, with every reason."""
    told: list[bytes] = []
    for place in (None, Place(latitude=15.9, longitude=-92.7), Place(state=State.CHP)):
        needs = (Need.EMERGENCY_SHELTER, Need.FOOD)
        request = MatchServices(needs=needs, place=place, most=50, include_ineligible=True)
        found = await shown.operator(MATCH_SERVICES, request)
        told.append(msgspec.json.encode(found))
    return told


SURFACES: dict[str, Surface] = {
    "look-ups": look_ups,
    "lists": lists,
    "addresses for nobody": addresses_for_nobody,
    "documents": documents,
    "public records": public_records,
    "searches": searches,
    "exports": exports,
    "matches": matches,
}
