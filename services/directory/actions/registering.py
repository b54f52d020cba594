"""Registering organizations and those who act for them: clients and members."""

from chassis.calls import now
from chassis.outbox import Relay
from contracts.directory import (
    AuthenticateClient,
    Client,
    CreateClient,
    CreateMember,
    CreateOrganization,
    Member,
    NewClient,
    Organization,
    RevokeClient,
    VerifyOrganization,
)
from services.directory import client, ids, member, organization, permissions, record
from services.directory.errors import (
    ClientNotFoundError,
    InvalidClientError,
    MemberExistsError,
    OrganizationNotFoundError,
)
from services.directory.store import Change, Document, Known, Store

_NOT_PROVEN = "The client is unknown or revoked, or its secret is another."


async def create_organization(store: Store, relay: Relay, request: CreateOrganization) -> Organization:
    """Register an organization under a new id, and return it."""
    noun_id = ids.fresh("organization")
    fields = organization.from_request(request)
    at = now()
    event = record.changed_event("organization", noun_id, fields, 1, at, before={})
    change = Change(noun_id, Known(), fields, event)
    await store.save("organization", [change])
    relay.kick(noun_id, change.pending)
    return organization.view({"_id": noun_id, **fields, "revision": 1})


async def verify_organization(store: Store, relay: Relay, request: VerifyOrganization) -> Organization:
    """Note that a coordinator has verified an organization, or no longer does, and return it.

    Raises:
        OrganizationNotFoundError: there is no such organization.
    """
    while True:
        known = (await store.known("organization", [request.organization])).get(request.organization)
        if known is None:
            raise OrganizationNotFoundError(f"There is no organization {request.organization}.")
        stored = await _organization(store, request.organization)
        fields = {"verified": request.verified}
        at = now()
        after = stored | fields
        event = record.changed_event("organization", stored["_id"], after, known.n + 1, at, before=stored)
        change = Change(stored["_id"], known, fields, event)
        if known.verified == request.verified:
            return organization.view(stored)
        if not await store.save("organization", [change]):
            relay.kick(stored["_id"])
            return organization.view(stored | fields | {"revision": known.revision + 1})


async def create_client(store: Store, key: bytes, request: CreateClient) -> NewClient:
    """Give an organization a client, and return it with its secret, which nobody can see again.

    Raises:
        OrganizationNotFoundError: there is no such organization.
    """
    owner = await _organization(store, request.organization)
    secret = client.new_secret()
    stored = client.document(request, client.hash_secret(key, secret), now())
    stored["_id"] = ids.fresh("client")
    stored |= permissions.told("client_created", {}, stored, None, stored["created"])
    await store.insert_client(stored)
    return NewClient(client=client.view(stored, owner), secret=secret)


async def authenticate_client(store: Store, key: bytes, request: AuthenticateClient) -> Client:
    """Return the client whose secret this is.

    Raises:
        InvalidClientError: unknown, revoked, or another secret.
    """
    stored = await store.get_client(request.client)
    proven = client.is_proven(stored, client.hash_secret(key, request.secret), now())
    if stored is None or not proven:
        raise InvalidClientError(_NOT_PROVEN)
    owner = await _organization(store, stored["organization"])
    if not organization.is_active(owner):
        raise InvalidClientError(_NOT_PROVEN)
    return client.view(stored, owner)


async def revoke_client(store: Store, request: RevokeClient) -> Client:
    """Revoke a client; one that is revoked already stays so.

    Raises:
        ClientNotFoundError: there is no such client.
    """
    stored = await store.get_client(request.client)
    if stored is None:
        raise ClientNotFoundError(f"There is no client {request.client}.")
    while stored["revoked"] is None:
        at = now()
        told = permissions.told("client_revoked", stored, stored, None, at)
        if await store.revoke_client(stored, at, told):
            break
        stored = await store.get_client(request.client) or stored
    return client.view(stored, await _organization(store, stored["organization"]))


async def create_member(store: Store, request: CreateMember) -> Member:
    """Add a member to an organization and return it; the same once more is the same.

    Raises:
        OrganizationNotFoundError: there is no such organization.
        MemberExistsError: it is there already, with other roles.
    """
    await _organization(store, request.organization)
    wanted = member.document(request)
    wanted |= permissions.told("member_invited", {}, wanted, None, now())
    stored = await store.insert_member(wanted)
    if stored["roles"] != wanted["roles"]:
        raise MemberExistsError(f"{request.reference} is {', '.join(stored['roles'])} there already.")
    return member.view(stored)


async def _organization(store: Store, organization_id: str) -> Document:
    found = await store.get("organization", organization_id)
    if found is None:
        raise OrganizationNotFoundError(f"There is no organization {organization_id}.")
    return found
