"""Services, where they are given, and how many places they have."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import directory
from contracts.codes import CapacityStatus, Intake, Need, State, Visibility
from contracts.rpc import Page
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.ids import global_id, part_id_of
from gateway.loaders import Later
from gateway.schema.fields import beside, computed, published
from gateway.schema.node import Node
from gateway.schema.organization import Organization, Phone
from gateway.schema.past import DirectoryChangeConnection, service_history


def _location_id(parent: directory.Location) -> strawberry.ID:
    """Its id, for `appointment.location`."""
    return strawberry.ID(global_id("Location", parent.id))


@strawberry.type(
    description="Where a service is given. Of a confidential place no more than the municipality is shown."
)
class Location:
    """Read from ``contracts.directory.Location``."""

    id = computed(_location_id, strawberry.ID)
    visibility: Visibility = strawberry.field(description="Who may see the address.")
    name: str | None = strawberry.field(description="What the place is called.")
    street: str | None = strawberry.field(description="Street and number.")
    city: str | None = strawberry.field(description="Town or city.")
    municipality: str | None = strawberry.field(description="Municipality.")
    state: State | None = strawberry.field(description="Federal entity.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    latitude: float | None = strawberry.field(description="Degrees north (WGS 84).")
    longitude: float | None = strawberry.field(description="Degrees east (WGS 84).")


@strawberry.type(
    description="How many places a service has, by unit. If what was last said is too old, the status is "
    "`UNKNOWN` and every number null: neither zero nor the old number."
)
class Capacity:
    """Read from ``contracts.directory.Capacity``."""

    unit: str = strawberry.field(description="What is counted: `bed`, `family_room`, `consultation`.")
    status: CapacityStatus = strawberry.field(description="Whether the numbers can be trusted now.")
    available: int | None = strawberry.field(description="How many are free and not held.")
    maximum: int | None = strawberry.field(description="How many there are in all, where that is known.")
    held: int | None = strawberry.field(description="How many are kept for persons on their way.")
    occupied: int | None = strawberry.field(
        description="How many are taken, where that is known. May be more than `maximum`."
    )
    waiting: int | None = strawberry.field(description="How many persons wait for one, where that is known.")
    valid_until: datetime | None = strawberry.field(
        description="Until when this can be trusted. Do not show the numbers after that."
    )
    updated: datetime | None = strawberry.field(description="When this was last said.")


def _offered_by(parent: directory.Service, context: Context) -> Later[directory.Organization]:
    """Who offers it."""
    return context.organizations.get(parent.organization)


@strawberry.type(description="What an organization offers to people (HSDS `service`).")
class Service(Node):
    """Read from ``contracts.directory.Service``."""

    organization = beside(_offered_by, Organization | None)
    name: str = strawberry.field(description="Its name.")
    status: str = strawberry.field(
        description="`active`, or why it is not: `inactive`, `defunct`, `temporarily closed`."
    )
    intake: Intake = strawberry.field(description="How it takes referrals.")
    description: str | None = strawberry.field(description="What it is, and for whom.")
    alternate_name: str | None = strawberry.field(description="Another name.")
    needs: list[Need] = strawberry.field(description="The needs that it is for.")
    states: list[State] = strawberry.field(description="The states in which it is given.")
    languages: list[str] = strawberry.field(description="The languages spoken there, as BCP 47 tags.")
    locations: list[Location] = strawberry.field(description="Where it is given.")
    capacity: list[Capacity] = strawberry.field(description="Its places; empty where it does not count them.")
    phones: list[Phone] = strawberry.field(description="Its telephones.")
    emergency_phone: Phone | None = strawberry.field(
        description="The telephone for emergencies; for those, telephone first."
    )
    source: str | None = strawberry.field(description="Which imported directory it came from.")
    source_id: str | None = strawberry.field(description="Its id in that directory (HSDS `id`).")
    fictional: bool = strawberry.field(description="Whether it exists for demonstration only.")
    verified_at: datetime | None = strawberry.field(
        description="When its organization last said that all of it is true."
    )
    next_review: datetime | None = strawberry.field(
        description="When it is to be looked at again; after that it is stale."
    )
    version: int = strawberry.field(description="Grows with every change; for `expectedVersion`.")
    history = published(service_history, DirectoryChangeConnection)


async def service(
    info: Info,
    id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")] = None,
    source_id: Annotated[
        str | None, strawberry.argument(description="Its id in an imported directory.")
    ] = None,
) -> directory.Service | None:
    """One service, by its id or by that of an imported directory; null where there is none."""
    if (id is None) == (source_id is None):
        raise BadArgumentError("Give id or sourceId: one of them, not both.")
    if id is not None:
        return await info.context.services.load(part_id_of("Service", id))
    request = directory.ListServices(page=Page(first=1), source_id=source_id)
    reply = await info.context.clients.ask(directory.LIST_SERVICES, request)
    return reply.items[0] if reply.items else None
