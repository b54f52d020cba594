"""The index: tantivy in memory, and beside it what a page is made of, so that a search asks no database.

In memory, since 100,000 services take some 100 MB there, and no file can be left behind. Whatever is put
shows in searches after the next ``commit``; what a page shows of a service is always the newest.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import tantivy

from chassis import opening
from chassis.opening import Hours
from contracts.directory import Service
from contracts.search import SearchField
from services.directory import service
from services.directory.search import entry as entries
from services.directory.search.entry import Entry, Provider, Searchable
from services.directory.search.near import Place, cells
from services.directory.search.words import words

# The least that tantivy takes, and it is kept for good. One thread: most of the work is our own.
WRITER_BYTES = 15_000_000
# Which field's words weigh alike: what it is called, what it is about, what is said of it.
WEIGHTS: dict[str, tuple[SearchField, ...]] = {
    "title": (SearchField.NAME, SearchField.ALTERNATE_NAME),
    "theme": (
        SearchField.ORGANIZATION, SearchField.KIND, SearchField.NEED, SearchField.PLACE, SearchField.TAXONOMY,
    ),
    "body": (SearchField.DESCRIPTION,),
}  # fmt: skip
# Of the key that lists are ordered by, the first bytes as numbers: text cannot be asked for by range.
KEY_FIELDS = ("key0", "key1", "key2")
_KEY_BYTES = 7
FACETS = ("need", "kind", "state", "municipality", "language")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="blank", index_option="freq")
    for name in ("title_words", "words", "facts", "cells"):
        builder.add_text_field(name, tokenizer_name="blank", index_option="basic")
    for name in (*FACETS, "organization", "sort"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in (*KEY_FIELDS, "number"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("minimum_age", "maximum_age"):
        builder.add_float_field(name, fast=True)
    for name in ("free_until", "known_until"):
        builder.add_integer_field(name, fast=True)
    return builder.build()


SCHEMA = _schema()


def key_numbers(sort: str) -> list[int]:
    """Return the first bytes of an ordering key as numbers that are ordered as it is."""
    raw = sort.encode().ljust(_KEY_BYTES * len(KEY_FIELDS), b"\0")
    return [int.from_bytes(raw[n * _KEY_BYTES : (n + 1) * _KEY_BYTES]) for n in range(len(KEY_FIELDS))]


class HoursTable:
    """Every distinct set of opening hours once: many services share them, and each is asked once a minute.

    Those that no service has any more are forgotten once ``forget`` is called.
    """

    def __init__(self) -> None:
        self._ids: dict[Any, str] = {}
        self._hours: dict[str, Hours] = {}
        self._keys: dict[str, Any] = {}
        self._services: Counter[str] = Counter()
        # Grows with every change, and gives no id twice: a searcher of before may still know it.
        self._version = 0
        self._open: tuple[datetime, int, list[str]] | None = None

    def __len__(self) -> int:
        return len(self._hours)

    def id_of(self, hours: Hours | None) -> str | None:
        """Return the id of these hours, which is the same for the same hours."""
        if hours is None:
            return None
        key = (str(hours.zone), hours.schedules, tuple(sorted(hours.exceptions.items())))
        name = self._ids.get(key)
        if name is None:
            self._version += 1
            name = self._ids[key] = f"hours:{self._version}"
            self._hours[name], self._keys[name] = hours, key
        return name

    def count(self, before: str | None, after: str | None) -> None:
        """Note that a service has the hours ``after`` in place of ``before``; None is none."""
        if after is not None:
            self._services[after] += 1
        if before is not None:
            self._services[before] -= 1

    def forget(self) -> None:
        """Forget the hours that no service has: once no search can find one by them."""
        for name in [name for name in self._hours if self._services[name] <= 0]:
            self._version += 1
            del self._ids[self._keys.pop(name)], self._hours[name], self._services[name]

    def open_at(self, at: datetime) -> list[str]:
        """Return the ids of the hours that are open in that minute."""
        minute = at.astimezone(UTC).replace(second=0, microsecond=0)
        known = self._version
        if self._open is None or self._open[:2] != (minute, known):
            found = [name for name, hours in list(self._hours.items()) if hours.is_open(minute)]
            self._open = minute, known, found
        return self._open[2]

    def happening(self, first: Any, last: Any) -> list[str]:
        """Return the ids of the hours that happen on any of those days."""
        return [name for name, hours in list(self._hours.items()) if hours.happens(first, last)]


class SearchIndex:
    """The services of this replica. Searches may run in other threads; changes come from one."""

    def __init__(self) -> None:
        self._index = tantivy.Index(SCHEMA)
        blank = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("blank", blank)
        self._index.config_reader("manual")
        self._writer = self._index.writer(WRITER_BYTES, 1)
        self._numbers: dict[str, int] = {}
        self._entries: dict[int, Entry] = {}
        self._services_of: dict[str, set[str]] = {}
        self._last_number = 0
        self.hours = HoursTable()
        self.towns: dict[str, str] = {}
        self.languages: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def services_of(self, organization: str) -> set[str]:
        """Return the ids of an organization's services."""
        return set(self._services_of.get(organization, ()))

    def put(
        self, document: dict[str, Any], provider: Provider | None, capacity: dict[str, Any] | None = None
    ) -> None:
        """Add a service, or put it in place of what is known of it.

        ``capacity`` is how its places are counted, if anybody has said more than an import.
        """
        view, hours = service.view(document), self.hours.id_of(opening.read(document))
        self._put(entries.entry(document, view, hours, capacity), view, provider)

    def renew(
        self,
        service_id: str,
        provider: Callable[[str], Provider | None],
        capacity: dict[str, Any] | None,
    ) -> None:
        """Put a service in place of itself, with what its organization and its places are now."""
        number = self._numbers.get(service_id)
        if number is not None:
            one = replace(self._entries[number], capacity=capacity)
            self._put(one, one.view(datetime.now(UTC)), provider(one.organization))

    def remove(self, service_id: str) -> None:
        """Take a service out."""
        number = self._numbers.pop(service_id, None)
        if number is not None:
            gone = self._entries.pop(number)
            self._services_of[gone.organization].discard(service_id)
            self.hours.count(gone.hours, None)
            self._writer.delete_documents_by_term("id", service_id)

    def commit(self) -> None:
        """Let searches see what was put and removed. Takes milliseconds, without the interpreter's lock."""
        self._writer.commit()
        self._index.reload()

    def searcher(self) -> tantivy.Searcher:
        """Return the index as it is now: it does not change under a search."""
        return self._index.searcher()

    def found(self, searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]) -> list[Entry | None]:
        """Return what is kept of the hits, in their order; None for one that has gone since."""
        numbers = searcher.fast_field_values("number", addresses)
        return [self._entries.get(int(number or 0)) for number in numbers]

    def _put(self, one: Entry, view: Service, provider: Provider | None) -> None:
        found = entries.searchable(view, provider)
        if one.id in self._numbers:
            self._writer.delete_documents_by_term("id", one.id)
        number = self._number(one)
        self._writer.add_document(_document(found, one, number))
        self.towns.update((code, name) for code, name in found.municipalities.items() if name)
        self.languages.update(found.languages)

    def _number(self, one: Entry) -> int:
        """A number for it that stays, so that a hit of an older searcher still finds it."""
        number = self._numbers.get(one.id)
        before = self._entries[number] if number is not None else None
        if number is None:
            self._last_number = number = self._last_number + 1
            self._numbers[one.id] = number
        if before is not None:
            self._services_of[before.organization].discard(one.id)
        self.hours.count(before.hours if before else None, one.hours)
        self._entries[number] = one
        self._services_of.setdefault(one.organization, set()).add(one.id)
        return number


def _document(found: Searchable, one: Entry, number: int) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("id", one.id)
    document.add_unsigned("number", number)
    _add_texts(document, found)
    _add_facets(document, found)
    _add_places(document, one.places)
    located = ["located"] if one.places else []
    hours = [one.hours] if one.hours else []
    document.add_text("facts", " ".join([*found.facts, *located, *hours]))
    sort = f"{found.sort}\0{one.id}"
    document.add_text("sort", sort)
    for name, value in zip(KEY_FIELDS, key_numbers(sort), strict=True):
        document.add_unsigned(name, value)
    document.add_float("minimum_age", found.ages[0])
    document.add_float("maximum_age", found.ages[1])
    free = entries.free(one.capacity, datetime.now(UTC))
    document.add_integer("free_until", free.free_until)
    document.add_integer("known_until", free.known_until)
    return document


def _add_texts(document: tantivy.Document, found: Searchable) -> None:
    every: dict[str, None] = {}
    for name, fields in WEIGHTS.items():
        said = [word for field in fields for word in words(found.texts[field])]
        document.add_text(name, " ".join(stem for word in said for stem in word.stems))
        every |= dict.fromkeys(word.folded for word in said)
        if name == "title":
            document.add_text("title_words", " ".join(every))
    document.add_text("words", " ".join(every))


def _add_facets(document: tantivy.Document, found: Searchable) -> None:
    values: dict[str, Iterable[str]] = {
        "need": found.service.needs,
        "state": found.service.states,
        "municipality": found.municipalities,
        "language": found.languages,
        "kind": [found.provider.kind] if found.provider else (),
        "organization": [one for one in (found.service.organization,) if one],
    }
    for name, codes in values.items():
        for code in codes:
            document.add_text(name, code)


def _add_places(document: tantivy.Document, places: Iterable[Place]) -> None:
    document.add_text(
        "cells", " ".join(dict.fromkeys(cell for place in places for cell in cells(place.point)))
    )
