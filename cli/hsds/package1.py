"""Turns the tables of HSDS 1.1 and 2.0 into those of HSDS 3: other names, other columns, the same content."""

import re
from collections.abc import Callable
from typing import Any

from cli.hsds import csv3
from cli.hsds.draft import Draft
from cli.hsds.reading import Mend, Refusal, Row, What
from cli.hsds.tables import Tables
from cli.hsds.times import time_of_day

_WEEKDAYS = {
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
    "sunday": "SU",
}
_NUMBERED_DAYS = dict(zip("1234567", _WEEKDAYS.values(), strict=True))
# Only names that leave no doubt; version 1 has names or codes in one column, as people wrote them.
_LANGUAGE_CODES = {
    "english": "en",
    "inglés": "en",
    "spanish": "es",
    "español": "es",
    "french": "fr",
    "francés": "fr",
    "portuguese": "pt",
    "portugués": "pt",
    "haitian creole": "ht",
    "haitian-creole": "ht",
    "criollo haitiano": "ht",
}
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LONGEST_CHAIN = 20


def assemble(tables: Tables) -> Draft:
    """The records of a package of version 1.1 or 2.0 as HSDS 3 has them; what version 3 has no name for is
    kept.
    """
    draft = csv3.begin(tables, "2.0" if tables.is_version_2 else "1.1")
    draft.format = "package"
    for table in tables.found:
        # Of eligibility there is a place in the services only: they are looked for when all are there.
        if table != "eligibility":
            tables.load(table, _settling(table, draft))
    tables.load("eligibility", lambda row: _place_eligibility(row, draft))
    _find_organizations(draft)
    return csv3.finish(tables, draft)


def _settling(table: str, draft: Draft) -> Callable[[Row], None]:
    new, change = _CHANGES.get(table, (table, _nothing))

    def settle(row: Row) -> None:
        change(row)
        if new != table:
            row.mend("", What.VERSION_1_NAME, f"{table} is {new} in HSDS 3")
        csv3.settle(row, new, draft)

    return settle


def _rename(row: Row, old: str, new: str) -> None:
    if old in row and new not in row:
        row[new] = row.pop(old)
        row.mend(new, What.VERSION_1_NAME, f"{old} is {new} in HSDS 3")


def _organization(row: Row) -> None:
    _rename(row, "url", "website")


def _service(row: Row) -> None:
    _rename(row, "fees", "fees_description")


def _location(row: Row) -> None:
    row.setdefault("location_type", "physical")


def physical_address(row: Row) -> None:
    """An address of version 1, which has a table for those of houses."""
    _address(row, "physical")


def postal_address(row: Row) -> None:
    """An address of version 1, which has a table for those of letters."""
    _address(row, "postal")


def _address(row: Row, kind: str) -> None:
    if row.keys() - {"id", "location_id", "organization_id"}:
        row.setdefault("address_type", kind)


def _phone(row: Row) -> None:
    if language := row.pop("language", None):
        spoken = Row({"id": f"{row.get('id', '')}-language", "name": language}, row.file, row.row)
        _name_code(spoken)
        row["languages"] = [dict(spoken)]
        row.mended += [Mend(f"languages.{one.field}", one.what, one.how) for one in spoken.mended]


def _language(row: Row) -> None:
    _rename(row, "language", "name")
    _name_code(row)


def _name_code(row: Row) -> None:
    name = str(row.get("name", "")).strip()
    code = name if _CODE.fullmatch(name) else _LANGUAGE_CODES.get(name.lower())
    if code and "code" not in row:
        row["code"] = code
        row.mend("code", What.LANGUAGE_CODE, "the code of the language's name was added")


def accessibility(row: Row) -> None:
    """What version 1 says of access for disabled people."""
    _rename(row, "accessibility", "description")


def _area(row: Row) -> None:
    _rename(row, "service_area", "name")


def _term(row: Row) -> None:
    _rename(row, "vocabulary", "taxonomy")
    _rename(row, "term", "name")


def _classification(row: Row) -> None:
    _rename(row, "taxonomy_id", "taxonomy_term_id")
    _rename(row, "taxonomy_detail", "value")
    if "service_id" in row:
        row["link_id"] = row.pop("service_id")
    row["link_entity"], row["link_type"] = "service", "taxonomy_term"


def _other_attribute(row: Row) -> None:
    """Version 2 says in ``link_type`` what version 3 says in ``link_entity``."""
    if "link_type" in row:
        row["link_entity"] = row.pop("link_type")
    row["link_type"] = "taxonomy_term"


def regular_schedule(row: Row) -> None:
    """A schedule of version 1, which names a day of the week."""
    row["freq"] = "WEEKLY"
    weekday = str(row.pop("weekday", "")).strip()
    day = _WEEKDAYS.get(weekday.lower()) or _NUMBERED_DAYS.get(weekday)
    if day:
        row["byday"] = day
    elif weekday:
        row["weekday"] = weekday
    _rename(row, "original_text", "description")
    _read_times(row)


def holiday_schedule(row: Row) -> None:
    """A schedule of version 1 that is an exception."""
    _rename(row, "start_date", "valid_from")
    _rename(row, "end_date", "valid_to")
    row.setdefault("notes", "holiday")
    _read_times(row)


def _read_times(row: Row) -> None:
    for column in ("opens_at", "closes_at"):
        if column not in row:
            continue
        given = str(row.pop(column)).strip()
        time = time_of_day(given)
        if time:
            row[column] = time
        else:
            # "5:00" to close at may be five in the afternoon: nobody can tell.
            row[f"{column}_as_given"] = given
            row.mend(column, What.BAD_TIME, f"not a time of day; kept as {column}_as_given")


def _nothing(_row: Row) -> None:
    """The columns are those of version 3."""


# By table of version 1 or 2: the table of version 3, and what changes in a row.
_CHANGES: dict[str, tuple[str, Callable[[Row], None]]] = {
    "organizations": ("organizations", _organization),
    "services": ("services", _service),
    "locations": ("locations", _location),
    "phones": ("phones", _phone),
    "languages": ("languages", _language),
    "service_areas": ("service_areas", _area),
    "services_at_location": ("service_at_location", _nothing),
    "physical_addresses": ("addresses", physical_address),
    "postal_addresses": ("addresses", postal_address),
    "regular_schedules": ("schedules", regular_schedule),
    "holiday_schedules": ("schedules", holiday_schedule),
    "accessibility_for_disabilities": ("accessibility", accessibility),
    "taxonomy": ("taxonomy_terms", _term),
    "taxonomy_terms": ("taxonomy_terms", _term),
    "services_taxonomy": ("attributes", _classification),
    "service_attributes": ("attributes", _classification),
    "other_attributes": ("attributes", _other_attribute),
}


def _place_eligibility(row: Row, draft: Draft) -> None:
    """Version 1 has a table of what version 3 says in the service's ``eligibility_description``."""
    text = row.get("eligibility")
    number = draft.bench.find("services", row.get("service_id"))
    if number is None or text is None:
        why = "the row says nothing" if text is None else "the row belongs to nothing: it names no service"
        field = "service_id" if text else "eligibility"
        draft.refused.note(Refusal(row.file, row.row, field, why))
        return
    service = draft.bench.row(number)
    said = service.get("eligibility_description")
    service["eligibility_description"] = f"{said}\n{text}" if said else text
    service.mend("eligibility_description", What.VERSION_1_NAME, "eligibility is so called in HSDS 3")
    draft.bench.change_row(number, service)


def _find_organizations(draft: Draft) -> None:
    """Where a service names another service (a site, a programme) as its organization, take that one's.

    Directories of agencies, sites and programmes number all three alike, and their export to version 1
    wrote the parent's number, whatever it was. The parent stays as ``parent_service_id``.
    """
    bench = draft.bench
    for number, row in bench.rows("services"):
        parent = row.get("organization_id")
        found: Any = parent
        steps = 0
        while found is not None and bench.find("organizations", found) is None and steps < _LONGEST_CHAIN:
            above = bench.find("services", found)
            found = None if above is None else bench.row(above).get("organization_id")
            steps += 1
        if steps and found is not None and bench.find("organizations", found) is not None:
            row["organization_id"], row["parent_service_id"] = found, parent
            how = "named a service, whose own organization was taken; kept as parent_service_id"
            row.mend("organization_id", What.SERVICE_AS_ORGANIZATION, how)
            bench.change_row(number, row)
