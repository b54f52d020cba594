"""Requests and replies of the directory on who takes part: proposals, organizations, members, clients."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from contracts import patterns
from contracts.codes import NetworkRole, OrganizationKind, Role, Scope
from contracts.directory import PART, Name, Organization, Phone, PhoneGiven
from contracts.rpc import Message, Nothing, Operation, Page, Reply
from contracts.standing import MemberStatus, ProposalStatus

DAY_SECONDS = 86_400
# For so long an old secret goes on working beside the new one, if nothing else is said; and at most.
OVERLAP_SECONDS = DAY_SECONDS
MOST_OVERLAP_SECONDS = 7 * DAY_SECONDS

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Note = Annotated[str, Meta(min_length=1, max_length=1000, pattern=patterns.SAID)]
Link = Annotated[str, Meta(min_length=8, max_length=1000, pattern=patterns.LINK)]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=patterns.EMAIL)]
# What the organization's own system calls a person: opaque here, so it is no e-mail address.
Reference = Annotated[str, Meta(min_length=1, max_length=100, pattern=patterns.REFERENCE)]


# --- Organizations ------------------------------------------------------------------------------


class ProposeOrganization(Message):
    """Somebody of the network, or an operator, proposes an organization; a coordinator decides."""

    idempotency_key: Key
    name: Name
    kind: OrganizationKind
    description: Note | None = None
    email: Email | None = None
    website: Link | None = None
    phone: PhoneGiven | None = None
    emergency_phone: PhoneGiven | None = None


class Proposal(Reply):
    """A proposal. ``organization`` is the id of the organization, once there is one.

    ``proposer`` is the organization that proposed it, null where an operator did.
    """

    id: str
    name: str
    kind: OrganizationKind
    status: ProposalStatus
    proposed_at: datetime
    organization: str | None = None
    proposer: str | None = None
    description: str | None = None
    email: str | None = None
    website: str | None = None
    phone: Phone | None = None
    emergency_phone: Phone | None = None
    decided_at: datetime | None = None
    reason: str | None = None


class ProposalReply(Reply):
    """The proposal as it is now; ``replayed`` says that the key had done this already."""

    proposal: Proposal
    replayed: bool = False


class ListProposals(Message):
    """Proposals, oldest first: a coordinator's and the operator's are all, anybody else's its own."""

    page: Page
    status: ProposalStatus | None = None


class ProposalList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[Proposal, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class DecideOrganization(Message):
    """A coordinator's, or an operator's, decision on an organization, or on a proposal (its id) of one.

    ``verify`` takes either; ``reject`` a proposal only, and ``deactivate`` and ``reactivate`` an
    organization only. ``reject`` and ``deactivate`` need a reason.
    """

    subject: Id
    decision: Literal["verify", "reject", "deactivate", "reactivate"]
    idempotency_key: Key
    reason: Note | None = None


class OrganizationReply(Reply):
    """The organization after a decision; where a proposal was decided, that too."""

    organization: Organization | None = None
    proposal: Proposal | None = None
    replayed: bool = False


class SetNetworkRole(Message):
    """An operator gives an organization a role in the network, or takes it back."""

    organization: Id
    role: NetworkRole
    granted: bool = True


class ShowOrganization(Message):
    """An operator looks at one organization."""

    organization: Id


class Coordinators(Reply):
    """The organizations that keep the network now, 50 at most: whom a part tells of what is overdue.

    ``auditors`` are those that audit it, as many at most.
    """

    organizations: tuple[str, ...]
    auditors: tuple[str, ...] = ()


class Standing(Reply):
    """An organization, and how it takes part: how many clients and members act for it."""

    organization: Organization
    clients: int
    members: int
    services: int
    reason: str | None = None


# --- Clients ------------------------------------------------------------------------------------


class AddClient(Message):
    """A manager makes a client of its organization; an operator says which ``organization``."""

    idempotency_key: Key
    name: Name
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=len(Scope))]
    organization: Id | None = None


class OwnClient(Reply):
    """A client as its organization sees it. ``old_secret_until`` is when a rotated secret stops working."""

    id: str
    organization: str
    name: str
    scopes: tuple[Scope, ...]
    created: datetime
    revoked: datetime | None = None
    rotated: datetime | None = None
    old_secret_until: datetime | None = None


class ClientReply(Reply):
    """The client. ``secret`` is shown once: null where no new one was made, as in every replay."""

    client: OwnClient
    secret: str | None = None
    replayed: bool = False


class RotateClient(Message):
    """A manager gives a client a new secret; the old one goes on working for so many seconds."""

    client: Id
    idempotency_key: Key
    overlap_seconds: Annotated[int, Meta(ge=0, le=MOST_OVERLAP_SECONDS)] = OVERLAP_SECONDS


class EndClient(Message):
    """A manager revokes a client at once: its secrets, its tokens, and within five seconds its streams."""

    client: Id
    idempotency_key: Key


class ListClients(Message):
    """The clients of the caller's organization, oldest first; an operator says which ``organization``."""

    page: Page
    organization: Id | None = None


class ClientList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[OwnClient, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


# --- Members ------------------------------------------------------------------------------------

Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=len(Role))]


class InviteMember(Message):
    """A manager adds a person to its organization, by a reference that means nothing to anybody else."""

    idempotency_key: Key
    reference: Reference
    roles: Roles
    organization: Id | None = None


class ChangeMember(Message):
    """A manager gives a member other roles."""

    member: Id
    idempotency_key: Key
    roles: Roles


class RemoveMember(Message):
    """A manager removes a member; inviting the same reference again brings it back."""

    member: Id
    idempotency_key: Key


class OwnMember(Reply):
    """A member as its organization sees it."""

    id: str
    organization: str
    reference: str
    roles: tuple[Role, ...]
    status: MemberStatus


class MemberReply(Reply):
    """The member as it is now."""

    member: OwnMember
    replayed: bool = False


class ListMembers(Message):
    """The members of the caller's organization; an operator says which ``organization``."""

    page: Page
    organization: Id | None = None


class MemberList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[OwnMember, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class GetMembers(Message):
    """Look up to 100 members of an organization up, by id and by reference; an actor those of its own."""

    organization: Id
    ids: Annotated[tuple[Id, ...], Meta(max_length=100)] = ()
    references: Annotated[tuple[Reference, ...], Meta(max_length=100)] = ()


class GetWorkers(Message):
    """Who of an organization could work on a referral now: its active caseworkers and managers."""

    organization: Id


class Workers(Reply):
    """Their ids."""

    ids: tuple[str, ...]


class Members(Reply):
    """In the order of the ids, then of the references; null for who is not there, or no member of it."""

    items: tuple[OwnMember | None, ...]


PROPOSE_ORGANIZATION = Operation(PART, "propose_organization", ProposeOrganization, ProposalReply)
LIST_PROPOSALS = Operation(PART, "list_proposals", ListProposals, ProposalList)
DECIDE_ORGANIZATION = Operation(PART, "decide_organization", DecideOrganization, OrganizationReply)
SET_NETWORK_ROLE = Operation(PART, "set_network_role", SetNetworkRole, Organization)
LIST_COORDINATORS = Operation(PART, "list_coordinators", Nothing, Coordinators)
SHOW_ORGANIZATION = Operation(PART, "show_organization", ShowOrganization, Standing)
ADD_CLIENT = Operation(PART, "add_client", AddClient, ClientReply)
ROTATE_CLIENT = Operation(PART, "rotate_client", RotateClient, ClientReply)
END_CLIENT = Operation(PART, "end_client", EndClient, ClientReply)
LIST_CLIENTS = Operation(PART, "list_clients", ListClients, ClientList)
INVITE_MEMBER = Operation(PART, "invite_member", InviteMember, MemberReply)
CHANGE_MEMBER = Operation(PART, "change_member", ChangeMember, MemberReply)
REMOVE_MEMBER = Operation(PART, "remove_member", RemoveMember, MemberReply)
GET_MEMBERS = Operation(PART, "get_members", GetMembers, Members)
GET_WORKERS = Operation(PART, "get_workers", GetWorkers, Workers)
LIST_MEMBERS = Operation(PART, "list_members", ListMembers, MemberList)
