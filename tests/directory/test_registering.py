"""Organizations, clients and members that an operator registers; and clients that prove who they are."""

import pytest

from chassis.problems import RefusedError
from contracts.codes import OrganizationKind, Role, Scope
from contracts.directory import (
    AUTHENTICATE_CLIENT,
    CREATE_CLIENT,
    CREATE_MEMBER,
    CREATE_ORGANIZATION,
    GET_CLIENTS,
    GET_ORGANIZATIONS,
    IMPORT_RECORDS,
    LIST_ORGANIZATIONS,
    REVOKE_CLIENT,
    VERIFY_ORGANIZATION,
    AuthenticateClient,
    CreateClient,
    CreateMember,
    CreateOrganization,
    ImportRecord,
    ImportRecords,
    ListOrganizations,
    NewClient,
    Organization,
    PhoneGiven,
    RevokeClient,
    VerifyOrganization,
)
from contracts.rpc import Ids, Page
from services.directory.store import CLIENTS, Store
from tests.directory.conftest import Ask

NOBODY = "org_" + "a" * 26


@pytest.fixture
async def shelter(operator: Ask) -> Organization:
    request = CreateOrganization(
        name="Casa Manglar",
        kind=OrganizationKind.SHELTER,
        description="Albergue inventado.",
        emergency_phone=PhoneGiven(number="555 0912"),
    )
    created: Organization = await operator(CREATE_ORGANIZATION, request)
    return created


@pytest.fixture
async def client(operator: Ask, shelter: Organization) -> NewClient:
    request = CreateClient(
        organization=shelter.id, name="Sistema de la casa", scopes=(Scope.REFERRALS_SEND, Scope.FEED_READ)
    )
    created: NewClient = await operator(CREATE_CLIENT, request)
    return created


async def refused(ask: Ask, client: str, secret: str) -> tuple[str, int, str]:
    with pytest.raises(RefusedError) as refusal:
        await ask(AUTHENTICATE_CLIENT, AuthenticateClient(client=client, secret=secret))
    return refusal.value.code, refusal.value.status, refusal.value.detail


async def test_an_organization_that_was_created_is_found_and_listed(
    operator: Ask, shelter: Organization
) -> None:
    assert (await operator(GET_ORGANIZATIONS, Ids(ids=(shelter.id,)))).items == (shelter,)
    listed = await operator(LIST_ORGANIZATIONS, ListOrganizations(page=Page(first=100), text="manglar"))
    assert shelter in listed.items


async def test_a_client_proves_itself_by_its_secret(
    gateway: Ask, client: NewClient, shelter: Organization
) -> None:
    found = await gateway(
        AUTHENTICATE_CLIENT, AuthenticateClient(client=client.client.id, secret=client.secret)
    )
    assert found == client.client
    assert (found.organization, found.organization_kind, found.verified) == (
        shelter.id, OrganizationKind.SHELTER, True,
    )  # fmt: skip
    assert found.scopes == (Scope.REFERRALS_SEND, Scope.FEED_READ)


async def test_unknown_wrong_and_revoked_are_refused_alike(
    gateway: Ask, operator: Ask, client: NewClient
) -> None:
    unknown = await refused(gateway, "cl_" + "a" * 26, client.secret)
    wrong = await refused(gateway, client.client.id, client.secret + "x")
    assert await operator(REVOKE_CLIENT, RevokeClient(client=client.client.id)) == client.client
    revoked = await refused(gateway, client.client.id, client.secret)
    assert unknown == wrong == revoked
    assert revoked[:2] == ("INVALID_CLIENT", 401)


async def test_clients_are_looked_up_as_they_are_now(
    gateway: Ask, operator: Ask, client: NewClient, shelter: Organization
) -> None:
    other = CreateClient(organization=shelter.id, name="Otro sistema", scopes=(Scope.FEED_READ,))
    second: NewClient = await operator(CREATE_CLIENT, other)
    asked = Ids(ids=(client.client.id, "cl_" + "a" * 26, second.client.id))
    assert (await gateway(GET_CLIENTS, asked)).items == (client.client, None, second.client)
    await operator(VERIFY_ORGANIZATION, VerifyOrganization(organization=shelter.id, verified=False))
    await operator(REVOKE_CLIENT, RevokeClient(client=second.client.id))
    first, unknown, revoked = (await gateway(GET_CLIENTS, asked)).items
    assert first is not None
    assert (first.id, first.verified) == (client.client.id, False)
    assert (unknown, revoked) == (None, None)


async def test_a_hundred_clients_are_looked_up_at_most(gateway: Ask) -> None:
    with pytest.raises(RefusedError) as refusal:
        await gateway(GET_CLIENTS, Ids(ids=tuple(f"cl_{number}" for number in range(101))))
    assert refusal.value.code == "INVALID"


async def test_revoking_twice_is_revoking_once(operator: Ask, client: NewClient, store: Store) -> None:
    request = RevokeClient(client=client.client.id)
    await operator(REVOKE_CLIENT, request)
    first = await store.get_client(client.client.id)
    await operator(REVOKE_CLIENT, request)
    assert await store.get_client(client.client.id) == first


async def test_the_database_does_not_hold_the_secret(client: NewClient, store: Store) -> None:
    held = [document async for document in store.db[CLIENTS].find()]
    assert client.client.id in repr(held)
    assert client.secret not in repr(held)
    assert client.secret.encode() not in repr(held).encode()


async def test_there_is_no_client_or_member_without_an_organization(operator: Ask) -> None:
    with pytest.raises(RefusedError) as no_client:
        await operator(CREATE_CLIENT, CreateClient(organization=NOBODY, name="x", scopes=(Scope.FEED_READ,)))
    with pytest.raises(RefusedError) as no_member:
        await operator(CREATE_MEMBER, CreateMember(organization=NOBODY, reference="x", roles=(Role.INTAKE,)))
    assert no_client.value.code == no_member.value.code == "ORGANIZATION_NOT_FOUND"


async def test_an_unknown_client_cannot_be_revoked(operator: Ask) -> None:
    with pytest.raises(RefusedError) as refusal:
        await operator(REVOKE_CLIENT, RevokeClient(client="cl_unknown"))
    assert (refusal.value.code, refusal.value.status) == ("CLIENT_NOT_FOUND", 404)


async def test_a_member_is_there_once_with_one_set_of_roles(operator: Ask, shelter: Organization) -> None:
    def asked(*roles: Role) -> CreateMember:
        return CreateMember(organization=shelter.id, reference="turno-noche", roles=roles)

    member = await operator(CREATE_MEMBER, asked(Role.INTAKE, Role.VIEWER))
    assert set(member.roles) == {Role.INTAKE, Role.VIEWER}
    assert await operator(CREATE_MEMBER, asked(Role.VIEWER, Role.INTAKE)) == member
    with pytest.raises(RefusedError) as refusal:
        await operator(CREATE_MEMBER, asked(Role.MANAGER))
    assert (refusal.value.code, refusal.value.status) == ("MEMBER_EXISTS", 409)


async def test_what_a_coordinator_says_of_an_organization_is_not_undone_by_an_import(operator: Ask) -> None:
    record = {"id": "o-verified", "name": "Archivo de Barro", "description": "x"}
    given = ImportRecord(kind="organization", record=record)
    imported = (await operator(IMPORT_RECORDS, ImportRecords(source="barro", records=(given,)))).outcomes[0]
    assert imported.id is not None
    verified = await operator(VERIFY_ORGANIZATION, VerifyOrganization(organization=imported.id))
    assert verified.verified
    renamed = ImportRecord(kind="organization", record={**record, "name": "Archivo de Adobe"})
    again = (await operator(IMPORT_RECORDS, ImportRecords(source="barro", records=(renamed,)))).outcomes[0]
    assert again.outcome == "updated"
    found = (await operator(GET_ORGANIZATIONS, Ids(ids=(imported.id,)))).items[0]
    assert found is not None
    assert (found.name, found.verified) == ("Archivo de Adobe", True)
    withdrawn = VerifyOrganization(organization=imported.id, verified=False)
    assert not (await operator(VERIFY_ORGANIZATION, withdrawn)).verified


async def test_verifying_an_organization_that_is_not_there_is_refused(operator: Ask) -> None:
    with pytest.raises(RefusedError) as refusal:
        await operator(VERIFY_ORGANIZATION, VerifyOrganization(organization="org_none"))
    assert refusal.value.code == "ORGANIZATION_NOT_FOUND"
