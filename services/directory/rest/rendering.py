"""Records as bytes of JSON, kept by revision: a page that was asked for before is put together, not made.

A rendered record is good as long as the revisions that it was made from and the numbers of places in it,
and no place has become confidential or public since. The cache is bounded in bytes; what was not asked for
longest goes first.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import msgspec

from contracts.codes import Need, OrganizationKind
from services.directory import ids, public
from services.directory.rest import taxonomies
from services.directory.rest.catalogue import Catalogue, Row
from services.directory.shape import Record
from services.directory.store import Store

MOST_BYTES = 64 * 1024**2
# One service takes half a millisecond: the event loop is lent to others in between.
CHUNK = 20
# Of an organization with more services, the rest are there by name only: the work has to have an end.
MOST_NESTED = 100

_PLAIN_ORGANIZATION = (
    "id", "name", "alternate_name", "description", "email", "website", "tax_status", "tax_id",
    "year_incorporated", "legal_status", "logo", "uri", "parent_organization_id", "relevo",
)  # fmt: skip
_PLAIN_SERVICE = (
    "id", "organization_id", "program_id", "name", "alternate_name", "description", "url", "email", "status",
    "interpretation_services", "application_process", "fees_description", "wait_time", "fees",
    "accreditations", "eligibility_description", "minimum_age", "maximum_age", "assured_date",
    "assurer_email", "licenses", "alert", "last_modified", "relevo",
)  # fmt: skip
_PLAIN_LOCATION = (
    "id", "location_type", "url", "organization_id", "name", "alternate_name", "description",
    "transportation", "latitude", "longitude", "external_identifier", "external_identifier_type", "relevo",
)  # fmt: skip
_PLAIN_PROGRAM = ("id", "organization_id", "name", "alternate_name", "description")
# In these a service is whole, how many places it has among the rest.
_COUNTING = frozenset({"service_full", "service_at_location_full"})
_PLAIN_JOINT = ("id", "service_id", "location_id", "description")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record to show: in which shape, of which service or organization, and for a site its id."""

    shape: str
    row: Row
    site: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is kept under."""
        return self.shape, self.site or self.row.id


class Renderer:
    """Makes the bytes of records, and keeps them."""

    def __init__(self, store: Store, catalogue: Catalogue, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._catalogue = catalogue
        self._most = most_bytes
        self._kept: OrderedDict[tuple[str, str], tuple[object, bytes]] = OrderedDict()
        self.size = 0

    async def render(self, wanted: Sequence[Wanted]) -> list[bytes]:
        """Return the records in order, without those that are gone."""
        made = [one async for one in self.each(wanted)]
        return [one for one in made if one]

    async def each(self, wanted: Sequence[Wanted]) -> AsyncIterator[bytes]:
        """Yield the records in order, empty for one that is gone."""
        for begin in range(0, len(wanted), CHUNK):
            chunk = wanted[begin : begin + CHUNK]
            found = {one.key: kept for one in chunk if (kept := self._get(one))}
            missing = [one for one in chunk if one.key not in found]
            found |= await self._make(missing) if missing else {}
            for one in chunk:
                yield found.get(one.key, b"")
            await asyncio.sleep(0)

    async def tag(self, wanted: Sequence[Wanted]) -> str:
        """Return what stands for the bytes of all of these, without making them."""
        digest = hashlib.blake2b(metadata.version("relevo").encode(), digest_size=12)
        for number, one in enumerate(wanted):
            digest.update(repr((one.shape, one.row.id, one.site, self._version(one))).encode())
            if not number % 1000:
                await asyncio.sleep(0)
        return digest.hexdigest()

    def _version(self, one: Wanted) -> object:
        """What the bytes are made from: equal versions, equal bytes."""
        catalogue = self._catalogue
        owner = catalogue.organizations.get(one.row.organization)
        services = (
            tuple(sorted((row.id, row.revision) for row in catalogue.offered_by(one.row.id)))
            if one.shape in {"organization_full", "organization_full_service"}
            else ()
        )
        return one.row.revision, owner and owner.revision, services, catalogue.secrecy, self._places(one)

    def _places(self, one: Wanted) -> object:
        """The numbers of places in a record; most services count none."""
        if one.shape in _COUNTING:
            return self._catalogue.board.known(one.row.id)
        if one.shape == "organization_full_service":
            return tuple(
                self._catalogue.board.known(service) for service in _nested(self._catalogue, one.row.id)
            )
        return ()

    def _get(self, one: Wanted) -> bytes | None:
        kept = self._kept.get(one.key)
        if kept is None or kept[0] != self._version(one):
            return None
        self._kept.move_to_end(one.key)
        return kept[1]

    def _keep(self, one: Wanted, version: object, made: bytes) -> None:
        key = one.key
        before = self._kept.pop(key, None)
        self.size += len(made) - (len(before[1]) if before else 0)
        self._kept[key] = (version, made)
        while self.size > self._most:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= len(dropped)

    async def _make(self, wanted: list[Wanted]) -> dict[tuple[str, str], bytes]:
        # Before the documents are read: one that has changed since is made again the next time.
        versions = [self._version(one) for one in wanted]
        loaded = await self._load(wanted)
        made: dict[tuple[str, str], bytes] = {}
        for one, version in zip(wanted, versions, strict=True):
            record = SHAPES[one.shape](loaded, one)
            if record is not None:
                made[one.key] = msgspec.json.encode(record)
                self._keep(one, version, made[one.key])
            await asyncio.sleep(0)
        return made

    async def _load(self, wanted: list[Wanted]) -> "_Loaded":
        """The documents of these, with what they nest, in two requests."""
        services = {one.row.id for one in wanted if not one.shape.startswith("organization")}
        for one in wanted:
            if one.shape == "organization_full_service":
                services.update(_nested(self._catalogue, one.row.id))
        documents = await self._store.get_whole("service", services) if services else {}
        owners = {document["organization"] for document in documents.values()}
        owners.update(one.row.id for one in wanted if one.shape.startswith("organization"))
        organizations = await self._store.get_whole("organization", owners)
        return _Loaded(self._catalogue, documents, organizations)


def _nested(catalogue: Catalogue, organization: str) -> list[str]:
    return sorted(catalogue.services_of.get(organization, ()))[:MOST_NESTED]


@dataclass(frozen=True)
class _Loaded:
    """Documents by id, and the records made of them."""

    catalogue: Catalogue
    services: dict[str, dict[str, Any]]
    organizations: dict[str, dict[str, Any]]

    def service(self, service_id: str) -> Record | None:
        """The full record of a service, or None where there is none any more."""
        document = self.services.get(service_id)
        if document is None:
            return None
        owner = self.organizations.get(document["organization"])
        made = public.service(document, owner, self.catalogue.hidden, self.catalogue.board.known(service_id))
        taxonomies.coded(made, Need, "service", document.get("needs", ()))
        return made

    def organization(self, organization_id: str) -> Record | None:
        """The full record of an organization without its services, or None."""
        document = self.organizations.get(organization_id)
        if document is None:
            return None
        made = public.organization(document, self.catalogue.hidden)
        taxonomies.coded(made, OrganizationKind, "organization", [str(document["kind"])])
        return made


def _service_full(loaded: _Loaded, one: Wanted) -> Record | None:
    return loaded.service(one.row.id)


def _service(loaded: _Loaded, one: Wanted) -> Record | None:
    made = loaded.service(one.row.id)
    return None if made is None else _plain_service(made)


def _organization(loaded: _Loaded, one: Wanted) -> Record | None:
    made = loaded.organization(one.row.id)
    return None if made is None else _picked(made, _PLAIN_ORGANIZATION)


def _organization_full(loaded: _Loaded, one: Wanted) -> Record | None:
    made = loaded.organization(one.row.id)
    if made is not None and (rows := loaded.catalogue.offered_by(one.row.id)):
        made["services"] = [_named(loaded.catalogue, row) for row in rows]
    return made


def _organization_full_service(loaded: _Loaded, one: Wanted) -> Record | None:
    made = loaded.organization(one.row.id)
    if made is not None and (rows := loaded.catalogue.offered_by(one.row.id)):
        made["services"] = [_inside(loaded.service(row.id)) or _named(loaded.catalogue, row) for row in rows]
    return made


def _site(loaded: _Loaded, one: Wanted) -> Record | None:
    joint, service = _joint(loaded, one)
    if joint is None or service is None:
        return None
    location = _picked(joint["location"], _PLAIN_LOCATION)
    return {**_picked(joint, _PLAIN_JOINT), "location": location, "service": _plain_service(service)}


def _site_full(loaded: _Loaded, one: Wanted) -> Record | None:
    """The openapi of HSDS 3.0 gives this path the schema of a service: name and status are the service's."""
    joint, service = _joint(loaded, one)
    if joint is None or service is None:
        return None
    without = {key: value for key, value in service.items() if key != "service_at_locations"}
    return {**joint, "name": service["name"], "status": service["status"], "service": without}


def _joint(loaded: _Loaded, one: Wanted) -> tuple[Record | None, Record | None]:
    service = loaded.service(one.row.id)
    joints = service.get("service_at_locations", ()) if service else ()
    return next((joint for joint in joints if joint["id"] == one.site), None), service


def _plain_service(made: Record) -> Record:
    plain = _picked(made, _PLAIN_SERVICE)
    if "organization" in made:
        plain["organization"] = _picked(made["organization"], _PLAIN_ORGANIZATION)
    if "program" in made:
        plain["program"] = _picked(made["program"], _PLAIN_PROGRAM)
    return plain


def _inside(service: Record | None) -> Record | None:
    """A service inside its organization, which need not be there twice."""
    return service and {key: value for key, value in service.items() if key != "organization"}


def _named(catalogue: Catalogue, row: Row) -> Record:
    return {
        "id": ids.to_uuid(row.id),
        "organization_id": ids.to_uuid(row.organization),
        "name": row.name,
        "status": catalogue.status_of(row),
    }


def _picked(made: Record, fields: Iterable[str]) -> Record:
    return {key: made[key] for key in fields if key in made}


SHAPES: dict[str, Callable[[_Loaded, Wanted], Record | None]] = {
    "service": _service,
    "service_full": _service_full,
    "organization": _organization,
    "organization_full": _organization_full,
    "organization_full_service": _organization_full_service,
    "service_at_location": _site,
    "service_at_location_full": _site_full,
}
