"""Organizations and services as public HSDS 3.0 JSON (T0): the only place that makes it from what is stored.

It is the whole record as received, mended to what the schemas accept (``shape.py``), with the typed fields
over it, which may be newer. ``id`` is a UUID: the bits of our own id, which stands in ``relevo.id`` with
whatever else HSDS has no field for. Objects inside keep the UUIDs that they came with.

Of a confidential location hardly anything is here (``sites.py``). Whatever names by id a place that is not a
public one of this very record, or could (an edit's former value), is left out too: a shelter's telephone
may stand beside it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from contracts.acceptance import REVIEWED
from contracts.directory import Capacity
from services.directory import ids, language, shape, sites, values
from services.directory import organization as stored_organization
from services.directory.capacity import published
from services.directory.matching import acceptance
from services.directory.shape import Place, Record
from services.directory.sites import Site

Document = Mapping[str, Any]

# Where the typed field stands in the record by the same name, and wins.
_ORGANIZATION_FIELDS = ("name", "alternate_name", "description", "email", "website")
_SERVICE_FIELDS = (
    "name", "alternate_name", "description", "status", "url", "email", "minimum_age", "maximum_age",
    "assured_date", "interpretation_services", "application_process", "fees_description", "wait_time",
    "accreditations", "licenses", "eligibility_description", "alert",
)  # fmt: skip
# Lists are typed more narrowly than they were received: they count once the organization has edited them.
_EDITED_LISTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "phones": ("phones", lambda phones: phones),
    "schedules": ("schedules", lambda schedules: [_schedule(one) for one in schedules]),
    "service_areas": ("service_areas", lambda areas: areas),
    "cost_options": ("cost_options", lambda costs: costs),
    "required_documents": ("required_documents", lambda names: [{"document": name} for name in names]),
    "languages": ("languages", lambda stored: [_language(one) for one in language.views(stored)]),
}
# What HSDS 3.0 has no field for, in the object ``relevo``: the network's profile declares it.
_ORGANIZATION_EXTENSION = ("source", "source_id", "kind", "emergency_phone", "states", "fictional")
_SERVICE_EXTENSION = (
    "source", "source_id", "intake", "needs", "states", "municipalities", "timezone", "exceptions",
    "certified", "accessibility", "emergency_phone", "verified_at", "next_review", "fictional",
)  # fmt: skip
_NESTED = frozenset({"service_at_locations", "locations", "organization", "services"})
NOTHING_HIDDEN: Collection[str] = frozenset()


def organization(document: Document, hidden: Collection[str] = NOTHING_HIDDEN) -> Record:
    """Return an organization's HSDS record, without its services.

    ``document`` is what is stored, with its ``record``. ``hidden`` are ids of locations that are
    confidential whatever this document says of them: another one may say so of the same place.
    """
    record, place = _record(document), _place(document)
    there = sites.of_organization(document, record, hidden)
    made = _mended("organization", document, record, there)
    if there:
        made["locations"] = [sites.record(site, place) | {"organization_id": place.way} for site in there]
    if parent := record.get("parent_organization_id"):
        made["parent_organization_id"] = ids.to_uuid(ids.derived("organization", place.source, str(parent)))
    made["relevo"] = _extension(document, _ORGANIZATION_EXTENSION)
    made["relevo"]["verified"] = stored_organization.is_verified(dict(document))
    return made


def service(
    document: Document,
    organization: Document | None,
    hidden: Collection[str] = NOTHING_HIDDEN,
    places: Iterable[Capacity] = (),
) -> Record:
    """Return a service's HSDS record in its full shape, with its places and its organization.

    ``organization`` is its organization's document; the organization's own locations stay in the
    organization's record, or those of two hundred services would be there two hundred times. A service of
    an organization that takes no part any more is inactive. ``places`` are how many it has now.
    """
    record, place = _record(document), _place(document)
    there = _overruled(sites.of_service(document, record, hidden), document)
    made = _mended("service", document, record, there)
    made["organization_id"] = ids.to_uuid(document["organization"])
    if modified := values.moment(document.get("changed_at")):
        made["last_modified"] = modified
    if there:
        made["service_at_locations"] = sites.service_at_locations(there, place)
    if organization is not None:
        made["organization"] = _organization_inside(organization, hidden)
        if not stored_organization.is_there(dict(organization)):
            made["status"] = "inactive"
    if counted := published.records(places, place.way):
        made["capacities"] = counted
    made["relevo"] = _extension(document, _SERVICE_EXTENSION)
    made["relevo"]["organization_id"] = document["organization"]
    if rules := _rules(document):
        made["relevo"]["rules"] = rules
    return made


def confidential_places(document: Document) -> frozenset[str]:
    """Return the ids of the locations that an organization's or service's document itself says to hide."""
    find = sites.of_service if "organization" in document else sites.of_organization
    there = find(document, _record(document), NOTHING_HIDDEN)
    return frozenset(site.stored["id"] for site in there if not site.public)


def _mended(name: str, document: Document, record: Record, there: list[Site]) -> Record:
    given = {key: value for key, value in record.items() if key not in _NESTED}
    given |= _newer(document, _SERVICE_FIELDS if name == "service" else _ORGANIZATION_FIELDS)
    if not all(site.public for site in there):
        given.pop("metadata", None)
    place = _place(document)
    unlinked = sites.unlinked(given, sites.public_ids(there))
    return shape.mend(name, unlinked, place, place.way) or {"id": place.way}


def _newer(document: Document, typed: Iterable[str]) -> Record:
    """The typed fields that win; one that was edited also where it is empty now."""
    edited = frozenset(document.get("edited") or ())
    newer = {
        key: _plain(document[key])
        for key in typed
        if document.get(key) is not None or (key in edited and key in document)
    }
    for field, (key, made) in _EDITED_LISTS.items():
        if field in edited:
            newer[key] = _plain(made(document.get(field) or ()))
    return newer


def _overruled(there: list[Site], document: Document) -> list[Site]:
    """The places without the hours and telephones that the source gave the service there.

    Both are among the service's own once they are typed, so whoever edited those has replaced these.
    """
    gone = {"schedules", "phones"} & frozenset(document.get("edited") or ())
    if not gone:
        return there
    left = [{key: value for key, value in site.joint.items() if key not in gone} for site in there]
    return [replace(site, joint=joint) for site, joint in zip(there, left, strict=True)]


def _schedule(one: Mapping[str, Any]) -> Record:
    """HSDS 3.0 repeats by week or month only: every day is every day of the week."""
    if one.get("freq") != "DAILY":
        return dict(one)
    return {**one, "freq": "WEEKLY", "byday": one.get("byday") or "MO,TU,WE,TH,FR,SA,SU"}


def _language(one: Any) -> Record:
    return {"code": one.code, "name": one.name, "relevo": {"interpreter": one.interpreter}}


def _rules(document: Document) -> list[Record]:
    """The rules that are applied; those that need a justification are told to the parties only."""
    rules = acceptance.view(document, inside=False).rules
    told = ("dimension", "operator", "effect", "values", "note")
    open_to_all = (msgspec.to_builtins(rule) for rule in rules if rule.dimension not in REVIEWED)
    return [{key: rule[key] for key in told if rule.get(key)} for rule in open_to_all]


def _organization_inside(document: Document, hidden: Collection[str]) -> Record:
    made = organization(document, hidden)
    made.pop("locations", None)
    return made


def _extension(document: Document, fields: Iterable[str]) -> Record:
    extra = {key: _plain(document[key]) for key in fields if document.get(key) not in (None, [], ())}
    return {"id": document["_id"], **extra}


def _plain(value: Any) -> Any:
    return values.moment(value) if isinstance(value, datetime) else msgspec.to_builtins(value)


def _place(document: Document) -> Place:
    return Place(str(document.get("source") or ""), ids.to_uuid(document["_id"]))


def _record(document: Document) -> Record:
    text = document.get("record")
    record: Record = msgspec.json.decode(text) if text else {}
    return record
