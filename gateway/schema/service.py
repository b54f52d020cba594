"""Services, where they are given, and how many places they have."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from contracts import directory
from contracts.codes import CapacityStatus, Intake, Need, State
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.ids import part_id_of
from gateway.loaders import Later
from gateway.schema.fields import beside, published
from gateway.schema.hours import HoursException, Schedule
from gateway.schema.location import Location
from gateway.schema.node import Node
from gateway.schema.offer import CostOption, ServiceArea, SpokenLanguage, TaxonomyTerm
from gateway.schema.organization import Organization
from gateway.schema.past import DirectoryChangeConnection, history
from gateway.schema.phone import Phone, first_of


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


def _emergency_call(parent: directory.Service, context: Context) -> Later[directory.Phone]:
    """Whom to call in an emergency: the service's telephone, else its organization's, else the network's."""
    own = first_of(parent.emergency_phone)
    if own is not None:
        return own
    if not context.organizations.knows(parent.organization):
        return _call_of(parent.organization, context)
    found: Any = context.organizations.get(parent.organization)
    return _organizations_or_networks(found, context)


async def _call_of(organization: str, context: Context) -> directory.Phone | None:
    # A coroutine inside of this one would be left behind where nobody waits for this one.
    return _organizations_or_networks(await context.organizations.load(organization), context)


def _organizations_or_networks(
    found: directory.Organization | None, context: Context
) -> directory.Phone | None:
    return first_of(found.emergency_phone if found else None, context.emergency_phone)


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
        description="Its own telephone for emergencies, where it has one; see `emergencyCall`."
    )
    emergency_call = beside(_emergency_call, Phone)
    municipalities: list[str] = strawberry.field(
        description="The INEGI keys of the municipalities in which it is given, as far as they are known."
    )
    spoken: list[SpokenLanguage] = strawberry.field(
        description="The languages, and whether they take an interpreter."
    )
    timezone: str | None = strawberry.field(
        description="The IANA time zone of its hours: `America/Mexico_City`."
    )
    schedules: list[Schedule] = strawberry.field(description="Its usual hours; empty where none are known.")
    exceptions: list[HoursException] = strawberry.field(description="Days on which other hours hold.")
    accessibility: list[str] = strawberry.field(
        description="What it offers to people with disabilities, in its source's words."
    )
    minimum_age: float | None = strawberry.field(description="The youngest that it is for, in years.")
    maximum_age: float | None = strawberry.field(description="The oldest that it is for, in years.")
    eligibility_description: str | None = strawberry.field(description="Whom it is for, in words.")
    certified: bool = strawberry.field(
        description="Whether its source says that the provider is certified, accredited or licensed."
    )
    accreditations: str | None = strawberry.field(description="Which accreditations it has.")
    licenses: str | None = strawberry.field(description="Which licences it has.")
    required_documents: list[str] = strawberry.field(description="What a person has to bring.")
    application_process: str | None = strawberry.field(description="How to ask for it.")
    interpretation_services: str | None = strawberry.field(description="Which interpreters there are.")
    fees_description: str | None = strawberry.field(description="What it costs, in words.")
    cost_options: list[CostOption] = strawberry.field(description="What it costs.")
    wait_time: str | None = strawberry.field(description="How long people wait, in words.")
    alert: str | None = strawberry.field(description="What has changed lately.")
    service_areas: list[ServiceArea] = strawberry.field(description="The areas that it is for.")
    taxonomy_terms: list[TaxonomyTerm] = strawberry.field(description="The terms that were given to it.")
    url: str | None = strawberry.field(description="Its page on the web.")
    email: str | None = strawberry.field(description="Where to write to.")
    assured_date: str | None = strawberry.field(description="When its source last made sure of all this.")
    last_modified: datetime | None = strawberry.field(description="When its source last changed it.")
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
    history = published(history, DirectoryChangeConnection)


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
    assert source_id is not None
    request = directory.FindService(source_id=source_id)
    return (await info.context.clients.ask(directory.FIND_SERVICE, request)).item
