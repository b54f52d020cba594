"""The requests of membership: who may ask what, and which action answers."""

from chassis.rpc import Server
from contracts import membership as contract
from contracts.directory import Organization
from contracts.membership import (
    AddClient,
    ChangeMember,
    ClientList,
    ClientReply,
    Coordinators,
    DecideOrganization,
    EndClient,
    GetMembers,
    GetWorkers,
    InviteMember,
    ListClients,
    ListMembers,
    ListProposals,
    MemberList,
    MemberReply,
    Members,
    OrganizationReply,
    ProposalList,
    ProposalReply,
    ProposeOrganization,
    RemoveMember,
    RotateClient,
    SetNetworkRole,
    ShowOrganization,
    Standing,
    Workers,
)
from contracts.rpc import Actor, Nothing
from services.directory.membership.actions import clients, members, organizations
from services.directory.membership.means import Membership

OPERATOR = frozenset({"operator"})
GATEWAY = frozenset({"gateway", "operator"})
# Referrals are given to members, and coordinators hear of what is overdue: their service has to know both.
REFERRALS = frozenset({"operator", "referrals"})
PARTS = frozenset({"gateway", "operator", "referrals"})
NOTIFICATIONS = "notifications"


class MembershipApi:
    """Answers the operations of ``contracts/membership.py``."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    def serve(self, server: Server) -> None:
        """Register every operation with those who may ask for it."""
        server.add(contract.PROPOSE_ORGANIZATION, self.propose_organization, GATEWAY)
        server.add(contract.LIST_PROPOSALS, self.list_proposals, GATEWAY)
        server.add(contract.DECIDE_ORGANIZATION, self.decide_organization, GATEWAY)
        server.add(contract.SET_NETWORK_ROLE, self.set_network_role, OPERATOR)
        server.add(contract.LIST_COORDINATORS, self.list_coordinators, PARTS)
        server.add(contract.SHOW_ORGANIZATION, self.show_organization, OPERATOR)
        server.add(contract.ADD_CLIENT, self.add_client, GATEWAY)
        server.add(contract.ROTATE_CLIENT, self.rotate_client, GATEWAY)
        server.add(contract.END_CLIENT, self.end_client, GATEWAY)
        server.add(contract.LIST_CLIENTS, self.list_clients, GATEWAY)
        server.add(contract.INVITE_MEMBER, self.invite_member, GATEWAY)
        server.add(contract.CHANGE_MEMBER, self.change_member, GATEWAY)
        server.add(contract.REMOVE_MEMBER, self.remove_member, GATEWAY)
        server.add(contract.GET_MEMBERS, self.get_members, PARTS | {NOTIFICATIONS})
        server.add(contract.GET_WORKERS, self.get_workers, REFERRALS)
        server.add(contract.LIST_MEMBERS, self.list_members, GATEWAY)

    async def propose_organization(self, request: ProposeOrganization, actor: Actor) -> ProposalReply:
        return await organizations.propose(self._membership, request, actor)

    async def list_proposals(self, request: ListProposals, actor: Actor) -> ProposalList:
        return await organizations.list_proposals(self._membership, request, actor)

    async def decide_organization(self, request: DecideOrganization, actor: Actor) -> OrganizationReply:
        return await organizations.decide(self._membership, request, actor)

    async def set_network_role(self, request: SetNetworkRole, actor: Actor) -> Organization:
        return await organizations.set_network_role(self._membership, request, actor)

    async def list_coordinators(self, _request: Nothing, _actor: Actor) -> Coordinators:
        return await organizations.coordinators(self._membership)

    async def show_organization(self, request: ShowOrganization, _actor: Actor) -> Standing:
        return await organizations.show(self._membership, request)

    async def add_client(self, request: AddClient, actor: Actor) -> ClientReply:
        return await clients.add(self._membership, request, actor)

    async def rotate_client(self, request: RotateClient, actor: Actor) -> ClientReply:
        return await clients.rotate(self._membership, request, actor)

    async def end_client(self, request: EndClient, actor: Actor) -> ClientReply:
        return await clients.end(self._membership, request, actor)

    async def list_clients(self, request: ListClients, actor: Actor) -> ClientList:
        return await clients.list_(self._membership, request, actor)

    async def invite_member(self, request: InviteMember, actor: Actor) -> MemberReply:
        return await members.invite(self._membership, request, actor)

    async def change_member(self, request: ChangeMember, actor: Actor) -> MemberReply:
        return await members.change(self._membership, request, actor)

    async def remove_member(self, request: RemoveMember, actor: Actor) -> MemberReply:
        return await members.remove(self._membership, request, actor)

    async def get_members(self, request: GetMembers, actor: Actor) -> Members:
        return await members.get(self._membership, request, actor)

    async def get_workers(self, request: GetWorkers, _actor: Actor) -> Workers:
        return await members.workers(self._membership, request)

    async def list_members(self, request: ListMembers, actor: Actor) -> MemberList:
        return await members.list_(self._membership, request, actor)
