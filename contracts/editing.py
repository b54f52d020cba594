"""Requests and replies of the directory on its truth: editing, history, reviews, corrections.

A field that is not given stays as it is; null takes away what may be missing.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from contracts.codes import Intake, Need, State, Visibility
from contracts.directory import PART, Location, Name, Organization, PhoneGiven, Service
from contracts.membership import Email, Id, Key, Link, Note
from contracts.rpc import Message, Operation, Page, Reply
from contracts.standing import CorrectionStatus

# So many days after somebody has confirmed a service it is to be looked at again; a setting says otherwise.
REVIEW_DAYS = 180

# A text of one line, and one of several: control characters but line ends and tabs are refused.
Line = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
Text = Annotated[
    str, Meta(min_length=1, max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+\Z")
]
Tag = Annotated[str, Meta(min_length=2, max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")]
Years = Annotated[float, Meta(ge=0, le=150)]
Status = Literal["active", "inactive", "defunct", "temporarily closed"]


class LanguageGiven(Message):
    """A language that a service is given in: a BCP 47 tag, and whether through an interpreter."""

    code: Tag
    interpreter: bool = False


class ScheduleGiven(Message):
    """When a service is open, in its own time zone (HSDS ``schedule``).

    ``byday`` is ``MO,TU``; times are ``08:30``, days ``2026-03-01``. Closing before opening is the next
    morning.
    """

    freq: Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] = "WEEKLY"
    byday: Annotated[str, Meta(max_length=60)] | None = None
    bymonthday: Annotated[str, Meta(max_length=100)] | None = None
    opens_at: Annotated[str, Meta(max_length=20)] | None = None
    closes_at: Annotated[str, Meta(max_length=20)] | None = None
    valid_from: Annotated[str, Meta(max_length=20)] | None = None
    valid_to: Annotated[str, Meta(max_length=20)] | None = None
    notes: Line | None = None


class ExceptionGiven(Message):
    """Days with other hours than usual: a holiday. ``closed``, or open from ``opens_at`` to ``closes_at``."""

    date: Annotated[str, Meta(max_length=20)]
    until: Annotated[str, Meta(max_length=20)] | None = None
    closed: bool = False
    opens_at: Annotated[str, Meta(max_length=20)] | None = None
    closes_at: Annotated[str, Meta(max_length=20)] | None = None
    note: Line | None = None


class OrganizationFields(Message):
    """What an organization may edit of itself. Its kind is a coordinator's business: it decides on access."""

    name: Name | UnsetType = UNSET
    alternate_name: Line | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    website: Link | UnsetType | None = UNSET
    phones: Annotated[tuple[PhoneGiven, ...], Meta(max_length=20)] | UnsetType = UNSET
    emergency_phone: PhoneGiven | UnsetType | None = UNSET


class ServiceFields(Message):
    """What an organization may edit of a service."""

    name: Name | UnsetType = UNSET
    alternate_name: Line | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    status: Status | UnsetType = UNSET
    intake: Intake | UnsetType = UNSET
    needs: Annotated[tuple[Need, ...], Meta(max_length=len(Need))] | UnsetType = UNSET
    languages: Annotated[tuple[LanguageGiven, ...], Meta(max_length=50)] | UnsetType = UNSET
    phones: Annotated[tuple[PhoneGiven, ...], Meta(max_length=20)] | UnsetType = UNSET
    emergency_phone: PhoneGiven | UnsetType | None = UNSET
    url: Link | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    timezone: Annotated[str, Meta(max_length=60)] | UnsetType | None = UNSET
    schedules: Annotated[tuple[ScheduleGiven, ...], Meta(max_length=50)] | UnsetType = UNSET
    exceptions: Annotated[tuple[ExceptionGiven, ...], Meta(max_length=100)] | UnsetType = UNSET
    accessibility: Annotated[tuple[Line, ...], Meta(max_length=30)] | UnsetType = UNSET
    minimum_age: Years | UnsetType | None = UNSET
    maximum_age: Years | UnsetType | None = UNSET
    required_documents: Annotated[tuple[Line, ...], Meta(max_length=30)] | UnsetType = UNSET
    interpretation_services: Text | UnsetType | None = UNSET
    application_process: Text | UnsetType | None = UNSET
    fees_description: Text | UnsetType | None = UNSET
    eligibility_description: Text | UnsetType | None = UNSET


class UpdateOrganization(Message):
    """An organization edits its own entry; an operator says which ``organization``."""

    idempotency_key: Key
    fields: OrganizationFields
    organization: Id | None = None
    expected_version: int | None = None


class OrganizationEdited(Reply):
    """The organization as it is now."""

    organization: Organization
    replayed: bool = False


class PlaceGiven(Message):
    """A new place: where it is, and who may see that. Only the state is needed: a shelter may say no more.

    ``municipality_code`` is INEGI's key of five digits. Of a place that is not ``public`` everything but
    municipality and state is sealed apart, and must not stand in any text of its organization.
    """

    visibility: Visibility
    state: State
    municipality_code: Annotated[str, Meta(pattern=r"^[0-9]{5}\Z")] | None = None
    name: Line | None = None
    street: Line | None = None
    city: Line | None = None
    postal_code: Annotated[str, Meta(pattern=r"^[0-9A-Za-z -]{3,10}\Z")] | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    phones: Annotated[tuple[PhoneGiven, ...], Meta(max_length=5)] = ()


class ServicePlace(Message):
    """A place of a service: one that the organization has (``location``), or a new one; not both."""

    location: Id | None = None
    place: PlaceGiven | None = None


class CreateService(Message):
    """An organization adds a service; an operator says which ``organization``.

    ``name``, ``needs`` and ``intake`` must be given. ``states`` are beside those of its places.
    """

    idempotency_key: Key
    fields: ServiceFields
    locations: Annotated[tuple[ServicePlace, ...], Meta(max_length=10)] = ()
    states: Annotated[tuple[State, ...], Meta(max_length=len(State))] = ()
    organization: Id | None = None


class UpdateService(Message):
    """An organization edits one of its services."""

    service: Id
    idempotency_key: Key
    fields: ServiceFields
    expected_version: int | None = None


class ConfirmService(Message):
    """An organization says that all of a service is still true today."""

    service: Id
    idempotency_key: Key


class ServiceEdited(Reply):
    """The service as it is now."""

    service: Service
    replayed: bool = False


class SetLocationVisibility(Message):
    """An organization says who may see a place of its own, wherever its entries name it.

    No import says otherwise afterwards. A place that another organization's entry hides stays hidden.
    """

    location: Id
    visibility: Visibility
    idempotency_key: Key
    organization: Id | None = None


class LocationEdited(Reply):
    """The place as everybody may see it now."""

    location: Location
    replayed: bool = False


# --- History and reviews ------------------------------------------------------------------------


class ListHistory(Message):
    """The history of one organization or service, oldest first."""

    noun: Literal["organization", "service"]
    id: Id
    page: Page


class DirectoryChange(Reply):
    """One change: which fields, when, and by whom.

    ``by`` is ``client`` or ``member`` (of ``organization``), ``operator``, or ``source`` (an import).
    ``client`` is told to its own organization and to operators only.
    """

    version: int
    at: datetime
    action: str
    by: str
    fields: tuple[str, ...]
    organization: str | None = None
    client: str | None = None
    source: str | None = None


class DirectoryHistory(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[DirectoryChange, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class ListStale(Message):
    """Services whose day of review has come, the longest due first: all to coordinators, else the own."""

    page: Page


class StaleServices(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[Service, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


# --- Corrections --------------------------------------------------------------------------------

CorrectionField = Literal[
    "name",
    "alternate_name",
    "description",
    "status",
    "intake",
    "needs",
    "languages",
    "phones",
    "emergency_phone",
    "url",
    "email",
    "schedules",
    "accessibility",
    "ages",
    "required_documents",
    "location",
    "other",
]


class SuggestCorrection(Message):
    """Somebody says what of a service is not right: no personal data, please."""

    service: Id
    field: CorrectionField
    text: Note
    idempotency_key: Key


class Correction(Reply):
    """A suggestion. ``suggester`` is an organization, shown to itself and to coordinators only.

    ``applied`` says that accepting it edited the service.
    """

    id: str
    service: str
    field: str
    text: str
    status: CorrectionStatus
    suggested_at: datetime
    suggester: str | None = None
    decided_at: datetime | None = None
    note: str | None = None
    applied: bool = False


class CorrectionReply(Reply):
    """The correction as it is now."""

    correction: Correction
    replayed: bool = False


class DecideCorrection(Message):
    """The service's organization decides; a coordinator, where that has no client or member."""

    correction: Id
    accept: bool
    idempotency_key: Key
    note: Note | None = None


class ListCorrections(Message):
    """Corrections, oldest first: those that the caller decides on, or those that it suggested."""

    page: Page
    box: Literal["to_decide", "suggested"] = "to_decide"
    status: CorrectionStatus | None = None


class CorrectionList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[Correction, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


UPDATE_ORGANIZATION = Operation(PART, "update_organization", UpdateOrganization, OrganizationEdited)
CREATE_SERVICE = Operation(PART, "create_service", CreateService, ServiceEdited)
UPDATE_SERVICE = Operation(PART, "update_service", UpdateService, ServiceEdited)
SET_LOCATION_VISIBILITY = Operation(PART, "set_location_visibility", SetLocationVisibility, LocationEdited)
CONFIRM_SERVICE = Operation(PART, "confirm_service", ConfirmService, ServiceEdited)
LIST_HISTORY = Operation(PART, "list_history", ListHistory, DirectoryHistory)
LIST_STALE = Operation(PART, "list_stale", ListStale, StaleServices)
SUGGEST_CORRECTION = Operation(PART, "suggest_correction", SuggestCorrection, CorrectionReply)
DECIDE_CORRECTION = Operation(PART, "decide_correction", DecideCorrection, CorrectionReply)
LIST_CORRECTIONS = Operation(PART, "list_corrections", ListCorrections, CorrectionList)
