"""Taxonomies and their terms: the network's own codes with their labels, and those that came with imports.

A service's needs and an organization's kind are terms of the network's taxonomies, so that whoever knows
HSDS and not Relevo finds them where HSDS has them: in attributes.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from contracts.codes import Need, NeedGroup, OrganizationKind, Vulnerability
from contracts.labels import LABELS
from contracts.needs import NEEDS_BY_GROUP
from services.directory import ids
from services.directory.shape import Record
from services.directory.text import words

_SOURCE = "relevo"
_NAMES = {
    Need: ("needs", "Necesidades", "What a person is referred for"),
    Vulnerability: ("vulnerabilities", "Vulnerabilidades", "What makes a person's need more pressing"),
    OrganizationKind: ("organization_kinds", "Tipos de organización", "What an organization is"),
}


class Taxonomies:
    """Every taxonomy and term by its UUID; the network's own are always there."""

    def __init__(self) -> None:
        self.taxonomies: dict[str, Record] = {}
        self.terms: dict[str, Record] = {}
        for kind in _NAMES:
            self.taxonomies[_taxonomy_id(kind)] = _own_taxonomy(kind)
            self.terms |= {term["id"]: term for term in _own_terms(kind)}

    def learn(self, terms: Iterable[Record]) -> None:
        """Take in the terms of imported attributes; what is known stays as it is."""
        for term in terms:
            self.terms.setdefault(term["id"], term)
            taxonomy_id = term.get("taxonomy_id")
            if taxonomy_id and taxonomy_id not in self.taxonomies:
                named = {"id": taxonomy_id, "name": term.get("taxonomy", term["name"]), "description": ""}
                self.taxonomies[taxonomy_id] = term.get("taxonomy_detail", named)


def coded(owner: Record, kind: type[StrEnum], link_entity: str, codes: Iterable[str]) -> None:
    """Add the network's terms for these codes to a record's attributes."""
    attributes = [
        {
            "id": ids.stable_uuid("attribute", owner["id"], term_id),
            "link_id": owner["id"],
            "link_entity": link_entity,
            "taxonomy_term_id": term_id,
            "taxonomy_term": _OWN[term_id],
        }
        for term_id in (_term_id(kind, code) for code in codes)
        if term_id in _OWN
    ]
    if attributes:
        owner["attributes"] = [*owner.get("attributes", ()), *attributes]


def terms_of(value: object) -> Iterator[Record]:
    """Every taxonomy term in a record, at any depth."""
    if isinstance(value, list):
        for one in value:
            yield from terms_of(one)
    elif isinstance(value, dict):
        if term := value.get("taxonomy_term"):
            yield term
        for inner in value.values():
            if isinstance(inner, dict | list):
                yield from terms_of(inner)


def speaks_of(record: Record, search: str) -> bool:
    """Whether every word of the search begins a word of a term's or a taxonomy's name, code or labels."""
    labels = record.get("relevo", {}).get("labels", {}).values()
    texts = (record["name"], record.get("code", "").replace("_", " "), record["description"], *labels)
    there = [f" {word}" for word in words(*texts)]
    return all(any(one.startswith(f" {word}") for one in there) for word in words(search))


def _taxonomy_id(kind: type[StrEnum]) -> str:
    return ids.stable_uuid("taxonomy", _SOURCE, _NAMES[kind][0])


def _term_id(kind: type[StrEnum], code: str) -> str:
    return ids.stable_uuid("taxonomy_term", _SOURCE, _NAMES.get(kind, (kind.__name__,))[0], code)


def _own_taxonomy(kind: type[StrEnum]) -> Record:
    _, spanish, english = _NAMES[kind]
    return {"id": _taxonomy_id(kind), "name": f"{spanish} (Relevo)", "description": english, "version": "1"}


def _own_terms(kind: type[StrEnum]) -> Iterator[Record]:
    """The codes as terms; needs below their groups."""
    parents: dict[str, str] = {}
    if kind is Need:
        yield from (_own_term(kind, NeedGroup, group) for group in NeedGroup)
        parents = {
            need: _term_id(NeedGroup, group) for group, needs in NEEDS_BY_GROUP.items() for need in needs
        }
    for code in kind:
        term = _own_term(kind, kind, code)
        yield {**term, "parent_id": parents[code]} if code in parents else term


def _own_term(taxonomy: type[StrEnum], kind: type[StrEnum], code: StrEnum) -> Record:
    label = LABELS[kind][code]
    detail = _own_taxonomy(taxonomy)
    return {
        "id": _term_id(kind, code),
        "code": str(code),
        "name": label.es,
        "description": label.en,
        "language": "es",
        "taxonomy": detail["name"],
        "taxonomy_id": detail["id"],
        "taxonomy_detail": detail,
        "relevo": {"labels": {"es": label.es, "en": label.en}},
    }


_OWN = {term["id"]: term for kind in _NAMES for term in _own_terms(kind)}
