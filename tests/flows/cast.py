"""The cast: a shelter that refers, a hospital that answers, and a third party that must learn nothing."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from chassis.bus import connect
from chassis.identity import OPERATOR, Identity
from chassis.rpc import Caller
from cli.embedded.stack import Stack
from contracts.codes import Role, Scope
from contracts.directory import (
    CREATE_CLIENT,
    CREATE_MEMBER,
    IMPORT_RECORDS,
    CreateClient,
    CreateMember,
    ImportRecord,
    ImportRecords,
)
from contracts.rpc import Operation
from tests.flows.client import Client, Credentials, Json

Req = TypeVar("Req")
Rep = TypeVar("Rep")

SOURCE = "reparto"
EVERYTHING = tuple(Scope)
ORGANIZATIONS = {
    "refugio": ("Refugio La Ceiba (ficticio)", "shelter"),
    "hospital": ("Hospital El Mangle (ficticio)", "health"),
    "tercera": ("Consultorio Tercero (ficticio)", "legal_aid"),
}
SERVICES = {
    "consulta": ("hospital", "Consulta general (ficticia)", ["medical_care", "prenatal_care"]),
    "asesoria": ("tercera", "Asesoría (ficticia)", ["legal_assistance"]),
}

# Members of the shelter: who says something, and who reviews it.
SECOND = ("turno-1", "turno-2")


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, each with a client of its own, and the services by their short names.

    ``others`` are the gateways beside the stack's own, where the network has several.
    """

    stack: Stack
    shelter: Client
    hospital: Client
    third: Client
    organizations: dict[str, str]
    services: dict[str, str]
    others: tuple[str, ...] = ()

    def issue(self, **changes: Any) -> Json:
        """What it takes to issue a referral from the shelter to the hospital."""
        return issue_of(**{"service": self.services["consulta"], **changes})

    @asynccontextmanager
    async def another(self, name: str, url: str | None = None, *, member: str = "") -> AsyncIterator[Client]:
        """One more client of an organization, ``refugio``, ``hospital`` or ``tercera``."""
        (credentials,) = await _clients(self.stack, [self.organizations[name]])
        others = () if url else self.others
        own = url or self.stack.urls["gateway"]
        async with Client(own, credentials, others=others, member=member) as client:
            yield client


def issue_of(service: str, **changes: Any) -> Json:
    """The input of ``issueReferral`` to a service, without its key; of a child with its own view."""
    child = {"view": "AGREES", "explained": True}
    is_child = changes.get("person", {}).get("ageBand") in {"YOUNG_CHILD", "CHILD", "ADOLESCENT"}
    return {
        "service": service,
        "need": "PRENATAL_CARE",
        "priority": "ROUTINE",
        "state": "CHP",
        "consent": {
            "basis": "CONSENT",
            "method": "VERBAL",
            "language": "es",
            "takenBy": "Turno de noche",
            "givenAt": "2026-01-01T00:00:00Z",
            **({"child": child} if is_child else {}),
        },
        "person": {"ageBand": "ADULT", "gender": "FEMALE", "languages": ["es"], "alias": "Prueba"},
        **changes,
    }


@asynccontextmanager
async def gathered(stack: Stack, *others: str) -> AsyncIterator[Cast]:
    """Register the cast in a network, through the operator, and give everybody a client.

    ``others`` are more gateways of the same network.
    """
    organizations = await _register(stack)
    await have_members(stack, organizations["refugio"], *SECOND)
    credentials = await _clients(stack, list(organizations.values()))
    async with AsyncExitStack() as clients:
        shelter, hospital, third = [
            await clients.enter_async_context(Client(stack.urls["gateway"], one, others=others))
            for one in credentials
        ]
        services = {name: await _service(shelter, name) for name in SERVICES}
        yield Cast(stack, shelter, hospital, third, organizations, services, others)


async def have_members(stack: Stack, organization: str, *references: str) -> None:
    """Have members who work on referrals, whom systems name."""
    async with _operator(stack) as caller:
        for reference in references:
            request = CreateMember(organization=organization, reference=reference, roles=(Role.CASEWORKER,))
            await _ask(caller, CREATE_MEMBER, request)


async def _service(client: Client, source_id: str) -> str:
    found = await client.ask("query ($id: String) { service(sourceId: $id) { id } }", id=source_id)
    return str(found["service"]["id"])


async def _register(stack: Stack) -> dict[str, str]:
    """Import the organizations and services; return the organizations' ids."""
    records = [
        *(
            ImportRecord(kind="organization", record=_organization(source_id, *told))
            for source_id, told in ORGANIZATIONS.items()
        ),
        *(
            ImportRecord(kind="service", record=_service_record(source_id, *told))
            for source_id, told in SERVICES.items()
        ),
    ]
    async with _operator(stack) as caller:
        request = ImportRecords(source=SOURCE, records=tuple(records), verified=True)
        reply = await _ask(caller, IMPORT_RECORDS, request)
    assert all(outcome.outcome != "refused" for outcome in reply.outcomes), reply
    ids = [outcome.id or "" for outcome in reply.outcomes]
    return dict(zip(ORGANIZATIONS, ids, strict=False))


async def _clients(stack: Stack, organizations: list[str]) -> list[Credentials]:
    async with _operator(stack) as caller:
        made = [
            await _ask(
                caller,
                CREATE_CLIENT,
                CreateClient(organization=organization, name="Sistema de prueba", scopes=EVERYTHING),
            )
            for organization in organizations
        ]
    return [Credentials(new.client.id, new.secret) for new in made]


@asynccontextmanager
async def _operator(stack: Stack) -> AsyncIterator[Caller]:
    identity = Identity.load(stack.data / "keys", OPERATOR)
    bus = await connect(stack.urls["nats"], identity, on_lost=lambda: None)
    try:
        yield Caller(bus)
    finally:
        await bus.close()


async def _ask(caller: Caller, operation: Operation[Req, Rep], request: Req) -> Rep:
    return await caller.call(operation, request, caller.me)


def _organization(source_id: str, name: str, kind: str) -> Json:
    return {
        "id": source_id,
        "name": name,
        "description": "Inventado para las pruebas.",
        "relevo": {"kind": kind, "fictional": True},
    }


def _service_record(source_id: str, organization: str, name: str, needs: list[str]) -> Json:
    return {
        "id": source_id,
        "organization_id": organization,
        "name": name,
        "status": "active",
        "relevo": {"needs": needs, "intake": "network", "fictional": True},
    }
