"""The public HSDS REST API: its routes, by the specification's openapi.json."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from fastapi import Depends, FastAPI, Query, Request, Response

from services.directory import ids
from services.directory.rest import answers
from services.directory.rest.answers import NoSuchRecordError
from services.directory.rest.catalogue import Catalogue, Row
from services.directory.rest.finding import Finder
from services.directory.rest.lists import Lists, minimal, refusal
from services.directory.rest.parameters import (
    NothingAsked,
    OneOrganizationQuery,
    OrganizationQuery,
    Paging,
    ServiceQuery,
    SiteQuery,
    TermQuery,
)
from services.directory.rest.profile import profile
from services.directory.rest.rendering import Renderer, Wanted
from services.directory.rest.taxonomies import Taxonomies, speaks_of
from services.directory.shape import Record

VERSION = "3.0"
_SPECIFICATION = "https://raw.githubusercontent.com/openreferral/specification/3.0/schema"
_PAGE: dict[str, Any] = {
    **{key: {"type": "integer"} for key in ("total_items", "total_pages", "page_number", "size")},
    **{key: {"type": "boolean"} for key in ("first_page", "last_page", "empty")},
}


class Rest:
    """The routes' handlers."""

    def __init__(self, catalogue: Catalogue, finder: Finder, renderer: Renderer, url: str) -> None:
        self._catalogue = catalogue
        self._finder = finder
        self._renderer = renderer
        self._lists = Lists(renderer)
        self._url = url

    def add_to(self, app: FastAPI) -> None:
        """Add every route to the application."""
        _add(app, "/", self.about, "This API, and its relationship with HSDS")
        _add(app, "/profile", self.profile, "What records have beside HSDS")
        _add(app, "/services", self.services, "Services", "service_list", is_list=True)
        _add(app, "/services/{id}", self.service, "A service with all that is related to it", "service")
        _add(app, "/organizations", self.organizations, "Organizations", "organization_list", is_list=True)
        _add(app, "/organizations/{id}", self.organization, "An organization", "organization")
        sites = "/service_at_locations"
        _add(app, sites, self.sites, "Services at their places", "service_at_location_list", is_list=True)
        _add(app, sites + "/{id}", self.site, "A service at a place, with all related to it", "service")
        _add(app, "/taxonomies", self.taxonomies, "Taxonomies", "taxonomy", is_list=True)
        _add(app, "/taxonomies/{id}", self.taxonomy, "A taxonomy", "taxonomy")
        terms = "/taxonomy_terms"
        _add(app, terms, self.terms, "Terms of taxonomies", "taxonomy_term", is_list=True)
        _add(app, terms + "/{id}", self.term, "A term of a taxonomy", "taxonomy_term")

    async def about(self, request: Request, _query: Annotated[NothingAsked, Query()]) -> Response:
        about = {
            "version": VERSION,
            "profile": f"{self._url}/profile",
            "openapi_url": f"{self._url}/openapi.json",
        }
        return answers.answer(request, msgspec.json.encode(about))

    async def profile(self, request: Request, _query: Annotated[NothingAsked, Query()]) -> Response:
        return answers.answer(request, msgspec.json.encode(profile(self._url)))

    async def services(self, request: Request, query: Annotated[ServiceQuery, Query()]) -> Response:
        rows = await self._finder.services(query)
        if query.minimal:
            return await self._lists.plain(request, query, minimal(self._catalogue, rows))
        shape = "service_full" if query.full else "service"
        return await self._lists.rows(request, query, [Wanted(shape, row) for row in rows])

    async def service(self, request: Request, id: str, _query: Annotated[NothingAsked, Query()]) -> Response:
        row = self._catalogue.services.get(ids.from_uuid("service", id) or "")
        return await self._one(request, "service_full", row)

    async def organizations(self, request: Request, query: Annotated[OrganizationQuery, Query()]) -> Response:
        rows = await self._finder.organizations(query)
        shape = "organization_full" if query.full else "organization"
        if query.full_service:
            shape = "organization_full_service"
        return await self._lists.rows(request, query, [Wanted(shape, row) for row in rows])

    async def organization(
        self,
        request: Request,
        id: str,
        query: Annotated[OneOrganizationQuery, Query()],
    ) -> Response:
        row = self._catalogue.organizations.get(ids.from_uuid("organization", id) or "")
        shape = "organization_full_service" if query.full_service else "organization_full"
        return await self._one(request, shape, row)

    async def sites(self, request: Request, query: Annotated[SiteQuery, Query()]) -> Response:
        shape = "service_at_location_full" if query.full else "service_at_location"
        found = await self._finder.sites(query)
        return await self._lists.rows(request, query, [Wanted(shape, row, site.id) for row, site in found])

    async def site(self, request: Request, id: str, _query: Annotated[NothingAsked, Query()]) -> Response:
        own = ids.canonical_uuid(id) or ""
        row = self._catalogue.services.get(self._catalogue.sites.get(own, ""))
        return await self._one(request, "service_at_location_full", row, own)

    async def taxonomies(self, request: Request, query: Annotated[Paging, Query()]) -> Response:
        return await self._lists.plain(request, query, _searched(self._known.taxonomies, query.search))

    async def taxonomy(self, request: Request, id: str, _query: Annotated[NothingAsked, Query()]) -> Response:
        return _known(request, self._known.taxonomies, id)

    async def terms(self, request: Request, query: Annotated[TermQuery, Query()]) -> Response:
        found = [
            term
            for term in _searched(self._known.terms, query.search)
            if (query.taxonomy_id is None or term.get("taxonomy_id") == str(query.taxonomy_id))
            and (query.parent_id is None or term.get("parent_id") == str(query.parent_id))
            and not (query.top_only and "parent_id" in term)
        ]
        return await self._lists.plain(request, query, found)

    async def term(self, request: Request, id: str, _query: Annotated[NothingAsked, Query()]) -> Response:
        return _known(request, self._known.terms, id)

    @property
    def _known(self) -> Taxonomies:
        return self._catalogue.taxonomies

    async def _one(self, request: Request, shape: str, row: Row | None, site: str = "") -> Response:
        made = await self._renderer.render([Wanted(shape, row, site)]) if row else []
        if row is None or not made:
            raise NoSuchRecordError("There is no record with this id.")
        return answers.answer(request, made[0], row.modified)


def _searched(records: dict[str, Record], search: str | None) -> list[Record]:
    """The records that the words mean, by id."""
    return [records[one] for one in sorted(records) if search is None or speaks_of(records[one], search)]


def _known(request: Request, records: dict[str, Record], given: str) -> Response:
    record = records.get(ids.canonical_uuid(given) or "")
    if record is None:
        raise NoSuchRecordError("There is no record with this id.")
    return answers.answer(request, msgspec.json.encode(record))


def _add(
    app: FastAPI,
    path: str,
    handler: Callable[..., Awaitable[Response]],
    summary: str,
    schema: str | None = None,
    *,
    is_list: bool = False,
) -> None:
    once = [Depends(_once)]
    app.add_api_route(
        path,
        handler,
        methods=["GET"],
        summary=summary,
        operation_id=path.strip("/").replace("/{id}", "_by_id") or "about",
        dependencies=once,
        response_class=Response,
        responses={200: _described(summary, schema, is_list=is_list)},
    )
    app.add_api_route(path, handler, methods=["HEAD"], dependencies=once, include_in_schema=False)


def _described(summary: str, schema: str | None, *, is_list: bool) -> dict[str, Any]:
    """What a route answers, by the specification's own schemas."""
    if schema is None:
        return {"description": summary}
    folder = "" if schema in {"taxonomy", "taxonomy_term"} else "compiled/"
    item = {"$ref": f"{_SPECIFICATION}/{folder}{schema}.json"}
    content: dict[str, Any] = {"application/json": {"schema": item}}
    if is_list:
        envelope = {"properties": _PAGE | {"contents": {"type": "array", "items": item}}, "type": "object"}
        content = {"application/json": {"schema": envelope}, answers.NDJSON: {"schema": item}}
    return {"description": summary, "content": content}


def _once(request: Request) -> None:
    """A parameter given twice has two meanings: neither is taken."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise refusal(name, "It is given more than once: give it once.")
