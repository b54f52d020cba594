"""The fields of HSDS 3.0 records that the directory types; all others stay in the record, untouched.

``relevo`` holds the network's own fields. A list may be null, as some sources write it. Numbers may
come as text. What is typed here has to be right, or the record is refused. The lesser fields are ``Any``
here: ``details.py`` has their types, and one that is wrong is left out and named.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct

from chassis.decoding import problem_of
from contracts.codes import Intake, Need, OrganizationKind, State, Visibility
from contracts.directory import Phone as ContractPhone
from contracts.directory import SourceId
from contracts.matching import MOST_RULES, AcceptanceRule
from contracts.rpc import FieldProblem

Line = Annotated[str, Meta(max_length=1000)]
# A name has something that can be read. Control characters in it are mended (text.one_line), not refused.
Words = Annotated[str, Meta(max_length=300, pattern=r"[^\x00-\x20\x7f-\xa0]")]
Text = Annotated[str, Meta(max_length=20_000)]
Status = Literal["active", "inactive", "defunct", "temporarily closed"]

RecordT = TypeVar("RecordT", bound=Struct)


class Phone(Struct):
    number: Line
    extension: str | int | float | None = None
    description: Line | None = None


class Address(Struct):
    address_1: Line | None = None
    address_2: Line | None = None
    city: Line | None = None
    region: Line | None = None
    state_province: Line | None = None
    postal_code: Line | None = None
    country: Line | None = None
    address_type: Line | None = None


class LocationExtension(Struct):
    """``municipality_code`` is INEGI's; ``sealed`` says that all else is stored apart (confidential/)."""

    visibility: Visibility = Visibility.PUBLIC
    municipality: Line | None = None
    municipality_code: Line | None = None
    state: State | None = None
    timezone: Line | None = None
    sealed: bool = False


class Location(Struct):
    id: SourceId | None = None
    name: Line | None = None
    alternate_name: Line | None = None
    description: Text | None = None
    transportation: Text | None = None
    latitude: float | None = None
    longitude: float | None = None
    addresses: list[Address] | None = None
    phones: list[Phone] | None = None
    accessibility: Any = None
    schedules: Any = None
    relevo: LocationExtension = msgspec.field(default_factory=LocationExtension)


class ServiceAtLocation(Struct):
    location: Location | None = None
    phones: list[Phone] | None = None
    schedules: Any = None


class LanguageExtension(Struct):
    interpreter: bool | None = None


class Language(Struct):
    """``relevo.interpreter``: it is spoken through an interpreter, and not by the staff."""

    code: Line | None = None
    name: Line | None = None
    note: Line | None = None
    relevo: LanguageExtension = msgspec.field(default_factory=LanguageExtension)


class Unit(Struct):
    name: Line | None = None
    identifier: Line | None = None


class ServiceCapacity(Struct):
    """Of HSDS 3.1. ``updated`` is text: sources write it in several forms of ISO 8601."""

    available: Annotated[float, Meta(ge=0, le=1_000_000)]
    maximum: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    unit: Unit | None = None
    unit_id: Line | None = None
    updated: Line | None = None


class OrganizationExtension(Struct):
    kind: OrganizationKind = OrganizationKind.OTHER
    emergency_phone: ContractPhone | None = None
    fictional: bool = False


class OrganizationRecord(Struct):
    id: SourceId
    name: Words
    alternate_name: Line | None = None
    description: Text | None = None
    email: Line | None = None
    website: Line | None = None
    phones: list[Phone] | None = None
    locations: list[Location] | None = None
    url: Any = None
    uri: Any = None
    logo: Any = None
    legal_status: Any = None
    year_incorporated: Any = None
    parent_organization_id: Any = None
    organization_identifiers: Any = None
    attributes: Any = None
    relevo: OrganizationExtension = msgspec.field(default_factory=OrganizationExtension)


class ServiceExtension(Struct):
    """``rules``: acceptance rules; they count until the organization sets its own."""

    needs: list[Need] | None = None
    rules: Annotated[list[AcceptanceRule], Meta(max_length=MOST_RULES)] | None = None
    intake: Intake = Intake.TELEPHONE
    emergency_phone: ContractPhone | None = None
    fictional: bool = False
    timezone: Any = None
    certified: Any = None
    accessibility: Any = None
    exceptions: Any = None


class ServiceRecord(Struct):
    """``capacities`` is the name in HSDS 3.1's JSON, ``service_capacities`` that of its table."""

    id: SourceId
    organization_id: SourceId
    name: Words
    status: Status
    alternate_name: Line | None = None
    description: Text | None = None
    phones: list[Phone] | None = None
    languages: list[Language] | None = None
    service_at_locations: list[ServiceAtLocation] | None = None
    capacities: list[ServiceCapacity] | None = None
    service_capacities: list[ServiceCapacity] | None = None
    url: Any = None
    email: Any = None
    interpretation_services: Any = None
    application_process: Any = None
    fees_description: Any = None
    wait_time: Any = None
    accreditations: Any = None
    licenses: Any = None
    eligibility_description: Any = None
    alert: Any = None
    minimum_age: Any = None
    maximum_age: Any = None
    assured_date: Any = None
    last_modified: Any = None
    schedules: Any = None
    service_areas: Any = None
    required_documents: Any = None
    cost_options: Any = None
    attributes: Any = None
    relevo: ServiceExtension = msgspec.field(default_factory=ServiceExtension)


def read(record: dict[str, Any], kind: type[RecordT]) -> RecordT | tuple[FieldProblem, ...]:
    """Return the record's typed fields, or one problem for each field that is missing or wrong.

    msgspec stops at the first mistake; a report that names all of them saves its reader the rounds. So
    each field is read by itself.
    """
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for field in msgspec.structs.fields(kind):
        given = record.get(field.name, UNSET)
        try:
            if given is not UNSET:
                values[field.name] = msgspec.convert(given, field.type, strict=False)
            elif field.required:
                problems.append(FieldProblem(path=(field.name,), message="It is missing.", code="MISSING"))
        except msgspec.ValidationError as error:
            problems.append(_problem(field.name, error))
    return tuple(problems) if problems else kind(**values)


def _problem(field: str, error: msgspec.ValidationError) -> FieldProblem:
    """What was wrong inside a field of the record."""
    inside = problem_of(error)
    return msgspec.structs.replace(inside, path=(field, *inside.path))
