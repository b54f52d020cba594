"""The lesser fields of HSDS records, typed: schedules, areas, costs, documents, terms, accessibility.

One that is wrong does not refuse its record: it is left out of the typed fields and named (``notes.py``).
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from services.directory.hsds import Line, Text
from services.directory.notes import Notes, Path
from services.directory.text import one_line

Years = Annotated[float, Meta(ge=0, le=150)]
_NOTHING = frozenset({"", "no", "none", "false", "0", "n/a", "na", "ninguna", "ninguno"})


class Schedule(Struct):
    """HSDS ``schedule``: RFC 5545 with names of its own. ``timezone`` is hours from UTC, or an IANA name."""

    valid_from: Line | None = None
    valid_to: Line | None = None
    dtstart: Line | None = None
    until: Line | None = None
    timezone: float | str | None = None
    count: int | None = None
    wkst: Line | None = None
    freq: Line | None = None
    interval: int | None = None
    byday: Line | None = None
    byweekno: Line | None = None
    bymonthday: Line | None = None
    byyearday: Line | None = None
    description: Text | None = None
    opens_at: Line | None = None
    closes_at: Line | None = None
    attending_type: Line | None = None
    notes: Text | None = None


class HoursException(Struct):
    """A day, or days, on which other hours than the usual ones hold (the network's own): a holiday."""

    date: Line
    until: Line | None = None
    closed: bool = False
    opens_at: Line | None = None
    closes_at: Line | None = None
    note: Line | None = None


class ServiceArea(Struct):
    name: Line | None = None
    description: Text | None = None
    extent_type: Line | None = None
    uri: Line | None = None


class RequiredDocument(Struct):
    document: Line | None = None
    uri: Line | None = None


class CostOption(Struct):
    option: Line | None = None
    valid_from: Line | None = None
    valid_to: Line | None = None
    currency: Line | None = None
    amount: float | None = None
    amount_description: Text | None = None


class Accessibility(Struct):
    description: Line | None = None
    details: Line | None = None
    url: Line | None = None


class Taxonomy(Struct):
    name: Line | None = None


class TaxonomyTerm(Struct):
    id: Line | None = None
    code: Line | None = None
    name: Line | None = None
    taxonomy: Line | None = None
    taxonomy_detail: Taxonomy | None = None


class Attribute(Struct):
    taxonomy_term: TaxonomyTerm | None = None


class Identifier(Struct):
    identifier_scheme: Line | None = None
    identifier_type: Line | None = None
    identifier: Line | None = None


def line(given: Any, path: Path, notes: Notes) -> str | None:
    """Return a text of one line, or None."""
    value = notes.value(given, Line, path)
    return one_line(value) if value else None


def words(given: Any, path: Path, notes: Notes) -> str | None:
    """Return a text, or None."""
    return notes.value(given, Text, path) or None


def ages(minimum: Any, maximum: Any, notes: Notes) -> tuple[float | None, float | None]:
    """Return the youngest and the oldest age, in years; none of both where the first is the greater."""
    least = notes.value(minimum, Years, ("minimum_age",))
    most = notes.value(maximum, Years, ("maximum_age",))
    if least is not None and most is not None and least > most:
        notes.add(("minimum_age",), "It is greater than maximum_age: both are left out.")
        return None, None
    return least, most


def is_certified(explicit: Any, accreditations: str | None, licenses: str | None, notes: Notes) -> bool:
    """Whether its source says that the provider is certified, accredited or licensed; its own word only."""
    said = notes.value(explicit, bool, ("relevo", "certified"))
    if said is not None:
        return said
    return any((text or "").strip().lower() not in _NOTHING for text in (accreditations, licenses))


def areas(given: Any, notes: Notes) -> list[dict[str, Any]]:
    """Return the areas served, without their outlines, which only the record keeps."""
    found = notes.items(given, ServiceArea, ("service_areas",))
    return [_filled(one) for _, one in found if one.name or one.description or one.uri]


def documents(given: Any, notes: Notes) -> list[str]:
    """Return the documents that a person has to bring, each once."""
    found = notes.items(given, RequiredDocument, ("required_documents",))
    return list(dict.fromkeys(one.document for _, one in found if one.document))


def costs(given: Any, notes: Notes) -> list[dict[str, Any]]:
    """Return what it costs."""
    return [_filled(one) for _, one in notes.items(given, CostOption, ("cost_options",))]


def terms(given: Any, notes: Notes) -> list[dict[str, Any]]:
    """Return the taxonomy terms of ``attributes``: ``id``, ``code``, ``name`` and ``taxonomy``, each once."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for _, attribute in notes.items(given, Attribute, ("attributes",)):
        term = attribute.taxonomy_term
        if term is None or not (term.id or term.code or term.name):
            continue
        detail = term.taxonomy_detail or Taxonomy()
        one = {
            "id": term.id,
            "code": term.code,
            "name": term.name,
            "taxonomy": detail.name or term.taxonomy,
        }
        found.setdefault(tuple(one.values()), one)
    return list(found.values())


def accessibility(given: Any, path: Path, notes: Notes) -> list[str]:
    """Return what a place offers to people with disabilities, in its source's words, each once."""
    found = notes.items(given, Accessibility, path)
    return list(dict.fromkeys(text for _, one in found if (text := one.description or one.details)))


def said(given: Any, path: Path, notes: Notes) -> list[str]:
    """Return a list of short texts, each once."""
    values = notes.value(given, list[Line], path) or []
    return list(dict.fromkeys(text for value in values if (text := one_line(value))))


def identifiers(given: Any, notes: Notes) -> list[dict[str, Any]]:
    """Return an organization's ids in registers of others."""
    found = notes.items(given, Identifier, ("organization_identifiers",))
    return [_filled(one) for _, one in found if one.identifier]


def _filled(one: Struct) -> dict[str, Any]:
    return {
        field: value
        for field in one.__struct_fields__
        if (value := getattr(one, field)) is not None and value != ""
    }
