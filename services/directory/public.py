"""Organizations and services as public HSDS 3.0 JSON (T0): the only place that makes it from what is stored.

It is the whole record as received, mended to what the schemas accept (``shape.py``), with the typed fields
over it, which may be newer. ``id`` is a UUID: the bits of our own id, which stands in ``relevo.id`` with
whatever else HSDS has no field for. Objects inside keep the UUIDs that they came with.

Of a confidential location nothing is here but id, municipality, state and visibility, and of a service's
presence there nothing but the hours. Whatever names by id a place that is not a public one of this very
record, or could (an edit's former value), is left out too: a shelter's telephone may stand beside it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from contracts.codes import State, Visibility
from contracts.labels import LABELS
from services.directory import hsds, ids, location, shape, values
from services.directory.geography.table import Table
from services.directory.reading import Reading
from services.directory.shape import Place, Record

Document = Mapping[str, Any]

# Where the typed field stands in the record by the same name, and wins.
_ORGANIZATION_FIELDS = ("name", "alternate_name", "description", "email", "website")
_SERVICE_FIELDS = (
    "name", "alternate_name", "description", "status", "url", "email", "minimum_age", "maximum_age",
    "assured_date",
)  # fmt: skip
# What HSDS 3.0 has no field for, in the object ``relevo``: the network's profile declares it.
_ORGANIZATION_EXTENSION = (
    "source",
    "source_id",
    "kind",
    "verified",
    "emergency_phone",
    "states",
    "fictional",
)
_SERVICE_EXTENSION = (
    "source", "source_id", "intake", "needs", "states", "municipalities", "timezone", "certified",
    "emergency_phone", "verified_at", "next_review", "fictional",
)  # fmt: skip
_HOURS = (
    "id", "valid_from", "valid_to", "dtstart", "until", "count", "interval", "timezone", "wkst", "freq",
    "byday", "byweekno", "bymonthday", "byyearday", "opens_at", "closes_at",
)  # fmt: skip
_UNNAMED = "?"
_PLACE_LINKS = ("location_id", "service_at_location_id")
NOTHING_HIDDEN: Collection[str] = frozenset()


def organization(document: Document, hidden: Collection[str] = NOTHING_HIDDEN) -> Record:
    """Return an organization's HSDS record, without its services.

    ``document`` is what is stored, with its ``record``. ``hidden`` are ids of locations that are
    confidential whatever this document says of them: another one may say so of the same place.
    """
    record = _record(document)
    raws = [raw for raw in _list(record.get("locations")) if isinstance(raw, Mapping)]
    source = _source(document)
    stored = _list(document.get("locations")) or [
        _read_location(raw, source, f"organization {record.get('id')} location {number}")
        for number, raw in enumerate(raws)
    ]
    sites = _sites(raws, raws, stored, hidden)
    own_id = ids.to_uuid(document["_id"])
    place = Place(source, own_id)
    made = _mended("organization", document, _ORGANIZATION_FIELDS, sites, place)
    if sites:
        made["locations"] = [_location(site, place) | {"organization_id": own_id} for site in sites]
    if parent := record.get("parent_organization_id"):
        made["parent_organization_id"] = ids.to_uuid(ids.derived("organization", source, str(parent)))
    made["relevo"] = _extension(document, _ORGANIZATION_EXTENSION)
    return made


def service(
    document: Document, organization: Document | None, hidden: Collection[str] = NOTHING_HIDDEN
) -> Record:
    """Return a service's HSDS record in its full shape, with its places and its organization.

    ``organization`` is its organization's document; the organization's own locations stay in the
    organization's record, or those of two hundred services would be there two hundred times.
    """
    own_id = ids.to_uuid(document["_id"])
    place = Place(_source(document), own_id)
    given = [one for one in _list(_record(document).get("service_at_locations")) if isinstance(one, Mapping)]
    given = [one for one in given if isinstance(one.get("location"), Mapping)]
    sites = _sites(given, [one["location"] for one in given], _list(document.get("locations")), hidden)
    made = _mended("service", document, _SERVICE_FIELDS, sites, place)
    made["organization_id"] = ids.to_uuid(document["organization"])
    if modified := values.moment(document.get("changed_at")):
        made["last_modified"] = modified
    if sites:
        made["service_at_locations"] = _service_at_locations(sites, place)
    if organization is not None:
        owner = _organization_inside(organization, hidden)
        made["organization"] = owner
    made["relevo"] = _extension(document, _SERVICE_EXTENSION)
    made["relevo"]["organization_id"] = document["organization"]
    return made


@dataclass(frozen=True)
class _Site:
    """A place: what joins it to its owner as received, itself as received, and as stored."""

    joint: Mapping[str, Any]
    raw: Mapping[str, Any]
    stored: Document
    public: bool


def _sites(
    joints: list[Mapping[str, Any]],
    raws: list[Mapping[str, Any]],
    stored: list[Document],
    hidden: Collection[str],
) -> list[_Site]:
    """The places that are stored, each with what was received of it, if that is as many as were received."""
    if len(raws) != len(stored):
        joints = raws = [{} for _ in stored]
    return [
        _Site(joint, raw, one, _is_public(raw, one) and one["id"] not in hidden)
        for joint, raw, one in zip(joints, raws, stored, strict=True)
    ]


def _is_public(raw: Mapping[str, Any], stored: Document) -> bool:
    extension = raw.get("relevo")
    said = extension.get("visibility") if isinstance(extension, Mapping) else None
    return stored["visibility"] == Visibility.PUBLIC and said in (None, Visibility.PUBLIC)


def _mended(name: str, document: Document, typed: Iterable[str], sites: list[_Site], place: Place) -> Record:
    newer = {key: _plain(document[key]) for key in typed if document.get(key) is not None}
    given = {key: value for key, value in _record(document).items() if key not in _PLACE_KEYS} | newer
    if not all(site.public for site in sites):
        given.pop("metadata", None)
    return shape.mend(name, _unlinked(given, _public_ids(sites)), place, place.way) or {"id": place.way}


_PLACE_KEYS = frozenset({"service_at_locations", "locations", "organization", "services"})


def _public_ids(sites: list[_Site]) -> frozenset[str]:
    """What may be named; where every place is public, also one that is not said."""
    public = [site for site in sites if site.public]
    named = {str(one["id"]) for site in public for one in (site.raw, site.joint) if one.get("id")}
    return frozenset(named | {_UNNAMED} if len(public) == len(sites) else named)


def _unlinked(given: Any, known: Collection[str]) -> Any:
    """The same without what names a place other than these: at any depth, since a contact has phones."""
    if isinstance(given, Mapping):
        return {key: _unlinked(value, known) for key, value in given.items()}
    if isinstance(given, list):
        return [_unlinked(one, known) for one in given if not _strays(one, known)]
    return given


def _strays(one: Any, known: Collection[str]) -> bool:
    if not isinstance(one, Mapping):
        return False
    named = [one.get(key) for key in _PLACE_LINKS]
    if "location" in str(one.get("link_entity") or one.get("resource_type") or ""):
        named.append(one.get("link_id") or one.get("resource_id") or _UNNAMED)
    return any(name and str(name) not in known for name in named)


def _service_at_locations(sites: list[_Site], place: Place) -> list[Record]:
    made: list[Record] = []
    times: dict[str, int] = {}
    for site in sites:
        location_id = site.stored["id"]
        times[location_id] = times.get(location_id, -1) + 1
        own_id = ids.stable_uuid("service_at_location", place.way, location_id, str(times[location_id]))
        made.append(_service_at_location(site, place, own_id))
    return made


def _service_at_location(site: _Site, place: Place, own_id: str) -> Record:
    """A service's presence at a place; at a confidential one only its hours, without any words."""
    given = site.joint if site.public else {}
    given = {key: value for key, value in given.items() if key != "location"}
    given = _unlinked(given, _public_ids([site]))
    made = shape.mend("service_at_location", given, place, own_id) or {"id": own_id}
    if not site.public:
        hours = shape.mend_all("schedule", site.joint.get("schedules"), place, own_id, "schedules")
        if kept := [{key: one[key] for key in _HOURS if key in one} for one in hours]:
            made["schedules"] = kept
    made["service_id"] = place.way
    made["location_id"] = ids.to_uuid(site.stored["id"])
    made["location"] = _location(site, place)
    return made


def _location(site: _Site, place: Place) -> Record:
    """A location's HSDS record; of a confidential one what ``location.view`` lets out, and no more."""
    stored = site.stored if site.public else {**site.stored, "visibility": _confidential(site.stored)}
    seen = location.view(dict(stored))
    own_id = ids.to_uuid(seen.id)
    given = _typed(seen) if site.public else {}
    if site.public and site.raw:
        known = _public_ids([site])
        given = {**_unlinked(site.raw, known), **{key: given.get(key) for key in ("latitude", "longitude")}}
    made = shape.mend("location", given, place, own_id) or {"id": own_id}
    made.setdefault("location_type", "physical")
    made["relevo"] = {"id": seen.id, "visibility": str(seen.visibility)}
    extra = {"municipality": seen.municipality, "state": seen.state and str(seen.state)}
    extra["municipality_code"] = stored.get("municipality_code")
    made["relevo"] |= {key: value for key, value in extra.items() if value}
    return made


def _confidential(stored: Document) -> str:
    """Its own visibility; where another document hides it, the narrowest."""
    own = str(stored["visibility"])
    return own if own != Visibility.PUBLIC else str(Visibility.PRIVATE)


def _typed(seen: Any) -> Record:
    """A public location from its typed fields alone."""
    state = State(seen.state) if seen.state else None
    given: Record = {"name": seen.name, "latitude": seen.latitude, "longitude": seen.longitude}
    if seen.street or seen.city or seen.postal_code:
        given["addresses"] = [
            {
                "address_1": seen.street,
                "city": seen.city,
                "region": seen.municipality,
                "state_province": LABELS[State][state].es if state else None,
                "postal_code": seen.postal_code,
                "country": "MX" if state else None,
            }
        ]
    return given


def _organization_inside(document: Document, hidden: Collection[str]) -> Record:
    made = organization(document, hidden)
    made.pop("locations", None)
    return made


def _read_location(raw: Mapping[str, Any], source: str, owner: str) -> Document:
    """An organization's location as its document keeps it; one from before has kept none."""
    try:
        typed = msgspec.convert(raw, hsds.Location, strict=False)
        return location.document(typed, owner, ("locations",), Reading(source, Table()))
    except msgspec.ValidationError:  # an import lets none of these in: rather nothing of it than all
        unread = ids.derived("location", source, str(raw.get("id") or owner))
        return {"id": unread, "visibility": Visibility.PRIVATE}


def _extension(document: Document, fields: Iterable[str]) -> Record:
    extra = {key: _plain(document[key]) for key in fields if document.get(key) not in (None, [], ())}
    return {"id": document["_id"], **extra}


def _plain(value: Any) -> Any:
    return values.moment(value) if isinstance(value, datetime) else msgspec.to_builtins(value)


def _record(document: Document) -> Record:
    text = document.get("record")
    record: Record = msgspec.json.decode(text) if text else {}
    return record


def _source(document: Document) -> str:
    return str(document.get("source") or "")


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
