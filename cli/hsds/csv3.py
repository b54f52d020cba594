"""Nests the tables of HSDS 3 into the records of its JSON: phones in contacts, contacts in services."""

from collections import Counter
from typing import Any, NamedTuple

from cli.hsds import fields
from cli.hsds.numbers import number
from cli.hsds.reading import Draft, Found, Refusal, Row, What
from cli.hsds.tables import Tables

Index = dict[str, dict[str, Row]]


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
_LINKS: dict[str, tuple[Link, ...]] = {
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
_HELD = {
    "taxonomy_terms": Link("taxonomy_id", "taxonomies", "taxonomy_detail"),
    "attributes": Link("taxonomy_term_id", "taxonomy_terms", "taxonomy_term"),
    "service_capacity": Link("unit_id", "units", "unit"),
    "services": Link("program_id", "programs", "program"),
    "service_at_location": Link("location_id", "locations", "location"),
}
# Rows that may belong to a record of any table: the column of the id, and that of the table's name.
_ANY = {"attributes": ("link_id", "link_entity"), "metadata": ("resource_id", "resource_type")}
_ANY_TABLES = {
    **{table.removesuffix("s"): table for table in ("organizations", "services", "locations", "contacts")},
    **{table.removesuffix("s"): table for table in ("phones", "schedules", "programs", "taxonomy_terms")},
    **{table: table for table in ("service_at_location", "funding", "accessibility", "service_capacity")},
    **{table.removesuffix("s"): table for table in ("service_areas", "cost_options", "languages")},
    "address": "addresses",
}
# Tables whose rows others name: of two with one id, only the first can be meant.
_NAMED = frozenset({"locations", "programs", "taxonomy_terms", "taxonomies", "units"})


def assemble(tables: Tables) -> Draft:
    """The organizations and services of the tables with all that belongs to them nested inside.

    A nested row that belongs to nothing is refused; one that belongs to several records is in each.
    """
    version = "3.1" if {"service_capacity", "units", "url"} & tables.rows.keys() else "3.0"
    draft = Draft(
        version, "csv", refused=tables.refused, file_mends=tables.file_mends, flattened=tables.flattened
    )
    _read_numbers(tables)
    _settle_ids(tables, draft)
    _nest(tables, _index(tables), draft)
    organizations, services = tables.rows.get("organizations", ()), tables.rows.get("services", ())
    draft.found += [Found("organization", row, row.file, row.row) for row in organizations]
    draft.found += [Found("service", row, row.file, row.row) for row in services]
    return draft


def _index(tables: Tables) -> Index:
    # Backwards, so that of two rows with one id the first is meant.
    return {
        table: {row["id"]: row for row in reversed(rows) if "id" in row}
        for table, rows in tables.rows.items()
    }


def _nest(tables: Tables, index: Index, draft: Draft) -> None:
    for table, link in _HELD.items():
        for row in tables.rows.get(table, ()):
            _hold(row, link, index)
    for table in _ANY:
        for row in tables.rows.get(table, ()):
            _place_anywhere(row, table, index, draft)
    for table, links in _LINKS.items():
        for row in tables.rows.get(table, ()):
            _place(row, links, index, draft)


def _read_numbers(tables: Tables) -> None:
    # CSV has no numbers; what does not read as one is left for mending.
    for rows in tables.rows.values():
        for row in rows:
            for column in fields.NUMBERS & row.keys():
                value = number(row[column])
                row[column] = row[column] if value is None else value


def _settle_ids(tables: Tables, draft: Draft) -> None:
    """Give every nested row an id of its own; two records of one id in a table that others name clash."""
    for table, rows in tables.rows.items():
        if table in ("organizations", "services"):
            continue
        first: dict[str, Row] = {}
        made: Counter[str] = Counter()
        kept = []
        for row in rows:
            if (id_ := row.get("id")) in first and table in _NAMED:
                _refuse_twin(row, first[row["id"]], draft)
                continue
            if id_ is None or id_ in first:
                _make_id(row, table, made, first)
            first[row["id"]] = row
            kept.append(row)
        tables.rows[table] = kept


def _refuse_twin(row: Row, twin: Row, draft: Draft) -> None:
    if dict(row) != dict(twin):
        why = f"the id {row['id']!r} is that of row {twin.row} already, and the rows differ"
        draft.refused.append(Refusal(row.file, row.row, "id", why))


def _make_id(row: Row, table: str, made: Counter[str], taken: dict[str, Row]) -> None:
    """An id that comes out the same whenever the same file is read."""
    owner = row.get("id") or next((row[column] for column in _COLUMN.values() if row.get(column)), "none")
    shared = "id" in row
    stem = owner if shared else f"{owner}-{table}"
    how = "several rows had one id" if shared else "the row had no id"
    made[stem] = max(made[stem], int(shared)) + 1
    while (candidate := f"{stem}-{made[stem]}") in taken:
        made[stem] += 1
    row["id"] = candidate
    row.mend("id", What.ID_MADE, how)


def _hold(row: Row, link: Link, index: Index) -> None:
    id_ = row.pop(link.column, None)
    if id_ is None:
        return
    held = index.get(link.table, {}).get(id_)
    if held is None:
        _keep_dangling(row, link.column, id_)
        return
    held.placed = True
    row[link.key] = held


def _place_anywhere(row: Row, table: str, index: Index, draft: Draft) -> None:
    column, entity = _ANY[table]
    id_ = row.pop(column, None)
    named = _ANY_TABLES.get(str(row.get(entity, "")).strip().lower())
    tables = [named] if named else _ANY_TABLES.values()
    owner = next((found for name in tables if (found := index.get(name, {}).get(id_ or ""))), None)
    if owner is None:
        draft.refused.append(Refusal(row.file, row.row, column, _names_nothing(id_)))
    else:
        owner.setdefault(table, []).append(row)


def _place(row: Row, links: tuple[Link, ...], index: Index, draft: Draft) -> None:
    owners: list[tuple[Row, str]] = []
    dangling: list[tuple[str, Any]] = []
    for link in links:
        id_ = row.pop(link.column, None)
        owner = index.get(link.table, {}).get(id_ or "")
        if owner is not None:
            owners.append((owner, link.key))
        elif id_ is not None:
            dangling.append((link.column, id_))
    if not owners and not row.placed:
        column, id_ = dangling[0] if dangling else (links[0].column, None)
        draft.refused.append(Refusal(row.file, row.row, column, _names_nothing(id_)))
        return
    for owner, key in owners:
        if row.keys() <= {"id"}:
            owner.mend(key, What.EMPTY_ROW, f"a row of {row.file} that holds nothing but ids was left out")
        else:
            owner.setdefault(key, []).append(row)
    for column, id_ in dangling:
        _keep_dangling(row, column, id_)


def _keep_dangling(row: Row, column: str, id_: str) -> None:
    row[f"{column}_as_given"] = id_
    row.mend(column, What.DANGLING_REFERENCE, f"named nothing; kept as {column}_as_given")


def _names_nothing(id_: str | None) -> str:
    return "the row belongs to nothing: it names no record" if id_ is None else f"{id_!r} names nothing"
