"""Requests and replies of the directory: organizations, services, clients, members, imports.

Field names are those of HSDS 3.0 wherever HSDS has one; what the network adds is said beside it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from contracts import patterns
from contracts.codes import (
    CapacityStatus,
    Intake,
    Need,
    NetworkRole,
    OrganizationKind,
    Role,
    Scope,
    State,
    Visibility,
)
from contracts.details import (
    CostOption,
    HoursException,
    Identifier,
    Language,
    Schedule,
    ServiceArea,
    TaxonomyTerm,
)
from contracts.rpc import FieldProblem, Ids, Message, Nothing, Operation, Page, PartStatus, Reply
from contracts.standing import OrganizationStatus

PART = "directory"

Name = Annotated[str, Meta(min_length=1, max_length=300, pattern=patterns.NAME)]
Text = Annotated[str, Meta(max_length=20_000)]
SourceId = Annotated[str, Meta(min_length=1, max_length=200)]


class Phone(Message):
    """A telephone number as its source wrote it, with what HSDS says about it."""

    number: str
    extension: str | None = None
    description: str | None = None


class PhoneGiven(Phone):
    """A telephone number that somebody gives: bounded, unlike one that a source wrote."""

    number: Annotated[str, Meta(min_length=3, max_length=40, pattern=patterns.PHONE)]
    extension: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    description: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


class Location(Reply):
    """Where a service is given. Of a confidential one no more than the municipality is ever here.

    ``municipality_code`` is INEGI's key of five digits. ``accessibility`` is in its source's words.
    """

    id: str
    visibility: Visibility
    name: str | None = None
    alternate_name: str | None = None
    description: str | None = None
    transportation: str | None = None
    street: str | None = None
    city: str | None = None
    municipality: str | None = None
    municipality_code: str | None = None
    state: State | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    phones: tuple[Phone, ...] = ()
    accessibility: tuple[str, ...] = ()


class Address(Reply):
    """A place as those may know it who may know all of it: for a confidential one, its own organization."""

    location: str
    name: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    phones: tuple[Phone, ...] = ()


class Addresses(Reply):
    """The addresses, in the order of the locations' ids; null where it is none of the asker's to know."""

    items: tuple[Address | None, ...]


class Capacity(Reply):
    """How many places a service has, by unit (HSDS 3.1 ``service_capacity``).

    All numbers are null where the status is ``unknown``: what was last said is older than ``valid_until``.
    ``available`` is free and not held; ``held`` is kept for persons who are on their way. ``occupied`` may
    exceed ``maximum``, and so may both together.
    """

    unit: str
    status: CapacityStatus = CapacityStatus.KNOWN
    available: int | None = None
    maximum: int | None = None
    held: int | None = None
    occupied: int | None = None
    waiting: int | None = None
    valid_until: datetime | None = None
    updated: datetime | None = None


class Organization(Reply):
    """An organization as everybody may know it (T0). ``version`` counts what is written of it."""

    id: str
    name: str
    kind: OrganizationKind
    verified: bool
    description: str | None = None
    alternate_name: str | None = None
    email: str | None = None
    website: str | None = None
    emergency_phone: Phone | None = None
    phones: tuple[Phone, ...] = ()
    source: str | None = None
    source_id: str | None = None
    fictional: bool = False
    states: tuple[State, ...] = ()
    municipalities: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()
    uri: str | None = None
    logo: str | None = None
    legal_status: str | None = None
    year_incorporated: int | None = None
    parent: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    taxonomy_terms: tuple[TaxonomyTerm, ...] = ()
    status: OrganizationStatus = OrganizationStatus.ACTIVE
    network_roles: tuple[NetworkRole, ...] = ()
    version: int = 0


class Service(Reply):
    """A service as everybody may know it (T0). ``organization`` is the id of whoever offers it.

    Fields that HSDS has are HSDS's. Of the network: ``municipalities`` are INEGI's keys of five digits;
    ``spoken`` says of each language whether it needs an interpreter; ages are years; ``certified`` is its
    source's word; ``timezone`` is the IANA name that schedules and exceptions are told in.
    """

    id: str
    organization: str
    name: str
    status: str
    intake: Intake
    description: str | None = None
    alternate_name: str | None = None
    needs: tuple[Need, ...] = ()
    states: tuple[State, ...] = ()
    languages: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()
    capacity: tuple[Capacity, ...] = ()
    phones: tuple[Phone, ...] = ()
    emergency_phone: Phone | None = None
    source: str | None = None
    source_id: str | None = None
    fictional: bool = False
    municipalities: tuple[str, ...] = ()
    spoken: tuple[Language, ...] = ()
    url: str | None = None
    email: str | None = None
    interpretation_services: str | None = None
    application_process: str | None = None
    fees_description: str | None = None
    wait_time: str | None = None
    accreditations: str | None = None
    licenses: str | None = None
    eligibility_description: str | None = None
    alert: str | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    certified: bool = False
    accessibility: tuple[str, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    exceptions: tuple[HoursException, ...] = ()
    timezone: str | None = None
    service_areas: tuple[ServiceArea, ...] = ()
    required_documents: tuple[str, ...] = ()
    cost_options: tuple[CostOption, ...] = ()
    taxonomy_terms: tuple[TaxonomyTerm, ...] = ()
    assured_date: str | None = None
    last_modified: datetime | None = None
    verified_at: datetime | None = None
    next_review: datetime | None = None
    version: int = 0


class Organizations(Reply):
    """The organizations found, in the order of the ids asked for; one that does not exist is null."""

    items: tuple[Organization | None, ...]


class Services(Reply):
    """The services found, in the order of the ids asked for; one that does not exist is null."""

    items: tuple[Service | None, ...]


class ListOrganizations(Message):
    """Organizations that fit every condition given, by name.

    Those that were deactivated, or that their source does not know any more, with ``include_inactive`` only,
    or by their ``source_id``. ``verified``: only those that a coordinator has verified.
    """

    page: Page
    include_inactive: bool = False
    verified: bool = False
    kinds: tuple[OrganizationKind, ...] = ()
    states: tuple[State, ...] = ()
    needs: tuple[Need, ...] = ()
    text: Annotated[str, Meta(max_length=200)] | None = None
    source_id: SourceId | None = None


class OrganizationList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[Organization, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool
    total: int | None = None


class FindService(Message):
    """The service that an imported directory knows by that id (HSDS ``id``)."""

    source_id: SourceId


class FoundService(Reply):
    """The service, or null; of several directories' the one that comes first by id."""

    item: Service | None


class AuthenticateClient(Message):
    """A client's id and secret, as the token endpoint received them."""

    client: str
    secret: str


class Client(Reply):
    """A system that acts for an organization. Its secret is not here, nor anywhere readable."""

    id: str
    organization: str
    organization_kind: OrganizationKind
    verified: bool
    name: str
    scopes: tuple[Scope, ...]
    created: datetime | None = None
    # Those of its organization, which an operator gave.
    network_roles: tuple[NetworkRole, ...] = ()


class Clients(Reply):
    """The clients as they are now, in the order of the ids; null for one that is unknown or revoked."""

    items: tuple[Client | None, ...]


class CreateOrganization(Message):
    """An operator registers an organization; ``verified`` is the coordinator's word."""

    name: Name
    kind: OrganizationKind
    verified: bool = True
    description: Text | None = None
    emergency_phone: PhoneGiven | None = None


class VerifyOrganization(Message):
    """A coordinator's word, by an operator: it is who it says (or, with ``verified`` false, no longer).

    One that is not verified sees the public directory only, and no import changes what was said here.
    """

    organization: str
    verified: bool = True


class CreateClient(Message):
    """An operator gives an organization a client."""

    organization: str
    name: Name
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)]


class NewClient(Reply):
    """A client and its secret, which is shown once and kept only as a hash."""

    client: Client
    secret: str


class RevokeClient(Message):
    """An operator revokes a client: it gets no token any more, and within five seconds loses those it has."""

    client: str


class CreateMember(Message):
    """An operator adds a person who acts for an organization, by an opaque reference of its own."""

    organization: str
    reference: Annotated[str, Meta(min_length=1, max_length=100)]
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]


class Member(Reply):
    """A person who acts for an organization. The reference is opaque to the network."""

    id: str
    organization: str
    reference: str
    roles: tuple[Role, ...]


class ImportRecord(Message):
    """One HSDS 3.0 record: ``record`` is kept whole; nested objects stay nested.

    An ``organization`` comes without its services; a ``service`` carries ``organization_id`` (the
    source's id) and, nested, its ``service_at_locations`` with their ``location``, its phones,
    schedules, languages, ``service_capacities`` and attributes. The network's own fields stand in
    ``record["relevo"]``, and in that of a location and of a language: docs/hsds-profile declares them.
    Of a location whose visibility is ``network`` or ``private`` everything but visibility, municipality
    and state is taken out of the record and kept sealed.
    """

    kind: Literal["organization", "service"]
    record: dict[str, Any]


class ImportRecords(Message):
    """A batch from one source, 100 records and 512 KiB at most; organizations before their services.

    ``verified`` is the operator's, on a coordinator's word that every organization of this batch is who it
    says. No record says so of itself, and no batch without it takes the word back. ``run`` is the import that
    it belongs to (``contracts/exchange.py``): only the one that holds the source's lease is heard.
    """

    source: Annotated[str, Meta(min_length=1, max_length=80, pattern=patterns.SOURCE)]
    records: Annotated[tuple[ImportRecord, ...], Meta(max_length=100)]
    verified: bool = False
    run: str | None = None


class ImportOutcome(Reply):
    """What became of the record at the same place of the batch; ``id`` unless it was refused.

    ``problems`` say why it was refused; ``mended``, of one that was taken, which lesser fields were put
    right (code ``MENDED``) or left out (``LEFT_OUT``). The whole record keeps them as they came.
    """

    outcome: Literal["created", "updated", "unchanged", "refused"]
    id: str | None = None
    problems: tuple[FieldProblem, ...] = ()
    mended: tuple[FieldProblem, ...] = ()


class ImportReply(Reply):
    """One outcome for each record, in order; ``conflicts`` counts the new (``contracts/exchange.py``)."""

    outcomes: tuple[ImportOutcome, ...]
    conflicts: int = 0


GET_ORGANIZATIONS = Operation(PART, "get_organizations", Ids, Organizations)
GET_SERVICES = Operation(PART, "get_services", Ids, Services)
GET_ADDRESSES = Operation(PART, "get_addresses", Ids, Addresses)
LIST_ORGANIZATIONS = Operation(PART, "list_organizations", ListOrganizations, OrganizationList)
FIND_SERVICE = Operation(PART, "find_service", FindService, FoundService)
AUTHENTICATE_CLIENT = Operation(PART, "authenticate_client", AuthenticateClient, Client)
GET_CLIENTS = Operation(PART, "get_clients", Ids, Clients)
CREATE_ORGANIZATION = Operation(PART, "create_organization", CreateOrganization, Organization)
VERIFY_ORGANIZATION = Operation(PART, "verify_organization", VerifyOrganization, Organization)
CREATE_CLIENT = Operation(PART, "create_client", CreateClient, NewClient)
REVOKE_CLIENT = Operation(PART, "revoke_client", RevokeClient, Client)
CREATE_MEMBER = Operation(PART, "create_member", CreateMember, Member)
IMPORT_RECORDS = Operation(PART, "import_records", ImportRecords, ImportReply)
STATUS = Operation(PART, "status", Nothing, PartStatus)
