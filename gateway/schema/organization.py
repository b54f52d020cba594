"""Organizations, as everybody in the network may know them."""

from typing import Annotated

import strawberry

from contracts import directory
from contracts.codes import Need, NetworkRole, OrganizationKind, State
from contracts.rpc import Page
from contracts.standing import OrganizationStatus
from gateway.context import Info
from gateway.errors import BadArgumentError
from gateway.ids import part_id_of
from gateway.schema.fields import published
from gateway.schema.location import Location
from gateway.schema.node import Node
from gateway.schema.offer import OrganizationIdentifier, TaxonomyTerm
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.schema.past import DirectoryChangeConnection, history
from gateway.schema.phone import Phone

LIST = "organizations"


@strawberry.type(description="A shelter, an institution or an agency.")
class Organization(Node):
    """Read from ``contracts.directory.Organization``."""

    name: str = strawberry.field(description="Its name.")
    kind: OrganizationKind = strawberry.field(description="What sort of organization it is.")
    verified: bool = strawberry.field(
        description="Whether a coordinator has verified it. One that is not verified sees the directory only."
    )
    description: str | None = strawberry.field(description="What it does, in its own words.")
    alternate_name: str | None = strawberry.field(description="Another name, or its abbreviation.")
    email: str | None = strawberry.field(description="Where to write to.")
    website: str | None = strawberry.field(description="Its page on the web.")
    emergency_phone: Phone | None = strawberry.field(
        description="The telephone for emergencies; for those, telephone first."
    )
    phones: list[Phone] = strawberry.field(description="Its telephones.")
    states: list[State] = strawberry.field(description="The states in which its own places are.")
    municipalities: list[str] = strawberry.field(
        description="The INEGI keys of the municipalities in which its own places are."
    )
    locations: list[Location] = strawberry.field(description="Its own places.")
    uri: str | None = strawberry.field(description="An address that stands for it, in linked data.")
    logo: str | None = strawberry.field(description="Where its logo is.")
    legal_status: str | None = strawberry.field(description="Its legal form.")
    year_incorporated: int | None = strawberry.field(description="Since when it has existed.")
    identifiers: list[OrganizationIdentifier] = strawberry.field(
        description="Its ids in registers of others."
    )
    taxonomy_terms: list[TaxonomyTerm] = strawberry.field(description="The terms that were given to it.")
    source: str | None = strawberry.field(description="Which imported directory it came from.")
    source_id: str | None = strawberry.field(description="Its id in that directory (HSDS `id`).")
    fictional: bool = strawberry.field(description="Whether it exists for demonstration only.")
    status: OrganizationStatus = strawberry.field(description="Whether it takes part in the network.")
    network_roles: list[NetworkRole] = strawberry.field(
        description="What it is in the network: a coordinator verifies organizations and keeps lists true."
    )
    version: int = strawberry.field(description="Grows with every change; for `expectedVersion`.")
    history = published(history, DirectoryChangeConnection)


@strawberry.type(description="An organization in a page.")
class OrganizationEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Organization = strawberry.field(description="The organization.")


@strawberry.type(description="A page of organizations.")
class OrganizationConnection:
    """Read from ``pages.Rows``."""

    edges: list[OrganizationEdge] = strawberry.field(description="The organizations with their cursors.")
    nodes: list[Organization] = strawberry.field(description="The organizations.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(
        description="How many there are in all; null where counting would take long."
    )


@strawberry.input(description="Which organizations: those that fit every condition given.")
class OrganizationFilter:
    """Conditions of a list of organizations."""

    kinds: list[OrganizationKind] | None = strawberry.field(description="One of these kinds.", default=None)
    needs: list[Need] | None = strawberry.field(
        description="With a service for one of these needs.", default=None
    )
    states: list[State] | None = strawberry.field(
        description="With a service in one of these states.", default=None
    )
    text: str | None = strawberry.field(description="Words of its name or description.", default=None)
    include_inactive: bool = strawberry.field(
        description="Whether to list also those that were deactivated, or that their source has no more.",
        default=False,
    )


async def organization(
    info: Info,
    id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")] = None,
    source_id: Annotated[
        str | None, strawberry.argument(description="Its id in an imported directory.")
    ] = None,
) -> directory.Organization | None:
    """One organization, by its id or by that of an imported directory; null where there is none."""
    if (id is None) == (source_id is None):
        raise BadArgumentError("Give id or sourceId: one of them, not both.")
    if id is not None:
        return await info.context.organizations.load(part_id_of("Organization", id))
    request = directory.ListOrganizations(page=Page(first=1), source_id=source_id)
    reply = await info.context.clients.ask(directory.LIST_ORGANIZATIONS, request)
    return reply.items[0] if reply.items else None


async def organizations(
    info: Info,
    *,
    filter: Annotated[
        OrganizationFilter | None, strawberry.argument(description="Which ones; all without it.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[directory.Organization]:
    """Organizations of the directory, by name."""
    chosen = filter or OrganizationFilter()
    request = directory.ListOrganizations(
        page=page_of(info, LIST, first=first, last=last, after=after, before=before),
        kinds=tuple(chosen.kinds or ()),
        needs=tuple(chosen.needs or ()),
        states=tuple(chosen.states or ()),
        text=chosen.text,
        include_inactive=chosen.include_inactive,
    )
    reply = await info.context.clients.ask(directory.LIST_ORGANIZATIONS, request)
    return Rows(info.context.cursors, LIST, reply)
