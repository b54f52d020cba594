"""An imported record: read, typed, and compared by its hash with what came before."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from chassis.outbox import pending_event
from contracts.directory import ImportRecord
from contracts.events import ORGANIZATION_CHANGED, SERVICE_CHANGED
from contracts.rpc import FieldProblem
from services.directory import hsds, ids, organization, service
from services.directory.ids import Noun
from services.directory.matching import acceptance

# Raise it when the typed fields are made in another way: the next import then renews every document.
_MAPPING = b"2"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A good record. ``needs_organization`` is the id that has to exist before a service can."""

    noun: Noun
    id: str
    hash: str
    fields: dict[str, Any]

    @property
    def needs_organization(self) -> str | None:
        """Our id of the organization that offers the service; None for an organization."""
        return self.fields.get("organization")


def read(source: str, given: ImportRecord) -> Imported | tuple[FieldProblem, ...]:
    """Return the record, typed, with the whole of it beside; or every field that is not right."""
    if given.kind == "organization":
        read_organization = hsds.read(given.record, hsds.OrganizationRecord)
        if isinstance(read_organization, tuple):
            return read_organization
        fields = organization.from_record(read_organization, source)
        return _imported("organization", source, given.record, fields)
    read_service = hsds.read(given.record, hsds.ServiceRecord)
    if isinstance(read_service, tuple):
        return read_service
    rules_problems = acceptance.seeds(read_service.relevo.rules or ())[1]
    if rules_problems:
        return tuple(rules_problems)
    owner = ids.derived("organization", source, read_service.organization_id)
    return _imported("service", source, given.record, service.from_record(read_service, source, owner))


def changed_event(noun: Noun, noun_id: str, fields: dict[str, Any], n: int, at: datetime) -> dict[str, Any]:
    """Return the pending event that says the organization or service was registered or changed."""
    if noun == "organization":
        return pending_event(
            ORGANIZATION_CHANGED.type, noun_id, n, at, organization.event(noun_id, fields, n, at)
        )
    return pending_event(SERVICE_CHANGED.type, noun_id, n, at, service.event(noun_id, fields, n, at))


def _imported(noun: Noun, source: str, record: dict[str, Any], fields: dict[str, Any]) -> Imported:
    """The record is kept as one JSON text: as received, and cheaper to read past than a document."""
    canonical = msgspec.json.encode(record, order="deterministic")
    source_id = record["id"]
    digest = hashlib.sha256(_MAPPING + canonical).hexdigest()
    return Imported(
        noun=noun,
        id=ids.derived(noun, source, source_id),
        hash=digest,
        fields={
            **fields,
            "source": source,
            "source_id": source_id,
            "hash": digest,
            "record": canonical.decode(),
        },
    )
