"""Searching services: what a page of them is asked by, and why each stands where it stands."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import strawberry

from contracts import directory, search
from contracts.codes import Need, OrganizationKind, State
from contracts.labels import LABELS
from contracts.languages import ENGLISH
from contracts.search import FacetKind, ReasonCode, SearchField, ServiceOrder
from gateway.context import Context, Info
from gateway.ids import part_id_or_nothing
from gateway.lookahead import below, deeper, names, of_rows
from gateway.schema.enums import publish
from gateway.schema.fields import beside
from gateway.schema.pages import After, Before, First, Last, PageInfo, Row, Rows, page_of
from gateway.schema.service import Service

LIST = "services"

publish(
    ServiceOrder,
    "How services are ordered.",
    {
        ServiceOrder.NAME: "By name: the list is stable, and can be walked to its end and backwards.",
        ServiceOrder.RELEVANCE: "By how well the words fit, and by free places: 500 at most, forward only.",
        ServiceOrder.DISTANCE: "The nearest to `near` first: 500 at most, forward only.",
    },
)
publish(
    FacetKind,
    "What the services found are counted by.",
    {
        FacetKind.NEED: "The needs that they are for.",
        FacetKind.KIND: "The kind of the organization that offers them.",
        FacetKind.STATE: "The federal entity.",
        FacetKind.MUNICIPALITY: "The municipality, by INEGI code.",
        FacetKind.LANGUAGE: "The languages spoken there.",
    },
)
publish(
    ReasonCode,
    "Why a service stands where it stands.",
    {
        ReasonCode.WORD: "A word of the query, in whatever form of it.",
        ReasonCode.BEGINNING: "A word that begins as the query's last.",
        ReasonCode.TYPO: "A word that differs from the query's by one letter.",
        ReasonCode.DISTANCE: "How far it is; `value` in kilometres.",
        ReasonCode.CAPACITY: "Places that are known to be free; `value` says how many.",
    },
)
publish(
    SearchField,
    "Where a word was found.",
    {
        SearchField.NAME: "Its name.",
        SearchField.ALTERNATE_NAME: "Its other name.",
        SearchField.ORGANIZATION: "The organization's name.",
        SearchField.KIND: "The organization's kind, in Spanish or English.",
        SearchField.NEED: "The needs that it is for, in Spanish or English, and what people call them.",
        SearchField.PLACE: "Its town, municipality or state.",
        SearchField.TAXONOMY: "The terms that its source files it under.",
        SearchField.DESCRIPTION: "Its description.",
    },
)

# What people read: the field with its article, and each reason as a sentence's piece.
_FIELDS: dict[SearchField, tuple[str, str]] = {
    SearchField.NAME: ("el nombre", "the name"),
    SearchField.ALTERNATE_NAME: ("el otro nombre", "the other name"),
    SearchField.ORGANIZATION: ("la organización", "the organization"),
    SearchField.KIND: ("el tipo de organización", "the organization's kind"),
    SearchField.NEED: ("las necesidades", "the needs"),
    SearchField.PLACE: ("el lugar", "the place"),
    SearchField.TAXONOMY: ("los temas", "the topics"),
    SearchField.DESCRIPTION: ("la descripción", "the description"),
}
_SENTENCES: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.WORD: ("«{word}» en {field}", "“{word}” in {field}"),
    ReasonCode.BEGINNING: ("«{word}…» en {field}: {found}", "“{word}…” in {field}: {found}"),
    ReasonCode.TYPO: ("«{word}» se parece a «{found}» en {field}", "“{word}” is like “{found}” in {field}"),
    ReasonCode.DISTANCE: ("a {value:g} km", "{value:g} km away"),
    ReasonCode.CAPACITY: ("con cupo: {value:g}", "places free: {value:g}"),
}


def _sentence(parent: search.Reason, context: Context) -> str:
    """The same in words, in the language of `Accept-Language`."""
    english = context.language == ENGLISH
    field = _FIELDS[parent.field][english] if parent.field else ""
    words = _SENTENCES[parent.code][english]
    return words.format(word=parent.word, field=field, found=parent.found, value=parent.value or 0)


@strawberry.type(description="One thing that brought a service where it stands.")
class Reason:
    """Read from ``contracts.search.Reason``."""

    code: ReasonCode = strawberry.field(description="What sort of reason.")
    field: SearchField | None = strawberry.field(description="Where the word was found.")
    word: str | None = strawberry.field(description="The word of the query, without accents.")
    found: str | None = strawberry.field(description="What stands there for it, where it is not the same.")
    value: float | None = strawberry.field(description="Kilometres, or places.")
    text = beside(_sentence, str)


_CODES: dict[FacetKind, type[StrEnum]] = {
    FacetKind.NEED: Need,
    FacetKind.KIND: OrganizationKind,
    FacetKind.STATE: State,
}


@strawberry.type(description="How many of the services found have a code.")
class FacetCount:
    """One count, with its code as clients write it."""

    code: str = strawberry.field(
        description="The code as its enum writes it (`FOOD`), a municipality's INEGI code, or a language."
    )
    label: str = strawberry.field(description="The words for people; the code where there are none.")
    count: int = strawberry.field(description="How many services.")


@strawberry.type(
    description="The services found, counted by one thing: the largest counts first, 50 at most."
)
class Facet:
    """Read from ``contracts.search.FacetCounts``."""

    kind: FacetKind = strawberry.field(description="What they are counted by.")
    counts: list[FacetCount] = strawberry.field(description="The counts.")


def _facet(given: search.FacetCounts, context: Context) -> Facet:
    kind = _CODES.get(given.kind)
    counts = []
    for one in given.counts:
        if kind is None:
            counts.append(FacetCount(code=one.code, label=one.name or one.code, count=one.count))
            continue
        label = LABELS[kind][kind(one.code)]
        words = label.en if context.language == ENGLISH else label.es
        counts.append(FacetCount(code=kind(one.code).name, label=words, count=one.count))
    return Facet(kind=given.kind, counts=counts)


class FoundRow(Row[directory.Service]):
    """An edge: with its distance and its reasons."""

    @property
    def distance_km(self) -> float | None:
        """How far it is from ``near``."""
        return self._page.distances[self.index]

    @property
    def reasons(self) -> tuple[search.Reason, ...]:
        """Why it stands there; looked for only where they are asked for."""
        return self._page.reasons[self.index] if self._page.reasons else ()

    @property
    def _page(self) -> search.ServicePage:
        rows: Any = self.rows
        page: search.ServicePage = rows.page
        return page


class FoundRows(Rows[directory.Service]):
    """One page of a search."""

    def __init__(self, context: Context, page: search.ServicePage) -> None:
        super().__init__(context.cursors, LIST, page)
        self.page = page
        self.facets = [_facet(one, context) for one in page.facets]

    @property
    def edges(self) -> list[Row[directory.Service]]:
        """The rows with their cursors."""
        return [FoundRow(self, index) for index in range(len(self.nodes))]


@strawberry.type(description="A service in a page.")
class ServiceEdge:
    """Read from ``FoundRow``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Service = strawberry.field(description="The service.")
    distance_km: float | None = strawberry.field(
        description="Kilometres from `near`; of a confidential place whole ones, to its municipality."
    )
    reasons: list[Reason] = strawberry.field(description="Why it stands where it stands.")


@strawberry.type(description="A page of services.")
class ServiceConnection:
    """Read from ``FoundRows``."""

    edges: list[ServiceEdge] = strawberry.field(description="The services with their cursors.")
    nodes: list[Service] = strawberry.field(description="The services.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(
        description="How many there are in all; null where counting would take long."
    )
    facets: list[Facet] = strawberry.field(
        description="All that the query finds, not only this page, counted by need, kind, state, "
        "municipality and language."
    )


@strawberry.input(description="A point on Earth, or a municipality's centre: one of them.")
class GeoInput:
    """Where distances are measured from."""

    latitude: float | None = strawberry.field(description="Degrees north (WGS 84).", default=None)
    longitude: float | None = strawberry.field(description="Degrees east (WGS 84).", default=None)
    municipality: str | None = strawberry.field(
        description="A municipality's INEGI code, five digits.", default=None
    )
    km: float | None = strawberry.field(
        description=f"No farther than this: up to {search.MOST_KILOMETRES}. "
        "Without it, services whose place is unknown come last.",
        default=None,
    )


@strawberry.input(description="Calendar days, both included.")
class DaysInput:
    """Days of the services' own time zones."""

    first: date = strawberry.field(description="The first day.")
    last: date = strawberry.field(description=f"The last day, within {search.MOST_DAYS} days.")


@strawberry.input(description="Which services: those that fit every condition given.")
class ServiceFilter:
    """Conditions of a list of services."""

    organization: strawberry.ID | None = strawberry.field(
        description="Offered by this organization.", default=None
    )
    kinds: list[OrganizationKind] | None = strawberry.field(
        description="Offered by an organization of one of these kinds.", default=None
    )
    needs: list[Need] | None = strawberry.field(description="For one of these needs.", default=None)
    states: list[State] | None = strawberry.field(description="Given in one of these states.", default=None)
    municipalities: list[str] | None = strawberry.field(
        description="Given in one of these municipalities, by INEGI code of five digits.", default=None
    )
    text: str | None = strawberry.field(
        description="Words in Spanish or English, in any form, without accents if you like; the last one may "
        "be unfinished, and a word of four letters and more may have one typo. One letter or digit at least.",
        default=None,
    )
    languages: list[str] | None = strawberry.field(
        description="In one of these languages: BCP 47 tags, or names as sources write them.", default=None
    )
    interpreter: bool | None = strawberry.field(
        description="The languages by an interpreter only (true), or without one (false); both if left out.",
        default=None,
    )
    accessibility: list[str] | None = strawberry.field(
        description="With all these words in what is said of its accessibility: letters or digits.",
        default=None,
    )
    certified: bool | None = strawberry.field(
        description="By a provider that is certified or trained for it.", default=None
    )
    age: float | None = strawberry.field(description="For a person of this age, in years.", default=None)
    days: DaysInput | None = strawberry.field(
        description="Given on one of these days by its schedule: for fairs, clinics, campaigns.", default=None
    )
    open_now: bool | None = strawberry.field(
        description="Open now by its schedule. Unknown hours are not open.", default=None
    )
    open_at: datetime | None = strawberry.field(
        description="Open at this moment by its schedule.", default=None
    )
    has_capacity: bool | None = strawberry.field(
        description="With a place that is free now, or with none. A service whose numbers are too old is "
        "neither.",
        default=None,
    )
    include_inactive: bool = strawberry.field(
        description="Also services that are inactive or defunct.", default=False
    )


async def services(
    info: Info,
    *,
    filter: Annotated[
        ServiceFilter | None, strawberry.argument(description="Which ones; all without it.")
    ] = None,
    near: Annotated[
        GeoInput | None, strawberry.argument(description="Where distances are measured from.")
    ] = None,
    order_by: Annotated[
        ServiceOrder | None,
        strawberry.argument(
            description="By default `DISTANCE` if `near` is given, `RELEVANCE` if a text is, else `NAME`."
        ),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> FoundRows:
    """Services of the directory. A change is found within a second.

    By name the list is stable, forward and backward to its end. By relevance or distance it goes forward
    only, 500 at most, and a cursor is good for its own query only.
    """
    chosen = filter or ServiceFilter()
    request = search.SearchServices(
        page=page_of(info, LIST, first=first, last=last, after=after, before=before),
        order=order_by,
        near=_near(near),
        reasons="reasons" in names(info.raw, deeper(info.raw, below(info.raw), "edges")),
        facets=tuple(FacetKind) if "facets" in names(info.raw, below(info.raw)) else (),
        **_conditions(chosen),
    )
    reply = await info.context.clients.ask(search.SEARCH_SERVICES, request)
    if {"organization", "emergencyCall"} & names(info.raw, of_rows(info.raw)):
        await info.context.organizations.prime(item.organization for item in reply.items)
    return FoundRows(info.context, reply)


def _conditions(chosen: ServiceFilter) -> dict[str, Any]:
    return {
        "organization": part_id_or_nothing("Organization", chosen.organization)
        if chosen.organization
        else None,
        "kinds": tuple(chosen.kinds or ()),
        "needs": tuple(chosen.needs or ()),
        "states": tuple(chosen.states or ()),
        "municipalities": tuple(chosen.municipalities or ()),
        "text": chosen.text,
        "languages": tuple(chosen.languages or ()),
        "interpreter": chosen.interpreter,
        "accessibility": tuple(chosen.accessibility or ()),
        "certified": chosen.certified,
        "age": chosen.age,
        "days": search.Days(first=chosen.days.first, last=chosen.days.last) if chosen.days else None,
        "open_now": chosen.open_now,
        "open_at": chosen.open_at,
        "has_capacity": chosen.has_capacity,
        "inactive": chosen.include_inactive,
    }


def _near(given: GeoInput | None) -> search.Near | None:
    if given is None:
        return None
    return search.Near(
        latitude=given.latitude, longitude=given.longitude, municipality=given.municipality, km=given.km
    )
