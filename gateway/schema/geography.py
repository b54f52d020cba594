"""Where things are: the federal entities, and the municipalities that are installed."""

from enum import StrEnum
from typing import Annotated

import strawberry

from contracts import geography
from contracts.codes import State
from contracts.inegi import INEGI_STATE
from contracts.labels import LABELS
from contracts.languages import ENGLISH
from gateway.context import Info
from gateway.schema.enums import publish
from gateway.schema.fields import computed
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

LIST = "municipalities"


class CentrePrecision(StrEnum):
    """What a municipality's centre is."""

    MUNICIPALITY = "municipality"
    SERVICES = "services"
    STATE = "state"


publish(
    CentrePrecision,
    "What a municipality's centre is.",
    {
        CentrePrecision.MUNICIPALITY: "The municipality's own, as it was published.",
        CentrePrecision.SERVICES: "The mean of the public places of services there.",
        CentrePrecision.STATE: "Its state's: nothing nearer is known.",
    },
)


@strawberry.type(description="A federal entity of Mexico.")
class FederalEntity:
    """Made by ``states``."""

    state: State = strawberry.field(description="Its code, ISO 3166-2:MX.")
    name: str = strawberry.field(description="Its name, in the language asked for.")
    inegi_key: str = strawberry.field(description="INEGI's key of two digits: `07`.")
    p_code: str = strawberry.field(description="The place code of humanitarian data: `MX07`.")


def states(info: Info) -> list[FederalEntity]:
    """The 32 federal entities, in the order of INEGI's keys."""
    english = info.context.language == ENGLISH
    labels = LABELS[State]
    return [
        FederalEntity(
            state=state,
            name=labels[state].en if english else labels[state].es,
            inegi_key=key,
            p_code=f"MX{key}",
        )
        for key, state in sorted(INEGI_STATE.items())
    ]


def _precision(parent: geography.Municipality) -> CentrePrecision:
    """What `latitude` and `longitude` are the centre of."""
    return CentrePrecision(parent.precision)


@strawberry.type(description="A municipality of Mexico.")
class Municipality:
    """Read from ``contracts.geography.Municipality``."""

    code: str = strawberry.field(description="INEGI's key of five digits: `07089`.")
    pcode: str = strawberry.field(name="pCode", description="The place code of humanitarian data: `MX07089`.")
    name: str = strawberry.field(description="Its name, as INEGI writes it.")
    state: State = strawberry.field(description="Its federal entity.")
    population: int | None = strawberry.field(description="How many people live there, where it is known.")
    latitude: float = strawberry.field(description="Its centre, degrees north (WGS 84).")
    longitude: float = strawberry.field(description="Its centre, degrees east (WGS 84).")
    precision = computed(_precision, CentrePrecision)


@strawberry.type(description="A municipality in a page.")
class MunicipalityEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Municipality = strawberry.field(description="The municipality.")


@strawberry.type(description="A page of municipalities.")
class MunicipalityConnection:
    """Read from ``pages.Rows``."""

    edges: list[MunicipalityEdge] = strawberry.field(description="The municipalities with their cursors.")
    nodes: list[Municipality] = strawberry.field(description="The municipalities.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(description="How many there are in all.")


async def municipalities(
    info: Info,
    *,
    state: Annotated[State | None, strawberry.argument(description="Of this federal entity.")] = None,
    text: Annotated[
        str | None, strawberry.argument(description="With names whose words begin so, accents or not.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[geography.Municipality]:
    """The municipalities that this network's operator has installed, by name; none before that."""
    request = geography.ListMunicipalities(
        page=page_of(info, LIST, first=first, last=last, after=after, before=before), state=state, text=text
    )
    reply = await info.context.clients.ask(geography.LIST_MUNICIPALITIES, request)
    return Rows(info.context.cursors, LIST, reply)
