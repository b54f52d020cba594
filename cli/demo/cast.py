"""Who plays in the demonstration: fictional organizations in the directory, and their clients."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from cli.demo.network import counted_at, records
from cli.demo.partner import SCOPES
from cli.operator import Operator
from contracts.codes import OrganizationKind, Scope
from contracts.directory import CREATE_CLIENT, IMPORT_RECORDS, CreateClient, ImportRecord, ImportRecords

SOURCE = "demo"
BATCH = 100
ROLES = ("shelter", "hospital", "bystander")


class Cast:
    """The source's id of the service that is asked for help, and the clients of the three who play."""

    def __init__(self, service: str, clients: dict[str, dict[str, str]]) -> None:
        self.service = service
        self.clients = clients


async def assemble(operator: Operator, folder: Path) -> Cast:
    """Load the fictional network, again if need be, and see that the players have clients.

    Secrets are shown once only: so those of the demonstration are kept in ``demo.json`` beside its data,
    readable by its owner.
    """
    everybody = counted_at(records(), datetime.now(UTC))
    ids = await _load(operator, everybody)
    players, service = _choose(everybody)
    path = folder / "demo.json"
    clients = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for role, organization in zip(ROLES, players, strict=True):
        if role not in clients:
            clients[role] = await _client(operator, ids[organization["id"]], organization["name"])
    _keep(path, clients)
    return Cast(service, clients)


def _keep(path: Path, clients: dict[str, dict[str, str]]) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(clients, file, indent=2)


async def _load(operator: Operator, everybody: list[ImportRecord]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for start in range(0, len(everybody), BATCH):
        batch = everybody[start : start + BATCH]
        # The demonstration is its own coordinator.
        request = ImportRecords(source=SOURCE, records=tuple(batch), verified=True)
        reply = await operator.ask(IMPORT_RECORDS, request)
        for record, outcome in zip(batch, reply.outcomes, strict=True):
            if outcome.id is None:
                raise RuntimeError(f"{record.record['id']}: {outcome.problems}")
            ids[record.record["id"]] = outcome.id
    return ids


def _choose(everybody: list[ImportRecord]) -> tuple[list[dict[str, str]], str]:
    """A shelter, the organization of a service for prenatal care, and somebody whom it does not concern."""
    organizations = [entry.record for entry in everybody if entry.kind == "organization"]
    services = [entry.record for entry in everybody if entry.kind == "service"]
    service = next(one for one in services if "prenatal_care" in one["relevo"]["needs"])
    by_id = {one["id"]: one for one in organizations}
    hospital = by_id[service["organization_id"]]
    shelter = _first(organizations, OrganizationKind.SHELTER)
    return [shelter, hospital, _first(organizations, OrganizationKind.LEGAL_AID)], service["id"]


def _first(organizations: list[dict[str, str]], kind: OrganizationKind) -> dict[str, str]:
    return next(one for one in organizations if one["relevo"]["kind"] == kind)  # type: ignore[index]


async def _client(operator: Operator, organization: str, name: str) -> dict[str, str]:
    scopes = tuple(Scope(scope) for scope in SCOPES.split())
    request = CreateClient(organization=organization, name="demonstration", scopes=scopes)
    made = await operator.ask(CREATE_CLIENT, request)
    return {"name": name, "client": made.client.id, "secret": made.secret}
