"""Turns the tables of HSDS 1.1 into those of HSDS 3: other names, other columns, the same content."""

import re
from collections.abc import Callable

from cli.hsds import csv3
from cli.hsds.reading import Draft, Refusal, Row, What
from cli.hsds.tables import Tables

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
_TIME_12 = re.compile(r"(1[0-2]|0?[1-9])(?::([0-5]\d))?\s*([ap])\.?\s?m\.?", re.IGNORECASE)
_TIME_24 = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")
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
    """The records of a version 1.1 package as HSDS 3 has them; what version 3 has no name for is kept."""
    for old, new, change in _CHANGES:
        rows = tables.rows.pop(old, [])
        for row in rows:
            change(row)
            if old != new:
                row.mend("", What.VERSION_1_NAME, f"{old} is {new} in HSDS 3")
        if rows:
            tables.rows.setdefault(new, []).extend(rows)
    _place_eligibility(tables)
    _find_organizations(tables)
    draft = csv3.assemble(tables)
    draft.version, draft.format = "1.1", "package"
    return draft


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


def _physical_address(row: Row) -> None:
    _address(row, "physical")


def _postal_address(row: Row) -> None:
    _address(row, "postal")


def _address(row: Row, kind: str) -> None:
    if row.keys() - {"id", "location_id", "organization_id"}:
        row.setdefault("address_type", kind)


def _phone(row: Row) -> None:
    if language := row.pop("language", None):
        spoken = Row({"id": f"{row.get('id', '')}-language", "name": language}, row.file, row.row)
        _name_code(spoken)
        row["languages"] = [spoken]


def _language(row: Row) -> None:
    _rename(row, "language", "name")
    _name_code(row)


def _name_code(row: Row) -> None:
    name = str(row.get("name", "")).strip()
    code = name if _CODE.fullmatch(name) else _LANGUAGE_CODES.get(name.lower())
    if code and "code" not in row:
        row["code"] = code
        row.mend("code", What.LANGUAGE_CODE, "the code of the language's name was added")


def _accessibility(row: Row) -> None:
    _rename(row, "accessibility", "description")


def _area(row: Row) -> None:
    _rename(row, "service_area", "name")


def _term(row: Row) -> None:
    _rename(row, "vocabulary", "taxonomy")


def _classification(row: Row) -> None:
    _rename(row, "taxonomy_id", "taxonomy_term_id")
    _rename(row, "taxonomy_detail", "value")
    if "service_id" in row:
        row["link_id"] = row.pop("service_id")
    row["link_entity"], row["link_type"] = "service", "taxonomy_term"


def _regular_schedule(row: Row) -> None:
    row["freq"] = "WEEKLY"
    weekday = str(row.pop("weekday", "")).strip()
    day = _WEEKDAYS.get(weekday.lower()) or _NUMBERED_DAYS.get(weekday)
    if day:
        row["byday"] = day
    elif weekday:
        row["weekday"] = weekday
    _rename(row, "original_text", "description")
    _read_times(row)


def _holiday_schedule(row: Row) -> None:
    _rename(row, "start_date", "valid_from")
    _rename(row, "end_date", "valid_to")
    row.setdefault("notes", "holiday")
    _read_times(row)


def _read_times(row: Row) -> None:
    for column in ("opens_at", "closes_at"):
        if column not in row:
            continue
        given = row.pop(column).strip()
        time = _time(given)
        if time:
            row[column] = time
        else:
            # "5:00" to close at may be five in the afternoon: nobody can tell.
            row[f"{column}_as_given"] = given
            row.mend(column, What.BAD_TIME, f"not a time of day; kept as {column}_as_given")


def _time(text: str) -> str | None:
    if match := _TIME_24.fullmatch(text):
        return f"{match[1]}:{match[2]}"
    if match := _TIME_12.fullmatch(text):
        hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
        return f"{hour:02}:{match[2] or '00'}"
    return None


def _nothing(_row: Row) -> None:
    """The columns are those of version 3."""


# Table of version 1, table of version 3, and what changes in a row.
_CHANGES: tuple[tuple[str, str, Callable[[Row], None]], ...] = (
    ("organizations", "organizations", _organization),
    ("services", "services", _service),
    ("locations", "locations", _location),
    ("phones", "phones", _phone),
    ("languages", "languages", _language),
    ("service_areas", "service_areas", _area),
    ("services_at_location", "service_at_location", _nothing),
    ("physical_addresses", "addresses", _physical_address),
    ("postal_addresses", "addresses", _postal_address),
    ("regular_schedules", "schedules", _regular_schedule),
    ("holiday_schedules", "schedules", _holiday_schedule),
    ("accessibility_for_disabilities", "accessibility", _accessibility),
    ("taxonomy", "taxonomy_terms", _term),
    ("services_taxonomy", "attributes", _classification),
)


def _place_eligibility(tables: Tables) -> None:
    """Version 1 has a table of what version 3 says in the service's ``eligibility_description``."""
    services = {row.get("id"): row for row in reversed(tables.rows.get("services", []))}
    for row in tables.rows.pop("eligibility", []):
        text = row.get("eligibility")
        service = services.get(row.get("service_id"))
        if service is None or text is None:
            why = (
                "the row says nothing" if text is None else "the row belongs to nothing: it names no service"
            )
            tables.refused.append(Refusal(row.file, row.row, "service_id" if text else "eligibility", why))
            continue
        said = service.get("eligibility_description")
        service["eligibility_description"] = f"{said}\n{text}" if said else text
        service.mend("eligibility_description", What.VERSION_1_NAME, "eligibility is so called in HSDS 3")


def _find_organizations(tables: Tables) -> None:
    """Where a service names another service (a site, a programme) as its organization, take that one's.

    Directories of agencies, sites and programmes number all three alike, and their export to version 1
    wrote the parent's number, whatever it was. The parent stays as ``parent_service_id``.
    """
    organizations = {row.get("id") for row in tables.rows.get("organizations", ())}
    parents = {row.get("id"): row.get("organization_id") for row in tables.rows.get("services", ())}
    for row in tables.rows.get("services", ()):
        parent = row.get("organization_id")
        found, steps = parent, 0
        while found is not None and found not in organizations and steps < _LONGEST_CHAIN:
            found, steps = parents.get(found), steps + 1
        if steps and found in organizations:
            row["organization_id"], row["parent_service_id"] = found, parent
            how = "named a service, whose own organization was taken; kept as parent_service_id"
            row.mend("organization_id", What.SERVICE_AS_ORGANIZATION, how)
