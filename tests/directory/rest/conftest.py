"""A directory with its public API, on servers of its own, and whoever reads it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis.bus import connect
from chassis.health import Health
from chassis.identity import Identity, Peers
from chassis.part import Part
from chassis.rpc import Caller
from cli.demo import network
from cli.embedded.ports import choose
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from services.directory.main import start
from services.directory.settings import Settings
from tests.directory import cast, schemas
from tests.servers import Servers, eventually

Json = dict[str, Any]
FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
BATCH = 40
# Of the real directory so many services, with their organizations; all of them take a while.
MIAMI_SERVICES = 10_000 if FULL else 120


@dataclass(frozen=True)
class Directory:
    """The API's client, and how many of what is in it."""

    http: httpx.AsyncClient
    organizations: int
    services: int

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Ask for a path with these parameters."""
        return await self.http.get(path, params=parameters)

    async def json(self, path: str, **parameters: Any) -> Json:
        """The answer, which has to be there."""
        answer = await self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def pages(self, path: str, **parameters: Any) -> list[Json]:
        """Every record of a list, page by page."""
        found: list[Json] = []
        number = 0
        while True:
            number += 1
            page = await self.json(path, page=number, **parameters)
            found += page["contents"]
            if page["last_page"]:
                return found


@pytest.fixture(scope="package")
def rest_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of these tests' own."""
    with Servers(tmp_path_factory.mktemp("rest")) as running:
        yield running


@pytest.fixture(scope="package")
def rest_settings(rest_servers: Servers) -> Settings:
    """The settings of a directory that has a public API."""
    return Settings(
        mongo_url=rest_servers.mongo_url,
        nats_url=rest_servers.nats_url,
        keys_dir=rest_servers.keys_dir,
        stream_max_bytes=64 * 1024**2,
        hsds_port=choose({"hsds": 0})["hsds"],
        hsds_url="https://directorio.example",
    )


Take = Callable[..., Awaitable[None]]


@pytest.fixture(scope="package")
async def rest_operator(rest_settings: Settings) -> AsyncIterator[Caller]:
    """The command line."""
    bus = await connect(
        rest_settings.nats_url, Identity.load(rest_settings.keys_dir, "operator"), lambda: None
    )
    yield Caller(bus, timeout=30)
    await bus.close()


@pytest.fixture(scope="package")
async def take(rest_operator: Caller) -> Take:
    """Imports records, all of which have to be taken."""
    caller = rest_operator

    async def take(*records: ImportRecord, source: str = cast.SOURCE) -> None:
        for begin in range(0, len(records), BATCH):
            batch = ImportRecords(source=source, records=records[begin : begin + BATCH])
            outcomes = (await caller.call(IMPORT_RECORDS, batch, caller.me)).outcomes
            assert all(one.outcome != "refused" for one in outcomes), outcomes

    return take


@pytest.fixture(scope="package")
async def directory(rest_settings: Settings, take: Take) -> AsyncIterator[Directory]:
    """The running directory with the cast, the demonstration network, and part of a real directory."""
    identity = Identity.load(rest_settings.keys_dir, "directory")
    bus = await connect(rest_settings.nats_url, identity, lambda: None)
    part = Part(bus, Peers.load(rest_settings.keys_dir), FastAPI(), Health())
    await start(part, rest_settings)
    given = {
        cast.SOURCE: [*cast.network(), *secrets(), *workshop()],
        "demo": network.records(),
        "miami": miami(),
    }
    for source, records in given.items():
        await take(*records, source=source)
    everything = [record for records in given.values() for record in records]
    services = sum(record.kind == "service" for record in everything)
    base = f"http://127.0.0.1:{rest_settings.hsds_port}"
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        directory = Directory(http, len(everything) - services, services)

        async def whole() -> bool:
            answer = await http.get("/services", params={"per_page": 1})
            assert answer.status_code in {200, 503}, answer.text
            return answer.status_code == 200 and answer.json()["total_items"] == services

        await eventually(whole, within=60)
        yield directory
    await part.close()


def secrets() -> list[ImportRecord]:
    """A service whose place is hidden, and one of the same organization that names the same place openly."""
    place = deepcopy(cast.BEDS["service_at_locations"][0])
    place |= {
        "description": "Canario Refugio, timbre rojo",
        "phones": [{"id": "x1", "number": "555 0009"}],
        "contacts": [{"id": "x2", "name": "Canarito"}],
        "schedules": [
            {"id": "x3", "freq": "WEEKLY", "byday": "MO", "opens_at": "08:00", "notes": "Canarito"}
        ],
    }
    hidden = {**cast.BEDS, "id": "s-canario", "name": "Dormitorio", "service_at_locations": [place]}
    hidden["phones"] = [{"id": "x4", "number": "555 0009", "location_id": "l-canario"}]
    open_place = deepcopy(place)
    del open_place["location"]["relevo"]
    careless = {**cast.BEDS, "id": "s-descuido", "name": "Comedor", "service_at_locations": [open_place]}
    return [cast.service(hidden), cast.service(careless)]


STREET = "Calle de la Prueba 77"


def openly(number: int, **relevo: Any) -> ImportRecord:
    """One of two services of a third organization, at the same public place."""
    place = deepcopy(cast.CONSULTATION["service_at_locations"][0])
    place["location"]["addresses"][0] |= {"address_1": STREET, "postal_code": "00077"}
    place["location"] |= {"id": "l-prueba", "latitude": 15.1, "longitude": -92.1, "relevo": relevo}
    changes = {"id": f"s-prueba-{number}", "organization_id": "o-prueba", "name": f"Taller {number}"}
    return cast.service(cast.CONSULTATION, **changes, service_at_locations=[place])


def workshop() -> list[ImportRecord]:
    """The third organization, and its two services."""
    return [cast.organization(cast.CLINIC, id="o-prueba", name="Taller"), openly(1), openly(2)]


def miami() -> list[ImportRecord]:
    """Some services of a real directory with their organizations; none where it is not at hand."""
    if not schemas.MIAMI.is_file():
        return []
    records = schemas.miami()
    services = [one for one in records if one.kind == "service"][:MIAMI_SERVICES]
    owners = {str(one.record["organization_id"]) for one in services}
    return [
        one for one in records if one.kind == "organization" and str(one.record["id"]) in owners
    ] + services
