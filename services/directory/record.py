"""An imported record: read, typed, and compared by its hash with what came before."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from chassis.outbox import pending_event
from contracts.codes import Visibility
from contracts.directory import ImportRecord
from contracts.events import ORGANIZATION_CHANGED, SERVICE_CHANGED
from contracts.rpc import FieldProblem
from services.directory import hsds, ids, location, organization, permissions, service
from services.directory.confidential.cut import Cut, Hidden, cut
from services.directory.geography.table import Table
from services.directory.ids import Noun
from services.directory.matching import acceptance
from services.directory.reading import Reading

# Raise it when the typed fields are made in another way: every document is then read anew from its record,
# by the next import or in the background (rereading.py).
MAPPING = 4


# Of a document's ``read_as``, how many tables of municipalities fit into one mapping.
_TABLES = 1_000_000


def read_as(table: Table) -> int:
    """Return by which rules and table a record is read now: a document with a lower number is outdated."""
    return MAPPING * _TABLES + table.number


def as_data(text: str) -> dict[str, Any]:
    """Return a kept record as it was imported, but for what was cut out of it."""
    data: dict[str, Any] = msgspec.json.decode(text)
    return data


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A good record, with everything confidential cut out of ``fields``, the whole record among them.

    ``hidden`` is what was cut out and ``stubs`` are the places that came without it; ``mended`` says which
    lesser fields were put right or left out.
    """

    noun: Noun
    id: str
    hash: str
    fields: dict[str, Any]
    hidden: tuple[Hidden, ...] = ()
    stubs: tuple[str, ...] = ()
    mended: tuple[FieldProblem, ...] = ()

    @property
    def needs_organization(self) -> str | None:
        """Our id of the organization that offers the service; None for an organization."""
        return self.fields.get("organization")

    @property
    def organization(self) -> str:
        """Whose it is: the organization itself, or that of the service."""
        return self.needs_organization or self.id

    @property
    def shown(self) -> list[str]:
        """The places that it shows to everybody, or only names."""
        places = self.fields.get("locations", ())
        return [place["id"] for place in places if place["visibility"] == Visibility.PUBLIC]


def read(
    source: str, given: ImportRecord, table: Table, secret: frozenset[str] = frozenset()
) -> Imported | tuple[FieldProblem, ...]:
    """Return the record, typed, with the whole of it beside; or every field that is not right.

    ``secret`` are our ids of places that another record says are confidential.
    """
    reading = Reading(source, table)
    # Before anything is read: no reader after this one can meet what is confidential.
    safe = cut(given.record, source, f"{given.kind} {given.record.get('id')}", table, secret)
    if given.kind == "organization":
        read_organization = hsds.read(safe.record, hsds.OrganizationRecord)
        if isinstance(read_organization, tuple):
            return read_organization
        fields = organization.from_record(read_organization, reading)
        return _imported("organization", safe, fields, reading)
    read_service = hsds.read(safe.record, hsds.ServiceRecord)
    if isinstance(read_service, tuple):
        return read_service
    rules_problems = acceptance.seeds(read_service.relevo.rules or ())[1]
    if rules_problems:
        return tuple(rules_problems)
    owner = ids.derived("organization", source, read_service.organization_id)
    fields = service.from_record(read_service, owner, reading)
    return _imported("service", safe, fields, reading)


def read_made(
    noun_id: str, owner: str, given: dict[str, Any], table: Table, secret: frozenset[str] = frozenset()
) -> Imported:
    """Return the places of a service that its organization made: of no source, and its places are its record.

    ``given`` has ``service_at_locations`` and nothing else.
    """
    reading = Reading("", table)
    safe = cut(given, "", noun_id, table, secret)
    places = service.places_made(safe.record["service_at_locations"], noun_id, reading)
    return Imported(
        noun="service",
        id=noun_id,
        hash="",
        hidden=safe.hidden,
        stubs=safe.stubs,
        fields={
            "organization": owner,
            "locations": places,
            "municipalities": location.municipalities(places),
            "record": msgspec.json.encode(safe.record, order="deterministic").decode(),
        },
    )


def changed_event(
    noun: Noun, noun_id: str, fields: dict[str, Any], n: int, at: datetime, *, before: dict[str, Any]
) -> dict[str, Any]:
    """Return the pending event that says the operator, or an import, registered or changed it.

    ``before`` is what an organization was, empty for a new one: where it may do more or less by this than
    before, the event says so.
    """
    if noun == "service":
        return pending_event(SERVICE_CHANGED.type, noun_id, n, at, service.event(noun_id, fields, n, at))
    data = organization.event(noun_id, fields, n, at)
    action = permissions.of_organization(before, fields)
    if action is not None:
        data = msgspec.structs.replace(data, action=action, **permissions.who(None))
    return pending_event(ORGANIZATION_CHANGED.type, noun_id, n, at, data)


def _imported(noun: Noun, safe: Cut, fields: dict[str, Any], reading: Reading) -> Imported:
    """The record is kept as one JSON text: as received, and cheaper to read past than a document.

    The hash is of what is kept, not of what was cut out: nobody can try addresses against it.
    """
    canonical = msgspec.json.encode(safe.record, order="deterministic")
    source_id = safe.record["id"]
    # What a place resolves to depends on the table of municipalities too.
    resolved = [(one.get("municipality_code"), one.get("centre")) for one in fields["locations"]]
    digest = hashlib.sha256(msgspec.json.encode((MAPPING, resolved)) + canonical).hexdigest()
    return Imported(
        noun=noun,
        id=ids.derived(noun, reading.source, source_id),
        hash=digest,
        hidden=safe.hidden,
        stubs=safe.stubs,
        mended=reading.notes.problems,
        fields={
            **fields,
            "source": reading.source,
            "source_id": source_id,
            "hash": digest,
            "read_as": read_as(reading.table),
            "record": canonical.decode(),
        },
    )
