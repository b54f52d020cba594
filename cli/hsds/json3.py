"""Reads the JSON of HSDS 3: organizations and services, alone, in lists or pages, nested either way."""

from typing import Any

import msgspec

from cli.hsds.reading import Draft, FileMend, Found, Kind, Mend, NotHsdsError, Refusal, What
from cli.hsds.source import File, decode

# What only one of the two kinds has. By the specification a service must have a status and an
# organization none, so a record with nothing but what both have is an organization.
_BOTH = frozenset(
    {
        "id", "name", "alternate_name", "description", "email", "funding", "contacts", "phones",
        "attributes", "metadata", "relevo",
    }
)  # fmt: skip
_ORGANIZATION = frozenset(
    {
        "services", "website", "additional_websites", "tax_status", "tax_id", "year_incorporated",
        "legal_status", "logo", "parent_organization_id", "locations", "programs",
        "organization_identifiers",
    }
)  # fmt: skip
_SERVICE = frozenset(
    {
        "organization", "organization_id", "program", "program_id", "status", "interpretation_services",
        "application_process", "fees_description", "wait_time", "fees", "accreditations",
        "eligibility_description", "minimum_age", "maximum_age", "service_at_locations",
        "service_areas", "cost_options", "required_documents", "capacities",
        "service_capacities", "additional_urls",
    }
)  # fmt: skip
# Other records of HSDS, which are not imported by themselves.
_OTHER = frozenset(
    {
        "latitude", "longitude", "location_type", "addresses", "taxonomy", "taxonomy_detail",
        "taxonomy_id", "service", "location", "service_id", "location_id", "openapi_url",
    }
)  # fmt: skip
_SURE = 2
_VERSION_3_1 = {"capacities", "service_capacities", "additional_urls", "additional_websites"}


def read(files: list[File]) -> Draft:
    """Every organization and service of the files.

    Raises NotHsdsError where no file holds any; one bad file among good ones is refused by itself.
    """
    draft = Draft("3.0", "json")
    good = 0
    for file in files:
        text, how = decode(file.data)
        if how:
            draft.file_mends.append(FileMend(file.name, What.ENCODING, how))
        try:
            _read_file(file.name, text, draft)
        except NotHsdsError as why:
            draft.refused.append(Refusal(file.name, None, None, str(why)))
        else:
            good += 1
    if not good:
        first = draft.refused[0].why
        raise NotHsdsError(first if len(files) == 1 else f"None of {len(files)} JSON files is HSDS: {first}")
    return draft


# Counted in the text, before anything is made of it: sixty megabytes of brackets become six gigabytes.
MOST_OBJECTS = 2_000_000


def _read_file(name: str, text: str, draft: Draft) -> None:
    if text.count("{") + text.count("[") > MOST_OBJECTS:
        raise NotHsdsError(f"{name} holds more than {MOST_OBJECTS:,} objects and lists; split it.")
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as why:
        raise NotHsdsError(f"{name} is not JSON: {why}.") from why
    is_page = isinstance(content, dict) and isinstance(content.get("contents"), list)
    records = content["contents"] if is_page else content
    if not isinstance(records, list):
        if (kind := _kind(records)) is None:
            raise NotHsdsError(f"{name} holds neither an organization nor a service of HSDS.")
        _take(kind, records, name, None, draft)
        return
    kinds = [_kind(record) for record in records]
    if not any(kinds) and not (is_page and not records):
        raise NotHsdsError(f"{name} holds no organization and no service of HSDS.")
    for row, (kind, record) in enumerate(zip(kinds, records, strict=True), start=1):
        if kind is None:
            draft.refused.append(Refusal(name, row, None, "neither an organization nor a service of HSDS"))
        else:
            _take(kind, record, name, row, draft)


def _kind(record: Any) -> Kind | None:
    if not isinstance(record, dict) or not record.keys() & {"id", "name"}:
        return None
    keys = record.keys()
    service, organization = len(keys & _SERVICE), len(keys & _ORGANIZATION)
    # A location may name its organization, a phone its service: one such mark is not enough for them.
    if keys & _OTHER and max(service, organization) < _SURE and not keys & {"organization", "services"}:
        return None
    if service or organization:
        return "service" if service > organization and "services" not in keys else "organization"
    return "organization" if keys <= _BOTH | {"url", "uri"} else None


def _take(kind: Kind, record: dict[str, Any], name: str, row: int | None, draft: Draft) -> None:
    if record.keys() & _VERSION_3_1:
        draft.version = "3.1"
    if kind == "organization":
        _take_organization(record, name, row, draft, nested=False)
    else:
        _take_service(record, name, row, draft, nested=False)


def _take_organization(
    record: dict[str, Any], name: str, row: int | None, draft: Draft, *, nested: bool
) -> None:
    whole = {key: value for key, value in record.items() if key != "services"}
    found = Found("organization", whole, name, row, nested)
    relevo = whole.get("relevo")
    # A file may say that nobody verified an organization, but not that somebody did.
    if isinstance(relevo, dict) and relevo.get("verified", False) is not False:
        whole["relevo"] = {key: value for key, value in relevo.items() if key != "verified"}
        how = "left out: being verified is a coordinator's word"
        found.mended.append(Mend("relevo.verified", What.VERIFIED_DROPPED, how))
    draft.found.append(found)
    services = record.get("services")
    for service in services if isinstance(services, list) else []:
        if isinstance(service, dict):
            owned = {"organization_id": record.get("id"), **service}
            _take_service(owned, name, row, draft, nested=True)
        else:
            draft.refused.append(Refusal(name, row, "services", "a service that is not an object"))


def _take_service(record: dict[str, Any], name: str, row: int | None, draft: Draft, *, nested: bool) -> None:
    whole = {key: value for key, value in record.items() if key != "organization"}
    if record.keys() & _VERSION_3_1:
        draft.version = "3.1"
    organization = record.get("organization")
    if isinstance(organization, dict):
        if not whole.get("organization_id"):
            whole["organization_id"] = organization.get("id")
        # With nothing but its id it is only a reference, to an organization that stands elsewhere.
        if organization.keys() - {"id"}:
            _take_organization(organization, name, row, draft, nested=True)
    draft.found.append(Found("service", whole, name, row, nested))
