"""The referrals service and the directory on servers of their own, and those who ask."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from fastapi import FastAPI
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from chassis import mongo
from chassis.bus import Bus, connect
from chassis.health import Health
from chassis.identity import Identity, Peers
from chassis.part import Part
from chassis.rpc import Caller
from chassis.streams import DAY, StreamSpec, reconcile
from cli.embedded.ports import choose
from contracts.codes import Role
from contracts.directory import (
    CREATE_MEMBER,
    IMPORT_RECORDS,
    VERIFY_ORGANIZATION,
    CreateMember,
    ImportRecords,
    VerifyOrganization,
)
from contracts.referrals import Command
from contracts.rpc import Actor, Operation, Rep, Req
from services.directory import main as directory_main
from services.directory.settings import Settings as DirectorySettings
from services.referrals import keeping
from services.referrals import main as referrals_main
from services.referrals.actions.draft import AT_ONCE
from services.referrals.masters import master_key
from services.referrals.settings import Settings
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast, certificates
from tests.servers import Servers


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of these tests' own: nobody else answers on them."""
    with Servers(tmp_path_factory.mktemp("referrals")) as running:
        yield running


@pytest.fixture(scope="package")
def kms_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of a KMS (KMIP), whose server only its own tests start; beside them its certificates."""
    folder = tmp_path_factory.mktemp("kms")
    certificates.make(folder)
    options = {
        "kms_providers": {"kmip": {"endpoint": f"localhost:{choose({'kmip': 0})['kmip']}"}},
        "kms_tls_options": {
            "tlsCAFile": str(folder / "ca.pem"),
            "tlsCertificateKeyFile": str(folder / "client.pem"),
        },
    }
    (folder / "kms.json").write_text(json.dumps(options))
    return folder / "kms.json"


@pytest.fixture(scope="package")
async def mongo_client(servers: Servers) -> AsyncIterator[mongo.Client]:
    """The database."""
    client = mongo.connect(servers.mongo_url)
    yield client
    client.close()


@pytest.fixture(scope="package")
def store(mongo_client: mongo.Client) -> Store:
    """The service's collections, to look at what stands in them."""
    return Store(mongo_client)


@pytest.fixture(scope="package")
def vault(mongo_client: mongo.Client, servers: Servers) -> Vault:
    """The service's vault."""
    return Vault(mongo_client, master_key(servers.keys_dir))


@pytest.fixture
async def broken(store: Store) -> AsyncIterator[None]:
    """More documents than fit on a page, which every round finds first, and can do nothing of."""
    moments = (
        "steps_due_at",
        "erase_at",
        "erase_since",
        "alert_since",
        "guard_since",
        "due_at",
        *keeping.KEPT.values(),
    )
    lacking = [
        {"_id": f"broken-{n}", "status": "sent", **dict.fromkeys(moments, LONG_AGO + n * timedelta(hours=1))}
        for n in range(AT_ONCE + 5)
    ]
    await store.referrals.insert_many(lacking)
    yield
    await store.referrals.delete_many({"due_at": {"$lt": LONG_AGO + timedelta(days=365)}})


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Ask(Protocol):
    """Asks a part through the gateway's connection, for somebody."""

    async def __call__(self, operation: Operation[Req, Rep], request: Req, actor: Actor) -> Rep:
        """Return the reply, or raise the refusal."""
        ...


@dataclass(frozen=True)
class Network:
    """The running parts, and the ids that the directory gave to the cast."""

    ask: Ask
    ids: dict[str, str]
    referrals: Bus
    operator: Caller

    async def last_event(self, referral: str) -> RawStreamMsg | None:
        """The last event of a referral in the stream, or None."""
        try:
            return await self.referrals.js.get_last_msg("EVT", f"evt.referrals.referral.{referral}.>")
        except NotFoundError:
            return None

    def member(self, organization: str, *roles: str, **more: Any) -> Actor:
        """A member of one of the cast's organizations."""
        return cast.member(self.ids[organization], *roles, **{**self._facts(organization), **more})

    def client(self, organization: str, *scopes: str, **more: Any) -> Actor:
        """A client of one of the cast's organizations."""
        return cast.client(self.ids[organization], *scopes, **{**self._facts(organization), **more})

    async def known(self, organization: str, reference: str, *roles: Role) -> str:
        """Have a member whom the directory knows by that reference; return her id."""
        request = CreateMember(organization=self.ids[organization], reference=reference, roles=roles)
        return (await self.operator.call(CREATE_MEMBER, request, self.operator.me)).id

    def caseworker(self, organization: str, **more: Any) -> Actor:
        """A caseworker of one of the cast's organizations."""
        return self.member(organization, "caseworker", **more)

    def _facts(self, organization: str) -> dict[str, Any]:
        _, kind, verified, _ = cast.ORGANIZATIONS[organization]
        return {"organization_kind": kind, "verified": verified}


@pytest.fixture(scope="package")
async def network(servers: Servers, kms_settings: Path) -> AsyncIterator[Network]:
    """The directory and the referrals service, running in this process, with the cast in the directory."""
    urls: dict[str, Any] = {
        "mongo_url": servers.mongo_url,
        "nats_url": servers.nats_url,
        "keys_dir": servers.keys_dir,
        "stream_max_bytes": 64 * 1024**2,
    }
    directory, referrals = await _part(servers, "directory"), await _part(servers, "referrals")
    await reconcile(directory.bus.js, StreamSpec("EVT", ("evt.>",), 30 * DAY, 64 * 1024**2))
    await directory_main.start(directory, DirectorySettings(**urls))
    await referrals_main.start(referrals, Settings(**urls, kms=kms_settings))
    operator, gateway = await _bus(servers, "operator"), await _bus(servers, "gateway")
    ids = await _import(operator)
    yield Network(
        ask=_selecting_all(Caller(gateway, timeout=30).call),
        ids=ids,
        referrals=referrals.bus,
        operator=Caller(operator, timeout=30),
    )
    for bus in (operator, gateway):
        await bus.close()
    for part in (referrals, directory):
        await part.close()


def _selecting_all(ask: Ask) -> Ask:
    """Ask as for a client that selects all of the referral, where nothing else is said."""

    async def asking(operation: Operation[Req, Rep], request: Req, actor: Actor) -> Rep:
        if isinstance(request, Command) and not request.tiers:
            request = msgspec.structs.replace(request, tiers=("T2", "T3", "T4"))
        return await ask(operation, request, actor)

    return asking


async def _import(operator: Bus) -> dict[str, str]:
    caller = Caller(operator, timeout=30)
    records = cast.records()
    reply = await caller.call(IMPORT_RECORDS, ImportRecords(source=cast.SOURCE, records=records), caller.me)
    assert [one.problems for one in reply.outcomes] == [()] * len(records)
    ids = {record.record["id"]: str(one.id) for record, one in zip(records, reply.outcomes, strict=True)}
    for key, (_, _, verified, _) in cast.ORGANIZATIONS.items():
        request = VerifyOrganization(organization=ids[key], verified=verified)
        await caller.call(VERIFY_ORGANIZATION, request, caller.me)
    return ids


async def _part(servers: Servers, name: str) -> Part:
    return Part(await _bus(servers, name), Peers.load(servers.keys_dir), FastAPI(), Health())


async def _bus(servers: Servers, name: str) -> Bus:
    return await connect(servers.nats_url, Identity.load(servers.keys_dir, name), lambda: None)
