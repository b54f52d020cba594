"""Gives the names of HSDS 3 to records in the JSON of versions 1 and 2, as their APIs write it."""

from typing import Any

from cli.hsds import package1
from cli.hsds.reading import Kind, Mend, Row, What

# In any record of that kind, however deep: the name of versions 1 and 2, and that of version 3.
_LISTS = {
    "services_at_location": "service_at_locations",
    "physical_addresses": "addresses",
    "physical_address": "addresses",
    "postal_addresses": "addresses",
    "postal_address": "addresses",
    "regular_schedules": "schedules",
    "regular_schedule": "schedules",
    "holiday_schedules": "schedules",
    "holiday_schedule": "schedules",
    "accessibility_for_disabilities": "accessibility",
    "service_taxonomys": "attributes",
    "service_taxonomies": "attributes",
    "services_taxonomy": "attributes",
    "service_attributes": "attributes",
    "other_attributes": "attributes",
    "fundings": "funding",
}
# By name of versions 1 and 2: what changes in each record of the list.
_CHANGES = {
    "physical_addresses": package1.physical_address,
    "physical_address": package1.physical_address,
    "postal_addresses": package1.postal_address,
    "postal_address": package1.postal_address,
    "regular_schedules": package1.regular_schedule,
    "regular_schedule": package1.regular_schedule,
    "holiday_schedules": package1.holiday_schedule,
    "holiday_schedule": package1.holiday_schedule,
    "accessibility_for_disabilities": package1.accessibility,
}
_ELIGIBILITY = ("eligibility", "eligibilitys")
_AGES = ("minimum_age", "maximum_age")


def modernize(kind: Kind, record: dict[str, Any]) -> list[Mend]:
    """Rename in place, and return what was renamed; nothing of a record of version 3 is touched."""
    mended: list[Mend] = []
    if kind == "service":
        _eligibility(record, mended)
    elif "url" in record and "website" not in record:
        record["website"] = record.pop("url")
        mended.append(Mend("website", What.VERSION_1_NAME, "url is website in HSDS 3"))
    _walk(record, mended)
    return list(dict.fromkeys(mended))


def _eligibility(service: dict[str, Any], mended: list[Mend]) -> None:
    """Version 3 says in the service what versions 1 and 2 had a table for."""
    for key in _ELIGIBILITY:
        if key not in service or "eligibility_description" in service:
            continue
        rows = service.pop(key)
        texts = [_eligible(row, service) for row in (rows if isinstance(rows, list) else [rows])]
        if any(texts):
            service["eligibility_description"] = "\n".join(filter(None, texts))
        how = "eligibility is so called in HSDS 3"
        mended.append(Mend("eligibility_description", What.VERSION_1_NAME, how))


def _eligible(row: Any, service: dict[str, Any]) -> str | None:
    """What a row says in words; its ages go into the service."""
    if isinstance(row, dict):
        for age in _AGES:
            if row.get(age) is not None:
                service.setdefault(age, row[age])
        row = row.get("eligibility")
    return row if isinstance(row, str) else None


def _walk(record: dict[str, Any], mended: list[Mend]) -> None:
    for old in [key for key in record if key in _LISTS]:
        _rename(record, old, mended)
    for value in record.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                _walk(inner, mended)


def _rename(record: dict[str, Any], old: str, mended: list[Mend]) -> None:
    new = _LISTS[old]
    given = record.pop(old)
    rows = [row for row in (given if isinstance(given, list) else [given]) if row is not None]
    if not isinstance(record.get(new, []), list):
        record[old] = given
        return
    record.setdefault(new, []).extend(_changed(row, old) for row in rows)
    mended.append(Mend(new, What.VERSION_1_NAME, f"{old} is {new} in HSDS 3"))


def _changed(given: Any, old: str) -> Any:
    change = _CHANGES.get(old)
    if change is None or not isinstance(given, dict):
        return given
    row = Row(given, "", 0)
    change(row)
    return dict(row)
