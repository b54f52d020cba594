"""Requests and replies of the directory: organizations, services, clients, members, imports.

Field names are those of HSDS 3.0 wherever HSDS has one; what the network adds is said beside it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from contracts.codes import Intake, Need, OrganizationKind, Role, Scope, State, Visibility
from contracts.rpc import FieldProblem, Ids, Message, Nothing, Operation, Page, PartStatus, Reply

PART = "directory"

# Something that can be read, on one line: names are shown in terminals and logs.
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$",
    ),
]
Text = Annotated[str, Meta(max_length=20_000)]
SourceId = Annotated[str, Meta(min_length=1, max_length=200)]


class Phone(Message):
    """A telephone number as its source wrote it, with what HSDS says about it."""

    number: str
    extension: str | None = None
    description: str | None = None


class Location(Reply):
    """Where a service is given. Of a confidential one no more than the municipality is ever here."""

    id: str
    visibility: Visibility
    name: str | None = None
    street: str | None = None
    city: str | None = None
    municipality: str | None = None
    state: State | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Capacity(Reply):
    """How many places a service has, by unit (HSDS 3.1 ``service_capacity``)."""

    unit: str
    available: int
    maximum: int | None = None
    updated: datetime | None = None


class Organization(Reply):
    """An organization as everybody may know it (T0)."""

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


class Service(Reply):
    """A service as everybody may know it (T0). ``organization`` is the id of whoever offers it."""

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


class Organizations(Reply):
    """The organizations found, in the order of the ids asked for; one that does not exist is null."""

    items: tuple[Organization | None, ...]


class Services(Reply):
    """The services found, in the order of the ids asked for; one that does not exist is null."""

    items: tuple[Service | None, ...]


class ListOrganizations(Message):
    """Organizations that fit every condition given, by name."""

    page: Page
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


class ListServices(Message):
    """Services that fit every condition given, by name."""

    page: Page
    organization: str | None = None
    kinds: tuple[OrganizationKind, ...] = ()
    needs: tuple[Need, ...] = ()
    states: tuple[State, ...] = ()
    text: Annotated[str, Meta(max_length=200)] | None = None
    has_capacity: bool | None = None
    source_id: SourceId | None = None


class ServiceList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[Service, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool
    total: int | None = None


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


class Clients(Reply):
    """The clients as they are now, in the order of the ids; null for one that is unknown or revoked."""

    items: tuple[Client | None, ...]


class CreateOrganization(Message):
    """An operator registers an organization; ``verified`` is the coordinator's word."""

    name: Name
    kind: OrganizationKind
    verified: bool = True
    description: Text | None = None
    emergency_phone: Phone | None = None


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
    ``record["relevo"]`` (organization: kind, emergency_phone, fictional; service: needs,
    intake, emergency_phone, fictional).
    """

    kind: Literal["organization", "service"]
    record: dict[str, Any]


class ImportRecords(Message):
    """A batch from one source, 100 records and 512 KiB at most; organizations before their services.

    ``verified`` is the operator's, on a coordinator's word that every organization of this batch is who it
    says. No record says so of itself, and no batch without it takes the word back.
    """

    source: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    records: Annotated[tuple[ImportRecord, ...], Meta(max_length=100)]
    verified: bool = False


class ImportOutcome(Reply):
    """What became of the record at the same place of the batch; ``id`` unless it was refused."""

    outcome: Literal["created", "updated", "unchanged", "refused"]
    id: str | None = None
    problems: tuple[FieldProblem, ...] = ()


class ImportReply(Reply):
    """One outcome for each record, in order."""

    outcomes: tuple[ImportOutcome, ...]


GET_ORGANIZATIONS = Operation(PART, "get_organizations", Ids, Organizations)
GET_SERVICES = Operation(PART, "get_services", Ids, Services)
LIST_ORGANIZATIONS = Operation(PART, "list_organizations", ListOrganizations, OrganizationList)
LIST_SERVICES = Operation(PART, "list_services", ListServices, ServiceList)
AUTHENTICATE_CLIENT = Operation(PART, "authenticate_client", AuthenticateClient, Client)
GET_CLIENTS = Operation(PART, "get_clients", Ids, Clients)
CREATE_ORGANIZATION = Operation(PART, "create_organization", CreateOrganization, Organization)
VERIFY_ORGANIZATION = Operation(PART, "verify_organization", VerifyOrganization, Organization)
CREATE_CLIENT = Operation(PART, "create_client", CreateClient, NewClient)
REVOKE_CLIENT = Operation(PART, "revoke_client", RevokeClient, Client)
CREATE_MEMBER = Operation(PART, "create_member", CreateMember, Member)
IMPORT_RECORDS = Operation(PART, "import_records", ImportRecords, ImportReply)
STATUS = Operation(PART, "status", Nothing, PartStatus)
