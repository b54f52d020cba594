"""Reads the JSON of HSDS: organizations and services, alone, in lists, pages or lines, nested either way."""

from typing import Any

from cli.hsds import json1
from cli.hsds.draft import Draft
from cli.hsds.reading import FileMend, Found, Kind, Mend, NotHsdsError, Refusal, What
from cli.hsds.source import File
from cli.hsds.stream import Place, Skipped, lines, values
from cli.hsds.workbench import Workbench

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
        "service_capacities", "additional_urls", "eligibility", "eligibilitys", "regular_schedules",
        "holiday_schedules", "service_taxonomys", "service_attributes", "payments_accepted",
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
_MOST_STRANGE = 1_000
_VERSION_3_1 = {"capacities", "service_capacities", "additional_urls", "additional_websites"}


def read(files: list[File], bench: Workbench) -> Draft:
    """Every organization and service of the files.

    Raises NotHsdsError where no file holds any; one bad file among good ones is refused by itself.
    """
    draft = Draft(bench, "3.0", "ndjson" if all(file.is_lines for file in files) else "json")
    good = 0
    first = ""
    for file in files:
        try:
            with bench.all_or_nothing():
                _read_file(file, draft)
        except NotHsdsError as why:
            first = first or str(why)
            draft.refused.note(Refusal(file.name, None, None, str(why), hides=True))
        else:
            good += 1
    if not good:
        raise NotHsdsError(first if len(files) == 1 else f"None of {len(files)} JSON files is HSDS: {first}")
    return draft


def _read_file(file: File, draft: Draft) -> None:
    found = _Values(file.name, draft)
    with file.text() as text:
        for place, value in (lines if file.is_lines else values)(file.name, text):
            found.see(place, value)
        if text.how:
            draft.file_mends.append(FileMend(file.name, What.ENCODING, text.how))
    found.end()


class _Values:
    """What stands in one file, one value after the other."""

    def __init__(self, name: str, draft: Draft) -> None:
        self._name = name
        self._draft = draft
        self._taken = 0
        self._lists = False
        self._pages = False
        self._strange: list[Refusal] = []

    def see(self, place: Place, value: Any) -> None:
        """Take a record; what is none is refused, if there are records beside it."""
        self._lists |= place.row is not None
        self._pages |= place.in_page
        if place.is_frame:
            return
        kind = _kind(value)
        if isinstance(value, Skipped):
            self._refuse(place, value.why)
        elif kind is None:
            self._refuse(place, "neither an organization nor a service of HSDS")
        else:
            self._taken += 1
            _take(kind, value, self._name, place.row, self._draft)

    def end(self) -> None:
        """Raise NotHsdsError where nothing was taken, save of an empty page."""
        if self._taken or (self._pages and not self._strange):
            for refusal in self._strange:
                self._draft.refused.note(refusal)
        elif self._lists or self._pages:
            raise NotHsdsError(f"{self._name} holds no organization and no service of HSDS.")
        elif self._strange and self._strange[0].why.startswith("the record"):
            raise NotHsdsError(f"{self._name} cannot be read: {self._strange[0].why}.")
        else:
            raise NotHsdsError(f"{self._name} holds neither an organization nor a service of HSDS.")

    def _refuse(self, place: Place, why: str) -> None:
        refusal = Refusal(self._name, place.row, None, why, hides=True)
        if self._taken:
            self._draft.refused.note(refusal)
        elif len(self._strange) < _MOST_STRANGE:
            # A file of nothing else is no directory, and its refusals are told in one sentence.
            self._strange.append(refusal)


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
    _modernize(found, draft)
    relevo = whole.get("relevo")
    # A file may say that nobody verified an organization, but not that somebody did.
    if isinstance(relevo, dict) and relevo.get("verified", False) is not False:
        whole["relevo"] = {key: value for key, value in relevo.items() if key != "verified"}
        how = "left out: being verified is a coordinator's word"
        found.mended.append(Mend("relevo.verified", What.VERIFIED_DROPPED, how))
    draft.take(found)
    services = record.get("services")
    for service in services if isinstance(services, list) else []:
        if isinstance(service, dict):
            owned = {"organization_id": record.get("id"), **service}
            _take_service(owned, name, row, draft, nested=True)
        else:
            why = "a service that is not an object"
            draft.refused.note(Refusal(name, row, "services", why, hides=True))


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
    found = Found("service", whole, name, row, nested)
    _modernize(found, draft)
    draft.take(found)


def _modernize(found: Found, draft: Draft) -> None:
    """Give a record of version 1 or 2 the names of version 3, in place."""
    try:
        mended = json1.modernize(found.kind, found.record)
    except RecursionError:
        return  # the draft refuses it
    if mended:
        found.mended += mended
        draft.version = "2.0" if draft.version.startswith("3") else draft.version
