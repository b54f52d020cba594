"""What is said of a confidential place is nowhere but with its own organization: canaries are looked for.

A new surface joins by a line in ``surfaces.py``. GraphQL, events and logs of a whole network are searched by
tests/flows/test_confidential_addresses.py.
"""

import pytest

from chassis.part import Part
from contracts.directory import GET_ADDRESSES, IMPORT_RECORDS
from contracts.rpc import Actor, Ids
from services.directory import ids
from services.directory.store import Store
from tests.directory.confidential.canaries import LATITUDE, LONGITUDE, SOURCE, Canaries
from tests.directory.confidential.surfaces import SURFACES, Shown
from tests.directory.conftest import Ask, AskFor
from tests.flows.search import in_bytes, in_files
from tests.servers import Servers, eventually


@pytest.fixture(scope="module")
async def said(operator: Ask) -> Canaries:
    canaries = Canaries()
    reply = await operator(IMPORT_RECORDS, canaries.records())
    assert [one.outcome for one in reply.outcomes] == ["created"] * 3
    return canaries


@pytest.fixture
async def shown(operator: Ask, gateway: Ask, store: Store, part: Part, said: Canaries) -> Shown:
    return Shown(
        operator, gateway, store, part.bus,
        organizations=(ids.derived("organization", SOURCE, "o-ceiba"),),
        services=tuple(ids.derived("service", SOURCE, one) for one in ("s-camas", "s-red")),
        locations=tuple(ids.derived("location", SOURCE, one) for one in ("l-private", "l-network")),
    )  # fmt: skip


@pytest.mark.parametrize("surface", SURFACES)
async def test_no_surface_shows_it(surface: str, shown: Shown, said: Canaries) -> None:
    told = await SURFACES[surface](shown)
    assert told
    assert [hit for text in told for hit in in_bytes(surface, text, said.wanted)] == []


@pytest.mark.parametrize("surface", ["searches", "exports"])
async def test_what_is_asked_of_these_surfaces_is_about_it(surface: str, shown: Shown) -> None:
    async def told() -> bytes:
        return b"".join(await SURFACES[surface](shown))

    # A search finds it within a second.
    await eventually(told, lambda text: shown.services[0].encode() in text)


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
