"""The directory's requests: who may ask what, and which action answers."""

from nats.js import JetStreamContext

from chassis.outbox import Relay
from chassis.rpc import Server
from chassis.streams import StreamSpec
from contracts import directory as contract
from contracts.directory import (
    Addresses,
    AuthenticateClient,
    Client,
    Clients,
    CreateClient,
    CreateMember,
    CreateOrganization,
    FindService,
    FoundService,
    ImportRecords,
    ImportReply,
    ListOrganizations,
    Member,
    NewClient,
    Organization,
    OrganizationList,
    Organizations,
    RevokeClient,
    Services,
    VerifyOrganization,
)
from contracts.rpc import Actor, Ids, Nothing, PartStatus
from services.directory import doctor
from services.directory.actions import importing, looking, registering
from services.directory.capacity import actions as capacity
from services.directory.confidential import actions as confidential
from services.directory.confidential.places import Places
from services.directory.index import Index
from services.directory.mirror import Mirror
from services.directory.store import Store

OPERATOR = frozenset({"operator"})
GATEWAY = frozenset({"gateway", "operator"})
NOTIFICATIONS = frozenset({"notifications"})
# Nobody but members and clients, whom the gateway speaks for, has an address to be told.
MEMBERS = frozenset({"gateway"})
PARTS = frozenset({"gateway", "operator", "referrals", "notifications"})


class Api:
    """Answers the directory's operations.

    What it holds is public (T0), so no look-up asks who it is for; but for confidential addresses.
    """

    def __init__(
        self,
        store: Store,
        relays: tuple[Relay, Relay],
        key: bytes,
        js: JetStreamContext,
        stream: StreamSpec,
        *,
        places: Places,
        capacities: capacity.Means,
        mirror: Mirror,
        index: Index,
    ) -> None:
        self._store = store
        self._organizations, self._services = relays
        self._key = key
        self._js = js
        self._stream = stream
        self._places = places
        self._capacities = capacities
        self._mirror = mirror
        self._index = index

    def serve(self, server: Server) -> None:
        """Register every operation of ``contracts/directory.py`` with those who may ask for it."""
        server.add(contract.GET_ORGANIZATIONS, self.get_organizations, PARTS)
        server.add(contract.GET_SERVICES, self.get_services, PARTS)
        server.add(contract.GET_ADDRESSES, self.get_addresses, MEMBERS)
        server.add(contract.LIST_ORGANIZATIONS, self.list_organizations, GATEWAY | NOTIFICATIONS)
        server.add(contract.FIND_SERVICE, self.find_service, GATEWAY)
        server.add(contract.AUTHENTICATE_CLIENT, self.authenticate_client, GATEWAY)
        server.add(contract.GET_CLIENTS, self.get_clients, GATEWAY | NOTIFICATIONS)
        server.add(contract.CREATE_ORGANIZATION, self.create_organization, OPERATOR)
        server.add(contract.VERIFY_ORGANIZATION, self.verify_organization, OPERATOR)
        server.add(contract.CREATE_CLIENT, self.create_client, OPERATOR)
        server.add(contract.REVOKE_CLIENT, self.revoke_client, OPERATOR)
        server.add(contract.CREATE_MEMBER, self.create_member, OPERATOR)
        server.add(contract.STATUS, self.status, OPERATOR)

    async def get_organizations(self, request: Ids, _actor: Actor) -> Organizations:
        return await looking.get_organizations(self._store, request)

    async def get_services(self, request: Ids, _actor: Actor) -> Services:
        return await looking.get_services(self._store, request)

    async def get_addresses(self, request: Ids, actor: Actor) -> Addresses:
        return await confidential.get_addresses(self._places, request, actor)

    async def list_organizations(self, request: ListOrganizations, _actor: Actor) -> OrganizationList:
        await self._mirror.fresh()
        return await looking.list_organizations(self._store, self._index, request)

    async def find_service(self, request: FindService, _actor: Actor) -> FoundService:
        await self._mirror.fresh()
        return await looking.find_service(self._store, self._index, request)

    async def authenticate_client(self, request: AuthenticateClient, _actor: Actor) -> Client:
        return await registering.authenticate_client(self._store, self._key, request)

    async def get_clients(self, request: Ids, _actor: Actor) -> Clients:
        return await looking.get_clients(self._store, request)

    async def create_organization(self, request: CreateOrganization, _actor: Actor) -> Organization:
        return await registering.create_organization(self._store, self._organizations, request)

    async def verify_organization(self, request: VerifyOrganization, _actor: Actor) -> Organization:
        return await registering.verify_organization(self._store, self._organizations, request)

    async def create_client(self, request: CreateClient, _actor: Actor) -> NewClient:
        return await registering.create_client(self._store, self._key, request)

    async def revoke_client(self, request: RevokeClient, _actor: Actor) -> Client:
        return await registering.revoke_client(self._store, request)

    async def create_member(self, request: CreateMember, _actor: Actor) -> Member:
        return await registering.create_member(self._store, request)

    async def take_records(self, request: ImportRecords, edits: importing.Edits) -> ImportReply:
        """Take a batch of an import (``exchange``)."""
        reply = await importing.import_records(self._store, self._places, request, edits)
        self._organizations.wake()
        self._services.wake()
        await capacity.reimport(self._capacities, importing.updated_services(request, reply))
        return reply

    async def status(self, _request: Nothing, _actor: Actor) -> PartStatus:
        return await doctor.examine(self._store, self._js, self._stream)
