"""Those who act in these tests: clients of organizations, as the gateway would send them."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import NetworkRole, OrganizationKind, Scope
from contracts.directory import (
    CREATE_CLIENT,
    CREATE_ORGANIZATION,
    CreateClient,
    CreateOrganization,
    Organization,
)
from contracts.membership import SET_NETWORK_ROLE, SetNetworkRole
from contracts.rpc import Actor, Operation

EVERYTHING = tuple(Scope)


class Acting:
    """Asks the directory through the gateway, for one client."""

    def __init__(self, caller: Caller, actor: Actor) -> None:
        self._caller = caller
        self.actor = actor

    @property
    def organization(self) -> str:
        """The organization that it acts for."""
        return self.actor.organization or ""

    async def __call__(self, operation: Operation[Any, Any], request: Any) -> Any:
        """Return the reply, or raise the refusal."""
        return await self._caller.call(operation, request, self.actor)

    async def refusal(self, operation: Operation[Any, Any], request: Any) -> tuple[str, str]:
        """Return code and words of the refusal, with those of its fields."""
        with pytest.raises(RefusedError) as refused:
            await self(operation, request)
        fields = [f"{'.'.join(field.path)}: {field.message}" for field in refused.value.fields]
        detail = refused.value.detail
        return refused.value.code, " ".join([detail, *(one for one in fields if detail not in one)])


Ask = Callable[[Operation[Any, Any], Any], Awaitable[Any]]


def key() -> str:
    """A new idempotency key."""
    return str(uuid.uuid4())


async def appear(
    operator: Ask,
    caller: Caller,
    *,
    scopes: tuple[Scope, ...] = EVERYTHING,
    verified: bool = True,
    coordinator: bool = False,
    kind: OrganizationKind = OrganizationKind.SHELTER,
    organization: str | None = None,
) -> Acting:
    """Return a client of a new organization, or of one that is there."""
    if organization is None:
        name = f"Casa {uuid.uuid4().hex[:8]}"
        made: Organization = await operator(
            CREATE_ORGANIZATION, CreateOrganization(name=name, kind=kind, verified=verified)
        )
        organization = made.id
    if coordinator:
        role = SetNetworkRole(organization=organization, role=NetworkRole.COORDINATOR)
        await operator(SET_NETWORK_ROLE, role)
    new = await operator(
        CREATE_CLIENT, CreateClient(organization=organization, name="Sistema", scopes=scopes)
    )
    actor = Actor(
        kind="client",
        id=new.client.id,
        organization=organization,
        organization_kind=kind,
        verified=verified,
        scopes=scopes,
        network_roles=(NetworkRole.COORDINATOR,) if coordinator else (),
    )
    return Acting(caller, actor)
