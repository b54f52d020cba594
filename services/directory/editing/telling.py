"""Refuses an organization's own words where they tell the address of a place of its own that is hidden.

Only places of that organization are looked at: a refusal must not answer whether another one is somewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chassis.problems import ContendedError
from chassis.seal import SealError
from contracts.codes import Visibility
from contracts.editing import OrganizationFields, ServiceFields, ServicePlace
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.directory import record
from services.directory.confidential import traces
from services.directory.confidential.restoring import occurrences
from services.directory.confidential.streets import Finder
from services.directory.editing.fields import refuse
from services.directory.editing.means import Editing
from services.directory.ids import Noun
from services.directory.text import fold

Document = dict[str, Any]
Path = tuple[str, ...]

TELLS_ADDRESS = "TELLS_ADDRESS"
_WORDS = "It tells street, postal code or coordinates of a place of yours that is hidden: leave them out."
_FIELDS: dict[Noun, tuple[str, ...]] = {
    "organization": OrganizationFields.__struct_fields__,
    "service": ServiceFields.__struct_fields__,
}
# Of a public place: many places share a postal code, and the others are no words.
_OF_PLACES = frozenset({"name", "street", "city", "phones"})


@dataclass(frozen=True)
class Secrets:
    """What the hidden places of one organization are known by, and which places these are."""

    finder: Finder
    places: frozenset[str]

    def check(self, document: Document, fields: OrganizationFields | ServiceFields) -> None:
        """Refuse an edit of this document that tells one of them.

        Raises:
            InvalidError: it does; names every field.
            ContendedError: a place of the document was hidden after this was read.
        """
        if _hidden(document) - self.places:
            raise ContendedError("A place was hidden just now; nothing was done. Try again.")
        refuse(list(self._told(msgspec.to_builtins(fields), ("fields",))))

    def check_new(self, fields: ServiceFields, places: Sequence[ServicePlace]) -> None:
        """Refuse a new service that tells one of them, in its own fields or in those of its public places.

        Raises:
            InvalidError: it does; names every field.
        """
        problems = list(self._told(msgspec.to_builtins(fields), ("fields",)))
        for number, one in enumerate(places):
            if one.place is not None and one.place.visibility is Visibility.PUBLIC:
                said = msgspec.to_builtins(one.place)
                path = ("locations", str(number), "place")
                problems += self._told({name: said[name] for name in said if name in _OF_PLACES}, path)
        refuse(problems)

    def check_text(self, text: str, path: Path) -> None:
        """Refuse a text that tells one of them.

        Raises:
            InvalidError: it does.
        """
        refuse(list(self._told(text, path)))

    def _told(self, value: Any, path: Path) -> Iterator[FieldProblem]:
        for where, text in _texts(value, path):
            if self.finder.has(text):
                yield FieldProblem(path=where, message=_WORDS, code=TELLS_ADDRESS)


async def secrets(
    editing: Editing, organization: str, document: Document, new: Iterable[Document] = ()
) -> Secrets:
    """Return what an organization must not tell; ``new`` are places that are about to be sealed, too.

    ``document`` is what is to be edited, read before this: what it hides was sealed before that.
    """
    sealed = await editing.places.store.of_owner(organization)
    contents = [*new]
    for one in sealed:
        try:
            contents.append(editing.places.vault.open(one)["place"])
        except SealError:  # nobody can say what it is, nor show it
            continue
    return Secrets(finder(contents), frozenset(one["location"] for one in sealed) | _hidden(document))


async def check_entries(
    editing: Editing, organization: str, location: str, opened: list[Document], wholes: list[Document]
) -> None:
    """Refuse to hide a place that the organization's entries tell of: they would go on telling.

    ``wholes`` are its entries that name the place, ``opened`` what is sealed of it.

    Raises:
        InvalidError: they do; names every entry and field.
    """
    shown = [
        one
        for whole in wholes
        for one in occurrences(record.as_data(whole["record"]), str(whole.get("source") or ""), location)
    ]
    find = finder([*opened, *shown])
    problems = [
        FieldProblem(path=("location",), message=_of_entry(find, noun, entry, name), code=TELLS_ADDRESS)
        for noun, entries in (await editing.truth.entries(organization)).items()
        for entry in entries
        for name in _kept(noun, entry, location)
        if any(find.has(text) for _, text in _texts(entry.get(name), ()))
    ]
    refuse(problems)


def finder(places: list[Document]) -> Finder:
    """Return what finds these places in a text; what is told of a hidden place anyway is nothing to find."""
    return traces.finder([{**one, "addresses": _streets(one)} for one in places])


def _streets(place: Document) -> list[Document]:
    given = place.get("addresses")
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    extension = place.get("relevo")
    told = {str((extension if isinstance(extension, dict) else {}).get("municipality") or "")}
    kept = []
    for row in rows:
        known = {fold(one) for one in {*told, str(row.get("state_province") or "")} if one}
        kept.append({key: one for key, one in row.items() if fold(str(one).strip()) not in known})
    return kept


def _kept(noun: Noun, entry: Document, location: str) -> Iterable[str]:
    """The fields that stay as they are: the others are read again from the record, once that is cut."""
    names = any(one["id"] == location for one in entry.get("locations") or ())
    if entry.get("source") and names:
        return [name for name in _FIELDS[noun] if name in (entry.get("edited") or ())]
    return _FIELDS[noun]


def _of_entry(find: Finder, noun: Noun, entry: Document, field: str) -> Sentence:
    name = find.replace(str(entry.get("name") or ""), traces.HIDDEN_WORDS)
    first, *more = field.split("_")
    return Sentence(
        "The {noun} {id} ({name}) tells street, postal code or coordinates of the place in its {field}:"
        " edit that first, then hide the place.",
        noun=Sentence(noun),
        id=entry["_id"],
        name=name,
        # As it is called where it is edited.
        field="".join([first, *map(str.capitalize, more)]),
    )


def _hidden(document: Document) -> frozenset[str]:
    places = document.get("locations") or ()
    return frozenset(one["id"] for one in places if one["visibility"] != Visibility.PUBLIC)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _texts(one, (*path, str(number)))
