"""What is said of a confidential place is nowhere but with its own organization: canaries are looked for.

A new surface joins by a line in ``surfaces.py``. GraphQL, events and logs of a whole network are searched by
tests/flows/test_confidential_addresses.py.
"""

import secrets
import struct
from collections.abc import Callable
from typing import Any

import pytest

from contracts.directory import GET_ADDRESSES, IMPORT_RECORDS, ImportRecords
from contracts.rpc import Actor, Ids
from services.directory import ids
from services.directory.store import Store
from tests.directory import cast
from tests.directory.confidential.surfaces import SURFACES, Shown
from tests.directory.conftest import Ask, AskFor
from tests.flows.search import all_forms, in_bytes, in_files
from tests.servers import Servers

SOURCE = "canarios"
LATITUDE, LONGITUDE = 15.918273, -92.736455


class Canaries:
    """A shelter and its beds at a place of which every text holds one mark, and every number is its own."""

    def __init__(self) -> None:
        self.mark = f"Qz{secrets.token_hex(6)}"
        self.text: Callable[[], str] = lambda: f"{self.mark} {secrets.token_hex(2)}"

    @property
    def wanted(self) -> dict[str, bytes]:
        """Everything to look for."""
        doubles = {f"{number}: double": struct.pack("<d", number) for number in (LATITUDE, LONGITUDE)}
        return {**all_forms([self.mark, "15.918273", "92.736455"]), **doubles}

    def place(self, visibility: str) -> dict[str, Any]:
        """A location of which everything is said that HSDS can say."""
        text = self.text
        return {
            "id": f"l-{visibility}",
            "name": text(), "alternate_name": text(), "description": text(), "transportation": text(),
            "latitude": LATITUDE, "longitude": LONGITUDE, "url": f"http://{self.mark}.example",
            "external_identifier": text(), "languages": [{"note": text()}], "x_other": {"deep": [text()]},
            "addresses": [
                {"id": "a", "address_1": text(), "address_2": text(), "city": text(), "region": "Suchiate",
                 "attention": text(), "state_province": "Chiapas", "postal_code": text(), "country": "MX"}
            ],
            "phones": [{"number": text(), "description": text()}],
            "contacts": [{"name": text(), "email": f"{self.mark}@x.org", "phones": [{"number": text()}]}],
            "accessibility": [{"description": text(), "details": text()}],
            "schedules": [{"description": text(), "notes": text()}],
            "attributes": [{"value": text()}], "metadata": [{"previous_value": text()}],
            "relevo": {"visibility": visibility},
        }  # fmt: skip

    def records(self) -> ImportRecords:
        """An organization and two services, at a private place and at one for the network."""
        at = [
            {"id": f"sal-{visibility}", "description": self.text(), "phones": [{"number": self.text()}],
             "location": self.place(visibility)}
            for visibility in ("private", "network")
        ]  # fmt: skip
        loose = {
            "phones": [{"number": self.text(), "location_id": "l-private"}],
            "metadata": [{"resource_id": "l-private", "resource_type": "location",
                          "field_name": "latitude", "previous_value": self.text()}],
        }  # fmt: skip
        return ImportRecords(
            source=SOURCE,
            records=(
                cast.organization(cast.SHELTER, locations=[self.place("private")], **loose),
                cast.service(cast.BEDS, service_at_locations=at[:1], **loose),
                cast.service(cast.BEDS, id="s-red", service_at_locations=at),
            ),
        )


@pytest.fixture(scope="module")
async def said(operator: Ask) -> Canaries:
    canaries = Canaries()
    reply = await operator(IMPORT_RECORDS, canaries.records())
    assert [one.outcome for one in reply.outcomes] == ["created"] * 3
    return canaries


@pytest.fixture
async def shown(operator: Ask, gateway: Ask, store: Store, said: Canaries) -> Shown:
    return Shown(
        operator, gateway, store,
        organizations=(ids.derived("organization", SOURCE, "o-ceiba"),),
        services=tuple(ids.derived("service", SOURCE, one) for one in ("s-camas", "s-red")),
        locations=tuple(ids.derived("location", SOURCE, one) for one in ("l-private", "l-network")),
    )  # fmt: skip


@pytest.mark.parametrize("surface", SURFACES)
async def test_no_surface_shows_it(surface: str, shown: Shown, said: Canaries) -> None:
    told = await SURFACES[surface](shown)
    assert told
    assert [hit for text in told for hit in in_bytes(surface, text, said.wanted)] == []


async def test_no_file_holds_it(servers: Servers, said: Canaries) -> None:
    assert in_files(servers.folder, said.wanted) == []
    searched = {path.relative_to(servers.folder).parts[0] for path in servers.folder.rglob("*")}
    assert searched >= {"nats", "db", "logs"}


async def test_its_own_organization_and_nobody_else_is_told(
    shown: Shown, said: Canaries, ask_for: AskFor
) -> None:
    own, other = shown.organizations[0], ids.derived("organization", SOURCE, "o-clinica")
    scopes = ("directory:read",)
    may = [
        Actor(kind="client", id="cl_1", organization=own, scopes=scopes),
        Actor(kind="member", id="mb_1", organization=own, roles=("intake",)),
    ]
    may_not = [
        Actor(kind="client", id="cl_2", organization=other, scopes=scopes),
        Actor(kind="client", id="cl_1", organization=own, scopes=("referrals:send",)),
        Actor(
            kind="member", id="mb_2", organization=other, roles=("manager",), network_roles=("coordinator",)
        ),
    ]
    request = Ids(ids=(*shown.locations, "loc_unheard"))
    for actor in may:
        told = (await ask_for(actor, GET_ADDRESSES, request)).items
        assert told[2] is None
        for one in told[:2]:
            assert one is not None
            assert said.mark in f"{one.street}"
            assert said.mark in f"{one.postal_code}"
            assert (one.latitude, one.longitude) == (LATITUDE, LONGITUDE)
    for actor in may_not:
        assert (await ask_for(actor, GET_ADDRESSES, request)).items == (None, None, None)
