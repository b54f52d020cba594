"""Who takes part, as those who manage it see it: proposals of organizations, clients, members."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import directory, membership
from contracts.codes import OrganizationKind, Role, Scope
from contracts.standing import MemberStatus, ProposalStatus
from gateway.context import Context, Info
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.lookahead import names, of_rows
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.schema.phone import Phone

PROPOSALS, CLIENTS, MEMBERS = "organization_proposals", "clients", "members"


def _proposal_id(parent: membership.Proposal) -> strawberry.ID:
    """Its id, for `verifyOrganization` and `rejectOrganization`."""
    return strawberry.ID(global_id("OrganizationProposal", parent.id))


def _client_id(parent: membership.OwnClient) -> strawberry.ID:
    """Its id; `clientId` is the form of it for `/oauth/token`."""
    return strawberry.ID(global_id("Client", parent.id))


def _oauth_id(parent: membership.OwnClient) -> str:
    """What `/oauth/token` calls `client_id`."""
    return parent.id


def _created_at(parent: membership.OwnClient) -> datetime:
    """When it was made."""
    return parent.created


def _revoked_at(parent: membership.OwnClient) -> datetime | None:
    """When it was revoked; null while it works."""
    return parent.revoked


def _rotated_at(parent: membership.OwnClient) -> datetime | None:
    """When it was last given a new secret."""
    return parent.rotated


def _member_id(parent: membership.OwnMember) -> strawberry.ID:
    """Its id."""
    return strawberry.ID(global_id("Member", parent.id))


def _made_organization(parent: membership.Proposal, context: Context) -> Later[directory.Organization]:
    """The organization that it became; null until a coordinator has verified it."""
    return context.organizations.get(parent.organization)


def _proposer(parent: membership.Proposal, context: Context) -> Later[directory.Organization]:
    """Who proposed it; null where an operator did."""
    return context.organizations.get(parent.proposer)


@strawberry.type(description="An organization that somebody proposed. It is in no directory until verified.")
class OrganizationProposal:
    """Read from ``contracts.membership.Proposal``."""

    id = computed(_proposal_id, strawberry.ID)
    status: ProposalStatus = strawberry.field(description="Where it stands.")
    name: str = strawberry.field(description="The organization's name.")
    kind: OrganizationKind = strawberry.field(description="What sort of organization it is.")
    description: str | None = strawberry.field(description="What it does.")
    email: str | None = strawberry.field(description="Where to write to.")
    website: str | None = strawberry.field(description="Its page on the web.")
    phone: Phone | None = strawberry.field(description="Its telephone.")
    emergency_phone: Phone | None = strawberry.field(description="The telephone for emergencies.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    proposer = beside(_proposer, Organization | None)
    decided_at: datetime | None = strawberry.field(description="When a coordinator decided.")
    reason: str | None = strawberry.field(description="Why it was rejected.")
    organization = beside(_made_organization, Organization | None)


@strawberry.type(description="A proposal in a page.")
class OrganizationProposalEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: OrganizationProposal = strawberry.field(description="The proposal.")


@strawberry.type(description="A page of proposals.")
class OrganizationProposalConnection:
    """Read from ``pages.Rows``."""

    edges: list[OrganizationProposalEdge] = strawberry.field(description="The proposals with their cursors.")
    nodes: list[OrganizationProposal] = strawberry.field(description="The proposals.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A client as its organization's managers see it. Its secret is shown once only.")
class OrganizationClient:
    """Read from ``contracts.membership.OwnClient``."""

    id = computed(_client_id, strawberry.ID)
    client_id = computed(_oauth_id, str)
    name: str = strawberry.field(description="What people call this system.")
    scopes: list[Scope] = strawberry.field(description="What it may do.")
    created_at = computed(_created_at, datetime)
    revoked_at = computed(_revoked_at, datetime | None)
    rotated_at = computed(_rotated_at, datetime | None)
    old_secret_until: datetime | None = strawberry.field(
        description="Until when the secret before the last rotation works, or worked."
    )


@strawberry.type(description="A client in a page.")
class OrganizationClientEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: OrganizationClient = strawberry.field(description="The client.")


@strawberry.type(description="A page of clients.")
class OrganizationClientConnection:
    """Read from ``pages.Rows``."""

    edges: list[OrganizationClientEdge] = strawberry.field(description="The clients with their cursors.")
    nodes: list[OrganizationClient] = strawberry.field(description="The clients.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A person who acts for your organization, known by an opaque reference only.")
class Member:
    """Read from ``contracts.membership.OwnMember``."""

    id = computed(_member_id, strawberry.ID)
    reference: str = strawberry.field(description="What your own system calls the person.")
    roles: list[Role] = strawberry.field(description="What the person may do; roles combine.")
    status: MemberStatus = strawberry.field(description="Whether the person acts for you now.")


@strawberry.type(description="A member in a page.")
class MemberEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Member = strawberry.field(description="The member.")


@strawberry.type(description="A page of members.")
class MemberConnection:
    """Read from ``pages.Rows``."""

    edges: list[MemberEdge] = strawberry.field(description="The members with their cursors.")
    nodes: list[Member] = strawberry.field(description="The members.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def organization_proposals(
    info: Info,
    status: Annotated[
        ProposalStatus | None, strawberry.argument(description="Those that stand so; all without it.")
    ] = None,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[membership.Proposal]:
    """Proposals of organizations, oldest first: a coordinator's are all, anybody else's its own."""
    page = page_of(info, PROPOSALS, first=first, last=last, after=after, before=before)
    request = membership.ListProposals(page=page, status=status)
    reply = await info.context.clients.ask(membership.LIST_PROPOSALS, request)
    if names(info.raw, of_rows(info.raw)) & {"proposer", "organization"}:
        ids = (one for item in reply.items for one in (item.proposer, item.organization))
        await info.context.organizations.prime(ids)
    return Rows(info.context.cursors, PROPOSALS, reply)


async def clients(
    info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Rows[membership.OwnClient]:
    """The clients of your organization, oldest first; for managers (scope `DIRECTORY_WRITE`)."""
    page = page_of(info, CLIENTS, first=first, last=last, after=after, before=before)
    reply = await info.context.clients.ask(membership.LIST_CLIENTS, membership.ListClients(page=page))
    return Rows(info.context.cursors, CLIENTS, reply)


async def members(
    info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Rows[membership.OwnMember]:
    """The members of your organization, oldest first; for managers (scope `DIRECTORY_WRITE`)."""
    page = page_of(info, MEMBERS, first=first, last=last, after=after, before=before)
    reply = await info.context.clients.ask(membership.LIST_MEMBERS, membership.ListMembers(page=page))
    return Rows(info.context.cursors, MEMBERS, reply)
