"""A record's places as the public may see them; of a confidential one hardly anything.

Of such a place nothing is here but id, municipality, state and visibility, and of a service's presence there
nothing but the hours. The import cuts the rest out before it is stored (``confidential/``); here it is not
shown even where it is stored, as in a record that came before another one said that its place is hidden.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from contracts.codes import State, Visibility
from contracts.labels import LABELS
from services.directory import hsds, ids, location, shape
from services.directory.geography.table import Table
from services.directory.reading import Reading
from services.directory.shape import Place, Record

Document = Mapping[str, Any]

_HOURS = (
    "id", "valid_from", "valid_to", "dtstart", "until", "count", "interval", "timezone", "wkst", "freq",
    "byday", "byweekno", "bymonthday", "byyearday", "opens_at", "closes_at",
)  # fmt: skip
_PLACE_LINKS = ("location_id", "service_at_location_id")
_UNNAMED = "?"


@dataclass(frozen=True)
class Site:
    """A place: what joins it to its owner as received, itself as received, and as stored."""

    joint: Mapping[str, Any]
    raw: Mapping[str, Any]
    stored: Document
    public: bool


def of_organization(document: Document, record: Record, hidden: Collection[str]) -> list[Site]:
    """Return the places of an organization."""
    raws = [raw for raw in _list(record.get("locations")) if isinstance(raw, Mapping)]
    source, owner = str(document.get("source") or ""), f"organization {record.get('id')}"
    stored = _list(document.get("locations")) or [
        _read_location(raw, source, f"{owner} location {number}") for number, raw in enumerate(raws)
    ]
    return _sites(raws, raws, stored, hidden)


def of_service(document: Document, record: Record, hidden: Collection[str]) -> list[Site]:
    """Return the places of a service."""
    given = [one for one in _list(record.get("service_at_locations")) if isinstance(one, Mapping)]
    given = [one for one in given if isinstance(one.get("location"), Mapping)]
    return _sites(given, [one["location"] for one in given], _list(document.get("locations")), hidden)


def service_at_locations(sites: list[Site], place: Place) -> list[Record]:
    """Return the HSDS records of a service's presence at its places; ``place.way`` is the service's UUID."""
    made: list[Record] = []
    times: dict[str, int] = {}
    for site in sites:
        location_id = site.stored["id"]
        times[location_id] = times.get(location_id, -1) + 1
        own_id = ids.stable_uuid("service_at_location", place.way, location_id, str(times[location_id]))
        made.append(_service_at_location(site, place, own_id))
    return made


def _service_at_location(site: Site, place: Place, own_id: str) -> Record:
    """A service's presence at a place; at a confidential one only its hours, without any words."""
    given = site.joint if site.public else {}
    given = {key: value for key, value in given.items() if key != "location"}
    given = unlinked(given, public_ids([site]))
    made = shape.mend("service_at_location", given, place, own_id) or {"id": own_id}
    if not site.public:
        hours = shape.mend_all("schedule", site.joint.get("schedules"), place, own_id, "schedules")
        if kept := [{key: one[key] for key in _HOURS if key in one} for one in hours]:
            made["schedules"] = kept
    made["service_id"] = place.way
    made["location_id"] = ids.to_uuid(site.stored["id"])
    made["location"] = record(site, place)
    return made


def record(site: Site, place: Place) -> Record:
    """Return a location's HSDS record; of a confidential one what ``location.view`` lets out, and no more."""
    stored = site.stored if site.public else {**site.stored, "visibility": _confidential(site.stored)}
    seen = location.view(dict(stored))
    own_id = ids.to_uuid(seen.id)
    given = _typed(seen) if site.public else {}
    if site.public and site.raw:
        known = public_ids([site])
        given = {**unlinked(site.raw, known), **{key: given.get(key) for key in ("latitude", "longitude")}}
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


def public_ids(sites: list[Site]) -> frozenset[str]:
    """Return what may be named; where every place is public, also one that is not said."""
    public = [site for site in sites if site.public]
    named = {str(one["id"]) for site in public for one in (site.raw, site.joint) if one.get("id")}
    return frozenset(named | {_UNNAMED} if len(public) == len(sites) else named)


def unlinked(given: Any, known: Collection[str]) -> Any:
    """Return the same without what names another place than these, at any depth: a contact has phones."""
    if isinstance(given, dict):
        return {
            key: unlinked(value, known) if isinstance(value, dict | list) else value
            for key, value in given.items()
        }
    if isinstance(given, list):
        return [unlinked(one, known) for one in given if not _strays(one, known)]
    return given


def _strays(one: Any, known: Collection[str]) -> bool:
    if not isinstance(one, dict):
        return False
    named = [one[key] for key in _PLACE_LINKS if key in one]
    if "location" in str(one.get("link_entity") or one.get("resource_type") or ""):
        named.append(one.get("link_id") or one.get("resource_id") or _UNNAMED)
    return any(name and str(name) not in known for name in named)


def _sites(
    joints: list[Mapping[str, Any]],
    raws: list[Mapping[str, Any]],
    stored: list[Document],
    hidden: Collection[str],
) -> list[Site]:
    """The places that are stored, each with what was received of it, if that is as many as were received."""
    if len(raws) != len(stored):
        joints = raws = [{} for _ in stored]
    return [
        Site(joint, raw, one, _is_public(raw, one) and one["id"] not in hidden)
        for joint, raw, one in zip(joints, raws, stored, strict=True)
    ]


def _is_public(raw: Mapping[str, Any], stored: Document) -> bool:
    extension = raw.get("relevo")
    said = extension.get("visibility") if isinstance(extension, Mapping) else None
    return stored["visibility"] == Visibility.PUBLIC and said in (None, Visibility.PUBLIC)


def _read_location(raw: Mapping[str, Any], source: str, owner: str) -> Document:
    """An organization's location as its document keeps it; one from before has kept none."""
    try:
        typed = msgspec.convert(raw, hsds.Location, strict=False)
        return location.document(typed, owner, ("locations",), Reading(source, Table()))
    except msgspec.ValidationError:  # an import lets none of these in: rather nothing of it than all
        unread = ids.derived("location", source, str(raw.get("id") or owner))
        return {"id": unread, "visibility": Visibility.PRIVATE}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
