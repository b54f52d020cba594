"""Searching the directory's services: what is asked, and the page with its reasons and facets.

Ordered by ``name`` a list is stable and can be walked to its end; by ``relevance`` or ``distance`` it is
ranked, and its positions are offsets that are good for the very same query only, 500 at most.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.codes import Need, OrganizationKind, State
from contracts.directory import PART, Service
from contracts.rpc import Message, Operation, Page, Reply

# How far a ranked list goes: whoever wants more narrows the question.
MOST_RANKED = 500
MOST_KILOMETRES = 1000
MOST_DAYS = 92

Short = Annotated[str, Meta(min_length=1, max_length=100)]
MunicipalityCode = Annotated[str, Meta(pattern=r"^[0-9]{5}\Z")]


class ServiceOrder(StrEnum):
    """How services are ordered."""

    NAME = "name"
    RELEVANCE = "relevance"
    DISTANCE = "distance"


class FacetKind(StrEnum):
    """What the services found are counted by."""

    NEED = "need"
    KIND = "kind"
    STATE = "state"
    MUNICIPALITY = "municipality"
    LANGUAGE = "language"


class ReasonCode(StrEnum):
    """Why a service stands where it stands."""

    WORD = "word"
    BEGINNING = "beginning"
    TYPO = "typo"
    DISTANCE = "distance"
    CAPACITY = "capacity"


class SearchField(StrEnum):
    """Where a word was found."""

    NAME = "name"
    ALTERNATE_NAME = "alternate_name"
    ORGANIZATION = "organization"
    KIND = "kind"
    NEED = "need"
    PLACE = "place"
    TAXONOMY = "taxonomy"
    DESCRIPTION = "description"


class Near(Message):
    """A point in degrees (WGS 84), or a municipality's centre by INEGI code; ``km`` bounds the distance."""

    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    municipality: MunicipalityCode | None = None
    km: Annotated[float, Meta(gt=0, le=MOST_KILOMETRES)] | None = None


class Days(Message):
    """Calendar days of the services' own time zones, both included, 92 at most."""

    first: date
    last: date


class SearchServices(Message):
    """Services that fit every condition given; of what is listed in one condition, one is enough.

    ``open_now`` and ``open_at`` take a service as closed whose hours nobody has said. ``has_capacity``
    true asks for a place that is known to be free, false for services known to be full: where it is
    unknown, neither. Services that are inactive or defunct come only if ``inactive`` is true.
    """

    page: Page
    order: ServiceOrder | None = None
    text: Annotated[str, Meta(max_length=200)] | None = None
    near: Near | None = None
    organization: str | None = None
    kinds: tuple[OrganizationKind, ...] = ()
    needs: tuple[Need, ...] = ()
    states: tuple[State, ...] = ()
    municipalities: Annotated[tuple[MunicipalityCode, ...], Meta(max_length=100)] = ()
    languages: Annotated[tuple[Short, ...], Meta(max_length=20)] = ()
    interpreter: bool | None = None
    accessibility: Annotated[tuple[Short, ...], Meta(max_length=20)] = ()
    certified: bool | None = None
    age: Annotated[float, Meta(ge=0, le=130)] | None = None
    days: Days | None = None
    open_now: bool | None = None
    open_at: datetime | None = None
    has_capacity: bool | None = None
    inactive: bool = False
    facets: tuple[FacetKind, ...] = ()
    reasons: bool = False


class Reason(Reply):
    """One thing that brought a service where it stands.

    ``word`` is the word as it was asked; ``found`` what stands in the service for it, if it is not the
    same; ``value`` the kilometres, or the places that are free.
    """

    code: ReasonCode
    field: SearchField | None = None
    word: str | None = None
    found: str | None = None
    value: float | None = None


class Count(Reply):
    """How many of the services found have a code; ``name`` where the code is none of the network's own."""

    code: str
    count: int
    name: str | None = None


class FacetCounts(Reply):
    """The counts of one kind, the largest first, 50 at most."""

    kind: FacetKind
    counts: tuple[Count, ...]


class ServicePage(Reply):
    """One page. ``positions``, ``distances`` and ``reasons`` are those of the items, in their order.

    A distance is in kilometres; that of a confidential place is its municipality's centre's, in whole ones.
    """

    items: tuple[Service, ...]
    positions: tuple[tuple[str, ...], ...]
    distances: tuple[float | None, ...]
    has_next: bool
    has_previous: bool
    total: int
    reasons: tuple[tuple[Reason, ...], ...] = ()
    facets: tuple[FacetCounts, ...] = ()


SEARCH_SERVICES = Operation(PART, "search_services", SearchServices, ServicePage)
