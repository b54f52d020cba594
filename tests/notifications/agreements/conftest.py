"""A directory beside the notifications service, organizations in it, and agreements written by hand."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from chassis import mongo
from chassis.bus import Bus, connect
from chassis.clock import Clock
from chassis.health import Health
from chassis.identity import Identity, Peers
from chassis.part import Part
from chassis.rpc import Caller
from contracts.codes import OrganizationKind
from contracts.directory import (
    CREATE_ORGANIZATION,
    VERIFY_ORGANIZATION,
    CreateOrganization,
    VerifyOrganization,
)
from contracts.rpc import Actor
from services.directory import main as directory_main
from services.directory.settings import Settings as DirectorySettings
from services.notifications.agreements.means import Means
from services.notifications.agreements.store import AgreementStore
from services.notifications.main import agreements
from services.notifications.settings import DATABASE, Settings
from tests.servers import Servers

_numbers = itertools.count(1)
TERMS: dict[str, list[str]] = {"need_groups": [], "needs": [], "states": [], "kinds": [], "sides": []}


@dataclass(frozen=True)
class Registry:
    """Registers organizations, and says who is verified."""

    operator: Caller

    async def add(self, kind: str = "shelter") -> str:
        """A new, verified organization."""
        request = CreateOrganization(name=f"Prueba {next(_numbers)}", kind=OrganizationKind(kind))
        return (await self.operator.call(CREATE_ORGANIZATION, request, self.operator.me)).id

    async def verify(self, organization: str, *, verified: bool) -> None:
        """A coordinator's word."""
        request = VerifyOrganization(organization=organization, verified=verified)
        await self.operator.call(VERIFY_ORGANIZATION, request, self.operator.me)


@pytest.fixture(scope="package")
async def registry(servers: Servers, part: Part, buses: dict[str, Bus]) -> AsyncIterator[Registry]:
    """The directory, running in this process."""
    assert part
    bus = await connect(servers.nats_url, Identity.load(servers.keys_dir, "directory"), lambda: None)
    directory = Part(bus, Peers.load(servers.keys_dir), FastAPI(), Health())
    settings = DirectorySettings(
        mongo_url=servers.mongo_url,
        nats_url=servers.nats_url,
        keys_dir=servers.keys_dir,
        stream_max_bytes=64 * 1024**2,
    )
    await directory_main.start(directory, settings)
    yield Registry(Caller(buses["operator"]))
    await directory.close()


@pytest.fixture
async def means(servers: Servers, part: Part) -> AsyncIterator[Means]:
    """What another replica of the service works with."""
    client = mongo.connect(servers.mongo_url)
    settings = Settings(mongo_url=servers.mongo_url, nats_url=servers.nats_url, keys_dir=servers.keys_dir)
    clock = Clock(AgreementStore(client[DATABASE]).now)
    await clock.look()
    yield agreements(part, client[DATABASE], clock, settings)
    client.close()


async def written(means: Means, subscriber: str, grantor: str, **changes: Any) -> dict[str, Any]:
    """An agreement as it is stored, in force since a minute ago."""
    now = datetime.now(UTC)
    made: dict[str, Any] = {
        "_id": f"agr_hand{next(_numbers)}", "place": f"{next(_numbers):013d}-x", "subscriber": subscriber,
        "grantor": grantor, "terms": dict(TERMS), "status": "in_force", "until": None, "runs_out_at": None,
        "proposed_at": now, "answered_at": now, "since": now - timedelta(minutes=1), "ended_at": None,
        "end": None, "changed_at": now, "fingerprint": "x", "idempotency": [], "revision": 2, "n": 0,
        "pending": [], **changes,
    }  # fmt: skip
    assert await means.store.insert(made)
    return made


async def ended(means: Means, made: dict[str, Any]) -> None:
    """End it, as another replica would."""
    fields = {"status": "ended", "end": "grantor", "changed_at": datetime.now(UTC), "revision": 3}
    await means.store.collection.update_one({"_id": made["_id"]}, {"$set": fields})


def manager_of(organization: str, **values: Any) -> Actor:
    """A client that manages the agreements of an organization, and reads its feed."""
    usual: dict[str, Any] = {
        "organization_kind": "un_agency", "verified": True, "scopes": ("agreements:manage", "feed:read"),
    }  # fmt: skip
    return Actor(kind="client", id=f"of-{organization}", organization=organization, **{**usual, **values})
