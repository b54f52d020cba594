"""Stored services of an invented valley, and an index of them: no server is needed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.rpc import Page
from contracts.search import SearchServices, ServicePage
from services.directory.geography.table import Centre, Precision
from services.directory.search.actions import Desk
from services.directory.search.entry import Provider
from services.directory.search.index import SearchIndex

CENTRES = {
    "07089": Centre(14.9, -92.26, Precision.MUNICIPALITY),
    "20001": Centre(17.0, -96.7, Precision.STATE),
}
SHELTER = Provider("Casa La Ceiba", None, "shelter")
CLINIC = Provider("Clínica Ámbar", "Ambar", "health")
PROVIDERS = {"org_shelter": SHELTER, "org_clinic": CLINIC}


def place(**fields: Any) -> dict[str, Any]:
    """A stored location; public unless it says otherwise."""
    given = {"id": "loc_1", "visibility": "public", "municipality": "Tapachula", "state": "CHP"}
    return {**given, "latitude": 14.9, "longitude": -92.26, **fields}


def service(noun_id: str, name: str, **fields: Any) -> dict[str, Any]:
    """A stored service."""
    given = {
        "_id": noun_id, "revision": 1, "organization": "org_shelter", "name": name, "status": "active",
        "intake": "network", "needs": [], "states": ["CHP"], "languages": ["es"], "locations": [],
        "capacity": [], "phones": [], "fictional": True,
    }  # fmt: skip
    return {**given, **fields}


def beds(available: int, hours_ago: float = 1.0) -> dict[str, Any]:
    """How many beds are free, as it was said so long ago."""
    updated = datetime.now(UTC) - timedelta(hours=hours_ago)
    return {"unit": "bed", "available": available, "maximum": 9, "updated": updated}


VALLEY = (
    service(
        "svc_women", "Albergue para mujeres", needs=["emergency_shelter"], capacity=[beds(3)],
        description="Camas y comida para mujeres embarazadas.", locations=[place(municipality_code="07089")],
        languages=["es", "mam"], municipalities=["07089"],
    ),
    service(
        "svc_mind", "Atención psicológica", needs=["mental_health"], organization="org_clinic",
        description="Psicóloga con experiencia en violencia.", states=["OAX"], capacity=[beds(0)],
        locations=[place(municipality="Oaxaca de Juárez", state="OAX", latitude=17.0, longitude=-96.7)],
        minimum_age=18, certified=True, accessibility=["Rampa para sillas de ruedas"],
    ),
    service(
        "svc_food", "Comedor del Río", needs=["food"], capacity=[beds(5, hours_ago=30)],
        description="Comida caliente, no es un albergue.", locations=[place(latitude=15.4, longitude=-92.3)],
        maximum_age=17.9,
        languages=["es", {"code": "mam", "name": "Mam de la sierra", "interpreter": True}],
    ),
    service("svc_law", "Legal aid clinic", needs=["legal_assistance"], organization="org_clinic", states=[]),
    service("svc_gone", "Albergue cerrado", status="inactive"),
)  # fmt: skip


def desk_of(*documents: dict[str, Any]) -> Desk:
    """A desk that searches these services."""
    index = SearchIndex()
    for document in documents:
        index.put(document, PROVIDERS.get(document["organization"]))
    index.commit()
    return Desk(index, PROVIDERS.get, CENTRES.get)


async def find(desk: Desk, first: int = 20, **conditions: Any) -> ServicePage:
    """One page."""
    return await desk.search(SearchServices(page=Page(first=first), **conditions))


async def found(desk: Desk, **conditions: Any) -> list[str]:
    """The ids of what is found, without what all have in common, in order."""
    return [one.id.removeprefix("svc_") for one in (await find(desk, **conditions)).items]
