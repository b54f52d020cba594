"""Nests the tables of HSDS 3 into the records of its JSON: phones in contacts, contacts in services."""

from typing import Any, NamedTuple

from cli.hsds.draft import Draft
from cli.hsds.reading import Found, Kind, Mend, Refusal, Row, What
from cli.hsds.tables import Tables
from cli.hsds.workbench import Link as Held
from cli.hsds.workbench import Workbench


class Link(NamedTuple):
    """A column that names the record of ``table`` to which a row belongs, there under ``key``."""

    column: str
    table: str
    key: str


def _links(key: str, *tables: str) -> tuple[Link, ...]:
    return tuple(Link(_COLUMN[table], table, key) for table in tables)


_COLUMN = {
    "organizations": "organization_id",
    "services": "service_id",
    "service_at_location": "service_at_location_id",
    "locations": "location_id",
    "contacts": "contact_id",
    "phones": "phone_id",
}
# In this order every row has its own nested rows before it finds its place.
LINKS: dict[str, tuple[Link, ...]] = {
    "languages": _links("languages", "services", "locations", "phones"),
    "phones": _links("phones", "organizations", "services", "service_at_location", "locations", "contacts"),
    "contacts": _links("contacts", "organizations", "services", "service_at_location", "locations"),
    "schedules": _links("schedules", "services", "service_at_location", "locations"),
    "addresses": _links("addresses", "locations"),
    "accessibility": _links("accessibility", "locations"),
    "programs": _links("programs", "organizations"),
    "funding": _links("funding", "organizations", "services"),
    "cost_options": _links("cost_options", "services"),
    "payments_accepted": _links("payments_accepted", "services"),
    "required_documents": _links("required_documents", "services"),
    "service_areas": _links("service_areas", "services", "service_at_location"),
    "service_capacity": _links("service_capacities", "services"),
    "organization_identifiers": _links("organization_identifiers", "organizations"),
    "url": (*_links("additional_urls", "services"), *_links("additional_websites", "organizations")),
    "locations": _links("locations", "organizations"),
    "service_at_location": _links("service_at_locations", "services"),
}
# A column that names a record of another table, which the row then holds under a key of its own.
HELD = {
    "taxonomy_terms": Link("taxonomy_id", "taxonomies", "taxonomy_detail"),
    "attributes": Link("taxonomy_term_id", "taxonomy_terms", "taxonomy_term"),
    "service_capacity": Link("unit_id", "units", "unit"),
    "services": Link("program_id", "programs", "program"),
    "service_at_location": Link("location_id", "locations", "location"),
}
# Rows that may belong to a record of any table: the column of the id, and that of the table's name.
_ANY = {"attributes": ("link_id", "link_entity"), "metadata": ("resource_id", "resource_type")}
ANY_TABLES = {
    **{table.removesuffix("s"): table for table in ("organizations", "services", "locations", "contacts")},
    **{table.removesuffix("s"): table for table in ("phones", "schedules", "programs", "taxonomy_terms")},
    **{table: table for table in ("service_at_location", "funding", "accessibility", "service_capacity")},
    **{table.removesuffix("s"): table for table in ("service_areas", "cost_options", "languages")},
    **{
        table.removesuffix("s"): table
        for table in ("required_documents", "organization_identifiers", "units")
    },
    "url": "url",
    "address": "addresses",
    "taxonomy": "taxonomies",
}
# Tables whose rows others name: of two with one id, only the first can be meant.
_NAMED = frozenset({"locations", "programs", "taxonomy_terms", "taxonomies", "units"})
_ROOTS: dict[str, Kind] = {"organizations": "organization", "services": "service"}
# The id that a row had before another row's was found to be the same (``tabular``).
GIVEN_ID = "relevo_id"
# So many rows that records share are kept at hand.
_MOST_SHARED = 4_000


def assemble(tables: Tables) -> Draft:
    """The organizations and services of the tables with all that belongs to them nested inside.

    A nested row that belongs to nothing is refused; one that belongs to several records is in each.
    """
    version = "3.1" if {"service_capacity", "units", "url"} & tables.found.keys() else "3.0"
    draft = begin(tables, version)
    for table in tables.found:
        tables.load(table, lambda row, table=table: settle(row, table, draft))  # type: ignore[misc]
    return finish(tables, draft)


def begin(tables: Tables, version: str) -> Draft:
    """A draft that goes on with what was said while the tables were found."""
    draft = Draft(tables.bench, version, "csv")
    draft.refused, draft.file_mends = tables.refused, tables.file_mends
    return draft


def finish(tables: Tables, draft: Draft) -> Draft:
    """Join the rows that were settled into records, and take them."""
    draft.flattened = tables.flattened
    _Joining(draft).join()
    assembly = _Assembly(draft.bench)
    for table, kind in _ROOTS.items():
        for number, row in draft.bench.rows(table):
            draft.take(Found(kind, assembly.whole(number, table), row.file, row.row))
    return draft


def settle(row: Row, table: str, draft: Draft) -> None:
    """Keep a row, with an id of its own; two records of one id in a table that others name clash."""
    bench = draft.bench
    if table not in _ROOTS:
        first = bench.find(table, row["id"]) if "id" in row else None
        if first is not None and table in _NAMED:
            _refuse_twin(row, bench.row(first), draft)
            return
        if "id" not in row or first is not None:
            _make_id(row, table, bench)
    bench.add_row(table, row)


def _refuse_twin(row: Row, twin: Row, draft: Draft) -> None:
    if dict(row) != dict(twin):
        why = f"the id {row['id']!r} is that of row {twin.row} already, and the rows differ"
        draft.refused.note(Refusal(row.file, row.row, "id", why))


def _make_id(row: Row, table: str, bench: Workbench) -> None:
    """An id that comes out the same whenever the same file is read."""
    owner = row.get("id") or next((row[column] for column in _COLUMN.values() if row.get(column)), "none")
    shared = "id" in row
    stem = owner if shared else f"{owner}-{table}"
    how = "several rows had one id" if shared else "the row had no id"
    while True:
        candidate = f"{stem}-{bench.count_made(f'{table} {stem}', int(shared))}"
        if bench.find(table, candidate) is None:
            break
    row["id"] = candidate
    row.mend("id", What.ID_MADE, how)


class _Joining:
    """Finds for each row the records that it belongs to, and writes down who holds it."""

    def __init__(self, draft: Draft) -> None:
        self._bench = draft.bench
        self._refused = draft.refused

    def join(self) -> None:
        """Join all tables, in the order in which every row has its own nested rows before its place."""
        for table, link in HELD.items():
            for number, row in self._bench.rows(table):
                self._hold(number, row, link)
        for table in _ANY:
            for number, row in self._bench.rows(table):
                self._place_anywhere(number, row, table)
        for table, links in LINKS.items():
            for number, row in self._bench.rows(table):
                self._place(number, row, links)

    def _hold(self, number: int, row: Row, link: Link) -> None:
        id_ = row.get(link.column)
        if id_ is None:
            return
        held = self._bench.find(link.table, id_)
        if held is None:
            self._note_dangling(number, link.column)
            return
        self._bench.mark_held(held)
        self._bench.hold(number, link.key, held, one=True)

    def _place_anywhere(self, number: int, row: Row, table: str) -> None:
        column, entity = _ANY[table]
        id_ = row.get(column)
        named = ANY_TABLES.get(str(row.get(entity, "")).strip().lower())
        tables = [named] if named else ANY_TABLES.values()
        owner = next((found for name in tables if (found := self._bench.find(name, id_ or ""))), None)
        if owner is None:
            self._refused.note(Refusal(row.file, row.row, column, _names_nothing(id_)))
        else:
            self._bench.hold(owner, table, number)

    def _place(self, number: int, row: Row, links: tuple[Link, ...]) -> None:
        owners: list[tuple[int, str]] = []
        dangling: list[str] = []
        for link in links:
            id_ = row.get(link.column)
            owner = None if id_ is None else self._bench.find(link.table, id_)
            if owner is not None:
                owners.append((owner, link.key))
            elif id_ is not None:
                dangling.append(link.column)
        if not owners and not self._bench.is_held(number):
            column = dangling[0] if dangling else links[0].column
            self._refused.note(Refusal(row.file, row.row, column, _names_nothing(row.get(column))))
            return
        self._give(number, row, owners, row.keys() - {"id", *(link.column for link in links)})
        for column in dangling:
            self._note_dangling(number, column)

    def _give(self, number: int, row: Row, owners: list[tuple[int, str]], said: set[str]) -> None:
        empty = not said and not self._bench.holds_any(number)
        for owner, key in owners:
            if empty:
                how = f"a row of {row.file} that holds nothing but ids was left out"
                self._bench.note(owner, Mend(key, What.EMPTY_ROW, how))
            else:
                self._bench.hold(owner, key, number)

    def _note_dangling(self, number: int, column: str) -> None:
        how = f"named nothing; kept as {column}_as_given"
        self._bench.note(number, Mend(column, What.DANGLING_REFERENCE, how), column)


class _Assembly:
    """Makes whole records of rows and links."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._shared: dict[int, Row] = {}

    def whole(self, number: int, table: str, above: tuple[int, ...] = ()) -> Row:
        """A row with all that it holds, however deep; what would hold itself is left out, and said."""
        if number in self._shared:
            return self._shared[number]
        row = self._bench.row(number)
        given = {column: row.pop(column) for column in _JOINED.get(table, ()) if column in row}
        rings = False
        for link in self._bench.links(number):
            if link.note is not None:
                row.mended.append(link.note)
                if link.key:
                    row[f"{link.key}_as_given"] = given.get(link.key)
            else:
                rings |= self._hold(row, link, (*above, number))
        if GIVEN_ID in row:
            row["id"] = row.pop(GIVEN_ID)
        # Inside a ring, what is left out depends on where one comes from.
        if table in _NAMED and not rings:
            self._keep(number, row)
        return row

    def _hold(self, row: Row, link: Held, above: tuple[int, ...]) -> bool:
        """Put one that the row holds into it; True where that one would hold the row."""
        if link.child is None:
            return False
        if link.child in above:
            row.mend(link.key, What.CYCLE, "would be inside itself; left out there")
            return True
        self._nest(row, link.key, link.one, self.whole(link.child, _TABLE_OF[link.key], above))
        return False

    def _nest(self, row: Row, key: str, one: bool, child: Row) -> None:
        if one:
            row[key] = child
        else:
            row.setdefault(key, []).append(child)

    def _keep(self, number: int, row: Row) -> None:
        if len(self._shared) >= _MOST_SHARED:
            self._shared.clear()
        row.shared = True
        self._shared[number] = row


# The table of what stands under a key, and the columns of a table that the joining turns into nesting.
_TABLE_OF: dict[str, str] = {
    **{link.key: table for table, links in LINKS.items() for link in links},
    **{link.key: link.table for link in HELD.values()},
    **{table: table for table in _ANY},
}
_JOINED: dict[str, frozenset[str]] = {
    table: frozenset(
        {link.column for link in LINKS.get(table, ())}
        | ({HELD[table].column} if table in HELD else set())
        | ({_ANY[table][0]} if table in _ANY else set())
    )
    for table in {*LINKS, *HELD, *_ANY}
}


def _names_nothing(id_: Any) -> str:
    return "the row belongs to nothing: it names no record" if id_ is None else f"{id_!r} names nothing"
